/* fob request -C -: downloads that go on. */
#include "cli/files_scene.h"

#include <signal.h>
#include <time.h>

/* What comes of a first run, in which no try gets beyond 30,000 bytes. */
static const char broken[] = "{'cut': 30000}, {'status': 403}";

static void expect_kept(const struct scene *s, bool kept)
{
  cr_expect_eq(is_there(s, "out.part"), kept);
  cr_expect_eq(is_there(s, "out.part.json"), kept);
}

static void break_off(const struct scene *s, const char *list)
{
  AUTO_OUTCOME struct outcome o;
  /* A file that is there is asked about first. */
  AUTO_STR char *longer = mem_printf("{}, %s", list);

  serve(s, is_there(s, "out") ? longer : list);
  get(s, &o, "file -o out -C -");
  cr_expect_eq(o.status, 10, "%d: %s", o.status, o.err);
  cr_expect_str_eq(o.out, "");
}

static void expect_whole(const struct scene *s, int version)
{
  cr_expect(holds(s, "out", FILE_SIZE, version));
  expect_kept(s, false);
}

Test(request_continue, is_a_plain_download_where_nothing_is_there)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, empty;

  scene_make(&s);
  get(&s, &o, "file -o out -C -");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.err, "");
  expect_whole(&s, 0);
  AUTO_STR char *range = asked(&s, 0, "range");
  AUTO_STR char *coding = asked(&s, 0, "accept-encoding");
  cr_expect_str_eq(range, "(none)");
  cr_expect_str_eq(coding, "identity");
  serve(&s, "{'size': 0}");
  get(&s, &empty, "file -o empty --continue-at -");
  cr_expect_eq(empty.status, 0, "%s", empty.err);
  cr_expect(holds(&s, "empty", 0, 0));
}

Test(request_continue, goes_on_where_it_broke_off)
{
  static const char *const kinds[] = {
      "",
      "'chunked': true, ",
      "'etag': null, 'modified': 'Tue, 15 Nov 1994 08:12:31 GMT', ",
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
    AUTO_STR char *first =
        mem_printf("{%s'cut': 30000}, {'status': 403}", kinds[i]);
    AUTO_STR char *second = mem_printf("{%s'size': 100000}", kinds[i]);
    AUTO_OUTCOME struct outcome o;

    home_write(&s.home, "out", 0640, "before");
    break_off(&s, first);
    AUTO_STR char *before = home_read(&s.home, "out", NULL);
    cr_expect_str_eq(before, "before");
    expect_kept(&s, true);
    cr_expect(holds(&s, "out.part", 30000, 0));
    serve(&s, second);
    get(&s, &o, "file -o out -C -");
    cr_expect_eq(o.status, 0, "%zu: %s", i, o.err);
    cr_expect_str_eq(o.err, "");
    expect_whole(&s, 0);
    AUTO_STR char *range = asked(&s, 0, "range");
    AUTO_STR char *condition = asked(&s, 0, "if-range");
    cr_expect_str_eq(range, "bytes=30000-");
    cr_expect(strcmp(condition, "(none)") != 0);
    cr_expect_eq(server_count(&s.server, "/api/file"), 1);
  }
}

Test(request_continue, says_what_is_kept_and_how_to_go_on)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, plain;

  scene_make(&s);
  serve(&s, broken);
  get(&s, &o, "file 'a==it'\\''s' -o out -C -");
  cr_expect(has(o.err, "30000 bytes are kept in 'out.part'"), "%s", o.err);
  cr_expect(has(o.err, "     fob request file 'a==it'\\''s' -o out -C -\n"),
            "%s", o.err);
  serve(&s, broken);
  get(&s, &plain, "file -o other");
  cr_expect_eq(plain.status, 10);
  cr_expect(has(plain.err, "with -C -"), "%s", plain.err);
  cr_expect_not(is_there(&s, "other.part"));
}

/* What the server has at the second run, and what that says. */
static const struct {
  const char *second;
  int version;
  size_t requests;
  const char *said;
} anew[] = {
    {"{'etag': 'v1', 'version': 1}", 1, 1, "begun anew"},
    {"{'etag': 'v1', 'version': 1, 'condition': false}", 1, 2, "begun anew"},
    {"{'etag': null, 'version': 1}", 1, 1, "begun anew"},
    {"{'weak': true, 'version': 1}", 1, 1, "begun anew"},
    {"{'ranges': false}", 0, 1, "does not send parts"},
    {"{'first': 29999}", 0, 2, "does not fit"},
    {"{'first': 30001}", 0, 2, "does not fit"},
    {"{'total': 100001}", 0, 2, "does not fit"},
    {"{'tag': 'x'}", 0, 2, "does not fit"},
};

Test(request_continue, adds_only_to_bytes_that_it_knows)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  AUTO_STR char *out = home_path(&s.home, "out");
  for (size_t i = 0; i < ARRAY_LEN(anew); i++) {
    AUTO_OUTCOME struct outcome o;

    unlink(out);
    break_off(&s, broken);
    serve(&s, anew[i].second);
    get(&s, &o, "file -o out -C -");
    cr_expect_eq(o.status, 0, "%s: %s", anew[i].second, o.err);
    cr_expect(has(o.err, "begun anew") && has(o.err, anew[i].said), "%s: %s",
              anew[i].second, o.err);
    cr_expect(holds(&s, "out", FILE_SIZE, anew[i].version), "%s",
              anew[i].second);
    expect_kept(&s, false);
    cr_expect_eq(server_count(&s.server, "/api/file"), anew[i].requests, "%s",
                 anew[i].second);
  }
}

Test(request_continue, adds_nothing_of_another_address)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  break_off(&s, broken);
  serve(&s, "{}");
  get(&s, &o, "file v==2 -o out -C -");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(has(o.err, "another address"), "%s", o.err);
  AUTO_STR char *range = asked(&s, 0, "range");
  cr_expect_str_eq(range, "(none)");
  expect_whole(&s, 0);
}

Test(request_continue, leaves_a_finished_file_alone)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome first, again;
  struct stat before, after;

  scene_make(&s);
  serve(&s, "{}");
  get(&s, &first, "file -o out -C -");
  AUTO_STR char *path = home_path(&s.home, "out");
  cr_assert_eq(stat(path, &before), 0);
  serve(&s, "{}");
  get(&s, &again, "file -o out -C -");
  cr_expect_eq(again.status, 0, "%s", again.err);
  cr_expect_str_eq(again.out, "");
  cr_assert_eq(stat(path, &after), 0);
  cr_expect(before.st_ino == after.st_ino &&
            before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  cr_expect_eq(server_count(&s.server, "/api/file"), 1);
}

Test(request_continue, finishes_what_lacked_only_its_name)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  char rest[70000];

  scene_make(&s);
  break_off(&s, broken);
  AUTO_STR char *part = home_path(&s.home, "out.part");
  for (size_t i = 0; i < sizeof rest; i++)
    rest[i] = (char)((30000 + i) % PERIOD);
  FILE *file = fopen(part, "a");
  cr_assert(file != NULL && fwrite(rest, sizeof rest, 1, file) == 1);
  fclose(file);
  serve(&s, "{}");
  get(&s, &o, "file -o out -C -");
  cr_expect_eq(o.status, 0, "%s", o.err);
  expect_whole(&s, 0);
}

Test(request_continue, begins_anew_where_the_file_is_not_known)
{
  static const struct {
    const char *list;
    size_t size, requests;
  } rows[] = {
      {"{'version': 1, 'size': 60000}", 60000, 2}, /* there is more */
      {"{'version': 1, 'size': 60}", 60, 2},       /* or less */
      {"{'version': 1, 'size': 600, 'ranges': false}", 600, 1},
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    home_write(&s.home, "out", 0600, "%0*d", 100, 0);
    serve(&s, rows[i].list);
    get(&s, &o, "file -o out -C -");
    cr_expect_eq(o.status, 0, "%s: %s", rows[i].list, o.err);
    cr_expect(has(o.err, "begun anew"), "%s", o.err);
    cr_expect(holds(&s, "out", rows[i].size, 1), "%s", rows[i].list);
    cr_expect_eq(server_count(&s.server, "/api/file"), rows[i].requests);
  }
}

Test(request_continue, keeps_what_came_over_a_failure)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "out", 0600, "before");
  break_off(&s, broken);
  serve(&s, "{'status': 404}");
  get(&s, &o, "file -o out -C -");
  cr_expect_eq(o.status, 4, "%s", o.err);
  cr_expect(holds(&s, "out.part", 30000, 0));
  AUTO_STR char *text = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(text, "before");
}

Test(request_continue, keeps_nothing_that_could_not_go_on)
{
  static const char *const lists[] = {
      "{'etag': null, 'cut': 30000}, {'status': 403}",
      "{'weak': true, 'cut': 30000}, {'status': 403}",
      "{'etag': 'a b', 'cut': 30000}, {'status': 403}",
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
    break_off(&s, lists[i]);
    expect_kept(&s, false);
    cr_expect_not(is_there(&s, "out"));
  }
}

Test(request_continue, decodes_what_is_encoded_all_the_same)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  get(&s, &o, "gzip -o out -C -");
  cr_expect_eq(o.status, 0, "%s", o.err);
  AUTO_STR char *text = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(text, "{\"packed\":true,\"money\":1.10}");
  expect_kept(&s, false);
}

static off_t size_of(const struct scene *s, const char *name)
{
  AUTO_STR char *path = home_path(&s->home, name);
  struct stat st = {0};

  return stat(path, &st) == 0 ? st.st_size : 0;
}

Test(request_continue, keeps_what_came_when_it_is_interrupted)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  const struct timespec little = {.tv_nsec = 1000 * 1000};
  AUTO_SCENE struct scene s;

  scene_make(&s);
  AUTO_STR char *out = home_path(&s.home, "out");
  for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
    AUTO_OUTCOME struct outcome o, rest;

    serve(&s, "{'size': 3000}");
    server_order(&s.server, "{'next': {'path': '/api/file', 'fault': 'drip',"
                            " 'delay_ms': 20}}");
    struct program *p = fob_start(&s.home, TERMINAL_NONE, "request", "file",
                                  "-o", out, "-C", "-", NULL);
    for (int tries = 0; size_of(&s, "out.part") < 5 && tries < 20000; tries++)
      (void)nanosleep(&little, NULL);
    kill(program_pid(p), signals[i]);
    program_finish(p, &o);
    cr_expect_eq(o.signal, signals[i]);
    expect_kept(&s, true);
    cr_expect(has(o.err, "bytes are kept in '"), "%s", o.err);
    cr_expect(has(o.err, "\n     fob request file -o "), "%s", o.err);
    serve(&s, "{'size': 3000}");
    fob(&s.home, &rest, "request", "file", "-o", out, "-C", "-", NULL);
    cr_expect_eq(rest.status, 0, "%s", rest.err);
    cr_expect(holds(&s, "out", 3000, 0));
    expect_kept(&s, false);
    unlink(out);
  }
}

Test(request_continue, leaves_others_files_alone)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "out.part", 0600, "another's");
  get(&s, &o, "file -o out -C -");
  cr_expect_eq(o.status, 2, "%s", o.err);
  cr_expect(has(o.err, "'out.part' is in the way"), "%s", o.err);
  cr_expect(has(o.err, "mv out.part ELSEWHERE"), "%s", o.err);
  AUTO_STR char *text = home_read(&s.home, "out.part", NULL);
  cr_expect_str_eq(text, "another's");
  cr_expect_eq(server_count(&s.server, "/api/file"), 0);
}

static const struct {
  const char *words, *said;
} refused[] = {
    {"file -o out -C 100", "-C '100': where a download goes on"},
    {"file -o out -C 100", "Range: bytes=100-"},
    {"file -o out -C ''", "-C ''"},
    {"file -C -", "needs a file"},
    {"file -o - -C -", "standard output"},
    {"file -o /dev/stdout -C -", "standard output"},
    {"file -o /dev/null -C -", "regular file"},
    {"file -OJ -C -", "-J"},
    {"POST file -o out -C -", "only a GET"},
    {"file a=b -X GET --form -o out -C -", "only a GET"},
    {"-I file -o out -C -", "only a GET"},
    {"file -o out --raw -C -", "--raw"},
    {"file -o out --pointer /a -C -", "--pointer"},
    {"file -o out --jq .a -C -", "--jq"},
    {"file -o out --cache 1h -C -", "--cache"},
    {"file -o out --format json -C -", "--format"},
    {"file -o out --paginate -C -", "--paginate"},
    {"file -o out -C - Range:bytes=1-", "Range"},
    {"file -o out -C - -H 'if-range: x'", "Range"},
};

Test(request_continue, is_refused_where_it_could_not_be_kept)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_OUTCOME struct outcome o;

    get(&s, &o, refused[i].words);
    cr_expect_eq(o.status, 2, "%s: %s", refused[i].words, o.err);
    cr_expect(has(o.err, refused[i].said), "%s: %s", refused[i].words, o.err);
  }
  cr_expect_eq(server_count(&s.server, "/api/file"), 0);
}
