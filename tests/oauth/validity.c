#include "oauth/validity.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

enum { T = 1700000000 }; /* when each token was issued */

Test(validity, follows_the_default_rule_and_a_given_value)
{
  static const struct {
    int64_t lifetime, min_valid, age;
    bool enough;
  } rows[] = {
      /* 30 s of an hour */
      {3600, -1, 0, true},
      {3600, -1, 3570, true},
      {3600, -1, 3571, false},
      {3600, -1, 3600, false},
      /* a tenth of 60 s */
      {60, -1, 54, true},
      {60, -1, 55, false},
      /* the two rules meet at 300 s */
      {300, -1, 270, true},
      {300, -1, 271, false},
      {5, -1, 4, true},
      {5, -1, 5, false},
      {0, -1, 0, false},
      {-10, -1, 0, false},
      /* given: kept as given */
      {3600, 0, 3599, true},
      {3600, 0, 3600, false},
      {3600, 600, 3000, true},
      {3600, 600, 3001, false},
      {60, 3600, 0, false},
      {3600, 3600, 0, true},
      {3600, 3600, 1, false},
      /* the clock was set back */
      {3600, -1, -60, true},
      {3600, -1, -61, false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(validity_enough(T, T + rows[i].lifetime, rows[i].min_valid,
                                 T + rows[i].age),
                 rows[i].enough, "lifetime %lld, min-valid %lld, age %lld",
                 (long long)rows[i].lifetime, (long long)rows[i].min_valid,
                 (long long)rows[i].age);
}

Test(validity, does_not_apply_where_no_expiry_is_stated)
{
  cr_expect(validity_enough(T, CLOCK_NEVER, 86400, T + 1000000));
  cr_expect(validity_enough(T, CLOCK_NEVER, -1, T - 1000000));
}

static struct record_access access_of(struct secret *token, int64_t lifetime)
{
  return (struct record_access){
      .token = token, .issued_at = T, .expires_at = T + lifetime};
}

static struct secret *token_of(const char *text)
{
  struct secret *token = NULL;

  cr_assert_eq(secret_new(&token, text, strlen(text), NULL), E_OK);
  return token;
}

Test(validity, decides_about_a_rejected_token)
{
  AUTO(secret) held = token_of("test-token-not-real-1");
  AUTO(secret) same = token_of("test-token-not-real-1");
  AUTO(secret) older = token_of("test-token-not-real-0");
  struct record_access access = access_of(held, 3600);
  const struct session_ask plain = {.min_valid = -1};
  const struct session_ask force = {.min_valid = -1, .force_refresh = true};
  const struct session_ask this = {.min_valid = -1, .rejected = same};
  const struct session_ask other = {.min_valid = -1, .rejected = older};

  cr_expect_eq(validity_decide(NULL, &plain, T), VALIDITY_RENEW);
  cr_expect_eq(validity_decide(&access, &plain, T), VALIDITY_USE);
  cr_expect_eq(validity_decide(&access, &plain, T + 3600), VALIDITY_RENEW);
  cr_expect_eq(validity_decide(&access, &force, T), VALIDITY_RENEW);
  /* young: a refresh would not help; older than 30 s: once */
  cr_expect_eq(validity_decide(&access, &this, T + 30), VALIDITY_UNAUTHORIZED);
  cr_expect_eq(validity_decide(&access, &this, T + 31), VALIDITY_RENEW);
  cr_expect_eq(validity_decide(&access, &this, T - 61), VALIDITY_RENEW);
  /* another process has refreshed meanwhile: its token */
  cr_expect_eq(validity_decide(&access, &other, T + 31), VALIDITY_USE);
  cr_expect_eq(validity_decide(&access, &other, T + 3600), VALIDITY_RENEW);
}

Test(validity, names_the_lifetime_of_a_new_token_that_is_too_short)
{
  AUTO(secret) token = token_of("test-token-not-real-1");
  struct record_access access = access_of(token, 300);
  struct record_access endless = access_of(token, 0);
  const struct session_ask hour = {.min_valid = 3600};
  const struct session_ask plain = {.min_valid = -1};
  struct err err = ERR_INIT;

  endless.expires_at = CLOCK_NEVER;
  cr_expect_eq(validity_check_new(&access, &hour, T, &err), E_LESS);
  cr_expect_not_null(strstr(err.message, "300 s"), "%s", err.message);
  cr_expect_not_null(strstr(err.message, "3600 s"), "%s", err.message);
  cr_expect_eq(validity_check_new(&access, &plain, T + 299, &err), E_OK);
  cr_expect_eq(validity_check_new(&endless, &hour, T, &err), E_OK);
}
