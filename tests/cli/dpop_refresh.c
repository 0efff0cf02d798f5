/* Refreshes of tokens that are bound to a key (RFC 9449 §5). */
#include "cli/dpop_scene.h"

static void force_refresh(const struct scene *s, struct outcome *o)
{
  fob(&s->home, o, "token", "-p", "p", "--force-refresh", NULL);
}

/* DESIGN §1.7 holds for the repetition: what it led to is not known when it is
 * cut off, and that is remembered. */
Test(dpop_refresh, repeats_once_with_the_nonce_within_the_transaction)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, cut, after;

  scene_person(&s);
  server_reset(&s.server);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'as'}}}");
  force_refresh(&s, &o);
  cli_expect(&o, 2); /* it is bound */
  cr_expect_eq(asked(&s, "/token"), 2);
  cr_expect_str_eq(told(&s, "/token", 0, "payload", "nonce"), "(none)");
  cr_expect_str_eq(told(&s, "/token", 1, "payload", "nonce"),
                   "nonce-not-real-as-0");

  server_order(&s.server, "{'next': {'path': '/token', 'skip': 1, 'fault': "
                          "'cut_after_commit'}}");
  force_refresh(&s, &cut);
  cr_expect_eq(cut.status, 6, "%s", cut.err);
  cr_expect_eq(asked(&s, "/token"), 4);
  force_refresh(&s, &after);
  cr_expect_eq(after.status, 8, "%s", after.err);
  cli_has(after.err, "ended before its answer was stored");
  cr_expect_eq(asked(&s, "/token"), 6);
}

Test(dpop_refresh, is_refused_with_an_endless_demand_and_keeps_the_login)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, after;

  scene_person(&s);
  server_reset(&s.server);
  server_order(&s.server,
               "{'set': {'dpop': {'nonce': 'as', 'endless': true}}}");
  force_refresh(&s, &o);
  cr_expect_eq(o.status, 8, "%s", o.err);
  cli_has(o.err, "use_dpop_nonce");
  cr_expect_eq(asked(&s, "/token"), 2);
  server_order(&s.server, "{'set': {'dpop': {'endless': false}}}");
  fob(&s.home, &after, "request", "-p", "p", "user", NULL);
  cli_expect(&after, 0);
  cr_expect_not(has(after.err, "interrupted"), "%s", after.err);
}

Test(dpop_refresh, refuses_a_downgrade_and_keeps_the_old_token)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, after;

  scene_person(&s);
  server_order(&s.server, "{'set': {'rotation': false, 'patch': {'token': "
                          "{'token_type': 'Bearer'}}}}");
  force_refresh(&s, &o);
  cr_expect_eq(o.status, 13, "%s", o.err);
  cr_expect_str_eq(o.out, "");
  fob(&s.home, &after, "request", "-p", "p", "user", NULL);
  cli_expect(&after, 0);
}
