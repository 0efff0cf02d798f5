#include "store/env.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_up(void)
{
  unsetenv("FOB_TOKEN");
  unsetenv("FOB_API");
  unsetenv("FOB_PROFILE");
  unsetenv("FOB_AUTH_HEADER");
}

TestSuite(env, .init = set_up);

static struct env_credential *load(const char *option_profile)
{
  struct env_credential *credential = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(env_credential_load(&credential, option_profile, &err), E_OK,
               "%s", err.message);
  return credential;
}

Test(env, unset_or_empty_is_no_credential)
{
  struct env_credential *credential = (struct env_credential *)&credential;
  struct err err = ERR_INIT;
  setenv("FOB_API", "https://api.example", 1);
  cr_expect_eq(env_credential_load(&credential, NULL, &err), E_OK);
  cr_expect_null(credential);
  setenv("FOB_TOKEN", "", 1);
  cr_expect_null(load(NULL));
}

Test(env, alone_it_is_the_selected_profiles)
{
  setenv("FOB_TOKEN", "test-token-not-real", 1);
  setenv("FOB_PROFILE", "acme", 1);
  AUTO(env_credential) credential = load(NULL);
  cr_expect_str_eq(secret_reveal(credential->token), "test-token-not-real");
  cr_expect_null(credential->api);
  cr_expect_null(credential->header_name);
}

Test(env, with_an_api_it_has_its_own_form)
{
  static const struct {
    const char *line, *name, *format;
  } rows[] = {
      {NULL, "Authorization", "Bearer {token}"},
      {"", "Authorization", "Bearer {token}"},
      {"X-API-Key: {token}", "X-API-Key", "{token}"},
      {"Authorization:token {token}, v=1  ", "Authorization",
       "token {token}, v=1"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    setenv("FOB_TOKEN", "test-token-not-real", 1);
    setenv("FOB_API", "https://api.example/v1", 1);
    if (rows[i].line != NULL)
      setenv("FOB_AUTH_HEADER", rows[i].line, 1);
    AUTO(env_credential) credential = load(NULL);
    cr_expect_str_eq(credential->api, "https://api.example/v1");
    cr_expect_str_eq(credential->header_name, rows[i].name);
    cr_expect_str_eq(credential->header_format, rows[i].format);
  }
}

Test(env, the_option_beats_the_api)
{
  setenv("FOB_TOKEN", "test-token-not-real", 1);
  setenv("FOB_API", "https://api.example", 1);
  setenv("FOB_PROFILE", "other", 1);
  setenv("FOB_AUTH_HEADER", "nonsense", 1);
  AUTO(env_credential) credential = load("acme");
  cr_expect_null(credential->api);
  cr_expect_null(credential->header_name);
}

Test(env, what_contradicts_itself_is_refused)
{
  static const struct {
    const char *token, *profile, *header, *named;
  } rows[] = {
      {"test-token-not-real", "acme", NULL, "FOB_PROFILE ('acme')"},
      {"test-token-not-real\n", NULL, NULL, "FOB_TOKEN holds a control"},
      {"test-token\r\nX: not-real", NULL, NULL, "FOB_TOKEN holds a control"},
      {"test-token-not-real", NULL, "X-API-Key", "no colon"},
      {"test-token-not-real", NULL, "X-API-Key: pasted-not-real",
       "does not say where {token} goes"},
      {"test-token-not-real", NULL, "X-{token}: a", "does not say where"},
      {"test-token-not-real", NULL, "X: {token}{token}", "twice"},
      {"test-token-not-real", NULL, "X Y: {token}", "a header's name"},
      {"test-token-not-real", NULL, ": {token}", "a header's name"},
      {"test-token-not-real", NULL, "X: {token}\r\nY: z", "control character"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    set_up();
    setenv("FOB_TOKEN", rows[i].token, 1);
    setenv("FOB_API", "https://api.example", 1);
    if (rows[i].profile != NULL)
      setenv("FOB_PROFILE", rows[i].profile, 1);
    if (rows[i].header != NULL)
      setenv("FOB_AUTH_HEADER", rows[i].header, 1);
    struct env_credential *credential = NULL;
    struct err err = ERR_INIT;
    cr_expect_eq(env_credential_load(&credential, NULL, &err), E_ENVIRONMENT,
                 "row %zu", i);
    cr_expect_null(credential);
    cr_expect_not_null(strstr(err.message, rows[i].named), "row %zu: %s", i,
                       err.message);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
    cr_expect_neq(err.hint[0], '\0', "row %zu", i);
  }
}

Test(env, the_token_leaves_the_environment)
{
  static char block[] = "FOB_TOKEN=test-token-not-real";
  static const char gone[sizeof block - 10];
  putenv(block);
  AUTO(env_credential) credential = load(NULL);
  cr_expect_not_null(credential);
  cr_expect_null(getenv("FOB_TOKEN"));
  cr_expect_arr_eq(block + 10, gone, sizeof gone);
  cr_expect_null(load(NULL), "a second look finds nothing");
}

Test(env, a_refused_token_leaves_it_too)
{
  static char block[] = "FOB_TOKEN=test-token\n-not-real";
  static const char gone[sizeof block - 10];
  putenv(block);
  struct env_credential *credential = NULL;
  struct err err = ERR_INIT;
  cr_expect_eq(env_credential_load(&credential, NULL, &err), E_ENVIRONMENT);
  cr_expect_null(getenv("FOB_TOKEN"));
  cr_expect_arr_eq(block + 10, gone, sizeof gone);
}
