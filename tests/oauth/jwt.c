#include "oauth/jwt.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static struct secret *secret_of(const char *text, size_t len)
{
  struct secret *secret = NULL;

  cr_assert_eq(secret_new(&secret, text, len, NULL), E_OK);
  return secret;
}

static struct secret *with_claims(const char *claims)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);

  buf_puts(&text, "e30.");
  codec_base64url(&text, claims, strlen(claims));
  buf_puts(&text, ".c2ln");
  return secret_of(buf_text(&text), text.len);
}

Test(jwt, is_read_without_being_believed)
{
  AUTO(secret) token = with_claims("{\"sub\":\"x\",\"aud\":\"a\"}");
  AUTO_JWT struct jwt jwt = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(jwt_read(&jwt, token, E_ANSWER, "the token", &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(json_string_value(json_object_get(jwt.claims, "sub")), "x");
}

Test(jwt, is_three_parts_of_strict_base64url_and_json)
{
#define TEXT(text) text, sizeof(text) - 1
  static const struct {
    const char *text;
    size_t len;
  } rows[] = {
      {TEXT("x")},
      {TEXT("e30.e30")},
      {TEXT("e30.e30.")}, /* unsigned: an empty signature is read */
      {TEXT("e30.e30.e30.e30.e30")},
      {TEXT("e30=.e30.e30")},
      {TEXT("e30 .e30.e30")},
      {TEXT(".e30.e30")},
      {TEXT("e30..e30")},
      {TEXT("W10.e30.e30")},
      {TEXT("e30.W10.e30")},
      {TEXT("eyJhIjoxLCJhIjoyfQ.e30.e30")}, /* a doubled member */
      {TEXT("e30.eA.e30")},
      {TEXT("e30.e30.e30\0x")},
      {TEXT("e30.e30.+/==")},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(secret) token = secret_of(rows[i].text, rows[i].len);
    AUTO_JWT struct jwt jwt = {0};
    struct err err = ERR_INIT;
    bool empty_signature = i == 2;

    cr_expect_eq(jwt_read(&jwt, token, E_ANSWER, "the token", &err),
                 empty_signature ? E_OK : E_ANSWER, "%zu", i);
    cr_expect_null(strstr(err.message, "e30"), "%s", err.message);
  }
}

Test(jwt, is_for_an_audience_alone_or_not_for_it)
{
  static const struct {
    const char *claims;
    bool good;
    const char *shown;
  } rows[] = {
      {"{\"aud\":\"https://a.example\"}", true, "'https://a.example'"},
      {"{\"aud\":[\"https://a.example\"]}", true, "'https://a.example'"},
      {"{\"aud\":[\"https://a.example\",\"b\"]}", false,
       "'https://a.example', 'b'"},
      {"{\"aud\":[\"https://a.example\",\"https://a.example\"]}", false,
       "'https://a.example', 'https://a.example'"},
      {"{\"aud\":\"https://a.example/\"}", false, "'https://a.example/'"},
      {"{\"aud\":\"HTTPS://a.example\"}", false, "'HTTPS://a.example'"},
      {"{\"aud\":\"\"}", false, "''"},
      {"{\"aud\":[]}", false, "nobody"},
      {"{\"aud\":[[\"https://a.example\"]]}", false, "''"},
      {"{\"aud\":{\"a\":1}}", false, "''"},
      {"{\"aud\":null}", false, "''"},
      {"{\"aud\":1}", false, "''"},
      {"{}", false, "nobody"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(secret) token = with_claims(rows[i].claims);
    AUTO_STR char *shown = NULL;
    AUTO_JWT struct jwt jwt = {0};

    cr_assert_eq(jwt_read(&jwt, token, E_ANSWER, "the token", NULL), E_OK);
    cr_expect_eq(jwt_is_for(&jwt, "https://a.example"), rows[i].good, "%s",
                 rows[i].claims);
    cr_assert_eq(jwt_audience(&shown, &jwt, NULL), E_OK);
    cr_expect_str_eq(shown, rows[i].shown);
  }
}
