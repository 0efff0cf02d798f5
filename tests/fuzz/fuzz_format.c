/* JSON on its way to the person, and values taken out of it: the same wherever
 * a chunk ends, the same tokens as before, nothing that acts on a terminal, and
 * at one with jansson about what JSON is and where a pointer leads. */
#include "api/format.h"

#include "api/pointer.h"
#include "api/scan.h"
#include "base/buf.h"
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static enum code collect(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  (void)err;
  buf_put(user, bytes, len);
  return E_OK;
}

static bool format(struct buf *out, const char *text, size_t len, size_t split,
                   bool terminal)
{
  AUTO(format) format = NULL;
  struct err err = ERR_INIT;
  bool whole;

  demand(format_new(&format, terminal, NULL,
                    (struct format_sink){.write = collect, .user = out},
                    &err) == E_OK);
  demand(format_feed(format, text, split, &err) == E_OK);
  demand(format_feed(format, text + split, len - split, &err) == E_OK);
  demand(format_end(format, &whole, &err) == E_OK);
  demand(out->failed == E_OK);
  return whole;
}

static void same(const struct buf *a, const struct buf *b)
{
  demand(a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0);
}

/* The tokens of a text, a line each. */
static void tokens(struct buf *out, const char *text, size_t len)
{
  struct scan scan;
  struct scan_piece piece;
  const char *at = text;

  scan_init(&scan);
  while (scan_next(&scan, &at, text + len, &piece) > SCAN_BAD) {
    buf_put(out, piece.bytes, piece.len);
    if (piece.last)
      buf_putc(out, '\n');
  }
  if (scan.token == SCAN_NUMBER) /* which ends with the text */
    buf_putc(out, '\n');
}

static void check_terminal(const char *text, size_t len, size_t split)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf again = BUF_INIT(BUF_BODY);

  (void)format(&out, text, len, split, true);
  (void)format(&again, text, len, len, true);
  same(&out, &again);
  for (size_t i = 0; i < out.len; i++) {
    unsigned char c = (unsigned char)out.data[i];

    demand(c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f));
    /* C1 is C2 80 to C2 9F */
    demand(c != 0xc2 ||
           (i + 1 < out.len && (unsigned char)out.data[i + 1] > 0x9f));
  }
}

static enum code point(struct buf *out, const char *where, const char *text,
                       size_t len, size_t split)
{
  AUTO(pointer) pointer = NULL;
  struct err err = ERR_INIT;

  demand(pointer_new(&pointer, where,
                     (struct format_sink){.write = collect, .user = out},
                     &err) == E_OK);
  demand(pointer_feed(pointer, text, split, &err) == E_OK);
  demand(pointer_feed(pointer, text + split, len - split, &err) == E_OK);
  return pointer_end(pointer, &err);
}

static void check_pointer(json_t *root, const char *where, const char *text,
                          size_t len, size_t split)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  AUTO_JSON json_t *found = NULL;
  json_t *expected = json_pointer(root, where);
  struct err err = ERR_INIT;
  enum code code = point(&out, where, text, len, split);

  demand(code == (expected != NULL ? E_OK : E_NOT_FOUND));
  if (expected == NULL)
    return;
  demand(json_read_any(&found, buf_text(&out), out.len, JSON_DEPTH, E_LOCAL,
                       "value", &err) == E_OK);
  demand(json_equal(found, expected));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const pointers[] = {"",     "/a",     "/0",  "/a/b",
                                         "/a/0", "/1/a/2", "/~0", "/"};
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf again = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf before = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf after = BUF_INIT(BUF_BODY);
  AUTO_JSON json_t *root = NULL;
  struct err err = ERR_INIT;
  const char *text = (const char *)data + 1;
  size_t len, split;
  bool whole;

  if (size == 0)
    return 0;
  len = size - 1;
  split = data[0] % (len + 1);
  whole = format(&out, text, len, split, false);
  demand(whole == format(&again, text, len, len, false));
  same(&out, &again);
  if (whole) {
    tokens(&before, text, len);
    tokens(&after, buf_text(&out), out.len);
    same(&before, &after);
  }
  check_terminal(text, len, split);

  /* jansson overlooks a NUL behind a number. */
  if (memchr(text, '\0', len) != NULL ||
      json_read_any(&root, text, len, JSON_DEPTH, E_LOCAL, "text", &err) !=
          E_OK)
    return 0;
  demand(whole && scan_is_value(text, len));
  for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
    check_pointer(root, pointers[i], text, len, split);
  return 0;
}
