/* fob token where it is less plain: other scopes and resources, --login, whose
 * profile a URL means, FOB_TOKEN. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "NO_COLOR", "1");
  home_setenv(home, "FOB_STORE", "file");
  server_start(server, NULL);
}

/* What a line prints; mem_free. */
static char *printed(const struct home *home, const struct server *server,
                     const char *line)
{
  AUTO_OUTCOME struct outcome o;

  cli_line(home, server, &o, NULL, line);
  cli_expect(&o, 0);
  return mem_str(o.out);
}

/* Each combination is a token of its own, and is kept. */
Test(token_ways, keeps_one_for_each_scope_resource_and_audience, .timeout = 300)
{
  static const char *const lines[] = {
      "token",
      "token --scope openid",
      "token --resource https://r.example.test/",
      "token --audience aud",
      "token --scope openid --resource https://r.example.test/",
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  char *tokens[ARRAY_LEN(lines)];

  make(&home, &server);
  cli_login(&home, &server, "p");
  for (size_t i = 0; i < ARRAY_LEN(lines); i++)
    tokens[i] = printed(&home, &server, lines[i]);
  cr_assert_eq(cli_refreshes(&server), ARRAY_LEN(lines) - 1);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_STR char *again = printed(&home, &server, lines[i]);
    cr_expect_str_eq(again, tokens[i], "%s", lines[i]);
    for (size_t k = 0; k < i; k++)
      cr_expect_str_neq(tokens[k], tokens[i], "%s and %s", lines[k], lines[i]);
  }
  cr_assert_eq(cli_refreshes(&server), ARRAY_LEN(lines) - 1);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++)
    mem_free(tokens[i]);
}

Test(token_ways, logs_in_first_where_somebody_is_and_that_is_wanted)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome alone;
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_login(&home, &server, "p");
  AUTO_STR char *gone = printed(&home, &server, "logout");
  cli_line(&home, &server, &alone, NULL, "token --login");
  cli_expect(&alone, 8);
  cli_has(alone.err, "fob login -p p");

  program_finish(
      cli_line_start(&home, &server, TERMINAL_BUT_OUTPUT, "token --login"), &o);
  cli_expect(&o, 0);
  cli_has(o.err, "Opening the browser");
  cli_has(o.err, "Logged in: p");
  cr_assert_eq(strncmp(o.out, "access-not-real-", 16), 0, "%s", o.out);
  cr_assert_eq(strchr(o.out, '\n'), o.out + o.out_len - 1);
}

Test(token_ways, are_of_the_profile_that_the_url_means)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome other;
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  cli_line(&home, &server, &o, "test-not-real-v1\n",
           "login $A/v1 -p one --pat=-");
  cli_expect(&o, 0);
  outcome_clear(&o);
  cli_line(&home, &server, &o, "test-not-real-v2\n",
           "login $A/v2 -p two --pat=-");
  cli_expect(&o, 0);
  AUTO_STR char *one = printed(&home, &server, "token $A/v1/x");
  cr_assert_str_eq(one, "test-not-real-v1\n");
  AUTO_STR char *two = printed(&home, &server, "token $A/v2?a=b");
  cr_assert_str_eq(two, "test-not-real-v2\n");
  cli_line(&home, &server, &other, NULL, "token $A/v22");
  cli_expect(&other, 2);
  cli_has(other.err, "one, two");
}

/* Neither a store is opened nor anybody asked for a URL that gets nothing. */
Test(token_ways, refuses_a_url_outside_first)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  cli_no_keyring(&home);
  home_write(&home, "config/fob/profiles/p.json", 0600, "%s",
             "{\"schema\": 1, \"api\": [\"https://a.example.test/v1\"], "
             "\"store\": \"keyring\"}");
  program_finish(cli_line_start(&home, NULL, TERMINAL_ALL,
                                "token https://b.example.test/v1 -p p --login"),
                 &o);
  cli_expect(&o, 11);
  cli_has(o.err, "https://a.example.test/v1");
  cli_has(o.err, "fob profile set p api+=https://b.example.test");
}

Test(token_ways, go_into_the_header_of_the_profile)
{
  static const struct {
    const char *option, *header;
  } rows[] = {
      {"--auth-header 'X-API-Key: {token}'", "X-API-Key: test-not-real-1\n"},
      {"--auth-header 'Authorization: token {token}'",
       "Authorization: token test-not-real-1\n"},
      {"--user ann", "Authorization: Basic YW5uOnRlc3Qtbm90LXJlYWwtMQ==\n"},
  };
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome query;

  make(&home, &server);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *line =
        mem_printf("login $A -p p --pat=- %s", rows[i].option);
    cli_line(&home, &server, &o, "test-not-real-1\n", line);
    cli_expect(&o, 0);
    AUTO_STR char *header = printed(&home, &server, "token --header");
    cr_expect_str_eq(header, rows[i].header);
    AUTO_STR char *bare = printed(&home, &server, "token");
    cr_expect_str_eq(bare, "test-not-real-1\n");
  }
  json_t *profile = cli_profile_read(&home, "p");
  json_object_set_new(profile, "auth",
                      json_pack("{ss ss}", "in", "query", "name", "key"));
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  cli_line(&home, &server, &query, NULL, "token --header");
  cli_expect(&query, 2);
  cli_has(query.err, "in the query");
}

Test(token_ways, come_from_the_environment)
{
  static const struct {
    const char *api, *header, *profile; /* variables; NULL: unset */
    const char *line;
    int status;
    const char *says;
  } rows[] = {
      {"https://a.example.test", NULL, NULL, "token", 0, "test-not-real-1\n"},
      {"https://a.example.test", NULL, NULL, "token --header", 0,
       "Authorization: Bearer test-not-real-1\n"},
      {"https://a.example.test", "X-K: {token}", NULL, "token --header", 0,
       "X-K: test-not-real-1\n"},
      {"https://a.example.test/v1", NULL, NULL,
       "token https://a.example.test/v2", 0, "test-not-real-1\n"},
      {"https://a.example.test", NULL, NULL, "token https://b.example.test", 11,
       "https://a.example.test"},
      {"http://a.example.test", NULL, NULL, "token", 2, "FOB_API"},
      {"nonsense", NULL, NULL, "token", 2, "FOB_API"},
      {"https://a.example.test", "X-K", NULL, "token", 2, "FOB_AUTH_HEADER"},
      {"https://a.example.test", NULL, "p", "token", 2, "FOB_PROFILE"},
      {"https://a.example.test", NULL, NULL, "token -p p", 0,
       "test-not-real-1\n"},
      {NULL, NULL, NULL, "token", 0, "test-not-real-1\n"},
      {NULL, NULL, NULL, "token --json", 0, "\"expires_at\":null"},
      {NULL, NULL, "nosuch", "token", 2, "nosuch"},
  };
  AUTO_HOME struct home home;

  home_make(&home);
  cli_no_keyring(&home);
  home_write(&home, "config/fob/profiles/p.json", 0600, "%s",
             "{\"schema\": 1, \"api\": [\"https://p.example.test\"]}");
  home_setenv(&home, "FOB_TOKEN", "test-not-real-1");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;
    const char *const values[] = {rows[i].api, rows[i].header, rows[i].profile};
    static const char *const names[] = {"FOB_API", "FOB_AUTH_HEADER",
                                        "FOB_PROFILE"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++)
      home_setenv(&home, names[k], "%s", values[k] != NULL ? values[k] : "");
    cli_line(&home, NULL, &o, NULL, rows[i].line);
    cr_expect_eq(o.status, rows[i].status, "%zu: exit %d: %s", i, o.status,
                 o.err);
    cr_expect_not_null(
        strstr(rows[i].status == 0 ? o.out : o.err, rows[i].says), "%zu: %s%s",
        i, o.out, o.err);
    cli_has(o.err, "!not-real");
  }
}
