#include "cmd/qr.h"

#include "base/mem.h"
#include "lazy/qrencode.h"

#include <errno.h>
#include <string.h>

enum { QUIET = 4, QUIET_LEAST = 2 };

void qr_clear(struct qr *qr)
{
  mem_free(qr->dark);
  *qr = (struct qr){0};
}

enum code qr_make(struct qr *ret_qr, const char *text, struct err *err)
{
  struct qr qr = {.quiet = QUIET};
  enum code code = lazy_qrencode(err);
  QRcode *made;

  if (code != E_OK)
    return code;
  made = sym_QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
  if (made == NULL)
    return errno == ENOMEM ? err_nomem(err)
                           : err_set(err, E_LOCAL, "no QR code can be made: %s",
                                     strerror(errno));
  size_t count = (size_t)made->width * (size_t)made->width;
  qr.width = made->width;
  qr.dark = mem_alloc(count);
  for (size_t i = 0; qr.dark != NULL && i < count; i++)
    qr.dark[i] = made->data[i] & 1;
  sym_QRcode_free(made);
  if (qr.dark == NULL)
    return err_nomem(err);
  *ret_qr = qr;
  return E_OK;
}

int qr_columns(const struct qr *qr)
{
  return qr->width + 2 * qr->quiet;
}

int qr_rows(const struct qr *qr)
{
  return (qr_columns(qr) + 1) / 2;
}

bool qr_fit(struct qr *qr, int columns, int rows)
{
  static const int quiets[] = {QUIET, QUIET_LEAST};

  for (size_t i = 0; i < ARRAY_LEN(quiets); i++) {
    qr->quiet = quiets[i];
    if (qr_columns(qr) <= columns && qr_rows(qr) <= rows)
      return true;
  }
  return false;
}

/* Beyond the last row too: the lower half of an odd last line is quiet. */
static bool is_dark(const struct qr *qr, int x, int y)
{
  x -= qr->quiet;
  y -= qr->quiet;
  return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
         qr->dark[y * qr->width + x] == 1;
}

void qr_draw(struct buf *out, const struct qr *qr, bool color)
{
  /* by which of the upper and the lower half is to be drawn */
  static const char *const blocks[2][2] = {{" ", "\xe2\x96\x84"},
                                           {"\xe2\x96\x80", "\xe2\x96\x88"}};

  for (int row = 0; row < qr_rows(qr); row++) {
    buf_puts(out, color ? "\x1b[0;30;47m" : "");
    for (int x = 0; x < qr_columns(qr); x++)
      buf_puts(out, blocks[is_dark(qr, x, 2 * row) == color]
                          [is_dark(qr, x, 2 * row + 1) == color]);
    buf_puts(out, color ? "\x1b[0m\n" : "\n");
  }
}
