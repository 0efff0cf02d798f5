#include "http/redirect.h"

#include "base/log.h"
#include "base/mem.h"
#include "http/redact.h"

#include <string.h>
#include <strings.h>

enum {
  HOPS_MAX = 10,
  DISCARD_MAX = 64 * 1024, /* of a redirect's body, so that the connection
                              can be used again; a longer one is cut off */
};

/* Stands between the client and the caller's sink: the answer that is a
 * redirect is kept from it. */
struct filter {
  const struct http_sink *sink;
  bool follow;
  size_t discarded;
  bool cut; /* by us, for length */
};

/* Where a request stands on its way. */
struct hop {
  struct http_request request; /* as it is sent now */
  struct headers headers;      /* a selection of the caller's, borrowed items */
};

static bool is_followed(const struct http_answer *answer)
{
  const char *location = headers_get(&answer->headers, "Location");

  switch (answer->status) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308:
    return location != NULL && location[0] != '\0';
  default:
    return false;
  }
}

static enum code filter_head(void *user, const struct http_answer *answer,
                             struct err *err)
{
  struct filter *filter = user;

  filter->follow = is_followed(answer);
  if (filter->follow || filter->sink->head == NULL)
    return E_OK;

  return filter->sink->head(filter->sink->user, answer, err);
}

static enum code filter_body(void *user, const void *bytes, size_t len,
                             struct err *err)
{
  struct filter *filter = user;

  if (!filter->follow)
    return filter->sink->body != NULL
               ? filter->sink->body(filter->sink->user, bytes, len, err)
               : E_OK;

  filter->discarded += len;
  filter->cut = filter->discarded > DISCARD_MAX;
  return filter->cut ? E_REDIRECT : E_OK;
}

/* --- what the next request is ------------------------------------------------
 */

static bool has_body(const struct http_request *request)
{
  return request->body.bytes != NULL || request->body.read != NULL;
}

/* Leaves only the items that pass. They stay the caller's. */
static void keep_headers(struct headers *headers,
                         bool (*passes)(const struct header *header))
{
  size_t kept = 0;

  for (size_t i = 0; i < headers->count; i++)
    if (passes(&headers->items[i]))
      headers->items[kept++] = headers->items[i];

  headers->count = kept;
}

static bool passes_to_get(const struct header *header)
{
  return strncasecmp(header->name, "Content-", 8) != 0 &&
         strcasecmp(header->name, "Expect") != 0;
}

static bool passes_to_other_origin(const struct header *header)
{
  return header->portable && header->secret == NULL;
}

/* RFC 9110 §15.4: 303, and by old custom 301 and 302 after a POST. */
static void change_method(struct hop *hop, int status)
{
  struct http_request *r = &hop->request;
  bool was_post = strcmp(r->method, "POST") == 0;

  if (status != 303 && !((status == 301 || status == 302) && was_post))
    return;

  if (strcmp(r->method, "HEAD") != 0) {
    r->method = "GET";
    r->no_body = false;
  }
  r->body = (struct http_body){0};
  keep_headers(&hop->headers, passes_to_get);
}

static enum code rewind_body(const struct http_request *request,
                             struct err *err)
{
  const struct http_body *body = &request->body;

  if (body->read == NULL)
    return E_OK;
  if (body->rewind == NULL)
    return err_set(err, E_REDIRECT,
                   "'%s' redirects, but the request's body can be read only "
                   "once",
                   request->url->origin);
  return body->rewind(body->user, err);
}

static enum code refuse(const struct url *from, const struct url *to,
                        const char *why, struct err *err)
{
  AUTO_BUF struct buf target = BUF_INIT(BUF_URL);

  redact_url(&target, to->text);
  return err_set(err, E_REDIRECT_REFUSED,
                 "redirect from '%s' to '%s' refused: %s", from->origin,
                 buf_text(&target), why);
}

static enum code other_origin(struct redirect_plan *plan, struct hop *hop,
                              const struct url *from, const struct url *to,
                              struct err *err)
{
  const char *method = hop->request.method;
  AUTO_BUF struct buf target = BUF_INIT(BUF_URL);

  if (has_body(&hop->request))
    return refuse(from, to, "the request's body belongs to the first origin",
                  err);
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
    return refuse(from, to, "only GET and HEAD go on to another origin", err);

  keep_headers(&hop->headers, passes_to_other_origin);
  plan->left_origin = true;
  redact_url(&target, to->text);
  log_line(LOG_VERBOSE, "redirected to %s: another origin, credential left out",
           buf_text(&target));
  return E_OK;
}

static enum code step(struct redirect_plan *plan, struct hop *hop, int status,
                      const char *location, struct err *err)
{
  struct url *from = plan->final_url;
  AUTO(url) to = NULL;
  enum code code = url_resolve(&to, from, location, err);

  if (code == E_PLAIN_HTTP) {
    err_prefix(err, "redirect from '%s' refused: ", from->origin);
    err->code = E_REDIRECT_REFUSED;
    return E_REDIRECT_REFUSED;
  }
  if (code != E_OK)
    return code;
  if (strcmp(from->scheme, "https") == 0 && strcmp(to->scheme, "https") != 0)
    return refuse(from, to, "it leaves https", err);

  change_method(hop, status);
  if (!url_same_origin(from, to))
    code = other_origin(plan, hop, from, to, err);
  else
    log_line(LOG_VERBOSE, "redirected within %s", to->origin);
  if (code == E_OK)
    code = rewind_body(&hop->request, err);
  if (code != E_OK)
    return code;

  plan->final_url = to;
  to = NULL;
  url_free(from);
  return E_OK;
}

/* --- the loop ----------------------------------------------------------- */

/* The one that goes to other origins has connections of its own and no
 * certificate to show. */
static enum code anonymous(struct redirect_plan *plan, struct http **ret_http,
                           struct err *err)
{
  struct http_options options = {0};
  enum code code;

  if (plan->anonymous == NULL) {
    if (plan->options != NULL)
      options = *plan->options;
    options.client_cert = NULL;
    options.client_key = NULL;
    code = http_new(&plan->anonymous, &options, err);
    if (code != E_OK)
      return code;
  }

  *ret_http = plan->anonymous;
  return E_OK;
}

/* Behind the hop's headers those that are made for it alone. own keeps them;
 * ret_all holds them all, borrowed, but for its array. */
static enum code sign(const struct redirect_plan *plan, const struct hop *hop,
                      struct headers *own, struct headers *ret_all,
                      struct err *err)
{
  const struct redirect_signer *signer = &plan->signer;
  struct header *items;
  enum code code = E_OK;

  if (signer->sign != NULL && !plan->left_origin)
    code = signer->sign(signer->user, hop->request.method, plan->final_url, own,
                        err);
  if (code != E_OK)
    return code;
  items = mem_array(hop->headers.count + own->count + 1, sizeof(*items));
  if (items == NULL)
    return err_nomem(err);
  *ret_all = (struct headers){items, hop->headers.count + own->count};
  if (hop->headers.count > 0)
    memcpy(items, hop->headers.items, hop->headers.count * sizeof(*items));
  if (own->count > 0)
    memcpy(items + hop->headers.count, own->items, own->count * sizeof(*items));
  return E_OK;
}

static enum code heed(const struct redirect_plan *plan,
                      const struct http_answer *answer, struct err *err)
{
  const struct redirect_signer *signer = &plan->signer;

  return signer->heed != NULL && !plan->left_origin
             ? signer->heed(signer->user, plan->final_url, answer, err)
             : E_OK;
}

/* One exchange; *ret_follow when it was a redirect. */
static enum code send_one(struct redirect_plan *plan, struct hop *hop,
                          const struct http_sink *sink,
                          struct http_answer *answer, bool *ret_follow,
                          struct err *err)
{
  struct filter filter = {.sink = sink};
  AUTO_HEADERS struct headers own = {0};
  struct headers all = {0};
  struct http *http = plan->http;
  enum code code = E_OK;

  if (plan->left_origin)
    code = anonymous(plan, &http, err);
  if (code == E_OK)
    code = sign(plan, hop, &own, &all, err);
  if (code != E_OK)
    return code;

  hop->request.url = plan->final_url;
  hop->request.headers = &all;
  hop->request.sink = (struct http_sink){filter_head, filter_body, &filter};
  code = http_send(http, &hop->request, answer, err);
  mem_free(all.items);
  hop->request.headers = NULL;
  if (filter.cut)
    code = E_OK;
  if (code == E_OK)
    code = heed(plan, answer, err);

  *ret_follow = filter.follow && code == E_OK;
  return code;
}

static enum code follow(struct redirect_plan *plan, struct hop *hop,
                        const struct http_sink *sink,
                        struct http_answer *answer, struct err *err)
{
  bool sent = false; /* on an earlier hop: the server may have acted then */

  for (;;) {
    AUTO_STR char *location = NULL;
    bool again = false;
    enum code code = send_one(plan, hop, sink, answer, &again, err);

    answer->sent = answer->sent || sent;
    sent = answer->sent;
    if (code != E_OK || !again)
      return code;
    if (plan->hops == HOPS_MAX)
      return err_set(err, E_REDIRECT,
                     "more than %d redirects, the last from "
                     "'%s'",
                     HOPS_MAX, plan->final_url->origin);

    location = mem_str(headers_get(&answer->headers, "Location"));
    if (location == NULL)
      return err_nomem(err);
    code = step(plan, hop, answer->status, location, err);
    if (code != E_OK)
      return code;
    plan->hops++;
    http_answer_clear(answer);
  }
}

enum code redirect_send(struct redirect_plan *plan,
                        const struct http_request *request,
                        struct http_answer *answer, struct err *err)
{
  struct hop hop = {.request = *request};
  struct url *at = NULL;
  enum code code = url_copy(&at, request->url, err);

  if (code != E_OK)
    return code;
  url_free(plan->final_url); /* which may be request->url */
  plan->final_url = at;
  plan->hops = 0;
  plan->left_origin = false;

  if (request->headers != NULL && request->headers->count > 0) {
    size_t size = request->headers->count * sizeof(*hop.headers.items);

    hop.headers.items = mem_alloc(size);
    if (hop.headers.items == NULL)
      return err_nomem(err);
    memcpy(hop.headers.items, request->headers->items, size);
    hop.headers.count = request->headers->count;
  }

  code = follow(plan, &hop, &request->sink, answer, err);
  mem_free(hop.headers.items);
  return code;
}

void redirect_clear(struct redirect_plan *plan)
{
  url_free(plan->final_url);
  http_free(plan->anonymous);
  plan->final_url = NULL;
  plan->anonymous = NULL;
}
