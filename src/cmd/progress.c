/* The progress line: one line on the terminal's standard error, repainted in
 * place, never in a log. */
#include "cmd/ui.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { SHOW_AFTER_MS = 1000, REPAINT_MS = 100 };

/* Not by file_write_fd(), which writes no more once a signal was caught: the
 * line has to go then too. What a terminal does not take is not missed. */
void ui_paint(const char *text)
{
  size_t len = strlen(text);

  while (len > 0) {
    ssize_t n = write(STDERR_FILENO, text, len);

    if (n <= 0 && errno != EINTR)
      return;
    text += n > 0 ? n : 0;
    len -= n > 0 ? (size_t)n : 0;
  }
}

static void take_away(void *user)
{
  struct ui_progress *progress = user;

  if (progress->visible)
    ui_paint("\r\x1b[K");
  progress->visible = false;
}

void ui_progress_start(struct ui_progress *progress, const char *label)
{
  *progress = (struct ui_progress){.label = label};
  if (!ui_stderr_is_terminal() || ui_plain() || log_level() == LOG_QUIET)
    return;
  progress->started_ms = clock_mono_ms();
  progress->shown_ms = progress->started_ms + SHOW_AFTER_MS - REPAINT_MS;
  log_before_line(take_away, progress);
}

static void put_size(struct buf *out, int64_t bytes)
{
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = (double)bytes;
  size_t unit = 0;

  for (; value >= 1024 && unit + 1 < ARRAY_LEN(units); unit++)
    value /= 1024;
  buf_printf(out, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

bool ui_progress_due(const struct ui_progress *progress)
{
  return progress->started_ms != 0 &&
         clock_mono_ms() - progress->shown_ms >= REPAINT_MS;
}

void ui_progress_text(struct ui_progress *progress, const char *text)
{
  if (!ui_progress_due(progress))
    return;
  progress->shown_ms = clock_mono_ms();
  progress->visible = true;
  ui_paint("\r\x1b[K");
  ui_paint(text);
}

void ui_progress_show(struct ui_progress *progress, int64_t done, int64_t total)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);
  int64_t now = clock_mono_ms();

  if (!ui_progress_due(progress))
    return;
  buf_printf(&line, "%s ", progress->label);
  put_size(&line, done);
  if (total > 0) {
    buf_puts(&line, " of ");
    put_size(&line, total);
    buf_printf(&line, ", %" PRId64 " %%", done * 100 / total);
  }
  buf_puts(&line, ", ");
  put_size(&line, done * 1000 / (now - progress->started_ms + 1));
  buf_puts(&line, "/s");
  ui_progress_text(progress, buf_text(&line));
}

void ui_progress_end(struct ui_progress *progress)
{
  if (progress->started_ms == 0)
    return;
  take_away(progress);
  log_before_line(NULL, NULL);
  progress->started_ms = 0;
}

/* --- waiting ---------------------------------------------------------------
 */

static void take_wait_away(void *user)
{
  struct ui_wait *wait = user;

  if (wait->visible)
    ui_paint("\r\x1b[K");
  wait->visible = false;
}

void ui_wait_start(struct ui_wait *wait, const char *what)
{
  *wait = (struct ui_wait){.what = what};
  if (!ui_stderr_is_terminal() || log_level() == LOG_QUIET)
    return;
  if (ui_plain()) {
    log_note("waiting for %s", what);
    return;
  }
  wait->started_ms = clock_mono_ms();
  log_before_line(take_wait_away, wait);
}

void ui_wait_show(struct ui_wait *wait)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);
  int width = ui_width() - (int)sizeof "waiting for , 123456 s";
  int64_t seconds;

  if (wait->started_ms == 0)
    return;
  seconds = (clock_mono_ms() - wait->started_ms) / 1000;
  if (seconds == 0 || (wait->visible && seconds == wait->shown_s))
    return;
  buf_puts(&line, "\r\x1b[Kwaiting for ");
  codec_visible(&line, wait->what,
                strnlen(wait->what, width > 0 ? (size_t)width : 0), false);
  buf_printf(&line, ", %" PRId64 " s", seconds);
  wait->shown_s = seconds;
  wait->visible = true;
  ui_paint(buf_text(&line));
}

void ui_wait_end(struct ui_wait *wait)
{
  if (wait->started_ms == 0)
    return;
  take_wait_away(wait);
  log_before_line(NULL, NULL);
  wait->started_ms = 0;
}
