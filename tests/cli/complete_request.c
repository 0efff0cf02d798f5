/* What is offered for `fob request` where the profile names its API's
 * description. */
#include "cli/cli.h"
#include "cli/description.h"
#include "cli/request_scene.h"

#include <criterion/criterion.h>

static void describe(const struct home *home, const char *text)
{
  AUTO_STR char *json = mem_str(text);
  AUTO_STR char *path = home_path(home, "api.json");

  for (char *at = json; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  home_write(home, "api.json", 0600, "%s", json);
  home_write(home, "config/fob/profiles/acme.json", 0600,
             "{\"schema\": 1, \"store\": \"file\", \"grant\": \"token\", "
             "\"api\": [\"https://api.example/v1\"], \"openapi\": \"%s\"}",
             path);
}

static const struct {
  const char *line;
  const char *has[4]; /* from !: not */
} offers[] = {
    /* ids */
    {"request --op ''", {"getUser\tOne user\n", "search\t", "!touch", "!id`"}},
    {"request --op get", {"getUser\t", "!search"}},
    {"request --op=get", {"--op=getUser\t"}},
    {"request -p acme --op get", {"getUser\t"}},
    {"request --op=getUser --op", {"--op\t", "!getUser"}},
    /* paths, a segment at a time */
    {"request ''", {"echo/\n", "!users"}},
    {"request /e", {"/echo/\n"}},
    {"request GET echo/", {"echo/users/\n", "echo/users\n", "echo/search\n"}},
    {"request echo/s", {"echo/search\n", "!users"}},
    {"request echo/a", {"!;"}},
    {"request echo/users/", {"echo/users/{id}\n", "echo/users/{id}/\n"}},
    {"request GET echo/users/", {"echo/users/{id}\tOne user\n"}},
    {"request echo/users/7/", {"echo/users/7/repos\t"}},
    {"request -X PATCH echo/users/", {"echo/users/{id}\tChange a user\n"}},
    {"request DELETE echo/", {"!users"}},
    {"request https://api.example/v1/", {"!echo"}},
    /* items of an operation */
    {"request --op getUser ''", {"id=\t", "state==\t", "X-Trace:\n"}},
    {"request --op getUser id=3 ''", {"!id=", "state==\t"}},
    {"request --op getUser state==",
     {"state==open\n", "state==closed\n", "!touch"}},
    {"request --op getUser state==o", {"state==open\n", "!closed"}},
    {"request --op editUser ''", {"name=\tstring\n", "tags=\t", "!home["}},
    {"request --op editUser home[", {"home[floor]=\t"}},
    {"request --op editUser admin=", {"admin=true\n", "admin=false\n"}},
    {"request --op nonsense ''", {"!id="}},
    /* items of a path */
    {"request echo/users/7 s", {"state==\t"}},
    {"request /echo/users/7 ''", {"state==\t", "!id="}},
    {"request patch echo/users/7 ''", {"age=\tinteger\n", "tags[]=\t"}},
    {"request -X PATCH echo/users/7 a", {"age=\t", "!state"}},
    {"request echo/users/7/repos ''", {"!state"}},
    {"request nowhere ''", {"!state"}},
    /* options still are */
    {"request --op getUser --dr", {"--dry-run\t"}},
};

Test(complete_request, offers_what_the_description_has, .timeout = 300)
{
  AUTO_HOME struct home home;

  home_make(&home);
  describe(&home, DESCRIPTION);
  for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *line = mem_printf("complete -- %s", offers[i].line);

    cli_line(&home, NULL, &o, NULL, line);
    cr_expect_eq(o.status, 0, "%s: %s", offers[i].line, o.err);
    cr_expect_eq(o.err_len, 0, "%s: %s", offers[i].line, o.err);
    for (size_t k = 0; k < 4 && offers[i].has[k] != NULL; k++) {
      const char *part = offers[i].has[k];
      bool wanted = part[0] != '!';

      cr_expect_eq(strstr(o.out, part + !wanted) != NULL, wanted,
                   "fob %s: '%s' in:\n%s", offers[i].line, part, o.out);
    }
    for (size_t k = 0; k < o.out_len; k++)
      cr_expect(o.out[k] == '\n' || o.out[k] == '\t' ||
                    ((unsigned char)o.out[k] >= 0x20 && o.out[k] != 0x7f),
                "%s: a control character in:\n%s", offers[i].line, o.out);
  }
}

/* A command line is no place for errors, and no reason to ask a server. */
Test(complete_request, says_nothing_where_nothing_is_known, .timeout = 300)
{
  static const char *const sources[] = {
      "/nonexistent.json",
      "https://127.0.0.1:1/api.json",
      "$H/broken.json",
  };
  AUTO_HOME struct home home;

  home_make(&home);
  home_write(&home, "broken.json", 0600, "%s", "{");
  for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *broken = home_path(&home, "broken.json");

    home_write(&home, "config/fob/profiles/acme.json", 0600,
               "{\"schema\": 1, \"api\": [\"https://api.example\"], "
               "\"openapi\": \"%s\"}",
               sources[i][0] == '$' ? broken : sources[i]);
    fob(&home, &o, "complete", "--", "request", "--op", "", NULL);
    cr_expect_eq(o.status, 0);
    cr_expect_str_eq(o.out, "", "%s", o.out);
    cr_expect_str_eq(o.err, "", "%s", o.err);
  }
}

/* The index is made once, and made anew of a file that has changed. */
Test(complete_request, follows_a_file_that_changes, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome first, second, third;

  home_make(&home);
  describe(&home, DESCRIPTION);
  fob(&home, &first, "complete", "--", "request", "--op", "get", NULL);
  cr_expect(has(first.out, "getUser"));
  cr_expect(home_has(&home, "cache/fob/openapi/acme.index"));
  describe(&home, "{'swagger':'2.0','paths':{'/x':{'get':{'operationId':"
                  "'getOther'}}}}");
  fob(&home, &second, "complete", "--", "request", "--op", "get", NULL);
  cr_expect_str_eq(second.out, "getOther\t/x\n");
  /* What is no index, or of another profile's source, is made again. */
  home_write(&home, "cache/fob/openapi/acme.index", 0600, "%s", "{}\nx\n");
  fob(&home, &third, "complete", "--", "request", "--op", "get", NULL);
  cr_expect_str_eq(third.out, "getOther\t/x\n");
}
