#include "oauth/end_session.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static struct record *record_with(const char *endpoint, size_t id_token_len)
{
  struct record *record = NULL;
  AUTO_STR char *token = mem_zalloc(id_token_len + 1);
  struct err err = ERR_INIT;

  cr_assert_eq(record_new(&record, "p", &err), E_OK);
  cr_assert_eq(
      record_set_text(&record->bound.end_session_endpoint, endpoint, &err),
      E_OK);
  cr_assert_eq(record_set_text(&record->bound.client_id, "fob cli", &err),
               E_OK);
  memset(token, 'x', id_token_len);
  if (id_token_len > 0)
    cr_assert_eq(secret_new(&record->id_token, token, id_token_len, &err),
                 E_OK);
  return record;
}

Test(end_session, keeps_the_endpoints_own_query_and_shows_no_hint)
{
  AUTO(record) record = record_with("https://i.example.test/end?t=1", 4);
  AUTO_END_SESSION struct end_session session = {0};
  AUTO_STR char *shown = NULL;
  AUTO(secret) hinted = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(end_session_take(&session, record, &err), E_OK);
  cr_assert_eq(end_session_url(&shown, &session, &err), E_OK, "%s",
               err.message);
  cr_expect_str_eq(shown, "https://i.example.test/end?t=1&client_id=fob+cli");
  cr_assert_eq(
      end_session_hinted(&hinted, &session, "http://127.0.0.1:1/x", "S", &err),
      E_OK, "%s", err.message);
  cr_expect_str_eq(secret_reveal(hinted),
                   "https://i.example.test/end?t=1&id_token_hint=xxxx"
                   "&client_id=fob+cli&post_logout_redirect_uri="
                   "http%3A%2F%2F127.0.0.1%3A1%2Fx&state=S");
}

Test(end_session, leaves_out_a_hint_that_is_too_long_for_a_url)
{
  AUTO(record)
  record = record_with("https://i.example.test/end", END_SESSION_HINT_MAX + 1);
  AUTO_END_SESSION struct end_session session = {0};
  AUTO(secret) hinted = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(end_session_take(&session, record, &err), E_OK);
  cr_assert_null(session.id_token);
  cr_assert_eq(end_session_hinted(&hinted, &session, NULL, NULL, &err), E_OK);
  cr_expect_str_eq(secret_reveal(hinted),
                   "https://i.example.test/end?client_id=fob+cli");
}

Test(end_session, goes_nowhere_but_by_https)
{
  static const char *const endpoints[] = {
      "http://i.example.test/end",    "ftp://i.example.test/end",
      "https://i.example.test/end#x", "https://u:p@i.example.test/end",
      "javascript:alert(1)",          ""};

  for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
    AUTO(record) record = record_with(endpoints[i], 4);
    AUTO_END_SESSION struct end_session session = {0};
    AUTO_STR char *shown = NULL;
    AUTO(secret) hinted = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(end_session_take(&session, record, &err), E_OK);
    cr_expect_neq(end_session_url(&shown, &session, &err), E_OK, "%s",
                  endpoints[i]);
    cr_expect_neq(end_session_hinted(&hinted, &session, NULL, NULL, &err), E_OK,
                  "%s", endpoints[i]);
    cr_expect_null(shown);
    cr_expect_null(hinted);
  }
}

Test(end_session, comes_back_with_its_state_once)
{
  static const struct {
    const char *query;
    enum code code;
  } rows[] = {
      {"state=abc", E_OK},
      {"a=b&state=abc", E_OK},
      {"state=abc&state=abc", E_CHECK},
      {"state=abc&state=x", E_CHECK},
      {"state=abd", E_CHECK},
      {"state=ab", E_CHECK},
      {"state=abcd", E_CHECK},
      {"state=", E_CHECK},
      {"state", E_CHECK},
      {"x=abc", E_CHECK},
      {"state=abc%00", E_CHECK},
      {"state=%", E_CHECK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;

    cr_expect_eq(end_session_back(rows[i].query, "abc", &err), rows[i].code,
                 "%s: %s", rows[i].query, err.message);
  }
}
