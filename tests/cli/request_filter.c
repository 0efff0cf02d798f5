/* fob request: --jq, -r, and what they exclude. */
#include "cli/request_scene.h"

static const struct {
  const char *words[6];
  int status;
  const char *out; /* whole */
  const char *err; /* a part */
} filters[] = {
    {{"json/numbers", "-q", ".money"}, 0, "1.1\n", ""},
    {{"json/lines", "--jq", ".id"}, 0, "1\n2\n3\n", ""},
    {{"json/lines", "--jq", "select(.id > 2) | {id}"}, 0, "{\"id\":3}\n", ""},
    {{"json/lines", "--jq", "select(.id == 2) | .id, halt"}, 0, "2\n", ""},
    {{"json/lines", "-q", "\"<\\(.id)>\""},
     0,
     "\"<1>\"\n\"<2>\"\n\"<3>\"\n",
     ""},
    {{"json/lines", "-rq", "\"<\\(.id)>\", [.id]"},
     0,
     "<1>\n[1]\n<2>\n[2]\n<3>\n[3]\n",
     ""},
    /* nothing */
    {{"json/numbers", "-q", "empty"}, 1, "", "found nothing"},
    {{"status/204", "-q", "."}, 1, "", "found nothing"},
    /* the expression's own failures */
    {{"json/numbers", "-q", ".money[]"}, 1, "", "the filter failed: Cannot"},
    {{"json/lines", "-q", "if .id == 2 then error(\"two\") else .id end"},
     1,
     "1\n",
     "the filter failed: two"},
    {{"json/lines", "-q", "\"so\" | halt_error"}, 1, "", "halted: so"},
    {{"json/lines", "-q", "input"}, 1, "", "no further input"},
    {{"json/numbers", "-q", "1 | debug"}, 0, "1\n", "jq: debug: 1"},
    /* no JSON */
    {{"json/html", "-q", "."}, 13, "", "not JSON to its end"},
    {{"json/broken", "-q", "."}, 13, "", "not JSON to its end"},
    /* a failure is shown as it is */
    {{"status/404", "-q", ".status"}, 4, "", "as you asked"},
    {{"status/404", "-q", ".", "--error-body", "none"}, 4, "", "404"},
    /* pages, merged before */
    {{"pages/link", "--paginate", "-q", "length"}, 0, "10\n", ""},
    {{"pages/next", "--paginate", "-q", ".items | length"}, 0, "10\n", ""},
    /* strings without quotes, without jq */
    {{"echo?a=%22x%0Ay%22", "-r", "--pointer", "/method"}, 0, "GET\n", ""},
    {{"json/numbers", "-r", "--pointer", "/money"}, 0, "1.10\n", ""},
};

Test(request_filter, gives_what_jq_makes_of_the_answer)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, filters[i].words);
    cr_expect_eq(o.status, filters[i].status, "%s: %d %s", filters[i].words[2],
                 o.status, o.err);
    cr_expect_str_eq(o.out, filters[i].out, "%s", filters[i].words[2]);
    cr_expect(has(o.err, filters[i].err), "%s: %s", filters[i].words[2], o.err);
  }
}

static const struct {
  const char *words[7];
  const char *err;
} refusals[] = {
    {{"user", "-q", ".["}, "--jq '.[': jq cannot compile it: syntax error"},
    {{"user", "-q", "nonsense"}, "nonsense/0 is not defined"},
    {{"user", "-q", "import \"a\" as a; ."}, "module not found"},
    {{"user", "-q", ".", "--pointer", "/a"}, "exclude each other"},
    {{"user", "-q", ".", "--raw"}, "exclude each other"},
    {{"user", "--pointer", "/a", "--raw"}, "exclude each other"},
    {{"user", "-q", ".", "-q", "."}, "twice"},
    {{"user", "-r"}, "Range: bytes=0-99"},
    {{"user", "-r", "0-99"}, "Range: bytes=0-99"},
    {{"-r", "0-99", "user", "-q", "."}, "Range: bytes=0-99"},
    {{"user", "--sse", "--wait-for", "."}, "exclude each other"},
    {{"user", "--sse", "-o", "file"}, "> FILE"},
    {{"user", "--sse", "--raw"}, "exclude each other"},
    {{"user", "--sse", "-O"}, "> FILE"},
    {{"user", "-q", ".", "-o", "file", "-C", "-"}, "--jq and -C exclude"},
    {{"user", "--wait-for", ".", "-O", "-C", "-"}, "--wait-for and -C"},
    {{"pages/link", "--paginate", "-q", ".["}, "jq cannot compile it"},
    {{"pages/link", "--paginate", "--sse"}, "exclude each other"},
    {{"pages/link", "--paginate", "--wait-for", "."}, "exclude each other"},
    {{"user", "--wait-timeout", "1m"}, "comes with --wait-for"},
    {{"user", "--wait-for", ".["}, "--wait-for '.[': jq cannot compile it"},
    {{"user", "--wait-for", "/a~"}, "no JSON pointer"},
};

Test(request_filter, refuses_what_cannot_be_before_anything_is_sent)
{
  AUTO_SCENE struct scene s;
  json_t *journal;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, refusals[i].words);
    cr_expect_eq(o.status, 2, "%s %s: %d %s", refusals[i].words[1],
                 refusals[i].words[2], o.status, o.err);
    cr_expect(has(o.err, refusals[i].err), "%s", o.err);
    cr_expect_str_eq(o.out, "");
  }
  journal = server_journal(&s.server, NULL);
  cr_assert_eq(json_array_size(journal), 0);
  json_decref(journal);
}

Test(request_filter, gives_no_secret_and_reads_no_file_of_the_user)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, planted;

  scene_make(&s);
  home_write(&s.home, ".jq", 0600, "def planted: 1;\n");
  fob(&s.home, &o, "request", "user", "-q", "[$ENV, env, $ENV.HOME]", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  cr_assert_not(has(o.out, PAT), "%s", o.out);
  cr_assert(has(o.out, "FOB_API"), "%s", o.out);
  fob(&s.home, &planted, "request", "user", "-q", "planted", NULL);
  cr_assert_eq(planted.status, 2, "%s", planted.out);
}
