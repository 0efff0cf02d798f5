/* Requests whose token is bound to a key: a proof for each, and the nonces that
 * an API demands (RFC 9449 §7, §9). */
#include "cli/dpop_scene.h"

Test(dpop_request, proves_each_request_for_itself)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *first = NULL;

  scene_bound(&s);
  fob(&s.home, &o, "request", "-v", "redirect/1", NULL);
  cli_expect(&o, 0);
  cr_expect_str_eq(told(&s, "/api/redirect/1", 0, "payload", "htm"), "GET");
  AUTO_STR char *htu = mem_printf("%s/echo", s.server.api);
  cr_expect_str_eq(told(&s, "/api/echo", 0, "payload", "htu"), htu);
  first = mem_str(told(&s, "/api/redirect/1", 0, "payload", "jti"));
  cr_expect_str_neq(told(&s, "/api/echo", 0, "payload", "jti"), first);
  cli_has(o.out, "\"authorized\":true");
  cli_has(o.err, "> dpop: [hidden, ");
  cr_expect_not(has(o.err, "eyJ"), "%s", o.err);
}

Test(dpop_request, gives_nothing_to_another_origin)
{
  AUTO_SCENE struct scene s;
  AUTO_SERVER struct server other = {0};
  AUTO_OUTCOME struct outcome o;

  scene_bound(&s);
  server_start(&other, NULL);
  AUTO_STR char *path = mem_printf("redirect?to=%s/echo", other.api);
  fob(&s.home, &o, "request", path, NULL);
  cli_expect(&o, 0);
  json_t *all = server_journal(&other, "/api/echo");
  const json_t *headers = json_object_get(json_array_get(all, 0), "headers");
  cr_assert(json_is_object(headers));
  cr_expect_null(json_object_get(headers, "dpop"));
  cr_expect_null(json_object_get(headers, "authorization"));
  json_decref(all);
}

Test(dpop_request, takes_a_nonce_and_repeats_once)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_bound(&s);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'api'}}}");
  fob(&s.home, &o, "request", "user", NULL);
  cli_expect(&o, 0);
  cr_expect_str_eq(o.err, "");
  cr_expect_not(has(o.out, "bad credentials"), "%s", o.out);
  cr_expect_eq(asked(&s, "/api/user"), 2);
  cr_expect_eq(asked(&s, "/token"), 1);
  cr_expect_str_eq(told(&s, "/api/user", 1, "payload", "nonce"),
                   "nonce-not-real-api-0");
}

/* --ok 401 is about the API's word, not about this. */
Test(dpop_request, repeats_also_where_a_401_is_no_failure)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_bound(&s);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'api'}}}");
  fob(&s.home, &o, "request", "user", "--ok", "401", NULL);
  cli_expect(&o, 0);
  cli_has(o.out, "\"login\":\"ann\"");
}

/* One demand; headers: of the answer, each with a comma behind it. */
#define DEMANDS(path, headers)                                                 \
  "{'next': {'path': '" path "', 'fault': 'status', 'status': 401, "           \
  "'headers': {" headers "'WWW-Authenticate': 'DPoP "                          \
  "error=\\\"use_dpop_nonce\\\"'}}}"

Test(dpop_request, sends_a_body_again_or_says_why_not)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, pipe;

  scene_bound(&s);
  server_order(&s.server, "%s", DEMANDS("/api/echo", "'DPoP-Nonce': 'abc', "));
  fob_input(&s.home, &o, "from a pipe", "request", "echo", "--input", "-",
            NULL);
  cli_expect(&o, 0);
  cli_has(o.out, "from a pipe");
  cr_expect_str_eq(told(&s, "/api/echo", 1, "payload", "nonce"), "abc");

  server_order(&s.server, "%s", DEMANDS("/api/echo", "'DPoP-Nonce': 'abc', "));
  run_shell(&s, &pipe,
            "head -c 3000000 /dev/zero | fob request POST echo --input -");
  cr_expect_eq(pipe.status, 8, "%s", pipe.err);
  cli_has(pipe.err, "can be read only once");
  cr_expect_eq(asked(&s, "/api/echo"), 3);
}

Test(dpop_request, gives_up_on_an_endless_demand_after_two)
{
  static const struct {
    const char *order;
    size_t requests;
    const char *says;
  } rows[] = {
      {"{'set': {'dpop': {'nonce': 'api', 'endless': true}}}", 2,
       "another DPoP nonce is demanded"},
      {DEMANDS("/api/user", ""), 1, "gives none that can be used"},
      {DEMANDS("/api/user", "'DPoP-Nonce': 'a b', "), 1,
       "gives none that can be used"},
  };
  AUTO_SCENE struct scene s;

  scene_bound(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&s.server);
    server_order(&s.server, "%s", rows[i].order);
    fob(&s.home, &o, "request", "user", NULL);
    cr_expect_eq(o.status, 13, "%s", o.err);
    cr_expect(has(o.err, rows[i].says), "%s", o.err);
    cr_expect_str_eq(o.out, "");
    cr_expect_eq(asked(&s, "/api/user"), rows[i].requests);
    cr_expect_eq(asked(&s, "/token"), 0);
  }
}

/* What comes with a 2xx is for the next request of this run. */
Test(dpop_request, takes_the_next_nonce_from_every_answer)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_bound(&s);
  server_order(&s.server,
               "{'next': {'path': '/api/redirect/1', 'fault': 'status', "
               "'status': 302, 'headers': {'DPoP-Nonce': 'from-a-302', "
               "'Location': '%s/echo'}}}",
               s.server.api);
  fob(&s.home, &o, "request", "redirect/1", NULL);
  cli_expect(&o, 0);
  cr_expect_str_eq(told(&s, "/api/echo", 0, "payload", "nonce"), "from-a-302");
}

/* The API wants a nonce, and then refuses the token so many times. */
static void reject_after_nonce(const struct scene *s, int times)
{
  server_reset(&s->server);
  server_order(&s->server, "{'set': {'dpop': {'nonce': 'api'}}}");
  server_order(&s->server,
               "{'next': {'path': '/api/user', 'skip': 1, 'fault': 'status', "
               "'status': 401, 'body': 'no', 'times': %d}}",
               times);
}

/* CONTRACT §2, "On 401", also behind a demand for a nonce. */
Test(dpop_request, refreshes_a_rejected_token_after_the_nonce)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome young, old;

  scene_bound(&s);
  reject_after_nonce(&s, 2);
  fob(&s.home, &young, "request", "user", NULL);
  cr_expect_eq(young.status, 8, "%s", young.err);
  cr_expect_eq(asked(&s, "/token"), 0);
  cr_expect_eq(asked(&s, "/api/user"), 2);

  reject_after_nonce(&s, 1);
  scene_age(&s, 60);
  fob(&s.home, &old, "request", "user", NULL);
  cli_expect(&old, 0);
  cli_has(old.out, "\"login\":\"ann\"");
  cr_expect_eq(asked(&s, "/token"), 1);
  cr_expect_eq(asked(&s, "/api/user"), 3);
}

Test(dpop_request, makes_the_header_itself)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_bound(&s);
  fob(&s.home, &o, "request", "user", "-H", "DPoP: x", NULL);
  cli_expect(&o, 2);
  cr_expect_eq(asked(&s, "/api/user"), 0);
}
