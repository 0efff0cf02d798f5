/* fob request --paginate: the styles, the caps, and what ends a run early. */
#include "cli/pages_scene.h"

#include "support/skip.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define QUERY "query=query($endCursor: String) { items { nodes { id } } }"

static const struct {
  const char *words[5];
  const char *at, *ids;
  const char *kept; /* of the wrapper */
} styles[] = {
    {{"pages/link"}, "", "1-10", ""},
    {{"pages/next"}, "/items", "1-10", "\"money\":1.10}"},
    {{"pages/cursor"}, "/items", "1-10", "{\"ok\":true,"},
    {{"pages/offset"}, "/items", "1-10", "\"total\":10}"},
    {{"POST", "pages/cursor", "a=1"}, "/items", "1-10", ""},
    {{"POST", "pages/graphql", QUERY}, "/data/items/nodes", "1-10", ""},
    {{"pages/page", "--paginate=page"}, "", "1-10", ""},
    {{"pages/offset", "--paginate=offset"}, "/items", "1-10", ""},
    {{"pages/link", "--paginate=link"}, "", "1-10", ""},
    {{"pages/next", "--next", "/next"}, "/items", "1-10", ""},
    {{"pages/cursor", "--next", "cursor=/next_cursor"}, "/items", "1-10", ""},
    {{"pages/link?page=3"}, "", "7-10", ""},
    /* nothing leads on, or is looked for */
    {{"pages/none"}, "", "1-3", ""},
    {{"pages/page"}, "", "1-3", ""},
    {{"pages/link", "--paginate=off"}, "", "1-3", ""},
    {{"pages/link", "--paginate=cursor"}, "", "1-3", ""},
    {{"pages/link", "--paginate=next"}, "", "1-3", ""},
};

Test(request_pages, merges_every_style)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(styles); i++) {
    const char *const *w = styles[i].words;
    AUTO_OUTCOME struct outcome o;

    paged(&s, &o, w[0], w[1], w[2], w[3]);
    cr_expect_eq(o.status, 0, "%s: %s", w[0], o.err);
    cr_expect_str_eq(ids_at(o.out, styles[i].at), styles[i].ids, "%s %s: %s",
                     w[0], w[1], o.out);
    cr_expect(has(o.out, styles[i].kept), "%s: %s", w[0], o.out);
    cr_expect_str_eq(o.err, "");
  }
}

/* Each page is asked for once, and comes in its turn. */
Test(request_pages, asks_ahead_where_the_last_page_is_known)
{
  static const char *const lists[] = {"pages/link", "pages/page",
                                      "pages/offset"};
  AUTO_SCENE struct scene s;

  scene_make(&s);
  server_order(&s.server, "{'set': {'pages': {'last': true, 'total': 100}}}");
  for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *path = mem_printf("/api/%s", lists[i]);

    paged(&s, &o, lists[i]);
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect_str_eq(ids_at(o.out, i == 2 ? "/items" : ""), "1-100", "%s",
                     o.out);
    cr_expect_eq(server_count(&s.server, path), 34, "%s: %zu", path,
                 server_count(&s.server, path));
  }
}

Test(request_pages, asks_again_in_its_turn_for_what_failed_ahead)
{
  static const char *const faults[] = {
      "'fault': 'reset'", "'fault': 'status', 'status': 404",
      "'fault': 'status', 'status': 404, 'delay_ms': 100",
      "'fault': 'truncate'"};

  for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    scene_make(&s);
    server_order(&s.server, "{'set': {'pages': {'last': true, 'total': 30}}}");
    server_order(&s.server,
                 "{'next': {'path': '/api/pages/link', 'skip': 4, %s}}",
                 faults[i]);
    paged(&s, &o, "pages/link");
    cr_expect_eq(o.status, 0, "%s: %s", faults[i], o.err);
    cr_expect_str_eq(ids(o.out), "1-30", "%s: %s", faults[i], o.out);
  }
}

static const struct {
  const char *setting; /* of pages */
  const char *words[4];
  int status;
  const char *ids, *said;
} ends[] = {
    {"'next': 'https://evil.example/x'",
     {"pages/link"},
     11,
     "1-3",
     "https://evil.example/x, another origin"},
    {"'next': 'https://evil.example/x?api_token=abc'",
     {"pages/link"},
     11,
     "1-3",
     "https://evil.example/x?api_token=[hidden]"},
    {"'next': '//evil.example/x'", {"pages/next"}, 11, "1-3", "plain http"},
    {"'next': 'http://192.0.2.1/x'", {"pages/link"}, 11, "1-3", "plain http"},
    {"'next': '?page=1'",
     {"pages/link?page=1"},
     13,
     "1-3",
     "the pages go round in a circle"},
    {"'next': 'c3'", {"pages/cursor"}, 13, "1-6", "that was there before"},
    {"'repeat': true",
     {"pages/page", "--paginate=page"},
     13,
     "1-3",
     "is the very page before it once more: 'page' leads nowhere"},
    {"'short': 4, 'at': 2",
     {"pages/offset"},
     10,
     "1-4",
     "the list became shorter while it was read"},
    {"'short': 0, 'at': 3",
     {"pages/offset"},
     10,
     "1-6",
     "the list became shorter while it was read"},
    {"'last': true, 'total': 30, 'short': 12, 'at': 4",
     {"pages/link"},
     10,
     "1-12",
     "the list became shorter"},
    {"'last': true, 'total': 30, 'short': 12, 'at': 4",
     {"pages/page"},
     10,
     "1-12",
     "the list became shorter"},
};

Test(request_pages, ends_where_pages_do_not_lead_on)
{
  for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;
    const char *const *w = ends[i].words;
    const char *at =
        has(w[0], "cursor") || has(w[0], "next") || has(w[0], "offset")
            ? "/items"
            : "";

    scene_make(&s);
    server_order(&s.server, "{'set': {'pages': {%s}}}", ends[i].setting);
    paged(&s, &o, w[0], w[1], w[2]);
    cr_expect_eq(o.status, ends[i].status, "%s: %d %s", ends[i].setting,
                 o.status, o.err);
    cr_expect_str_eq(ids_at(o.out, at), ends[i].ids, "%s: %s", ends[i].setting,
                     o.out);
    cr_expect(has(o.err, ends[i].said), "%s: %s", ends[i].setting, o.err);
  }
}

static const struct {
  const char *fault;
  int status;
  const char *said;
} broken[] = {
    {"'fault': 'status', 'status': 200, 'body': '<html>'", 13,
     "page 3 is not JSON"},
    {"'fault': 'status', 'status': 200, 'body': ''", 13, "page 3 is empty"},
    {"'fault': 'status', 'status': 200, 'body': '{}'", 13,
     "page 3 has no list"},
    {"'fault': 'status', 'status': 200, 'body': '[7] x'", 13, "page 3"},
    {"'fault': 'status', 'status': 404, 'body': 'no such page', 'times': -1", 4,
     "no such page"},
    {"'fault': 'status', 'status': 500, 'times': -1", 5, "500"},
    {"'fault': 'reset', 'times': -1", 6, "127.0.0.1"},
    {"'fault': 'truncate', 'times': -1", 10, "127.0.0.1"},
};

Test(request_pages, stays_json_when_a_page_is_broken)
{
  for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    scene_make(&s);
    server_order(&s.server,
                 "{'next': {'path': '/api/pages/link', 'skip': 2, %s}}",
                 broken[i].fault);
    paged(&s, &o, "pages/link", "--retry", "1", "-m", "20");
    cr_expect_eq(o.status, broken[i].status, "%s: %d %s", broken[i].fault,
                 o.status, o.err);
    cr_expect(has(o.err, broken[i].said), "%s: %s", broken[i].fault, o.err);
    cr_expect(has(ids(o.out), "1-6") || has(ids(o.out), "1-6,0-0"), "%s: %s",
              broken[i].fault, o.out);
  }
}

/* The first page's failure is that of any request. */
Test(request_pages, fails_at_once_on_the_first_page)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, file;

  scene_make(&s);
  home_write(&s.home, "out", 0600, "before");
  AUTO_STR char *path = home_path(&s.home, "out");
  paged(&s, &o, "status/404?body=gone");
  cr_expect_eq(o.status, 4);
  cr_expect_str_eq(o.out, "");
  cr_expect(has(o.err, "gone\nfob: GET "), "%s", o.err);
  paged(&s, &file, "status/404", "-o", path);
  cr_expect_eq(file.status, 4);
  AUTO_STR char *text = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(text, "before");
}

Test(request_pages, puts_a_file_in_its_place_when_all_is_there)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, capped, failed;

  scene_make(&s);
  AUTO_STR char *path = home_path(&s.home, "out");
  paged(&s, &o, "pages/link", "-o", path);
  cr_expect_eq(o.status, 0, "%s", o.err);
  AUTO_STR char *whole = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(ids(whole), "1-10");
  server_order(&s.server, "{'next': {'path': '/api/pages/link', 'skip': 2, "
                          "'fault': 'status', 'status': 400, 'times': -1}}");
  paged(&s, &failed, "pages/link", "-o", path);
  cr_expect_eq(failed.status, 4);
  AUTO_STR char *same = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(ids(same), "1-10");
  server_reset(&s.server);
  paged(&s, &capped, "pages/link", "--max-pages", "2", "-o", path);
  cr_expect_eq(capped.status, 10);
  AUTO_STR char *part = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(ids(part), "1-6");
}

static const struct {
  const char *words[6];
  int status;
  const char *at, *ids, *said;
} caps[] = {
    {{"pages/link", "--max-pages", "2"},
     10,
     "",
     "1-6",
     "stopped after 2 pages (--max-pages); the next page is http://"},
    {{"pages/link", "--max-pages", "2"}, 10, "", "1-6", "?page=3\n"},
    {{"pages/link", "--max-pages", "4"}, 0, "", "1-10", ""},
    {{"pages/link", "--max-pages", "9"}, 0, "", "1-10", ""},
    {{"pages/link", "--max-items", "5"},
     10,
     "",
     "1-5",
     "stopped after 5 items (--max-items), in the middle of http://"},
    {{"pages/link", "--max-items", "6"},
     10,
     "",
     "1-6",
     "stopped after 6 items (--max-items); the next page is http://"},
    {{"pages/link", "--max-items", "10"}, 0, "", "1-10", ""},
    {{"pages/link", "--max-items", "8"}, 10, "", "1-8", "in the middle of"},
    {{"pages/none", "--max-items", "3"}, 0, "", "1-3", ""},
    {{"pages/cursor", "--max-items", "5"}, 10, "/items", "1-5", "--resume"},
    {{"pages/link", "--slurp", "--max-pages", "2"}, 10, "/1", "4-6", "page=3"},
    {{"pages/link", "--slurp"}, 0, "/3", "10-10", ""},
    {{"pages/link", "--pointer", "/9"}, 0, NULL, "{\"id\":10}\n", ""},
};

Test(request_pages, says_10_when_a_cap_left_something)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
    AUTO_OUTCOME struct outcome o;
    const char *const *w = caps[i].words;

    paged(&s, &o, w[0], w[1], w[2], w[3], w[4]);
    cr_expect_eq(o.status, caps[i].status, "%s %s: %s", w[1], w[2], o.err);
    cr_expect_str_eq(caps[i].at != NULL ? ids_at(o.out, caps[i].at) : o.out,
                     caps[i].ids, "%s %s: %s", w[1], w[2], o.out);
    cr_expect(has(o.err, caps[i].said), "%s %s: %s", w[1], w[2], o.err);
  }
}

/* The forms and filters are of the whole. */
Test(request_pages, prints_the_whole_in_any_form)
{
  static const struct {
    const char *words[6];
    const char *out;
  } rows[] = {
      {{"pages/cursor", "--format", "ndjson", "--max-time=60"},
       "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n"},
      {{"pages/link", "--format", "ndjson", "--pointer", "/3"}, "{\"id\":4}\n"},
      {{"pages/link", "--format", "ndjson", "--slurp"},
       "[{\"id\":1},{\"id\":2},{\"id\":3}]\n[{\"id\":4}"},
      {{"pages/link", "--format", "json"}, "[\n  {\n    \"id\": 1\n  },"},
      {{"pages/cursor", "--jq", ".items|length"}, "10\n"},
      {{"pages/cursor", "--jq", ".items[].id", "--format", "ndjson"},
       "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"},
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  server_order(&s.server, "{'set': {'pages': {'total': 10}}}");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    const char *const *w = rows[i].words;
    AUTO_OUTCOME struct outcome o;

    paged(&s, &o, w[0], w[1], w[2], w[3], w[4]);
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect_eq(strncmp(o.out, rows[i].out, strlen(rows[i].out)), 0, "%zu: %s",
                 i, o.out);
  }
}

/* Lines of two runs make up one file. */
Test(request_pages, appends_lines_to_a_file_run_by_run)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome one, two;

  scene_make(&s);
  AUTO_STR char *point = home_path(&s.home, "point");
  paged(&s, &one, "pages/link", "--format", "ndjson", "--resume", point,
        "--max-items", "4");
  cr_expect_eq(one.status, 10);
  paged(&s, &two, "pages/link", "--format", "ndjson", "--resume", point);
  cr_expect_eq(two.status, 0);
  AUTO_STR char *both = mem_printf("%s%s", one.out, two.out);
  cr_expect_str_eq(both, "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n"
                         "{\"id\":5}\n{\"id\":6}\n{\"id\":7}\n{\"id\":8}\n"
                         "{\"id\":9}\n{\"id\":10}\n");
}

/* What is out before the second page is there. */
Test(request_pages, hands_on_a_page_before_the_next_is_there)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *program = program_fob();
  const char *const argv[] = {program, "request", "--paginate", "pages/link",
                              NULL};
  char bytes[100] = "";
  int fds[2];

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/pages/link', 'skip': 1, "
                          "'fault': 'slow', 'delay_ms': 20000}}");
  cr_assert_eq(pipe(fds), 0);
  struct program *p = program_start(&(struct program_options){
      .argv = argv, .env = s.home.env, .out_fd = fds[1]});
  close(fds[1]);
  struct pollfd wait = {.fd = fds[0], .events = POLLIN};
  cr_expect_eq(poll(&wait, 1, 15000), 1, "nothing came");
  for (ssize_t len = 0, got = 1; got > 0 && len < 18; len += got)
    got = read(fds[0], bytes + len, sizeof bytes - 1 - (size_t)len);
  cr_expect_eq(strncmp(bytes, "[{\"id\":1},{\"id\":2}", 18), 0, "%s", bytes);
  close(fds[0]);
  kill(program_pid(p), SIGTERM);
  program_finish(p, NULL);
}

Test(request_pages, refreshes_once_in_the_middle)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  scene_age(&s, 60);
  server_order(&s.server,
               "{'set': {'pages': {'last': true, 'total': 60}}, 'next': "
               "{'path': '/api/pages/link', 'skip': 5, 'times': 3, 'fault': "
               "'status', 'status': 401, 'headers': {'WWW-Authenticate': "
               "'Bearer error=\\'invalid_token\\''}}}");
  size_t before = server_count(&s.server, "/token");
  paged(&s, &o, "pages/link");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(ids(o.out), "1-60", "%s", o.out);
  cr_expect_eq(server_count(&s.server, "/token"), before + 1);
}

Test(request_pages, sees_a_refusal_in_a_later_page)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  scene_profile(&s, "svc",
                "{'schema': 1, 'api': ['%s'], 'grant': 'token', 'api_error': "
                "{'ok': '/ok', 'message': '/error'}}",
                s.server.api);
  home_setenv(&s.home, "FOB_API", "%s", "");
  server_order(&s.server, "{'set': {'pages': {'refuse': true, 'at': 2}}}");
  paged(&s, &o, "pages/cursor");
  cr_expect_eq(o.status, 4, "%s", o.err);
  cr_expect_str_eq(ids_at(o.out, "/items"), "1-3", "%s", o.out);
  cr_expect(has(o.err, "{\"ok\":false,\"error\":\"refused\"}"), "%s", o.err);
  cr_expect(has(o.err, "and a refusal: \"refused\""), "%s", o.err);
}

static void little_memory(void)
{
  const struct rlimit limit = {.rlim_cur = 48 << 20, .rlim_max = 48 << 20};

  (void)setrlimit(RLIMIT_DATA, &limit);
}

/* 64 MiB in one page, and 48 MiB to do it in. */
Test(request_pages, takes_a_huge_page_in_little_memory)
{
  NEEDS_OWN_MEMORY;
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *program = program_fob();
  const char *const argv[] = {program,      "request",   "--paginate",
                              "pages/next", "--pointer", "/items/63999",
                              NULL};

  scene_make(&s);
  server_order(
      &s.server,
      "{'set': {'pages': {'size': 64000, 'total': 64000, 'pad': 950}}}");
  program_run(&(struct program_options){.argv = argv,
                                        .env = s.home.env,
                                        .in_child = little_memory},
              &o);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(strncmp(o.out, "{\"id\":64000,", 12), 0, "%.30s", o.out);
}
