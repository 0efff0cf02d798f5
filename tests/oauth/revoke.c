#include "oauth/revoke.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

static enum code revoke(struct flow *f, enum revoke_result *ret_result,
                        struct err *err)
{
  AUTO(record) record = flow_get(f);

  return revoke_record(ret_result, f->http, f->profile, record, err);
}

static void start(struct flow *f)
{
  flow_start(f, "'scope': ['openid', 'api:read']");
  flow_log_in(f);
  server_reset(&f->server);
}

static const char *hint_of(const json_t *journal, size_t which)
{
  return json_text(json_object_get(json_array_get(journal, which), "form"),
                   "token_type_hint");
}

Test(revoke, tells_the_refresh_token_first_then_the_access_token)
{
  AUTO_FLOW struct flow f;
  AUTO_JSON json_t *journal = NULL;
  enum revoke_result result = REVOKE_NOT_OFFERED;
  struct err err = ERR_INIT;

  start(&f);
  cr_assert_eq(revoke(&f, &result, &err), E_OK, "%s", err.message);
  cr_expect_eq(result, REVOKE_DONE);
  journal = server_journal(&f.server, "/revoke");
  cr_assert_eq(json_array_size(journal), 2);
  cr_expect_str_eq(hint_of(journal, 0), "refresh_token");
  cr_expect_str_eq(hint_of(journal, 1), "access_token");
  /* unknown by now: 200 all the same (RFC 7009 §2.2) */
  cr_expect_eq(revoke(&f, &result, &err), E_OK, "%s", err.message);
}

Test(revoke, leaves_out_what_has_expired)
{
  AUTO_FLOW struct flow f;
  enum revoke_result result = REVOKE_NOT_OFFERED;
  struct err err = ERR_INIT;

  start(&f);
  flow_expire(&f);
  cr_assert_eq(revoke(&f, &result, &err), E_OK, "%s", err.message);
  cr_expect_eq(server_count(&f.server, "/revoke"), 1);
}

Test(revoke, reports_what_the_server_says)
{
  static const struct {
    const char *order;
    enum code code;
    size_t requests;
  } rows[] = {
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 503}}",
       E_ISSUER_5XX, 2},
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 429}}",
       E_RATE, 1},
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 400, "
       "'body': {'error': 'invalid_request'}}}",
       E_OAUTH, 2},
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 400, "
       "'body': {'error': 'invalid_token'}}}",
       E_OK, 2},
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 400, "
       "'body': {'error': 'unsupported_token_type'}}}",
       E_OAUTH, 2},
      {"{'next': {'path': '/revoke', 'skip': 1, 'fault': 'status', "
       "'status': 400, 'body': {'error': 'unsupported_token_type'}}}",
       E_OK, 2},
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 404, "
       "'body': '<p>no'}}",
       E_ANSWER, 2},
      {"{'next': {'path': '/revoke', 'fault': 'status', 'status': 200, "
       "'body': 'anything'}}",
       E_OK, 2},
      {"{'next': {'path': '/revoke', 'fault': 'cut'}}", E_CUT, 1},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    enum revoke_result result = REVOKE_NOT_OFFERED;
    struct err err = ERR_INIT;

    start(&f);
    server_order(&f.server, "%s", rows[i].order);
    cr_expect_eq(revoke(&f, &result, &err), rows[i].code, "%s: %s",
                 rows[i].order, err.message);
    cr_expect_eq(server_count(&f.server, "/revoke"), rows[i].requests, "%s",
                 rows[i].order);
    cr_expect_eq(result == REVOKE_DONE, rows[i].code == E_OK);
  }
}

Test(revoke, is_not_offered_everywhere)
{
  static const char *const rows[] = {"off", "no endpoint", "fixed"};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO(record) record = NULL;
    enum revoke_result result = REVOKE_DONE;
    struct err err = ERR_INIT;

    start(&f);
    record = flow_get(&f);
    if (i == 0)
      flow_profile(&f, "{'schema': 1, 'revocation': 'off'}");
    if (i == 1)
      cr_assert_eq(
          record_set_text(&record->bound.revocation_endpoint, NULL, &err),
          E_OK);
    if (i == 2)
      cr_assert_eq(secret_new(&record->secret, "test-pat-not-real", 17, &err),
                   E_OK);
    cr_expect_eq(revoke_record(&result, f.http, f.profile, record, &err), E_OK,
                 "%s", rows[i]);
    cr_expect_eq(result, REVOKE_NOT_OFFERED, "%s", rows[i]);
    cr_expect_eq(server_count(&f.server, "/revoke"), 0);
  }
}
