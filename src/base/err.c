#include "base/err.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static const char CUT[] = "…";

int err_status(enum code code)
{
  switch (code) {
#define ERR_STATUS(code, status, name)                                         \
  case code:                                                                   \
    return status;
    ERR_TABLE(ERR_STATUS)
#undef ERR_STATUS
  }
  return 1;
}

const char *err_name(enum code code)
{
  switch (code) {
#define ERR_NAME(code, status, name)                                           \
  case code:                                                                   \
    return name;
    ERR_TABLE(ERR_NAME)
#undef ERR_NAME
  }
  return "local";
}

/* Appends text, made visible, to the string of at most size - 1 bytes in
 * array. What does not fit is cut between two characters and marked. */
static void append_visible(char *array, size_t size, const char *text)
{
  size_t used = strlen(array);
  size_t fits = used; /* the longest length that leaves room for the mark */
  size_t left = strlen(text);
  while (left > 0) {
    char shown[UTF8_SHOWN];
    size_t taken;
    size_t len = utf8_show(shown, text, left, false, &taken);
    if (used + len >= size) {
      used = fits;
      if (used + sizeof(CUT) <= size) {
        memcpy(array + used, CUT, sizeof(CUT) - 1);
        used += sizeof(CUT) - 1;
      }
      break;
    }
    memcpy(array + used, shown, len);
    used += len;
    if (used + sizeof(CUT) <= size)
      fits = used;
    text += taken;
    left -= taken;
  }
  array[used] = '\0';
}

/* Larger than every array in struct err: since nothing gets shorter by being
 * made visible, what is cut off here would not have fitted there either. */
enum { SCRATCH = 4096 };

static void format_into(char scratch[SCRATCH], const char *format, va_list args)
    __attribute__((__format__(__printf__, 2, 0)));
static void format_into(char scratch[SCRATCH], const char *format, va_list args)
{
  if (vsnprintf(scratch, SCRATCH, format, args) < 0)
    (void)snprintf(scratch, SCRATCH, "an error that could not be described");
}

enum code err_set(struct err *err, enum code code, const char *format, ...)
{
  if (err == NULL)
    return code;

  char scratch[SCRATCH]; /* the arguments may lie in err */
  va_list args;
  va_start(args, format);
  format_into(scratch, format, args);
  va_end(args);

  err_clear(err);
  err->code = code;
  append_visible(err->message, sizeof(err->message), scratch);
  return code;
}

void err_prefix(struct err *err, const char *format, ...)
{
  if (err == NULL)
    return;

  char scratch[SCRATCH];
  va_list args;
  va_start(args, format);
  format_into(scratch, format, args);
  va_end(args);

  char message[sizeof(err->message)] = "";
  append_visible(message, sizeof(message), scratch);
  append_visible(message, sizeof(message), err->message);
  memcpy(err->message, message, sizeof(message));
}

void err_hint(struct err *err, const char *format, ...)
{
  if (err == NULL)
    return;

  char scratch[SCRATCH];
  va_list args;
  va_start(args, format);
  format_into(scratch, format, args);
  va_end(args);

  size_t used = strlen(err->hint);
  if (used > 0 && used + 1 < sizeof(err->hint)) {
    err->hint[used] = '\n';
    err->hint[used + 1] = '\0';
  }
  append_visible(err->hint, sizeof(err->hint), scratch);
}

enum code err_nomem(struct err *err)
{
  return err_set(err, E_NOMEM, "out of memory");
}

void err_clear(struct err *err)
{
  if (err == NULL)
    return;
  err->code = E_OK;
  err->message[0] = err->hint[0] = err->oauth_error[0] = '\0';
}
