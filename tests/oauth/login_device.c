/* Whole logins by device authorization, with a person whose time passes at
 * once. */
#include "oauth/login.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

enum { WAITS_MAX = 16 };

/* What a person saw, and how long they were made to wait each time. */
struct watch {
  char uri[256], code[64], complete[256];
  int shown;
  int64_t lifetime_ms;
  int64_t waits[WAITS_MAX];
  size_t count;
  size_t give_up; /* at that wait, as ^C does; 0: never */
};

static enum code device(void *user, const struct login_device *shown,
                        struct err *err)
{
  struct watch *watch = user;

  (void)err;
  watch->shown++;
  watch->lifetime_ms = shown->lifetime_ms;
  snprintf(watch->uri, sizeof(watch->uri), "%s", shown->uri);
  snprintf(watch->code, sizeof(watch->code), "%s", shown->user_code);
  snprintf(watch->complete, sizeof(watch->complete), "%s",
           shown->uri_complete ? shown->uri_complete : "");
  return E_OK;
}

static enum code wait_for(void *user, int64_t ms, int64_t left_ms,
                          struct err *err)
{
  struct watch *watch = user;

  cr_assert_lt(watch->count, WAITS_MAX, "it does not end");
  cr_expect_geq(left_ms, 0);
  watch->waits[watch->count++] = ms;
  if (watch->count == watch->give_up)
    return err_set(err, E_SIGNAL, "interrupted");
  return E_OK;
}

static enum code visit(void *user, const char *url, int port, struct err *err)
{
  (void)user, (void)url, (void)port;
  return err_set(err, E_SIGNAL, "to the browser");
}

/* A person who logs in to the sandbox, and what came of it. */
struct trial {
  struct flow flow;
  struct watch watch;
  int64_t timeout_ms; /* 0: none is stated */
  struct login_result result;
  struct err err;
};

static void trial_clear(struct trial *trial)
{
  login_result_clear(&trial->result);
  flow_clear(&trial->flow);
}
#define AUTO_TRIAL __attribute__((cleanup(trial_clear)))

/* members: as flow_start()'s. device_settings: what the server is told of its
 * device codes, beside that it may be polled too soon; NULL: nothing, it may
 * not. */
static void trial_start(struct trial *ret_trial, const char *members,
                        const char *device_settings)
{
  *ret_trial = (struct trial){.err = ERR_INIT};
  flow_start(&ret_trial->flow, members);
  if (device_settings != NULL)
    server_order(&ret_trial->flow.server,
                 "{'set': {'device': {'strict': false, %s}}}", device_settings);
}

/* What an earlier one brought is gone; err stays. */
static enum code log_in(struct trial *t, enum login_method method)
{
  const struct login_ui ui = {.visit = visit,
                              .paste_fd = -1,
                              .device = device,
                              .wait = wait_for,
                              .user = &t->watch};
  const struct login_request request = {
      .method = method,
      .profile = t->flow.profile,
      .http = t->flow.http,
      .ui = &ui,
      .timeout_ms = t->timeout_ms ? t->timeout_ms : 300000,
      .timeout_stated = t->timeout_ms != 0};

  login_result_clear(&t->result);
  return login_run(&request, &t->result, &t->err);
}

static const char *sent(json_t *journal, size_t i, const char *name)
{
  return json_text(json_object_get(json_array_get(journal, i), "form"), name);
}

Test(login_device, shows_where_to_go_and_keeps_what_is_granted)
{
  AUTO_TRIAL struct trial t;
  AUTO_STR char *uri = NULL;

  trial_start(&t,
              "'scope': ['openid', 'api:read'], "
              "'params': {'device': {'tenant': 'blue'}}",
              "'after': 3");
  cr_assert_eq(log_in(&t, LOGIN_DEVICE), E_OK, "%s", t.err.message);
  uri = mem_printf("%s/activate", t.flow.server.base);
  cr_expect_eq(t.watch.shown, 1);
  cr_expect_str_eq(t.watch.uri, uri);
  cr_expect_eq(strlen(t.watch.code), 9);
  cr_expect_not_null(strstr(t.watch.complete, t.watch.code));
  cr_expect_eq(t.watch.lifetime_ms, 600000);
  cr_expect_eq(t.watch.count, 3);
  cr_expect_leq(t.watch.waits[0], 1000);
  cr_expect_geq(t.watch.waits[1], 900, "%jd", (intmax_t)t.watch.waits[1]);

  cr_expect_str_eq(t.result.record->grant, "device_code");
  cr_expect_str_eq(t.result.record->account_label, "ann@example.test");
  cr_expect_not_null(t.result.record->id_token);
  cr_expect_not_null(t.result.record->refresh_token);
  cr_expect_str_eq(t.result.scope_asked, "openid api:read offline_access");
  cr_expect_null(t.result.scope_missing);

  AUTO_JSON json_t *asked = server_journal(&t.flow.server, "/device");
  AUTO_JSON json_t *polls = server_journal(&t.flow.server, "/token");
  cr_expect_str_eq(sent(asked, 0, "client_id"), "fob-demo");
  cr_expect_str_eq(sent(asked, 0, "scope"), "openid api:read offline_access");
  cr_expect_str_eq(sent(asked, 0, "tenant"), "blue");
  cr_assert_eq(json_array_size(polls), 3);
  cr_expect_str_eq(sent(polls, 0, "grant_type"),
                   "urn:ietf:params:oauth:grant-type:device_code");
  cr_expect_null(sent(polls, 0, "tenant"));
}

/* RFC 9396 §2: wherever a scope is. */
Test(login_device, asks_for_details_too)
{
  AUTO_TRIAL struct trial t;

  trial_start(&t, "'authorization_details': [{'type': 'pay', 'n': 1}]",
              "'after': 1");
  cr_assert_eq(log_in(&t, LOGIN_DEVICE), E_OK, "%s", t.err.message);
  cr_expect_str_eq(t.result.record->authorization_details,
                   "[{\"type\":\"pay\",\"n\":1}]");
  server_order(&t.flow.server, "{'set': {'details_types': ['read']}}");
  cr_expect_eq(log_in(&t, LOGIN_DEVICE), E_PROFILE);
  cr_expect_eq(server_count(&t.flow.server, "/device"), 1);
}

/* The sandbox keeps count of the time; this person does not wait. */
Test(login_device, slows_down_for_good_when_told_to)
{
  AUTO_TRIAL struct trial t;

  trial_start(&t, "", NULL);
  t.watch.give_up = 4;
  cr_assert_eq(log_in(&t, LOGIN_DEVICE), E_SIGNAL);
  cr_expect_leq(t.watch.waits[0], 1000);
  for (size_t i = 1; i < 4; i++) {
    cr_expect_leq(t.watch.waits[i], 1000 + 5000 * (int64_t)i);
    cr_expect_gt(t.watch.waits[i], 500 + 5000 * (int64_t)i, "%zu: %jd", i,
                 (intmax_t)t.watch.waits[i]);
  }
  cr_expect_null(t.result.record);
}

Test(login_device, says_what_the_server_decided)
{
  static const struct {
    const char *order;
    enum code code;
    const char *says;
  } rows[] = {
      {"'decision': 'deny'", E_OAUTH, "access_denied"},
      {"'decision': 'expire'", E_PERSON_TIMEOUT, "before it expired"},
      {"'expires_in': 1, 'after': 0", E_PERSON_TIMEOUT, "before it expired"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TRIAL struct trial t;

    trial_start(&t, "", rows[i].order);
    cr_expect_eq(log_in(&t, LOGIN_DEVICE), rows[i].code, "%zu: %s", i,
                 t.err.message);
    cr_expect_not_null(strstr(t.err.message, rows[i].says), "%s",
                       t.err.message);
    cr_expect_null(t.result.record);
    if (rows[i].code == E_PERSON_TIMEOUT)
      cr_expect_neq(t.err.hint[0], '\0');
  }
}

Test(login_device, takes_no_longer_than_was_said)
{
  AUTO_TRIAL struct trial t;

  trial_start(&t, "", NULL);
  t.timeout_ms = 900;
  cr_expect_eq(log_in(&t, LOGIN_DEVICE), E_PERSON_TIMEOUT);
  cr_expect_eq(t.watch.lifetime_ms, 900);
  cr_expect_eq(t.watch.count, 1);
  cr_expect_leq(t.watch.waits[0], 900);
  cr_expect_eq(server_count(&t.flow.server, "/token"), 0);
}

/* §3.5: what may pass is waited out, more and more slowly. */
Test(login_device, waits_out_what_may_pass)
{
  static const struct {
    const char *fault;
    bool slower; /* for good, not twice as long each time */
  } rows[] = {
      {"'fault': 'cut'", false},
      {"'fault': 'reset'", false},
      {"'fault': 'status', 'status': 503", false},
      {"'fault': 'status', 'status': 429", true},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TRIAL struct trial t;
    int64_t second = rows[i].slower ? 6000 : 2000;
    int64_t third = rows[i].slower ? 11000 : 4000;

    trial_start(&t, "", "'after': 1");
    server_order(&t.flow.server, "{'next': {'path': '/token', 'times': 2, %s}}",
                 rows[i].fault);
    cr_assert_eq(log_in(&t, LOGIN_DEVICE), E_OK, "%s: %s", rows[i].fault,
                 t.err.message);
    cr_assert_eq(t.watch.count, 3);
    cr_expect_leq(t.watch.waits[1], second);
    cr_expect_gt(t.watch.waits[1], second - 500);
    cr_expect_leq(t.watch.waits[2], third);
    cr_expect_gt(t.watch.waits[2], third - 500);
  }
}

/* Then it was not the person. */
Test(login_device, says_what_kept_the_code_from_being_answered)
{
  static const struct {
    const char *fault;
    enum code code;
  } rows[] = {{"'fault': 'cut'", E_CUT},
              {"'fault': 'status', 'status': 500", E_ISSUER_5XX},
              {"'fault': 'status', 'status': 429", E_RATE}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TRIAL struct trial t;

    trial_start(&t, "", "'expires_in': 5");
    server_order(&t.flow.server,
                 "{'next': {'path': '/token', 'times': -1, %s}}",
                 rows[i].fault);
    server_order(&t.flow.server,
                 "{'set': {'patch': {'device': {'interval': 4}}}}");
    cr_expect_eq(log_in(&t, LOGIN_DEVICE), rows[i].code, "%s", t.err.message);
    cr_expect_not_null(strstr(t.err.message, "expired without an answer"), "%s",
                       t.err.message);
    cr_expect_eq(t.watch.count, 2);
    cr_expect_eq(server_count(&t.flow.server, "/token"), 1);
  }
}

/* What will not pass is not asked again. */
Test(login_device, ends_with_an_answer_that_is_none)
{
  static const struct {
    const char *order;
    enum code code;
  } rows[] = {
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 302, "
       "'headers': {'Location': '/x'}}}",
       E_ANSWER},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 404}}",
       E_ANSWER},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 200, "
       "'body': '<html>'}}",
       E_ANSWER},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, "
       "'body': {'error': ['authorization_pending']}}}",
       E_ANSWER},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, "
       "'body': {'error': 'invalid_grant'}}}",
       E_OAUTH},
      {"{'set': {'patch': {'token': {'access_token': null}}}}", E_ANSWER},
      {"{'set': {'patch': {'token': {'token_type': 'mac'}}}}", E_ANSWER},
      {"{'set': {'patch': {'id_token': {'aud': 'other'}}}}", E_CHECK},
      {"{'set': {'id_token': {'signature': 'flip'}}}", E_CHECK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TRIAL struct trial t;

    trial_start(&t, "", "'after': 1");
    server_order(&t.flow.server, "%s", rows[i].order);
    cr_expect_eq(log_in(&t, LOGIN_DEVICE), rows[i].code, "%s: %s",
                 rows[i].order, t.err.message);
    cr_expect_eq(server_count(&t.flow.server, "/token"), 1);
    cr_expect_null(t.result.record);
  }
}

Test(login_device, is_not_there_where_the_server_has_none)
{
  AUTO_TRIAL struct trial t;

  trial_start(&t, "", NULL);
  server_order(&t.flow.server, "{'set': {'patch': {'metadata': "
                               "{'device_authorization_endpoint': null}}}}");
  cr_assert_eq(log_in(&t, LOGIN_DEVICE), E_ANSWER);
  cr_expect_not_null(strstr(t.err.message, "no device authorization endpoint"),
                     "%s", t.err.message);
  cr_expect_eq(t.watch.shown, 0);
}

/* LOGIN_EITHER */
Test(login_device, is_chosen_where_the_server_has_it_for_this_client)
{
  static const struct {
    const char *order;
    bool device;
  } rows[] = {
      {"{}", true},
      {"{'set': {'patch': {'metadata': {'grant_types_supported': null}}}}",
       true},
      {"{'set': {'patch': {'metadata': "
       "{'device_authorization_endpoint': null}}}}",
       false},
      {"{'set': {'patch': {'metadata': {'grant_types_supported': "
       "['authorization_code']}}}}",
       false},
      {"{'set': {'clients': {'fob-demo': {'device': false}}}}", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_TRIAL struct trial t;

    trial_start(&t, "", "'after': 1");
    server_order(&t.flow.server, "%s", rows[i].order);
    cr_expect_eq(log_in(&t, LOGIN_EITHER), rows[i].device ? E_OK : E_SIGNAL,
                 "%zu: %s", i, t.err.message);
    cr_expect_eq(t.watch.shown, rows[i].device);
    if (rows[i].device)
      cr_expect_str_eq(t.result.record->grant, "device_code");
    else
      cr_expect_str_eq(t.err.message, "to the browser");
  }
}

/* A server that answers badly is not passed over for another way. */
Test(login_device, chosen_ends_with_a_bad_answer)
{
  AUTO_TRIAL struct trial t;

  trial_start(&t, "", NULL);
  server_order(&t.flow.server,
               "{'set': {'patch': {'device': {'user_code': 7}}}}");
  cr_assert_eq(log_in(&t, LOGIN_EITHER), E_ANSWER);
  cr_expect_eq(t.watch.shown, 0);
  cr_expect_eq(server_count(&t.flow.server, "/token"), 0);
}
