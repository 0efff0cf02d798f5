#include "oauth/idtoken_case.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define ES256_NEW "{\"alg\":\"ES256\",\"kid\":\"new\"}"

Test(idtoken, fetches_the_keys_once_more_for_an_unknown_kid)
{
  struct idp idp;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  token = idp_sign(&idp, ES256_NEW, &case_good);

  idp_set_kids(&idp, "old", "new");
  cr_assert_eq(E_OK, case_verify(token, &check, &err), "%s", err.message);
  cr_assert_eq(2, idp.fetches);
  cr_assert_not(idp.again[0]);
  cr_assert(idp.again[1]);

  idp_set_kids(&idp, "new", "new");
  cr_assert_eq(E_OK, case_verify(token, &check, &err));
  cr_assert_eq(1, idp.fetches);

  idp_set_kids(&idp, "old", "old");
  cr_assert_eq(E_CHECK, case_verify(token, &check, &err));
  cr_assert_eq(2, idp.fetches);
  cr_assert(strstr(err.message, "by key 'new', which"), "%s", err.message);
  mem_free(token);
  idp_close(&idp);
}

Test(idtoken, fetches_no_keys_again_for_a_bad_signature)
{
  struct idp idp, other;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  idp_open(&idp, "RS256", SIGNER_RSA);
  idp_open(&other, "RS256", SIGNER_RSA_OTHER);
  check = case_check(&idp);
  token = idp_sign(&other, NULL, &case_good);
  cr_assert_eq(E_CHECK, case_verify(token, &check, &err));
  cr_assert_eq(1, idp.fetches);
  cr_assert(strstr(err.message, "signature (RS256) is not by"), "%s",
            err.message);
  mem_free(token);
  idp_close(&idp);
  idp_close(&other);
}

Test(idtoken, says_when_the_set_has_no_key_of_the_kind)
{
  struct idp idp, other;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  idp_open(&idp, "ES256", SIGNER_EC);
  idp_open(&other, "RS256", SIGNER_RSA);
  check = case_check(&idp);
  token = idp_sign(&other, NULL, &case_good);
  cr_assert_eq(E_CHECK, case_verify(token, &check, &err));
  cr_assert_eq(2, idp.fetches);
  cr_assert(strstr(err.message, "RS256, for which the issuer's key set has no"),
            "%s", err.message);
  mem_free(token);
  idp_close(&idp);
  idp_close(&other);
}

Test(idtoken, passes_on_that_the_keys_cannot_be_had)
{
  struct idp idp;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  char *token;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  token = idp_sign(&idp, ES256_NEW, &case_good);
  idp.fails[1] = E_TIMEOUT;
  cr_assert_eq(E_TIMEOUT, case_verify(token, &check, &err));
  cr_assert_str_eq(err.message, "the keys cannot be had");
  idp.fails[0] = E_TLS;
  cr_assert_eq(E_TLS, case_verify(token, &check, &err));
  cr_assert_eq(1, idp.fetches);

  idp.fails[0] = E_OK;
  json_decref(idp.sets[0]);
  idp.sets[0] = json_pack("{s:s}", "error", "no keys today");
  cr_assert_eq(E_ANSWER, case_verify(token, &check, &err));
  mem_free(token);
  idp_close(&idp);
}

/* What cannot be the issuer's own signature asks for no key. */
Test(idtoken, refuses_unsigned_and_symmetric_tokens)
{
  static const char *const headers[] = {
      "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{}",
      "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}"};
  struct idp idp;
  struct idtoken_check check;
  struct err err = ERR_INIT;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
    char *payload = case_payload(&case_good);
    char *token = signer_sign(&idp.signer, headers[i], payload);
    char *bare = signer_join(headers[i], payload, "", 0);

    cr_assert_eq(E_CHECK, case_verify(token, &check, &err), "%s", headers[i]);
    cr_assert_eq(0, idp.fetches);
    cr_assert_eq(E_CHECK, case_verify(bare, &check, &err), "%s", headers[i]);
    cr_assert_eq(0, idp.fetches);
    mem_free(token);
    mem_free(bare);
    mem_free(payload);
  }
  idp_close(&idp);
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
  struct idp idp;
  struct idtoken_check check;
  struct err err = ERR_INIT;
  uint64_t state = 0x9e3779b97f4a7c15;
  unsigned signatures = 0;
  char *token;
  size_t len;

  idp_open(&idp, "RS256", SIGNER_RSA);
  check = case_check(&idp);
  token = idp_sign(&idp, NULL, &case_good);
  len = strlen(token);
  for (unsigned i = 0; i < 10000; i++) {
    size_t at = next(&state) % len;
    char old = token[at];
    enum code code;

    token[at] = mutated(old, &state);
    code = case_verify(token, &check, &err);
    cr_assert_eq(E_CHECK, code, "%u: byte %zu, %02x to %02x, code %d", i, at,
                 (unsigned char)old, (unsigned char)token[at], (int)code);
    signatures += idp.fetches;
    token[at] = old;
  }
  cr_assert_eq(E_OK, case_verify(token, &check, &err), "%s", err.message);

  /* Many were well-formed, and refused for their signature. */
  cr_assert_gt(signatures, 2000, "%u", signatures);
  mem_free(token);
  idp_close(&idp);
}
