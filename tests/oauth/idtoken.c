#include "oauth/idtoken.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/signer.h"

#include <criterion/criterion.h>
#include <string.h>

#define ISSUER "https://login.example"
#define CLIENT "fob-cli"
#define NONCE "test-nonce-not-real"
#define ACCESS_TOKEN "test-access-token-not-real"

/* The base64url of the left half of ACCESS_TOKEN's SHA-256, by Python. */
#define AT_HASH "fCTSCsJlOJynwhzO-jugcg"

#define NOW 1800000000

/* A member as JSON text, so that also what jansson cannot hold can be sent. */
struct claim {
  const char *name, *value; /* NULL value: left out */
};

static const struct claim good[] = {
    {"iss", "\"" ISSUER "\""},      {"sub", "\"ann\""},
    {"aud", "\"" CLIENT "\""},      {"exp", "1800000300"},
    {"iat", "1799999995"},          {"nonce", "\"" NONCE "\""},
    {"at_hash", "\"" AT_HASH "\""}, {"email", "\"ann@login.example\""},
};

/* Changes to the good claims; a NULL name ends them. */
enum { CHANGES_MAX = 4 };

struct row {
  struct claim changes[CHANGES_MAX];
  const char *why; /* what the refusal says; NULL: accepted */
};

static bool is_changed(const struct claim *changes, const char *name)
{
  for (size_t i = 0; i < CHANGES_MAX && changes[i].name != NULL; i++) {
    if (strcmp(changes[i].name, name) == 0)
      return true;
  }
  return false;
}

static void put_claim(struct buf *out, const struct claim *claim)
{
  if (claim->value != NULL)
    buf_printf(out, "%s\"%s\":%s", out->len > 1 ? "," : "", claim->name,
               claim->value);
}

static char *payload_of(const struct row *row)
{
  struct buf out = BUF_INIT(BUF_DOCUMENT);
  char *text = NULL;

  buf_putc(&out, '{');
  for (size_t i = 0; i < ARRAY_LEN(good); i++) {
    if (!is_changed(row->changes, good[i].name))
      put_claim(&out, &good[i]);
  }
  for (size_t i = 0; i < CHANGES_MAX && row->changes[i].name != NULL; i++)
    put_claim(&out, &row->changes[i]);
  buf_putc(&out, '}');
  cr_assert_eq(E_OK, buf_detach(&out, &text, NULL, NULL));
  return text;
}

static const struct row unchanged = {0};

/* An issuer: its key, and what it answers when it is asked for its key set the
 * first and the second time. */
struct issuer {
  struct signer signer;
  json_t *sets[2];
  enum code fails[2];
  bool again[2];
  unsigned fetches;
};

static enum code give_keys(void *user, bool again, json_t **ret_jwks,
                           struct err *err)
{
  struct issuer *issuer = user;
  unsigned n = issuer->fetches++;

  cr_assert_lt(n, 2, "asked more than twice");
  issuer->again[n] = again;
  if (issuer->fails[n] != E_OK)
    return err_set(err, issuer->fails[n], "the keys cannot be had");
  *ret_jwks = json_incref(issuer->sets[n]);
  return E_OK;
}

static void set_kids(struct issuer *issuer, const char *first,
                     const char *second)
{
  json_decref(issuer->sets[0]);
  json_decref(issuer->sets[1]);
  issuer->sets[0] = signer_set(&issuer->signer, first);
  issuer->sets[1] = signer_set(&issuer->signer, second);
}

static void issuer_open(struct issuer *ret_issuer, const char *alg,
                        enum signer_key key)
{
  *ret_issuer = (struct issuer){0};
  signer_open(&ret_issuer->signer, alg, key);
  set_kids(ret_issuer, NULL, NULL);
}

static void issuer_close(struct issuer *issuer)
{
  json_decref(issuer->sets[0]);
  json_decref(issuer->sets[1]);
  signer_close(&issuer->signer);
}

static char *sign(const struct issuer *issuer, const char *header,
                  const struct row *row)
{
  char *payload = payload_of(row);
  char *token = signer_sign(&issuer->signer, header, payload);

  mem_free(payload);
  return token;
}

static struct idtoken_check usual(struct issuer *issuer)
{
  return (struct idtoken_check){.issuer = ISSUER,
                                .client_id = CLIENT,
                                .nonce = NONCE,
                                .access_token = ACCESS_TOKEN,
                                .now = NOW,
                                .keys = give_keys,
                                .user = issuer};
}

/* Only whether it is accepted; fills err. */
static enum code verify(const char *token, const struct idtoken_check *check,
                        struct err *err)
{
  struct issuer *issuer = check->user;
  struct idtoken *id = NULL;
  enum code code;

  err_clear(err);
  issuer->fetches = 0;
  code = idtoken_verify(&id, token, check, err);
  cr_assert_eq(code == E_OK, id != NULL);
  idtoken_free(id);
  return code;
}

static void expect(const struct row *row, const struct idtoken_check *check)
{
  struct issuer *issuer = check->user;
  char *payload = payload_of(row);
  char *token = signer_sign(&issuer->signer, NULL, payload);
  struct err err = ERR_INIT;
  enum code code = verify(token, check, &err);

  if (row->why == NULL) {
    cr_assert_eq(E_OK, code, "%s: %s", err.message, payload);
    cr_assert_eq(1, issuer->fetches);
  } else {
    cr_assert_eq(E_CHECK, code, "accepted: %s", payload);
    cr_assert(strstr(err.message, row->why), "'%s' does not say '%s': %s",
              err.message, row->why, payload);
    cr_assert_eq(0, issuer->fetches, "asked for keys: %s", payload);
  }
  mem_free(token);
  mem_free(payload);
}

static void expect_rows(const struct row *rows, size_t count)
{
  struct issuer issuer;
  struct idtoken_check check;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  expect(&unchanged, &check);
  for (size_t i = 0; i < count; i++)
    expect(&rows[i], &check);
  issuer_close(&issuer);
}

Test(idtoken, gives_subject_issuer_and_claims)
{
  static const struct {
    const char *alg;
    enum signer_key key;
  } cases[] = {
      {"RS256", SIGNER_RSA}, {"PS256", SIGNER_RSA}, {"ES256", SIGNER_EC}};

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct issuer issuer;
    struct idtoken_check check;
    struct idtoken *id = NULL;
    struct err err = ERR_INIT;
    char *token;

    issuer_open(&issuer, cases[i].alg, cases[i].key);
    check = usual(&issuer);
    token = sign(&issuer, NULL, &unchanged);
    cr_assert_eq(E_OK, idtoken_verify(&id, token, &check, &err), "%s",
                 err.message);
    cr_assert_str_eq(id->sub, "ann");
    cr_assert_str_eq(id->issuer, ISSUER);
    cr_assert_str_eq(json_text(id->claims, "email"), "ann@login.example");
    idtoken_free(id);
    mem_free(token);
    issuer_close(&issuer);
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

  expect_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, shows_both_issuers_on_lines_of_their_own)
{
  static const struct row row = {{{"iss", "\"https://login.example/\""}}, ""};
  struct issuer issuer;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  token = sign(&issuer, NULL, &row);
  cr_assert_eq(E_CHECK, verify(token, &check, &err));
  cr_assert_str_eq(err.hint, "  expected https://login.example\n"
                             "  received https://login.example/");
  mem_free(token);
  issuer_close(&issuer);
}

#define ONE "\"" CLIENT "\""

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

  expect_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, bounds_the_list_of_audiences)
{
  for (size_t others = 255; others <= 256; others++) {
    struct buf aud = BUF_INIT(BUF_DOCUMENT);

    buf_puts(&aud, "[" ONE);
    for (size_t i = 0; i < others; i++)
      buf_printf(&aud, ",\"%zu\"", i);
    buf_putc(&aud, ']');
    expect_rows(&(struct row){{{"aud", buf_text(&aud)}, {"azp", ONE}},
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

  expect_rows(rows, ARRAY_LEN(rows));
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

  expect_rows(rows, ARRAY_LEN(rows));
  for (size_t len = IDTOKEN_SUB_MAX; len <= IDTOKEN_SUB_MAX + 1; len++) {
    char sub[IDTOKEN_SUB_MAX + 4] = "\"";

    memset(sub + 1, 'a', len);
    sub[len + 1] = '"';
    expect_rows(
        &(struct row){{{"sub", sub}},
                      len == IDTOKEN_SUB_MAX ? NULL : "longer than 255 bytes"},
        1);
  }
}

Test(idtoken, refuses_another_subject_than_the_one_asked_for)
{
  static const struct row refused = {{{NULL, NULL}},
                                     "'sub' is not the account"};
  struct issuer issuer;
  struct idtoken_check check;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  check.sub = "ann";
  expect(&unchanged, &check);
  check.sub = "Ann";
  expect(&refused, &check);
  issuer_close(&issuer);
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

  expect_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, refuses_a_nonce_when_none_was_sent)
{
  static const struct row absent = {{{"nonce", NULL}}, NULL};
  static const struct row present = {{{NULL, NULL}}, "none was sent"};
  struct issuer issuer;
  struct idtoken_check check;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  check.nonce = NULL;
  expect(&absent, &check);
  expect(&present, &check);
  issuer_close(&issuer);
}

/* Messages end in logs, and the login that the nonce belongs to may go on. */
Test(idtoken, does_not_show_the_nonce)
{
  static const struct row row = {{{"nonce", "\"other\""}}, ""};
  struct issuer issuer;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  token = sign(&issuer, NULL, &row);
  cr_assert_eq(E_CHECK, verify(token, &check, &err));
  cr_assert_null(strstr(err.message, NONCE));
  cr_assert_null(strstr(err.hint, NONCE));
  mem_free(token);
  issuer_close(&issuer);
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

  expect_rows(rows, ARRAY_LEN(rows));
}

Test(idtoken, refuses_another_access_token)
{
  static const struct row refused = {{{NULL, NULL}}, "'at_hash' is not that"};
  static const struct row wrong = {{{"at_hash", "\"other\""}}, NULL};
  struct issuer issuer;
  struct idtoken_check check;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  check.access_token = "test-other-token-not-real";
  expect(&refused, &check);
  check.access_token = NULL;
  expect(&wrong, &check);
  issuer_close(&issuer);
}

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
  struct issuer issuer;
  struct idtoken_check check;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    char *iss = mem_printf("\"%s\"", cases[i].iss);
    char *tid =
        cases[i].tid != NULL ? mem_printf("\"%s\"", cases[i].tid) : NULL;

    check.issuer = cases[i].issuer;
    expect(&(struct row){{{"iss", iss}, {"tid", tid}}, cases[i].why}, &check);
    mem_free(iss);
    mem_free(tid);
  }
  issuer_close(&issuer);
}

Test(idtoken, gives_the_filled_issuer_to_be_pinned)
{
  static const struct row row = {
      {{"iss", "\"" HOST TENANT "/v2.0\""}, {"tid", "\"" TENANT "\""}}, NULL};
  struct issuer issuer;
  struct idtoken_check check;
  struct idtoken *id = NULL;
  char *token;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  check.issuer = ENTRA;
  token = sign(&issuer, NULL, &row);
  cr_assert_eq(E_OK, idtoken_verify(&id, token, &check, NULL));
  cr_assert_str_eq(id->issuer, HOST TENANT "/v2.0");
  idtoken_free(id);
  mem_free(token);
  issuer_close(&issuer);
}

/* Core §12.2: rows against the token that the login brought. */
static void expect_refreshed(const struct row *first, const struct row *rows,
                             size_t count)
{
  struct issuer issuer;
  struct idtoken_check check;
  char *previous;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  previous = sign(&issuer, NULL, first);
  check = usual(&issuer);
  check.refreshed = true;
  check.nonce = NULL;
  check.previous = previous;
  for (size_t i = 0; i < count; i++)
    expect(&rows[i], &check);
  mem_free(previous);
  issuer_close(&issuer);
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

  expect_refreshed(&unchanged, rows, ARRAY_LEN(rows));
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
  struct issuer issuer;
  struct idtoken_check check;

  expect_refreshed(&first, &row, 1);

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  check.refreshed = true;
  expect(&row, &check);
  issuer_close(&issuer);
}

#define ES256_NEW "{\"alg\":\"ES256\",\"kid\":\"new\"}"

Test(idtoken, fetches_the_keys_once_more_for_an_unknown_kid)
{
  struct issuer issuer;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  token = sign(&issuer, ES256_NEW, &unchanged);

  set_kids(&issuer, "old", "new");
  cr_assert_eq(E_OK, verify(token, &check, &err), "%s", err.message);
  cr_assert_eq(2, issuer.fetches);
  cr_assert_not(issuer.again[0]);
  cr_assert(issuer.again[1]);

  set_kids(&issuer, "new", "new");
  cr_assert_eq(E_OK, verify(token, &check, &err));
  cr_assert_eq(1, issuer.fetches);

  set_kids(&issuer, "old", "old");
  cr_assert_eq(E_CHECK, verify(token, &check, &err));
  cr_assert_eq(2, issuer.fetches);
  cr_assert(strstr(err.message, "by key 'new', which"), "%s", err.message);
  mem_free(token);
  issuer_close(&issuer);
}

Test(idtoken, fetches_no_keys_again_for_a_bad_signature)
{
  struct issuer issuer, other;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  issuer_open(&issuer, "RS256", SIGNER_RSA);
  issuer_open(&other, "RS256", SIGNER_RSA_OTHER);
  check = usual(&issuer);
  token = sign(&other, NULL, &unchanged);
  cr_assert_eq(E_CHECK, verify(token, &check, &err));
  cr_assert_eq(1, issuer.fetches);
  cr_assert(strstr(err.message, "signature (RS256) is not by"), "%s",
            err.message);
  mem_free(token);
  issuer_close(&issuer);
  issuer_close(&other);
}

Test(idtoken, says_when_the_set_has_no_key_of_the_kind)
{
  struct issuer issuer, other;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  issuer_open(&other, "RS256", SIGNER_RSA);
  check = usual(&issuer);
  token = sign(&other, NULL, &unchanged);
  cr_assert_eq(E_CHECK, verify(token, &check, &err));
  cr_assert_eq(2, issuer.fetches);
  cr_assert(strstr(err.message, "RS256, for which the issuer's key set has no"),
            "%s", err.message);
  mem_free(token);
  issuer_close(&issuer);
  issuer_close(&other);
}

Test(idtoken, passes_on_that_the_keys_cannot_be_had)
{
  struct issuer issuer;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  token = sign(&issuer, ES256_NEW, &unchanged);
  issuer.fails[1] = E_TIMEOUT;
  cr_assert_eq(E_TIMEOUT, verify(token, &check, &err));
  cr_assert_str_eq(err.message, "the keys cannot be had");
  issuer.fails[0] = E_TLS;
  cr_assert_eq(E_TLS, verify(token, &check, &err));
  cr_assert_eq(1, issuer.fetches);

  issuer.fails[0] = E_OK;
  json_decref(issuer.sets[0]);
  issuer.sets[0] = json_pack("{s:s}", "error", "no keys today");
  cr_assert_eq(E_ANSWER, verify(token, &check, &err));
  mem_free(token);
  issuer_close(&issuer);
}

/* What cannot be the issuer's own signature asks for no key. */
Test(idtoken, refuses_unsigned_and_symmetric_tokens)
{
  static const char *const headers[] = {
      "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{}",
      "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}"};
  struct issuer issuer;
  struct idtoken_check check;
  struct err err = ERR_INIT;

  issuer_open(&issuer, "ES256", SIGNER_EC);
  check = usual(&issuer);
  for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
    char *payload = payload_of(&unchanged);
    char *token = signer_sign(&issuer.signer, headers[i], payload);
    char *bare = signer_join(headers[i], payload, "", 0);

    cr_assert_eq(E_CHECK, verify(token, &check, &err), "%s", headers[i]);
    cr_assert_eq(0, issuer.fetches);
    cr_assert_eq(E_CHECK, verify(bare, &check, &err), "%s", headers[i]);
    cr_assert_eq(0, issuer.fetches);
    mem_free(token);
    mem_free(bare);
    mem_free(payload);
  }
  issuer_close(&issuer);
}

/* xorshift64: the same mutations in each run. */
static uint64_t next(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* One bit flipped, a byte of any value, or a character that tokens are written
 * in, which keeps most of them well-formed. */
static char mutated(char c, uint64_t *state)
{
  static const char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  char to;

  do {
    uint64_t kind = next(state) % 4;

    if (kind == 0)
      to = (char)(c ^ (1 << next(state) % 8));
    else if (kind == 1)
      to = (char)(next(state) % 256);
    else
      to = alphabet[next(state) % (sizeof(alphabet) - 1)];
  } while (to == c);
  return to;
}

/* RS256, whose signatures are quickly checked. */
Test(idtoken, refuses_ten_thousand_mutations_of_a_valid_token, .timeout = 60)
{
  struct issuer issuer;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  uint64_t state = 0x9e3779b97f4a7c15;
  unsigned signatures = 0;
  char *token;
  size_t len;

  issuer_open(&issuer, "RS256", SIGNER_RSA);
  check = usual(&issuer);
  token = sign(&issuer, NULL, &unchanged);
  len = strlen(token);
  for (unsigned i = 0; i < 10000; i++) {
    size_t at = next(&state) % len;
    char old = token[at];
    enum code code;

    token[at] = mutated(old, &state);
    code = verify(token, &check, &err);
    cr_assert_eq(E_CHECK, code, "%u: byte %zu, %02x to %02x, code %d", i, at,
                 (unsigned char)old, (unsigned char)token[at], (int)code);
    signatures += issuer.fetches;
    token[at] = old;
  }
  cr_assert_eq(E_OK, verify(token, &check, &err), "%s", err.message);

  /* Many were well-formed, and refused for their signature. */
  cr_assert_gt(signatures, 2000, "%u", signatures);
  mem_free(token);
  issuer_close(&issuer);
}
