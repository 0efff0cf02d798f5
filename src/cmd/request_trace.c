#include "cmd/request_trace.h"

#include "api/save.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "http/redact.h"

#include <stdio.h>
#include <string.h>

/* Hidden by value too, and made visible. NULL: no memory. */
static char *safe(const char *text)
{
  AUTO_BUF struct buf hidden = BUF_INIT(2 * BUF_DOCUMENT);
  AUTO_BUF struct buf shown = BUF_INIT(8 * BUF_DOCUMENT);

  secret_redact(&hidden, text, strlen(text));
  codec_visible(&shown, buf_text(&hidden), hidden.len, false);
  return hidden.failed == E_OK && shown.failed == E_OK
             ? mem_copy(buf_text(&shown), shown.len)
             : NULL;
}

static char *safe_url(const char *url)
{
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_URL);

  redact_url(&text, url);
  return text.failed == E_OK ? safe(buf_text(&text)) : NULL;
}

/* --- opening it ------------------------------------------------------------
 */

static bool is_stdout_name(const char *path)
{
  return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

/* Standard output is the answer's unless that goes elsewhere. */
static enum code check_meta(const struct request_options *o, struct err *err)
{
  enum code code;

  if (!is_stdout_name(o->meta) || o->remote_name || o->remote_header_name ||
      (o->output != NULL && !is_stdout_name(o->output)))
    return E_OK;
  code = err_set(err, E_USAGE,
                 "--meta - and the answer cannot both go to standard output");
  err_hint(err, "--meta - -o FILE   or   --meta FILE");
  return code;
}

enum code trace_open(struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  struct trace *trace = mem_zalloc(sizeof *trace);
  enum code code = o->meta != NULL ? check_meta(o, err) : E_OK;

  if (trace == NULL)
    return err_nomem(err);
  request->trace = trace;
  trace->started = clock_mono_ms();
  trace->wanted = o->timing || o->meta != NULL;
  trace->with_cache = o->cache >= 0 && !o->no_cache;
  trace->url = request->url != NULL ? safe_url(request->url->text) : NULL;
  trace->no_memory = request->url != NULL && trace->url == NULL;
  trace->limit = (struct limit){
      .retry_after_ms = -1, .remaining = -1, .reset_ms = -1, .quota = -1};
  if (code == E_OK && o->meta != NULL && !is_stdout_name(o->meta))
    code = save_open(&trace->meta, o->meta, err);
  return code;
}

static void exchange_clear(struct trace_exchange *exchange)
{
  mem_free(exchange->method);
  mem_free(exchange->url);
  mem_free(exchange->version);
  mem_free(exchange->address);
  *exchange = (struct trace_exchange){0};
}

void trace_free(struct trace *trace)
{
  if (trace == NULL)
    return;
  for (size_t i = 0; i < TRACE_EXCHANGES; i++)
    exchange_clear(&trace->exchanges[i]);
  for (size_t i = 0; i < TRACE_TOKENS; i++)
    secret_free(trace->tokens[i]);
  json_decref(trace->headers);
  mem_free(trace->url);
  mem_free(trace->version);
  mem_free(trace->answer_url);
  mem_free(trace->address);
  save_free(trace->meta);
  mem_free(trace);
}

size_t trace_kept(const struct trace *trace)
{
  return trace->count < TRACE_EXCHANGES ? trace->count : TRACE_EXCHANGES;
}

/* --- noting ----------------------------------------------------------------
 */

/* Behind its end the token may still be in what is to be shown. */
static void keep_token(struct trace *trace, const struct secret *token)
{
  struct err ignored = ERR_INIT;

  if (token == NULL)
    return;
  for (size_t i = 0; i < TRACE_TOKENS; i++) {
    if (trace->tokens[i] != NULL && secret_equal(trace->tokens[i], token))
      return;
    if (trace->tokens[i] == NULL) {
      trace->no_memory |=
          secret_copy(&trace->tokens[i], token, &ignored) != E_OK;
      return;
    }
  }
}

/* Names in lower case, as HTTP/2 has them; what is repeated in one value
 * (RFC 9110 §5.2). */
static bool add_header(json_t *headers, const struct header *header)
{
  AUTO_BUF struct buf value = BUF_INIT(2 * BUF_DOCUMENT);
  AUTO_STR char *name = mem_str(header->name);
  AUTO_STR char *shown = NULL;
  const char *before;

  if (name == NULL)
    return false;
  for (char *at = name; *at != '\0'; at++)
    *at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 0x20) : *at;
  before = json_string_value(json_object_get(headers, name));
  if (before != NULL)
    buf_printf(&value, "%s, ", before);
  redact_header(&value, name, header->value);
  shown = value.failed == E_OK ? safe(buf_text(&value)) : NULL;
  return shown != NULL &&
         json_object_set_new(headers, name, json_string(shown)) == 0;
}

static void note_headers(struct trace *trace, const struct http_answer *answer)
{
  json_decref(trace->headers);
  trace->headers = json_object();
  trace->no_memory |= trace->headers == NULL;
  for (size_t i = 0; i < answer->headers.count; i++) {
    if (answer->headers.items[i].value != NULL)
      trace->no_memory |=
          !add_header(trace->headers, &answer->headers.items[i]);
  }
}

static void note_exchange(struct trace *trace,
                          const struct call_exchange *exchange)
{
  const struct http_answer *answer = exchange->answer;
  size_t at =
      trace->count < TRACE_EXCHANGES ? trace->count : TRACE_EXCHANGES - 1;
  struct trace_exchange *kept = &trace->exchanges[at];

  exchange_clear(kept);
  *kept = (struct trace_exchange){
      .method = safe(exchange->method),
      .url = safe_url(exchange->url->text),
      .version = answer->version != NULL ? safe(answer->version) : NULL,
      .address = answer->address != NULL ? safe(answer->address) : NULL,
      .status = answer->status,
      .error = exchange->code != E_OK ? err_name(exchange->code) : NULL,
      .try = exchange->try,
      .hop = exchange->hop,
      .waited_ms = exchange->waited_ms,
      .timing = answer->timing,
      .traffic = answer->traffic,
  };
  kept->timing.started -= trace->started;
  trace->no_memory |= kept->method == NULL || kept->url == NULL;
}

void trace_observe(void *user, const struct call_exchange *exchange)
{
  struct trace *trace = user;
  const struct http_answer *answer = exchange->answer;
  int status = answer->status > 0 && answer->status < 600 ? answer->status : 0;

  keep_token(trace, exchange->credential);
  if (!trace->wanted) /* a batch may have a million */
    return;
  note_exchange(trace, exchange);
  trace->count++;
  trace->tries += exchange->hop == 0;
  trace->waited_ms += exchange->waited_ms;
  trace->connections += answer->timing.connect >= 0;
  trace->traffic.body_sent += answer->traffic.body_sent;
  trace->traffic.head_received += answer->traffic.head_received;
  trace->traffic.body_received += answer->traffic.body_received;
  trace->statuses[status]++;
  if (status != 0)
    limit_read(&trace->limit, &answer->headers, clock_wall());
}

static struct trace_fact *fact(struct trace *trace, const char *name)
{
  if (trace == NULL)
    return NULL;
  for (size_t i = 0; i < trace->fact_count; i++) {
    if (strcmp(trace->facts[i].name, name) == 0)
      return &trace->facts[i];
  }
  if (trace->fact_count == TRACE_NOTES)
    return NULL;
  trace->facts[trace->fact_count].name = name;
  return &trace->facts[trace->fact_count++];
}

void trace_say(struct trace *trace, const char *name, const char *text)
{
  struct trace_fact *it = fact(trace, name);

  if (it != NULL)
    it->text = text;
}

void trace_count(struct trace *trace, const char *name, int64_t number)
{
  struct trace_fact *it = fact(trace, name);

  if (it != NULL)
    it->number = number;
}

/* Whether the answer is one that was kept. */
static const char *cache_state(const struct trace *trace,
                               const struct call *call, int status)
{
  const struct trace_exchange *last =
      trace->count > 0 ? &trace->exchanges[trace_kept(trace) - 1] : NULL;

  if (!trace->with_cache)
    return NULL;
  if (call_cost(call).tries == 0)
    return status != 0 ? "hit" : NULL;
  return last != NULL && last->status == 304 && status != 304 ? "revalidated"
                                                              : "miss";
}

void trace_ended(void *user, const struct call *call, enum code code)
{
  struct trace *trace = user;
  const struct http_answer *answer = call_answer(call);
  const char *cache = cache_state(trace, call, answer->status);

  (void)code;
  if (!trace->wanted)
    return;
  trace->calls++;
  mem_free(trace->version);
  mem_free(trace->answer_url);
  mem_free(trace->address);
  trace->status = answer->status;
  trace->version = answer->version != NULL ? safe(answer->version) : NULL;
  trace->address = answer->address != NULL ? safe(answer->address) : NULL;
  trace->answer_url = safe(call_url(call));
  trace->no_memory |= trace->answer_url == NULL;
  note_headers(trace, answer);
  if (cache != NULL)
    trace_say(trace, "cache", cache);
}

/* --- its end ---------------------------------------------------------------
 */

static enum code write_meta(const struct request *request,
                            const struct err *failed, struct err *err)
{
  struct trace *trace = request->trace;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  enum code code = trace_write(request, trace, failed, &text, err);

  if (code == E_OK)
    code = buf_check(&text, err);
  if (code == E_OK && trace->meta == NULL)
    return ui_out(buf_text(&text), text.len, err);
  if (code == E_OK)
    code = save_write(trace->meta, buf_text(&text), text.len, err);
  return code == E_OK ? save_commit(trace->meta, err) : code;
}

/* What the secrets of this command are in a message that outlives them. */
static void redact_err(struct err *err)
{
  AUTO_BUF struct buf message = BUF_INIT(sizeof err->message * 2);
  AUTO_BUF struct buf hint = BUF_INIT(sizeof err->hint * 2);

  secret_redact(&message, err->message, strlen(err->message));
  secret_redact(&hint, err->hint, strlen(err->hint));
  if (message.failed != E_OK || hint.failed != E_OK)
    return; /* dispatch says what it can */
  (void)snprintf(err->message, sizeof err->message, "%s", buf_text(&message));
  (void)snprintf(err->hint, sizeof err->hint, "%s", buf_text(&hint));
}

enum code trace_close(const struct request *request, enum code code,
                      struct err *err)
{
  const struct request_options *o = request->options;
  struct trace *trace = request->trace;
  struct err failed = ERR_INIT;
  enum code end = E_OK;

  if (code != E_OK)
    redact_err(err);
  if (code == E_SIGNAL)
    return code;
  if (o->timing)
    end = trace_draw(trace, &failed);
  if (end == E_OK && o->meta != NULL)
    end = write_meta(request, code != E_OK ? err : NULL, &failed);
  if (end == E_OK)
    return code;
  if (code == E_OK) {
    *err = failed;
    return end;
  }
  log_warn("%s", failed.message);
  return code;
}
