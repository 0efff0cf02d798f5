/* fob request --wait-for: what is asked, until when, and what is printed. */
#include "cli/request_scene.h"

#define JOB "streams/job"

static const struct {
  const char *words[9];
  int status;
  const char *out; /* a part; "": nothing at all */
  const char *err; /* a part */
  const char *asked;
} waits[] = {
    /* the same address */
    {{JOB "/1?polls=1", "--wait-for", ".status == \"done\""},
     0,
     "\"polls\":1",
     "",
     "GET 1"},
    {{JOB "/1?polls=2", "--wait-for", ".status == \"done\""},
     0,
     "\"polls\":2",
     "",
     "GET 1, GET 1"},
    {{JOB "/1?polls=3&retry=0", "--wait-for", "/status=done"},
     0,
     "\"polls\":3",
     "",
     "GET 1, GET 1, GET 1"},
    {{JOB "/1?polls=3&retry=0", "--wait-for", "/polls=3"},
     0,
     "\"polls\":3",
     "",
     "GET 1, GET 1, GET 1"},
    {{JOB "/1?polls=1", "--wait-for", "/status"},
     0,
     "\"polls\":1",
     "",
     "GET 1"},
    /* all values must be true */
    {{JOB "/1?polls=3&retry=0", "--wait-for", ".polls > 1, .polls > 2"},
     0,
     "\"polls\":3",
     "",
     "GET 1, GET 1, GET 1"},
    /* a 202 */
    {{"POST", JOB "?retry=0", "--wait-for", "/status=done"},
     0,
     "\"method\":\"GET\"",
     "",
     "POST job, GET 1, GET 1"},
    {{"POST", JOB "?retry=0&via=Operation-Location", "--wait-for",
      "/status=done", "a=b"},
     0,
     "\"polls\":2",
     "",
     "POST job, GET 1, GET 1"},
    {{"POST", JOB "?retry=0&via=Azure-AsyncOperation", "--wait-for",
      "/status=done"},
     0,
     "\"polls\":2",
     "",
     "POST job, GET 1, GET 1"},
    {{"POST", JOB "?retry=0&code=202&body=", "--wait-for", "."},
     0,
     "\"polls\":2",
     "",
     "POST job, GET 1, GET 1"},
    /* through a filter, into a file's place */
    {{JOB "/1?retry=0", "--wait-for", "/status=done", "-rq", ".status"},
     0,
     "done\n",
     "",
     "GET 1, GET 1"},
    {{JOB "/1?retry=0", "--wait-for", "/status=done", "--pointer", "/polls"},
     0,
     "2\n",
     "",
     "GET 1, GET 1"},
    /* the expression's business */
    {{JOB "/1?retry=0", "--wait-for",
      "if .status == \"running\" then error(\"it runs\") else true end"},
     1,
     "",
     "the filter failed: it runs",
     "GET 1"},
    /* what cannot be waited for */
    {{"status/404", "--wait-for", "."}, 4, "", "404 Not Found", NULL},
    {{"json/html", "--wait-for", "."}, 13, "", "is not JSON", NULL},
    {{"POST", JOB "?place=http://127.0.0.1:9/job", "--wait-for", "."},
     11,
     "",
     "another origin",
     "POST job"},
    {{"POST", JOB "?place=ftp://x/", "--wait-for", "."},
     13,
     "",
     "",
     "POST job"},
    /* time */
    {{JOB "/1?polls=999", "--wait-for", "/status=done", "--wait-timeout", "1"},
     7,
     "",
     "not true within 1 s (--wait-timeout): /status=done; the last answer gave "
     "\"running\"",
     NULL},
    {{JOB "/1?polls=999", "--wait-for", ".status == \"done\"", "-m", "1"},
     7,
     "",
     "not true within 1 s (-m)",
     NULL},
    {{JOB "/1?retry=3600", "--wait-for", "/status=done", "--wait-timeout", "1"},
     7,
     "",
     "it was: {\"status\":",
     "GET 1"},
};

/* "GET 1, GET 1" */
static void put_asked(const struct scene *s, char out[1000])
{
  json_t *all = server_journal(&s->server, NULL);
  json_t *one;
  size_t i;

  out[0] = '\0';
  json_array_foreach(all, i, one)
  {
    const char *path = echoed_text(one, "path");
    const char *slash = strrchr(path, '/');

    snprintf(out + strlen(out), 1000 - strlen(out), "%s%s %s",
             i > 0 ? ", " : "", echoed_text(one, "method"),
             slash != NULL ? slash + 1 : path);
  }
  json_decref(all);
}

Test(request_wait, asks_until_it_is_true)
{
  AUTO_SCENE struct scene s;
  char asked[1000];

  for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
    const char *what = waits[i].words[waits[i].words[0][0] == 'P'];
    AUTO_OUTCOME struct outcome o;

    /* A job counts from the sandbox's start on. */
    scene_make(&s);
    fob_row(&s, &o, NULL, waits[i].words);
    cr_expect_eq(o.status, waits[i].status, "%zu %s: %d %s", i, what, o.status,
                 o.err);
    if (waits[i].out[0] == '\0')
      cr_expect_str_eq(o.out, "");
    cr_expect(has(o.out, waits[i].out), "%zu %s: %s", i, what, o.out);
    cr_expect(has(o.err, waits[i].err), "%zu %s: %s", i, what, o.err);
    put_asked(&s, asked);
    if (waits[i].asked != NULL)
      cr_expect_str_eq(asked, waits[i].asked, "%zu %s: %s", i, what, asked);
    if (i + 1 < ARRAY_LEN(waits))
      scene_clear(&s);
  }
}

Test(request_wait, leaves_the_body_and_its_headers_behind)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  json_t *all;

  scene_make(&s);
  fob(&s.home, &o, "request", "POST", JOB "?retry=0", "a=b", "X-Kept:1",
      "Idempotency-Key:k", "--wait-for", "/status=done", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  all = server_journal(&s.server, NULL);
  cr_assert_eq(json_array_size(all), 3);
  for (size_t i = 0; i < 3; i++) {
    const json_t *one = json_array_get(all, i);
    bool first = i == 0;

    cr_expect_str_eq(echoed_header(one, "x-kept"), "1");
    cr_expect_eq(has(echoed_header(one, "content-type"), "json"), first);
    cr_expect_eq(has(echoed_header(one, "idempotency-key"), "k"), first);
    cr_expect(has(echoed_header(one, "authorization"), "Bearer"));
  }
  json_decref(all);
}

Test(request_wait, a_failure_while_it_waits_is_the_end)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  server_order(&s.server,
               "{'next':{'path':'/api/streams/job/1','fault':'status',"
               "'status':410,'body':'gone away','skip':1}}");
  fob(&s.home, &o, "request", JOB "/1?retry=0&polls=9", "--wait-for",
      "/status=done", NULL);
  cr_assert_eq(o.status, 4, "%s", o.err);
  cr_assert_str_eq(o.out, "");
  cr_assert(has(o.err, "gone away"), "%s", o.err);
}
