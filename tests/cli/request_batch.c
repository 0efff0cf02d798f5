/* fob request --batch: what is sent for a line, and what comes of it. */
#include "cli/cli.h"
#include "cli/request_scene.h"

#include "api/scan.h"

/* The results, a JSON object each, in the order of their output. */
static json_t *results(const struct outcome *o)
{
  json_t *list = json_array();
  const char *end;

  for (const char *at = o->out; *at != '\0'; at = end + 1) {
    end = strchr(at, '\n');
    cr_assert_not_null(end, "a line without an end: %s", at);
    json_t *one = json_loadb(at, (size_t)(end - at), 0, NULL);
    cr_assert_not_null(one, "no JSON: %.*s", (int)(end - at), at);
    json_array_append_new(list, one);
  }
  return list;
}

static const json_t *with_id(const json_t *list, int id)
{
  size_t i;
  json_t *one;

  json_array_foreach(list, i, one)
  {
    if (json_integer_value(json_object_get(one, "id")) == id)
      return one;
  }
  cr_assert_fail("there is no result %d", id);
  return NULL;
}

static const char *error_of(const json_t *result)
{
  return echoed_text(json_object_get(result, "error"), "name");
}

/* --- what is sent ----------------------------------------------------------
 */

static const struct {
  const char *words; /* of the command line */
  const char *line;  /* of the batch */
  const char *method, *target, *body;
  const char *header, *value; /* NULL: none is looked at */
} sent[] = {
    {"", "echo", "GET", "/api/echo", "", "Accept",
     "application/json, */*;q=0.5"},
    {"", "/echo/a?b=c", "GET", "/api/echo/a?b=c", "", NULL, NULL},
    {"", "DELETE echo/7", "DELETE", "/api/echo/7", "", NULL, NULL},
    {"", "'echo/9'", "GET", "/api/echo/9", "", NULL, NULL},
    {"", "$A/echo/x", "GET", "/api/echo/x", "", NULL, NULL},
    {"", "{'path':'echo','query':{'q':'a b','n':[1,2]}}", "GET",
     "/api/echo?q=a+b&n=1&n=2", "", NULL, NULL},
    {"", "{'path':'echo?a=1','query':'b=2'}", "GET", "/api/echo?a=1&b=2", "",
     NULL, NULL},
    {"", "{'path':'echo','body':{'n': 12345678901234567890, 'f':1.10}}", "POST",
     "/api/echo", "{\"n\": 12345678901234567890, \"f\":1.10}", "Content-Type",
     "application/json"},
    {"", "{'path':'echo','method':'put','body':[]}", "PUT", "/api/echo", "[]",
     NULL, NULL},
    {"", "{'path':'echo','headers':{'X-A':'1','Accept':'text/x'}}", "GET",
     "/api/echo", "", "Accept", "text/x"},
    {"", "{'path':'echo','headers':{'Accept':null}}", "GET", "/api/echo", "",
     "Accept", "(none)"},
    {"", "{'path':'echo','body':1,'headers':{'content-type':'x/y'}}", "POST",
     "/api/echo", "1", "content-type", "x/y"},
    /* The command line speaks for all. */
    {"DELETE", "echo/7", "DELETE", "/api/echo/7", "", NULL, NULL},
    {"delete", "echo/7", "DELETE", "/api/echo/7", "", NULL, NULL},
    {"DELETE", "PUT echo/7", "PUT", "/api/echo/7", "", NULL, NULL},
    {"-X PURGE", "echo/7", "PURGE", "/api/echo/7", "", NULL, NULL},
    {"per_page==100", "{'path':'echo?x=1','query':{'y':2}}", "GET",
     "/api/echo?x=1&per_page=100&y=2", "", NULL, NULL},
    {"X-A:all", "echo", "GET", "/api/echo", "", "X-A", "all"},
    {"-H 'X-A: all'", "{'path':'echo','headers':{'x-a':'mine'}}", "GET",
     "/api/echo", "", "x-a", "mine"},
    {"PATCH state=closed", "echo", "PATCH", "/api/echo",
     "{\"state\":\"closed\"}", "Content-Type", "application/json"},
    {"PATCH state=closed", "{'path':'echo','body':{}}", "PATCH", "/api/echo",
     "{}", NULL, NULL},
    {"state=closed", "GET echo", "GET", "/api/echo", "", "Content-Type",
     "(none)"},
    {"state=closed", "echo", "POST", "/api/echo", "{\"state\":\"closed\"}",
     NULL, NULL},
    {"-d a=b", "echo", "POST", "/api/echo", "a=b", "Content-Type",
     "application/x-www-form-urlencoded"},
    {"-d a=b", "{'path':'echo','body':{}}", "POST", "/api/echo", "{}",
     "Content-Type", "application/json"},
    {"-H Content-Type:x/y --json {}", "echo", "POST", "/api/echo", "{}",
     "Content-Type", "x/y"},
    {"-H Content-Type:x/y", "{'path':'echo','body':{}}", "POST", "/api/echo",
     "{}", "Content-Type", "x/y"},
};

/* A batch of one line; ' is ", $A the API. */
static void run_line(const struct scene *s, struct outcome *o,
                     const char *words, const char *line)
{
  char text[1024] = "";
  const char *api = strstr(line, "$A");

  if (api != NULL)
    snprintf(text, sizeof text, "%.*s%s%s\n", (int)(api - line), line,
             s->server.api, api + 2);
  else
    snprintf(text, sizeof text, "%s\n", line);
  for (char *at = text; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  AUTO_STR char *command = mem_printf("request %s --batch -", words);
  cli_line(&s->home, &s->server, o, text, command);
}

Test(request_batch, sends_what_a_line_asks_for)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
    AUTO_OUTCOME struct outcome o;

    run_line(&s, &o, sent[i].words, sent[i].line);
    cr_assert_eq(o.status, 0, "%s: %s %s", sent[i].line, o.err, o.out);
    json_t *root = echoed(&o);
    const json_t *echo = json_object_get(root, "body");
    cr_expect_str_eq(echoed_text(echo, "method"), sent[i].method, "%s",
                     sent[i].line);
    cr_expect_str_eq(echoed_text(echo, "target"), sent[i].target, "%s: %s",
                     sent[i].line, echoed_text(echo, "target"));
    cr_expect_str_eq(echoed_text(echo, "body"), sent[i].body, "%s",
                     sent[i].line);
    cr_expect(json_is_true(json_object_get(echo, "authorized")), "%s",
              sent[i].line);
    if (sent[i].header != NULL)
      cr_expect_str_eq(echoed_header(echo, sent[i].header), sent[i].value,
                       "%s: %s", sent[i].line, o.out);
    json_decref(root);
  }
}

/* --- what is not sent ------------------------------------------------------
 */

static const struct {
  const char *line, *error, *message;
  int status;
} wrong[] = {
    {"{'path':", "usage", "line 1: ", 2},
    {"{'path':'echo','id':1}}", "usage", "neither an object", 2},
    {"{'path':'echo','boddy':1}", "usage", "boddy", 2},
    {"{'path':'../echo'}", "usage", "..", 2},
    {"a//b", "usage", "path", 2},
    {"ftp://127.0.0.1/x", "usage", "URL", 2},
    {"https://evil.example/x", "origin_refused", "evil.example", 11},
    {"http://evil.example/x", "usage", "evil.example", 2},
    {"{'path':'echo','method':'HEAD','body':1}", "usage", "HEAD", 2},
    {"{'path':'echo','headers':{'A':'b\\r\\nC: d'}}", "usage", "line break", 2},
    {"{'path':'echo','headers':{'Authorization':'s3cret\\u0001value'}}",
     "usage", "not shown", 2},
};

Test(request_batch, refuses_a_line_as_a_command_line_would_be)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
    AUTO_OUTCOME struct outcome o;

    run_line(&s, &o, "", wrong[i].line);
    cr_expect_eq(o.status, wrong[i].status, "%s: %d %s", wrong[i].line,
                 o.status, o.out);
    json_t *root = echoed(&o);
    cr_expect_str_eq(error_of(root), wrong[i].error, "%s: %s", wrong[i].line,
                     o.out);
    cr_expect(has(o.out, wrong[i].message), "%s: %s", wrong[i].line, o.out);
    cr_expect_not(has(o.out, "s3cret"));
    cr_expect(json_is_null(json_object_get(root, "status")));
    cr_expect(has(o.err, "1 of 1 requests failed"), "%s", o.err);
    json_decref(root);
  }
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

static const struct {
  const char *words, *message;
} usage[] = {
    {"request user --batch -", "the paths come from the batch"},
    {"request GET user --batch -", "the paths come from the batch"},
    {"request GET POST --batch -", "the paths come from the batch"},
    {"request --batch $H/none", "No such file"},
    {"request --batch $H", "is a directory"},
    {"request --batch - -o x", "--output and --batch"},
    {"request --batch - --pointer /a", "--pointer and --batch"},
    {"request --batch - --jq .a", "--jq and --batch"},
    {"request --batch - --paginate", "--paginate and --batch"},
    {"request --batch - --idempotency-key=k", "KEY and --batch"},
    {"request --batch - --dry-run", "--dry-run and --batch"},
    {"request --batch - --curl", "--curl and --batch"},
    {"request --batch - --input -", "--input and --batch"},
    {"request --batch - -H @-", "once only"},
    {"request --batch - --parallel=0", "a number from 1 to 256"},
    {"request --batch - --parallel=257", "a number from 1 to 256"},
    {"request --batch - -Z=x", "a number from 1 to 256"},
    {"request --batch - a=b file@/dev/null", "several parts"},
    {"request --batch - --from-line x", "a whole number"},
    {"request user -Z", "-Z comes with --batch"},
    {"request user --ordered", "--ordered comes with --batch"},
    {"request user --from-line 3", "--from-line comes with --batch"},
    {"request --batch - -H 'Authorization: x'", "not taken from an argument"},
};

Test(request_batch, refuses_what_makes_no_sense_for_many)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(usage); i++) {
    AUTO_OUTCOME struct outcome o;

    cli_line(&s.home, &s.server, &o, "echo\n", usage[i].words);
    cr_expect_eq(o.status, 2, "%s: %d %s", usage[i].words, o.status, o.err);
    cr_expect(has(o.err, usage[i].message), "%s: %s", usage[i].words, o.err);
    cr_expect_str_eq(o.out, "");
  }
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

/* --- what comes of it ------------------------------------------------------
 */

static const struct {
  const char *path, *members; /* of the line */
  int status;
} answers[] = {
    {"json/numbers",
     "\"status\":200,\"body\":{\"z\":12345678901234567890123456789,"
     "\"money\":1.10,\"huge\":1e400,\"minus\":-0.0,\"a\":[1.0,"
     "100000000000000000001],\"same\":1,\"b\":{}},\"error\":null,",
     0},
    {"json/string", "\"body\":\"only a text\",\"error\":null", 0},
    {"json/empty", "\"status\":200,\"body\":null,\"error\":null", 0},
    {"json/lines", "\"body\":\"{\\\"id\\\":1}\\n{\\\"id\\\":2}\\n", 0},
    {"json/broken", "\"body\":\"{\\\"a\\\":1,\",\"error\":null", 0},
    {"status/204", "\"status\":204,\"body\":null,\"error\":null", 0},
    {"status/200?body=a%20text", "\"body\":\"a text\",\"error\":null", 0},
    {"bytes/2", "\"body\":", 0},
    {"status/404",
     "\"status\":404,\"body\":{\"status\":404,\"message\":\"as you asked\"},"
     "\"error\":{\"name\":\"http_4xx\",\"exit\":4,",
     4},
    {"status/500", "\"name\":\"http_5xx\",\"exit\":5", 5},
    {"status/429", "\"name\":\"rate_limited\",\"exit\":9", 9},
    {"redirect/2", "\"target\":\"/api/echo\"", 0},
};

Test(request_batch, tells_an_answer_in_one_line)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
    AUTO_OUTCOME struct outcome o;

    run_line(&s, &o, "", answers[i].path);
    cr_expect_eq(o.status, answers[i].status, "%s: %d %s", answers[i].path,
                 o.status, o.err);
    cr_expect(has(o.out, answers[i].members), "%s: %s", answers[i].path, o.out);
    cr_expect(scan_is_value(o.out, o.out_len), "%s", o.out);
    cr_expect(strchr(o.out, '\n') == o.out + o.out_len - 1, "%s", o.out);
  }
}

Test(request_batch, keeps_ids_and_counts_lines)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  cli_line(&s.home, &s.server, &o,
           "{\"id\":\"a\",\"path\":\"echo\"}\n\n"
           "{\"id\":1.10,\"path\":\"echo\"}\n"
           "{\"id\":1.10,\"path\":\"status/404\"}\n"
           "{\"id\":[1, 2],\"path\":\"x y z\",\"q\":1}\n"
           "echo",
           "request --ordered --batch - --ok 404");
  cr_expect_eq(o.status, 2, "%d %s", o.status, o.err);
  cr_expect(has(o.out, "{\"id\":\"a\",\"status\":200"), "%s", o.out);
  cr_expect(has(o.out, "\n{\"id\":1.10,\"status\":200"), "%s", o.out);
  cr_expect(has(o.out, "\n{\"id\":1.10,\"status\":404"), "%s", o.out);
  cr_expect(has(o.out, "\n{\"id\":[1, 2],\"status\":null"), "%s", o.out);
  cr_expect(has(o.out, "\"line 5: "), "%s", o.out);
  cr_expect(has(o.out, "\n{\"id\":6,\"status\":200"), "%s", o.out);
}

Test(request_batch, goes_on_past_failures_and_says_how_many)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome mixed, common, empty, ok;

  scene_make(&s);
  cli_line(&s.home, &s.server, &mixed,
           "status/404\n{\"id\":\necho\nstatus/500\nstatus/410\n",
           "request --batch - --error-format json");
  cr_expect_eq(mixed.status, 10, "%d %s", mixed.status, mixed.err);
  cr_expect(has(mixed.err, "4 of 5 requests failed: 1 usage, 2 http_4xx, "
                           "1 http_5xx"),
            "%s", mixed.err);
  cr_expect(has(mixed.err, "\"name\":\"incomplete\",\"exit\":10"), "%s",
            mixed.err);
  json_t *list = results(&mixed);
  cr_expect_eq(json_array_size(list), 5);
  cr_expect_str_eq(error_of(with_id(list, 2)), "usage");
  cr_expect(json_is_null(json_object_get(with_id(list, 3), "error")));
  json_decref(list);

  cli_line(&s.home, &s.server, &common, "status/404\nstatus/403\necho\n",
           "request --batch -");
  cr_expect_eq(common.status, 4, "%d %s", common.status, common.err);
  cli_line(&s.home, &s.server, &ok, "status/404\nstatus/403\necho\n",
           "request --batch - --ok 404,403");
  cr_expect_eq(ok.status, 0, "%d %s", ok.status, ok.err);
  cli_line(&s.home, &s.server, &empty, "\n \n", "request --batch -");
  cr_expect_eq(empty.status, 0);
  cr_expect_str_eq(empty.out, "");
  cr_expect_str_eq(empty.err, "");
}

Test(request_batch, shows_headers_on_request)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, head;

  scene_make(&s);
  run_line(&s, &o, "-i", "status/200?header=X-Thing:%20a");
  cr_expect(has(o.out, "\"status\":200,\"headers\":{"), "%s", o.out);
  cr_expect(has(o.out, "\"x-thing\":\"a\""), "%s", o.out);
  run_line(&s, &head, "-I", "user");
  cr_expect_eq(head.status, 0, "%s", head.err);
  cr_expect(has(head.out, "\"content-type\":\"application/json\""), "%s",
            head.out);
  cr_expect(has(head.out, "\"body\":null"), "%s", head.out);
}

Test(request_batch, gives_each_request_a_key_of_its_own)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  const char *keys[2];

  scene_make(&s);
  cli_line(&s.home, &s.server, &o,
           "{\"path\":\"echo\",\"body\":1}\n"
           "{\"path\":\"echo\",\"body\":1,\"headers\":{\"A\":\"b\"}}\n"
           "echo\n",
           "request --idempotency-key=auto --batch -");
  cr_expect_eq(o.status, 0, "%s %s", o.err, o.out);
  json_t *list = results(&o);
  for (int i = 0; i < 2; i++) {
    keys[i] = echoed_header(json_object_get(with_id(list, i + 1), "body"),
                            "Idempotency-Key");
    cr_expect_eq(strlen(keys[i]), 36, "%s", keys[i]);
  }
  cr_expect_str_neq(keys[0], keys[1]);
  cr_expect_str_eq(echoed_header(json_object_get(with_id(list, 3), "body"),
                                 "Idempotency-Key"),
                   "(none)");
  json_decref(list);
}

/* --- the credential --------------------------------------------------------
 */

static bool is_so(const json_t *result, const char *member)
{
  return json_is_true(json_object_get(json_object_get(result, "body"), member));
}

Test(request_batch, sends_another_credential_where_a_line_has_one)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  cli_line(&s.home, &s.server, &o,
           "{\"path\":\"echo\",\"headers\":{\"Authorization\":"
           "\"Bearer other-not-real-000\"}}\necho\n",
           "request -v --ordered --batch -");
  cr_expect_eq(o.status, 0, "%s", o.err);
  json_t *list = results(&o);
  cr_expect(is_so(with_id(list, 1), "credential"));
  cr_expect_not(is_so(with_id(list, 1), "authorized"));
  cr_expect(is_so(with_id(list, 2), "authorized"));
  json_decref(list);
  cr_expect_not(has(o.err, "other-not-real"), "%s", o.err);
  cr_expect_not(has(o.err, PAT), "%s", o.err);
}

Test(request_batch, without_a_credential_takes_any_url_and_no_profile)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, path;

  scene_make(&s);
  home_setenv(&s.home, "FOB_TOKEN", NULL);
  home_setenv(&s.home, "FOB_API", NULL);
  run_line(&s, &o, "--no-auth", "$A/echo");
  cr_expect_eq(o.status, 0, "%s %s", o.err, o.out);
  cr_expect(has(o.out, "\"credential\":false"), "%s", o.out);
  run_line(&s, &path, "--no-auth", "echo");
  cr_expect_eq(path.status, 2, "%s %s", path.err, path.out);
  cr_expect(has(path.out, "-p NAME"), "%s", path.out);
}

Test(request_batch, calls_a_refusal_in_a_2xx_a_failure)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  scene_profile(&s, "odd",
                "{'schema':1,'api':['%s'],'grant':'token','headers':"
                "{'X-Profile':'p'},'api_error':{'ok':'/ok','message':"
                "'/error/message'}}",
                s.server.api);
  home_setenv(&s.home, "FOB_API", NULL);
  cli_line(&s.home, &s.server, &o, "json/error\necho\n",
           "request -p odd --ordered --batch -");
  cr_expect_eq(o.status, 4, "%d %s", o.status, o.err);
  cr_expect(has(o.out, "quota exceeded\"},\"error\":{") ||
                has(o.out, "and a refusal: \\\"quota exceeded\\\""),
            "%s", o.out);
  cr_expect(has(o.out, "\"name\":\"api_error\""), "%s", o.out);
  cr_expect(has(o.out, "\"X-Profile\":\"p\""), "%s", o.out);
}
