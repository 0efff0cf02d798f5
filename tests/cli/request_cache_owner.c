/* fob request --cache: whose answers are kept, and when they go. */
#include "cli/request_scene.h"

#include "cli/cli.h"

#include <dirent.h>

static size_t asked(const struct server *server)
{
  return server_count(server, "/api/caching/a");
}

/* Is any answer kept for the profile? */
static bool keeps(const struct home *home, const char *profile)
{
  AUTO_STR char *relative = mem_printf("cache/fob/answers/%s", profile);

  return home_has(home, relative);
}

static void run(const struct home *home, struct outcome *o, const char *line)
{
  outcome_clear(o);
  cli_line(home, NULL, o, NULL, line);
}

Test(request_cache_owner, two_tokens_share_nothing)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  run(&s.home, &o, "request --cache 1h caching/a");
  cr_expect(has(o.out, "\"sub\":"), "%s", o.out);
  home_setenv(&s.home, "FOB_TOKEN", "test-other-not-real-0123456789");
  run(&s.home, &o, "request --cache 1h caching/a");
  cr_expect_not(has(o.out, "\"sub\":"), "%s", o.out);
  cr_expect_eq(asked(&s.server), 2);
  run(&s.home, &o, "request --cache 1h caching/a --no-auth");
  cr_expect_eq(asked(&s.server), 3);
  run(&s.home, &o, "request --cache 1h caching/a --no-auth");
  cr_expect_eq(asked(&s.server), 3);
}

Test(request_cache_owner, two_profiles_share_nothing)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server;
  AUTO_OUTCOME struct outcome o = {0};

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "one");
  cli_login(&home, &server, "two");
  run(&home, &o, "request -p one --cache 1h caching/a");
  run(&home, &o, "request -p two --cache 1h caching/a");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(asked(&server), 2);
  run(&home, &o, "request -p two --cache 1h caching/a");
  run(&home, &o, "request -p one --cache 1h caching/a");
  cr_expect_eq(asked(&server), 2);
}

Test(request_cache_owner, answers_outlive_a_refresh_and_not_the_login)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server;
  AUTO_OUTCOME struct outcome o = {0};

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "acme");
  run(&home, &o, "request -p acme --cache 1h caching/a");
  cr_expect_eq(asked(&server), 1);
  cli_expire(&home, &server, "acme");
  run(&home, &o, "request -p acme --cache 1h caching/a");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(cli_refreshes(&server) >= 1);
  cr_expect_eq(asked(&server), 1);
  cr_expect(keeps(&home, "acme"));
  cli_login(&home, &server, "acme");
  cr_expect_not(keeps(&home, "acme"));
  run(&home, &o, "request -p acme --cache 1h caching/a");
  cr_expect_eq(asked(&server), 2);
}

Test(request_cache_owner, logout_takes_the_answers_with_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server;
  AUTO_OUTCOME struct outcome o = {0};

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "acme");
  cli_login(&home, &server, "other");
  run(&home, &o, "request -p acme --cache 1h caching/a");
  run(&home, &o, "request -p other --cache 1h caching/a");
  run(&home, &o, "logout -p acme");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_not(keeps(&home, "acme"));
  cr_expect(keeps(&home, "other"));
}

Test(request_cache_owner, no_cache_neither_reads_nor_writes)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  run(&s.home, &o, "request --cache 1h --no-cache caching/a");
  cr_expect_not(home_has(&s.home, "cache/fob"));
  run(&s.home, &o, "request --cache 1h caching/a");
  run(&s.home, &o, "request --cache 1h --no-cache caching/a");
  cr_expect_eq(asked(&s.server), 3);
  run(&s.home, &o, "request --no-cache echo --pointer /headers/Cache-Control");
  cr_expect_str_eq(o.out, "\"no-cache\"\n");
}

static const struct {
  const char *line;
  int status;
  const char *err;
} clears[] = {
    {"request --cache-clear -p none", 0, "Removed: 0 answers, 0 bytes"},
    {"request --cache-clear -p FOB_API", 0, "Removed: 1 answer, "},
    {"request --cache-clear", 0, "Removed: 1 answer, "},
    {"request --cache-clear", 0, "Removed: 0 answers, 0 bytes"},
    {"request --cache-clear --quiet", 0, ""},
    {"request --cache-clear -p ../x", 2, "no profile's name"},
    {"request --cache-clear user", 2, "sends nothing"},
    {"request --cache-clear --cache 1h", 2, "sends nothing"},
};

Test(request_cache_owner, the_cache_is_emptied_and_how_much_is_said)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  run(&s.home, &o, "request --cache-clear");
  cr_expect_eq(o.status, 0);
  cr_expect_not(home_has(&s.home, "cache/fob"), "nothing is made");
  run(&s.home, &o, "request --cache 1h caching/a");
  outcome_clear(&o);
  fob(&s.home, &o, "request", "--no-auth", "--cache", "1h", s.server.api, NULL);
  AUTO_STR char *url = mem_printf("%s/caching/b", s.server.api);
  outcome_clear(&o);
  fob(&s.home, &o, "request", "--no-auth", "--cache", "1h", url, NULL);
  for (size_t i = 0; i < ARRAY_LEN(clears); i++) {
    run(&s.home, &o, clears[i].line);
    cr_expect_eq(o.status, clears[i].status, "%s: %s", clears[i].line, o.err);
    cr_expect(has(o.err, clears[i].err), "%s: %s", clears[i].line, o.err);
    cr_expect_str_eq(o.out, "");
  }
}
