/* fob request --batch: many requests over one identity's connections.
 *
 * Lines are read as long as there is room: for another request under way, for
 * the answers that are held, and, in order, for results that wait for an
 * earlier one. So memory does not depend on the number of lines. For each line
 * that was begun there is one result, whatever happens; that makes the line
 * behind the last one the place to go on at. */
#include "cmd/request_batch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  LIMIT = 16,          /* under way, by default */
  LIMIT_PARALLEL = 50, /* by -Z, as curl has it */
  LIMIT_MAX = 256,
  ORDERED_MAX = 1024,          /* results that wait for an earlier one */
  HELD_MAX = 64 * 1024 * 1024, /* of answers, before something new begins */
  AT_ONCE = 256, /* lines that are no requests, before the network's turn */
  GRACE_MS = 5000,
  LOOK_MS = 200,
};

static void batch_clear(struct batch *batch)
{
  ui_progress_end(&batch->progress);
  while (batch->calls != NULL)
    batch_call_free(batch->calls);
  request_link_clear(&batch->link);
  batch_order_free(batch->order);
  batch_lines_free(batch->lines);
  batch_plan_clear(&batch->plan);
}
#define AUTO_BATCH __attribute__((cleanup(batch_clear)))

/* --- beginning ------------------------------------------------------------ */

void batch_call_free(struct batch_call *call)
{
  if (call == NULL)
    return;
  if (call->slot != NULL) {
    *call->slot = call->next;
    if (call->next != NULL)
      call->next->slot = call->slot;
    call->batch->busy--;
  }
  call->batch->held -= call->answer.len;
  if (call->call != NULL)
    call_cancel(call->call);
  batch_request_clear(&call->request);
  buf_clear(&call->answer);
  mem_free(call->id);
  mem_free(call);
}

static void link_call(struct batch *batch, struct batch_call *call)
{
  call->next = batch->calls;
  if (call->next != NULL)
    call->next->slot = &call->next;
  call->slot = &batch->calls;
  batch->calls = call;
  batch->busy++;
}

/* A line that cannot be sent as it is. */
static enum code begin_item(struct batch *batch, const struct batch_line *line,
                            struct batch_call *call, struct err *err)
{
  AUTO_BATCH_ITEM struct batch_item item = {0};
  struct call_request request;
  enum code code;

  if (line->too_long)
    return err_set(err, E_USAGE, "the line is longer than %d MiB",
                   BATCH_LINE_MAX / (1024 * 1024));
  code = batch_item_parse(&item, line->text, line->len, err);
  if (code == E_OK)
    code = batch_request_make(&call->request, &batch->plan, &item, err);
  if (code != E_OK)
    return code;
  request_call(&call->request.request, &request);
  return sender_start(batch->link.sender, &request,
                      &(struct call_sink){.head = batch_sink.head,
                                          .body = batch_sink.body,
                                          .done = batch_sink.done,
                                          .wait = request_show_wait,
                                          .user = call},
                      &call->call, err);
}

static struct batch_call *new_call(struct batch *batch,
                                   const struct batch_line *line)
{
  AUTO(batch_call) call = mem_zalloc(sizeof *call);
  struct batch_call *made;
  const char *id;

  if (call == NULL)
    return NULL;
  call->batch = batch;
  call->line = line->number;
  buf_init(&call->answer, BATCH_BODY_MAX);
  id = batch_item_id(line->text, line->len, &call->id_len);
  if (id != NULL) {
    call->id = mem_copy(id, call->id_len);
    if (call->id == NULL)
      return NULL;
  }
  made = call;
  call = NULL;
  return made;
}

static void begin_line(struct batch *batch, const struct batch_line *line)
{
  AUTO(batch_call) call = new_call(batch, line);
  struct err err = ERR_INIT;
  enum code code;

  if (call == NULL) {
    batch->code = err_nomem(&batch->err);
    return;
  }
  if (batch->order != NULL)
    call->ticket = batch_order_begin(batch->order);
  code = begin_item(batch, line, call, &err);
  if (code == E_OK) {
    link_call(batch, call);
    call = NULL;
    return;
  }
  err_prefix(&err, "line %" PRIu64 ": ", line->number);
  batch_failed(batch,
               &(struct batch_result){.id = call->id,
                                      .id_len = call->id_len,
                                      .line = line->number,
                                      .terminal = batch->terminal},
               call->ticket, code, &err);
}

static bool has_room(const struct batch *batch)
{
  size_t held = batch->held;

  if (batch->order != NULL) {
    if (batch_order_full(batch->order))
      return false;
    held += batch_order_held(batch->order);
  }
  return batch->busy < batch->limit && held < HELD_MAX;
}

static bool may_begin(const struct batch *batch)
{
  return !batch->stopping && !batch->ended && batch->code == E_OK &&
         has_room(batch);
}

/* The file cannot be read any more: as if it ended here, but said. */
static void input_broke(struct batch *batch, enum code code,
                        const struct err *err)
{
  batch->stopping = true;
  batch->fatal = code;
  batch->fatal_err = *err;
}

void batch_fill(struct batch *batch)
{
  batch->waiting = false;
  for (int i = 0; i < AT_ONCE && may_begin(batch); i++) {
    enum batch_next next = BATCH_END;
    struct batch_line line;
    struct err err = ERR_INIT;
    enum code code = batch_lines_next(batch->lines, &next, &line, &err);

    if (code != E_OK) {
      input_broke(batch, code, &err);
    } else if (next == BATCH_LINE) {
      begin_line(batch, &line);
    } else {
      batch->ended = next == BATCH_END;
      batch->waiting = next == BATCH_WAIT;
      return;
    }
  }
}

/* --- ending --------------------------------------------------------------- */

bool batch_interrupt(struct batch *batch)
{
  batch->stopping = batch->interrupted = true;
  if (batch->deadline >= 0 || sig_caught() == SIGQUIT)
    return false;
  batch->deadline = clock_mono_ms() + GRACE_MS;
  sig_defer();
  if (batch->busy > 0)
    log_note("finishing what is under way (%zu), %d s at most; again to stop "
             "at once",
             batch->busy, GRACE_MS / 1000);
  return true;
}

/* What did not end in time has a result too. */
static void give_up(struct batch *batch)
{
  while (batch->calls != NULL && batch->code == E_OK) {
    struct batch_call *call = batch->calls;
    struct err err = ERR_INIT;

    IGNORE(err_set(&err, E_SIGNAL,
                   "interrupted while it was under way; the server may have "
                   "done it"));
    batch_failed(batch,
                 &(struct batch_result){.id = call->id,
                                        .id_len = call->id_len,
                                        .line = call->line,
                                        .terminal = batch->terminal},
                 call->ticket, E_SIGNAL, &err);
    batch_call_free(call);
  }
  batch_flush(batch);
}

/* --- the run -------------------------------------------------------------- */

static int64_t next_look(const struct batch *batch)
{
  int64_t now = clock_mono_ms();

  if (!batch->waiting && may_begin(batch))
    return now;
  if (batch->progress.started_ms != 0 || batch->deadline >= 0)
    return now + LOOK_MS;
  return -1;
}

static bool is_over(const struct batch *batch)
{
  return batch->code != E_OK ||
         (batch->busy == 0 && (batch->ended || batch->stopping));
}

static enum code run(struct batch *batch, struct err *err)
{
  for (;;) {
    struct sender_wait wait = {.fd = -1};
    enum code code;

    batch_fill(batch);
    if (is_over(batch))
      return E_OK;
    batch_progress(batch);
    if (batch->busy == 0)
      batch_flush(batch);
    if (batch->waiting)
      wait.fd = batch_lines_fd(batch->lines);
    wait.until = next_look(batch);
    code = sig_check(err);
    if (code == E_OK)
      code = sender_run(batch->link.sender, &wait, err);
    if (code == E_SIGNAL && batch_interrupt(batch))
      continue;
    if (code == E_SIGNAL ||
        (batch->deadline >= 0 && clock_mono_ms() >= batch->deadline))
      give_up(batch);
    else if (code != E_OK)
      return code;
  }
}

static enum code find_limit(const struct request_options *o, size_t *ret_limit,
                            struct err *err)
{
  uint64_t limit = LIMIT;

  if (o->parallel != NULL && *o->parallel == '\0')
    limit = LIMIT_PARALLEL;
  else if (o->parallel != NULL &&
           (!num_parse(o->parallel, LIMIT_MAX, &limit) || limit == 0))
    return err_set(err, E_USAGE, "--parallel takes a number from 1 to %d",
                   LIMIT_MAX);
  *ret_limit = (size_t)limit;
  return E_OK;
}

static enum code open_batch(struct batch *batch,
                            const struct operands *operands, struct err *err)
{
  const struct request_options *o = batch->options;
  uint64_t from = o->from_line > 0 ? (uint64_t)o->from_line : 1;
  enum code code = find_limit(o, &batch->limit, err);
  struct stat st;

  if (code == E_OK)
    code = batch_plan_make(batch->ctx, o, operands, &batch->plan, err);
  if (code == E_OK)
    code = batch_lines_open(&batch->lines, o->batch, from, err);
  if (code == E_OK && o->ordered)
    code = batch_order_new(&batch->order, ORDERED_MAX, err);
  if (code == E_OK)
    code = request_open(batch->ctx, &batch->plan.request, &batch->link, err);
  if (code == E_OK)
    code = request_authorize(&batch->link, &batch->plan.request, err);
  if (code != E_OK)
    return code;
  batch->terminal = ui_stdout_is_terminal();
  batch->flush_each = fstat(STDOUT_FILENO, &st) != 0 || !S_ISREG(st.st_mode);
  batch->deadline = -1;
  batch->started_ms = clock_mono_ms();
  if (!batch->terminal)
    ui_progress_start(&batch->progress, "");
  return E_OK;
}

enum code request_batch(struct ctx *ctx, const struct request_options *options,
                        const struct operands *operands, struct err *err)
{
  AUTO_BATCH struct batch batch = {.ctx = ctx, .options = options};
  enum code code = open_batch(&batch, operands, err);

  if (code == E_OK)
    code = run(&batch, err);
  ui_progress_end(&batch.progress);
  return code == E_OK ? batch_conclude(&batch, err) : code;
}
