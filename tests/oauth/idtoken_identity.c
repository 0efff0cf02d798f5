#include "oauth/idtoken_case.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define TENANT "12345678-9abc-def0-1234-56789abcdef0"
#define HOST "https://login.example/"
#define ENTRA HOST "{tenantid}/v2.0"
#define NOT_IT "'iss' is not the issuer's"

Test(idtoken, fills_one_tenant_segment_from_tid)
{
  static const struct {
    const char *issuer, *iss, *tid, *why;
  } cases[] = {
      {ENTRA, HOST TENANT "/v2.0", TENANT, NULL},
      {HOST "{tenantid}", HOST TENANT, TENANT, NULL},
      {HOST "{tenantid}/", HOST TENANT "/", TENANT, NULL},
      {ENTRA, ENTRA, TENANT, NOT_IT},
      {ENTRA, HOST "12345678-9abc-def0-1234-56789abcdef1/v2.0", TENANT, NOT_IT},
      {ENTRA, HOST "12345678-9ABC-DEF0-1234-56789ABCDEF0/v2.0", TENANT, NOT_IT},
      {ENTRA, HOST TENANT "/v1.0", TENANT, NOT_IT},
      {ENTRA, HOST TENANT, TENANT, NOT_IT},
      {ENTRA, "https://login.evil/" TENANT "/v2.0", TENANT, NOT_IT},
      {ENTRA, HOST TENANT "/v2.0", NULL, "no 'tid'"},
      {ENTRA, HOST "/v2.0", "", "'tid' is empty"},
      {ENTRA, HOST "evil/v2.0", "evil", "'tid' is no UUID"},
      {ENTRA, HOST "../x/v2.0", "../x", "'tid' is no UUID"},
      {ENTRA, HOST TENANT "0/v2.0", TENANT "0", "'tid' is no UUID"},
      {ENTRA, HOST "123456789-abc-def0-1234-56789abcdef0/v2.0",
       "123456789-abc-def0-1234-56789abcdef0", "'tid' is no UUID"},
      {ENTRA, HOST "1234567g-9abc-def0-1234-56789abcdef0/v2.0",
       "1234567g-9abc-def0-1234-56789abcdef0", "'tid' is no UUID"},
      /* No whole segment, several, or in the host: as it stands. */
      {HOST "x{tenantid}", HOST "x" TENANT, TENANT, NOT_IT},
      {HOST "{tenantid}x", HOST TENANT "x", TENANT, NOT_IT},
      {HOST "{tenantid}/{tenantid}", HOST TENANT "/" TENANT, TENANT, NOT_IT},
      {HOST "{tenantid}/{tenantid}", HOST TENANT "/{tenantid}", TENANT, NOT_IT},
      {"https://{tenantid}/v2.0", "https://" TENANT "/v2.0", TENANT, NOT_IT},
      {"{tenantid}", TENANT, TENANT, NOT_IT},
      {HOST "{tenantId}", HOST TENANT, TENANT, NOT_IT},
      {HOST "x{tenantid}", HOST "x{tenantid}", "x", NULL},
      {ISSUER, ISSUER, "not-a-uuid", NULL},
  };
  struct idp idp;
  struct idtoken_check check;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    char *iss = mem_printf("\"%s\"", cases[i].iss);
    char *tid =
        cases[i].tid != NULL ? mem_printf("\"%s\"", cases[i].tid) : NULL;

    check.issuer = cases[i].issuer;
    case_expect(&(struct row){{{"iss", iss}, {"tid", tid}}, cases[i].why},
                &check);
    mem_free(iss);
    mem_free(tid);
  }
  idp_close(&idp);
}

Test(idtoken, gives_the_filled_issuer_to_be_pinned)
{
  static const struct row row = {
      {{"iss", "\"" HOST TENANT "/v2.0\""}, {"tid", "\"" TENANT "\""}}, NULL};
  struct idp idp;
  struct idtoken_check check;
  struct idtoken *id = NULL;
  char *token;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  check.issuer = ENTRA;
  token = idp_sign(&idp, NULL, &row);
  cr_assert_eq(E_OK, idtoken_verify(&id, token, &check, NULL));
  cr_assert_str_eq(id->issuer, HOST TENANT "/v2.0");
  idtoken_free(id);
  mem_free(token);
  idp_close(&idp);
}

/* Core §12.2: rows against the token that the login brought. */
static void expect_refreshed(const struct row *first, const struct row *rows,
                             size_t count)
{
  struct idp idp;
  struct idtoken_check check;
  char *previous;

  idp_open(&idp, "ES256", SIGNER_EC);
  previous = idp_sign(&idp, NULL, first);
  check = case_check(&idp);
  check.refreshed = true;
  check.nonce = NULL;
  check.previous = previous;
  for (size_t i = 0; i < count; i++)
    case_expect(&rows[i], &check);
  mem_free(previous);
  idp_close(&idp);
}

Test(idtoken, checks_a_refreshed_token_against_the_first)
{
  static const struct row rows[] = {
      {{{NULL, NULL}}, NULL},
      {{{"nonce", NULL}}, NULL},
      {{{"email", NULL}}, NULL},
      {{{"exp", "1800003600"}, {"iat", "1799999999"}}, NULL},
      {{{"aud", "[" ONE "]"}}, NULL},
      {{{"nonce", "\"other\""}}, "'nonce' is not that of the login"},
      {{{"iss", "\"https://login.evil\""}}, "'iss' is not the issuer's"},
      {{{"sub", "\"bob\""}}, "'sub' is not that of the login"},
      {{{"aud", "\"other\""}}, "'aud' is not this client"},
      {{{"aud", "[" ONE ",\"api\"]"}, {"azp", ONE}},
       "'aud' is not that of the login"},
      {{{"exp", "1799999000"}}, "expired"},
      {{{"at_hash", "\"other\""}}, "'at_hash'"},
  };

  expect_refreshed(&case_good, rows, ARRAY_LEN(rows));
}

Test(idtoken, compares_audiences_as_sets_when_refreshed)
{
  static const struct row rows[] = {
      {{{"aud", "[\"api\"," ONE "]"}, {"azp", ONE}}, NULL},
      {{{"aud", "[" ONE ",\"api\"]"}, {"azp", ONE}}, NULL},
      {{{"aud", ONE}}, "'aud' is not that of the login"},
      {{{"aud", "[" ONE ",\"b\"]"}, {"azp", ONE}},
       "'aud' is not that of the login"},
  };

  expect_refreshed(&rows[0], rows, ARRAY_LEN(rows));
}

Test(idtoken, refuses_another_issuer_when_refreshed)
{
  static const struct row first = {{{"iss", "\"https://old.example\""}}, NULL};
  static const struct row row = {{{NULL, NULL}},
                                 "'iss' is not that of the login"};

  expect_refreshed(&first, &row, 1);
}

Test(idtoken, takes_any_nonce_when_refreshed_and_none_is_known)
{
  static const struct row first = {{{"nonce", NULL}}, NULL};
  static const struct row row = {{{"nonce", "\"other\""}}, NULL};
  struct idp idp;
  struct idtoken_check check;

  expect_refreshed(&first, &row, 1);

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  check.refreshed = true;
  case_expect(&row, &check);
  idp_close(&idp);
}
