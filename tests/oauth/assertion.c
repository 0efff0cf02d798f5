#include "oauth/assertion.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jws.h"
#include "oauth/client_auth.h"
#include "oauth/client_key.h"
#include "support/keys.h"

#include <criterion/criterion.h>
#include <string.h>

static struct profile *profile_of(const char *members)
{
  struct profile *profile = NULL;
  AUTO_STR char *json = mem_printf("{\"schema\": 1%s}", members);
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s: %s", json, err.message);
  return profile;
}

static enum code read_key(struct client_key *key, const struct profile *profile,
                          const char *text, struct err *err)
{
  return client_key_read(key, text, strlen(text), profile, NULL, "the key",
                         E_PROFILE, err);
}

static struct jws *parse(const char *jwt)
{
  struct jws *jws = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, jws_parse(&jws, jwt, "it", &err), "%s", err.message);
  return jws;
}

static json_int_t number(const struct jws *jws, const char *member)
{
  return json_integer_value(json_object_get(jws->payload, member));
}

/* RFC 7523 §3, and what RFC 7523bis makes of its aud. */
Test(assertion, has_the_claims_and_no_other)
{
  const struct assertion what = {
      .issuer = "me", .subject = "me", .audience = "https://as.example"};
  AUTO(profile) profile = profile_of("");
  AUTO_CLIENT_KEY struct client_key key = {0};
  AUTO(secret) one = NULL;
  AUTO(secret) two = NULL;
  struct err err = ERR_INIT;
  int64_t now = clock_wall();

  cr_assert_eq(E_OK, read_key(&key, profile, PEM_P256, &err));
  cr_assert_eq(E_OK, assertion_make(&one, &what, key.sign, NULL, &err));
  cr_assert_eq(E_OK, assertion_make(&two, &what, key.sign, NULL, &err));
  AUTO(jws) a = parse(secret_reveal(one));
  AUTO(jws) b = parse(secret_reveal(two));
  cr_assert_str_eq(json_text(a->header, "typ"), "JWT");
  cr_assert_str_eq(json_text(a->payload, "iss"), "me");
  cr_assert_str_eq(json_text(a->payload, "sub"), "me");
  cr_assert_str_eq(json_text(a->payload, "aud"), "https://as.example");
  cr_assert_eq(json_object_size(a->payload), 6);
  cr_assert(number(a, "iat") >= now && number(a, "iat") <= now + 5);
  cr_assert_eq(number(a, "exp") - number(a, "iat"), ASSERTION_SECONDS);
  cr_assert_geq(strlen(json_text(a->payload, "jti")), 22);
  cr_assert_str_neq(json_text(a->payload, "jti"), json_text(b->payload, "jti"));
}

/* --- the form ---------------------------------------------------------------
 */

Test(assertion, goes_into_the_form_anew_each_time)
{
  AUTO(profile)
  profile =
      profile_of(",\"client\":{\"id\":\"a b\",\"auth\":\"private_key_jwt\"}");
  AUTO_CLIENT_KEY struct client_key key = {0};
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf one = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf two = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, read_key(&key, profile, PEM_P256, &err));
  const struct client client = {
      .profile = profile, .issuer = "https://as.example", .key = key.sign};
  cr_assert_eq(E_OK, client_auth_apply(&client, &headers, &one, &err));
  cr_assert_eq(E_OK, client_auth_apply(&client, &headers, &two, &err));
  cr_assert_eq(headers.count, 0);
  cr_assert_eq(
      buf_text(&one),
      strstr(buf_text(&one),
             "client_id=a+b&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth"
             "%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=ey"));
  cr_assert_str_neq(buf_text(&one), buf_text(&two));
}

/* What the method is when the profile states none. */
Test(assertion, method_is_chosen_by_what_the_client_has)
{
  static const struct {
    const char *members;
    bool secret, key;
    enum profile_client_auth method;
  } rows[] = {
      {"", false, false, CLIENT_NONE},
      {"", true, false, CLIENT_SECRET_BASIC},
      {"", false, true, CLIENT_PRIVATE_KEY_JWT},
      {"", true, true, CLIENT_SECRET_BASIC},
      {",\"client\":{\"cert\":\"/c\"}", false, false, CLIENT_TLS},
      {",\"client\":{\"cert\":\"/c\"}", false, true, CLIENT_PRIVATE_KEY_JWT},
      {",\"client\":{\"cert\":\"/c\"}", true, false, CLIENT_SECRET_BASIC},
      {",\"client\":{\"auth\":\"none\"}", true, true, CLIENT_NONE},
      {",\"grant\":\"jwt_bearer\"", false, true, CLIENT_NONE},
      {",\"grant\":\"jwt_bearer\",\"client\":{\"auth\":\"private_key_jwt\"}",
       false, true, CLIENT_PRIVATE_KEY_JWT},
  };
  AUTO(secret) secret = NULL;

  cr_assert_eq(E_OK, secret_new(&secret, "s", 1, NULL));
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i].members);
    AUTO_CLIENT_KEY struct client_key key = {0};
    struct err err = ERR_INIT;

    cr_assert_eq(E_OK, read_key(&key, profile, PEM_P256, &err));
    const struct client client = {.profile = profile,
                                  .secret = rows[i].secret ? secret : NULL,
                                  .key = rows[i].key ? key.sign : NULL};
    cr_expect_eq(client_auth_method(&client), rows[i].method, "row %zu", i);
  }
}

Test(assertion, audience_is_the_issuer_unless_the_profile_says_else)
{
  static const struct {
    const char *says, *issuer, *audience; /* NULL: refused */
  } rows[] = {
      {"issuer", "https://as.example", "https://as.example"},
      {"issuer", NULL, "https://as.example/token"},
      {"issuer", "https://as.example/{tenantid}/", "https://as.example/token"},
      {"token_endpoint", "https://as.example", "https://as.example/token"},
      {"https://x.example/y", "https://as.example", "https://x.example/y"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *members =
        mem_printf(",\"client\":{\"assertion_audience\":\"%s\"}", rows[i].says);
    AUTO(profile) profile = profile_of(members);
    const struct client client = {.profile = profile,
                                  .issuer = rows[i].issuer,
                                  .token_endpoint = "https://as.example/token"};
    const char *audience = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(E_OK, client_audience(&audience, &client, &err));
    cr_expect_str_eq(audience, rows[i].audience);
  }
}

/* --- key files --------------------------------------------------------------
 */

#define ACCOUNT(key)                                                           \
  "{\"type\":\"service_account\",\"project_id\":\"p\","                        \
  "\"private_key_id\":\"k1\"," key                                             \
  "\"client_email\":\"robot@p.example\",\"client_id\":\"1\","                  \
  "\"token_uri\":\"https://oauth2.example/token\"}"

static char *account(void)
{
  json_t *object = json_loads(ACCOUNT(""), 0, NULL);
  char *dumped, *text;

  cr_assert_eq(
      0, json_object_set_new(object, "private_key", json_string(PEM_RSA)));
  dumped = json_dumps(object, 0);
  text = mem_str(dumped);
  free(dumped);
  json_decref(object);
  return text;
}

Test(assertion, googles_file_is_read_as_it_is)
{
  AUTO(profile) profile = profile_of("");
  AUTO_CLIENT_KEY struct client_key key = {0};
  AUTO_STR char *text = account();
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, read_key(&key, profile, text, &err), "%s", err.message);
  cr_assert_str_eq(key.email, "robot@p.example");
  cr_assert_str_eq(key.token_uri, "https://oauth2.example/token");
  cr_assert_str_eq(sign_key_alg(key.sign), "RS256");
  cr_assert_str_eq(sign_key_id(key.sign), "k1");
}

/* What the store keeps is one line, and the same again. */
Test(assertion, kept_keys_are_found_again)
{
  AUTO(profile) profile = profile_of("");
  AUTO_STR char *text = account();
  const char *const texts[] = {text, PEM_P256, JWK_RSA};

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO_CLIENT_KEY struct client_key key = {0};
    AUTO_CLIENT_KEY struct client_key again = {0};
    AUTO(secret) kept = NULL;
    AUTO_STR char *a = NULL;
    AUTO_STR char *b = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(E_OK, read_key(&key, profile, texts[i], &err));
    cr_assert_eq(E_OK, client_key_write(&key, &kept, &err));
    cr_assert(codec_is_line(secret_reveal(kept)));
    cr_assert_eq(E_OK, client_key_find(&again, profile, kept, &err), "%s",
                 err.message);
    cr_assert_eq(E_OK, sign_key_thumbprint(key.sign, &a, &err));
    cr_assert_eq(E_OK, sign_key_thumbprint(again.sign, &b, &err));
    cr_assert_str_eq(a, b);
    if (key.email == NULL)
      cr_assert_null(again.email);
    else
      cr_assert_str_eq(key.email, again.email);
  }
}

Test(assertion, googles_file_is_refused_when_it_is_not_whole)
{
  static const struct {
    const char *member, *value, *why;
  } rows[] = {
      {"private_key", NULL, "'private_key' is missing"},
      {"private_key", "7", "'private_key' is missing"},
      {"private_key", "\"x\"", "holds no private key"},
      {"client_email", NULL, "'client_email' is missing"},
      {"client_email", "7", "'client_email' is no text"},
      {"client_email", "\"\"", "'client_email' is no text"},
      {"client_email", "\"a\\nb\"", "'client_email' is no text"},
      {"token_uri", NULL, "'token_uri' is missing"},
      {"token_uri", "[]", "'token_uri' is no text"},
  };
  AUTO(profile) profile = profile_of("");
  AUTO_STR char *text = account();

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *object = json_loads(text, 0, NULL);
    AUTO_CLIENT_KEY struct client_key key = {0};
    struct err err = ERR_INIT;
    char *changed;

    if (rows[i].value == NULL)
      cr_assert_eq(0, json_object_del(object, rows[i].member));
    else
      cr_assert_eq(0, json_object_set_new(
                          object, rows[i].member,
                          json_loads(rows[i].value, JSON_DECODE_ANY, NULL)));
    changed = json_dumps(object, 0);
    cr_assert_eq(E_PROFILE, read_key(&key, profile, changed, &err), "%s",
                 rows[i].why);
    cr_expect_not_null(strstr(err.message, rows[i].why), "%s", err.message);
    cr_expect_null(key.sign);
    free(changed);
  }
}

Test(assertion, profile_names_the_key)
{
  AUTO(profile)
  profile =
      profile_of(",\"client\":{\"key_id\":\"mine\",\"key_alg\":\"PS256\"}");
  AUTO_CLIENT_KEY struct client_key key = {0};
  AUTO_STR char *text = account();
  struct err err = ERR_INIT;

  cr_assert_eq(E_OK, read_key(&key, profile, text, &err), "%s", err.message);
  cr_assert_str_eq(sign_key_alg(key.sign), "PS256");
  cr_assert_str_eq(sign_key_id(key.sign), "mine");
}
