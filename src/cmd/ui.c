#include "cmd/ui.h"

#include "base/codec.h"
#include "base/env.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct {
  bool color_stdout, color_stderr, plain;
  char pending[64 * 1024];
  size_t pending_len;
  bool out_failed;
} ui;

static bool dumb_terminal(void)
{
  const char *term = env_text("TERM");
  return term == NULL || strcmp(term, "dumb") == 0;
}

/* The option beats the environment, which beats config.json (CONTRACT §4). */
static bool want_color(const char *option, const struct config *config,
                       bool terminal)
{
  const char *configured = config != NULL ? config->color : NULL;
  const char *forced = env_text("CLICOLOR_FORCE");

  if (option != NULL && strcmp(option, "auto") != 0)
    return strcmp(option, "always") == 0;
  if (option == NULL) {
    if (env_text("NO_COLOR") != NULL)
      return false;
    if (forced != NULL && strcmp(forced, "0") != 0)
      return true;
    if (configured != NULL && strcmp(configured, "auto") != 0)
      return strcmp(configured, "always") == 0;
  }
  return terminal && !dumb_terminal();
}

void ui_setup(const char *color_option, const struct config *config)
{
  ui.color_stdout = want_color(color_option, config, ui_stdout_is_terminal());
  ui.color_stderr = want_color(color_option, config, ui_stderr_is_terminal());
  ui.plain = env_text("ACCESSIBLE") != NULL || dumb_terminal() ||
             (config != NULL && config->plain);
}

bool ui_stdout_is_terminal(void)
{
  return isatty(STDOUT_FILENO) == 1;
}

bool ui_stderr_is_terminal(void)
{
  return isatty(STDERR_FILENO) == 1;
}

bool ui_color_stdout(void)
{
  return ui.color_stdout;
}

bool ui_color_stderr(void)
{
  return ui.color_stderr;
}

bool ui_plain(void)
{
  return ui.plain;
}

static bool window(struct winsize *size)
{
  return (ioctl(STDOUT_FILENO, TIOCGWINSZ, size) == 0 && size->ws_col > 0) ||
         (ioctl(STDERR_FILENO, TIOCGWINSZ, size) == 0 && size->ws_col > 0);
}

int ui_width(void)
{
  struct winsize size;

  return window(&size) ? size.ws_col : 80;
}

int ui_height(void)
{
  struct winsize size;

  return window(&size) && size.ws_row > 0 ? size.ws_row : 24;
}

bool ui_can_ask(void)
{
  return isatty(STDIN_FILENO) == 1 && ui_stderr_is_terminal() &&
         env_text("CI") == NULL;
}

const char *ui_style(enum ui_style style, bool for_stdout)
{
  static const char *const codes[] = {
      [UI_PLAIN] = "\x1b[0m", [UI_BOLD] = "\x1b[1m",   [UI_DIM] = "\x1b[2m",
      [UI_RED] = "\x1b[31m",  [UI_GREEN] = "\x1b[32m", [UI_YELLOW] = "\x1b[33m",
      [UI_CYAN] = "\x1b[36m",
  };

  if (!(for_stdout ? ui.color_stdout : ui.color_stderr))
    return "";
  return codes[style];
}

/* A pipe may be non-blocking, since whoever shares it can make it so. */
static enum code wait_for_room(struct err *err)
{
  struct pollfd fds[] = {{STDOUT_FILENO, POLLOUT, 0}, {sig_fd(), POLLIN, 0}};

  (void)poll(fds, 2, -1);
  return sig_check(err);
}

/* *ret_left: how many bytes at the end did not go out. */
static enum code write_out(const char *bytes, size_t len, size_t *ret_left,
                           struct err *err)
{
  enum code code = E_OK;

  while (len > 0 && code == E_OK) {
    ssize_t n = write(STDOUT_FILENO, bytes, len);

    if (n > 0) {
      bytes += n;
      len -= (size_t)n;
    } else if (n < 0 && errno == EINTR) {
      code = sig_check(err);
    } else if (n < 0 && errno == EAGAIN) {
      code = wait_for_room(err);
    } else {
      *ret_left = 0;
      ui.out_failed = true;
      if (n < 0 && errno == EPIPE)
        sig_note_pipe();
      return err_set(err, E_OUTPUT, "cannot write to standard output: %s",
                     n < 0 ? strerror(errno) : "nothing was taken");
    }
  }
  *ret_left = len;
  return code;
}

enum code ui_flush(struct err *err)
{
  size_t len = ui.pending_len;
  size_t left = 0;
  enum code code = E_OK;

  if (len > 0 && !ui.out_failed)
    code = write_out(ui.pending, len, &left, err);
  memmove(ui.pending, ui.pending + len - left, left);
  mem_wipe(ui.pending + left, len - left);
  ui.pending_len = left;
  return code;
}

void ui_forget(void)
{
  mem_wipe(ui.pending, ui.pending_len);
  ui.pending_len = 0;
}

enum code ui_out(const void *bytes, size_t len, struct err *err)
{
  if (len > sizeof(ui.pending) - ui.pending_len) {
    enum code code = ui_flush(err);
    if (code != E_OK)
      return code;
  }
  if (len > sizeof(ui.pending)) {
    size_t left;
    return write_out(bytes, len, &left, err);
  }
  memcpy(ui.pending + ui.pending_len, bytes, len);
  ui.pending_len += len;
  return E_OK;
}

enum code ui_outf(struct err *err, const char *format, ...)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  va_list args;

  va_start(args, format);
  buf_vprintf(&text, format, args);
  va_end(args);
  enum code code = buf_check(&text, err);
  return code != E_OK ? code : ui_out(buf_text(&text), text.len, err);
}

static void say(enum ui_style style, const char *lead, const char *format,
                va_list args) PRINTF_LIKE(3, 0);
static void say(enum ui_style style, const char *lead, const char *format,
                va_list args)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf visible = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf shown = BUF_INIT(BUF_DOCUMENT);
  struct err ignored = ERR_INIT;

  buf_vprintf(&text, format, args);
  codec_visible(&visible, buf_text(&text), text.len, /* keep_lines= */ true);
  if (lead[0] != '\0')
    buf_printf(&shown, "%s%s%s", ui_style(style, false), lead,
               ui_style(UI_PLAIN, false));
  secret_redact(&shown, buf_text(&visible), visible.len);
  buf_putc(&shown, '\n');
  log_clear_line();
  /* A person who cannot be told is no reason to fail. */
  IGNORE(file_write_fd(STDERR_FILENO, buf_text(&shown), shown.len,
                       "standard error", &ignored));
}

void ui_say(const char *format, ...)
{
  va_list args;

  va_start(args, format);
  say(UI_PLAIN, "", format, args);
  va_end(args);
}

void ui_say_lead(enum ui_style style, const char *lead, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  say(style, lead, format, args);
  va_end(args);
}
