/* Pushed authorization requests (RFC 9126). `par` is "" (no such endpoint),
 * "offered" or "required". What was pushed is what counts at the authorization
 * endpoint: for its client, once, until it expires. */
#include "support/sandbox/sandbox.h"

#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static const char prefix[] = "urn:ietf:params:oauth:request_uri:not-real-";

/* The parameters of the request, without those of the client's
 * authentication. */
static json_t *parameters_of(const struct request *rq)
{
  static const char *const not_asked[] = {"client_secret", "client_assertion",
                                          "client_assertion_type"};
  json_t *params = need(json_copy(rq->form), "memory");

  for (size_t i = 0; i < ARRAY_LEN(not_asked); i++)
    json_object_del(params, not_asked[i]);
  return params;
}

static void keep(struct sandbox *sb, const char *client, json_t *params,
                 struct answer *an)
{
  AUTO_STR char *uri = random_text(prefix, "");
  int64_t lifetime = setting_int(sb, "par_lifetime");
  json_t *answer = need(json_pack("{ss sI}", "request_uri", uri, "expires_in",
                                  (json_int_t)lifetime),
                        "memory");

  must(json_object_set_new(
           sb->pushed, uri,
           json_pack("{ss sO sI sb}", "client", client, "params", params,
                     "expires", (json_int_t)(now() + lifetime), "used", 0)) ==
           0,
       "memory");
  answer_header(an, "Cache-Control", "no-store");
  answer_json(
      an, 201,
      merge_patch(answer, json_object_get(setting_json(sb, "patch"), "par")));
}

void par_endpoint(struct sandbox *sb, const struct request *rq,
                  struct answer *an)
{
  const char *id;

  if (!*setting(sb, "par")) {
    answer_error(an, 404, "not_found", "there is no such endpoint");
    return;
  }
  if (rq->form == NULL || rq->repeated || rq->query[0] != '\0') {
    answer_error(an, 400, "invalid_request", "the form is not as it must be");
    return;
  }
  const json_t *client = client_authenticate(sb, rq, an, &id);
  if (client == NULL)
    return;
  if (!text_is(form(rq, "client_id"), id) || form(rq, "request_uri") != NULL) {
    answer_error(an, 400, "invalid_request",
                 "client_id is due, and request_uri is not (section 2.1)");
    return;
  }

  AUTO_STR char *jkt = NULL;
  if (!dpop_issuer(sb, rq, an, &jkt))
    return;
  AUTO_JSON json_t *params = parameters_of(rq);
  const json_t *signed_params;
  const char *why = signed_request(sb, client, id, params, &signed_params);
  struct request asked = *rq;
  asked.params = signed_params != NULL ? (json_t *)signed_params : params;
  const char *fault = why != NULL ? "invalid_request_object"
                                  : authorize_fault(sb, client, &asked);
  if (jkt != NULL && !text_is(param(&asked, "dpop_jkt"), jkt))
    answer_error(an, 400, "invalid_dpop_proof", "dpop_jkt is another key's");
  else if (fault != NULL)
    answer_error(an, 400, fault, why != NULL ? why : "it cannot be pushed");
  else
    keep(sb, id, asked.params, an);
}

/* What the browser carries by value. */
static const char *resolve_here(struct sandbox *sb, const json_t *client,
                                const char *id, const struct request *rq,
                                struct request *ret_asked)
{
  const json_t *params;
  const char *why;

  if (text_is(setting(sb, "par"), "required"))
    return "Requests have to be pushed.";
  why = signed_request(sb, client, id, rq->params, &params);
  if (params != NULL)
    ret_asked->params = (json_t *)params;
  return why;
}

const char *pushed_resolve(struct sandbox *sb, const json_t *client,
                           const char *id, const struct request *rq,
                           struct request *ret_asked)
{
  const char *uri = param(rq, "request_uri");
  const json_t *entry = uri ? json_object_get(sb->pushed, uri) : NULL;

  *ret_asked = *rq;
  if (uri == NULL)
    return resolve_here(sb, client, id, rq, ret_asked);
  if (json_object_size(rq->params) != 2 || rq->repeated)
    return "Only client_id goes with a request_uri.";
  if (entry == NULL ||
      !text_is(json_string_value(json_object_get(entry, "client")), id))
    return "No such request was pushed.";
  if (json_is_true(json_object_get(entry, "used")) ||
      json_integer_value(json_object_get(entry, "expires")) <= now())
    return "The request has expired.";
  ret_asked->params = json_object_get(entry, "params");
  return NULL;
}

void pushed_used(struct sandbox *sb, const struct request *rq)
{
  const char *uri = param(rq, "request_uri");

  if (uri != NULL)
    json_object_set_new(json_object_get(sb->pushed, uri), "used", json_true());
}
