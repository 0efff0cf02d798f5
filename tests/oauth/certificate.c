#include "oauth/certificate.h"

#include "base/codec.h"
#include "base/mem.h"
#include "oauth/metadata.h"

#include <criterion/criterion.h>
#include <string.h>

#define ISSUER "https://login.acme.example"

static struct profile *profile_of(const char *members)
{
  struct profile *profile = NULL;
  AUTO_STR char *json =
      mem_printf("{\"schema\": 1, \"issuer\": \"" ISSUER "\"%s}", members);
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s: %s", json, err.message);
  return profile;
}

#define CERT ", \"client\": {\"cert\": \"/c.pem\"}"
#define BINDS                                                                  \
  ", \"metadata\": {\"tls_client_certificate_bound_access_tokens\": true}"

static struct secret *jwt_of(const char *claims)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  struct secret *secret = NULL;

  codec_base64url(&text, "{\"alg\":\"ES256\"}", 15);
  buf_putc(&text, '.');
  codec_base64url(&text, claims, strlen(claims));
  buf_puts(&text, ".c2ln");
  cr_assert_eq(E_OK, secret_from_buf(&secret, &text, NULL));
  return secret;
}

Test(certificate, jwt_tells_and_else_the_profile)
{
  static const struct {
    const char *members, *claims; /* NULL: opaque */
    bool binds;
  } rows[] = {
      {"", NULL, false},
      {BINDS, NULL, false},
      {CERT, NULL, false},
      {CERT BINDS, NULL, true},
      {BINDS, "{\"cnf\":{\"x5t#S256\":\"x\"}}", false},
      {CERT, "{\"cnf\":{\"x5t#S256\":\"x\"}}", true},
      {CERT BINDS, "{}", false},
      {CERT BINDS, "{\"cnf\":{\"jkt\":\"x\"}}", false},
      {CERT BINDS, "{\"cnf\":\"x5t#S256\"}", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i].members);
    AUTO(secret) token = rows[i].claims ? jwt_of(rows[i].claims) : NULL;
    bool binds = !rows[i].binds;
    struct err err = ERR_INIT;

    if (!token)
      cr_assert_eq(E_OK, secret_new(&token, "a.b", 3, NULL));
    cr_assert_eq(E_OK, certificate_binds(&binds, profile, token, &err));
    cr_expect_eq(binds, rows[i].binds, "row %zu", i);
  }
}

/* --- where the certificate is shown -----------------------------------------
 */

static enum code endpoint_of(const char *document, const char *members,
                             char **ret_token, char **ret_revocation,
                             struct err *err)
{
  AUTO(profile) profile = profile_of(members);
  AUTO(metadata) metadata = NULL;
  AUTO_STR char *text =
      mem_printf("{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER
                 "/token\",\"revocation_endpoint\":\"" ISSUER "/revoke\"%s}",
                 document);
  enum code code = metadata_read(&metadata, text, strlen(text), ISSUER, true,
                                 ISSUER "/m", err);

  if (code == E_OK)
    code = metadata_override(metadata, profile, err);
  if (code != E_OK)
    return code;
  *ret_token = mem_str(metadata->token_endpoint);
  *ret_revocation = mem_str(metadata->revocation_endpoint);
  return E_OK;
}

#define ALIAS                                                                  \
  ",\"mtls_endpoint_aliases\":{\"token_endpoint\":\"https://mtls.example/t\"}"
#define OWN_ALIAS                                                              \
  ", \"metadata\": {\"token_endpoint\": \"https://own.example/plain\", "       \
  "\"mtls_endpoint_aliases\": {\"token_endpoint\": "                           \
  "\"https://own.example/t\"}}"
#define OWN_ENDPOINT                                                           \
  ", \"metadata\": {\"token_endpoint\": \"https://own.example/plain\"}"

Test(certificate, is_shown_to_the_aliases)
{
  static const struct {
    const char *document, *members, *token;
  } rows[] = {
      {"", CERT, ISSUER "/token"},
      {ALIAS, "", ISSUER "/token"},
      {ALIAS, CERT, "https://mtls.example/t"},
      {ALIAS, CERT OWN_ALIAS, "https://own.example/t"},
      {ALIAS, OWN_ALIAS, "https://own.example/plain"},
      {ALIAS, CERT OWN_ENDPOINT, "https://own.example/plain"},
      {",\"mtls_endpoint_aliases\":null", CERT, ISSUER "/token"},
      {",\"mtls_endpoint_aliases\":{\"jwks_uri\":\"https://x.example/\"}", CERT,
       ISSUER "/token"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *token = NULL;
    AUTO_STR char *revocation = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(E_OK,
                 endpoint_of(rows[i].document, rows[i].members, &token,
                             &revocation, &err),
                 "row %zu: %s", i, err.message);
    cr_expect_str_eq(token, rows[i].token);
    cr_expect_str_eq(revocation, ISSUER "/revoke");
  }
}

Test(certificate, refuses_aliases_that_are_none)
{
  static const struct {
    const char *aliases;
    enum code code;
  } rows[] = {
      {"7", E_ANSWER},
      {"[]", E_ANSWER},
      {"{\"token_endpoint\":7}", E_ANSWER},
      {"{\"token_endpoint\":\"x\"}", E_ANSWER},
      {"{\"token_endpoint\":\"https://127.0.0.1/t\"}", E_CHECK},
      {"{\"token_endpoint\":\"https://169.254.169.254/t\"}", E_CHECK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *document =
        mem_printf(",\"mtls_endpoint_aliases\":%s", rows[i].aliases);
    AUTO_STR char *token = NULL;
    AUTO_STR char *revocation = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(endpoint_of(document, CERT, &token, &revocation, &err),
                 rows[i].code, "%s: %s", rows[i].aliases, err.message);
  }
}
