/* fob request --format: the forms of an answer, through the whole program. */
#include "cli/request_scene.h"

#include "support/skip.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
  const char *words[8];
  int status;
  const char *out;
  const char *err; /* a part; NULL: nothing */
} forms[] = {
    {{"json/numbers", "--format", "json"},
     0,
     "{\n  \"z\": 12345678901234567890123456789,\n  \"money\": 1.10,\n"
     "  \"huge\": 1e400,\n  \"minus\": -0.0,\n  \"a\": [\n    1.0,\n"
     "    100000000000000000001\n  ],\n  \"same\": 1,\n  \"b\": {}\n}\n",
     NULL},
    {{"json/lines", "--format", "json"},
     0,
     "{\n  \"id\": 1\n}\n{\n  \"id\": 2\n}\n{\n  \"id\": 3\n}\n",
     NULL},
    {{"json/list", "--pointer", "/1", "--format", "json"},
     0,
     "{\n  \"id\": 2,\n  \"name\": \"two\"\n}\n",
     NULL},
    {{"status/200?body=[1,%202]", "--format", "json"},
     0,
     "[\n  1,\n  2\n]\n",
     NULL},
    {{"json/empty", "--format", "json"}, 0, "", NULL},
    {{"status/204", "--format", "json"}, 0, "", NULL},
    {{"json/broken", "--format", "json"},
     13,
     "{\n  \"a\": 1,\n  ",
     "--format raw"},
    {{"json/html", "--format", "json"},
     13,
     "<!DOCTYPE html>\n<p>this is no JSON\n",
     "not JSON"},

    {{"json/list", "--format", "ndjson"},
     0,
     "{\"id\":1,\"name\":\"one\"}\n{\"id\":2,\"name\":\"two\"}\n",
     NULL},
    {{"json/lines", "--format=ndjson"},
     0,
     "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n",
     NULL},
    {{"json/numbers", "--format", "ndjson"},
     0,
     "{\"z\":12345678901234567890123456789,\"money\":1.10,\"huge\":1e400,"
     "\"minus\":-0.0,\"a\":[1.0,100000000000000000001],\"same\":1,\"b\":{}}\n",
     NULL},
    {{"json/numbers", "--pointer", "/a", "--format", "ndjson"},
     0,
     "1.0\n100000000000000000001\n",
     NULL},
    {{"json/numbers", "--pointer", "/none", "--format", "ndjson"},
     1,
     "",
     "has nothing at '/none'"},
    {{"status/200?body=[1,%0a{%20%22a%22:%0a2},[]]", "--format", "ndjson"},
     0,
     "1\n{\"a\":2}\n[]\n",
     NULL},
    {{"status/200?body=[1]%20[2]%203", "--format", "ndjson"},
     0,
     "1\n2\n3\n",
     NULL},
    {{"status/204", "--format", "ndjson"}, 0, "", NULL},
    {{"json/empty", "--format", "ndjson"}, 0, "", NULL},
    {{"status/200?body=[1,2,oops]", "--format", "ndjson"},
     13,
     "1\n2\n",
     "the answer is not JSON from its byte 6 on"},
    {{"json/broken", "--format", "ndjson"}, 13, "", "not JSON to its end"},
    {{"json/html", "--format", "ndjson"}, 13, "", "not JSON"},

    {{"json/lines", "--format", "raw"},
     0,
     "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n",
     NULL},
    {{"json/escape-text", "--format", "raw"},
     0,
     "plain \x1b[31mred\x1b[0m \x07 end\n",
     NULL},
    {{"gzip", "--format", "raw"}, 0, "{\"packed\":true,\"money\":1.10}", NULL},
    {{"gzip", "--format", "auto"}, 0, "{\"packed\":true,\"money\":1.10}", NULL},

    /* a failure is shown as without it */
    {{"status/404?body=[1]", "--format", "json", "--error-body", "stdout"},
     4,
     "[1]",
     "404"},
    {{"status/404?body=[1]", "--format", "ndjson"}, 4, "", "[1]\nfob: "},

    {{"json/list", "--format", "yaml"}, 2, "", "--format"},
    {{"json/list", "--format", "json", "--raw"}, 2, "", "exclude each other"},
    {{"json/list", "--format", "ndjson", "--raw"}, 2, "", "exclude each other"},
    {{"json/list", "--format", "json", "--pointer", "/0", "-r"},
     2,
     "",
     "exclude each other"},
    {{"json/list", "--format", "json", "-o", "out", "-C", "-"},
     2,
     "",
     "exclude each other"},

    /* what jq gives is a row */
    {{"json/list", "--jq", ".[]|[.id]", "--format", "ndjson"},
     0,
     "[1]\n[2]\n",
     NULL},
    {{"json/list", "--jq", ".[]|.id", "--format", "json"}, 0, "1\n2\n", NULL},
    {{"json/list", "--jq", "map(.id)", "--format", "json"},
     0,
     "[\n  1,\n  2\n]\n",
     NULL},
};

Test(request_format, prints_an_answer_in_the_form_that_is_asked_for)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, forms[i].words);
    cr_expect_eq(o.status, forms[i].status, "%s: %s", forms[i].words[0], o.err);
    cr_expect_str_eq(o.out, forms[i].out, "%s: %s", forms[i].words[0], o.out);
    if (forms[i].err == NULL)
      cr_expect_str_eq(o.err, "", "%s: %s", forms[i].words[0], o.err);
    else
      cr_expect(has(o.err, forms[i].err), "%s: %s", forms[i].words[0], o.err);
  }
}

Test(request_format, goes_into_a_file_without_colours)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome json, lines, broken, piped;
  AUTO_STR char *path = NULL, *text = NULL, *kept = NULL, *items = NULL;

  scene_make(&s);
  home_setenv(&s.home, "CLICOLOR_FORCE", "1");
  path = home_path(&s.home, "out");
  fob(&s.home, &json, "request", "json/list", "--pointer", "/0", "--format",
      "json", "-o", path, NULL);
  cr_expect_eq(json.status, 0, "%s", json.err);
  text = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(text, "{\n  \"id\": 1,\n  \"name\": \"one\"\n}\n");
  /* what is no JSON leaves the file as it was */
  fob(&s.home, &broken, "request", "json/broken", "--format", "json", "-o",
      path, NULL);
  cr_expect_eq(broken.status, 13);
  kept = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(kept, text);
  fob(&s.home, &lines, "request", "json/list", "--format", "ndjson", "-o", path,
      NULL);
  cr_expect_eq(lines.status, 0, "%s", lines.err);
  items = home_read(&s.home, "out", NULL);
  cr_expect_str_eq(items, "{\"id\":1,\"name\":\"one\"}\n{\"id\":2,\"name\":"
                          "\"two\"}\n");
  /* into a pipe they come when they are forced, with the form */
  fob(&s.home, &piped, "request", "json/string", "--format", "json", NULL);
  cr_expect_str_eq(piped.out, "\x1b[32m\"only a text\"\x1b[0m\n", "%s",
                   piped.out);
}

/* Without the terminal's own CR. */
static void on_terminal(const struct scene *s, struct outcome *o,
                        const char *path, const char *form)
{
  struct program *p = fob_start(&s->home, TERMINAL_ALL, "request", path,
                                "--format", form, NULL);
  char *to;

  program_finish(p, o);
  to = o->err;
  for (const char *from = o->err; *from != '\0'; from++) {
    if (*from != '\r')
      *to++ = *from;
  }
  *to = '\0';
}

Test(request_format, is_obeyed_on_a_terminal_too)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome raw, lines, json, hostile, escape;

  scene_make(&s);
  home_setenv(&s.home, "NO_COLOR", "1");
  home_setenv(&s.home, "TERM", "xterm");
  on_terminal(&s, &raw, "json/list", "raw");
  cr_expect_str_eq(raw.err,
                   "[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":\"two\"}]");
  on_terminal(&s, &lines, "json/list", "ndjson");
  cr_expect_str_eq(lines.err,
                   "{\"id\":1,\"name\":\"one\"}\n{\"id\":2,\"name\":"
                   "\"two\"}\n",
                   "%s", lines.err);
  on_terminal(&s, &json, "status/200?body=[1]", "json");
  cr_expect_str_eq(json.err, "[\n  1\n]\n");
  /* raw is raw; in the other forms nothing acts */
  on_terminal(&s, &hostile, "json/escape-text", "raw");
  cr_expect(has(hostile.err, "plain \x1b[31mred"), "%s", hostile.err);
  on_terminal(&s, &escape, "json/escape", "ndjson");
  cr_expect(has(escape.err, "\\u001b[31m"), "%s", escape.err);
  for (const char *at = escape.err; *at != '\0'; at++)
    cr_expect(((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f) ||
                  *at == '\n',
              "%s", escape.err);
}

/* --- an answer that is far longer than it looks ------------------------------
 */

/* AddressSanitizer's own memory says nothing. */
#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/* With standard output to /dev/null. Returns the most memory that fob had, in
 * KiB; ones before count too. */
static long run_bomb(const struct scene *s, const char *path, const char *form,
                     const char *pointer, int status, const char *err)
{
  AUTO_STR char *program = program_fob();
  AUTO_OUTCOME struct outcome o;
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const char *argv[] = {program, "request",   path,    "--format",
                        form,    "--pointer", pointer, NULL};
  struct program_options options = {
      .argv = argv, .env = s->home.env, .out_fd = null};
  struct rusage usage;

  if (pointer == NULL)
    argv[5] = NULL;
  program_run(&options, &o);
  cr_expect_eq(o.status, status, "%s %s: %s", path, form, o.err);
  cr_expect(has(o.err, err), "%s %s: %s", path, form, o.err);
  close(null);
  cr_assert_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
  return usage.ru_maxrss;
}

/* 256 MiB out of 256 KiB. */
Test(request_format, takes_constant_memory_for_a_bomb)
{
  NEEDS_SPEED;
  AUTO_SCENE struct scene s;
  long kib = 0;

  scene_make(&s);
  (void)run_bomb(&s, "bomb/256?of=string", "auto", NULL, 0, "");
  (void)run_bomb(&s, "bomb/128?of=string", "json", NULL, 0, "");
  (void)run_bomb(&s, "bomb/64?of=space", "ndjson", NULL, 0, "");
  (void)run_bomb(&s, "bomb/32?of=list", "ndjson", NULL, 0, "");
  (void)run_bomb(&s, "bomb/128?of=string", "json", "/1", 1, "has nothing");
  kib = run_bomb(&s, "bomb/32?of=list", "json", NULL, 0, "");
  cr_expect(IS_SANITIZED || kib < 32 * 1024, "%ld KiB", kib);
  /* an item that is no end is refused, not held */
  kib = run_bomb(&s, "bomb/64?of=string", "ndjson", NULL, 13,
                 "more than 16777216 bytes in one item");
  cr_expect(IS_SANITIZED || kib < 80 * 1024, "%ld KiB", kib);
}
