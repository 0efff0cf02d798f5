#include "base/buf.h"

#include "base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SMALLEST = 64 };

void buf_init(struct buf *buf, size_t ceiling)
{
  *buf = (struct buf)BUF_INIT(ceiling);
}

static void fail(struct buf *buf, enum code code)
{
  mem_free(buf->data);
  buf->data = NULL;
  buf->len = buf->cap = 0;
  buf->failed = code;
}

/* Room for len more bytes and the NUL. */
static bool reserve(struct buf *buf, size_t len)
{
  if (buf->failed != E_OK)
    return false;
  if (len > buf->max - buf->len) {
    fail(buf, E_LOCAL);
    return false;
  }
  size_t need = buf->len + len;
  if (buf->data != NULL && need < buf->cap)
    return true;
  if (need == SIZE_MAX) {
    fail(buf, E_NOMEM);
    return false;
  }

  size_t cap;
  if (__builtin_mul_overflow(buf->cap, 2, &cap) || cap < SMALLEST)
    cap = SMALLEST;
  if (cap > buf->max)
    cap = buf->max + 1;
  if (cap <= need)
    cap = need + 1;
  char *data = mem_realloc(buf->data, cap);
  if (data == NULL) {
    fail(buf, E_NOMEM);
    return false;
  }
  buf->data = data;
  buf->cap = cap;
  buf->data[buf->len] = '\0';
  return true;
}

void buf_put(struct buf *buf, const void *bytes, size_t len)
{
  if (!reserve(buf, len))
    return;
  if (len > 0)
    memcpy(buf->data + buf->len, bytes, len);
  buf_grown(buf, len);
}

void buf_putc(struct buf *buf, char c)
{
  buf_put(buf, &c, 1);
}

void buf_puts(struct buf *buf, const char *text)
{
  buf_put(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  buf_vprintf(buf, format, args);
  va_end(args);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
  va_list again;
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  if (len < 0 && buf->failed == E_OK)
    fail(buf, errno == ENOMEM ? E_NOMEM : E_LOCAL);
  if (len >= 0 && reserve(buf, (size_t)len)) {
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    buf_grown(buf, (size_t)len);
  }
  va_end(again);
}

char *buf_room(struct buf *buf, size_t len)
{
  return reserve(buf, len) ? buf->data + buf->len : NULL;
}

void buf_grown(struct buf *buf, size_t len)
{
  buf->len += len;
  buf->data[buf->len] = '\0';
}

void buf_truncate(struct buf *buf, size_t len)
{
  if (len >= buf->len)
    return;
  mem_wipe(buf->data + len, buf->len - len);
  buf->len = len;
}

enum code buf_check(const struct buf *buf, struct err *err)
{
  switch (buf->failed) {
  case E_OK:
    return E_OK;
  case E_NOMEM:
    return err_nomem(err);
  default:
    return err_set(err, buf->failed, "longer than %zu bytes", buf->max);
  }
}

const char *buf_text(const struct buf *buf)
{
  return buf->data == NULL ? "" : buf->data;
}

enum code buf_detach(struct buf *buf, char **ret_text, size_t *ret_len,
                     struct err *err)
{
  buf_put(buf, "", 0); /* an empty text is a block too */
  enum code code = buf_check(buf, err);
  if (code != E_OK)
    return code;

  *ret_text = buf->data;
  if (ret_len != NULL)
    *ret_len = buf->len;
  buf_init(buf, buf->max);
  return E_OK;
}

void buf_clear(struct buf *buf)
{
  mem_free(buf->data);
  buf_init(buf, buf->max);
}
