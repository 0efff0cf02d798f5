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

/* Stand between the client and the caller's sink: the answer that is a redirect
 * is kept from it. */
static enum code filter_head(void *user, const struct http_answer *answer,
                             struct err *err)
{
  struct redirect *r = user;

  r->follow = is_followed(answer);
  if (r->follow || r->sink.head == NULL)
    return E_OK;

  return r->sink.head(r->sink.user, answer, err);
}

static enum code filter_body(void *user, const void *bytes, size_t len,
                             struct err *err)
{
  struct redirect *r = user;

  if (!r->follow)
    return r->sink.body != NULL ? r->sink.body(r->sink.user, bytes, len, err)
                                : E_OK;

  r->discarded += len;
  r->cut = r->discarded > DISCARD_MAX;
  return r->cut ? E_REDIRECT : E_OK;
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
static void change_method(struct redirect *hop, int status)
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

  return err_set(err, E_REDIRECT_REFUSED,
                 "redirect from '%s' to '%s' refused: %s", from->origin,
                 redact_shown(&target, to->text), why);
}

static enum code other_origin(struct redirect *hop, const struct url *from,
                              const struct url *to, struct err *err)
{
  const char *method = hop->request.method;
  AUTO_BUF struct buf target = BUF_INIT(BUF_URL);

  if (has_body(&hop->request))
    return refuse(from, to, "the request's body belongs to the first origin",
                  err);
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
    return refuse(from, to, "only GET and HEAD go on to another origin", err);

  keep_headers(&hop->headers, passes_to_other_origin);
  hop->left_origin = true;
  log_line(LOG_VERBOSE, "redirected to %s: another origin, credential left out",
           redact_shown(&target, to->text));
  return E_OK;
}

static enum code step(struct redirect *hop, int status, const char *location,
                      struct err *err)
{
  struct url *from = hop->final_url;
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
    code = other_origin(hop, from, to, err);
  else
    log_line(LOG_VERBOSE, "redirected within %s", to->origin);
  if (code == E_OK)
    code = rewind_body(&hop->request, err);
  if (code != E_OK)
    return code;

  hop->final_url = to;
  to = NULL;
  url_free(from);
  return E_OK;
}

/* --- exchange by exchange -------------------------------------------------
 */

/* The one that goes to other origins has connections of its own and no
 * certificate to show. */
static enum code anonymous(const struct redirect_plan *plan,
                           struct http **ret_http, struct err *err)
{
  struct http_options options = {0};
  enum code code;

  if (*plan->anonymous == NULL) {
    if (plan->options != NULL)
      options = *plan->options;
    options.client_cert = NULL;
    options.client_key = NULL;
    code = http_new(plan->anonymous, &options, err);
    if (code != E_OK)
      return code;
  }

  *ret_http = *plan->anonymous;
  return E_OK;
}

static void forget_signed(struct redirect *r)
{
  headers_clear(&r->own);
  mem_free(r->all.items);
  r->all = (struct headers){0};
}

/* Behind the hop's headers those that are made for it alone. own keeps them;
 * all holds them all, borrowed, but for its array. */
static enum code sign(struct redirect *r, struct err *err)
{
  const struct redirect_signer *signer = &r->plan.signer;
  size_t count;
  enum code code = E_OK;

  forget_signed(r);
  if (signer->sign != NULL && !r->left_origin)
    code = signer->sign(signer->user, r->request.method, r->final_url, &r->own,
                        err);
  if (code != E_OK)
    return code;
  count = r->headers.count + r->own.count;
  r->all.items = mem_array(count + 1, sizeof(*r->all.items));
  if (r->all.items == NULL)
    return err_nomem(err);
  r->all.count = count;
  if (r->headers.count > 0)
    memcpy(r->all.items, r->headers.items,
           r->headers.count * sizeof(*r->all.items));
  if (r->own.count > 0)
    memcpy(r->all.items + r->headers.count, r->own.items,
           r->own.count * sizeof(*r->all.items));
  return E_OK;
}

enum code redirect_begin(struct redirect *r, const struct redirect_plan *plan,
                         const struct http_request *request, struct err *err)
{
  const struct headers *headers = request->headers;
  struct url *at = NULL;
  enum code code = url_copy(&at, request->url, err);

  if (code != E_OK)
    return code;
  *r = (struct redirect){.plan = *plan,
                         .request = *request,
                         .sink = request->sink,
                         .final_url = at};
  if (headers == NULL || headers->count == 0)
    return E_OK;

  r->headers.items = mem_array(headers->count, sizeof(*r->headers.items));
  if (r->headers.items == NULL) {
    redirect_clear(r);
    return err_nomem(err);
  }
  memcpy(r->headers.items, headers->items,
         headers->count * sizeof(*r->headers.items));
  r->headers.count = headers->count;
  return E_OK;
}

enum code redirect_next(struct redirect *r, struct http **ret_http,
                        const struct http_request **ret_request,
                        struct http_answer *answer, struct err *err)
{
  struct http *http = r->plan.http;
  enum code code = E_OK;

  r->follow = r->cut = false;
  r->discarded = 0;
  http_answer_clear(answer);
  if (r->left_origin)
    code = anonymous(&r->plan, &http, err);
  if (code == E_OK)
    code = sign(r, err);
  if (code != E_OK)
    return code;

  r->request.url = r->final_url;
  r->request.headers = &r->all;
  r->request.sink = (struct http_sink){filter_head, filter_body, r};
  *ret_http = http;
  *ret_request = &r->request;
  return E_OK;
}

static enum code heed(const struct redirect *r,
                      const struct http_answer *answer, struct err *err)
{
  const struct redirect_signer *signer = &r->plan.signer;

  return signer->heed != NULL && !r->left_origin
             ? signer->heed(signer->user, r->final_url, answer, err)
             : E_OK;
}

enum code redirect_took(struct redirect *r, enum code code,
                        struct http_answer *answer, bool *ret_again,
                        struct err *err)
{
  AUTO_STR char *location = NULL;

  *ret_again = false;
  forget_signed(r);
  answer->sent = answer->sent || r->sent;
  r->sent =
      answer->sent; /* on an earlier hop: the server may have acted then */
  if (r->cut)
    code = E_OK;
  if (code == E_OK)
    code = heed(r, answer, err);
  if (code != E_OK || !r->follow)
    return code;
  if (r->hops == HOPS_MAX)
    return err_set(err, E_REDIRECT,
                   "more than %d redirects, the last from '%s'", HOPS_MAX,
                   r->final_url->origin);

  location = mem_str(headers_get(&answer->headers, "Location"));
  if (location == NULL)
    return err_nomem(err);
  code = step(r, answer->status, location, err);
  if (code != E_OK)
    return code;
  r->hops++;
  *ret_again = true;
  return E_OK;
}

void redirect_clear(struct redirect *r)
{
  forget_signed(r);
  url_free(r->final_url);
  mem_free(r->headers.items);
  *r = (struct redirect){0};
}

enum code redirect_send(struct redirect *r, const struct redirect_plan *plan,
                        const struct http_request *request,
                        struct http_answer *answer, struct err *err)
{
  struct redirect old = *r; /* whose URL may be the request's */
  bool again = true;
  enum code code;

  *r = (struct redirect){0};
  code = redirect_begin(r, plan, request, err);
  redirect_clear(&old);
  while (code == E_OK && again) {
    const struct http_request *next = NULL;
    struct http *http = NULL;

    code = redirect_next(r, &http, &next, answer, err);
    if (code != E_OK)
      break;
    code = http_send(http, next, answer, err);
    code = redirect_took(r, code, answer, &again, err);
  }
  return code;
}
