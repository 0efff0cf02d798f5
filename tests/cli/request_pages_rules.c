/* fob request --paginate: what its options and the profile say. */
#include "cli/pages_scene.h"

Test(request_pages_rules, goes_by_the_profile)
{
  static const struct {
    const char *rules, *word, *target, *at, *ids;
  } rows[] = {
      {"'style': 'page'", "--paginate", "pages/page", "", "1-10"},
      {"'style': 'off'", "--paginate", "pages/link", "", "1-3"},
      {"'style': 'off'", "--paginate=link", "pages/link", "", "1-10"},
      {"'style': 'cursor', 'next': '/next_cursor', 'param': 'cursor', "
       "'items': '/items'",
       "--paginate", "pages/cursor", "/items", "1-10"},
      {"'style': 'next', 'next': '/nowhere'", "--paginate", "pages/next",
       "/items", "1-3"},
      {"'style': 'next', 'next': '/nowhere'", "--paginate=offset",
       "pages/offset", "/items", "1-10"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    scene_make(&s);
    scene_profile(&s, "svc",
                  "{'schema': 1, 'api': ['%s'], 'grant': 'token', "
                  "'pagination': {%s}}",
                  s.server.api, rows[i].rules);
    home_setenv(&s.home, "FOB_API", "%s", "");
    fob(&s.home, &o, "request", rows[i].word, rows[i].target, NULL);
    cr_expect_eq(o.status, 0, "%s: %s", rows[i].rules, o.err);
    cr_expect_str_eq(ids_at(o.out, rows[i].at), rows[i].ids, "%s: %s",
                     rows[i].rules, o.out);
  }
}

Test(request_pages_rules, refuses_what_does_not_go_together)
{
  static const struct {
    const char *words[6];
    const char *said;
  } rows[] = {
      {{"user", "--items", "/a"}, "--items goes with --paginate"},
      {{"user", "--next", "/a"}, "--next goes with --paginate"},
      {{"user", "--max-pages", "1"}, "--max-pages goes with --paginate"},
      {{"user", "--max-items", "1"}, "--max-items goes with --paginate"},
      {{"user", "--slurp"}, "--slurp goes with --paginate"},
      {{"user", "--resume", "x"}, "--resume goes with --paginate"},
      {{"user", "--paginate=odd"}, "'odd' is none of auto|link|next|cursor"},
      {{"user", "--paginate", "--max-pages", "0"}, "--max-pages must be"},
      {{"user", "--paginate", "--max-items", "0"}, "--max-items must be"},
      {{"user", "--paginate", "--items", "a"},
       "--items: 'a' is no JSON pointer"},
      {{"user", "--paginate", "--next", "a"}, "--next: 'a' is no JSON pointer"},
      {{"user", "--paginate", "--next", "=/a"}, "--next: '=/a' is no"},
      {{"user", "--paginate", "--next", "a=/~"}, "--next: '/~' is no"},
      {{"user", "--paginate=cursor", "--next", "/x"}, "--next PARAMETER=/x"},
      {{"user", "--paginate=graphql"}, "one that takes $endCursor"},
      {{"user", "--paginate", "--parallel=0"}, "--parallel takes a number"},
      {{"user", "--paginate", "-I"}, "-I and --paginate exclude"},
      {{"user", "--paginate", "--raw"}, "--raw and --paginate exclude"},
      {{"user", "--paginate", "--curl"}, "--curl and --paginate exclude"},
      {{"user", "--paginate", "--resume", "x", "-o", "y"},
       "--resume and -o exclude"},
      {{"DELETE", "user", "--paginate"}, "for reading, not for DELETE"},
  };
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, rows[i].words);
    cr_expect_eq(o.status, 2, "%s: %d", rows[i].said, o.status);
    cr_expect(has(o.err, rows[i].said), "%s: %s", rows[i].said, o.err);
  }
  cr_expect_eq(server_count(&s.server, "/api/user"), 0);
}
