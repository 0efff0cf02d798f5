#include "oauth/session.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define FIRST                                                                  \
  "{\"schema\": 1, \"api\": [\"https://api.acme.example/v2\"],"                \
  " \"issuer\": \"https://login.acme.example/t\","                             \
  " \"client\": {\"id\": \"fob-cli\"}"

static struct profile *profile_of(const char *json)
{
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s: %s", json, err.message);
  return profile;
}

/* A login that was made when the profile said FIRST. */
static struct record *login_of(const char *grant)
{
  struct record *record = NULL;

  cr_assert_eq(record_new(&record, "acme", NULL), E_OK);
  cr_assert_eq(record_set_text(&record->grant, grant, NULL), E_OK);
  cr_assert_eq(record_set_text(&record->bound.issuer,
                               "https://login.acme.example/t", NULL),
               E_OK);
  cr_assert_eq(record_set_text(&record->bound.token_endpoint,
                               "https://login.acme.example/t/token", NULL),
               E_OK);
  cr_assert_eq(record_set_text(&record->bound.revocation_endpoint,
                               "https://login.acme.example/t/revoke", NULL),
               E_OK);
  cr_assert_eq(record_set_text(&record->bound.client_id, "fob-cli", NULL),
               E_OK);
  cr_assert_eq(record_add_api(record, "https://api.acme.example/v2", NULL),
               E_OK);
  cr_assert_eq(record_add_api(record, "https://old.acme.example/", NULL), E_OK);
  return record;
}

Test(bound, is_content_with_what_the_login_was_made_with)
{
  static const char *const profiles[] = {
      FIRST "}",
      /* said in another way */
      "{\"schema\": 1, \"api\": [\"https://API.acme.example:443/v2\"]}",
      "{\"schema\": 1, \"api\": [\"https://api.acme.example/v2/\"]}",
      "{\"schema\": 1, \"api\": [\"https://old.acme.example\"]}",
      "{\"schema\": 1, \"issuer\": \"https://login.acme.example/t/\"}",
      /* a base that was removed, and members that say nothing */
      "{\"schema\": 1}",
      FIRST ", \"metadata\": {\"token_endpoint\": "
            "\"https://login.acme.example/t/token\"}}",
      FIRST ", \"revocation\": \"https://login.acme.example/t/revoke\"}",
      FIRST ", \"revocation\": \"off\", \"scope\": [\"more\"]}",
      /* of no use to a client without a certificate */
      FIRST ", \"metadata\": {\"mtls_endpoint_aliases\": {\"token_endpoint\": "
            "\"https://mtls.acme.example/token\"}}}",
  };
  AUTO(record) record = login_of("authorization_code");

  for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
    AUTO(profile) profile = profile_of(profiles[i]);
    struct err err = ERR_INIT;

    cr_expect_eq(session_check_bound(profile, record, &err), E_OK, "%s: %s",
                 profiles[i], err.message);
  }
}

/* Each of these would send a secret elsewhere than the login agreed to. */
static const struct {
  const char *profile, *now;
} changes[] = {
    {"{\"schema\": 1, \"api\": [\"https://api.acme.example/v2\","
     " \"https://more.acme.example\"]}",
     "https://more.acme.example"},
    {"{\"schema\": 1, \"api\": [\"https://api.acme.example/v3\"]}",
     "https://api.acme.example/v3"},
    {"{\"schema\": 1, \"api\": [\"https://api.acme.example\"]}",
     "https://api.acme.example"},
    {"{\"schema\": 1, \"api\": [\"https://api.acme.example:8443/v2\"]}",
     "https://api.acme.example:8443/v2"},
    {"{\"schema\": 1, \"issuer\": \"https://login.acme.evil/t\"}",
     "https://login.acme.evil/t"},
    {"{\"schema\": 1, \"issuer\": \"https://login.acme.example/T\"}",
     "https://login.acme.example/T"},
    {"{\"schema\": 1, \"metadata\": {\"token_endpoint\": "
     "\"https://login.acme.evil/token\"}}",
     "https://login.acme.evil/token"},
    {"{\"schema\": 1, \"metadata\": {\"revocation_endpoint\": "
     "\"https://login.acme.evil/revoke\"}}",
     "https://login.acme.evil/revoke"},
    {"{\"schema\": 1, \"metadata\": {\"introspection_endpoint\": "
     "\"https://login.acme.evil/introspect\"}}",
     "https://login.acme.evil/introspect"},
    {"{\"schema\": 1, \"metadata\": {\"jwks_uri\": "
     "\"https://login.acme.evil/jwks\"}}",
     "https://login.acme.evil/jwks"},
    {"{\"schema\": 1, \"metadata\": {\"authorization_endpoint\": "
     "\"https://login.acme.evil/authorize\"}}",
     "https://login.acme.evil/authorize"},
    {"{\"schema\": 1, \"revocation\": \"https://login.acme.evil/revoke\"}",
     "https://login.acme.evil/revoke"},
    {"{\"schema\": 1, \"client\": {\"id\": \"other\"}}", "other"},
    {"{\"schema\": 1, \"client\": {\"cert\": \"/c\"}, \"metadata\": "
     "{\"token_endpoint\": \"https://login.acme.example/t/token\", "
     "\"mtls_endpoint_aliases\": {\"token_endpoint\": "
     "\"https://mtls.acme.evil/token\"}}}",
     "https://mtls.acme.evil/token"},
};

Test(bound, refuses_a_profile_that_names_something_else)
{
  AUTO(record) record = login_of("authorization_code");

  for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
    AUTO(profile) profile = profile_of(changes[i].profile);
    struct err err = ERR_INIT;

    cr_expect_eq(session_check_bound(profile, record, &err), E_PROFILE_CHANGED,
                 "%s", changes[i].profile);
    cr_expect_not_null(strstr(err.hint, changes[i].now), "%s", err.hint);
    cr_expect_not_null(
        strstr(err.hint, "fob profile trust acme   or   fob login -p acme"));
  }
}

Test(bound, shows_both_values)
{
  AUTO(profile) profile = profile_of(changes[6].profile);
  AUTO(record) record = login_of("authorization_code");
  struct err err = ERR_INIT;

  cr_assert_eq(session_check_bound(profile, record, &err), E_PROFILE_CHANGED);
  cr_expect_str_eq(err.message, "profile 'acme' now names another "
                                "token_endpoint than the login was made with");
  cr_expect_not_null(
      strstr(err.hint, "then https://login.acme.example/t/token"), "%s",
      err.hint);
  cr_expect_not_null(strstr(err.hint, "now  https://login.acme.evil/token"),
                     "%s", err.hint);
}

Test(bound, lists_every_difference)
{
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"api\": [\"https://b.acme.evil\"],"
                       " \"issuer\": \"https://login.acme.evil\","
                       " \"client\": {\"id\": \"other\"}}");
  AUTO(record) record = login_of("authorization_code");
  struct err err = ERR_INIT;

  cr_assert_eq(session_check_bound(profile, record, &err), E_PROFILE_CHANGED);
  cr_expect_not_null(strstr(err.hint, "issuer https://login.acme.evil"));
  cr_expect_not_null(strstr(err.hint, "client id other"), "%s", err.hint);
  cr_expect_not_null(strstr(err.hint, "api https://b.acme.evil"));
}

Test(bound, says_how_many_differences_do_not_fit)
{
  AUTO_BUF struct buf json = BUF_INIT(BUF_PROFILE);
  AUTO(profile) profile = NULL;
  AUTO(record) record = login_of("authorization_code");
  struct err err = ERR_INIT;

  buf_puts(&json, "{\"schema\": 1, \"api\": [");
  for (int i = 0; i < 40; i++)
    buf_printf(&json, "%s\"https://a-rather-long-name-%d.acme.evil/base\"",
               i ? "," : "", i);
  buf_puts(&json, "]}");
  profile = profile_of(buf_text(&json));
  cr_assert_eq(session_check_bound(profile, record, &err), E_PROFILE_CHANGED);
  cr_expect_not_null(strstr(err.hint, " more\n"), "%s", err.hint);
  cr_expect_not_null(strstr(err.hint, "fob profile trust"), "%s", err.hint);
}

/* The others go on: it would be a strange reward for adding a base. */
Test(bound, refuses_an_added_base_and_no_other)
{
  static const struct {
    const char *url;
    enum code code;
  } cases[] = {
      {"https://api.acme.example/v2/user", E_OK},
      {"https://api.acme.example/elsewhere", E_OK},
      {NULL, E_OK},
      {"https://b.acme.evil/x", E_PROFILE_CHANGED},
      {"https://api.acme.example:444/v2", E_PROFILE_CHANGED},
      {"https://api.acme.example./v2", E_PROFILE_CHANGED},
  };
  AUTO(profile)
  profile = profile_of("{\"schema\": 1, \"api\": [\"https://b.acme.evil\","
                       " \"https://api.acme.example/v2\"]}");
  AUTO(record) record = login_of("authorization_code");

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    AUTO(url) url = NULL;
    bool whole = true;
    struct err err = ERR_INIT;

    if (cases[i].url)
      cr_assert_eq(url_parse(&url, cases[i].url, URL_PLAIN, E_USAGE, "x", &err),
                   E_OK);
    cr_expect_eq(session_check_target(profile, record, url, &whole, &err),
                 cases[i].code, "%s: %s", cases[i].url, err.message);
    if (cases[i].code == E_OK)
      cr_expect_not(whole, "the cache may not take this token");
    else
      cr_expect_not_null(strstr(err.hint, "https://b.acme.evil"), "%s",
                         err.hint);
  }
}

/* A token of the person's own goes to the API alone. */
Test(bound, of_a_fixed_token_is_its_bases)
{
  AUTO(record) record = login_of("token");

  for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
    AUTO(profile) profile = profile_of(changes[i].profile);
    struct err err = ERR_INIT;
    bool base = strstr(changes[i].profile, "\"api\"") != NULL;

    cr_expect_eq(session_check_bound(profile, record, &err),
                 base ? E_PROFILE_CHANGED : E_OK, "%s", changes[i].profile);
  }
}

Test(bound, is_what_the_profile_says_after_trust)
{
  for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
    AUTO(profile) profile = profile_of(changes[i].profile);
    AUTO(record) record = login_of("authorization_code");
    AUTO(profile) first = profile_of(FIRST "}");
    struct err err = ERR_INIT;

    cr_assert_eq(session_rebind(profile, record, &err), E_OK, "%s",
                 err.message);
    cr_expect_eq(session_check_bound(profile, record, &err), E_OK, "%s: %s",
                 changes[i].profile, err.message);
    /* what is no longer said of bases is no longer bound */
    if (strstr(changes[i].profile, "v3"))
      cr_expect_eq(session_check_bound(first, record, &err), E_PROFILE_CHANGED);
  }
}

Test(bound, keeps_an_adopted_issuer_through_trust)
{
  AUTO(profile)
  profile = profile_of(
      "{\"schema\": 1, \"issuer\": \"https://login.acme.example/t/\"}");
  AUTO(record) record = login_of("authorization_code");

  cr_assert_eq(session_rebind(profile, record, NULL), E_OK);
  cr_expect_str_eq(record->bound.issuer, "https://login.acme.example/t");
}
