/* What a person sees of device authorization: where to go, the code, and how
 * long it is good for.
 *
 * The time is counted down on one line of the terminal, which is painted anew
 * when its text changes; without such a terminal there is a line each 30 s. */
#include "cmd/login.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"
#include "cmd/qr.h"
#include "cmd/ui.h"
#include "oauth/failure.h"

#include <langinfo.h>
#include <string.h>

enum { TICK_MS = 1000, LINE_MS = 30 * 1000 };

static struct {
  bool visible;    /* the line is on the terminal now, … */
  int64_t seconds; /* … and says this */
  int64_t told_ms; /* of what is left, when that was last told; 0: never */
} countdown;

/* --- where to go ---------------------------------------------------------- */

/* What is said, and how many lines of the terminal it takes. */
struct words {
  char *where, *uri, *what, *code, *complete; /* a line each; complete: NULL */
};

static void words_clear(struct words *words)
{
  mem_free(words->where);
  mem_free(words->uri);
  mem_free(words->what);
  mem_free(words->code);
  mem_free(words->complete);
}
#define AUTO_WORDS __attribute__((cleanup(words_clear)))

static enum code words_make(struct words *words,
                            const struct login_device *device, struct err *err)
{
  const char *complete = device->uri_complete;
  AUTO_STR char *host = NULL;
  AUTO_BUF struct buf span = BUF_INIT(BUF_LINE);
  enum code code = failure_host(&host, device->uri, err);

  if (code != E_OK)
    return code;
  clock_span(&span, device->lifetime_ms / 1000);
  words->where = mem_printf("Log in at %s, on any device:", host);
  words->uri = mem_printf("  %s", device->uri);
  words->what = mem_printf("and enter this code within %s:", buf_text(&span));
  words->code = mem_printf("  %s", device->user_code);
  words->complete = complete != NULL ? mem_printf("  %s", complete) : NULL;
  return words->where != NULL && words->uri != NULL && words->what != NULL &&
                 words->code != NULL &&
                 (words->complete != NULL || complete == NULL)
             ? E_OK
             : err_nomem(err);
}

static int lines_of(const char *text)
{
  int width = ui_width();

  return text == NULL ? 0 : ((int)strlen(text) + width - 1) / width;
}

/* Why there can be no picture, whatever it shows; NULL: there can. */
static const char *no_picture(void)
{
  if (!ui_stderr_is_terminal())
    return "standard error is no terminal";
  if (ui_plain())
    return "the terminal is to be plain";
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
    return "the locale is not UTF-8";
  return NULL;
}

/* A picture of the address, where there is room for it above so many lines of
 * text. *ret_rows: 0 when there is none. */
static enum code show_picture(const char *uri, int text_rows, int *ret_rows,
                              struct err *err)
{
  AUTO_QR struct qr qr = {0};
  AUTO_BUF struct buf picture = BUF_INIT(BUF_DOCUMENT);
  struct err failed = ERR_INIT;
  const char *reason = no_picture();
  int columns = ui_width(), rows = ui_height();
  enum code code = E_OK;

  *ret_rows = 0;
  if (log_level() == LOG_QUIET)
    return E_OK;
  if (reason == NULL && qr_make(&qr, uri, &failed) != E_OK)
    reason = failed.message;
  if (reason == NULL && !qr_fit(&qr, columns, rows - text_rows))
    reason = "the terminal is too small";
  if (reason != NULL) {
    log_line(LOG_VERBOSE, "no QR code: %s", reason);
    return E_OK;
  }
  qr_draw(&picture, &qr, ui_color_stderr());
  code = buf_check(&picture, err);
  if (code != E_OK)
    return code;
  log_clear_line();
  ui_paint(buf_text(&picture));
  *ret_rows = qr_rows(&qr);
  return E_OK;
}

static enum code show(void *user, const struct login_device *device,
                      struct err *err)
{
  static const char with_code[] = "or open the address that has it:";
  const char *complete = device->uri_complete;
  AUTO_WORDS struct words words = {0};
  int rows, picture;
  enum code code = words_make(&words, device, err);

  (void)user;
  if (code != E_OK)
    return code;
  /* with the line that counts down, and the one where fob was started */
  rows = lines_of(words.where) + lines_of(words.uri) + lines_of(words.what) +
         lines_of(words.code) + 2;
  code = show_picture(complete != NULL ? complete : device->uri, rows, &picture,
                      err);
  if (code != E_OK)
    return code;
  rows += picture + lines_of(with_code) + lines_of(words.complete);

  ui_say("%s", words.where);
  ui_say("%s", words.uri);
  ui_say("%s", words.what);
  /* of which nothing needs escaping: oauth/device.h */
  ui_say_lead(UI_BOLD, words.code, "%s", "");
  if (complete != NULL && (picture == 0 || rows <= ui_height())) {
    ui_say("%s", with_code);
    ui_say("%s", words.complete);
  }
  countdown.told_ms = device->lifetime_ms;
  return E_OK;
}

/* --- how long ------------------------------------------------------------- */

static void take_away(void *user)
{
  (void)user;
  if (countdown.visible)
    ui_paint("\r\x1b[K");
  countdown.visible = false;
}

/* What reaches the last column may take another line. */
static void repaint(int64_t left_ms)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);
  long long seconds = (left_ms + TICK_MS - 1) / TICK_MS;
  int width = ui_width(); /* with the "\r", which takes no column */

  if (countdown.visible && countdown.seconds == seconds)
    return;
  buf_puts(&line, "\rWaiting: ");
  if (seconds >= 3600)
    buf_printf(&line, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60,
               seconds % 60);
  else
    buf_printf(&line, "%lld:%02lld", seconds / 60, seconds % 60);
  buf_puts(&line, " left");
  if (width > 0 && line.len > (size_t)width)
    buf_truncate(&line, (size_t)width);

  log_before_line(take_away, NULL);
  buf_puts(&line, "\x1b[K");
  ui_paint(buf_text(&line));
  countdown.visible = true;
  countdown.seconds = seconds;
}

static void tell(int64_t left_ms)
{
  AUTO_BUF struct buf span = BUF_INIT(BUF_LINE);

  if (countdown.told_ms - left_ms < LINE_MS || left_ms <= 0)
    return;
  countdown.told_ms = left_ms;
  clock_span(&span, (left_ms + TICK_MS - 1) / TICK_MS);
  ui_say("Waiting: %s left.", buf_text(&span));
}

static enum code wait_for(void *user, int64_t ms, int64_t left_ms,
                          struct err *err)
{
  bool one_line = ui_stderr_is_terminal() && !ui_plain();
  int64_t end = clock_mono_ms() + ms;
  int64_t expiry = end - ms + left_ms;

  (void)user;
  for (;;) {
    int64_t now = clock_mono_ms();
    int64_t left = expiry > now ? expiry - now : 0;
    int64_t step = left % TICK_MS ? left % TICK_MS : TICK_MS;

    if (log_level() != LOG_QUIET) {
      if (one_line)
        repaint(left);
      else
        tell(left);
    }
    if (now >= end)
      return E_OK;
    if (!clock_sleep_ms(step < end - now ? step : end - now)) {
      enum code code = sig_check(err);
      if (code != E_OK)
        return code;
    }
  }
}

void login_device_end(void)
{
  take_away(NULL);
  log_before_line(NULL, NULL);
}

void login_device_ui(struct login_ui *ui)
{
  ui->device = show;
  ui->wait = wait_for;
}
