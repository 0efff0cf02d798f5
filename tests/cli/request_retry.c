/* fob request tries again: what, how often, with which key, and for how long
 * it waits. Waits of a backoff are a second at the most (two for the second),
 * so no row has many of them. */
#include "cli/request_scene.h"

#include <signal.h>
#include <unistd.h>

static json_t *tries(const struct scene *s, const char *path)
{
  return server_journal(&s->server, path);
}

static size_t count(const struct scene *s, const char *path)
{
  return server_count(&s->server, path);
}

static const char *key_of(const json_t *journal, size_t i)
{
  return echoed_text(json_object_get(json_array_get(journal, i), "headers"),
                     "idempotency-key");
}

struct row {
  const char *words[8];
  const char *fault; /* of /api/echo, once; ' for " */
  int times;
  int status;
  size_t tries;
};

static const struct row rows[] = {
    {{"echo"}, "'status', 'status': 503", 1, 0, 2},
    {{"echo"}, "'status', 'status': 500", 1, 0, 2},
    {{"echo"}, "'status', 'status': 408", 1, 0, 2},
    {{"echo"}, "'status', 'status': 429", 1, 0, 2},
    {{"HEAD", "echo"}, "'status', 'status': 502", 1, 0, 2},
    {{"echo"}, "'reset'", 1, 0, 2},
    {{"echo"}, "'cut'", 1, 0, 2},
    {{"echo"}, "'status', 'status': 504", -1, 5, 3},
    {{"echo", "--retry", "1"}, "'status', 'status': 504", -1, 5, 2},
    {{"echo", "--retry", "0"}, "'status', 'status': 503", 1, 5, 1},
    {{"echo", "--retry-max-time", "0"}, "'status', 'status': 503", 1, 5, 1},
    {{"echo", "--retry", "0"}, "'reset'", 1, 6, 1},
    {{"echo", "--ok", "503"}, "'status', 'status': 503", 1, 0, 1},
    {{"echo"}, "'status', 'status': 404", 1, 4, 1},
    {{"echo"}, "'status', 'status': 501", 1, 5, 1},

    /* what may act twice */
    {{"POST", "echo", "a=b"}, "'status', 'status': 503", 1, 5, 1},
    {{"POST", "echo", "a=b"}, "'reset'", 1, 6, 1},
    {{"POST", "echo", "a=b"}, "'reset_after_commit'", 1, 6, 1},
    {{"PUT", "echo", "a=b"}, "'status', 'status': 429", 1, 9, 1},
    {{"DELETE", "echo"}, "'cut'", 1, 6, 1},
    {{"POST", "echo", "a=b", "--retry-unsafe"},
     "'status', 'status': 503",
     1,
     0,
     2},
    {{"POST", "echo", "a=b", "--retry-unsafe"},
     "'reset_after_commit'",
     1,
     0,
     2},
    {{"POST", "echo", "a=b", "--idempotency-key"},
     "'reset_after_commit'",
     1,
     0,
     2},
    {{"POST", "echo", "Idempotency-Key:mine"},
     "'status', 'status': 503",
     1,
     0,
     2},

    /* what the server wants */
    {{"echo"},
     "'status', 'status': 429, 'headers': {'Retry-After': '0.2'}",
     1,
     0,
     2},
    {{"echo"},
     "'status', 'status': 403, 'headers': {'X-RateLimit-Remaining': '0', "
     "'X-RateLimit-Reset-After': '0.1'}",
     1,
     0,
     2},
    {{"echo", "--wait-rate", "9m"},
     "'status', 'status': 429, 'headers': {'Retry-After': '600'}",
     1,
     9,
     1},
    {{"echo"},
     "'status', 'status': 503, 'headers': {'Retry-After': '600'}",
     1,
     9,
     1},
    {{"echo"},
     "'status', 'status': 403, 'headers': {'Retry-After': '600'}",
     1,
     9,
     1},
    {{"echo"},
     "'status', 'status': 429, 'headers': {'RateLimit': "
     "'\\\"a\\\";r=0;t=600'}",
     1,
     9,
     1},
    {{"echo"},
     "'status', 'status': 429, 'headers': {'Retry-After': "
     "'Fri, 31 Dec 9999 23:59:59 GMT'}",
     1,
     9,
     1},
    {{"echo"},
     "'status', 'status': 429, 'headers': {'Retry-After': "
     "'Thu, 01 Jan 1970 00:00:00 GMT'}",
     1,
     0,
     2},
    {{"echo"},
     "'status', 'status': 429, 'headers': {'Retry-After': "
     "'999999999999999999999999999999'}",
     1,
     9,
     1},
    {{"echo"},
     "'status', 'status': 429, 'headers': {'Retry-After': '-5'}",
     1,
     0,
     2},
    {{"POST", "echo", "a=b"},
     "'status', 'status': 429, 'headers': {'Retry-After': '0.1'}",
     1,
     9,
     1},
};

Test(request_retry, tries_again_what_may_be_over_in_a_moment)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&s.server);
    server_order(&s.server,
                 "{'next': {'path': '/api/echo', 'times': %d, "
                 "'fault': %s}}",
                 rows[i].times, rows[i].fault);
    fob_row(&s, &o, NULL, rows[i].words);
    cr_expect_eq(o.status, rows[i].status, "%zu: %d, %s", i, o.status, o.err);
    cr_expect_eq(count(&s, "/api/echo"), rows[i].tries, "%zu: %zu", i,
                 count(&s, "/api/echo"));
    if (rows[i].status == 0)
      cr_expect_str_eq(o.err, "", "%zu: %s", i, o.err);
  }
}

/* A server that is not there is asked again, whatever the method. */
Test(request_retry, tries_again_where_no_connection_stands)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, post;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", "http://127.0.0.1:1");
  fob(&s.home, &o, "request", "x", "-v", "--retry", "1", NULL);
  cr_expect_eq(o.status, 6, "%s", o.err);
  cr_expect(has(o.err, "tried again in "), "%s", o.err);
  fob(&s.home, &post, "request", "x", "a=b", "-v", "--retry", "1", NULL);
  cr_expect_eq(post.status, 6);
  cr_expect(has(post.err, "tried again in "), "%s", post.err);
}

/* The sink sees one answer, however many there were. */
Test(request_retry, prints_the_last_answer_alone)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/user', 'fault': 'status', "
                          "'status': 503, 'body': 'not now'}}");
  fob(&s.home, &o, "request", "user", "-i", NULL);
  cr_expect_eq(o.status, 0);
  cr_expect_not(has(o.out, "not now"), "%s", o.out);
  cr_expect_not(has(o.out, "503"), "%s", o.out);
}

/* --- the key ----------------------------------------------------------------
 */

Test(request_retry, sends_one_key_for_all_tries)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome a, b, given;

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                          "'status': 503}}");
  fob(&s.home, &a, "request", "echo", "a=b", "--idempotency-key=auto", NULL);
  fob(&s.home, &b, "request", "echo", "a=b", "--idempotency-key", NULL);
  fob(&s.home, &given, "request", "echo", "a=b", "--idempotency-key=k-17",
      NULL);
  cr_assert_eq(a.status + b.status + given.status, 0);
  json_t *journal = tries(&s, "/api/echo");
  cr_assert_eq(json_array_size(journal), 4);
  cr_expect_eq(strlen(key_of(journal, 0)), 36, "%s", key_of(journal, 0));
  cr_expect_eq(key_of(journal, 0)[14], '4');
  cr_expect_str_eq(key_of(journal, 0), key_of(journal, 1));
  cr_expect_str_neq(key_of(journal, 1), key_of(journal, 2));
  cr_expect_str_eq(key_of(journal, 3), "k-17");
  json_decref(journal);
}

Test(request_retry, names_the_keys_header_as_the_profile_does)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, get;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  scene_profile(&s, "p",
                "{'schema': 1, 'api': ['%s'], 'grant': 'token', 'retry': "
                "{'max': 1, 'idempotency_header': 'X-Once'}}",
                s.server.api);
  fob(&s.home, &o, "request", "-p", "p", "echo", "a=b",
      "--idempotency-key=mine", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  json_t *root = echoed(&o);
  cr_expect_str_eq(echoed_header(root, "X-Once"), "mine");
  json_decref(root);

  /* A GET needs none; and the profile says how often. */
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                          "'status': 503, 'times': -1}}");
  fob(&s.home, &get, "request", "-p", "p", "echo", "--idempotency-key", NULL);
  cr_expect_eq(get.status, 5);
  json_t *journal = tries(&s, "/api/echo");
  cr_expect_eq(json_array_size(journal), 3);
  cr_expect_str_eq(
      echoed_text(json_object_get(json_array_get(journal, 2), "headers"),
                  "x-once"),
      "(none)");
  json_decref(journal);
}

/* One for all would make one of all items. */
Test(request_retry, gives_each_item_of_a_batch_its_own_key)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, given;

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                          "'status': 503}}");
  fob_input(&s.home, &o,
            "{\"path\": \"echo\", \"method\": \"POST\"}\n"
            "{\"path\": \"echo\", \"method\": \"POST\"}\n"
            "{\"path\": \"echo\", \"method\": \"POST\", "
            "\"headers\": {\"Idempotency-Key\": \"own\"}}\n",
            "request", "--batch", "-", "--parallel=1", "--idempotency-key",
            NULL);
  cr_expect_eq(o.status, 0, "%s", o.err);
  json_t *journal = tries(&s, "/api/echo");
  cr_assert_eq(json_array_size(journal), 4);
  size_t same = 0, own = 0;
  for (size_t i = 0; i < 4; i++) {
    own += strcmp(key_of(journal, i), "own") == 0;
    cr_expect_str_neq(key_of(journal, i), "(none)");
    for (size_t k = 0; k < i; k++)
      same += strcmp(key_of(journal, i), key_of(journal, k)) == 0;
  }
  cr_expect_eq(same, 1, "the one that was tried again");
  cr_expect_geq(own, 1);
  json_decref(journal);
  fob_input(&s.home, &given, "echo\n", "request", "--batch", "-",
            "--idempotency-key=mine", NULL);
  cr_expect_eq(given.status, 2, "%s", given.err);
}

Test(request_retry, refuses_options_that_make_no_sense)
{
  static const struct {
    const char *words[8];
    const char *says;
  } bad[] = {
      {{"echo", "--retry", "101"}, "at most 100"},
      {{"echo", "--retry", "-1"}, "--retry"},
      {{"echo", "--retry", "x"}, "--retry"},
      {{"echo", "--retry-max-time", "soon"}, "--retry-max-time"},
      {{"echo", "--wait-rate", "-5m"}, "--wait-rate"},
      {{"echo", "--rate", "10"}, "10/s"},
      {{"echo", "--rate", "0/s"}, "10/s"},
      {{"echo", "--rate", "1.5/s"}, "10/s"},
      {{"echo", "a=b", "Idempotency-Key:x", "--idempotency-key"}, "two keys"},
      {{"echo", "a=b", "--idempotency-key=a\nb"}, "Idempotency-Key"},
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, bad[i].words);
    cr_expect_eq(o.status, 2, "%zu: %d", i, o.status);
    cr_expect(has(o.err, bad[i].says), "%zu: %s", i, o.err);
  }
  cr_expect_eq(count(&s, "/api/echo"), 0);
}

/* --- waiting ----------------------------------------------------------------
 */

Test(request_retry, says_when_to_come_back_and_returns_at_once)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/echo', 'fault': 'status', 'status': "
               "429, 'body': 'slow down', 'headers': {'Retry-After': '719'}}}");
  fob(&s.home, &o, "request", "echo", NULL);
  cr_expect_eq(o.status, 9);
  cr_expect_lt(o.ms, 30000);
  cr_expect(has(o.err, "slow down"), "%s", o.err);
  cr_expect(has(o.err, "no more requests until "), "%s", o.err);
  cr_expect(has(o.err, "(in 11 min)"), "%s", o.err);
  cr_expect(has(o.err, "--wait-rate 12m"), "%s", o.err);
}

Test(request_retry, takes_the_date_by_the_servers_clock)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/echo', 'fault': 'raw', 'raw': "
               "'HTTP/1.1 429 Too Many Requests\\r\\n"
               "Date: Mon, 01 Jan 2035 00:00:00 GMT\\r\\n"
               "Retry-After: Mon, 01 Jan 2035 00:00:01 GMT\\r\\n"
               "Content-Length: 0\\r\\n\\r\\n'}}");
  fob(&s.home, &o, "request", "echo", NULL);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_geq(o.ms, 1000);
  cr_expect_eq(count(&s, "/api/echo"), 2);
}

Test(request_retry, says_on_a_terminal_why_it_waits)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, quiet;

  scene_make(&s);
  server_order(&s.server,
               "{'next': [{'path': '/api/echo', 'fault': 'status', 'times': 2, "
               "'status': 503, 'headers': {'Retry-After': '1'}}]}");
  program_finish(
      fob_start(&s.home, TERMINAL_ALL, "request", "echo", "--retry", "1", NULL),
      &o);
  cr_expect(has(o.err, "waiting until "), "%s", o.err);
  cr_expect(has(o.err, ": the answer is 503"), "%s", o.err);
  server_reset(&s.server);
  server_order(&s.server, "{'next': [{'path': '/api/echo', 'fault': 'status', "
                          "'status': 503, 'headers': {'Retry-After': '1'}}]}");
  program_finish(
      fob_start(&s.home, TERMINAL_ALL, "request", "echo", "--quiet", NULL),
      &quiet);
  cr_expect_not(has(quiet.err, "waiting"), "%s", quiet.err);
}

Test(request_retry, ends_a_wait_at_a_signal)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                          "'status': 429, 'headers': {'Retry-After': '50'}}}");
  struct program *p =
      fob_start(&s.home, TERMINAL_NONE, "request", "echo", "-v", NULL);
  cr_assert(program_await(p, "tried again in ", 30000));
  kill(program_pid(p), SIGTERM);
  program_finish(p, &o);
  cr_expect_eq(o.signal, SIGTERM);
  cr_expect_lt(o.ms, 40000);
}
