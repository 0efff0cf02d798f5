/* Documents are told apart here, by fob's own scanner, so that libjq sees
 * nothing but whole JSON. Their bytes go to the child as they come; behind the
 * last document that a feed completes, its answers are waited for. */
#include "api/filter.h"

#include "api/filter_run.h"
#include "api/scan.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/worker.h"

#include <string.h>
#include <time.h>

enum {
  MEMORY_MIB = 4096, /* what the child may map */
};

/* What is said to the child (a part of a document, its end), and what it says.
 */
enum frame {
  FRAME_PART,
  FRAME_END,

  FRAME_READY,
  FRAME_TEXT,
  FRAME_NOTE,
  FRAME_OUTCOME, /* struct filter_outcome */
  FRAME_FAILED,  /* struct err */
};

struct filter {
  char *expression;
  bool raw;
  struct format_sink sink;
  struct worker *worker;
  bool ready;

  struct scan scan;
  bool inside; /* a document */
  bool broken; /* no JSON any more */
  size_t document_len;
  size_t asked, answered; /* documents */
  bool gave;
  struct filter_outcome last;

  struct filter_run *run; /* in the child */
};

/* --- the child -------------------------------------------------------------
 */

struct child {
  struct filter *filter;
  int line;
};

static enum code say_text(void *user, const char *bytes, size_t len)
{
  const struct child *child = user;

  return worker_say(child->line, FRAME_TEXT, bytes, len) ? E_OK : E_OUTPUT;
}

static void say_note(void *user, const char *bytes, size_t len)
{
  const struct child *child = user;

  if (len > WORKER_FRAME)
    len = WORKER_FRAME;
  (void)!worker_say(child->line, FRAME_NOTE, bytes, len);
}

static struct child child; /* lives as long as its process */

static enum code child_before(void *user, int line, struct err *err)
{
  struct filter *filter = user;
  const struct filter_run_sink sink = {
      .text = say_text, .note = say_note, .user = &child};

  child = (struct child){.filter = filter, .line = line};
  tzset(); /* whose file cannot be read later */
  return filter_run_new(&filter->run, filter->expression, filter->raw, &sink,
                        err);
}

static void child_work(void *user, int line)
{
  static char bytes[WORKER_FRAME];
  struct filter *filter = user;
  struct filter_outcome outcome = {0};
  struct err err = ERR_INIT;
  enum code code = E_OK;
  unsigned kind;
  size_t len;

  if (!worker_say(line, FRAME_READY, NULL, 0))
    return;
  while (worker_listen(line, &kind, bytes, &len)) {
    if (code != E_OK) /* has been said; the parent will stop asking */
      continue;
    if (kind == FRAME_PART && !outcome.halted) {
      code = filter_run_feed(filter->run, bytes, len, &err);
    } else if (kind == FRAME_END && !outcome.halted) {
      worker_renew(FILTER_SECONDS);
      code = filter_run_end(filter->run, &outcome, &err);
    }
    if (code != E_OK
            ? !worker_say(line, FRAME_FAILED, &err, sizeof err)
            : kind == FRAME_END &&
                  !worker_say(line, FRAME_OUTCOME, &outcome, sizeof outcome))
      return;
  }
}

/* --- what the child says ---------------------------------------------------
 */

static enum code hear_failure(const char *bytes, size_t len, struct err *err)
{
  struct err said;

  if (len != sizeof said)
    return err_set(err, E_LOCAL, "jq's process speaks nonsense");
  memcpy(&said, bytes, sizeof said);
  if (said.code == E_LOCAL)
    (void)err_set(&said, E_LOCAL, "the filter needs more than %d MiB of memory",
                  MEMORY_MIB);
  if (err != NULL)
    *err = said;
  return said.code;
}

static enum code hear(void *user, unsigned kind, const char *bytes, size_t len,
                      struct err *err)
{
  struct filter *filter = user;

  switch (kind) {
  case FRAME_READY:
    filter->ready = true;
    return E_OK;
  case FRAME_TEXT:
    return filter->sink.write(filter->sink.user, bytes, len, err);
  case FRAME_NOTE:
    log_note("jq: %.*s", (int)len, bytes);
    return E_OK;
  case FRAME_OUTCOME:
    if (len != sizeof filter->last)
      break;
    memcpy(&filter->last, bytes, len);
    filter->gave = filter->gave || filter->last.gave || filter->last.halted;
    filter->answered++;
    return E_OK;
  case FRAME_FAILED:
    return hear_failure(bytes, len, err);
  default:
    break;
  }
  return err_set(err, E_LOCAL, "jq's process speaks nonsense");
}

static struct worker_ear ear_of(struct filter *filter)
{
  return (struct worker_ear){.frame = hear, .user = filter};
}

/* --- the parent ------------------------------------------------------------
 */

enum code filter_new(struct filter **ret_filter,
                     const struct filter_options *options, struct err *err)
{
  AUTO(filter) filter = mem_zalloc(sizeof *filter);
  struct worker_options worker = {
      .name = "jq",
      .before = child_before,
      .work = child_work,
      .user = filter,
      .memory = (uint64_t)MEMORY_MIB * 1024 * 1024,
      .cpu_seconds = FILTER_SECONDS,
  };
  enum code code;

  if (filter == NULL)
    return err_nomem(err);
  filter->raw = options->raw;
  filter->sink = options->sink;
  scan_init(&filter->scan);
  filter->expression = mem_str(options->expression);
  if (filter->expression == NULL)
    return err_nomem(err);
  code = worker_start(&filter->worker, &worker, err);
  if (code != E_OK)
    return code;
  *ret_filter = filter;
  filter = NULL;
  return E_OK;
}

void filter_free(struct filter *filter)
{
  if (filter == NULL)
    return;
  worker_free(filter->worker);
  mem_free(filter->expression);
  mem_free(filter);
}

enum code filter_ready(struct filter *filter, struct err *err)
{
  struct worker_ear ear = ear_of(filter);
  enum code code = E_OK;

  while (code == E_OK && !filter->ready)
    code = worker_hear(filter->worker, &ear, err);
  return code;
}

/* Until all documents that the child was asked about are answered. */
static enum code await(struct filter *filter, struct err *err)
{
  struct worker_ear ear = ear_of(filter);
  enum code code = E_OK;

  while (code == E_OK && filter->answered < filter->asked)
    code = worker_hear(filter->worker, &ear, err);
  return code;
}

static enum code tell_part(struct filter *filter, const char *from,
                           const char *to, struct err *err)
{
  struct worker_ear ear = ear_of(filter);
  size_t len = (size_t)(to - from);

  if (len == 0 || filter->last.halted)
    return E_OK;
  if (len > FILTER_DOCUMENT - filter->document_len) {
    (void)err_set(err, E_LOCAL,
                  "the answer is longer than the %d MiB that jq is given",
                  FILTER_DOCUMENT / (1024 * 1024));
    err_hint(err, "--pointer /A/B   takes a value out of an answer of any "
                  "length");
    return E_LOCAL;
  }
  filter->document_len += len;
  return worker_tell(filter->worker, FRAME_PART, from, len, &ear, err);
}

static enum code tell_end(struct filter *filter, struct err *err)
{
  struct worker_ear ear = ear_of(filter);

  filter->inside = false;
  filter->document_len = 0;
  if (filter->last.halted)
    return E_OK;
  filter->asked++;
  return worker_tell(filter->worker, FRAME_END, NULL, 0, &ear, err);
}

/* One event; *from is where the document's part begins that has not been
 * sent. */
static enum code follow(struct filter *filter, enum scan_event event,
                        const struct scan_piece *piece, const char **from,
                        const char *at, struct err *err)
{
  bool ends = filter->scan.depth == 0 &&
              (event == SCAN_CLOSE || (event >= SCAN_STRING && piece->last));
  enum code code;

  if (!filter->inside) {
    filter->inside = true;
    *from = piece->bytes;
  }
  if (!ends)
    return E_OK;
  code = tell_part(filter, *from, at, err);
  return code == E_OK ? tell_end(filter, err) : code;
}

enum code filter_feed(struct filter *filter, const void *bytes, size_t len,
                      struct err *err)
{
  const char *at = bytes;
  const char *from = at;
  const char *end = at + len;
  struct scan_piece piece;
  enum scan_event event;
  enum code code = E_OK;

  if (filter->broken || filter->last.halted)
    return E_OK;
  while (code == E_OK &&
         (event = scan_next(&filter->scan, &at, end, &piece)) > SCAN_BAD)
    code = follow(filter, event, &piece, &from, at, err);
  if (code != E_OK)
    return code;
  filter->broken = event == SCAN_BAD;
  if (filter->inside)
    code = tell_part(filter, from, at, err);
  return code == E_OK ? await(filter, err) : code;
}

enum code filter_end(struct filter *filter, struct err *err)
{
  enum code code = E_OK;

  if (filter->last.halted)
    return E_OK;
  if (filter->broken || !scan_may_end(&filter->scan))
    return err_set(err, E_ANSWER,
                   "nothing more can be filtered: the answer is not JSON to "
                   "its end");
  if (filter->inside) /* a number, which ends with the text */
    code = tell_end(filter, err);
  if (code == E_OK)
    code = await(filter, err);
  if (code == E_OK && !filter->gave)
    code = err_set(err, E_NOT_FOUND, "the filter found nothing in the answer");
  return code;
}

bool filter_is_true(const struct filter *filter)
{
  return filter->last.is_true;
}

bool filter_halted(const struct filter *filter)
{
  return filter->last.halted;
}

size_t filter_documents(const struct filter *filter)
{
  return filter->answered;
}
