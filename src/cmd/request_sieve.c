/* A body's way from the server to the form in which it is shown:
 *
 *     events → NDJSON (events)    --sse, or a filter on text/event-stream
 *     --pointer or --jq           one document after the other
 *     -r                          strings without quotes
 *
 * each stage passing on what it has as soon as it has it. */
#include "cmd/request.h"

#include "api/filter.h"
#include "api/pointer.h"
#include "api/quote.h"
#include "api/scan.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

struct sieve {
  const struct request_options *options;
  struct format_sink sink;
  struct events *events;
  bool of_events; /* the body is a stream of them */
  size_t event_count;
  struct pointer *pointer;
  bool found; /* by a pointer of an earlier body */
  struct filter *filter;
  bool ready;
  struct scan scan;  /* -r with --pointer: of what that gives, */
  struct buf string; /* and a string of it that is not whole */
};

/* --- checks ----------------------------------------------------------------
 */

/* curl's -r 0-99 */
static bool is_range(const char *word)
{
  return strchr(word, '-') != NULL &&
         strspn(word, "0123456789-,") == strlen(word);
}

static enum code check_raw(const struct request_options *o,
                           const struct operands *operands, struct err *err)
{
  bool curls = o->jq == NULL && o->pointer == NULL;

  for (size_t i = 0; i < operands->count; i++)
    curls = curls || is_range(operands->items[i]);
  if (!o->raw_output || !curls)
    return E_OK;
  (void)err_set(err, E_USAGE,
                "-r prints the strings that --jq or --pointer gives without "
                "quotes; it asks for no range");
  err_hint(err, "for a range: -H 'Range: bytes=0-99'");
  return E_USAGE;
}

static enum code excludes(const char *a, const char *b, struct err *err)
{
  return err_set(err, E_USAGE, "%s and %s exclude each other", a, b);
}

/* --sse and --wait-for ask many times, or have no end. */
static enum code check_streams(const struct request_options *o, struct err *err)
{
  if (o->sse && o->wait_for != NULL)
    return excludes("--sse", "--wait-for", err);
  if (o->sse && o->head)
    return excludes("--sse", "-I", err);
  if (o->sse && (o->output != NULL || o->remote_name)) {
    (void)excludes("--sse", o->output != NULL ? "-o" : "-O", err);
    err_hint(err, "a stream has no end at which FILE would be put in its "
                  "place: > FILE");
    return E_USAGE;
  }
  if (o->wait_timeout >= 0 && o->wait_for == NULL)
    return err_set(err, E_USAGE, "--wait-timeout comes with --wait-for");
  return E_OK;
}

enum code sieve_check(const struct request_options *o,
                      const struct operands *operands, struct err *err)
{
  const char *filter = o->jq != NULL ? "--jq" : "--pointer";
  AUTO(pointer) pointer = NULL; /* made for its syntax only */
  enum code code = check_raw(o, operands, err);

  if (code == E_OK)
    code = check_streams(o, err);
  if (code != E_OK)
    return code;
  if (o->jq != NULL && o->pointer != NULL)
    return excludes("--jq", "--pointer", err);
  if (o->raw && (o->jq != NULL || o->pointer != NULL || o->sse))
    return excludes("--raw", o->sse ? "--sse" : filter, err);
  return o->pointer != NULL
             ? pointer_new(&pointer, o->pointer, (struct format_sink){0}, err)
             : E_OK;
}

/* --- -r with --pointer -----------------------------------------------------
 */

static enum code pass(struct sieve *sieve, const char *from, const char *to,
                      struct err *err)
{
  return from == to ? E_OK
                    : sieve->sink.write(sieve->sink.user, from,
                                        (size_t)(to - from), err);
}

static enum code give_string(struct sieve *sieve, struct err *err)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_BODY);
  enum code code;

  quote_undo(&plain, buf_text(&sieve->string), sieve->string.len);
  buf_truncate(&sieve->string, 0);
  code = buf_check(&plain, err);
  return code == E_OK
             ? pass(sieve, buf_text(&plain), buf_text(&plain) + plain.len, err)
             : code;
}

/* Strings outside of anything lose their quotes; the rest stays. */
static enum code unquote(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct sieve *sieve = user;
  const char *at = bytes;
  const char *from = at;
  const char *end = at + len;
  struct scan_piece piece;
  enum scan_event event;
  enum code code = E_OK;

  while (code == E_OK &&
         (event = scan_next(&sieve->scan, &at, end, &piece)) > SCAN_BAD) {
    if (event != SCAN_STRING || sieve->scan.depth > 0)
      continue;
    if (piece.first)
      code = pass(sieve, from, piece.bytes, err);
    buf_put(&sieve->string, piece.bytes, piece.len);
    from = at;
    if (code == E_OK)
      code = buf_check(&sieve->string, err);
    if (code == E_OK && piece.last)
      code = give_string(sieve, err);
  }
  return code == E_OK ? pass(sieve, from, end, err) : code;
}

/* --- its life --------------------------------------------------------------
 */

static enum code on_event(void *user, const struct event *event,
                          struct err *err);

enum code sieve_new(struct sieve **ret_sieve, const struct request *request,
                    struct format_sink sink, struct err *err)
{
  AUTO(sieve) sieve = mem_zalloc(sizeof *sieve);
  enum code code;

  if (sieve == NULL)
    return err_nomem(err);
  sieve->options = request->options;
  sieve->sink = sink;
  buf_init(&sieve->string, BUF_BODY);
  code =
      events_new(&sieve->events,
                 (struct events_sink){.event = on_event, .user = sieve}, err);
  if (code == E_OK && request->options->jq != NULL) {
    const struct filter_options filter = {.expression = request->options->jq,
                                          .raw = request->options->raw_output,
                                          .sink = sink};

    code = filter_new(&sieve->filter, &filter, err);
  }
  if (code != E_OK)
    return code;
  *ret_sieve = sieve;
  sieve = NULL;
  return E_OK;
}

void sieve_free(struct sieve *sieve)
{
  if (sieve == NULL)
    return;
  events_free(sieve->events);
  pointer_free(sieve->pointer);
  filter_free(sieve->filter);
  buf_clear(&sieve->string);
  mem_free(sieve);
}

enum code sieve_ready(struct sieve *sieve, struct err *err)
{
  enum code code = E_OK;

  if (sieve->filter != NULL && !sieve->ready) {
    code = filter_ready(sieve->filter, err);
    if (code == E_USAGE)
      err_prefix(err, "--jq '%s': ", sieve->options->jq);
  }
  sieve->ready = code == E_OK;
  return code;
}

bool sieve_halted(const struct sieve *sieve)
{
  return sieve->filter != NULL && filter_halted(sieve->filter);
}

const struct events *sieve_events(const struct sieve *sieve)
{
  return sieve->of_events ? sieve->events : NULL;
}

size_t sieve_event_count(const struct sieve *sieve)
{
  return sieve->event_count;
}

/* --- a body ----------------------------------------------------------------
 */

static bool is_event_stream(const char *type)
{
  static const char name[] = "text/event-stream";

  return type != NULL && strcspn(type, "; \t") == sizeof name - 1 &&
         strncasecmp(type, name, sizeof name - 1) == 0;
}

static bool decodes(const struct sieve *sieve, const char *type)
{
  const struct request_options *o = sieve->options;

  return (o->sse || o->jq != NULL || o->pointer != NULL) &&
         is_event_stream(type);
}

enum sieve_gives sieve_gives(const struct sieve *sieve, const char *type)
{
  const struct request_options *o = sieve->options;

  if (o->jq == NULL && o->pointer == NULL)
    return decodes(sieve, type) ? SIEVE_JSON : SIEVE_SAME;
  return o->raw_output ? SIEVE_TEXT : SIEVE_JSON;
}

enum code sieve_begin(struct sieve *sieve, const char *type, struct err *err)
{
  const struct request_options *o = sieve->options;
  struct format_sink to = sieve->sink;

  sieve->of_events = decodes(sieve, type);
  events_restart(sieve->events);
  if (o->pointer == NULL)
    return E_OK;
  if (o->raw_output)
    to = (struct format_sink){.write = unquote, .user = sieve};
  if (sieve->pointer != NULL)
    sieve->found = sieve->found || pointer_found(sieve->pointer);
  pointer_free(sieve->pointer);
  sieve->pointer = NULL;
  buf_truncate(&sieve->string, 0);
  scan_init(&sieve->scan);
  return pointer_new(&sieve->pointer, o->pointer, to, err);
}

/* Documents, or what is taken for them. */
static enum code take(struct sieve *sieve, const void *bytes, size_t len,
                      struct err *err)
{
  if (sieve->filter != NULL)
    return filter_feed(sieve->filter, bytes, len, err);
  if (sieve->pointer != NULL)
    return pointer_feed(sieve->pointer, bytes, len, err);
  return sieve->sink.write(sieve->sink.user, bytes, len, err);
}

static enum code on_event(void *user, const struct event *event,
                          struct err *err)
{
  struct sieve *sieve = user;
  AUTO_BUF struct buf line = BUF_INIT(BUF_BODY);
  enum code code;

  sieve->event_count++;
  events_json(&line, event);
  code = buf_check(&line, err);
  return code == E_OK ? take(sieve, line.data, line.len, err) : code;
}

enum code sieve_feed(struct sieve *sieve, const void *bytes, size_t len,
                     struct err *err)
{
  return sieve->of_events ? events_feed(sieve->events, bytes, len, err)
                          : take(sieve, bytes, len, err);
}

enum code sieve_end(struct sieve *sieve, struct err *err)
{
  struct err why = ERR_INIT;
  enum code code;

  if (sieve->filter != NULL)
    return filter_end(sieve->filter, err);
  if (sieve->pointer == NULL)
    return E_OK;
  code = pointer_end(sieve->pointer, &why);
  if (code == E_NOT_FOUND && sieve->found)
    return E_OK;
  if (code != E_OK)
    *err = why;
  return code;
}
