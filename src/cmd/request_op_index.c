/* Where the index of a profile's description comes from: what is kept, a file,
 * or its URL. From there it is asked for without a credential first, so that
 * the store need not be opened, and never gets one outside the profile. */
#include "cmd/request_op.h"

#include "api/openapi_cache.h"
#include "api/outline.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/redact.h"

#include <string.h>

enum {
  FRESH_S = 24 * 60 * 60,
  JUST_NOW_S = 60,
  FETCH_MS = 60 * 1000,
};

enum op_reach op_reach_of(const struct request_options *options)
{
  return options->dry_run || options->curl ? OP_KEPT : OP_FETCH;
}

static enum code no_source(const struct profile *profile, struct err *err)
{
  enum code code = err_set(
      err, E_PROFILE, "'%s' names no description of its API", profile->name);

  if (!profile->read_only)
    err_hint(err, "fob profile set %s openapi https://.../openapi.json",
             profile->name);
  return code;
}

/* --- asking for it ---------------------------------------------------------
 */

/* One look at the document's URL. */
struct look {
  struct ctx *ctx;
  const struct request *request;
  const struct url *url;
  const struct openapi *kept; /* NULL: none */
  bool last;                  /* a refusal stands */
  struct buf document;
  struct headers headers; /* what makes the answer a 304 among them */
  int status;             /* a refusal that does not stand */
  struct openapi *openapi;
  enum code code;
  struct err *err;
};

static void look_clear(struct look *look)
{
  buf_clear(&look->document);
  headers_clear(&look->headers);
  openapi_free(look->openapi);
}
#define AUTO_LOOK __attribute__((cleanup(look_clear)))

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct look *look = user;

  buf_put(&look->document, bytes, len);
  if (look->document.failed == E_LOCAL)
    return err_set(err, E_ANSWER, "the API's description is longer than %d MiB",
                   OUTLINE_TEXT_MAX / 1024 / 1024);
  return buf_check(&look->document, err);
}

static enum code take_answer(struct look *look, const struct call *call)
{
  const struct profile *profile = look->request->selection.profile;
  const struct http_answer *answer = call_answer(call);
  const struct openapi_origin origin = {
      .source = json_text(profile->json, "openapi"),
      .etag = headers_get(&answer->headers, "ETag"),
      .modified = headers_get(&answer->headers, "Last-Modified"),
      .fetched = clock_wall(),
  };
  const struct verdict verdict = {.status = answer->status,
                                  .method = "GET",
                                  .url = call_url(call),
                                  .reason = answer->reason,
                                  .headers = &answer->headers,
                                  .profile = profile->name,
                                  .no_auth = !look->last,
                                  .left_origin = call_left_origin(call),
                                  .conditional = look->kept != NULL,
                                  .now = origin.fetched};
  enum code code = verdict_give(&verdict, look->err);

  if (code == E_OK && answer->status == 304) {
    openapi_renew(look->kept, profile->name, origin.fetched);
    return E_OK;
  }
  return code == E_OK ? openapi_learn(&look->openapi, profile->name, &origin,
                                      buf_text(&look->document),
                                      look->document.len, E_ANSWER, look->err)
                      : code;
}

static void on_done(void *user, struct call *call, enum code code)
{
  struct look *look = user;
  int status = call_answer(call)->status;

  look->code = code;
  if (code != E_OK)
    *look->err = *call_err(call);
  else if (!look->last && (status == 401 || status == 403 || status == 404))
    look->status = status;
  else
    look->code = take_answer(look, call);
}

static enum code add_conditions(struct look *look, struct err *err)
{
  const json_t *head = look->kept != NULL ? openapi_head(look->kept) : NULL;
  const char *etag = json_text(head, "etag");
  const char *modified = json_text(head, "modified");
  enum code code =
      headers_add(&look->headers, "Accept", "application/json, */*;q=0.5", err);

  if (code == E_OK && etag != NULL)
    code = headers_add(&look->headers, "If-None-Match", etag, err);
  else if (code == E_OK && modified != NULL)
    code = headers_add(&look->headers, "If-Modified-Since", modified, err);
  return code;
}

/* session NULL: without a credential. */
static enum code ask(struct look *look, const struct session *session,
                     struct err *err)
{
  const struct request *request = look->request;
  const struct request_options *o = request->options;
  struct sender_options options = {.session = session, .url = look->url};
  const struct call_request call = {
      .method = "GET", .url = look->url, .headers = &look->headers};
  const struct call_sink sink = {
      .body = on_body, .done = on_done, .user = look};
  AUTO(sender) sender = NULL;
  enum code code = ctx_http_options(look->ctx, request->selection.profile,
                                    &options.http, err);

  if (code != E_OK)
    return code;
  options.http.total_timeout_ms = FETCH_MS;
  if (session != NULL) { /* the certificate is a credential too */
    options.http.client_cert = o->cert;
    options.http.client_key = o->key;
  }
  options.http.unix_socket = o->unix_socket;
  buf_truncate(&look->document, 0);
  look->last = session != NULL;
  look->status = 0;
  code = sender_new(&sender, &options, err);
  if (code == E_OK && session != NULL)
    code = sender_authorize(sender, err);
  if (code == E_OK)
    code = sender_send(sender, &call, &sink, err);
  return code == E_OK ? look->code : code;
}

/* Whether the profile's credential may go there. */
static bool is_own(const struct request *request, const struct url *url)
{
  struct err ignored = ERR_INIT;

  return !request->options->no_auth &&
         ctx_check_origin(request->selection.profile, url, &ignored) == E_OK;
}

/* *ret_openapi stays NULL where kept is still good. */
static enum code fetch(struct ctx *ctx, const struct request *request,
                       const struct openapi *kept, struct openapi **ret_openapi,
                       struct err *err)
{
  const struct profile *profile = request->selection.profile;
  AUTO(url) url = NULL;
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  AUTO_LOOK struct look look = {
      .ctx = ctx, .request = request, .kept = kept, .err = err};
  struct session session;
  enum code code = url_parse(&url, json_text(profile->json, "openapi"),
                             URL_PLAIN, E_PROFILE, "openapi", err);

  buf_init(&look.document, OUTLINE_TEXT_MAX);
  headers_init(&look.headers);
  look.url = url;
  if (code == E_OK)
    code = add_conditions(&look, err);
  if (code != E_OK)
    return code;
  redact_url(&shown, url->text);
  log_line(LOG_VERBOSE, "the API's description is asked for at %s",
           buf_text(&shown));
  code = ask(&look, NULL, err);
  if (code == E_OK && look.status != 0 && is_own(request, url)) {
    code = ctx_session(ctx, profile, request->selection.env, &session, err);
    if (code == E_OK)
      code = ask(&look, &session, err);
  } else if (code == E_OK && look.status != 0) {
    code = err_set(err, look.status == 401 ? E_UNAUTHORIZED : E_HTTP_4XX,
                   "GET %s: the answer is %d, and no credential goes there",
                   buf_text(&shown), look.status);
  }
  if (code != E_OK)
    return code;
  *ret_openapi = look.openapi;
  look.openapi = NULL;
  return E_OK;
}

/* --- choosing --------------------------------------------------------------
 */

static bool is_fresh(const struct openapi *kept, enum op_reach reach)
{
  int64_t fetched =
      json_integer_value(json_object_get(openapi_head(kept), "fetched"));
  int64_t age = clock_wall() - fetched;

  return reach == OP_KEPT ||
         (age >= 0 && age < (reach == OP_REFRESH ? JUST_NOW_S : FRESH_S));
}

static enum code of_url(struct ctx *ctx, const struct request *request,
                        const char *source, enum op_reach reach,
                        struct openapi **ret_openapi, struct err *err)
{
  const struct profile *profile = request->selection.profile;
  AUTO(openapi) kept = NULL;
  AUTO(openapi) fresh = NULL;
  struct err failed = ERR_INIT;
  enum code code = openapi_recall(&kept, profile->name, source, &failed);

  if (code == E_NOMEM)
    return err_nomem(err);
  if (kept == NULL && reach == OP_KEPT) {
    code = err_set(err, E_USAGE,
                   "the API's description has not been fetched yet, and "
                   "nothing is sent with --dry-run or --curl");
    err_hint(err, "fob request -p %s --op=   fetches it and lists what it has",
             profile->name);
    return code;
  }
  if (kept == NULL || !is_fresh(kept, reach)) {
    failed = (struct err)ERR_INIT;
    code = fetch(ctx, request, kept, &fresh, &failed);
    if (code != E_OK && (kept == NULL || code == E_SIGNAL)) {
      *err = failed;
      return code;
    }
    if (code != E_OK)
      log_warn("%s; the one of another day is used", failed.message);
  }
  *ret_openapi = fresh != NULL ? fresh : kept;
  if (fresh != NULL)
    fresh = NULL;
  else
    kept = NULL;
  return E_OK;
}

enum code op_index(struct ctx *ctx, const struct request *request,
                   enum op_reach reach, struct openapi **ret_openapi,
                   struct err *err)
{
  const struct profile *profile = request->selection.profile;
  const char *source = json_text(profile->json, "openapi");

  if (source == NULL)
    return no_source(profile, err);
  return *source == '/'
             ? openapi_of_file(ret_openapi, profile->name, source, err)
             : of_url(ctx, request, source, reach, ret_openapi, err);
}
