#include "base/log.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/secret.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static enum log_level level_shown = LOG_NORMAL;
static void (*before_line)(void *user);
static void *before_line_user;

void log_setup(enum log_level level)
{
  level_shown = level;
}

enum log_level log_level(void)
{
  return level_shown;
}

void log_before_line(void (*callback)(void *user), void *user)
{
  before_line = callback;
  before_line_user = user;
}

void log_clear_line(void)
{
  if (before_line != NULL)
    before_line(before_line_user);
}

static void write_line(const char *line, size_t len)
{
  log_clear_line();
  while (len > 0) {
    ssize_t written = write(STDERR_FILENO, line, len);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return; /* nobody is left to be told */
    line += written;
    len -= (size_t)written;
  }
}

static void print(const char *start, const char *format, va_list args)
    PRINTF_LIKE(2, 0);
static void print(const char *start, const char *format, va_list args)
{
  AUTO_BUF struct buf raw = BUF_INIT(2 * BUF_DOCUMENT);
  AUTO_BUF struct buf redacted = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf line = BUF_INIT(SIZE_MAX);
  buf_vprintf(&raw, format, args);
  secret_redact(&redacted, buf_text(&raw), raw.len);
  buf_puts(&line, start);
  codec_visible(&line, buf_text(&redacted), redacted.len, false);
  buf_putc(&line, '\n');

  if (raw.failed == E_OK && redacted.failed == E_OK && line.failed == E_OK) {
    write_line(line.data, line.len);
    return;
  }
  bool is_memory = raw.failed == E_NOMEM || redacted.failed == E_NOMEM ||
                   line.failed == E_NOMEM;
  const char *instead =
      is_memory ? "[a line could not be shown safely: out of memory]\n"
                : "[a line could not be shown safely: too long]\n";
  write_line(instead, strlen(instead));
}

/* va_start cannot be shared between functions. */
#define PRINT_AT(level, start, format)                                         \
  do {                                                                         \
    if ((level) <= level_shown) {                                              \
      va_list args;                                                            \
      va_start(args, format);                                                  \
      print(start, format, args);                                              \
      va_end(args);                                                            \
    }                                                                          \
  } while (0)

void log_line(enum log_level level, const char *format, ...)
{
  PRINT_AT(level, "fob: ", format);
}

void log_note(const char *format, ...)
{
  PRINT_AT(LOG_NORMAL, "fob: ", format);
}

void log_warn(const char *format, ...)
{
  PRINT_AT(LOG_NORMAL, "fob: warning: ", format);
}

void log_raw(enum log_level level, const char *format, ...)
{
  PRINT_AT(level, "", format);
}
