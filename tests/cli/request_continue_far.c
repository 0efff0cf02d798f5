/* fob request -C -: over more than two runs, and from another origin. */
#include "cli/files_scene.h"

/* RFC 9110 §15.3.7: a server may send less than was asked for. */
Test(request_continue_far, takes_as_many_runs_as_it_needs)
{
  AUTO_SCENE struct scene s;
  int status = -1, runs = 0;

  scene_make(&s);
  serve(&s, "{'cut': 20000}, {'few': 40000}, {'cut': 1}, {'few': 5},"
            " {'few': 30000}, {}");
  while (status != 0 && runs++ < 10) {
    AUTO_OUTCOME struct outcome o;

    get(&s, &o, "file -o out -C -");
    cr_expect(o.status == 0 || o.status == 10, "%d: %s", o.status, o.err);
    cr_expect_null(strstr(o.err, "anew"), "%s", o.err);
    cr_expect_neq(is_there(&s, "out"), is_there(&s, "out.part"));
    status = o.status;
  }
  cr_expect_eq(status, 0);
  cr_expect(holds(&s, "out", FILE_SIZE, 0));
  cr_expect_eq(server_count(&s.server, "/api/file"), 6);
}

/* Where APIs keep what is large. The origin named the validator itself. */
Test(request_continue_far, goes_on_behind_a_redirect_to_another_origin)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome first, second;

  scene_make(&s);
  AUTO_STR char *words = mem_printf(
      "'redirect?to=http://localhost:%d/api/file' -o out -C -", s.server.port);
  serve(&s, "{'cut': 30000}, {'status': 403}");
  get(&s, &first, words);
  cr_expect_eq(first.status, 10, "%s", first.err);
  serve(&s, "{}");
  get(&s, &second, words);
  cr_expect_eq(second.status, 0, "%s", second.err);
  cr_expect(holds(&s, "out", FILE_SIZE, 0));
  AUTO_STR char *range = asked(&s, 0, "range");
  AUTO_STR char *condition = asked(&s, 0, "if-range");
  AUTO_STR char *credential = asked(&s, 0, "authorization");
  cr_expect_str_eq(range, "bytes=30000-");
  cr_expect_str_eq(condition, "\"v0\"");
  cr_expect_str_eq(credential, "(none)");
}
