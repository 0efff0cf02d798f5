/* The grant of RFC 7523 §2.1: the assertion says who asks (iss), and for whom
 * (sub). A client's `jwt_bearer` lists the subjects that it may speak for, ""
 * meaning no sub at all, as Google's service accounts have it. The scope is
 * the assertion's claim, which the parameter may not contradict. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

/* Whoever it says that it is: looked up, then believed only if it verifies. */
static char *claimed_issuer(const char *jwt)
{
  const char *first = jwt != NULL ? strchr(jwt, '.') : NULL;
  const char *last = jwt != NULL ? strrchr(jwt, '.') : NULL;
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_DOCUMENT);

  if (first == NULL || first == last ||
      !codec_unbase64url(&bytes, first + 1, (size_t)(last - first - 1)))
    return NULL;
  json_t *claims =
      json_loadb(buf_text(&bytes), bytes.len, JSON_REJECT_DUPLICATES, NULL);
  const char *issuer = json_text(claims, "iss");
  char *copy = issuer != NULL ? need(mem_str(issuer), "memory") : NULL;
  json_decref(claims);
  return copy;
}

static bool may_speak_for(const json_t *client, const char *subject)
{
  const json_t *subjects = json_object_get(client, "jwt_bearer");
  size_t i;
  json_t *one;

  json_array_foreach(subjects, i, one)
  {
    if (text_is(json_string_value(one), subject != NULL ? subject : ""))
      return true;
  }
  return false;
}

static void give(struct sandbox *sb, const struct request *rq,
                 const json_t *client, const char *id, const json_t *claims,
                 struct answer *an)
{
  const char *subject = json_text(claims, "sub");
  const char *scope = json_text(claims, "scope");
  const char *asked = form(rq, "scope");
  const char *may = json_text(client, "scope");

  if (!may_speak_for(client, subject)) {
    answer_error(an, 400, "invalid_grant", "no authority for this subject");
  } else if ((asked != NULL && !text_is(asked, scope)) ||
             (scope != NULL && !scope_within(scope, may ? may : ""))) {
    answer_error(an, 400, "invalid_scope", "more than this client may ask for");
  } else {
    struct issue is = {.client = id,
                       .scope = scope ? scope : "",
                       .sub = subject,
                       .family = family_new(sb)};
    token_issue(sb, &is, an);
  }
}

void grant_jwt_bearer(struct sandbox *sb, const struct request *rq,
                      struct answer *an)
{
  const char *jwt = form(rq, "assertion");
  AUTO_STR char *issuer = claimed_issuer(jwt);
  const char *id = NULL, *why = "no such client";
  const json_t *client = client_find(sb, issuer, &id);

  if (form(rq, "client_id") != NULL || header(rq, "Authorization") != NULL) {
    client = client_authenticate(sb, rq, an, &id);
    if (client == NULL)
      return;
  }
  AUTO_JSON json_t *claims =
      client != NULL ? assertion_read(sb, jwt, client, id, &why) : NULL;
  if (claims == NULL)
    answer_error(an, 400, "invalid_grant", why);
  else
    give(sb, rq, client, id, claims, an);
}
