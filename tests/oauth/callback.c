#include "oauth/callback.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define STATE "test-state-0123456789"
#define ISSUER "https://login.acme.example"

static const struct callback_expect honest = {
    .state = STATE, .issuer = ISSUER, .iss_required = true};
static const struct callback_expect plain = {.state = STATE, .issuer = ISSUER};
static const struct callback_expect nameless = {.state = STATE};
static const struct callback_expect tenants = {
    .state = STATE, .issuer = "https://e.example/{tenantid}/v2.0"};

#define ISS "&iss=https%3A%2F%2Flogin.acme.example"

Test(callback, gives_the_code_of_a_good_answer)
{
  static const struct {
    const char *query;
    const struct callback_expect *expect;
    const char *code;
  } rows[] = {
      {"code=abc&state=" STATE ISS, &honest, "abc"},
      {"state=" STATE "&code=abc" ISS, &honest, "abc"},
      {"code=a%2Bb%2Fc%3D&state=" STATE, &plain, "a+b/c="},
      {"code=a+b&state=" STATE, &plain, "a b"},
      {"code=abc&state=" STATE ISS, &plain, "abc"},
      {"code=abc&state=" STATE ISS, &nameless, "abc"},
      {"code=abc&state=" STATE "&session_state=x&authuser=0", &plain, "abc"},
      {"&code=abc&&state=" STATE "&", &plain, "abc"},
      {"code=abc&state=" STATE "&error=", &plain, "abc"},
      {"code=abc&state=" STATE
       "&iss=https://e.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
       &tenants, "abc"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(secret) code = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(callback_read(&code, rows[i].query, rows[i].expect, &err),
                 E_OK, "%s: %s", rows[i].query, err.message);
    cr_expect_str_eq(secret_reveal(code), rows[i].code);
  }
}

Test(callback, refuses_everything_else)
{
  static const struct {
    const char *query;
    const struct callback_expect *expect;
    enum code code;
    const char *message;
  } rows[] = {
      /* state */
      {"code=abc" ISS, &honest, E_CHECK, "no state"},
      {"code=abc&state=" ISS, &honest, E_CHECK, "no state"},
      {"code=abc&state=wrong" ISS, &honest, E_CHECK, "another state"},
      {"code=abc&state=" STATE "0" ISS, &honest, E_CHECK, "another state"},
      {"code=abc&state=test-state-012345678" ISS, &honest, E_CHECK,
       "another state"},
      {"code=abc&state=Test-state-0123456789" ISS, &honest, E_CHECK,
       "another state"},
      {"error=access_denied", &honest, E_CHECK, "no state"},
      /* repetitions */
      {"code=abc&state=" STATE "&state=" STATE ISS, &honest, E_CHECK,
       "'state' more than once"},
      {"code=abc&code=abc&state=" STATE ISS, &honest, E_CHECK,
       "'code' more than once"},
      {"code=abc&state=" STATE ISS ISS, &honest, E_CHECK,
       "'iss' more than once"},
      {"code=abc&state=" STATE "&state=", &plain, E_CHECK, "more than once"},
      {"code=abc&c%6fde=abd&state=" STATE, &plain, E_CHECK, "more than once"},
      /* iss (RFC 9207) */
      {"code=abc&state=" STATE, &honest, E_CHECK, "no iss"},
      {"code=abc&state=" STATE "&iss=", &honest, E_CHECK, "no iss"},
      {"code=abc&state=" STATE "&iss=https://login.acme.example/", &honest,
       E_CHECK, "another issuer"},
      {"code=abc&state=" STATE "&iss=https://login.ACME.example", &plain,
       E_CHECK, "another issuer"},
      {"code=abc&state=" STATE "&iss=https%253A%252F%252Flogin.acme.example",
       &plain, E_CHECK, "another issuer"},
      {"error=access_denied&state=" STATE, &honest, E_CHECK, "no iss"},
      {"error=access_denied&state=" STATE "&iss=https://evil.example", &plain,
       E_CHECK, "another issuer"},
      {"code=abc&state=" STATE "&iss=https://e.example/common/v2.0", &tenants,
       E_CHECK, "another issuer"},
      /* the server's no */
      {"error=access_denied&state=" STATE ISS, &honest, E_OAUTH,
       "login.acme.example says access_denied"},
      {"error=access_denied&error_description=not+today&state=" STATE ISS,
       &honest, E_OAUTH, "access_denied (\"not today\")"},
      {"code=abc&error=access_denied&state=" STATE, &plain, E_OAUTH,
       "access_denied"},
      /* no code, or none */
      {"state=" STATE, &plain, E_ANSWER, "neither a code nor an error"},
      {"code=&state=" STATE, &plain, E_ANSWER, "neither a code nor an error"},
      {"code=a%0Ab&state=" STATE, &plain, E_ANSWER, "a character"},
      {"code=%C3%A4&state=" STATE, &plain, E_ANSWER, "a character"},
      /* not a form */
      {"", &plain, E_CHECK, "no state"},
      {"code=%zz&state=" STATE, &plain, E_CHECK, "not form-encoded"},
      {"code=abc%", &plain, E_CHECK, "not form-encoded"},
      {"code=a%00b&state=" STATE, &plain, E_CHECK, "NUL"},
      {"code=%ff&state=" STATE, &plain, E_CHECK, "not UTF-8"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct secret *code = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(callback_read(&code, rows[i].query, rows[i].expect, &err),
                 rows[i].code, "%s: %s", rows[i].query, err.message);
    cr_expect_null(code, "%s", rows[i].query);
    cr_expect_not_null(strstr(err.message, rows[i].message), "%s: %s",
                       rows[i].query, err.message);
  }
}

Test(callback, shows_the_servers_words_harmlessly)
{
  struct secret *code = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(
      callback_read(&code,
                    "error=a%1B%5B31mb&error_description=x%0D%0A%E2%80%AEy"
                    "&state=" STATE,
                    &plain, &err),
      E_OAUTH);
  for (const char *c = err.message; *c; c++)
    cr_assert((unsigned char)*c >= 0x20, "%s", err.message);
  cr_expect_null(strstr(err.message, "\xe2\x80\xae"));
  cr_expect_not_null(strstr(err.message, "\\x1b[31mb"), "%s", err.message);
  cr_expect_null(strchr(err.oauth_error, '\x1b'));
}

Test(callback, bounds_the_servers_words)
{
  AUTO_STR char *query = mem_zalloc(9000);
  struct secret *code = NULL;
  struct err err = ERR_INIT;
  size_t len = strlen("error=");

  cr_assert_not_null(query);
  memcpy(query, "error=", len);
  memset(query + len, 'e', 4000);
  len += 4000;
  memcpy(query + len, "&state=" STATE "&error_description=",
         strlen("&state=" STATE "&error_description="));
  memset(query + strlen(query), 'd', 4000);
  cr_assert_eq(callback_read(&code, query, &plain, &err), E_OAUTH);
  cr_expect_lt(strlen(err.message), 700);
  cr_expect_lt(strlen(err.oauth_error), sizeof(err.oauth_error));
}

Test(callback, takes_a_pasted_address)
{
  static const char *const lines[] = {
      "http://127.0.0.1:4711/callback?code=abc&state=" STATE,
      "  http://127.0.0.1:4711/callback?code=abc&state=" STATE "  \r\n",
      "http://127.0.0.1/callback?code=abc&state=" STATE "#_=_",
      "?code=abc&state=" STATE,
      "code=abc&state=" STATE "\n",
      "https://app.example/cb?code=abc&state=" STATE " and more",
  };

  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO(secret) code = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(callback_pasted(&code, lines[i], &plain, &err), E_OK, "%s: %s",
                 lines[i], err.message);
    cr_expect_str_eq(secret_reveal(code), "abc");
  }
}

Test(callback, asks_again_for_what_is_no_address_and_ends_for_a_wrong_one)
{
  static const struct {
    const char *line;
    enum code code;
  } rows[] = {
      {"abc", E_USAGE},
      {"https://login.acme.example/", E_USAGE},
      {"https://login.acme.example/?", E_USAGE},
      {"#code=abc&state=" STATE, E_USAGE},
      {"http://127.0.0.1/callback?code=abc&state=other", E_CHECK},
      {"http://127.0.0.1/callback?code=abc", E_CHECK},
      {"http://127.0.0.1/callback?error=access_denied&state=" STATE, E_OAUTH},
      /* the first page's address instead of the last one's */
      {"https://login.acme.example/authorize?client_id=x&state=" STATE,
       E_ANSWER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct secret *code = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(callback_pasted(&code, rows[i].line, &plain, &err),
                 rows[i].code, "%s: %s", rows[i].line, err.message);
    cr_expect_null(code);
  }
}
