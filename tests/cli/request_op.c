/* fob request --op: requests made by the API's own description. */
#include "cli/description.h"
#include "cli/request_scene.h"

#include "cli/cli.h"

static void write_description(const struct scene *s, const char *text)
{
  AUTO_STR char *json = mem_str(text);

  for (char *at = json; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  home_write(&s->home, "api.json", 0600, "%s", json);
}

/* The sandbox's API, described by a file; the token is the environment's. */
static void describe(struct scene *s)
{
  scene_make(s);
  home_setenv(&s->home, "FOB_API", NULL);
  write_description(s, DESCRIPTION);
  scene_profile(s, "svc", "{'schema': 1, 'api': ['%s'], 'openapi': '%s/%s'}",
                s->server.api, s->home.dir, "api.json");
}

static const struct {
  const char *words[12];
  const char *method, *target, *type, *body;
} sent[] = {
    {{"--op", "getUser", "id=7"}, "GET", "/api/echo/users/7", "(none)", ""},
    {{"id=7", "--op=getUser", "state=open"},
     "GET",
     "/api/echo/users/7?state=open",
     "(none)",
     ""},
    {{"--op", "getUser", "-F", "id=7", "-f", "state=a b"},
     "GET",
     "/api/echo/users/7?state=a+b",
     "(none)",
     ""},
    {{"--op", "editUser", "id=a/b", "name=7", "age=7", "admin=true", "tags=x",
      "home[floor]=3"},
     "PATCH",
     "/api/echo/users/a%2Fb",
     "application/json",
     "{\"name\":\"7\",\"age\":7,\"admin\":true,\"tags\":[\"x\"],"
     "\"home\":{\"floor\":3}}"},
    /* -f is always text, := is what it says */
    {{"--op", "editUser", "id=1", "name=n", "-f", "age=7", "admin:=\"x\""},
     "PATCH",
     "/api/echo/users/1",
     "application/json",
     "{\"name\":\"n\",\"admin\":\"x\",\"age\":\"7\"}"},
    {{"--op", "editUser", "id=1", "--json", "{}"},
     "PATCH",
     "/api/echo/users/1",
     "application/json",
     "{}"},
    {{"--op", "addUser", "name=a b"},
     "POST",
     "/api/echo/users",
     "application/x-www-form-urlencoded",
     "name=a+b"},
    {{"--op", "addUser", "name=a b", "--encode", "json"},
     "POST",
     "/api/echo/users",
     "application/json",
     "{\"name\":\"a b\"}"},
    {{"--op", "getUser", "id=1", "-I"},
     NULL, /* -I asks by HEAD: refused */
     NULL,
     NULL,
     NULL},
    {{"--op", "search", "q=x", "other==1"},
     "GET",
     "/api/echo/search?q=x&other=1",
     "(none)",
     ""},
};

Test(request_op, sends_what_the_operation_wants, .timeout = 300)
{
  AUTO_SCENE struct scene s;

  describe(&s);
  for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, sent[i].words);
    if (sent[i].method == NULL) {
      cr_expect_eq(o.status, 2, "%zu: %s", i, o.err);
      continue;
    }
    cr_assert_eq(o.status, 0, "%zu: %s", i, o.err);
    json_t *echo = echoed(&o);
    cr_expect_str_eq(echoed_text(echo, "method"), sent[i].method);
    cr_expect_str_eq(echoed_text(echo, "target"), sent[i].target, "%zu: %s", i,
                     echoed_text(echo, "target"));
    cr_expect_str_eq(echoed_header(echo, "Content-Type"), sent[i].type);
    cr_expect_str_eq(echoed_text(echo, "body"), sent[i].body, "%zu: %s", i,
                     echoed_text(echo, "body"));
    cr_expect(json_is_true(json_object_get(echo, "credential")));
    json_decref(echo);
  }
}

static const struct {
  const char *words[12];
  const char *says[3];
} refused[] = {
    {{"--op", "getUser"}, {"getUser needs id", "fob request --op getUser id="}},
    {{"--op", "search"}, {"search needs q"}},
    {{"--op", "editUser", "id=1", "age=7"}, {"editUser needs name"}},
    {{"--op", "editUser", "id=1", "name=x", "age=old"},
     {"item 'age': it is an integer", "age:="}},
    {{"--op", "getuser", "id=1"}, {"no operation 'getuser'", "--op getUser"}},
    {{"--op", "zzzz"}, {"no operation 'zzzz'", "--op="}},
    {{"--op", "getUser", "echo/users/1"}, {"'echo/users/1' is no ITEM"}},
    {{"--op", "getUser", "GET", "id=1"}, {"'GET' is no ITEM"}},
    {{"--op", "getUser", "-X", "PUT", "id=1"}, {"-X cannot change it"}},
    {{"--op", "getUser", "--op", "search"}, {"--op is given twice"}},
    {{"--op", "getUser", "id=.."}, {"refused in a path"}},
    {{"--op", "getUser", "id="}, {"empty"}},
    {{"--op", "escape"}, {"no operation 'escape'"}},
};

Test(request_op, refuses_before_anything_is_sent, .timeout = 300)
{
  AUTO_SCENE struct scene s;

  describe(&s);
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, refused[i].words);
    cr_expect_eq(o.status, 2, "%zu: %d, %s", i, o.status, o.err);
    cr_expect_str_eq(o.out, "");
    for (size_t k = 0; k < 3 && refused[i].says[k] != NULL; k++)
      cr_expect(has(o.err, refused[i].says[k]), "%zu: '%s' in: %s", i,
                refused[i].says[k], o.err);
  }
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

Test(request_op, warns_of_what_is_not_described)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  describe(&s);
  fob(&s.home, &o, "request", "--op", "getUser", "id=1", "stat=open", NULL);
  cr_expect_eq(o.status, 0);
  cr_expect(has(o.err, "'stat' is not described as a part of getUser; 'state' "
                       "is"),
            "%s", o.err);
}

Test(request_op, needs_a_profile_that_names_a_description)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome none, yaml, absent;

  describe(&s);
  scene_profile(&s, "svc", "{'schema': 1, 'api': ['%s']}", s.server.api);
  fob(&s.home, &none, "request", "--op", "getUser", "id=1", NULL);
  cr_expect_eq(none.status, 2);
  cr_expect(has(none.err, "fob profile set svc openapi https://"), "%s",
            none.err);
  scene_profile(&s, "svc", "{'schema': 1, 'api': ['%s'], 'openapi': '%s/%s'}",
                s.server.api, s.home.dir, "api.yaml");
  home_write(&s.home, "api.yaml", 0600, "%s", "openapi: 3.0.0\npaths: {}\n");
  fob(&s.home, &yaml, "request", "--op", "getUser", "id=1", NULL);
  cr_expect_eq(yaml.status, 2);
  cr_expect(has(yaml.err, "is YAML"), "%s", yaml.err);
  scene_profile(&s, "svc", "{'schema': 1, 'api': ['%s'], 'openapi': '%s/%s'}",
                s.server.api, s.home.dir, "absent.json");
  fob(&s.home, &absent, "request", "--op", "getUser", "id=1", NULL);
  cr_expect_eq(absent.status, 2);
  cr_expect(has(absent.err, "absent.json"), "%s", absent.err);
}

/* --- the list --------------------------------------------------------------
 */

Test(request_op, lists_what_there_is)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome all, some, one, none;

  describe(&s);
  fob(&s.home, &all, "request", "--op=", NULL);
  cr_expect_eq(all.status, 0, "%s", all.err);
  cr_expect(has(all.out, "getUser\tGET\t/echo/users/{id}\tOne user\n"), "%s",
            all.out);
  cr_expect(has(all.out, "\\x1b]0;own\\x07 repos\n"), "%s", all.out);
  cr_expect(!has(all.out, "\x1b") && !has(all.out, "\x07"));
  fob(&s.home, &some, "request", "--op=", "user", "get", NULL);
  cr_expect(has(some.out, "getUser\t") && !has(some.out, "search"), "%s",
            some.out);
  fob(&s.home, &one, "request", "--op=", "getUser", NULL);
  cr_expect(has(one.out, "fob request --op getUser id=... [state==...] "
                         "[X-Trace:...]\n"),
            "%s", one.out);
  cr_expect(has(one.out, "open|closed"), "%s", one.out);
  fob(&s.home, &none, "request", "--op=", "zzzz", NULL);
  cr_expect_eq(none.status, 1);
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

/* --- a description that is fetched -----------------------------------------
 */

/* Lets the sandbox serve it, from the API's origin. */
static void serve(const struct scene *s, const char *etag)
{
  server_order(&s->server,
               "{'next': {'path': '/api/openapi.json', 'fault': 'status', "
               "'times': -1, 'status': 200, 'headers': {'ETag': '\\\"%s\\\"', "
               "'Content-Type': 'application/json'}, 'body': " DESCRIPTION "}}",
               etag);
}

static void describe_by_url(struct scene *s)
{
  scene_make(s);
  home_setenv(&s->home, "FOB_API", NULL);
  serve(s, "1");
  scene_profile(s, "svc",
                "{'schema': 1, 'api': ['%s'], 'openapi': '%s/openapi.json'}",
                s->server.api, s->server.api);
}

/* As if it had been fetched so many seconds earlier. */
static void age(const struct scene *s, int64_t seconds)
{
  static const char path[] = "cache/fob/openapi/svc.index";
  AUTO_STR char *text = home_read(&s->home, path, NULL);
  char *at = strstr(text, "\"fetched\":");
  long long fetched = atoll(at + strlen("\"fetched\":"));
  AUTO_STR char *end = mem_str(at + strlen("\"fetched\":"));

  cr_assert_not_null(at);
  home_write(&s->home, path, 0600, "%.*s\"fetched\":%lld%s", (int)(at - text),
             text, fetched - (long long)seconds,
             end + strspn(end, "0123456789"));
}

static void ask(const struct scene *s, struct outcome *o, const char *id)
{
  fob(&s->home, o, "request", "--op", id, "id=1", NULL);
}

Test(request_op, fetches_the_description_once_a_day, .timeout = 300)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome a, b, c;

  describe_by_url(&s);
  ask(&s, &a, "getUser");
  cr_assert_eq(a.status, 0, "%s", a.err);
  ask(&s, &b, "getUser");
  cr_assert_eq(b.status, 0, "%s", b.err);
  cr_expect_eq(server_count(&s.server, "/api/openapi.json"), 1);
  age(&s, 25 * 60 * 60);
  ask(&s, &c, "getUser");
  cr_assert_eq(c.status, 0, "%s", c.err);
  cr_expect_eq(server_count(&s.server, "/api/openapi.json"), 2);

  /* It is asked for by what it was, and without the token. */
  json_t *journal = server_journal(&s.server, "/api/openapi.json");
  for (size_t i = 0; i < 2; i++) {
    char *text = json_dumps(json_array_get(journal, i), 0);
    cr_expect_not(has(text, PAT), "%s", text);
    cr_expect_not(has(text, "uthorization"), "%s", text);
    cr_expect_eq(has(text, "if-none-match"), i == 1, "%s", text);
    free(text);
  }
  json_decref(journal);
}

Test(request_op, asks_again_for_an_id_that_it_does_not_know, .timeout = 300)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome a, b, c;

  describe_by_url(&s);
  ask(&s, &a, "newOne");
  cr_expect_eq(a.status, 2);
  cr_expect_eq(server_count(&s.server, "/api/openapi.json"), 1);
  age(&s, 5 * 60);
  ask(&s, &b, "newOne");
  cr_expect_eq(b.status, 2);
  cr_expect_eq(server_count(&s.server, "/api/openapi.json"), 2);
  ask(&s, &c, "newOne");
  cr_expect_eq(server_count(&s.server, "/api/openapi.json"), 2);
}

Test(request_op, goes_on_with_the_old_one_where_the_server_is_silent,
     .timeout = 300)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome a, b, c;

  describe_by_url(&s);
  ask(&s, &a, "getUser");
  age(&s, 25 * 60 * 60);
  server_reset(&s.server);
  server_order(&s.server, "{'next': {'path': '/api/openapi.json', 'fault': "
                          "'status', 'status': 500, 'body': 'sorry'}}");
  ask(&s, &b, "getUser");
  cr_expect_eq(b.status, 0, "%s", b.err);
  cr_expect(has(b.err, "warning: ") && has(b.err, "another day"), "%s", b.err);
  server_order(&s.server, "{'next': {'path': '/api/openapi.json', 'fault': "
                          "'status', 'status': 304}}");
  ask(&s, &c, "getUser");
  cr_expect_eq(c.status, 0, "%s", c.err);
  cr_expect_str_eq(c.err, "");
}

Test(request_op, says_why_there_is_no_description, .timeout = 300)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome a, b, c, d;

  describe_by_url(&s);
  server_reset(&s.server);
  server_order(&s.server, "{'next': {'path': '/api/openapi.json', 'fault': "
                          "'status', 'status': 500}}");
  ask(&s, &a, "getUser");
  cr_expect_eq(a.status, 5, "%s", a.err);
  server_order(&s.server, "{'next': {'path': '/api/openapi.json', 'fault': "
                          "'status', 'status': 200, 'body': '<html>'}}");
  ask(&s, &b, "getUser");
  cr_expect_eq(b.status, 13, "%s", b.err);
  server_order(&s.server, "{'next': {'path': '/api/openapi.json', 'fault': "
                          "'cut'}}");
  ask(&s, &c, "getUser");
  cr_expect_eq(c.status, 6, "%s", c.err);
  fob(&s.home, &d, "request", "--op", "getUser", "--dry-run", "id=1", NULL);
  cr_expect_eq(d.status, 2, "%s", d.err);
  cr_expect(has(d.err, "fob request -p svc --op="), "%s", d.err);
  cr_expect_eq(server_count(&s.server, "/api/echo/users/1"), 0);
}

static bool had_token(const struct server *server, size_t i)
{
  json_t *journal = server_journal(server, "/api/openapi.json");
  char *text = json_dumps(json_array_get(journal, i), 0);
  bool had = has(text, "authorization");

  free(text);
  json_decref(journal);
  return had;
}

/* Only where it is refused without, and only at the API itself. */
Test(request_op, shows_the_credential_to_the_apis_own_origin, .timeout = 300)
{
  AUTO_SCENE struct scene s;
  AUTO_SERVER struct server other = {0};
  AUTO_OUTCOME struct outcome own, foreign, no_auth;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  server_start(&other, NULL);
  for (size_t i = 0; i < 2; i++)
    server_order(i == 0 ? &s.server : &other,
                 "{'next': {'path': '/api/openapi.json', 'fault': 'status', "
                 "'times': 1, 'status': 401}}");
  scene_profile(&s, "svc",
                "{'schema': 1, 'api': ['%s'], 'openapi': '%s/openapi.json'}",
                s.server.api, s.server.api);
  fob(&s.home, &no_auth, "request", "--no-auth", "--op=", NULL);
  cr_expect_eq(no_auth.status, 8, "%d %s", no_auth.status, no_auth.err);
  cr_expect_eq(server_count(&s.server, "/api/openapi.json"), 1);
  server_order(&s.server, "{'next': {'path': '/api/openapi.json', 'fault': "
                          "'status', 'times': 1, 'status': 401}}");
  serve(&s, "1");
  ask(&s, &own, "getUser");
  cr_expect_eq(own.status, 0, "%s", own.err);
  cr_expect_not(had_token(&s.server, 0));
  cr_expect_not(had_token(&s.server, 1));
  cr_expect(had_token(&s.server, 2));

  scene_profile(&s, "svc",
                "{'schema': 1, 'api': ['%s'], 'openapi': '%s/openapi.json'}",
                s.server.api, other.api);
  ask(&s, &foreign, "getUser");
  cr_expect_eq(foreign.status, 8, "%s", foreign.err);
  cr_expect_eq(server_count(&other, "/api/openapi.json"), 1);
  cr_expect_not(had_token(&other, 0));
}
