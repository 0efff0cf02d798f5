#include "oauth/jarm.h"

#include "base/codec.h"
#include "base/json.h"
#include "oauth/idtoken.h"
#include "oauth/issuer.h"

#include <string.h>

#define WHAT "the signed answer from the browser"

/* --- whether ----------------------------------------------------------- */

static const char modes[] = "response_modes_supported";

/* For a code, `jwt` is `query.jwt` (JARM §2.3.4); some servers know the short
 * name alone. */
static const char *offered_mode(const struct metadata *metadata)
{
  if (!metadata_states(metadata, modes) ||
      metadata_lists(metadata, modes, "query.jwt"))
    return "query.jwt";
  return metadata_lists(metadata, modes, "jwt") ? "jwt" : NULL;
}

static bool is_wanted(const struct profile *profile,
                      const struct metadata *metadata)
{
  const char *said = profile->login.response_mode;

  if (said && strcmp(said, "auto") != 0)
    return strcmp(said, "jwt") == 0;
  return metadata_states(metadata, modes) &&
         !metadata_lists(metadata, modes, "query") &&
         offered_mode(metadata) != NULL;
}

enum code jarm_mode(const char **ret_mode, const struct profile *profile,
                    const struct metadata *metadata, struct err *err)
{
  *ret_mode = NULL;
  if (!is_wanted(profile, metadata))
    return E_OK;
  if (!metadata->issuer || !metadata->jwks_uri)
    return err_set(err, E_PROFILE,
                   "profile '%s' wants signed answers from the browser, and "
                   "nothing says which issuer and keys to check them with",
                   profile->name);
  if (!offered_mode(metadata))
    return err_set(err, E_ANSWER,
                   "'%s' does not sign what the browser brings "
                   "(response_mode jwt), which the profile demands",
                   metadata->issuer);
  *ret_mode = offered_mode(metadata);
  return E_OK;
}

/* --- the claims -------------------------------------------------------- */

static enum code check_alg(const struct jws *jws, const json_t *algs,
                           struct err *err)
{
  size_t i;
  const json_t *alg;

  if (!json_is_array(algs))
    return E_OK;
  json_array_foreach(algs, i, alg)
  {
    if (json_is_string(alg) &&
        strcmp(json_string_value(alg), jws_alg(jws)) == 0)
      return E_OK;
  }
  return err_set(err, E_CHECK,
                 WHAT " is signed with %s, which the server does not list",
                 jws_alg(jws));
}

static enum code check_issuer(const json_t *claims, const char *issuer,
                              struct err *err)
{
  const char *found = json_text(claims, "iss");

  if (!found)
    return err_set(err, E_CHECK, WHAT " has no 'iss'");
  if (issuer_fills(issuer, found))
    return E_OK;
  (void)err_set(err, E_CHECK, WHAT " comes from another issuer");
  err_hint(err, "asked     %s", issuer);
  err_hint(err, "answered  %s", found);
  return E_CHECK;
}

static bool is_client(const json_t *value, const char *client_id)
{
  return json_is_string(value) &&
         strcmp(json_string_value(value), client_id) == 0;
}

/* A text, or a list of that one text. */
static enum code check_audience(const json_t *claims, const char *client_id,
                                struct err *err)
{
  const json_t *aud = json_object_get(claims, "aud");

  if (json_is_array(aud) && json_array_size(aud) == 1)
    aud = json_array_get(aud, 0);
  if (!aud)
    return err_set(err, E_CHECK, WHAT " has no 'aud'");
  if (!is_client(aud, client_id))
    return err_set(err, E_CHECK, WHAT "'s 'aud' is not this client alone");
  return E_OK;
}

static enum code check_expiry(const json_t *claims, int64_t now,
                              struct err *err)
{
  const json_t *exp = json_object_get(claims, "exp");

  if (!exp)
    return err_set(err, E_CHECK, WHAT " has no 'exp'");
  if (!json_is_integer(exp) || json_integer_value(exp) < 0)
    return err_set(err, E_CHECK, WHAT "'s 'exp' is no count of seconds");
  if (now - json_integer_value(exp) < IDTOKEN_SKEW)
    return E_OK;
  (void)err_set(err, E_CHECK, WHAT " is expired: its 'exp' was %lld s ago",
                (long long)(now - json_integer_value(exp)));
  err_hint(err, "check this machine's clock");
  return E_CHECK;
}

enum code jarm_open(struct jws **ret_jws, const char *compact,
                    const struct jarm_check *check, struct err *err)
{
  AUTO(jws) jws = NULL;
  enum code code = jws_parse(&jws, compact, WHAT, err);

  if (code == E_OK)
    code = check_alg(jws, check->algs, err);
  if (code == E_OK)
    code = check_issuer(jws->payload, check->issuer, err);
  if (code == E_OK)
    code = check_audience(jws->payload, check->client_id, err);
  if (code == E_OK)
    code = check_expiry(jws->payload, check->now, err);
  if (code != E_OK)
    return code;
  *ret_jws = jws;
  jws = NULL;
  return E_OK;
}

enum code jarm_verify(const struct jws *jws, const struct jarm_check *check,
                      struct err *err)
{
  return issued_verify(jws, WHAT, check->keys, check->user, err);
}
