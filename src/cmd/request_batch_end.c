/* What is said about a batch as a whole: how far it is, what it came to, and
 * where to go on when it was not finished. */
#include "cmd/request_batch.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/sig.h"

#include <inttypes.h>
#include <string.h>

enum {
  CELLS = 20,
  COMMAND_MAX = 800, /* a hint has room for it */
};

/* --- how far -------------------------------------------------------------- */

static void put_bar(struct buf *out, int64_t taken, int64_t size)
{
  int cells = (int)(taken * CELLS / size);

  buf_putc(out, '[');
  for (int i = 0; i < CELLS; i++)
    buf_putc(out, i < cells ? '#' : '-');
  buf_printf(out, "] %d %%  ", (int)(taken * 100 / size));
}

void batch_progress(struct batch *batch)
{
  const struct batch_tally *tally = &batch->tally;
  int64_t taken = batch_lines_taken(batch->lines);
  int64_t size = batch_lines_size(batch->lines);
  int64_t passed = clock_mono_ms() - batch->started_ms + 1;
  AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);

  if (!ui_progress_due(&batch->progress))
    return;
  if (size > 0 && size < INT64_MAX / 100 && taken <= size)
    put_bar(&line, taken, size);
  buf_printf(&line, "%" PRIu64 " done", tally->done);
  if (tally->failed > 0)
    buf_printf(&line, ", %s%" PRIu64 " failed%s", ui_style(UI_RED, false),
               tally->failed, ui_style(UI_PLAIN, false));
  buf_printf(&line, ", %.0f/s, %zu under way",
             (double)tally->done * 1000 / (double)passed, batch->busy);
  if (batch->deadline >= 0)
    buf_puts(&line, ", finishing");
  ui_progress_text(&batch->progress, buf_text(&line));
}

/* --- where to go on ------------------------------------------------------- */

static bool is_from_line(const char *word, bool *ret_with_value)
{
  static const char name[] = "--from-line";
  size_t len = sizeof name - 1;

  *ret_with_value = word[0] != '\0' && strcmp(word, name) == 0;
  return *ret_with_value || (strncmp(word, name, len) == 0 && word[len] == '=');
}

/* The same command line, from another line on. */
static void put_command(struct buf *out, const struct ctx *ctx, uint64_t line)
{
  bool said = false;

  buf_puts(out, "fob");
  for (int i = 0; i < ctx->argc; i++) {
    const char *word = ctx->argv[i];
    bool with_value = false;

    if (!said && is_from_line(word, &with_value)) {
      i += with_value;
      continue;
    }
    if (!said && strcmp(word, "--") == 0) {
      buf_printf(out, " --from-line %" PRIu64, line);
      said = true;
    }
    buf_putc(out, ' ');
    codec_shell(out, word);
  }
  if (!said)
    buf_printf(out, " --from-line %" PRIu64, line);
}

static void hint_going_on(const struct batch *batch, struct err *err)
{
  AUTO_BUF struct buf command = BUF_INIT(BUF_LINE);
  uint64_t line = batch_lines_at(batch->lines);

  if (batch->ended)
    return;
  err_hint(
      err, "every line before %" PRIu64 " has its result; to go on%s:", line,
      strcmp(batch->options->batch, "-") == 0 ? ", with the same input" : "");
  put_command(&command, batch->ctx, line);
  if (command.len < COMMAND_MAX)
    err_hint(err, "%s", buf_text(&command));
  else
    err_hint(err, "the same command with --from-line %" PRIu64, line);
}

/* Whoever interrupts is told no error, but this. */
static void tell(const struct batch *batch, const struct err *err)
{
  const char *format = batch->ctx->globals.error_format;
  const char *second = strchr(err->hint, '\n');

  if ((format != NULL && strcmp(format, "json") == 0) || second == NULL)
    return;
  log_note("%.*s", (int)(second - err->hint), err->hint);
  log_raw(LOG_NORMAL, "     %s", second + 1);
}

/* --- what it came to ------------------------------------------------------ */

/* "2 http_4xx, 1 timeout" */
static void put_failures(struct buf *out, const struct batch_tally *tally)
{
  for (size_t i = 0; i < ARRAY_LEN(tally->by_code); i++) {
    if (tally->by_code[i] > 0)
      buf_printf(out, "%s%" PRIu64 " %s", out->len > 0 ? ", " : "",
                 tally->by_code[i], err_name((enum code)i));
  }
}

/* CONTRACT §3: one common code, or 10. */
static enum code common_code(const struct batch_tally *tally)
{
  for (size_t i = 0; i < ARRAY_LEN(tally->by_code); i++) {
    if (tally->by_code[i] > 0 &&
        err_status((enum code)i) != err_status(tally->first))
      return E_INCOMPLETE;
  }
  return tally->first;
}

static enum code sum_up(const struct batch_tally *tally, struct err *err)
{
  AUTO_BUF struct buf failures = BUF_INIT(BUF_LINE);

  if (tally->failed == 0)
    return E_OK;
  put_failures(&failures, tally);
  return err_set(err, common_code(tally),
                 "%" PRIu64 " of %" PRIu64 " requests failed: %s",
                 tally->failed, tally->done, buf_text(&failures));
}

enum code batch_conclude(struct batch *batch, struct err *err)
{
  enum code code;

  batch_flush(batch);
  if (batch->code != E_OK && batch->code != E_SIGNAL) {
    *err = batch->err;
    return batch->code;
  }
  if (batch->interrupted) {
    sig_resume();
    code = sig_check(err);
    hint_going_on(batch, err);
    tell(batch, err);
    return code;
  }
  if (batch->fatal == E_OK)
    return sum_up(&batch->tally, err);
  *err = batch->fatal_err;
  hint_going_on(batch, err);
  return batch->fatal;
}
