/* Logins that bind their tokens to a key (RFC 9449), against a sandbox that
 * holds each proof against all of §4.3. */
#include "cli/dpop_scene.h"
#include "support/mutate.h"

static bool logged_in(const struct scene *s, const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  fob(&s->home, &o, "status", "-p", profile, "--check", NULL);
  return o.status == 0;
}

/* The key that the nth request for a token proved; NULL; mem_free. */
static char *key_of(const struct scene *s, size_t n)
{
  json_t *entry = nth(s, "/token", n);
  char *jkt = mem_str(json_string_value(
      json_object_get(json_object_get(entry, "dpop"), "jkt")));

  json_decref(entry);
  return jkt;
}

Test(dpop_login, binds_the_code_and_the_tokens_to_one_key)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *jkt = NULL;

  scene_person(&s);
  jkt = mem_str(told(&s, "/authorize", 0, "query", "dpop_jkt"));
  cr_expect_eq(strlen(jkt), 43, "%s", jkt);
  AUTO_STR char *key = key_of(&s, 0);
  cr_expect_str_eq(key, jkt);
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
    AUTO_STR char *each = key_of(&s, i);
    cr_expect_str_eq(each, jkt);
  }
  fob(&s.home, &out, "logout", "-p", "p", NULL);
  cli_expect(&out, 0);
  cr_expect_str_eq(told(&s, "/revoke", 0, "payload", "htm"), "POST");
}

/* RFC 9449 §10.1; the nonce that came there serves the token endpoint too. */
Test(dpop_login, proves_the_pushed_request)
{
  AUTO_SCENE struct scene s;

  scene_start(&s);
  server_order(&s.server,
               "{'set': {'par': 'offered', 'dpop': {'nonce': 'as'}}}");
  log_in_person(&s, "--par");
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
  log_in(&s, &o, "svc", "");
  cli_expect(&o, 0);
  AUTO_STR char *first = key_of(&s, 0);
  AUTO_STR char *second = key_of(&s, 1);
  cr_assert_not_null(second, "the profile keeps it");
  cr_expect_str_neq(first, second);
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

#define TYPE(type) "{'set': {'patch': {'token': {'token_type': " type "}}}}"
#define REFUSES(status, error, headers)                                        \
  "{'next': {'path': '/token', 'fault': 'status', 'status': " status           \
  ", 'body': {'error': '" error "'}" headers "}}"
#define NONCE(nonce) ", 'headers': {'DPoP-Nonce': '" nonce "'}"

/* Rule 1.8, and an answer that is wrong in another way: 13 or the table's code,
 * one line, nothing stored, nothing asked after it. */
Test(dpop_login, refuses_what_was_not_asked_for, .timeout = 300)
{
  static const struct {
    const char *order, *more;
    int status, requests;
    const char *says;
  } rows[] = {
      {TYPE("'Bearer'"), "--dpop", 13, 1, "gives a bearer's: refused"},
      {TYPE("'bearer'"), "--dpop", 13, 1, "dpop off"},
      {TYPE("null"), "--dpop", 13, 1, "token_type"},
      {TYPE("1"), "--dpop", 13, 1, "token_type"},
      {TYPE("'mac'"), "--dpop", 13, 1, "not DPoP"},
      {TYPE("'DPoP'"), "", 13, 1, "not asked for"},
      {"{'set': {'patch': {'metadata': {'dpop_signing_alg_values_supported': "
       "['RS256']}}}}",
       "--dpop", 13, 0, "does not list ES256"},
      {"{'set': {}}", "--dpop --auth-header 'X-API-Key: {token}'", 2, 0,
       "another place"},
      /* nonces */
      {"{'set': {'dpop': {'nonce': 'as', 'endless': true}}}", "--dpop", 8, 2,
       "use_dpop_nonce"},
      {REFUSES("400", "use_dpop_nonce", ""), "--dpop", 13, 1, "gives none"},
      {REFUSES("400", "use_dpop_nonce", NONCE("a b")), "--dpop", 13, 1,
       "gives none"},
      {REFUSES("400", "use_dpop_nonce", NONCE("a")), "", 8, 1,
       "use_dpop_nonce"},
      {REFUSES("500", "use_dpop_nonce", NONCE("a")), "--dpop", 5, 1,
       "use_dpop_nonce"},
      {REFUSES("400", "invalid_dpop_proof", ""), "--dpop", 8, 1,
       "invalid_dpop_proof"},
      {"{'set': {'dpop': {'required': true}}}", "", 8, 1, "invalid_dpop_proof"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome o;

    scene_start(&s);
    server_order(&s.server, "%s", rows[i].order);
    log_in(&s, &o, "svc", rows[i].more);
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
    log_in(&s, &o, "svc", "--dpop");
    cr_expect_eq(o.status, 8, "%s", o.err);
    cli_has(o.err, rows[i].says);
  }
}

/* The token's type and the demand for a nonce, wrong in every way. */
Test(dpop_login, survives_every_mutation, .timeout = 300)
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
    for (size_t how = 0; how < MUTATE_COUNT; how += mutate_step()) {
      AUTO_OUTCOME struct outcome o;

      server_reset(&s.server);
      server_order(&s.server,
                   "{'set': %s, 'next': {'path': '/token', 'fault': 'mutate', "
                   "'member': '%s', 'how': '%s'}}",
                   rows[i].settings, rows[i].member, mutate_name(how));
      log_in(&s, &o, "svc", "--dpop");
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
  log_in(&s, &o, "svc", "");
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
