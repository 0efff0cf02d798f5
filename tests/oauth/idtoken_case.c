#include "oauth/idtoken_case.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* The base64url of the left half of ACCESS_TOKEN's SHA-256, by Python. */
#define AT_HASH "fCTSCsJlOJynwhzO-jugcg"

static const struct claim good[] = {
    {"iss", "\"" ISSUER "\""},      {"sub", "\"ann\""},
    {"aud", "\"" CLIENT "\""},      {"exp", "1800000300"},
    {"iat", "1799999995"},          {"nonce", "\"" NONCE "\""},
    {"at_hash", "\"" AT_HASH "\""}, {"email", "\"ann@login.example\""},
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

char *case_payload(const struct row *row)
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

const struct row case_good = {0};

static enum code give_keys(void *user, bool again, json_t **ret_jwks,
                           struct err *err)
{
  struct idp *idp = user;
  unsigned n = idp->fetches++;

  cr_assert_lt(n, 2, "asked more than twice");
  idp->again[n] = again;
  if (idp->fails[n] != E_OK)
    return err_set(err, idp->fails[n], "the keys cannot be had");
  *ret_jwks = json_incref(idp->sets[n]);
  return E_OK;
}

void idp_set_kids(struct idp *idp, const char *first, const char *second)
{
  json_decref(idp->sets[0]);
  json_decref(idp->sets[1]);
  idp->sets[0] = signer_set(&idp->signer, first);
  idp->sets[1] = signer_set(&idp->signer, second);
}

void idp_open(struct idp *ret_idp, const char *alg, enum signer_key key)
{
  *ret_idp = (struct idp){0};
  signer_open(&ret_idp->signer, alg, key);
  idp_set_kids(ret_idp, NULL, NULL);
}

void idp_close(struct idp *idp)
{
  json_decref(idp->sets[0]);
  json_decref(idp->sets[1]);
  signer_close(&idp->signer);
}

char *idp_sign(const struct idp *idp, const char *header, const struct row *row)
{
  char *payload = case_payload(row);
  char *token = signer_sign(&idp->signer, header, payload);

  mem_free(payload);
  return token;
}

struct idtoken_check case_check(struct idp *idp)
{
  return (struct idtoken_check){.issuer = ISSUER,
                                .client_id = CLIENT,
                                .nonce = NONCE,
                                .access_token = ACCESS_TOKEN,
                                .now = NOW,
                                .keys = give_keys,
                                .user = idp};
}

enum code case_verify(const char *token, const struct idtoken_check *check,
                      struct err *err)
{
  struct idp *idp = check->user;
  struct idtoken *id = NULL;
  enum code code;

  err_clear(err);
  idp->fetches = 0;
  code = idtoken_verify(&id, token, check, err);
  cr_assert_eq(code == E_OK, id != NULL);
  idtoken_free(id);
  return code;
}

void case_expect(const struct row *row, const struct idtoken_check *check)
{
  struct idp *idp = check->user;
  char *payload = case_payload(row);
  char *token = signer_sign(&idp->signer, NULL, payload);
  struct err err = ERR_INIT;
  enum code code = case_verify(token, check, &err);

  if (row->why == NULL) {
    cr_assert_eq(E_OK, code, "%s: %s", err.message, payload);
    cr_assert_eq(1, idp->fetches);
  } else {
    cr_assert_eq(E_CHECK, code, "accepted: %s", payload);
    cr_assert(strstr(err.message, row->why), "'%s' does not say '%s': %s",
              err.message, row->why, payload);
    cr_assert_eq(0, idp->fetches, "asked for keys: %s", payload);
  }
  mem_free(token);
  mem_free(payload);
}

void case_rows(const struct row *rows, size_t count)
{
  struct idp idp;
  struct idtoken_check check;

  idp_open(&idp, "ES256", SIGNER_EC);
  check = case_check(&idp);
  case_expect(&case_good, &check);
  for (size_t i = 0; i < count; i++)
    case_expect(&rows[i], &check);
  idp_close(&idp);
}
