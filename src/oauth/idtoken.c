#include "oauth/idtoken.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "crypto/jws.h"

#include <string.h>

#define WHAT "the ID token"
#define TENANT "{tenantid}"

/* Comparing two lists takes the product of their lengths. */
enum { AUDIENCES_MAX = 256 };

static enum code no_claim(struct err *err, const char *claim)
{
  return err_set(err, E_CHECK, WHAT " has no '%s'", claim);
}

static enum code wrong_type(struct err *err, const char *claim,
                            const char *wanted)
{
  return err_set(err, E_CHECK, WHAT "'s '%s' is no %s", claim, wanted);
}

/* A claim that must be there, and text that a message or a record can hold. */
static enum code text_claim(const char **ret_text, const json_t *claims,
                            const char *claim, struct err *err)
{
  const json_t *value = json_object_get(claims, claim);
  const char *text = json_string_value(value);

  if (value == NULL)
    return no_claim(err, claim);
  if (text == NULL)
    return wrong_type(err, claim, "string");
  if (text[0] == '\0')
    return err_set(err, E_CHECK, WHAT "'s '%s' is empty", claim);
  if (!codec_is_line(text))
    return err_set(err, E_CHECK, WHAT "'s '%s' has control characters", claim);

  *ret_text = text;
  return E_OK;
}

/* RFC 7519 lets a NumericDate have a fraction; no server is known to send one,
 * and one that does is refused rather than rounded. */
static enum code time_claim(int64_t *ret_time, const json_t *claims,
                            const char *claim, struct err *err)
{
  const json_t *value = json_object_get(claims, claim);

  if (value == NULL)
    return no_claim(err, claim);
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    return wrong_type(err, claim, "count of seconds");

  *ret_time = json_integer_value(value);
  return E_OK;
}

static bool equal(const char *a, const char *b)
{
  size_t len = strlen(a);

  return len == strlen(b) && crypto_equal(a, b, len);
}

/* 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(const char *text)
{
  static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

  if (strlen(text) != sizeof(form) - 1)
    return false;
  for (size_t i = 0; i < sizeof(form) - 1; i++) {
    bool hex = strchr("0123456789abcdefABCDEF", text[i]) != NULL;

    if (form[i] == 'x' ? !hex : text[i] != '-')
      return false;
  }
  return true;
}

/* Where the issuer's path has one whole segment {tenantid}; NULL otherwise, and
 * then it is compared as it stands. */
static const char *tenant_segment(const char *issuer)
{
  const char *at = strstr(issuer, TENANT);
  const char *host = strstr(issuer, "://");
  const char *behind;

  if (at == NULL || host == NULL || at <= host + 3 || at[-1] != '/')
    return NULL;
  behind = at + strlen(TENANT);
  if ((*behind != '\0' && *behind != '/') || strstr(behind, TENANT) != NULL)
    return NULL;
  return at;
}

/* The issuer that this token must name, exactly. */
static enum code expected_issuer(char **ret_issuer, const json_t *claims,
                                 const char *issuer, struct err *err)
{
  AUTO_BUF struct buf filled = BUF_INIT(BUF_URL);
  const char *segment = tenant_segment(issuer);
  const char *tenant;
  enum code code;

  if (segment == NULL) {
    buf_puts(&filled, issuer);
    return buf_detach(&filled, ret_issuer, NULL, err);
  }

  code = text_claim(&tenant, claims, "tid", err);
  if (code != E_OK)
    return code;
  if (!is_uuid(tenant))
    return wrong_type(err, "tid", "UUID");

  buf_put(&filled, issuer, (size_t)(segment - issuer));
  buf_puts(&filled, tenant);
  buf_puts(&filled, segment + strlen(TENANT));
  return buf_detach(&filled, ret_issuer, NULL, err);
}

static enum code other_value(struct err *err, const char *claim,
                             const char *whose, const char *expected,
                             const char *received)
{
  err_set(err, E_CHECK, WHAT "'s '%s' is not %s", claim, whose);
  err_hint(err, "  expected %s", expected);
  err_hint(err, "  received %s", received);
  return E_CHECK;
}

static enum code check_issuer(char **ret_issuer, const json_t *claims,
                              const char *issuer, struct err *err)
{
  AUTO_STR char *expected = NULL;
  const char *iss;
  enum code code = text_claim(&iss, claims, "iss", err);

  if (code == E_OK)
    code = expected_issuer(&expected, claims, issuer, err);
  if (code != E_OK)
    return code;
  if (strcmp(iss, expected) != 0)
    return other_value(err, "iss", "the issuer's", expected, iss);

  *ret_issuer = expected;
  expected = NULL;
  return E_OK;
}

/* `aud` is a string or an array of them; audience() is NULL for what is none.
 */
static size_t audience_count(const json_t *aud)
{
  return json_is_array(aud) ? json_array_size(aud) : 1;
}

static const char *audience(const json_t *aud, size_t i)
{
  return json_string_value(json_is_array(aud) ? json_array_get(aud, i) : aud);
}

static bool is_audience(const json_t *aud, const char *who)
{
  for (size_t i = 0; i < audience_count(aud); i++) {
    const char *one = audience(aud, i);

    if (one != NULL && strcmp(one, who) == 0)
      return true;
  }
  return false;
}

/* Core §3.1.3.7 (3) to (5). Further audiences are not trusted by themselves,
 * but a token that the issuer says was issued to this client (azp) is ours. */
static enum code check_audience(const json_t *claims, const char *client_id,
                                struct err *err)
{
  const json_t *aud = json_object_get(claims, "aud");
  const char *azp = NULL;
  const char *other = NULL;
  enum code code = E_OK;

  if (aud == NULL)
    return no_claim(err, "aud");
  if (audience_count(aud) > AUDIENCES_MAX)
    return err_set(err, E_CHECK, WHAT "'s 'aud' has more than %d values",
                   AUDIENCES_MAX);
  for (size_t i = 0; i < audience_count(aud); i++) {
    const char *one = audience(aud, i);

    if (one == NULL)
      return wrong_type(err, "aud", "string or array of strings");
    if (strcmp(one, client_id) != 0)
      other = one;
  }
  if (!is_audience(aud, client_id))
    return other_value(err, "aud", "this client", client_id,
                       other != NULL ? other : "an empty list");

  if (json_object_get(claims, "azp") != NULL)
    code = text_claim(&azp, claims, "azp", err);
  if (code != E_OK)
    return code;
  if (azp != NULL && strcmp(azp, client_id) != 0)
    return other_value(err, "azp", "this client", client_id, azp);
  if (azp == NULL && other != NULL)
    return err_set(err, E_CHECK,
                   WHAT "'s 'aud' also names '%s', and no 'azp' says that the "
                        "token was issued to this client",
                   other);
  return E_OK;
}

static enum code clock_wrong(struct err *err)
{
  err_hint(err, "check this machine's clock");
  return err->code;
}

static enum code check_times(const json_t *claims, int64_t now, struct err *err)
{
  static const char *const starts[] = {"iat", "nbf"};
  int64_t exp, start;
  enum code code = time_claim(&exp, claims, "exp", err);

  if (code != E_OK)
    return code;
  if (now - exp >= IDTOKEN_SKEW) {
    err_set(err, E_CHECK, WHAT " is expired: its 'exp' was %lld s ago",
            (long long)(now - exp));
    return clock_wrong(err);
  }

  for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
    bool required = i == 0;

    if (!required && json_object_get(claims, starts[i]) == NULL)
      continue;
    code = time_claim(&start, claims, starts[i], err);
    if (code != E_OK)
      return code;
    if (start - now > IDTOKEN_SKEW) {
      err_set(err, E_CHECK, WHAT " is not valid yet: its '%s' is %lld s ahead",
              starts[i], (long long)(start - now));
      return clock_wrong(err);
    }
  }
  return E_OK;
}

static enum code check_subject(char **ret_sub, const json_t *claims,
                               const char *expected, struct err *err)
{
  const char *sub;
  enum code code = text_claim(&sub, claims, "sub", err);

  if (code != E_OK)
    return code;
  if (strlen(sub) > IDTOKEN_SUB_MAX)
    return err_set(err, E_CHECK, WHAT "'s 'sub' is longer than %d bytes",
                   IDTOKEN_SUB_MAX);
  if (expected != NULL && strcmp(sub, expected) != 0)
    return other_value(err, "sub", "the account of the login", expected, sub);

  *ret_sub = mem_str(sub);
  return *ret_sub != NULL ? E_OK : err_nomem(err);
}

/* The values are not shown: a nonce that is ours may still be used. */
static enum code check_nonce(const json_t *claims, const char *sent,
                             struct err *err)
{
  const char *nonce;
  enum code code;

  if (sent == NULL && json_object_get(claims, "nonce") == NULL)
    return E_OK;
  code = text_claim(&nonce, claims, "nonce", err);
  if (code != E_OK)
    return code;
  if (sent == NULL)
    return err_set(err, E_CHECK, WHAT " has a 'nonce', but none was sent");
  if (!equal(nonce, sent))
    return err_set(err, E_CHECK,
                   WHAT "'s 'nonce' is not the one that was sent");
  return E_OK;
}

static enum code check_access_token(const struct jws *jws, const char *token,
                                    struct err *err)
{
  AUTO_STR char *hash = NULL;
  const char *at_hash;
  enum code code;

  if (token == NULL || json_object_get(jws->payload, "at_hash") == NULL)
    return E_OK;
  code = text_claim(&at_hash, jws->payload, "at_hash", err);
  if (code == E_OK)
    code = jws_half_hash(&hash, jws, token, err);
  if (code != E_OK)
    return code;
  if (!equal(at_hash, hash))
    return err_set(err, E_CHECK,
                   WHAT "'s 'at_hash' is not that of the access token");
  return E_OK;
}

static bool same_audiences(const json_t *a, const json_t *b)
{
  for (size_t i = 0; i < audience_count(a); i++) {
    const char *one = audience(a, i);

    if (one == NULL || !is_audience(b, one))
      return false;
  }
  return true;
}

/* Core §12.2. */
static enum code check_previous(const json_t *claims, const char *previous,
                                struct err *err)
{
  static const char *const same[] = {"iss", "sub"};
  AUTO(jws) old = NULL;
  const json_t *aud, *old_aud;
  const char *nonce, *old_nonce;
  enum code code = jws_parse(&old, previous, "the stored ID token", err);

  if (code != E_OK)
    return code;

  for (size_t i = 0; i < ARRAY_LEN(same); i++) {
    const char *then = json_text(old->payload, same[i]);
    const char *now = json_text(claims, same[i]);

    if (then == NULL || now == NULL || strcmp(then, now) != 0)
      return other_value(err, same[i], "that of the login",
                         then != NULL ? then : "none",
                         now != NULL ? now : "none");
  }

  aud = json_object_get(claims, "aud");
  old_aud = json_object_get(old->payload, "aud");
  if (!same_audiences(aud, old_aud) || !same_audiences(old_aud, aud))
    return err_set(err, E_CHECK, WHAT "'s 'aud' is not that of the login");

  nonce = json_text(claims, "nonce");
  old_nonce = json_text(old->payload, "nonce");
  if (nonce != NULL && old_nonce != NULL && !equal(nonce, old_nonce))
    return err_set(err, E_CHECK, WHAT "'s 'nonce' is not that of the login");
  return E_OK;
}

static enum code check_claims(struct idtoken *token, const struct jws *jws,
                              const struct idtoken_check *check,
                              struct err *err)
{
  const json_t *claims = jws->payload;
  enum code code = check_issuer(&token->issuer, claims, check->issuer, err);

  if (code == E_OK)
    code = check_audience(claims, check->client_id, err);
  if (code == E_OK)
    code = check_times(claims, check->now, err);
  if (code == E_OK)
    code = check_subject(&token->sub, claims, check->sub, err);
  if (code == E_OK && !check->refreshed)
    code = check_nonce(claims, check->nonce, err);
  if (code == E_OK && check->refreshed && check->previous != NULL)
    code = check_previous(claims, check->previous, err);
  if (code == E_OK)
    code = check_access_token(jws, check->access_token, err);
  return code;
}

enum code idtoken_verify(struct idtoken **ret_token, const char *compact,
                         const struct idtoken_check *check, struct err *err)
{
  AUTO(jws) jws = NULL;
  AUTO(idtoken) token = mem_zalloc(sizeof(*token));
  enum code code;

  if (token == NULL)
    return err_nomem(err);

  code = jws_parse(&jws, compact, WHAT, err);
  if (code == E_OK)
    code = check_claims(token, jws, check, err);
  if (code == E_OK)
    code = issued_verify(jws, WHAT, check->keys, check->user, err);
  if (code != E_OK)
    return code;

  token->claims = json_incref(jws->payload);
  *ret_token = token;
  token = NULL;
  return E_OK;
}

void idtoken_free(struct idtoken *token)
{
  if (token == NULL)
    return;

  mem_free(token->issuer);
  mem_free(token->sub);
  json_decref(token->claims);
  mem_free(token);
}
