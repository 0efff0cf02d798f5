#include "api/step_up.h"

#include <criterion/criterion.h>
#include <string.h>

#define LOGIN "Bearer error=\"insufficient_user_authentication\""
#define SCOPE "Bearer error=\"insufficient_scope\""

static const struct {
  int status;
  const char *challenge; /* NULL: none */
  enum step_up_kind kind;
  const char *options;
} rows[] = {
    {401, NULL, STEP_UP_NONE, ""},
    {401, "Bearer", STEP_UP_NONE, ""},
    {401, "Bearer error=\"invalid_token\", acr_values=\"gold\"", STEP_UP_NONE,
     ""},
    {401, LOGIN, STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"gold\"", STEP_UP_LOGIN, " --acr-values gold"},
    {401, LOGIN ", acr_values=\"a b\", max_age=\"60\", scope=\"s t\"",
     STEP_UP_LOGIN, " --acr-values 'a b' --max-age 60s --add-scope 's t'"},
    {401, LOGIN ", max_age=0", STEP_UP_LOGIN, " --max-age 0s"},
    {401, "DPoP error=\"insufficient_user_authentication\", max_age=5",
     STEP_UP_LOGIN, " --max-age 5s"},
    {401,
     "Bearer error=\"invalid_token\", DPoP error="
     "\"insufficient_user_authentication\", max_age=5",
     STEP_UP_LOGIN, " --max-age 5s"},
    /* not what the RFCs say: as if it were not there */
    {401, LOGIN ", max_age=\"-1\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", max_age=\"1e3\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", max_age=\"99999999999999999999\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\" a\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"a \"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"a  b\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"a\\\"b\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"a\\\\b\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"\xc3\xa4\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"--all\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"a --all\"", STEP_UP_LOGIN, ""},
    {401, LOGIN ", acr_values=\"$(id)\"", STEP_UP_LOGIN,
     " --acr-values '$(id)'"},
    {403, LOGIN ", acr_values=\"gold\"", STEP_UP_NONE, ""},
    {403, NULL, STEP_UP_NONE, ""},
    {403, SCOPE, STEP_UP_SCOPE, ""},
    {403, SCOPE ", scope=\"a:b c\"", STEP_UP_SCOPE, " --add-scope 'a:b c'"},
    {401, SCOPE ", scope=\"a\"", STEP_UP_SCOPE, " --add-scope a"},
    {403, SCOPE ", scope=\"a\", acr_values=\"gold\", max_age=1", STEP_UP_SCOPE,
     " --add-scope a"},
    {403, SCOPE ", scope=\"-a\"", STEP_UP_SCOPE, ""},
    {200, SCOPE ", scope=\"a\"", STEP_UP_NONE, ""},
    {500, SCOPE ", scope=\"a\"", STEP_UP_NONE, ""},
};

Test(step_up, reads_what_is_demanded_and_no_more)
{
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HEADERS struct headers headers = {0};
    AUTO_STEP_UP struct step_up demand = {.max_age = -1};
    AUTO_BUF struct buf options = BUF_INIT(BUF_LINE);
    struct err err = ERR_INIT;

    headers_init(&headers);
    if (rows[i].challenge != NULL)
      cr_assert_eq(
          headers_add(&headers, "WWW-Authenticate", rows[i].challenge, &err),
          E_OK, "%zu: %s", i, err.message);
    cr_assert_eq(step_up_read(&demand, rows[i].status, &headers, &err), E_OK,
                 "%zu: %s", i, err.message);
    cr_expect_eq(demand.kind, rows[i].kind, "%zu: %s", i, rows[i].challenge);
    step_up_options(&options, &demand);
    cr_expect_str_eq(buf_text(&options), rows[i].options, "%zu: %s: %s", i,
                     rows[i].challenge, buf_text(&options));
  }
}

Test(step_up, needs_no_headers)
{
  AUTO_STEP_UP struct step_up demand = {.max_age = -1};
  struct err err = ERR_INIT;

  cr_assert_eq(step_up_read(&demand, 401, NULL, &err), E_OK);
  cr_expect_eq(demand.kind, STEP_UP_NONE);
}
