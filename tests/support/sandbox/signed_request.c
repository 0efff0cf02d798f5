/* Signed authorization requests (RFC 9101). `jar` is "" (taken, not demanded)
 * or "required". What the client signed is what counts; beside it goes
 * client_id and no more. */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static bool has_type(const char *jwt)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_DOCUMENT);

  if (!codec_unbase64url(&bytes, jwt, strcspn(jwt, ".")))
    return false;
  AUTO_JSON json_t *header = json_loadb(buf_text(&bytes), bytes.len, 0, NULL);
  return text_is(json_text(header, "typ"), "oauth-authz-req+jwt");
}

/* A claim as the parameter that it stands for. */
static json_t *as_parameter(const char *name, json_t *value)
{
  bool list = strcmp(name, "resource") == 0 || strcmp(name, "audience") == 0;

  if (json_is_string(value) || (list && json_is_array(value)))
    return json_incref(value);
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;
  must(json_write(&text, value, 0, &err) == E_OK, "writing JSON");
  return json_string(buf_text(&text));
}

static json_t *parameters_of(json_t *claims)
{
  static const char *const frame[] = {"iss", "aud", "exp", "nbf", "iat", "jti"};
  json_t *params = need(json_object(), "memory");
  const char *name;
  json_t *value;

  for (size_t i = 0; i < ARRAY_LEN(frame); i++)
    json_object_del(claims, frame[i]);
  json_object_foreach(claims, name, value)
      must(json_object_set_new(params, name, as_parameter(name, value)) == 0,
           "memory");
  return params;
}

/* JSON where the parameter is JSON by its nature. */
static bool is_typed(const json_t *claims)
{
  const json_t *max_age = json_object_get(claims, "max_age");
  const json_t *details = json_object_get(claims, "authorization_details");

  return (max_age == NULL || json_is_integer(max_age)) &&
         (details == NULL || json_is_array(details));
}

const char *signed_request(struct sandbox *sb, const json_t *client,
                           const char *id, const json_t *params,
                           const json_t **ret_params)
{
  const char *jwt = json_text(params, "request");
  const char *why;

  *ret_params = jwt != NULL ? json_object_get(sb->objects, jwt) : NULL;
  if (*ret_params != NULL) /* a page's second request */
    return NULL;
  if (jwt == NULL)
    return text_is(setting(sb, "jar"), "required")
               ? "the request has to be signed"
               : NULL;
  if (json_object_size(params) != 2)
    return "only client_id goes with a signed request";
  if (!has_type(jwt))
    return "its typ is not oauth-authz-req+jwt";
  AUTO_JSON json_t *claims = assertion_read(sb, jwt, client, id, &why);
  if (claims == NULL)
    return why != NULL ? why : "its signature is not by this client";
  if (!text_is(json_text(claims, "client_id"), id) ||
      json_object_get(claims, "request") != NULL ||
      json_object_get(claims, "request_uri") != NULL ||
      json_object_get(claims, "sub") != NULL || !is_typed(claims) ||
      json_integer_value(json_object_get(claims, "nbf")) > now())
    return "its claims are not as they must be (section 4)";
  must(json_object_set_new(sb->objects, jwt, parameters_of(claims)) == 0,
       "memory");
  *ret_params = json_object_get(sb->objects, jwt);
  return NULL;
}
