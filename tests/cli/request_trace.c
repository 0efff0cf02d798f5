/* --timing and --meta: what a request took, and what became of it. */
#include "cli/request_scene.h"

#include <unistd.h>

/* What --meta wrote into the home's `meta`; json_decref. */
static json_t *meta_of(const struct scene *s)
{
  AUTO_STR char *text = home_read(&s->home, "meta", NULL);
  json_t *meta = text != NULL ? json_loads(text, 0, NULL) : NULL;

  cr_assert_not_null(meta, "no JSON: %s", text != NULL ? text : "(none)");
  return meta;
}

/* fob request WORDS… --meta HOME/meta */
static json_t *meta_for(const struct scene *s, struct outcome *o,
                        const char *const words[8])
{
  AUTO_STR char *path = home_path(&s->home, "meta");
  const char *line[12] = {"--meta", path};

  for (size_t i = 0; i < 8 && words[i] != NULL; i++)
    line[i + 2] = words[i];
  fob_row(s, o, NULL, line);
  return meta_of(s);
}

static json_int_t number(const json_t *meta, const char *pointer)
{
  const json_t *value = json_object_get(meta, pointer);

  cr_assert(json_is_integer(value), "%s", pointer);
  return json_integer_value(value);
}

static const char *text(const json_t *object, const char *member)
{
  const char *value = json_string_value(json_object_get(object, member));

  return value != NULL ? value : "(none)";
}

/* Steps that took no time are there, those that did not happen are not. */
static void expect_steps(const json_t *timing, const char *steps)
{
  static const char *const names[] = {"dns",  "connect",  "tls",
                                      "wait", "transfer", "total"};

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    const json_t *step = json_object_get(timing, names[i]);

    cr_expect_eq(step != NULL, has(steps, names[i]), "%s", names[i]);
    cr_expect(step == NULL ||
              (json_is_real(step) && json_real_value(step) >= 0));
  }
}

Test(request_trace, says_what_became_of_a_request)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *url = NULL;

  scene_make(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/user', 'fault': 'status', 'status': "
               "201, 'headers': {'X-Request-Id': 'r-7', 'X-RateLimit-Limit': "
               "'60', 'X-RateLimit-Remaining': '59', 'X-RateLimit-Reset': "
               "'30', 'X-A': 'ä'}, 'body': 'hello'}}");
  json_t *meta = meta_for(&s, &o, (const char *const[8]){"user", "a=1"});
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.out, "hello");
  url = mem_printf("%s/user", s.server.api);
  cr_expect_str_eq(text(json_object_get(meta, "request"), "method"), "POST");
  cr_expect_str_eq(text(json_object_get(meta, "request"), "url"), url);
  cr_expect_str_eq(text(meta, "url"), url);
  cr_expect_eq(number(meta, "status"), 201);
  cr_expect_str_eq(text(meta, "version"), "HTTP/1.1");
  cr_expect_eq(strncmp(text(meta, "address"), "127.0.0.1:", 10), 0);
  cr_expect_str_eq(text(meta, "request_id"), "r-7");
  cr_expect_str_eq(text(json_object_get(meta, "headers"), "x-request-id"),
                   "r-7");
  cr_expect_eq(number(meta, "sent"), (json_int_t)strlen("{\"a\":\"1\"}"));
  cr_expect_eq(number(meta, "received"), 5);
  cr_expect_eq(number(meta, "tries"), 1);
  cr_expect_eq(number(meta, "redirects"), 0);
  cr_expect_eq(number(meta, "exit"), 0);
  cr_expect(json_is_null(json_object_get(meta, "error")));
  const json_t *rate = json_object_get(meta, "rate");
  cr_expect_eq(number(rate, "limit"), 60);
  cr_expect_eq(number(rate, "remaining"), 59);
  cr_expect_eq(strlen(text(rate, "reset")), strlen("2026-12-24T10:00:00Z"));
  expect_steps(json_object_get(meta, "timing"),
               "dns connect wait transfer total");
  json_decref(meta);
}

Test(request_trace, tells_of_each_redirect)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  json_t *meta = meta_for(&s, &o, (const char *const[8]){"redirect/2"});
  const json_t *exchanges = json_object_get(meta, "exchanges");
  cr_expect_eq(number(meta, "redirects"), 2);
  cr_expect_eq(number(meta, "tries"), 1);
  cr_assert_eq(json_array_size(exchanges), 3);
  cr_expect_eq(number(json_array_get(exchanges, 0), "status"), 302);
  cr_expect(has(text(json_array_get(exchanges, 0), "url"), "/redirect/2"));
  cr_expect(has(text(json_array_get(exchanges, 1), "url"), "/redirect/1"));
  cr_expect(has(text(meta, "url"), "/echo"));
  expect_steps(json_object_get(json_array_get(exchanges, 2), "timing"),
               "wait transfer total");
  cr_expect_eq(number(json_object_get(meta, "statuses"), "302"), 2);
  json_decref(meta);
}

Test(request_trace, tells_of_each_try)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/user', 'fault': 'status', "
                          "'status': 503, 'headers': {'Retry-After': '1'}}}");
  json_t *meta = meta_for(&s, &o, (const char *const[8]){"user", "--timing"});
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(number(meta, "status"), 200);
  cr_expect_eq(number(meta, "calls"), 1);
  cr_expect_eq(number(meta, "tries"), 2);
  cr_expect_geq(number(meta, "waited"), 500);
  cr_expect_eq(number(json_object_get(meta, "statuses"), "503"), 1);
  cr_expect(has(o.err, "\n  waited   "), "%s", o.err);
  cr_expect(has(o.err, " ms waited\n"), "%s", o.err);
  json_decref(meta);
}

Test(request_trace, counts_pages_and_items)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  json_t *meta = meta_for(
      &s, &o, (const char *const[8]){"pages/link", "--paginate", "--timing"});
  cr_expect_eq(o.status, 0, "%s", o.err);
  json_int_t pages = number(meta, "pages");
  cr_expect_geq(pages, 2);
  cr_expect_geq(number(meta, "items"), pages);
  cr_expect_eq(number(meta, "calls"), pages);
  cr_expect_eq(number(json_object_get(meta, "statuses"), "200"), pages);
  cr_expect_eq((json_int_t)json_array_size(json_object_get(meta, "exchanges")),
               pages);
  cr_expect(has(o.err, " exchanges, "), "%s", o.err);
  json_decref(meta);
}

Test(request_trace, tells_of_an_answer_that_was_kept)
{
  static const char *const states[] = {"miss", "hit"};
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(states); i++) {
    AUTO_OUTCOME struct outcome o;
    json_t *meta =
        meta_for(&s, &o, (const char *const[8]){"echo", "--cache", "1h"});

    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect_str_eq(text(meta, "cache"), states[i]);
    cr_expect_eq(number(meta, "status"), 200);
    cr_expect_eq(number(meta, "tries"), i == 0);
    cr_expect_eq(number(meta, "calls"), 1);
    cr_expect_str_eq(text(json_object_get(meta, "headers"), "content-type"),
                     "application/json");
    cr_expect_eq(json_array_size(json_object_get(meta, "exchanges")), i == 0);
    json_decref(meta);
  }
}

static const struct {
  const char *fault; /* of /api/user; NULL: none */
  const char *path;
  int exit;
  const char *name;
  int status; /* 0: null */
  const char *steps;
} failures[] = {
    {"'fault': 'status', 'status': 404", "user", 4, "http_4xx", 404,
     "dns connect wait transfer total"},
    {"'fault': 'status', 'status': 503", "user", 5, "http_5xx", 503,
     "dns connect wait transfer total"},
    {"'fault': 'cut'", "user", 6, "answer_cut_short", 0, "dns connect total"},
    {"'fault': 'truncate'", "bytes/100000", 10, "incomplete", 200,
     "dns connect wait transfer total"},
    {NULL, "https://127.0.0.1:1/x", 11, "origin_refused", -1, ""},
};

Test(request_trace, is_written_when_the_request_failed_too, .timeout = 300)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *path = home_path(&s.home, "meta");

    unlink(path);
    if (failures[i].fault != NULL)
      server_order(&s.server, "{'next': {'path': '/api/%s', 'times': 3, %s}}",
                   failures[i].path, failures[i].fault);
    fob(&s.home, &o, "request", failures[i].path, "--retry", "0", "--meta",
        path, NULL);
    cr_expect_eq(o.status, failures[i].exit, "%zu: %d, %s", i, o.status, o.err);
    server_reset(&s.server);
    if (failures[i].status < 0) { /* nothing was sent */
      cr_expect_not(home_has(&s.home, "meta"));
      continue;
    }
    json_t *meta = meta_of(&s);
    cr_expect_eq(number(meta, "exit"), failures[i].exit);
    cr_expect_str_eq(text(json_object_get(meta, "error"), "name"),
                     failures[i].name);
    cr_expect_neq(text(json_object_get(meta, "error"), "message")[0], '(');
    cr_expect_eq(json_integer_value(json_object_get(meta, "status")),
                 failures[i].status);
    expect_steps(json_object_get(meta, "timing"), failures[i].steps);
    json_decref(meta);
  }
}

Test(request_trace, goes_where_it_is_wanted)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome both, apart, directory, full, device, old;

  scene_make(&s);
  AUTO_STR char *out = home_path(&s.home, "out");
  AUTO_STR char *kept = home_path(&s.home, "kept");
  fob(&s.home, &both, "request", "user", "--meta", "-", NULL);
  cr_expect_eq(both.status, 2);
  cr_expect(has(both.err, "--meta - -o FILE"), "%s", both.err);
  fob(&s.home, &directory, "request", "user", "--meta", s.home.dir, NULL);
  cr_expect_eq(directory.status, 2, "%s", directory.err);
  cr_expect_eq(server_count(&s.server, NULL), 0);

  fob(&s.home, &apart, "request", "user", "--meta", "-", "-o", out, NULL);
  cr_expect_eq(apart.status, 0, "%s", apart.err);
  json_t *meta = json_loads(apart.out, 0, NULL);
  cr_expect_not_null(meta, "%s", apart.out);
  json_decref(meta);
  fob(&s.home, &device, "request", "user", "--meta", "/dev/stderr", NULL);
  cr_expect(has(device.err, "\"status\": 200"), "%s", device.err);
  fob(&s.home, &full, "request", "user", "--meta", "/dev/full", NULL);
  cr_expect_eq(full.status, 1, "%s", full.err);

  home_write(&s.home, "kept", 0600, "%s", "old");
  fob(&s.home, &old, "request", "https://127.0.0.1:1/", "--meta", kept, NULL);
  AUTO_STR char *still = home_read(&s.home, "kept", NULL);
  cr_expect_str_eq(still, "old");
}

/* --- nothing that is secret -------------------------------------------------
 */

/* An answer that repeats the token everywhere, and has secrets of its own. */
static void order_echo(const struct scene *s, const char *path,
                       const char *token, int status)
{
  server_order(&s->server,
               "{'next': {'path': '/api/%s', 'fault': 'status', 'status': %d, "
               "'headers': {'X-Echo': 'got %s', 'Set-Cookie': "
               "'sid=cookie-canary-1', 'X-Auth-Token': 'token-canary-2', "
               "'Location': 'https://h.example/?code=code-canary-3', 'Link': "
               "'</x?access_token=link-canary-4>; rel=next'}, 'body': 'no'}}",
               path, status, token);
}

static const char *const canaries[] = {
    PAT,           "cookie-canary", "token-canary",
    "code-canary", "link-canary",   "user-canary"};

static void expect_none(const char *text, const char *where)
{
  for (size_t i = 0; i < ARRAY_LEN(canaries); i++)
    cr_expect_not(has(text, canaries[i]), "%s is in %s: %s", canaries[i], where,
                  text);
}

Test(request_trace, shows_no_secret, .timeout = 300)
{
  static const int statuses[] = {200, 404, 500};
  AUTO_SCENE struct scene s;

  scene_make(&s);
  AUTO_STR char *path = home_path(&s.home, "meta");
  for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
    AUTO_OUTCOME struct outcome o;

    order_echo(&s, "user", PAT, statuses[i]);
    fob(&s.home, &o, "-vv", "request", "user", "a==" PAT,
        "api_key==user-canary", "--retry", "0", "--timing", "--meta", path,
        NULL);
    AUTO_STR char *meta = home_read(&s.home, "meta", NULL);
    cr_assert_not_null(meta);
    cr_expect(has(meta, "\"x-echo\": \"got [hidden, "), "%s", meta);
    cr_expect(has(o.err, "GET http"), "%s", o.err);
    expect_none(meta, "--meta");
    expect_none(o.err, "-vv --timing");
    json_t *parsed = json_loads(meta, 0, NULL);
    cr_expect_eq(number(parsed, "status"), statuses[i]);
    json_decref(parsed);
  }
}

/* A credential that is not the profile's: of a file, or with --no-auth. */
Test(request_trace, shows_no_credential_of_the_users, .timeout = 300)
{
  static const char *const lines[][6] = {
      {"--no-auth", "-H", "Authorization: Bearer user-canary-5"},
      {"--no-auth", "Authorization:Bearer user-canary-5"},
      {"--no-auth", "-H", "Cookie: a=user-canary-5"},
      {"-H", "@FILE"},
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  home_write(&s.home, "header", 0600, "%s",
             "Authorization: Bearer user-canary-5\n");
  AUTO_STR char *path = home_path(&s.home, "meta");
  AUTO_STR char *file = home_path(&s.home, "header");
  AUTO_STR char *option = mem_printf("@%s", file);
  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_OUTCOME struct outcome o;
    const char *words[12] = {"user", "-v", "--timing", "--meta", path};

    for (size_t k = 0; k < 6 && lines[i][k] != NULL; k++)
      words[5 + k] = strcmp(lines[i][k], "@FILE") == 0 ? option : lines[i][k];
    AUTO_STR char *url = mem_printf("%s/user", s.server.api);
    words[0] = url;
    order_echo(&s, "user", i == 2 ? "a=user-canary-5" : "user-canary-5", 200);
    fob_row(&s, &o, NULL, words);
    cr_expect_eq(o.status, 0, "%zu: %s", i, o.err);
    AUTO_STR char *meta = home_read(&s.home, "meta", NULL);
    expect_none(meta, "--meta");
    expect_none(o.err, "-v --timing");
    json_t *journal = server_journal(&s.server, "/api/user");
    char *sent = json_dumps(json_array_get(journal, i), 0);
    cr_expect(has(sent, "authorization") || i == 2, "%s", sent);
    free(sent);
    json_decref(journal);
  }
}

/* The key that goes into the query, over redirects. */
Test(request_trace, shows_no_key_of_the_query)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  scene_profile(&s, "svc",
                "{'schema': 1, 'api': ['%s'], 'grant': 'token', 'auth': "
                "{'in': 'query', 'name': 'k', 'format': '{token}'}}",
                s.server.api);
  json_t *meta =
      meta_for(&s, &o, (const char *const[8]){"redirect/1", "--timing", "-v"});
  char *dumped = json_dumps(meta, 0);
  cr_expect_eq(o.status, 0, "%s", o.err);
  expect_none(dumped, "--meta");
  expect_none(o.err, "--timing");
  free(dumped);
  json_decref(meta);
}

/* A message that quotes the answer outlives the secrets of the request. */
Test(request_trace, hides_a_secret_that_an_error_repeats)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  scene_profile(&s, "svc",
                "{'schema': 1, 'api': ['%s'], 'grant': 'token', 'api_error': "
                "{'ok': '/ok', 'message': '/error'}}",
                s.server.api);
  server_order(&s.server,
               "{'next': {'path': '/api/user', 'fault': 'status', 'status': "
               "200, 'headers': {'Content-Type': 'application/json'}, 'body': "
               "{'ok': false, 'error': 'bad %s'}}}",
               PAT);
  json_t *meta =
      meta_for(&s, &o, (const char *const[8]){"user", "--error-body", "none"});
  cr_expect_eq(o.status, 4, "%s", o.err);
  cr_expect(has(o.err, "bad [hidden"), "%s", o.err);
  expect_none(o.err, "the message");
  char *dumped = json_dumps(meta, 0);
  expect_none(dumped, "--meta");
  free(dumped);
  json_decref(meta);
}

/* --- the waterfall ----------------------------------------------------------
 */

Test(request_trace, draws_lines_where_there_is_no_terminal)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome one, two, quiet;

  scene_make(&s);
  fob(&s.home, &one, "request", "user", "--timing", NULL);
  cr_expect_eq(one.status, 0);
  cr_expect(has(one.out, "\"login\""));
  cr_expect(has(one.err, "/user: 200, HTTP/1.1, 127.0.0.1:"), "%s", one.err);
  cr_expect(has(one.err, "\n  connect   "), "%s", one.err);
  cr_expect(has(one.err, "\n  wait      "), "%s", one.err);
  cr_expect_not(has(one.err, "█") || has(one.err, "#") || has(one.err, "\x1b"));
  cr_expect_not(has(one.err, "exchanges"));
  fob(&s.home, &two, "request", "redirect/1", "--timing", NULL);
  cr_expect(has(two.err, "on a connection that was there"), "%s", two.err);
  cr_expect(has(two.err, "\n2 exchanges, 1 connection, "), "%s", two.err);
  fob(&s.home, &quiet, "--quiet", "request", "user", "--timing", NULL);
  cr_expect(has(quiet.err, "/user: 200"), "%s", quiet.err);
}

Test(request_trace, draws_what_failed)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome refused, cut;

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/user', 'times': 3, "
                          "'fault': 'cut'}}");
  fob(&s.home, &cut, "request", "user", "--timing", NULL);
  cr_expect(has(cut.err, "/user: answer_cut_short"), "%s", cut.err);
  cr_expect(has(cut.err, "\n  wait "), "%s", cut.err);
  home_setenv(&s.home, "FOB_API", "%s", "http://127.0.0.1:1");
  fob(&s.home, &refused, "request", "user", "--timing", NULL);
  cr_expect(has(refused.err, "/user: connect\n"), "%s", refused.err);
  cr_expect(has(refused.err, "\n  connect "), "%s", refused.err);
  cr_expect_not(has(refused.err, "\n  wait "), "%s", refused.err);
}

/* The widest line on the terminal, in columns; control sequences aside. */
static size_t widest(const char *text)
{
  size_t most = 0, width = 0;

  for (const char *at = text; *at != '\0'; at++) {
    if (*at == '\x1b') {
      at += strcspn(at, "m");
      continue;
    }
    if (*at == '\n' || *at == '\r') {
      width = 0;
      continue;
    }
    width += (*at & 0xc0) != 0x80;
    most = width > most ? width : most;
  }
  return most;
}

static const struct {
  const char *lc, *block;
  bool plain;
} terminals[] = {
    {"C.UTF-8", "█", false},
    {"C", "#", false},
    {"C.UTF-8", NULL, true},
};

Test(request_trace, draws_bars_on_a_terminal, .timeout = 300)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(terminals); i++) {
    AUTO_OUTCOME struct outcome o;

    home_setenv(&s.home, "LC_ALL", "%s", terminals[i].lc);
    home_setenv(&s.home, "ACCESSIBLE", terminals[i].plain ? "1" : NULL);
    struct program *p =
        fob_start(&s.home, TERMINAL_ALL, "request", "slow", "ms==50",
                  "--timing", "-o", "/dev/null", NULL);
    program_finish(p, &o);
    cr_expect_eq(o.status, 0, "%s", o.err);
    if (terminals[i].block != NULL)
      cr_expect(has(o.err, terminals[i].block), "%s", o.err);
    else
      cr_expect_not(has(o.err, "█") || has(o.err, "#"), "%s", o.err);
    cr_expect_leq(widest(o.err), 100, "%s", o.err);
    cr_expect_eq(terminals[i].plain, widest(o.err) < 90, "%s", o.err);
  }
}
