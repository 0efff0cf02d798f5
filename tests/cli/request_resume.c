/* fob request --paginate --resume: a run that ends anywhere goes on in another
 * one, and no item comes twice or is lost. */
#include "cli/pages_scene.h"

#include "support/skip.h"

#include <signal.h>
#include <sys/stat.h>

static const char *at_of(const char *list)
{
  return has(list, "graphql") ? "/data/items/nodes"
         : has(list, "cursor") || has(list, "offset") || has(list, "next")
             ? "/items"
             : "";
}

static const struct list {
  const char *words[4];
  const char *path;
} lists[] = {
    {{"pages/link"}, "/api/pages/link"},
    {{"pages/next"}, "/api/pages/next"},
    {{"pages/cursor"}, "/api/pages/cursor"},
    {{"pages/offset"}, "/api/pages/offset"},
    {{"pages/page", "--paginate=page"}, "/api/pages/page"},
    {{"POST", "pages/cursor", "a=1"}, "/api/pages/cursor"},
    {{"POST", "pages/graphql", "query=query($endCursor: String) { items }"},
     "/api/pages/graphql"},
};

static const char *const faults[] = {
    "'fault': 'reset'",
    "'fault': 'truncate'",
    "'fault': 'status', 'status': 400",
    "'fault': 'status', 'status': 200, 'body': '[1'",
    "'fault': 'raw', 'raw': 'HTTP/1.1 200 OK\\r\\nContent-Type: "
    "application/json\\r\\nContent-Length: 99\\r\\n\\r\\n'",
    "'fault': 'raw', 'raw': 'HTTP/1.1 200 OK\\r\\nContent-Le'",
};

/* What the first run and the second give, with the server breaking in between
 * in its own way from request `skip` on. */
static void interrupt(const struct scene *s, const struct list *list,
                      const char *fault, int skip)
{
  const char *const *w = list->words;
  int last = 0, next = 0;
  AUTO_OUTCOME struct outcome broken, rest;
  AUTO_STR char *state = home_path(&s->home, "point");

  server_reset(&s->server);
  server_order(&s->server,
               "{'next': {'path': '%s', 'skip': %d, 'times': -1, %s}}",
               list->path, skip, fault);
  paged(s, &broken, w[0], w[1] != NULL ? w[1] : "--max-time=60",
        w[2] != NULL ? w[2] : "--max-time=60", "--retry", "0", "--resume",
        state);
  cr_expect_neq(broken.status, 0, "%s at %d", fault, skip);
  cr_expect(skip == 0 || home_has(&s->home, "point"));
  server_reset(&s->server);
  paged(s, &rest, w[0], w[1] != NULL ? w[1] : "--max-time=60",
        w[2] != NULL ? w[2] : "--max-time=60", "--resume", state);
  cr_expect_eq(rest.status, 0, "%s at %d: %s", fault, skip, rest.err);
  /* With pages ahead, which one broke is not the same each time. */
  if (skip > 0)
    cr_expect_eq(sscanf(ids_at(broken.out, at_of(list->path)), "1-%d", &last),
                 1, "%s", broken.out);
  cr_expect_eq(sscanf(ids_at(rest.out, at_of(list->path)), "%d-10", &next), 1);
  cr_expect(next == last + 1 && last <= 3 * skip, "%s, %s at %d: %s then %s",
            list->path, fault, skip, broken.out, rest.out);
  cr_expect(!home_has(&s->home, "point"));
}

static void interrupt_all(size_t from, size_t to)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = from; i < to; i++) {
    for (size_t f = i == 0 ? 0 : 2; f < (is_slow() ? 3 : ARRAY_LEN(faults));
         f++) {
      for (int skip = 0; skip < 4; skip++)
        interrupt(&s, &lists[i], faults[f], skip);
    }
  }
}

Test(request_resume, loses_nothing_of_linked_pages)
{
  interrupt_all(0, 1);
}

Test(request_resume, loses_nothing_of_pages_that_bodies_name)
{
  interrupt_all(1, 3);
}

Test(request_resume, loses_nothing_of_numbered_pages)
{
  interrupt_all(3, 5);
}

Test(request_resume, loses_nothing_of_posted_pages)
{
  interrupt_all(5, 7);
}

/* Pages of more than 1 MiB are not held: what of one is out is counted. They
 * break off in an item, behind one, at a comma. */
Test(request_resume, counts_the_items_of_a_long_page_that_broke_off)
{
  for (int pad = 40000; pad < 40008; pad += is_slow() ? 4 : 1) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome broken, rest;

    scene_make(&s);
    AUTO_STR char *state = home_path(&s.home, "point");
    server_order(&s.server,
                 "{'set': {'pages': {'size': 60, 'total': 150, 'pad': %d}}, "
                 "'next': {'path': '/api/pages/next', 'skip': 1, 'fault': "
                 "'truncate'}}",
                 pad);
    paged(&s, &broken, "pages/next", "--resume", state);
    cr_expect_eq(broken.status, 10, "%s", broken.err);
    cr_expect(has(broken.err, "the same command goes on there"), "%s",
              broken.err);
    paged(&s, &rest, "pages/next", "--resume", state);
    cr_expect_eq(rest.status, 0, "%s", rest.err);
    int last = 0, next = 0, end = 0;
    cr_expect_eq(sscanf(ids_at(broken.out, "/items"), "1-%d", &last), 1);
    cr_expect_eq(sscanf(ids_at(rest.out, "/items"), "%d-%d", &next, &end), 2);
    cr_expect(last > 80 && last < 120, "%d", last);
    cr_expect(next == last + 1 && end == 150, "%d %d", next, end);
  }
}

/* A run after a run, two pages or four items at a time. */
Test(request_resume, goes_on_behind_a_cap)
{
  static const struct {
    const char *cap, *number;
    const char *runs[4];
  } rows[] = {
      {"--max-pages", "2", {"1-6", "7-10"}},
      {"--max-items", "4", {"1-4", "5-8", "9-10"}},
      {"--max-items", "3", {"1-3", "4-6", "7-9", "10-10"}},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_SCENE struct scene s;

    scene_make(&s);
    AUTO_STR char *state = home_path(&s.home, "point");
    for (size_t n = 0; n < 4 && rows[i].runs[n] != NULL; n++) {
      AUTO_OUTCOME struct outcome o;
      bool end = n == 3 || rows[i].runs[n + 1] == NULL;

      paged(&s, &o, "pages/cursor", "--resume", state, rows[i].cap,
            rows[i].number);
      cr_expect_eq(o.status, end ? 0 : 10, "%s", o.err);
      cr_expect_str_eq(ids_at(o.out, "/items"), rows[i].runs[n], "%s", o.out);
      cr_expect(end || has(o.err, "the same command goes on there"), "%s",
                o.err);
    }
    cr_expect(!home_has(&s.home, "point"));
  }
}

/* What leads elsewhere today may not tomorrow. */
Test(request_resume, goes_on_when_the_server_has_come_to_its_senses)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, rest;

  scene_make(&s);
  AUTO_STR char *state = home_path(&s.home, "point");
  server_order(&s.server,
               "{'set': {'pages': {'next': 'https://evil.example/'}}}");
  paged(&s, &o, "pages/link", "--resume", state);
  cr_expect_eq(o.status, 11);
  cr_expect_str_eq(ids(o.out), "1-3");
  server_reset(&s.server);
  paged(&s, &rest, "pages/link", "--resume", state);
  cr_expect_eq(rest.status, 0, "%s", rest.err);
  cr_expect_str_eq(ids(rest.out), "4-10");
}

Test(request_resume, goes_on_after_an_interrupt)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, rest;

  scene_make(&s);
  AUTO_STR char *state = home_path(&s.home, "point");
  server_order(&s.server, "{'next': {'path': '/api/pages/link', 'skip': 2, "
                          "'fault': 'slow', 'delay_ms': 20000}}");
  struct program *p = fob_start(&s.home, TERMINAL_NONE, "request", "--paginate",
                                "pages/link", "--resume", state, NULL);
  cr_assert(server_await(&s.server, "/api/pages/link", 3, 20000));
  kill(program_pid(p), SIGINT);
  program_finish(p, &o);
  cr_expect_eq(o.signal, SIGINT);
  cr_expect_str_eq(ids(o.out), "1-6", "%s", o.out);
  paged(&s, &rest, "pages/link", "--resume", state);
  cr_expect_eq(rest.status, 0, "%s", rest.err);
  cr_expect_str_eq(ids(rest.out), "7-10", "%s", rest.out);
}

Test(request_resume, keeps_its_file_to_itself_and_to_one_request)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, other, body, bad;
  struct stat st;

  scene_make(&s);
  AUTO_STR char *state = home_path(&s.home, "point");
  paged(&s, &o, "POST", "pages/cursor", "a=1", "--max-pages", "1", "--resume",
        state);
  cr_expect_eq(o.status, 10, "%s", o.err);
  cr_assert_eq(stat(state, &st), 0);
  cr_expect_eq(st.st_mode & 0777, 0600);
  AUTO_STR char *text = home_read(&s.home, "point", NULL);
  cr_expect(!has(text, PAT));
  size_t before = server_count(&s.server, "/api/pages/cursor");
  paged(&s, &other, "pages/cursor", "--resume", state);
  cr_expect_eq(other.status, 2);
  cr_expect(has(other.err, "it belongs to POST http://"), "%s", other.err);
  paged(&s, &body, "POST", "pages/cursor", "a=2", "--resume", state);
  cr_expect_eq(body.status, 2);
  cr_expect(has(body.err, "another body"), "%s", body.err);
  home_write(&s.home, "point", 0600, "{}");
  paged(&s, &bad, "pages/cursor", "--resume", state);
  cr_expect_eq(bad.status, 2);
  cr_expect(has(bad.err, "no checkpoint of fob's"), "%s", bad.err);
  cr_expect_eq(server_count(&s.server, "/api/pages/cursor"), before);
}

Test(request_resume, says_when_the_file_cannot_be_written)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  AUTO_STR char *state = home_path(&s.home, "no/such/state");
  paged(&s, &o, "pages/link", "--resume", state);
  cr_expect_eq(o.status, 1, "%s", o.err);
  cr_expect(has(o.err, "--resume"), "%s", o.err);
  cr_expect_str_eq(ids(o.out), "1-3", "%s", o.out);
}
