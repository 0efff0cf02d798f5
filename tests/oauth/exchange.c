/* Token exchange: what is sent, and what the answer is held against. */
#include "oauth/exchange.h"

#include "base/codec.h"
#include "base/mem.h"
#include "oauth/form.h"
#include "oauth/token.h"

#include <criterion/criterion.h>
#include <string.h>

#define ACCESS "test-access-token-not-real"
#define JWT_TYPE "urn:ietf:params:oauth:token-type:jwt"

static struct profile *profile_of(const char *members)
{
  AUTO_STR char *json = mem_printf("{'schema': 1%s}", members);
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  for (char *c = json; *c; c++)
    if (*c == '\'')
      *c = '"';
  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

/* A token with these texts as its header and claims. */
static struct secret *token_of(const char *header, const char *claims)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  struct secret *token = NULL;

  if (header) {
    codec_base64url(&text, header, strlen(header));
    buf_putc(&text, '.');
    codec_base64url(&text, claims, strlen(claims));
    buf_puts(&text, ".c2lnbmF0dXJl");
  } else {
    buf_puts(&text, claims);
  }
  cr_assert_eq(secret_from_buf(&token, &text, NULL), E_OK);
  return token;
}

Test(exchange, names_the_type_of_its_subject)
{
  static const struct {
    const char *header, *claims, *type;
  } rows[] = {
      {NULL, "test-opaque-not-real", EXCHANGE_ACCESS_TOKEN},
      {NULL, "a.b.c", EXCHANGE_ACCESS_TOKEN},
      {NULL, "e30.e30", EXCHANGE_ACCESS_TOKEN},
      {"{}", "[]", EXCHANGE_ACCESS_TOKEN},
      {"{}", "{}", EXCHANGE_JWT},
      {"{\"typ\":\"JWT\"}", "{\"sub\":\"x\"}", EXCHANGE_JWT},
      {"{\"typ\":\"at+jwt\"}", "{\"nonce\":\"x\"}", EXCHANGE_ACCESS_TOKEN},
      {"{\"typ\":\"application/AT+JWT\"}", "{}", EXCHANGE_ACCESS_TOKEN},
      {"{\"typ\":1}", "{\"nonce\":\"x\"}", EXCHANGE_ID_TOKEN},
      {"{\"alg\":\"none\"}", "{\"at_hash\":\"x\"}", EXCHANGE_ID_TOKEN},
  };
  AUTO(profile) plain = profile_of("");
  AUTO(profile)
  stated =
      profile_of(", 'params': {'token': {'subject_token_type': 'urn:x:saml'}}");

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(secret) token = token_of(rows[i].header, rows[i].claims);

    const char *type = NULL;

    cr_expect_eq(exchange_type(&type, plain, token, NULL), E_OK);
    cr_expect_str_eq(type, rows[i].type, "%zu", i);
    cr_expect_eq(exchange_type(&type, stated, token, NULL), E_OK);
    cr_expect_str_eq(type, "urn:x:saml");
  }
}

static void expect_form(const char *members, const struct exchange *exchange,
                        const char *want)
{
  AUTO(profile) profile = profile_of(members);
  AUTO_BUF struct buf form = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;

  cr_assert_eq(exchange_form(&form, profile, exchange, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(buf_text(&form), want);
}

#define GRANT                                                                  \
  "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"       \
  "&subject_token=test-not-real"
#define TYPE(name) "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3A" name

Test(exchange, sends_each_parameter_once)
{
  char *uris[] = {(char *)"https://a.example/", (char *)"https://b.example/"};
  char *names[] = {(char *)"aud"};
  const struct text_list resource = {.items = uris, .count = 2};
  const struct text_list audience = {.items = names, .count = 1};
  AUTO(secret) subject = token_of(NULL, "test-not-real");

  expect_form(
      "", &(struct exchange){.subject = subject},
      GRANT "&subject_token_type=" TYPE(
          "access_token") "&requested_token_type=" TYPE("access_token"));
  expect_form(
      ", 'params': {'token': {'requested_token_type': '" JWT_TYPE "', "
      "'subject_token_type': '" EXCHANGE_ID_TOKEN "', 'x': 'y'}}",
      &(struct exchange){.subject = subject,
                         .scope = "a b",
                         .resource = &resource,
                         .audience = &audience},
      GRANT
      "&subject_token_type=" TYPE("id_token") "&requested_token_type=" TYPE(
          "jwt") "&scope=a+b"
                 "&resource=https%3A%2F%2Fa.example%2F"
                 "&resource=https%3A%2F%2Fb.example%2F&audience=aud&x=y");
  expect_form(
      ", 'token_request': {'omit': ['requested_token_type']}",
      &(struct exchange){.subject = subject, .subject_type = EXCHANGE_JWT},
      GRANT "&subject_token_type=" TYPE("jwt"));
}

/* --- the answer -------------------------------------------------------- */

static enum code read_answer(const char *requested, const char *members,
                             struct err *err)
{
  AUTO(profile) profile = profile_of("");
  AUTO_TOKEN_ANSWER struct token_answer answer = {
      .requested_type = requested, .status = 200, .issued_at = 1700000000};
  AUTO_STR char *body =
      mem_printf("{\"access_token\":\"" ACCESS "\"%s}", members);
  enum code code =
      token_answer_read(&answer, profile, "login.acme.example",
                        "application/json", body, strlen(body), err);

  cr_expect_eq(code == E_OK, answer.token_type != NULL);
  return code;
}

Test(exchange, holds_the_answer_against_what_was_asked)
{
#define ISSUED(value) ",\"issued_token_type\":" value
#define BEARER ",\"token_type\":\"Bearer\""
#define N_A ",\"token_type\":\"N_A\""
#define Q(text) "\"" text "\""
  static const struct {
    const char *requested, *members;
    enum code code;
  } rows[] = {
      {EXCHANGE_ACCESS_TOKEN, ISSUED(Q(EXCHANGE_ACCESS_TOKEN)) BEARER, E_OK},
      {JWT_TYPE, ISSUED(Q(JWT_TYPE)) BEARER, E_OK},
      {JWT_TYPE, ISSUED(Q(JWT_TYPE)) N_A, E_OK},
      {JWT_TYPE, ISSUED(Q(JWT_TYPE)) ",\"token_type\":\"n_a\"", E_ANSWER},
      {JWT_TYPE, ISSUED(Q(JWT_TYPE)), E_ANSWER},
      {JWT_TYPE, ISSUED(Q(JWT_TYPE)) ",\"token_type\":\"DPoP\"", E_CHECK},
      {EXCHANGE_ACCESS_TOKEN, ISSUED(Q(EXCHANGE_ACCESS_TOKEN)) N_A, E_ANSWER},
      {EXCHANGE_ACCESS_TOKEN, BEARER, E_ANSWER},
      {EXCHANGE_ACCESS_TOKEN, ISSUED("null") BEARER, E_ANSWER},
      {EXCHANGE_ACCESS_TOKEN, ISSUED("1") BEARER, E_ANSWER},
      {EXCHANGE_ACCESS_TOKEN, ISSUED("[]") BEARER, E_ANSWER},
      {EXCHANGE_ACCESS_TOKEN, ISSUED(Q("")) BEARER, E_LESS},
      {EXCHANGE_ACCESS_TOKEN, ISSUED(Q(JWT_TYPE)) BEARER, E_LESS},
      {EXCHANGE_ACCESS_TOKEN, ISSUED(Q(EXCHANGE_ACCESS_TOKEN " ")) BEARER,
       E_LESS},
      {EXCHANGE_ACCESS_TOKEN, ISSUED(Q("a\\u001b[2Jb")) BEARER, E_LESS},
      {EXCHANGE_ACCESS_TOKEN,
       ISSUED(Q(EXCHANGE_ACCESS_TOKEN)) ISSUED(Q(EXCHANGE_ACCESS_TOKEN)) BEARER,
       E_ANSWER},
      /* no other grant has anything of this */
      {NULL, BEARER, E_OK},
      {NULL, ISSUED(Q(JWT_TYPE)) N_A, E_ANSWER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;

    cr_expect_eq(read_answer(rows[i].requested, rows[i].members, &err),
                 rows[i].code, "%zu %s", i, err.message);
    cr_expect_null(strpbrk(err.message, "\n\x1b"));
    cr_expect_null(strstr(err.message, "not-real"));
  }
}
