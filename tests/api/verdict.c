#include "api/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

static const int64_t now = 1700000000;

struct row {
  int status;
  const char *header; /* one line; NULL */
  enum code code;
  const char *says; /* a part of the message */
  const char *hint; /* a part; NULL: none at all */
};

static const struct row rows[] = {
    {200, NULL, E_OK, NULL, NULL},
    {201, NULL, E_OK, NULL, NULL},
    {204, NULL, E_OK, NULL, NULL},
    {299, NULL, E_OK, NULL, NULL},
    {300, NULL, E_REDIRECT, "300 Multiple Choices", NULL},
    {302, NULL, E_REDIRECT, "GET https://h.example/x: the answer is 302 Found",
     NULL},
    {304, NULL, E_REDIRECT, "304", NULL},
    {400, NULL, E_HTTP_4XX, "400 Bad Request", NULL},
    {404, NULL, E_HTTP_4XX, "404 Not Found", NULL},
    {499, NULL, E_HTTP_4XX, "499", NULL},
    {500, NULL, E_HTTP_5XX, "500 Internal", NULL},
    {503, "Retry-After: 5", E_HTTP_5XX, "503", NULL},
    {599, NULL, E_HTTP_5XX, "599", NULL},

    {401, NULL, E_UNAUTHORIZED, "401", "fob login -p acme"},
    {401, "WWW-Authenticate: Bearer error=\"invalid_token\"", E_UNAUTHORIZED,
     "401", "fob login -p acme"},
    {401,
     "WWW-Authenticate: Bearer error=\"insufficient_user_authentication\", "
     "acr_values=\"gold silver\", max_age=\"60\"",
     E_STEP_UP, "acr_values \"gold silver\", at most 60 s old",
     "fob login -p acme --acr-values 'gold silver' --max-age 60s"},
    {403, NULL, E_HTTP_4XX, "403 Forbidden", NULL},
    {403, "WWW-Authenticate: Bearer error=\"invalid_token\"", E_HTTP_4XX, "403",
     NULL},
    {403,
     "WWW-Authenticate: Bearer realm=\"x\", error=\"insufficient_scope\", "
     "scope=\"api:write admin\"",
     E_SCOPE, "\"api:write admin\" is demanded",
     "fob login -p acme --add-scope 'api:write admin'"},
    {403, "WWW-Authenticate: DPoP error=\"insufficient_scope\"", E_SCOPE,
     "scope is not enough", NULL},

    {429, NULL, E_RATE, "429 Too Many Requests", NULL},
    {429, "Retry-After: 30", E_RATE, "(in 30 s)", NULL},
    {429, "Retry-After: Tue, 14 Nov 2023 22:14:20 GMT", E_RATE, "(in 60 s)",
     NULL},
    {429, "Retry-After: soon", E_RATE, "429", NULL},
    {403, "X-RateLimit-Remaining: 0", E_RATE, "403", NULL},
    {403, "RateLimit-Remaining: 0", E_RATE, "403", NULL},
    {403, "Retry-After: 60", E_RATE, "(in 60 s)", NULL},
    {403, "X-RateLimit-Remaining: 10", E_HTTP_4XX, "403", NULL},
    {503, "RateLimit-Remaining: 0", E_RATE, "503", NULL},
    {404, "X-RateLimit-Remaining: 0", E_HTTP_4XX, "404", NULL},
};

Test(verdict, maps_answers_to_codes)
{
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO_HEADERS struct headers headers = {0};
    struct err err = ERR_INIT;

    headers_init(&headers);
    if (rows[i].header != NULL)
      cr_assert_eq(headers_add_line(&headers, rows[i].header, &err), E_OK);
    struct verdict verdict = {.status = rows[i].status,
                              .method = "GET",
                              .url = "https://h.example/x",
                              .headers = &headers,
                              .profile = "acme",
                              .now = now};
    enum code code = verdict_give(&verdict, &err);

    cr_expect_eq(code, rows[i].code, "row %zu: %s", i, err.message);
    cr_expect_eq(verdict_is_ok(&verdict), code == E_OK);
    if (rows[i].says != NULL)
      cr_expect_not_null(strstr(err.message, rows[i].says), "row %zu: %s", i,
                         err.message);
    if (rows[i].hint != NULL)
      cr_expect_str_eq(err.hint, rows[i].hint);
    else
      cr_expect_str_eq(err.hint, "", "row %zu: %s", i, err.hint);
  }
}

static enum code give(struct verdict verdict, struct err *err)
{
  verdict.method = "GET";
  verdict.url = "https://h.example/x";
  return verdict_give(&verdict, err);
}

Test(verdict, takes_304_as_the_answer_to_a_condition)
{
  struct err err = ERR_INIT;

  cr_expect_eq(give((struct verdict){.status = 304, .conditional = true}, &err),
               E_OK);
  cr_expect_eq(give((struct verdict){.status = 302, .conditional = true}, &err),
               E_REDIRECT);
}

Test(verdict, does_not_send_to_login_where_that_would_not_help)
{
  struct err err = ERR_INIT;

  cr_expect_eq(give((struct verdict){.status = 401,
                                     .left_origin = true,
                                     .profile = "acme"},
                    &err),
               E_HTTP_4XX);
  cr_expect_str_eq(err.hint, "");
  err_clear(&err);
  cr_expect_eq(give((struct verdict){.status = 401, .no_auth = true}, &err),
               E_UNAUTHORIZED);
  cr_expect_not_null(strstr(err.hint, "--no-auth"), "%s", err.hint);
  err_clear(&err);
  cr_expect_eq(give((struct verdict){.status = 401,
                                     .credential_is_env = true,
                                     .profile = "acme"},
                    &err),
               E_UNAUTHORIZED);
  cr_expect_null(strstr(err.hint, "fob login"), "%s", err.hint);
}

Test(verdict, shows_what_a_server_says_and_nothing_it_would_do)
{
  AUTO_HEADERS struct headers headers = {0};
  struct err err = ERR_INIT;

  headers_init(&headers);
  cr_assert_eq(
      headers_add(&headers, "Location", "https://e.example/\xc2\x9b", &err),
      E_OK);
  cr_expect_eq(give((struct verdict){.status = 302,
                                     .headers = &headers,
                                     .reason = "Found\xe2\x80\xae"},
                    &err),
               E_REDIRECT);
  cr_expect_not_null(strstr(err.message, "\\u{009b}"), "%s", err.message);
  cr_expect_not_null(strstr(err.message, "\\u{202e}"), "%s", err.message);
}

Test(verdict, reads_ok)
{
  struct verdict_ok ok;
  struct err err = ERR_INIT;
  static const char *const wrong[] = {
      "",    "404,",    ",404",    "200",  "600",         "40",
      "4o4", "404;409", "404 409", "4040", "99999999999", "-404"};

  cr_assert_eq(verdict_parse_ok(&ok, "404,409,503", &err), E_OK);
  cr_expect_eq(give((struct verdict){.status = 404, .ok = &ok}, &err), E_OK);
  cr_expect_eq(give((struct verdict){.status = 503, .ok = &ok}, &err), E_OK);
  cr_expect_eq(give((struct verdict){.status = 405, .ok = &ok}, &err),
               E_HTTP_4XX);
  cr_assert_eq(verdict_parse_ok(&ok, "300,599", &err), E_OK);
  cr_expect_eq(give((struct verdict){.status = 599, .ok = &ok}, &err), E_OK);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    cr_expect_eq(verdict_parse_ok(&ok, wrong[i], &err), E_USAGE, "%s",
                 wrong[i]);
}
