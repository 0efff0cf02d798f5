#include "oauth/request_object.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "crypto/crypto.h"
#include "oauth/form.h"
#include "oauth/idtoken.h"

#include <string.h>

enum { JTI_BYTES = 16 };

static const char required[] = "require_signed_request_object";
static const char algs[] = "request_object_signing_alg_values_supported";

/* --- whether ----------------------------------------------------------- */

static enum code check_key(const struct client *client,
                           const struct metadata *metadata, struct err *err)
{
  const char *name = client->profile->name;

  if (!client->issuer)
    return err_set(err, E_PROFILE,
                   "profile '%s' wants a signed request, and names no issuer "
                   "whom it is for",
                   name);
  if (!client->key) {
    (void)err_set(err, E_PROFILE,
                  "the authorization request of '%s' has to be signed, and the "
                  "client has no key",
                  name);
    err_hint(err, "fob login -p %s --signing-key FILE", name);
    return E_PROFILE;
  }
  if (!metadata_states(metadata, algs) ||
      metadata_lists(metadata, algs, sign_key_alg(client->key)))
    return E_OK;
  return err_set(err, E_PROFILE,
                 "the key of '%s' signs with %s, which '%s' does not list for "
                 "requests",
                 name, sign_key_alg(client->key), client->issuer);
}

enum code request_object_wanted(bool *ret_wanted, const struct client *client,
                                const struct metadata *metadata,
                                struct err *err)
{
  const char *said = client->profile->login.request_object;
  bool must = json_is_true(json_object_get(metadata->json, required));

  if (said && strcmp(said, "off") == 0 && must) {
    (void)err_set(err, E_PROFILE,
                  "'%s' takes signed authorization requests alone, and profile "
                  "'%s' says  login.request_object off",
                  client->issuer ? client->issuer : "the server",
                  client->profile->name);
    err_hint(err, "fob profile set %s login.request_object auto",
             client->profile->name);
    return E_PROFILE;
  }
  *ret_wanted = must || (said && strcmp(said, "required") == 0);
  return *ret_wanted ? check_key(client, metadata, err) : E_OK;
}

/* --- the claims -------------------------------------------------------- */

/* Parameters that are JSON in a form's clothing: OpenID Connect Core §6.1 for
 * max_age and claims, RFC 9396 §2. */
static enum code as_json(json_t **ret_value, const char *name, const char *text,
                         struct err *err)
{
  uint64_t number;

  if (strcmp(name, "max_age") == 0) {
    if (!num_parse(text, INT32_MAX, &number))
      return err_set(err, E_PROFILE, "max_age is no number of seconds");
    *ret_value = json_integer((json_int_t)number);
    return *ret_value ? E_OK : err_nomem(err);
  }
  return json_read_any(ret_value, text, strlen(text), JSON_DEPTH, E_PROFILE,
                       name, err);
}

static enum code take_json(json_t *claims, struct err *err)
{
  static const char *const names[] = {"max_age", "claims",
                                      "authorization_details"};

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    const char *text = json_text(claims, names[i]);
    AUTO_JSON json_t *value = NULL;
    enum code code;

    if (!text)
      continue;
    code = as_json(&value, names[i], text, err);
    if (code != E_OK)
      return code;
    if (json_object_set(claims, names[i], value) != 0)
      return err_nomem(err);
  }
  return E_OK;
}

/* nbf lies back by as much as two clocks may differ, so that a server whose
 * clock is behind takes the request all the same. */
static enum code put_frame(json_t *claims, const struct client *client,
                           struct err *err)
{
  int64_t now = clock_wall();
  AUTO_STR char *jti = NULL;
  enum code code = crypto_random_text(&jti, JTI_BYTES, err);

  if (code == E_OK)
    code = json_put_text(claims, "iss", client->profile->client.id, err);
  if (code == E_OK)
    code = json_put_text(claims, "aud", client->issuer, err);
  if (code == E_OK)
    code = json_put_text(claims, "jti", jti, err);
  if (code == E_OK)
    code = json_put_int(claims, "iat", now, err);
  if (code == E_OK)
    code = json_put_int(claims, "nbf", now - IDTOKEN_SKEW, err);
  if (code == E_OK)
    code = json_put_int(claims, "exp", now + REQUEST_OBJECT_SECONDS, err);
  return code;
}

enum code request_object_make(struct secret **ret_jwt,
                              const struct client *client,
                              const struct buf *form, struct err *err)
{
  AUTO_JSON json_t *header =
      json_pack("{s:s}", "typ", "oauth-authz-req+jwt"); /* §10.8 */
  AUTO_JSON json_t *claims = NULL;
  enum code code;

  if (!header)
    return err_nomem(err);
  code = form_read(&claims, buf_text(form), form->len, FORM_LISTS, E_PROFILE,
                   "the authorization request", err);
  if (code == E_OK)
    code = take_json(claims, err);
  if (code == E_OK)
    code = put_frame(claims, client, err);
  return code == E_OK ? sign_jws(client->key, header, claims, ret_jwt, err)
                      : code;
}
