/* fob request --batch against servers that fail: no item is lost, none is sent
 * twice that may not be, and what concerns all is done once. */
#include "cli/cli.h"
#include "cli/request_scene.h"

#include "support/skip.h"

#include <signal.h>

enum { LINES = 8 };

static void put_lines(const struct home *home, const char *before,
                      const char *behind, int count)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);

  for (int i = 1; i <= count; i++) {
    buf_printf(&text, "%s%d%s\n", before, i, behind);
  }
  home_write(home, "lines", 0600, "%s", buf_text(&text));
}

/* How many results there are, each id once; how many of them failed. */
static int count_results(const struct outcome *o, int lines, int *ret_failed)
{
  char seen[1024] = "";
  int count = 0;
  const char *end;

  *ret_failed = 0;
  for (const char *at = o->out; *at != '\0'; at = end + 1, count++) {
    end = strchr(at, '\n');
    cr_assert_not_null(end, "a line without an end: %s", at);
    json_t *one = json_loadb(at, (size_t)(end - at), 0, NULL);
    cr_assert_not_null(one, "no JSON: %.*s", (int)(end - at), at);
    int id = (int)json_integer_value(json_object_get(one, "id"));
    cr_assert(id >= 1 && id <= lines && seen[id] == 0, "id %d", id);
    seen[id] = 1;
    *ret_failed += !json_is_null(json_object_get(one, "error"));
    json_decref(one);
  }
  return count;
}

/* How often each of the things was made by a POST; the most of them. */
static int most_posts(const struct scene *s)
{
  json_t *journal = server_journal(&s->server, NULL);
  int made[LINES + 1] = {0};
  int most = 0;
  size_t i;
  json_t *rq;

  json_array_foreach(journal, i, rq)
  {
    const char *path = echoed_text(rq, "path");
    int id = has(path, "/api/echo/") ? atoi(strrchr(path, '/') + 1) : 0;

    if (id > 0 && id <= LINES)
      made[id]++;
    most = made[id] > most ? made[id] : most;
  }
  json_decref(journal);
  return most;
}

static const char *const breaks[] = {"cut", "reset", "truncate",
                                     "cut_after_commit", "reset_after_commit"};

Test(request_batch_faults, has_each_item_once_wherever_the_server_breaks)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *command = NULL;

  scene_make(&s);
  put_lines(&s.home, "{\"path\":\"echo/", "\",\"method\":\"POST\",\"body\":1}",
            LINES);
  for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
    for (int skip = 0; skip < LINES; skip += is_slow() ? 5 : 1) {
      AUTO_OUTCOME struct outcome o;
      int failed = 0;

      server_reset(&s.server);
      server_order(&s.server,
                   "{'next': {'path': '/api/echo/*', 'fault': '%s', "
                   "'skip': %d}}",
                   breaks[i], skip);
      mem_free(command);
      command = mem_printf("request --parallel=%d --batch $H/lines",
                           skip % 2 == 0 ? 1 : LINES);
      cli_line(&s.home, &s.server, &o, NULL, command);
      cr_expect_eq(count_results(&o, LINES, &failed), LINES, "%s", o.out);
      cr_expect_eq(failed, 1, "%s at %d: %s", breaks[i], skip, o.out);
      cr_expect_eq(o.status, strcmp(breaks[i], "truncate") == 0 ? 10 : 6,
                   "%s at %d: %d %s", breaks[i], skip, o.status, o.err);
      cr_expect_eq(most_posts(&s), 1, "%s at %d: sent again", breaks[i], skip);
    }
  }
}

Test(request_batch_faults, tries_again_what_may_be_sent_again)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  put_lines(&s.home, "echo/", "", LINES);
  for (int skip = 0; skip < LINES; skip++) {
    AUTO_OUTCOME struct outcome o;
    int failed = 0;

    server_reset(&s.server);
    server_order(&s.server,
                 "{'next': {'path': '/api/echo/*', 'fault': 'reset', "
                 "'skip': %d}}",
                 skip);
    cli_line(&s.home, &s.server, &o, NULL, "request --batch $H/lines");
    cr_expect_eq(o.status, 0, "%d: %d %s", skip, o.status, o.err);
    cr_expect_eq(count_results(&o, LINES, &failed), LINES, "%s", o.out);
    cr_expect_eq(failed, 0, "%s", o.out);
  }
}

Test(request_batch_faults, refreshes_once_for_all_that_were_refused)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  int failed = 0;

  scene_log_in(&s);
  scene_age(&s, 3000);
  put_lines(&s.home, "user?n=", "", 100);
  server_reset(&s.server);
  server_order(&s.server, "{'expire_access_tokens': true}");
  cli_line(&s.home, &s.server, &o, NULL, "request -p svc -Z --batch $H/lines");
  cr_expect_eq(o.status, 0, "%d %s %s", o.status, o.err, o.out);
  cr_expect_eq(count_results(&o, 100, &failed), 100);
  cr_expect_eq(failed, 0);
  cr_expect_eq(server_count(&s.server, "/token"), 1);
}

Test(request_batch_faults, ends_where_the_login_is_over_and_says_where_to_go_on)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  int failed = 0;

  scene_log_in(&s);
  scene_age(&s, 3000);
  put_lines(&s.home, "user?n=", "", 900);
  server_reset(&s.server);
  server_order(&s.server,
               "{'expire_access_tokens': true, 'next': {'path': '/token', "
               "'fault': 'status', 'status': 400, 'times': -1, 'body': "
               "{'error': 'invalid_client'}}}");
  cli_line(&s.home, &s.server, &o, NULL,
           "request -p svc --parallel=4 --batch $H/lines --from-line 2");
  cr_expect_eq(o.status, 8, "%d %s", o.status, o.err);
  int count = count_results(&o, 900, &failed);
  cr_expect(count >= 1 && count < 100, "%d", count);
  cr_expect_eq(failed, count);
  AUTO_STR char *next = mem_printf("--from-line %d\n", count + 2);
  cr_expect(has(o.err, next), "%d: %s", count, o.err);
  cr_expect(has(o.err, "fob request -p svc --parallel=4 --batch"), "%s", o.err);
  cr_expect_eq(server_count(&s.server, "/token"), 1);
}

Test(request_batch_faults, pauses_once_for_all_when_told_to_wait)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  int failed = 0;

  scene_make(&s);
  put_lines(&s.home, "echo/", "", 100);
  server_order(&s.server, "{'next': {'path': '/api/echo/*', 'fault': 'status', "
                          "'status': 429, 'times': 16, 'headers': "
                          "{'Retry-After': '1'}}}");
  cli_line(&s.home, &s.server, &o, NULL, "request --batch $H/lines");
  cr_expect_eq(o.status, 0, "%d %s %s", o.status, o.err, o.out);
  cr_expect_eq(count_results(&o, 100, &failed), 100);
  cr_expect_eq(failed, 0);
  cr_expect_geq(o.ms, 900);
}

Test(request_batch_faults, keeps_the_order_behind_a_slow_item)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  int next = 1;

  scene_make(&s);
  buf_puts(&text, "slow?ms=700\n{\"path\":\nslow?ms=300\n");
  for (int i = 0; i < 40; i++)
    buf_puts(&text, "echo\n");
  cli_line(&s.home, &s.server, &o, buf_text(&text),
           "request --ordered --batch -");
  cr_expect_eq(o.status, 2, "%d %s", o.status, o.err);
  for (const char *at = o.out; *at != '\0'; at = strchr(at, '\n') + 1, next++) {
    char want[32];

    snprintf(want, sizeof want, "{\"id\":%d,", next);
    cr_assert_eq(strncmp(at, want, strlen(want)), 0, "%s: %.40s", want, at);
  }
  cr_expect_eq(next, 44);
  cr_expect_eq(server_count(&s.server, "/api/echo"), 40);
}

/* What waits for an earlier result is bounded. */
Test(request_batch_faults, begins_no_more_than_it_can_hold_in_order)
{
  NEEDS_SPEED;
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);

  scene_make(&s);
  buf_puts(&text, "slow?ms=600000\n");
  for (int i = 0; i < 3000; i++)
    buf_puts(&text, "status/204\n");
  home_write(&s.home, "lines", 0600, "%s", buf_text(&text));
  struct program *p = cli_line_start(&s.home, &s.server, TERMINAL_NONE,
                                     "request --ordered --batch $H/lines");
  cr_assert(server_await(&s.server, "/api/status/204", 1023, 60000));
  cr_expect_not(server_await(&s.server, "/api/status/204", 1024, 300));
  kill(program_pid(p), SIGQUIT);
  program_finish(p, &o);
  cr_expect_eq(o.signal, SIGQUIT);
}

Test(request_batch_faults, holds_no_answer_without_an_end)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  int failed = 0;

  scene_make(&s);
  cli_line(&s.home, &s.server, &o, "bytes/17000000\necho\n",
           "request --batch -");
  cr_expect_eq(o.status, 1, "%d %s", o.status, o.err);
  cr_expect_eq(count_results(&o, 2, &failed), 2);
  cr_expect_eq(failed, 1);
  cr_expect(has(o.out, "\"id\":1,\"status\":200,\"body\":null,\"error\":{"),
            "%s", o.out);
  cr_expect(has(o.out, "longer than the 16 MiB"), "%s", o.out);
}
