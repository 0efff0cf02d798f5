/* From a request to its answer, and everything that can go wrong on that way
 * (control.c lists the faults). */
#include "support/sandbox/exchange.h"

#include "base/codec.h"
#include "base/mem.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  PATTERN_PERIOD = 251, /* prime: a piece at a wrong offset shows */
  PATTERN_LEN = PATTERN_PERIOD * 1024,
  SEND_BLOCK = 128 * 1024,
};

static unsigned char pattern[PATTERN_LEN];

void pattern_fill(void)
{
  for (size_t i = 0; i < PATTERN_LEN; i++)
    pattern[i] = (unsigned char)(i % PATTERN_PERIOD);
}

/* The sender of a body; lives as long as its response. */
struct body {
  const struct sandbox *sb;
  char *bytes;     /* NULL: the pattern */
  uint64_t offset; /* of the pattern */
  uint64_t len;
  uint64_t stop; /* where the connection is closed; len: at its end */
  int64_t drip_ms;
};

static void wait_ms(const struct sandbox *sb, int64_t ms)
{
  int64_t until = mono_ms() + ms;

  while (!sb->stopping && mono_ms() < until)
    usleep(5000);
}

static ssize_t body_read(void *cls, uint64_t at, char *to, size_t max)
{
  struct body *body = cls;

  if (at >= body->stop)
    return body->stop < body->len ? MHD_CONTENT_READER_END_WITH_ERROR
                                  : MHD_CONTENT_READER_END_OF_STREAM;
  if (body->drip_ms > 0) {
    max = 1;
    wait_ms(body->sb, body->drip_ms);
    if (body->sb->stopping)
      return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  if (max > body->stop - at)
    max = (size_t)(body->stop - at);
  if (body->bytes != NULL) {
    memcpy(to, body->bytes + at, max);
    return (ssize_t)max;
  }
  size_t from = (size_t)((body->offset + at) % PATTERN_PERIOD);
  if (max > PATTERN_LEN - from)
    max = PATTERN_LEN - from;
  memcpy(to, pattern + from, max);
  return (ssize_t)max;
}

static void body_free(void *cls)
{
  struct body *body = cls;

  mem_free(body->bytes);
  mem_free(body);
}

static struct MHD_Response *streamed(const struct exchange *x,
                                     const struct answer *an)
{
  struct body *body = need(mem_zalloc(sizeof(*body)), "memory");

  body->sb = x->sb;
  body->drip_ms = an->drip_ms;
  if (an->pattern >= 0) {
    body->offset = (uint64_t)an->offset;
    body->len = (uint64_t)an->pattern;
  } else {
    body->bytes = need(mem_copy(buf_text(&an->body), an->body.len), "memory");
    body->len = an->body.len;
  }
  body->stop = an->cut_half ? body->len / 2 : body->len;
  if (an->cut > 0 && (uint64_t)an->cut < body->stop)
    body->stop = (uint64_t)an->cut;
  return MHD_create_response_from_callback(
      an->chunked ? MHD_SIZE_UNKNOWN : body->len, SEND_BLOCK, body_read, body,
      body_free);
}

static enum MHD_Result send_answer(struct exchange *x, const struct answer *an)
{
  bool plain = an->pattern < 0 && an->drip_ms == 0 && !an->cut_half;
  struct MHD_Response *response =
      plain ? MHD_create_response_from_buffer(an->body.len,
                                              (void *)buf_text(&an->body),
                                              MHD_RESPMEM_MUST_COPY)
            : streamed(x, an);
  size_t i;
  json_t *pair;

  need(response, "making a response");
  json_array_foreach(an->headers, i, pair)(void) MHD_add_response_header(
      response, json_string_value(json_array_get(pair, 0)),
      json_string_value(json_array_get(pair, 1)));
  enum MHD_Result result =
      MHD_queue_response(x->connection, (unsigned)an->status, response);
  MHD_destroy_response(response);
  return result;
}

/* --- faults -------------------------------------------------------------- */

struct fault {
  json_t *json; /* NULL: none; owned */
  const char *name;
  char kind[24]; /* without _after_commit */
  bool commit;   /* the handler runs, whatever the client sees */
  int64_t delay_ms;
};

static void fault_read(struct fault *fault)
{
  static const char suffix[] = "_after_commit";
  const char *name = json_string_value(json_object_get(fault->json, "fault"));

  fault->name = name;
  if (name == NULL)
    return;
  const char *end = strstr(name, suffix);
  snprintf(fault->kind, sizeof(fault->kind), "%.*s",
           (int)(end ? (size_t)(end - name) : strlen(name)), name);
  fault->commit = end != NULL;
  fault->delay_ms =
      json_integer_value(json_object_get(fault->json, "delay_ms"));
}

static bool fault_runs_handler(const struct fault *fault)
{
  return fault->json == NULL || fault->commit || text_is(fault->kind, "slow") ||
         text_is(fault->kind, "truncate") || text_is(fault->kind, "drip") ||
         text_is(fault->kind, "mutate");
}

static void answer_as_told(const json_t *fault, struct answer *an)
{
  json_t *body = json_object_get(fault, "body");
  json_t *status = json_object_get(fault, "status");
  const char *name;
  json_t *value;

  json_array_clear(an->headers);
  buf_clear(&an->body);
  an->pattern = -1;
  an->status = status ? (int)json_integer_value(status) : 500;
  if (json_is_string(body))
    buf_puts(&an->body, json_string_value(body));
  else if (body != NULL)
    answer_json(an, an->status, json_incref(body));
  json_object_foreach(json_object_get(fault, "headers"), name, value)
      answer_header(an, name, json_string_value(value));
}

/* The answer proper, with one member made wrong (support/mutate.h). A member
 * that is not there, or would stay as it is, gives 599. */
static void answer_mutated(const json_t *fault, struct answer *an)
{
  const char *member = json_string_value(json_object_get(fault, "member"));
  const char *how = json_string_value(json_object_get(fault, "how"));
  json_t *json = json_loadb(buf_text(&an->body), an->body.len, 0, NULL);
  AUTO_STR char *text =
      json && member && how ? mutate_text(json, member, how) : NULL;

  json_decref(json);
  buf_clear(&an->body);
  if (text == NULL)
    an->status = 599;
  else
    buf_puts(&an->body, text);
}

/* Ends the connection without an answer: by a close, a reset, or after bytes of
 * the test's own. */
static enum MHD_Result hang_up(struct exchange *x, const struct fault *fault)
{
  int fd =
      MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
          ->connect_fd;

  if (text_is(fault->kind, "reset")) {
    struct linger now_ = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now_, sizeof(now_));
  }
  if (text_is(fault->kind, "raw")) {
    json_t *raw = json_object_get(fault->json, "raw");
    const char *bytes = json_string_value(raw);
    size_t left = json_string_length(raw);
    while (left > 0) {
      ssize_t n = send(fd, bytes, left, MSG_NOSIGNAL);
      if (n <= 0)
        break;
      bytes += n;
      left -= (size_t)n;
    }
  }
  return MHD_NO;
}

static void dispatch(struct exchange *x, bool *ret_control, struct answer *an)
{
  handler *run = NULL;
  int status = 404;
  bool found = route_find(x->rq.method, x->rq.path, &run, ret_control, &status);

  /* A moved endpoint is not at its old place any more. */
  if (found && x->rq.unprefixed &&
      strstr(x->rq.path, "/.well-known/") == NULL &&
      strncmp(x->rq.path, "/api", 4) != 0 && !*ret_control) {
    found = false;
    status = 404;
  }
  if (vendor_page(x->sb, &x->rq, an))
    return;
  if (found && !*ret_control && vendor_refuse(x->sb, &x->rq, an))
    return;
  if (found) {
    run(x->sb, &x->rq, an);
    vendor_deviate(x->sb, &x->rq, an);
    dpop_give_nonce(x->sb, &x->rq, an);
  } else
    answer_error(an, status, status == 405 ? "method_not_allowed" : "not_found",
                 "nothing is at this place");
}

/* Reads path and query; the prefix of moved endpoints is taken off. */
static void read_target(struct exchange *x)
{
  struct request *rq = &x->rq;
  AUTO_BUF struct buf path = BUF_INIT(BUF_URL);
  size_t len = strcspn(rq->target, "?");
  const char *prefix = setting(x->sb, "prefix");
  size_t prefix_len = prefix ? strlen(prefix) : 0;

  rq->query =
      need(mem_str(rq->target[len] ? rq->target + len + 1 : ""), "memory");
  if (!codec_unpercent(&path, rq->target, len, false))
    buf_puts(&path, "/not-decodable");
  const char *text = buf_text(&path);
  bool prefixed = prefix_len > 0 && strncmp(text, prefix, prefix_len) == 0 &&
                  text[prefix_len] == '/';
  rq->unprefixed = prefix_len > 0 && !prefixed;
  rq->path = need(mem_str(prefixed ? text + prefix_len : text), "memory");
  rq->repeated |= parse_form(rq->params, rq->query, strlen(rq->query));
  vendor_read(x->sb, rq);
}

static void run_handler(struct exchange *x, struct answer *an)
{
  bool control;

  pthread_mutex_lock(&x->sb->lock);
  dispatch(x, &control, an);
  pthread_mutex_unlock(&x->sb->lock);
}

enum MHD_Result exchange_run(struct exchange *x)
{
  struct sandbox *sb = x->sb;
  struct answer an = {.status = 500, .pattern = -1, .body = BUF_INIT(BUF_BODY)};
  struct fault fault = {0};
  json_t *entry = NULL;
  enum MHD_Result result;

  an.headers = need(json_array(), "memory");
  pthread_mutex_lock(&sb->lock);
  read_target(x);
  if (x->rq.path[0] != '/' || x->rq.path[1] != '_') {
    entry = json_incref(journal_add(sb, &x->rq));
    fault.json = fault_take(sb, &x->rq);
  }
  pthread_mutex_unlock(&sb->lock);

  fault_read(&fault);
  bool drip = text_is(fault.kind, "drip");
  if (!fault.commit && !drip)
    wait_ms(sb, fault.delay_ms);
  if (fault_runs_handler(&fault))
    run_handler(x, &an);
  if (fault.commit)
    wait_ms(sb, fault.delay_ms);
  if (text_is(fault.kind, "status"))
    answer_as_told(fault.json, &an);
  if (text_is(fault.kind, "mutate"))
    answer_mutated(fault.json, &an);
  an.cut_half |= text_is(fault.kind, "truncate");
  an.drip_ms = drip ? fault.delay_ms : an.drip_ms;
  wait_ms(sb, an.wait_ms);

  bool silent = text_is(fault.kind, "cut") || text_is(fault.kind, "reset") ||
                text_is(fault.kind, "raw");
  if (entry != NULL) {
    pthread_mutex_lock(&sb->lock);
    journal_status(entry, silent ? 0 : an.status, fault.name);
    json_decref(entry);
    pthread_mutex_unlock(&sb->lock);
  }
  result = silent ? hang_up(x, &fault) : send_answer(x, &an);
  json_decref(fault.json);
  json_decref(an.headers);
  buf_clear(&an.body);
  return result;
}
