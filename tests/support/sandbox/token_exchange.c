/* Token exchange (RFC 8693 §2). The subject is an access token of this server,
 * or an identity that it minted (identity.c). Setting `exchange`: open (no
 * client needs to take part), refresh (a refresh token comes with it),
 * audiences (the targets that may be named). */
#include "support/sandbox/sandbox.h"

#include <string.h>

static const char type_prefix[] = "urn:ietf:params:oauth:token-type:";

static const char *text_of(const json_t *object, const char *name)
{
  return json_string_value(json_object_get(object, name));
}

bool exchange_is_open(const struct sandbox *sb, const struct request *rq)
{
  return json_is_true(json_object_get(setting_json(sb, "exchange"), "open")) &&
         form(rq, "client_id") == NULL && header(rq, "Authorization") == NULL;
}

/* The last word of a token type's URI; NULL when it is none of the RFC's. */
static const char *type_word(const char *type)
{
  if (type == NULL || strncmp(type, type_prefix, strlen(type_prefix)) != 0)
    return NULL;
  return type + strlen(type_prefix);
}

static bool type_fits(const json_t *token, const char *type)
{
  const char *word = type_word(type);
  bool is_access = text_is(text_of(token, "kind"), "access");

  if (word == NULL)
    return false;
  return is_access ? strcmp(word, "access_token") == 0
                   : strcmp(word, "jwt") == 0 || strcmp(word, "id_token") == 0;
}

static bool audience_known(const struct sandbox *sb, const char *audience)
{
  const json_t *known =
      json_object_get(setting_json(sb, "exchange"), "audiences");
  size_t i;
  json_t *item;

  json_array_foreach((json_t *)known, i, item)
  {
    if (text_is(json_string_value(item), audience))
      return true;
  }
  return audience == NULL;
}

static void give(struct sandbox *sb, const struct request *rq,
                 const char *client, const json_t *subject, struct answer *an)
{
  const char *requested = form(rq, "requested_token_type");
  const char *asked = form(rq, "scope");
  const char *had = text_of(subject, "scope");
  struct issue is = {
      .client = client,
      .scope = asked ? asked
               : had ? had
                     : "",
      .sub = text_of(subject, "sub"),
      .family = family_new(sb),
      .refresh = json_is_true(
          json_object_get(setting_json(sb, "exchange"), "refresh")),
      .issued_type = requested
                         ? requested
                         : "urn:ietf:params:oauth:token-type:access_token",
  };
  token_issue(sb, &is, an);
}

void grant_token_exchange(struct sandbox *sb, const struct request *rq,
                          const char *client, struct answer *an)
{
  const char *subject = form(rq, "subject_token");
  const char *requested = form(rq, "requested_token_type");
  json_t *token = token_find(sb, subject);
  bool is_identity = text_is(text_of(token, "kind"), "identity");

  secret_note(sb, "subject token", subject);
  if (subject == NULL || form(rq, "subject_token_type") == NULL) {
    answer_error(an, 400, "invalid_request",
                 "subject_token and subject_token_type are required");
  } else if (requested != NULL && type_word(requested) == NULL) {
    answer_error(an, 400, "invalid_request", "no such requested_token_type");
  } else if (!token_live(sb, token) ||
             text_is(text_of(token, "kind"), "refresh")) {
    answer_error(an, 400, "invalid_request",
                 "the subject token is unknown, expired or of another kind");
  } else if (!type_fits(token, form(rq, "subject_token_type"))) {
    answer_error(an, 400, "invalid_request",
                 "the subject token is not of that type");
  } else if (is_identity && identity_accept(sb, subject) == NULL) {
    answer_error(an, 400, "invalid_request",
                 "the subject token is for somebody else");
  } else if (!audience_known(sb, form(rq, "audience"))) {
    answer_error(an, 400, "invalid_target", "no such audience");
  } else {
    give(sb, rq, client, token, an);
  }
}
