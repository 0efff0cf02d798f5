/* DPoP from the login to the API (RFC 9449), against a sandbox that holds each
 * proof against all of §4.3. */
#include "cli/cli.h"
#include "cli/request_scene.h"
#include "store/cache.h"
#include "support/mutate.h"
#include "support/skip.h"

#include <unistd.h>

/* Logs in as a service, with more words behind; the outcome is for the caller.
 */
static void log_in(const struct scene *s, struct outcome *o, const char *more)
{
  AUTO_STR char *line = mem_printf(
      "login $I -p svc --api $A --client-credentials --client-id fob-service "
      "--client-secret-file - --store file %s",
      more);

  cli_line(&s->home, &s->server, o, "test-secret-not-real", line);
}

static void scene_start(struct scene *s)
{
  memset(s, 0, sizeof *s);
  home_make(&s->home);
  server_start(&s->server, NULL);
}

static void scene_bound(struct scene *s)
{
  AUTO_OUTCOME struct outcome o;

  scene_start(s);
  log_in(s, &o, "--dpop");
  cli_expect(&o, 0);
}

/* As a person, with a refresh token. */
static void scene_person(struct scene *s)
{
  AUTO_OUTCOME struct outcome o;

  scene_start(s);
  cli_line(&s->home, &s->server, &o, NULL,
           "login $I -p p --api $A --client-id fob-demo --store file --dpop "
           "--browser");
  cli_expect(&o, 0);
}

static size_t asked(const struct scene *s, const char *path)
{
  return server_count(&s->server, path);
}

/* The nth request for path, from 0; json_decref. */
static json_t *nth(const struct scene *s, const char *path, size_t n)
{
  json_t *all = server_journal(&s->server, path);
  json_t *entry = json_incref(json_array_get(all, n));

  json_decref(all);
  cr_assert_not_null(entry, "no request %zu for %s", n, path);
  return entry;
}

/* A text in the journal; "(none)". One string, used again and again. */
static const char *told(const struct scene *s, const char *path, size_t n,
                        const char *group, const char *member)
{
  static char text[512];
  json_t *entry = nth(s, path, n);
  const json_t *at = json_object_get(entry, group);

  if (strcmp(group, "payload") == 0)
    at = json_object_get(json_object_get(entry, "dpop"), "payload");
  at = json_object_get(at, member);
  snprintf(text, sizeof text, "%s",
           at != NULL ? json_string_value(at) : "(none)");
  json_decref(entry);
  return text;
}

static bool logged_in(const struct scene *s, const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  fob(&s->home, &o, "status", "-p", profile, "--check", NULL);
  return o.status == 0;
}

/* --- the login --------------------------------------------------------------
 */

Test(dpop_login, binds_the_code_and_the_tokens_to_one_key)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *jkt = NULL;

  scene_person(&s);
  jkt = mem_str(told(&s, "/authorize", 0, "query", "dpop_jkt"));
  cr_expect_eq(strlen(jkt), 43, "%s", jkt);
  json_t *entry = nth(&s, "/token", 0);
  cr_expect_str_eq(
      json_string_value(json_object_get(json_object_get(entry, "dpop"), "jkt")),
      jkt);
  json_decref(entry);
  cr_expect_str_eq(told(&s, "/token", 0, "payload", "ath"), "(none)");

  /* Refreshed with the same key, and revoked. */
  fob(&s.home, &o, "request", "-p", "p", "user", NULL);
  cli_expect(&o, 0);
  cli_expire(&s.home, &s.server, "p");
  AUTO_OUTCOME struct outcome again, out;
  fob(&s.home, &again, "request", "-p", "p", "user", NULL);
  cli_expect(&again, 0);
  cli_has(again.out, "\"scheme\":\"DPoP\"");
  for (size_t i = 0; i < asked(&s, "/token"); i++) {
    json_t *each = nth(&s, "/token", i);
    cr_expect_str_eq(json_string_value(
                         json_object_get(json_object_get(each, "dpop"), "jkt")),
                     jkt);
    json_decref(each);
  }
  fob(&s.home, &out, "logout", "-p", "p", NULL);
  cli_expect(&out, 0);
  cr_expect_str_eq(told(&s, "/revoke", 0, "payload", "htm"), "POST");
}

/* RFC 9449 §10.1; the nonce that came there serves the token endpoint too. */
Test(dpop_login, proves_the_pushed_request)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_start(&s);
  server_order(&s.server,
               "{'set': {'par': 'offered', 'dpop': {'nonce': 'as'}}}");
  cli_line(&s.home, &s.server, &o, NULL,
           "login $I -p p --api $A --client-id fob-demo --store file --dpop "
           "--par --browser");
  cli_expect(&o, 0);
  cr_expect_eq(asked(&s, "/par"), 2);
  cr_expect_eq(asked(&s, "/token"), 1);
  cr_expect_eq(strlen(told(&s, "/par", 1, "form", "dpop_jkt")), 43);
  cr_expect_str_eq(told(&s, "/token", 0, "payload", "nonce"),
                   "nonce-not-real-as-0");
}

Test(dpop_login, makes_another_key_for_another_login)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_bound(&s);
  log_in(&s, &o, "");
  cli_expect(&o, 0);
  json_t *one = nth(&s, "/token", 0);
  json_t *two = nth(&s, "/token", 1);
  const char *first =
      json_string_value(json_object_get(json_object_get(one, "dpop"), "jkt"));
  const char *second =
      json_string_value(json_object_get(json_object_get(two, "dpop"), "jkt"));
  cr_assert_not_null(second, "the profile keeps it");
  cr_expect_str_neq(first, second);
  json_decref(one);
  json_decref(two);
}

/* auto: what the server lists decides. */
Test(dpop_login, leaves_it_to_the_server_where_the_profile_says_auto)
{
  static const struct {
    const char *list;
    bool bound;
  } rows[] = {
      {"['ES256', 'RS256']", true}, {"['RS256']", false}, {"[]", false},
      {"'ES256'", false},           {"null", false},
  };
  AUTO_SCENE struct scene s;

  scene_start(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&s.server);
    server_order(&s.server,
                 "{'set': {'patch': {'metadata': "
                 "{'dpop_signing_alg_values_supported': %s}}}}",
                 rows[i].list);
    scene_profile(&s, "svc",
                  "{'schema': 1, 'api': ['%s'], 'issuer': '%s', 'client': "
                  "{'id': 'fob-service'}, 'grant': 'client_credentials', "
                  "'store': 'file', 'dpop': 'auto'}",
                  s.server.api, s.server.issuer);
    cli_line(&s.home, &s.server, &o, "test-secret-not-real",
             "login -p svc --client-secret-file -");
    cli_expect(&o, 0);
    json_t *entry = nth(&s, "/token", 0);
    cr_expect_eq(json_is_object(json_object_get(entry, "dpop")), rows[i].bound,
                 "%s", rows[i].list);
    json_decref(entry);
    AUTO_OUTCOME struct outcome r;
    fob(&s.home, &r, "request", "-p", "svc", "user", NULL);
    cli_expect(&r, 0);
    cli_has(r.out, rows[i].bound ? "\"DPoP\"" : "\"Bearer\"");
  }
}

/* Rule 1.8, and an answer that is wrong in another way: 13 or the table's code,
 * one line, nothing stored, nothing asked after it. */
Test(dpop_login, refuses_what_was_not_asked_for, .timeout = 60)
{
  static const struct {
    const char *order, *more;
    int status, requests;
    const char *says;
  } rows[] = {
      {"{'set': {'patch': {'token': {'token_type': 'Bearer'}}}}", "--dpop", 13,
       1, "gives a bearer's: refused"},
      {"{'set': {'patch': {'token': {'token_type': 'bearer'}}}}", "--dpop", 13,
       1, "dpop off"},
      {"{'set': {'patch': {'token': {'token_type': null}}}}", "--dpop", 13, 1,
       "token_type"},
      {"{'set': {'patch': {'token': {'token_type': 1}}}}", "--dpop", 13, 1,
       "token_type"},
      {"{'set': {'patch': {'token': {'token_type': 'mac'}}}}", "--dpop", 13, 1,
       "not DPoP"},
      {"{'set': {'patch': {'token': {'token_type': 'DPoP'}}}}", "", 13, 1,
       "not asked for"},
      {"{'set': {'patch': {'metadata': {'dpop_signing_alg_values_supported': "
       "['RS256']}}}}",
       "--dpop", 13, 0, "does not list ES256"},
      {"{'set': {}}", "--dpop --auth-header 'X-API-Key: {token}'", 2, 0,
       "another place"},
      /* nonces */
      {"{'set': {'dpop': {'nonce': 'as', 'endless': true}}}", "--dpop", 8, 2,
       "use_dpop_nonce"},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, 'body': "
       "{'error': 'use_dpop_nonce'}}}",
       "--dpop", 13, 1, "gives none"},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, 'body': "
       "{'error': 'use_dpop_nonce'}, 'headers': {'DPoP-Nonce': 'a b'}}}",
       "--dpop", 13, 1, "gives none"},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, 'body': "
       "{'error': 'use_dpop_nonce'}, 'headers': {'DPoP-Nonce': 'a'}}}",
       "", 8, 1, "use_dpop_nonce"},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 500, 'body': "
       "{'error': 'use_dpop_nonce'}, 'headers': {'DPoP-Nonce': 'a'}}}",
       "--dpop", 5, 1, "use_dpop_nonce"},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, 'body': "
       "{'error': 'invalid_dpop_proof'}}}",
       "--dpop", 8, 1, "invalid_dpop_proof"},
      {"{'set': {'dpop': {'required': true}}}", "", 8, 1, "invalid_dpop_proof"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    scene_start(&s);
    server_order(&s.server, "%s", rows[i].order);
    log_in(&s, &o, rows[i].more);
    cr_expect_eq(o.status, rows[i].status, "%s: %d %s", rows[i].order, o.status,
                 o.err);
    cr_expect(has(o.err, rows[i].says), "%s: %s", rows[i].order, o.err);
    cr_expect_eq(asked(&s, "/token"), (size_t)rows[i].requests, "%s",
                 rows[i].order);
    cr_expect_not(logged_in(&s, "svc"), "%s", rows[i].order);
  }
}

Test(dpop_login, says_when_the_clock_may_be_why_a_proof_is_refused)
{
  static const struct {
    const char *date, *says;
  } rows[] = {
      {"Tue, 24 Nov 2015 16:00:00 GMT", "ahead of the server's"},
      {"Sun, 24 Nov 2126 16:00:00 GMT", "behind the server's"},
      {"yesterday", "!clock"},
  };
  AUTO_SCENE struct scene s;

  scene_start(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    server_order(&s.server,
                 "{'next': {'path': '/token', 'fault': 'status', 'status': "
                 "400, 'headers': {'Date': '%s'}, 'body': {'error': "
                 "'invalid_dpop_proof'}}}",
                 rows[i].date);
    log_in(&s, &o, "--dpop");
    cr_expect_eq(o.status, 8, "%s", o.err);
    cli_has(o.err, rows[i].says);
  }
}

/* The token's type and the demand for a nonce, wrong in every way. */
Test(dpop_login, survives_every_mutation, .timeout = 120)
{
  static const struct {
    const char *settings, *member;
  } rows[] = {
      {"{}", "/token_type"},
      {"{}", "/access_token"},
      {"{'dpop': {'nonce': 'as'}}", "/error"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_SCENE struct scene s;

    scene_start(&s);
    for (size_t how = 0; how < MUTATE_COUNT; how++) {
      AUTO_OUTCOME struct outcome o;

      server_reset(&s.server);
      server_order(&s.server,
                   "{'set': %s, 'next': {'path': '/token', 'fault': 'mutate', "
                   "'member': '%s', 'how': '%s'}}",
                   rows[i].settings, rows[i].member, mutate_name(how));
      log_in(&s, &o, "--dpop");
      cr_expect(o.status == 13 || (o.status == 8 && i == 2), "%s %s: %d %s",
                rows[i].member, mutate_name(how), o.status, o.err);
      cr_expect_eq(asked(&s, "/token"), 1, "%s %s", rows[i].member,
                   mutate_name(how));
      cr_expect_not(has(o.err, "access-not-real"), "%s", o.err);
      cr_expect_not(has(o.err, "\x1b"), "%s", o.err);
      cr_expect_not(logged_in(&s, "svc"), "%s", mutate_name(how));
    }
  }
}

Test(dpop_login, is_not_for_a_token_of_the_persons_own)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_start(&s);
  cli_line(&s.home, &s.server, &o, PAT, "login $A -p x --pat=- --dpop");
  cli_expect(&o, 2);
  cli_has(o.err, "bound to no key");
}

/* A profile that demands it later gets nothing of a login without. */
Test(dpop_login, is_demanded_again_when_the_profile_changes)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, set, token;

  scene_start(&s);
  log_in(&s, &o, "");
  cli_expect(&o, 0);
  fob(&s.home, &set, "profile", "set", "svc", "dpop", "required", NULL);
  cli_expect(&set, 0);
  fob(&s.home, &token, "token", "-p", "svc", NULL);
  cli_expect(&token, 11);
  cli_has(token.err, "fob login -p svc");
  cr_expect_str_eq(token.out, "");
}

/* Whoever asks with the token proves it: the account's page at the login, the
 * userinfo. */
Test(dpop_login, proves_what_it_asks_about_the_account)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, userinfo;

  scene_start(&s);
  scene_profile(&s, "p",
                "{'schema': 1, 'api': ['%s'], 'issuer': '%s', 'client': {'id': "
                "'fob-demo'}, 'store': 'file', 'dpop': 'required', 'account': "
                "{'from': 'path', 'path': '/user', 'id': '/id', 'label': "
                "'/login'}}",
                s.server.api, s.server.issuer);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'api'}}}");
  cli_line(&s.home, &s.server, &o, NULL, "login -p p --browser");
  cli_expect(&o, 0);
  cli_has(o.err, "as ann");
  cr_expect_eq(asked(&s, "/api/user"), 2);
  cr_expect_str_eq(told(&s, "/api/user", 1, "payload", "nonce"),
                   "nonce-not-real-api-0");

  fob(&s.home, &userinfo, "status", "-p", "p", "--userinfo", NULL);
  cli_expect(&userinfo, 0);
  cli_has(userinfo.out, "user-1");
  cr_expect_eq(asked(&s, "/userinfo"), 2);
}

/* --- refreshing -------------------------------------------------------------
 */

/* DESIGN §1.7 holds for the repetition: what it led to is not known when it is
 * cut off, and that is remembered. */
Test(dpop_refresh, repeats_once_with_the_nonce_within_the_transaction)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, cut, after;

  scene_person(&s);
  server_reset(&s.server);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'as'}}}");
  fob(&s.home, &o, "token", "-p", "p", "--force-refresh", NULL);
  cli_expect(&o, 2); /* it is bound */
  cr_expect_eq(asked(&s, "/token"), 2);
  cr_expect_str_eq(told(&s, "/token", 0, "payload", "nonce"), "(none)");
  cr_expect_str_eq(told(&s, "/token", 1, "payload", "nonce"),
                   "nonce-not-real-as-0");

  server_order(&s.server, "{'next': {'path': '/token', 'skip': 1, 'fault': "
                          "'cut_after_commit'}}");
  fob(&s.home, &cut, "token", "-p", "p", "--force-refresh", NULL);
  cr_expect_eq(cut.status, 6, "%s", cut.err);
  cr_expect_eq(asked(&s, "/token"), 4);
  fob(&s.home, &after, "token", "-p", "p", "--force-refresh", NULL);
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
  fob(&s.home, &o, "token", "-p", "p", "--force-refresh", NULL);
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
  fob(&s.home, &o, "token", "-p", "p", "--force-refresh", NULL);
  cr_expect_eq(o.status, 13, "%s", o.err);
  cr_expect_str_eq(o.out, "");
  fob(&s.home, &after, "request", "-p", "p", "user", NULL);
  cli_expect(&after, 0);
}

/* --- API requests ------------------------------------------------------------
 */

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

Test(dpop_request, sends_a_body_again_or_says_why_not)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, pipe;
  AUTO_STR char *program = program_fob();

  scene_bound(&s);
#define DEMAND                                                                 \
  "{'next': {'path': '/api/echo', 'fault': 'status', 'status': 401, "          \
  "'headers': {'DPoP-Nonce': 'abc', 'WWW-Authenticate': 'DPoP "                \
  "error=\\\"use_dpop_nonce\\\"'}}}"
  server_order(&s.server, "%s", DEMAND);
  fob_input(&s.home, &o, "from a pipe", "request", "echo", "--input", "-",
            NULL);
  cli_expect(&o, 0);
  cli_has(o.out, "from a pipe");
  cr_expect_str_eq(told(&s, "/api/echo", 1, "payload", "nonce"), "abc");

  server_order(&s.server, "%s", DEMAND);
  AUTO_STR char *script = mem_printf(
      "head -c 3000000 /dev/zero | %s request POST echo --input -", program);
  const char *const argv[] = {"sh", "-c", script, NULL};
  program_run(&(struct program_options){.argv = argv, .env = s.home.env},
              &pipe);
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
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 401, "
       "'headers': {'WWW-Authenticate': 'DPoP error=\\\"use_dpop_nonce\\\"'}}}",
       1, "gives none that can be used"},
      {"{'next': {'path': '/api/user', 'fault': 'status', 'status': 401, "
       "'headers': {'DPoP-Nonce': 'a b', 'WWW-Authenticate': 'DPoP "
       "error=\\\"use_dpop_nonce\\\"'}}}",
       1, "gives none that can be used"},
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

/* CONTRACT §2, "On 401", also behind a demand for a nonce. */
Test(dpop_request, refreshes_a_rejected_token_after_the_nonce)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome young, old;

  scene_bound(&s);
  server_reset(&s.server);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'api'}}}");
  server_order(&s.server,
               "{'next': {'path': '/api/user', 'skip': 1, 'fault': 'status', "
               "'status': 401, 'body': 'no', 'times': 2}}");
  fob(&s.home, &young, "request", "user", NULL);
  cr_expect_eq(young.status, 8, "%s", young.err);
  cr_expect_eq(asked(&s, "/token"), 0);
  cr_expect_eq(asked(&s, "/api/user"), 2);

  server_reset(&s.server);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'api'}}}");
  server_order(&s.server,
               "{'next': {'path': '/api/user', 'skip': 1, 'fault': 'status', "
               "'status': 401, 'body': 'no'}}");
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

/* --- the kernel's cache
 * ------------------------------------------------------- */

/* All tests of a user share it: a name of our own. */
static char *scene_cached(struct scene *s)
{
  AUTO_OUTCOME struct outcome o;
  char *profile = mem_printf("dpop-%d", (int)getpid());

  scene_start(s);
  home_setenv(&s->home, "FOB_TOKEN_CACHE", "kernel");
  AUTO_STR char *line = mem_printf(
      "login $I -p %s --api $A --client-credentials --client-id fob-service "
      "--client-secret-file - --store file --dpop",
      profile);
  cli_line(&s->home, &s->server, &o, "test-secret-not-real", line);
  cli_expect(&o, 0);
  return profile;
}

/* The first request fills it. false: keyrings may not be used here. */
static bool is_cached(const struct scene *s, const char *profile)
{
  AUTO_OUTCOME struct outcome first, second;

  fob(&s->home, &first, "request", "-p", profile, "user", NULL);
  cli_expect(&first, 0);
  fob(&s->home, &second, "request", "-v", "-p", profile, "user", NULL);
  cli_expect(&second, 0);
  return has(second.err, "from the kernel cache");
}

Test(dpop_cache, has_the_key_with_the_token_and_needs_no_store)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *profile = scene_cached(&s);
  AUTO_OUTCOME struct outcome o, out, after;

  if (!is_cached(&s, profile)) {
    cache_drop(profile);
    SKIP("the kernel's keyrings may not be used here");
  }
  AUTO_STR char *store = home_path(&s.home, "data/fob/credentials");
  AUTO_STR char *away = home_path(&s.home, "away");
  cr_assert_eq(rename(store, away), 0);
  fob(&s.home, &o, "request", "-p", profile, "user", NULL);
  cr_assert_eq(rename(away, store), 0);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(has(o.out, "\"scheme\":\"DPoP\""), "%s", o.out);

  fob(&s.home, &out, "logout", "-p", profile, NULL);
  cli_expect(&out, 0);
  fob(&s.home, &after, "request", "-p", profile, "user", NULL);
  cr_expect_eq(after.status, 8, "%s", after.err);
  cache_drop(profile);
}

/* What an API demanded once is brought along by the next run. */
Test(dpop_cache, keeps_the_nonce_of_an_api)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *profile = scene_cached(&s);
  AUTO_STR char *program = program_fob();

  if (!is_cached(&s, profile)) {
    cache_drop(profile);
    SKIP("the kernel's keyrings may not be used here");
  }
  for (int old = 0; old < 2; old++) {
    AUTO_OUTCOME struct outcome first, second, token;

    server_reset(&s.server);
    server_order(&s.server,
                 "{'set': {'dpop': {'nonce': 'api'}}, 'rotate_nonces': true}");
    fob(&s.home, &first, "request", "-p", profile, "user", NULL);
    cli_expect(&first, 0);
    cr_expect_eq(asked(&s, "/api/user"), 2, "there is none, or an old one");
    fob(&s.home, &second, "request", "-p", profile, "user", NULL);
    cli_expect(&second, 0);
    cr_expect_eq(asked(&s, "/api/user"), 3);

    AUTO_STR char *line =
        mem_printf("token -p %s --for GET $A/user --json", profile);
    cli_line(&s.home, &s.server, &token, NULL, line);
    cli_expect(&token, 0);
  }
  /* So that a pipe can be sent, which is read once. */
  AUTO_OUTCOME struct outcome pipe;
  AUTO_STR char *script =
      mem_printf("head -c 3000000 /dev/zero | %s request -p %s "
                 "GET user --input -",
                 program, profile);
  const char *const argv[] = {"sh", "-c", script, NULL};
  program_run(&(struct program_options){.argv = argv, .env = s.home.env},
              &pipe);
  cr_expect_eq(pipe.status, 0, "%s", pipe.err);
  cr_expect_eq(asked(&s, "/api/user"), 4);

  /* It goes with the login. */
  AUTO_OUTCOME struct outcome out;
  fob(&s.home, &out, "logout", "-p", profile, NULL);
  cli_expect(&out, 0);
  struct cache_entry entry = {0};
  AUTO_STR char *shape = mem_printf("dpop-nonce\n%s", s.server.base);
  cr_expect_not(cache_get(profile, shape, "", &entry));
  cache_drop(profile);
}
