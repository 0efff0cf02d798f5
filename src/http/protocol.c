/* The exchanges of the OAuth protocols, which are small and never followed
 * elsewhere. */
#include "http/client.h"

#include "base/clock.h"
#include "http/transfer.h"

#include <string.h>

enum { PROTOCOL_MS = 30 * 1000, DOCUMENT_REDIRECTS = 3 };

struct document {
  struct buf *body;
  const struct url *url;
};

static enum code take_body(void *user, const void *bytes, size_t len,
                           struct err *err)
{
  struct document *document = user;

  if (len > BUF_DOCUMENT - document->body->len)
    return err_set(err, E_ANSWER, "the answer of '%s' is longer than %d KiB",
                   document->url->origin, BUF_DOCUMENT / 1024);

  buf_put(document->body, bytes, len);
  return buf_check(document->body, err);
}

static bool is_redirect(const struct http_answer *answer)
{
  switch (answer->status) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308:
    return headers_get(&answer->headers, "Location") != NULL;
  default:
    return false;
  }
}

/* A copy, since the name and value pairs are added to. */
static enum code copy_headers(struct headers *to, const struct headers *from,
                              struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; from != NULL && i < from->count && code == E_OK; i++) {
    const struct header *h = &from->items[i];

    if (h->secret != NULL)
      code = headers_add_secret(to, h->name, h->secret, err);
    else
      code = headers_add(to, h->name, h->value, err);
  }

  return code;
}

static enum code run(struct http *http, struct http_request *request,
                     int64_t total_ms, struct http_answer *answer,
                     struct buf *ret_body, struct err *err)
{
  struct document document = {.body = ret_body, .url = request->url};

  buf_clear(ret_body);
  buf_init(ret_body, BUF_DOCUMENT);
  request->sink = (struct http_sink){.body = take_body, .user = &document};
  return transfer_run(http, request, total_ms, answer, err);
}

enum code http_protocol_by(struct http *http, const char *method,
                           const struct url *url, const struct headers *headers,
                           const struct buf *content,
                           struct http_answer *answer, struct buf *ret_body,
                           struct err *err)
{
  AUTO_HEADERS struct headers all = {0};
  struct http_request request = {
      .method = method, .url = url, .headers = &all, .fresh = true};
  enum code code = copy_headers(&all, headers, err);

  if (code == E_OK)
    code = headers_set(&all, "Accept", "application/json", err);
  if (code != E_OK)
    return code;

  if (content != NULL)
    request.body = (struct http_body){.bytes = buf_text(content),
                                      .len = (int64_t)content->len};
  code = run(http, &request, PROTOCOL_MS, answer, ret_body, err);
  if (code != E_OK)
    return code;
  if (is_redirect(answer))
    return err_set(err, E_ANSWER,
                   "'%s' answers with a redirect (%d), and nothing secret is "
                   "sent after one",
                   url->origin, answer->status);

  return E_OK;
}

enum code http_protocol(struct http *http, const struct url *url,
                        const struct headers *headers, const struct buf *form,
                        struct http_answer *answer, struct buf *ret_body,
                        struct err *err)
{
  AUTO_HEADERS struct headers all = {0};
  enum code code = copy_headers(&all, headers, err);

  if (code == E_OK && form != NULL && headers_get(&all, "Content-Type") == NULL)
    code = headers_set(&all, "Content-Type",
                       "application/x-www-form-urlencoded", err);
  if (code != E_OK)
    return code;
  return http_protocol_by(http, form != NULL ? "POST" : "GET", url, &all, form,
                          answer, ret_body, err);
}

/* --- the head alone ----------------------------------------------------- */

enum { PROBE_BODY = 64 * 1024 };

static enum code stop_soon(void *user, const void *bytes, size_t len,
                           struct err *err)
{
  size_t *received = user;

  (void)bytes;
  *received += len;
  return *received <= PROBE_BODY
             ? E_OK
             : err_set(err, E_ANSWER, "the rest is not received");
}

/* Once the head is there, what becomes of the body does not matter. */
static bool body_failed(enum code code)
{
  return code == E_ANSWER || code == E_CUT || code == E_TIMEOUT;
}

enum code http_probe(struct http *http, const struct url *url,
                     struct http_answer *answer, struct err *err)
{
  AUTO_HEADERS struct headers headers = {0};
  size_t received = 0;
  const struct http_request request = {
      .method = "GET",
      .url = url,
      .headers = &headers,
      .sink = {.body = stop_soon, .user = &received}};
  enum code code =
      headers_set(&headers, "Accept", "application/json, */*;q=0.5", err);

  if (code == E_OK)
    code = transfer_run(http, &request, PROTOCOL_MS, answer, err);
  if (code != E_OK && answer->status >= 200 && body_failed(code)) {
    err_clear(err);
    return E_OK;
  }
  return code;
}

enum code http_document(struct http *http, const struct url *url,
                        struct http_answer *answer, struct buf *ret_body,
                        struct err *err)
{
  AUTO_HEADERS struct headers headers = {0};
  AUTO(url) at = NULL;
  struct http_request request = {.method = "GET", .headers = &headers};
  int64_t deadline = clock_mono_ms() + PROTOCOL_MS;
  enum code code = headers_set(&headers, "Accept", "application/json", err);

  if (code == E_OK)
    code = url_copy(&at, url, err);
  for (int hops = 0; code == E_OK; hops++) {
    struct url *next = NULL;
    int64_t left = deadline - clock_mono_ms();

    http_answer_clear(answer);
    request.url = at;
    code = run(http, &request, left > 0 ? left : 1, answer, ret_body, err);
    if (code != E_OK || !is_redirect(answer))
      return code;
    if (hops == DOCUMENT_REDIRECTS)
      return err_set(err, E_ANSWER, "'%s' redirects more than %d times",
                     url->text, DOCUMENT_REDIRECTS);

    code =
        url_resolve(&next, at, headers_get(&answer->headers, "Location"), err);
    if (code != E_OK)
      return code;
    url_free(at);
    at = next;
    if (!url_same_origin(at, url))
      return err_set(err, E_ANSWER,
                     "'%s' redirects to another origin, '%s', where nothing is "
                     "looked up",
                     url->text, at->origin);
  }

  return code;
}
