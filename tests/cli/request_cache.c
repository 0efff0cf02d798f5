/* fob request --cache: what is taken from the cache, what is asked about, and
 * what is not kept. */
#include "cli/request_scene.h"

#include "cli/cli.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Requests for /api/caching/a so far. */
static size_t asked(const struct scene *s)
{
  return server_count(&s->server, "/api/caching/a");
}

struct seen {
  size_t count;
  char path[512]; /* the last */
};

static void see(void *user, const char *path)
{
  struct seen *seen = user;
  const char *name = strrchr(path, '/') + 1;

  if (strstr(path, "/cache/fob/answers/") == NULL || *name == '.')
    return;
  seen->count++;
  snprintf(seen->path, sizeof seen->path, "%s", path);
}

/* Files of kept answers, those that are being written too. */
static struct seen kept_files(const struct scene *s)
{
  struct seen seen = {0};

  home_walk(&s->home, see, &seen);
  return seen;
}

/* fob request with the words. */
#define REQUEST(scene, o, ...)                                                 \
  do {                                                                         \
    outcome_clear(&(o));                                                       \
    fob(&(scene).home, &(o), "request", __VA_ARGS__, NULL);                    \
  } while (0)

Test(request_cache, serves_a_young_answer_without_asking)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome first = {0}, o = {0};

  scene_make(&s);
  REQUEST(s, first, "--cache", "1h", "caching/a");
  REQUEST(s, o, "--cache", "1h", "caching/a");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.out, first.out);
  cr_expect_eq(asked(&s), 1);
  REQUEST(s, o, "--cache", "1h", "caching/a", "-i");
  cr_expect(has(o.out, "HTTP/1.1 200 OK\r\n"), "%s", o.out);
  cr_expect(has(o.out, "\r\nAge: "), "%s", o.out);
  REQUEST(s, o, "--cache", "1h", "caching/a", "--pointer", "/made");
  cr_expect_str_eq(o.out, "1\n");
  REQUEST(s, o, "--cache", "1h", "caching/a", "-v");
  cr_expect(has(o.err, "old: served"), "%s", o.err);
  cr_expect_not(has(o.err, "\n> GET"), "%s", o.err);
  cr_expect_eq(asked(&s), 1);
  REQUEST(s, o, "caching/a");
  cr_expect_eq(asked(&s), 2, "without the option there is no cache");
}

Test(request_cache, serves_without_a_library_to_ask_with)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome first = {0}, o = {0};

  scene_make(&s);
  REQUEST(s, first, "--cache", "1h", "caching/a");
  home_write(&s.home, "lib/libcurl.so.4", 0600, "%s", "no library");
  AUTO_STR char *lib = home_path(&s.home, "lib");
  home_setenv(&s.home, "LD_LIBRARY_PATH", "%s", lib);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.out, first.out);
  REQUEST(s, o, "caching/a");
  cr_expect_eq(o.status, 1, "%s", o.err);
  cr_expect(has(o.err, "cannot load 'libcurl.so.4'"), "%s", o.err);
  cr_expect(has(o.err, "apt install libcurl4"), "%s", o.err);
  cr_expect_eq(asked(&s), 1);
}

Test(request_cache, writes_a_kept_answer_where_one_would_go)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};
  AUTO_STR char *path = NULL, *text = NULL;

  scene_make(&s);
  path = home_path(&s.home, "out.json");
  REQUEST(s, o, "--cache", "1h", "caching/a");
  REQUEST(s, o, "--cache", "1h", "caching/a", "-o", path);
  cr_expect_eq(o.status, 0, "%s", o.err);
  text = home_read(&s.home, "out.json", NULL);
  cr_expect(text != NULL && has(text, "\"made\":1"), "%s", text);
  REQUEST(s, o, "--cache", "1h", "caching/a?size=1000000", "-o", path);
  REQUEST(s, o, "--cache", "1h", "caching/a?size=1000000");
  cr_expect_eq(o.out_len, 1000000);
  cr_expect_eq(asked(&s), 2);
}

Test(request_cache, asks_whether_an_older_answer_holds)
{
  static const char *const validators[] = {
      "caching/a?etag=7", "caching/a?weak=7",
      "caching/a?modified=Sat,%2028%20Nov%202026%2010:00:00%20GMT"};

  for (size_t i = 0; i < ARRAY_LEN(validators); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o = {0};
    AUTO_STR char *first = NULL;

    scene_make(&s);
    REQUEST(s, o, "--cache", "0", validators[i]);
    first = mem_str(o.out);
    server_order(&s.server, "{'set': {'caching': {'header': 'X-Left:2'}}}");
    REQUEST(s, o, "--cache", "0", validators[i], "-i");
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect(has(o.out, "HTTP/1.1 200 OK\r\n"), "%s", o.out);
    cr_expect(has(o.out, first), "%s", o.out);
    cr_expect(has(o.out, "X-Left: 2\r\n"), "%s", o.out);
    cr_expect_eq(asked(&s), 2);
    REQUEST(s, o, "--cache", "1h", validators[i], "-i");
    cr_expect(has(o.out, "X-Left: 2\r\n"), "%s", o.out);
    cr_expect_eq(asked(&s), 2, "it has just been confirmed");
  }
}

Test(request_cache, takes_the_new_answer_where_the_old_one_does_not_hold)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  REQUEST(s, o, "--cache", "0", "caching/a?etag=7");
  server_order(&s.server, "{'set': {'caching': {'etag': '8'}}}");
  REQUEST(s, o, "--cache", "0", "caching/a?etag=7", "--pointer", "/made");
  cr_expect_str_eq(o.out, "2\n");
  REQUEST(s, o, "--cache", "0", "caching/a?etag=7", "--pointer", "/made");
  cr_expect_str_eq(o.out, "2\n");
  cr_expect_eq(asked(&s), 3);
  cr_expect_eq(kept_files(&s).count, 1);
}

/* Age tells what the clock would. */
Test(request_cache, counts_the_age_that_the_answer_came_with)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  REQUEST(s, o, "--cache", "10m", "caching/a?header=Age:1800");
  REQUEST(s, o, "--cache", "10m", "caching/a?header=Age:1800");
  cr_expect_eq(asked(&s), 2, "older than 10 min");
  REQUEST(s, o, "--cache", "1h", "caching/a?header=Age:1800", "-i");
  cr_expect_eq(asked(&s), 2);
  cr_expect(has(o.out, "\r\nAge: 180"), "%s", o.out);
  REQUEST(s, o, "--cache", "1h", "caching/a?header=Age:1800",
          "Cache-Control:max-age=60");
  cr_expect_eq(asked(&s), 3, "the request wants a younger one");
}

Test(request_cache, heeds_no_cache_and_lets_the_ttl_stand_over_the_rest)
{
  static const struct {
    const char *path;
    size_t asked;
  } cases[] = {{"caching/a?etag=7&control=no-cache", 2},
               {"caching/a?etag=7&control=max-age=0,must-revalidate", 1}};

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o = {0};

    scene_make(&s);
    REQUEST(s, o, "--cache", "1h", cases[i].path);
    REQUEST(s, o, "--cache", "1h", cases[i].path, "--pointer", "/made");
    cr_expect_str_eq(o.out, "1\n");
    cr_expect_eq(asked(&s), cases[i].asked, "%s", cases[i].path);
  }
}

static const struct {
  const char *words[6];
  const char *why;
} unkept[] = {
    {{"caching/a?control=no-store"}, "no-store"},
    {{"caching/a?control=private,NO-STORE"}, "no-store"},
    {{"caching/a?vary=*"}, "varies"},
    {{"caching/a?vary=Accept,*"}, "varies"},
    {{"caching/a?header=Content-Type:text/event-stream"}, "a stream"},
    {{"caching/a?size=8388609"}, "too large"},
    {{"caching/a?size=8388609&chunked=1"}, "larger than 8 MiB"},
    {{"caching/a", "Cache-Control:no-store"}, "says no-store"},
    {{"caching/a", "Range:bytes=0-1"}, "a range"},
    {{"caching/a", "If-None-Match:x"}, "a condition"},
    {{"caching/a", "-H", "@secret"}, "a secret"},
    {{"caching/a", "--no-auth", "Cookie:test-not-real"}, "a secret"},
    {{"caching/a", "--no-auth", "X-Api-Key:test-not-real"}, "a secret"},
    {{"status/404"}, "status"},
    {{"status/500"}, "status"},
    {{"redirect?to=echo"}, "by a redirect"},
    {{"POST", "caching/a", "x=1"}, "only what GET"},
};

Test(request_cache, keeps_nothing_that_may_not_be_kept)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  home_write(&s.home, "secret", 0600, "X-Own: test-own-not-real\n");
  cr_assert_eq(chdir(s.home.dir), 0);
  for (size_t i = 0; i < ARRAY_LEN(unkept); i++) {
    AUTO_OUTCOME struct outcome o = {0};
    const char *const *w = unkept[i].words;

    fob(&s.home, &o, "request", "--cache", "1h", "-v", w[0],
        w[1] ? w[1] : "--color=never", w[2] ? w[2] : "--color=never", NULL);
    cr_expect_eq(kept_files(&s).count, 0, "%s", w[0]);
    cr_expect(has(o.err, unkept[i].why), "%s: %s", w[0], o.err);
  }
}

Test(request_cache, keeps_nothing_of_an_answer_that_breaks_off)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/caching/a', 'fault': 'truncate'}}");
  REQUEST(s, o, "--cache", "1h", "caching/a");
  cr_expect_neq(o.status, 0);
  cr_expect_eq(kept_files(&s).count, 0);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(asked(&s), 2);
}

Test(request_cache, keeps_no_refusal_that_looks_like_success)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  scene_profile(&s, "p",
                "{'schema': 1, 'api': ['%s'], 'grant': 'token', "
                "'api_error': {'ok': '/ok', 'message': '/error/message'}}",
                s.server.api);
  for (size_t i = 1; i <= 2; i++) {
    REQUEST(s, o, "-p", "p", "--cache", "1h", "json/error");
    cr_expect_eq(o.status, 4, "%s", o.err);
    cr_expect_eq(server_count(&s.server, "/api/json/error"), i);
    cr_expect_eq(kept_files(&s).count, 0);
  }
}

Test(request_cache, keeps_variants_apart)
{
  static const char *const accepts[] = {"Accept:a/1", "Accept:a/2"};
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < 4; i++) {
    AUTO_OUTCOME struct outcome o = {0};

    REQUEST(s, o, "--cache", "1h", "caching/a?vary=Accept", accepts[i % 2],
            "--pointer", "/accept");
    cr_expect_str_eq(o.out, i % 2 == 0 ? "\"a/1\"\n" : "\"a/2\"\n");
  }
  cr_expect_eq(asked(&s), 2);
}

Test(request_cache, tells_get_from_head_and_decoded_from_raw)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  REQUEST(s, o, "--cache", "1h", "gzip");
  REQUEST(s, o, "--cache", "1h", "gzip", "--raw");
  cr_expect(o.out_len > 2 && memcmp(o.out, "\x1f\x8b", 2) == 0);
  REQUEST(s, o, "--cache", "1h", "gzip", "-I");
  cr_expect(has(o.out, "Content-Encoding: gzip"), "%s", o.out);
  REQUEST(s, o, "--cache", "1h", "gzip", "-I");
  REQUEST(s, o, "--cache", "1h", "gzip");
  cr_expect_str_eq(o.out, "{\"packed\":true,\"money\":1.10}");
  cr_expect_eq(server_count(&s.server, "/api/gzip"), 3);
}

Test(request_cache, asks_anew_when_a_304_is_about_something_else)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};
  json_t *journal;

  scene_make(&s);
  REQUEST(s, o, "--cache", "0", "caching/a?etag=7");
  server_order(&s.server,
               "{'next': {'path': '/api/caching/a', 'fault': 'status', "
               "'status': 304, 'headers': {'ETag': '\\\"9\\\"'}}}");
  REQUEST(s, o, "--cache", "0", "caching/a?etag=7", "--pointer", "/made");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.out, "2\n");
  journal = server_journal(&s.server, "/api/caching/a");
  cr_assert_eq(json_array_size(journal), 3);
  json_decref(journal);
}

Test(request_cache, forgets_what_another_method_may_have_changed)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  REQUEST(s, o, "--cache", "1h", "PATCH", "caching/a", "x=1");
  cr_expect_eq(kept_files(&s).count, 0);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  cr_expect_eq(asked(&s), 3);
}

Test(request_cache, serves_pages_and_batches_too)
{
  static const char issues[] = "/acme/v2/repos/o/r/issues";
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", "%s/acme/v2", s.server.base);
  for (int i = 0; i < 2; i++) {
    REQUEST(s, o, "--cache", "1h", "--paginate", "repos/o/r/issues");
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect(has(o.out, "\"number\":5"), "%s", o.out);
    cr_expect_eq(server_count(&s.server, issues), 3, "three pages");
  }
  for (int i = 0; i < 2; i++) {
    outcome_clear(&o);
    fob_input(&s.home, &o, "user\nrepos/o/r/issues/3\n", "request", "--cache",
              "1h", "--batch", "-", NULL);
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect(has(o.out, "\"login\":\"ann\""), "%s", o.out);
    cr_expect(has(o.out, "\"number\":3"), "%s", o.out);
    cr_expect_eq(server_count(&s.server, "/acme/v2/user"), 1);
  }
}

Test(request_cache, does_not_answer_a_poll)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};

  scene_make(&s);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  REQUEST(s, o, "--cache", "1h", "caching/a", "--wait-for", "/made=2",
          "--wait-timeout", "30s");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(asked(&s), 2);
}

Test(request_cache, takes_a_damaged_file_for_none)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};
  struct seen seen;
  int fd;

  scene_make(&s);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  seen = kept_files(&s);
  cr_assert_eq(seen.count, 1);
  fd = open(seen.path, O_WRONLY);
  cr_assert_eq(pwrite(fd, "x", 1, 200), 1);
  close(fd);
  REQUEST(s, o, "--cache", "1h", "caching/a", "--pointer", "/made");
  cr_expect_str_eq(o.out, "2\n");
  cr_expect_eq(kept_files(&s).count, 1);
}

Test(request_cache, goes_on_without_a_cache_where_there_can_be_none)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};
  AUTO_STR char *link = NULL;

  scene_make(&s);
  link = home_path(&s.home, "cache/fob");
  home_write(&s.home, "elsewhere/x", 0600, "x");
  home_write(&s.home, "cache/x", 0600, "x");
  cr_assert_eq(symlink("../elsewhere", link), 0);
  REQUEST(s, o, "--cache", "1h", "caching/a");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(has(o.out, "\"made\":1"));
  cr_expect(has(o.err, "warning: no cache: "), "%s", o.err);
  cr_expect(has(o.err, "is a link"), "%s", o.err);
  cr_expect_not(home_has(&s.home, "elsewhere/answers"));
}

/* Of 3,000 bytes the output takes all, and the cache's file not. */
static void limit_files(void)
{
  const struct rlimit limit = {.rlim_cur = 3100, .rlim_max = 3100};

  (void)setrlimit(RLIMIT_FSIZE, &limit);
}

Test(request_cache, gives_the_answer_although_the_disk_is_full)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o = {0};
  AUTO_STR char *path = program_fob();
  const char *const argv[] = {
      path, "request", "-v", "--cache", "1h", "caching/a?size=3000", NULL};

  scene_make(&s);
  program_run(&(struct program_options){.argv = argv,
                                        .env = s.home.env,
                                        .in_child = limit_files},
              &o);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(o.out_len, 3000);
  cr_expect(has(o.err, "not kept: cannot write"), "%s", o.err);
  cr_expect_eq(kept_files(&s).count, 0);
}
