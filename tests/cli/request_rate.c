/* fob request at a pace, and within the budget that the server announces: many
 * processes together, and what is in their common file. */
#include "cli/request_scene.h"

#include "support/skip.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* A profile `svc`, logged in; what each test asks is below /api/rate. */
static json_int_t seen(const struct scene *s, const char *name,
                       const char *what)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = mem_printf("%s/rate/%s/seen", s->server.api, name);

  fob(&s->home, &o, "request", "--no-auth", path, NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  json_t *root = echoed(&o);
  json_int_t value = json_integer_value(json_object_get(root, what));
  json_decref(root);
  return value;
}

static size_t files(const struct scene *s)
{
  AUTO_STR char *dir = home_path(&s->home, "state/fob/rate");
  DIR *d = opendir(dir);
  size_t count = 0;

  while (d != NULL) {
    const struct dirent *entry = readdir(d);

    if (entry == NULL)
      break;
    count += entry->d_name[0] != '.';
  }
  if (d != NULL)
    closedir(d);
  return count;
}

/* Starts count at once, each with its own request, and adds up what became of
 * them. */
static int flock_of(const struct scene *s, int count, const char *path)
{
  struct program *programs[64];
  int done = 0;

  cr_assert_leq(count, (int)ARRAY_LEN(programs));
  for (int i = 0; i < count; i++)
    programs[i] = fob_start(&s->home, TERMINAL_NONE, "request", "-p", "svc",
                            path, "--wait-rate", "10m", "--retry", "0", NULL);
  for (int i = 0; i < count; i++) {
    AUTO_OUTCOME struct outcome o;

    program_finish(programs[i], &o);
    done += o.status == 0;
    cr_expect_eq(o.status, 0, "%s", o.err);
  }
  return done;
}

/* Once it is announced, nobody meets the limit, however many come at once and
 * however often it is filled. */
static void share(const char *path, const char *name, int count)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  cr_expect_eq(files(&s), 0);
  fob(&s.home, &o, "request", "-p", "svc", path, NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  cr_expect_eq(files(&s), 1);
  cr_expect_eq(flock_of(&s, count, path), count);
  cr_expect_eq(seen(&s, name, "refused"), 0);
  cr_expect_eq(seen(&s, name, "passed"), count + 1);
  cr_expect_geq(seen(&s, name, "windows"), 3);
}

Test(request_rate, shares_the_announced_budget_among_processes)
{
  NEEDS_SPEED;
  share("rate/a?limit=20&window=1000", "a", 60);
}

Test(request_rate, shares_a_budget_whose_size_is_not_announced)
{
  NEEDS_SPEED;
  share("rate/b?limit=12&window=1000&style=ietf", "b", 36);
}

/* The limit is met, since nothing announced it: then all wait, and none is
 * refused twice for that. */
Test(request_rate, pauses_all_for_one_that_was_refused)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  struct program *programs[8];

  scene_log_in(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/echo', 'fault': 'status', 'status': "
               "429, 'headers': {'Retry-After': '2'}}}");
  fob(&s.home, &o, "request", "-p", "svc", "echo", "--retry", "0", NULL);
  cr_assert_eq(o.status, 9, "%s", o.err);
  outcome_clear(&o);
  for (size_t i = 0; i < ARRAY_LEN(programs); i++)
    programs[i] =
        fob_start(&s.home, TERMINAL_NONE, "request", "-p", "svc", "echo", NULL);
  for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
    program_finish(programs[i], &o);
    cr_expect_eq(o.status, 0, "%s", o.err);
    outcome_clear(&o);
  }
  json_t *journal = server_journal(&s.server, "/api/echo");
  json_int_t first =
      json_integer_value(json_object_get(json_array_get(journal, 0), "at_ms"));
  cr_assert_eq(json_array_size(journal), 1 + ARRAY_LEN(programs));
  for (size_t i = 1; i < json_array_size(journal); i++)
    cr_expect_geq(json_integer_value(
                      json_object_get(json_array_get(journal, i), "at_ms")),
                  first + 1900);
  json_decref(journal);
  memset(&o, 0, sizeof o);
}

Test(request_rate, sends_nothing_while_the_wait_is_too_long)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome first, o, quick;

  scene_log_in(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/echo', 'fault': 'status', 'status': "
               "429, 'headers': {'X-RateLimit-Remaining': '0', "
               "'X-RateLimit-Reset-After': '1500'}}}");
  fob(&s.home, &first, "request", "-p", "svc", "echo", NULL);
  cr_expect_eq(first.status, 9, "%s", first.err);
  fob(&s.home, &o, "request", "-p", "svc", "echo", NULL);
  cr_expect_eq(o.status, 9);
  cr_expect(has(o.err, "not sent: the rate of 'http://127.0.0.1:"), "%s",
            o.err);
  cr_expect(has(o.err, "is used up until "), "%s", o.err);
  cr_expect(has(o.err, "(in 24 min)") || has(o.err, "(in 25 min)"), "%s",
            o.err);
  cr_expect(has(o.err, "--wait-rate 2"), "%s", o.err);
  cr_expect_eq(server_count(&s.server, "/api/echo"), 1);
  /* It is the profile's with its credential. */
  AUTO_STR char *url = mem_printf("%s/echo", s.server.api);
  fob(&s.home, &quick, "request", "--no-auth", url, NULL);
  cr_expect_eq(quick.status, 0, "%s", quick.err);
}

/* --- the pace ---------------------------------------------------------------
 */

Test(request_rate, keeps_a_pace_among_processes)
{
  AUTO_SCENE struct scene s;
  struct program *programs[6];

  scene_log_in(&s);
  for (size_t i = 0; i < ARRAY_LEN(programs); i++)
    programs[i] = fob_start(&s.home, TERMINAL_NONE, "request", "-p", "svc",
                            "echo", "--rate", "5/s", NULL);
  for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
    AUTO_OUTCOME struct outcome o;

    program_finish(programs[i], &o);
    cr_expect_eq(o.status, 0, "%s", o.err);
  }
  json_t *journal = server_journal(&s.server, "/api/echo");
  json_int_t first =
      json_integer_value(json_object_get(json_array_get(journal, 0), "at_ms"));
  json_int_t last =
      json_integer_value(json_object_get(json_array_get(journal, 5), "at_ms"));
  cr_assert_eq(json_array_size(journal), 6);
  /* Five times 200 ms; the first may have been long on its way. */
  cr_expect_geq(last - first, 500);
  json_decref(journal);
}

/* --- the file ---------------------------------------------------------------
 */

Test(request_rate, touches_no_file_without_need)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  fob(&s.home, &o, "request", "-p", "svc", "user", NULL);
  cr_expect_eq(o.status, 0);
  outcome_clear(&o);
  fob(&s.home, &o, "request", "-p", "svc", "status/404", NULL);
  cr_expect_eq(files(&s), 0);
}

Test(request_rate, does_without_a_state_directory)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, verbose;

  scene_log_in(&s);
  home_setenv(&s.home, "XDG_STATE_HOME", "/proc/nowhere");
  fob(&s.home, &o, "request", "-p", "svc", "rate/c?limit=1&window=60000", NULL);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.err, "");
  fob(&s.home, &verbose, "request", "-p", "svc", "user", "-v", "--rate", "9/s",
      NULL);
  cr_expect_eq(verbose.status, 0, "%s", verbose.err);
  cr_expect(has(verbose.err, "the rate is not shared"), "%s", verbose.err);
}

Test(request_rate, goes_with_the_profile)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, gone;

  scene_log_in(&s);
  fob(&s.home, &o, "request", "-p", "svc", "rate/d?limit=5&window=60000", NULL);
  cr_assert_eq(files(&s), 1);
  fob(&s.home, &gone, "logout", "-p", "svc", "--local", "--purge", NULL);
  cr_expect_eq(gone.status, 0, "%s", gone.err);
  cr_expect_eq(files(&s), 0);
}
