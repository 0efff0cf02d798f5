#include "oauth/idtoken_case.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

Test(idtoken, gives_subject_issuer_and_claims)
{
  static const struct {
    const char *alg;
    enum signer_key key;
  } cases[] = {
      {"RS256", SIGNER_RSA}, {"PS256", SIGNER_RSA}, {"ES256", SIGNER_EC}};

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct idp idp;
    struct idtoken_check check;
    struct idtoken *id = NULL;
    struct err err = ERR_INIT;
    char *token;

    idp_open(&idp, cases[i].alg, cases[i].key);
    check = case_check(&idp);
    token = idp_sign(&idp, NULL, &case_good);
    cr_assert_eq(E_OK, idtoken_verify(&id, token, &check, &err), "%s",
                 err.message);
    cr_assert_str_eq(id->sub, "ann");
    cr_assert_str_eq(id->issuer, ISSUER);
    cr_assert_str_eq(json_text(id->claims, "email"), "ann@login.example");
    idtoken_free(id);
    mem_free(token);
    idp_close(&idp);
  }
}

Test(idtoken, refuses_wrong_issuers)
{
  static const struct row rows[] = {
      {{{"iss", NULL}}, "no 'iss'"},
      {{{"iss", "null"}}, "'iss' is no string"},
      {{{"iss", "5"}}, "'iss' is no string"},
      {{{"iss", "[\"" ISSUER "\"]"}}, "'iss' is no string"},
      {{{"iss", "\"\""}}, "'iss' is empty"},
      {{{"iss", "\"https://login.example/\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\"https://login.exampl\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\"https://login.example.evil\""}},
       "'iss' is not the issuer's"},
      {{{"iss", "\"https://LOGIN.example\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\"http://login.example\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\"https://login.example:443\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\"https://login%2Eexample\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\" https://login.example\""}}, "'iss' is not the issuer's"},
      {{{"iss", "\"https://login.example\\n\""}}, "'iss' has control"},
  };

  case_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, shows_both_issuers_on_lines_of_their_own)
{
  static const struct row row = {{{"iss", "\"https://login.example/\""}}, ""};
  struct idp idp;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  token = idp_sign(&idp, NULL, &row);
  cr_assert_eq(E_CHECK, case_verify(token, &check, &err));
  cr_assert_str_eq(err.hint, "  expected https://login.example\n"
                             "  received https://login.example/");
  mem_free(token);
  idp_close(&idp);
}

Test(idtoken, refuses_tokens_for_others)
{
  static const struct row rows[] = {
      {{{"aud", "[" ONE "]"}}, NULL},
      {{{"aud", "[" ONE "," ONE "]"}}, NULL},
      {{{"azp", ONE}}, NULL},
      {{{"aud", "[" ONE ",\"api\"]"}, {"azp", ONE}}, NULL},
      {{{"aud", "[\"api\"," ONE "]"}, {"azp", ONE}}, NULL},
      {{{"aud", NULL}}, "no 'aud'"},
      {{{"aud", "null"}}, "'aud' is no string or array"},
      {{{"aud", "5"}}, "'aud' is no string or array"},
      {{{"aud", "{" ONE ":1}"}}, "'aud' is no string or array"},
      {{{"aud", "[" ONE ",5]"}}, "'aud' is no string or array"},
      {{{"aud", "[[" ONE "]]"}}, "'aud' is no string or array"},
      {{{"aud", "[]"}}, "'aud' is not this client"},
      {{{"aud", "\"\""}}, "'aud' is not this client"},
      {{{"aud", "\"other\""}}, "'aud' is not this client"},
      {{{"aud", "[\"other\"]"}}, "'aud' is not this client"},
      {{{"aud", "[\"other\"]"}, {"azp", ONE}}, "'aud' is not this client"},
      {{{"aud", "\"FOB-CLI\""}}, "'aud' is not this client"},
      {{{"aud", "\"fob-cli2\""}}, "'aud' is not this client"},
      {{{"aud", "\"fob-cl\""}}, "'aud' is not this client"},
      {{{"aud", "\"fob-cli other\""}}, "'aud' is not this client"},
      {{{"aud", "[" ONE ",\"api\"]"}}, "also names 'api'"},
      {{{"aud", "[\"api\"," ONE "]"}}, "also names 'api'"},
      {{{"aud", "[" ONE ",\"api\"]"}, {"azp", "\"api\""}},
       "'azp' is not this client"},
      {{{"azp", "\"other\""}}, "'azp' is not this client"},
      {{{"azp", "\"\""}}, "'azp' is empty"},
      {{{"azp", "null"}}, "'azp' is no string"},
      {{{"azp", "[" ONE "]"}}, "'azp' is no string"},
  };

  case_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, bounds_the_list_of_audiences)
{
  for (size_t others = 255; others <= 256; others++) {
    struct buf aud = BUF_INIT(BUF_DOCUMENT);

    buf_puts(&aud, "[" ONE);
    for (size_t i = 0; i < others; i++)
      buf_printf(&aud, ",\"%zu\"", i);
    buf_putc(&aud, ']');
    case_rows(&(struct row){{{"aud", buf_text(&aud)}, {"azp", ONE}},
                            others == 255 ? NULL : "more than 256"},
              1);
    buf_clear(&aud);
  }
}

/* Integers alone are times; the two clocks may be a minute apart. */
Test(idtoken, refuses_wrong_times)
{
  static const struct row rows[] = {
      {{{"exp", "1799999941"}}, NULL}, /* 59 s ago */
      {{{"exp", "1799999940"}}, "expired: its 'exp' was 60 s ago"},
      {{{"exp", "1799999700"}}, "expired: its 'exp' was 300 s ago"},
      {{{"exp", "0"}}, "expired"},
      {{{"exp", "9223372036854775807"}}, NULL},
      {{{"exp", NULL}}, "no 'exp'"},
      {{{"exp", "null"}}, "'exp' is no count"},
      {{{"exp", "-1"}}, "'exp' is no count"},
      {{{"exp", "-9223372036854775808"}}, "'exp' is no count"},
      {{{"exp", "1800000300.0"}}, "'exp' is no count"},
      {{{"exp", "1.8000003e9"}}, "'exp' is no count"},
      {{{"exp", "\"1800000300\""}}, "'exp' is no count"},
      {{{"exp", "true"}}, "'exp' is no count"},
      {{{"exp", "[1800000300]"}}, "'exp' is no count"},
      {{{"exp", "9223372036854775808"}}, "payload of the ID token"},
      {{{"exp", "18446744073709551616"}}, "payload of the ID token"},
      {{{"iat", "1800000060"}}, NULL},
      {{{"iat", "1800000061"}}, "not valid yet: its 'iat' is 61 s ahead"},
      {{{"iat", "9223372036854775807"}}, "not valid yet"},
      {{{"iat", "0"}}, NULL},
      {{{"iat", NULL}}, "no 'iat'"},
      {{{"iat", "null"}}, "'iat' is no count"},
      {{{"iat", "-1"}}, "'iat' is no count"},
      {{{"iat", "1799999995.5"}}, "'iat' is no count"},
      {{{"iat", "\"1799999995\""}}, "'iat' is no count"},
      {{{"iat", "9223372036854775808"}}, "payload of the ID token"},
      {{{"nbf", "1800000060"}}, NULL},
      {{{"nbf", "1800000061"}}, "not valid yet: its 'nbf' is 61 s ahead"},
      {{{"nbf", "\"0\""}}, "'nbf' is no count"},
      {{{"nbf", "null"}}, "'nbf' is no count"},
  };

  case_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, refuses_wrong_subjects)
{
  static const struct row rows[] = {
      {{{"sub", NULL}}, "no 'sub'"},
      {{{"sub", "null"}}, "'sub' is no string"},
      {{{"sub", "7"}}, "'sub' is no string"},
      {{{"sub", "{}"}}, "'sub' is no string"},
      {{{"sub", "\"\""}}, "'sub' is empty"},
      {{{"sub", "\"a\\nb\""}}, "'sub' has control"},
      {{{"sub", "\"a\\u0000b\""}}, "payload of the ID token"},
  };

  case_rows(rows, ARRAY_LEN(rows));
  for (size_t len = IDTOKEN_SUB_MAX; len <= IDTOKEN_SUB_MAX + 1; len++) {
    char sub[IDTOKEN_SUB_MAX + 4] = "\"";

    memset(sub + 1, 'a', len);
    sub[len + 1] = '"';
    case_rows(
        &(struct row){{{"sub", sub}},
                      len == IDTOKEN_SUB_MAX ? NULL : "longer than 255 bytes"},
        1);
  }
}

Test(idtoken, refuses_another_subject_than_the_one_asked_for)
{
  static const struct row refused = {{{NULL, NULL}},
                                     "'sub' is not the account"};
  struct idp idp;
  struct idtoken_check check;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  check.sub = "ann";
  case_expect(&case_good, &check);
  check.sub = "Ann";
  case_expect(&refused, &check);
  idp_close(&idp);
}

Test(idtoken, refuses_wrong_nonces)
{
  static const struct row rows[] = {
      {{{"nonce", NULL}}, "no 'nonce'"},
      {{{"nonce", "null"}}, "'nonce' is no string"},
      {{{"nonce", "5"}}, "'nonce' is no string"},
      {{{"nonce", "[\"" NONCE "\"]"}}, "'nonce' is no string"},
      {{{"nonce", "\"\""}}, "'nonce' is empty"},
      {{{"nonce", "\"other\""}}, "'nonce' is not the one"},
      {{{"nonce", "\"test-nonce-not-rea\""}}, "'nonce' is not the one"},
      {{{"nonce", "\"test-nonce-not-real2\""}}, "'nonce' is not the one"},
      {{{"nonce", "\"test-nonce-not-reaL\""}}, "'nonce' is not the one"},
  };

  case_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, refuses_a_nonce_when_none_was_sent)
{
  static const struct row absent = {{{"nonce", NULL}}, NULL};
  static const struct row present = {{{NULL, NULL}}, "none was sent"};
  struct idp idp;
  struct idtoken_check check;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  check.nonce = NULL;
  case_expect(&absent, &check);
  case_expect(&present, &check);
  idp_close(&idp);
}

/* Messages end in logs, and the login that the nonce belongs to may go on. */
Test(idtoken, does_not_show_the_nonce)
{
  static const struct row row = {{{"nonce", "\"other\""}}, ""};
  struct idp idp;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  token = idp_sign(&idp, NULL, &row);
  cr_assert_eq(E_CHECK, case_verify(token, &check, &err));
  cr_assert_null(strstr(err.message, NONCE));
  cr_assert_null(strstr(err.hint, NONCE));
  mem_free(token);
  idp_close(&idp);
}

Test(idtoken, refuses_a_wrong_at_hash)
{
  static const struct row rows[] = {
      {{{"at_hash", NULL}}, NULL},
      {{{"at_hash", "null"}}, "'at_hash' is no string"},
      {{{"at_hash", "5"}}, "'at_hash' is no string"},
      {{{"at_hash", "\"\""}}, "'at_hash' is empty"},
      {{{"at_hash", "\"fCTSCsJlOJynwhzO-jugch\""}}, "'at_hash' is not that"},
      {{{"at_hash", "\"fCTSCsJlOJynwhzO-jugcg==\""}}, "'at_hash' is not that"},
      {{{"at_hash", "\"fCTSCsJlOJynwhzO-jugc\""}}, "'at_hash' is not that"},
  };

  case_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, refuses_another_access_token)
{
  static const struct row refused = {{{NULL, NULL}}, "'at_hash' is not that"};
  static const struct row wrong = {{{"at_hash", "\"other\""}}, NULL};
  struct idp idp;
  struct idtoken_check check;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  check.access_token = "test-other-token-not-real";
  case_expect(&refused, &check);
  check.access_token = NULL;
  case_expect(&wrong, &check);
  idp_close(&idp);
}
