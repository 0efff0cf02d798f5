/* fob request: what becomes of an answer. */
#include "cli/request_scene.h"

#include "support/skip.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct {
  const char *words[6];
  int status;
  const char *out, *err; /* a part; "" in out: nothing at all */
} answers[] = {
    {{"status/200"}, 0, "as you asked", NULL},
    {{"status/204"}, 0, "", NULL},
    {{"status/302"}, 3, "", "the answer is 302 Found"},
    {{"status/304"}, 3, "", "304 Not Modified"},
    {{"status/304", "If-None-Match:x"}, 0, "", NULL},
    {{"status/400"}, 4, "", "as you asked"},
    {{"status/404"}, 4, "", "/api/status/404: the answer is 404 Not Found"},
    {{"status/404", "--ok", "404,409"}, 0, "as you asked", NULL},
    {{"status/410", "--ok", "404,409"}, 4, "", "410 Gone"},
    {{"status/500"}, 5, "", "500 Internal Server Error"},
    {{"status/503?header=Retry-After:1"}, 5, "", "503"},
    {{"status/429?header=Retry-After:300"}, 9, "", "no more requests until"},
    {{"status/403?header=X-RateLimit-Remaining:0"}, 9, "", "403"},
    {{"status/403"}, 4, "", "403 Forbidden"},
    {{"scope/admin"}, 8, "", "\"admin\" is demanded"},
    {{"status/401?header=WWW-Authenticate:Bearer%20error=%22insufficient_user_"
      "authentication%22,acr_values=%22gold%22"},
     8,
     "",
     "acr_values \"gold\""},
    {{"status/404", "--error-body", "stdout"}, 4, "as you asked", "404"},
    {{"status/404", "--error-body", "none"}, 4, "", "404"},
    {{"json/numbers", "--pointer", "/money"}, 0, "1.10\n", NULL},
    {{"json/numbers", "--pointer", "/z"},
     0,
     "12345678901234567890123456789\n",
     NULL},
    {{"json/numbers", "--pointer", "/a/1"}, 0, "100000000000000000001\n", NULL},
    {{"json/lines", "--pointer", "/id"}, 0, "1\n2\n3\n", NULL},
    {{"json/numbers", "--pointer", "/none"}, 1, "", "has nothing at '/none'"},
    {{"json/broken", "--pointer", "/b"}, 13, "", "not JSON to its end"},
    {{"json/html", "--pointer", "/b"}, 13, "", "not JSON to its end"},
    {{"status/404", "--pointer", "/status"}, 4, "", "as you asked"},
    {{"redirect/10"}, 0, "/api/echo", NULL},
    {{"redirect/11"}, 3, "", "more than 10 redirects"},
};

Test(request_output, gives_each_answer_its_status_and_place)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, answers[i].words);
    cr_expect_eq(o.status, answers[i].status, "%s: %s", answers[i].words[0],
                 o.err);
    if (*answers[i].out == '\0')
      cr_expect_str_eq(o.out, "", "%s: %s", answers[i].words[0], o.out);
    else
      cr_expect(has(o.out, answers[i].out), "%s: %s", answers[i].words[0],
                o.out);
    if (answers[i].err == NULL)
      cr_expect_str_eq(o.err, "", "%s: %s", answers[i].words[0], o.err);
    else
      cr_expect(has(o.err, answers[i].err), "%s: %s", answers[i].words[0],
                o.err);
  }
}

Test(request_output, ends_a_failures_body_with_a_line_end_before_its_own_word)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  fob(&s.home, &o, "request", "status/404", NULL);
  cr_expect(has(o.err, "as you asked\"}\nfob: GET "), "%s", o.err);
}

Test(request_output, leaves_piped_bytes_as_they_are)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome numbers, escape, bytes, gzip, raw;

  scene_make(&s);
  fob(&s.home, &numbers, "request", "json/numbers", NULL);
  cr_expect_str_eq(numbers.out,
                   "{\"z\":12345678901234567890123456789,\"money\":1.10,"
                   "\"huge\":1e400,\"minus\":-0.0,\"a\":[1.0,"
                   "100000000000000000001],\"same\":1,\"b\":{}}");
  fob(&s.home, &escape, "request", "json/escape-text", NULL);
  cr_expect_str_eq(escape.out, "plain \x1b[31mred\x1b[0m \x07 end\n");
  fob(&s.home, &bytes, "request", "bytes/100000", NULL);
  cr_expect_eq(bytes.out_len, 100000);
  fob(&s.home, &gzip, "request", "gzip", NULL);
  cr_expect_str_eq(gzip.out, "{\"packed\":true,\"money\":1.10}");
  fob(&s.home, &raw, "request", "gzip", "--raw", NULL);
  cr_expect(raw.out_len > 2 && memcmp(raw.out, "\x1f\x8b", 2) == 0);
}

Test(request_output, prints_the_head_when_asked)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome include, head, failed;

  scene_make(&s);
  fob(&s.home, &include, "request", "-i", "json/string", NULL);
  cr_expect_eq(strncmp(include.out, "HTTP/1.1 200 OK\r\n", 17), 0);
  cr_expect(has(include.out, "\r\n\r\n\"only a text\""), "%s", include.out);
  fob(&s.home, &head, "request", "-I", "json/string", NULL);
  cr_expect_eq(strncmp(head.out, "HTTP/1.1 200 OK\r\n", 17), 0);
  cr_expect_not(has(head.out, "only a text"));
  fob(&s.home, &failed, "request", "-i", "status/404", NULL);
  cr_expect_eq(strncmp(failed.out, "HTTP/1.1 404", 12), 0);
  cr_expect_not(has(failed.out, "as you asked"));
  cr_expect(has(failed.err, "as you asked"));
}

/* --- a terminal ------------------------------------------------------------
 */

/* Without the terminal's own CR. */
static void on_terminal(const struct scene *s, struct outcome *o,
                        const char *path, const char *option)
{
  struct program *p =
      fob_start(&s->home, TERMINAL_ALL, "request", path, option, NULL);
  char *to;

  program_finish(p, o);
  to = o->err;
  for (const char *from = o->err; *from != '\0'; from++) {
    if (*from != '\r')
      *to++ = *from;
  }
  *to = '\0';
}

Test(request_output, indents_for_a_terminal_and_keeps_every_value)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome plain, colored, lines, pointer, text, raw;

  scene_make(&s);
  home_setenv(&s.home, "NO_COLOR", "1");
  home_setenv(&s.home, "TERM", "xterm");
  on_terminal(&s, &plain, "json/numbers", NULL);
  cr_expect_str_eq(
      plain.err, "{\n  \"z\": 12345678901234567890123456789,\n"
                 "  \"money\": 1.10,\n  \"huge\": 1e400,\n  \"minus\": -0.0,\n"
                 "  \"a\": [\n    1.0,\n    100000000000000000001\n  ],\n"
                 "  \"same\": 1,\n  \"b\": {}\n}\n");
  on_terminal(&s, &lines, "json/lines", NULL);
  cr_expect_str_eq(lines.err,
                   "{\n  \"id\": 1\n}\n{\n  \"id\": 2\n}\n{\n  \"id\": 3\n}\n");
  on_terminal(&s, &pointer, "json/list", "--pointer=/1");
  cr_expect_str_eq(pointer.err, "{\n  \"id\": 2,\n  \"name\": \"two\"\n}\n");
  on_terminal(&s, &text, "status/200?body=12%2034", NULL);
  cr_expect_str_eq(text.err, "12 34\n");
  on_terminal(&s, &raw, "json/list", "--raw");
  cr_expect_str_eq(raw.err, "[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":"
                            "\"two\"}]\n");
  home_setenv(&s.home, "NO_COLOR", NULL);
  on_terminal(&s, &colored, "json/string", NULL);
  cr_expect_str_eq(colored.err, "\x1b[32m\"only a text\"\x1b[0m\n");
}

Test(request_output, lets_nothing_act_on_a_terminal)
{
  AUTO_SCENE struct scene s;
  static const char *const paths[] = {"json/escape",
                                      "json/escape-text",
                                      "json/utf16",
                                      "json/html",
                                      "status/200?body=%1b]0;title%07%c2%9b2J",
                                      "status/404?body=%1b[2J",
                                      "status/200?header=X-A:%c2%9b2J"};

  scene_make(&s);
  home_setenv(&s.home, "NO_COLOR", "1");
  home_setenv(&s.home, "TERM", "xterm");
  for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
    AUTO_OUTCOME struct outcome o;

    on_terminal(&s, &o, paths[i], "-i");
    for (const char *at = o.err; *at != '\0'; at++) {
      unsigned char c = (unsigned char)*at;

      cr_expect(c >= 0x20 || c == '\n' || c == '\t', "%s: %s", paths[i], o.err);
      cr_expect_not(c == 0xc2 && (unsigned char)at[1] < 0xa0, "%s", paths[i]);
    }
  }
}

Test(request_output, withholds_what_is_no_text_from_a_terminal)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, raw;

  scene_make(&s);
  home_setenv(&s.home, "TERM", "xterm");
  on_terminal(&s, &o, "bytes/5000", NULL);
  cr_expect_eq(o.status, 0);
  cr_expect(has(o.err, "5000 bytes of application/octet-stream"), "%s", o.err);
  cr_expect(has(o.err, "-o FILE"), "%s", o.err);
  cr_expect_lt(strlen(o.err), 200);
  on_terminal(&s, &raw, "gzip", "--raw");
  cr_expect(has(raw.err, "not shown on a terminal"), "%s", raw.err);
}

/* --- a file -----------------------------------------------------------------
 */

static char *in_home(const struct scene *s, const char *name)
{
  return home_path(&s->home, name);
}

static void expect_file(const struct scene *s, const char *name,
                        const char *text)
{
  AUTO_STR char *found = home_read(&s->home, name, NULL);

  cr_expect_str_eq(found != NULL ? found : "(none)", text);
}

Test(request_output, writes_a_file_only_when_it_has_all_of_it)
{
  static const struct {
    const char *path, *text;
    int status;
  } rows[] = {
      {"json/string", "\"only a text\"", 0}, {"status/404", "before", 4},
      {"status/500", "before", 5},           {"status/304", "before", 3},
      {"bytes/70000?cut", "before", 10},
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  AUTO_STR char *file = in_home(&s, "out");
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    home_write(&s.home, "out", 0600, "before");
    if (rows[i].status == 10)
      server_order(&s.server,
                   "{'next': {'path': '/api/bytes*', 'fault': 'truncate', "
                   "'times': -1}}");
    fob(&s.home, &o, "request", rows[i].path, "-o", file, NULL);
    cr_expect_eq(o.status, rows[i].status, "%s: %s", rows[i].path, o.err);
    cr_expect_str_eq(o.out, "");
    expect_file(&s, "out", rows[i].text);
  }
  AUTO_OUTCOME struct outcome ls;
  const char *const argv[] = {"sh", "-c", "ls -A | grep -c fob-", NULL};
  program_run(&(struct program_options){.argv = argv,
                                        .env = s.home.env,
                                        .dir = s.home.dir},
              &ls);
  cr_expect_str_eq(ls.out, "0\n");
}

Test(request_output, keeps_a_file_that_is_up_to_date)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "out", 0600, "before");
  AUTO_STR char *file = in_home(&s, "out");
  fob(&s.home, &o, "request", "status/304", "If-None-Match:x", "-o", file,
      NULL);
  cr_expect_eq(o.status, 0, "%s", o.err);
  expect_file(&s, "out", "before");
}

Test(request_output, writes_a_value_or_a_large_body_to_a_file)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome value, large, none;
  struct stat st;

  scene_make(&s);
  AUTO_STR char *file = in_home(&s, "out");
  fob(&s.home, &value, "request", "json/list", "--pointer", "/0/id", "-o", file,
      NULL);
  cr_expect_eq(value.status, 0);
  expect_file(&s, "out", "1\n");
  fob(&s.home, &none, "request", "json/list", "--pointer", "/9", "-o", file,
      NULL);
  cr_expect_eq(none.status, 1);
  expect_file(&s, "out", "1\n");
  fob(&s.home, &large, "request", "bytes/5000000", "-o", file, NULL);
  cr_expect_eq(large.status, 0, "%s", large.err);
  cr_assert_eq(stat(file, &st), 0);
  cr_expect_eq(st.st_size, 5000000);
}

Test(request_output, takes_minus_and_the_devices_for_what_they_are)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome minus, out, null, full;

  scene_make(&s);
  fob(&s.home, &minus, "request", "json/string", "-o", "-", NULL);
  cr_expect_str_eq(minus.out, "\"only a text\"");
  fob(&s.home, &out, "request", "json/string", "-i", "-o", "/dev/stdout", NULL);
  cr_expect_eq(strncmp(out.out, "HTTP/1.1 200", 12), 0);
  cr_expect(has(out.out, "\"only a text\""));
  fob(&s.home, &null, "request", "json/string", "-o", "/dev/null", NULL);
  cr_expect_eq(null.status, 0);
  cr_expect_str_eq(null.out, "");
  fob(&s.home, &full, "request", "json/string", "-o", "/dev/full", NULL);
  cr_expect_eq(full.status, 1);
  cr_expect(has(full.err, "/dev/full"), "%s", full.err);
}

/* --- output that fails, answers that do not come ---------------------------
 */

static void run_shell(const struct scene *s, const char *script,
                      struct outcome *o)
{
  AUTO_STR char *program = program_fob();
  AUTO_STR char *text = mem_printf("fob=%s\n%s", program, script);
  const char *const argv[] = {"sh", "-c", text, NULL};

  program_run(&(struct program_options){.argv = argv, .env = s->home.env}, o);
}

Test(request_output, notices_that_its_output_fails)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome full, pipe;

  scene_make(&s);
  run_shell(&s, "$fob request json/string >/dev/full; echo $?", &full);
  cr_expect_str_eq(full.out, "1\n");
  cr_expect(has(full.err, "standard output"), "%s", full.err);
  run_shell(
      &s, "{ $fob request bytes/9000000; echo $? >&2; } | head -c 1 >/dev/null",
      &pipe);
  cr_expect(has(pipe.err, "141"), "%d %s", pipe.status, pipe.err);
}

Test(request_output, notices_that_it_has_no_output)
{
  NEEDS_BARE_PROCESS;
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  run_shell(&s, "$fob request json/string >&-; echo $?", &o);
  cr_expect_str_neq(o.out, "0\n");
}

Test(request_output, keeps_the_old_file_when_the_new_one_has_no_room)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "out", 0600, "before");
  AUTO_STR char *dir = in_home(&s, "");
  AUTO_STR char *script =
      mem_printf("cd '%s' && ulimit -f 100 && $fob request bytes/5000000 -o "
                 "out; echo $?; ls -A | grep -c fob-",
                 dir);
  run_shell(&s, script, &o);
  cr_expect_str_eq(o.out, "1\n0\n");
  cr_expect(has(o.err, "cannot write to out: File too large"), "%s", o.err);
  expect_file(&s, "out", "before");
}

Test(request_output, gives_up_when_nothing_comes)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome slow, silent, cut, reset;

  scene_make(&s);
  fob(&s.home, &slow, "request", "slow?ms=20000", "-m", "1", NULL);
  cr_expect_eq(slow.status, 7, "%s", slow.err);
  cr_expect_lt(slow.ms, 10000);
  fob(&s.home, &silent, "request", "slow?ms=20000", "--stall-timeout", "1s",
      NULL);
  cr_expect_eq(silent.status, 7, "%s", silent.err);
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'cut'}}");
  fob(&s.home, &cut, "request", "echo", "a=1", NULL);
  cr_expect_eq(cut.status, 6, "%s", cut.err);
  cr_expect_eq(server_count(&s.server, "/api/echo"), 1);
  server_order(&s.server,
               "{'next': {'path': '/api/json*', 'fault': 'truncate', "
               "'times': -1}}");
  fob(&s.home, &reset, "request", "json/numbers", NULL);
  cr_expect_eq(reset.status, 10, "%s", reset.err);
}
