/* What the browser brings: whatever comes in, no crash; a code is given only
 * for our state, and is visible ASCII; none where a signed answer is due that
 * nobody can have signed; everything else has a message of one line. */
#include "base/mem.h"
#include "oauth/callback.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

/* A signed answer, by an issuer without keys: there is no good one. */
static enum code no_keys(void *user, bool again, json_t **ret_jwks,
                         struct err *err)
{
  (void)user;
  (void)again;
  (void)err;
  *ret_jwks = json_pack("{s:[]}", "keys");
  demand(*ret_jwks != NULL);
  return E_OK;
}

static const struct jarm_check signed_answer = {.issuer = "https://a.example",
                                                .client_id = "fob-cli",
                                                .now = 1000,
                                                .keys = no_keys};

static void check_code(const struct secret *code, const char *text)
{
  demand(strstr(text, "test-state") != NULL || strchr(text, '%') != NULL);
  demand(secret_len(code) > 0);
  for (const char *c = secret_reveal(code); *c; c++)
    demand(*c >= 0x20 && *c <= 0x7e);
}

static void check_err(enum code code, const struct err *err)
{
  demand(err->code == code && err->message[0] != '\0');
  for (const char *c = err->message; *c; c++)
    demand((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const issuers[] = {NULL, "https://a.example",
                                        "https://e.example/{tenantid}/v2.0"};
  struct callback_expect expect = {.state = "test-state"};
  AUTO(secret) code = NULL;
  AUTO_STR char *text = NULL;
  struct err err = ERR_INIT;
  enum code result;

  if (size == 0)
    return 0;
  expect.issuer = issuers[data[0] % 3];
  expect.iss_required = data[0] & 4;
  expect.jarm = data[0] & 16 ? &signed_answer : NULL;
  text = mem_copy(data + 1, size - 1);
  demand(text != NULL);
  result = data[0] & 8 ? callback_pasted(&code, text, &expect, &err)
                       : callback_read(&code, text, &expect, &err);
  demand((result == E_OK) == (code != NULL));
  demand(expect.jarm == NULL || result != E_OK);
  if (result == E_OK)
    check_code(code, text);
  else
    check_err(result, &err);
  return 0;
}
