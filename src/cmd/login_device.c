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
#include "cmd/ui.h"
#include "oauth/failure.h"

enum { TICK_MS = 1000, LINE_MS = 30 * 1000 };

static struct {
  bool visible;    /* the line is on the terminal now, … */
  int64_t seconds; /* … and says this */
  int64_t told_ms; /* of what is left, when that was last told; 0: never */
} countdown;

/* --- where to go ---------------------------------------------------------- */

static enum code show(void *user, const struct login_device *device,
                      struct err *err)
{
  AUTO_STR char *host = NULL;
  AUTO_BUF struct buf span = BUF_INIT(BUF_LINE);
  enum code code = failure_host(&host, device->uri, err);

  (void)user;
  if (code != E_OK)
    return code;
  clock_span(&span, device->lifetime_ms / 1000);
  ui_say("Log in at %s, with a browser on any device:", host);
  ui_say("  %s", device->uri);
  ui_say("and enter this code there, within %s:", buf_text(&span));
  ui_say_lead(UI_BOLD, "", "  %s", device->user_code);
  if (device->uri_complete) {
    ui_say("or open the address that has it:");
    ui_say("  %s", device->uri_complete);
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
  buf_puts(&line, "\rWaiting for the login: ");
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
  ui_say("Waiting for the login: %s left.", buf_text(&span));
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
