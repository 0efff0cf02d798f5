/* The claims of an ID token, behind one byte that chooses what they are checked
 * against: no crash, and whoever gets as far as the signature holds by rules
 * that are written down here once more. */
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/idtoken.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ISSUER "https://login.example/"
#define CLIENT "fob-cli"
#define NOW 1800000000

enum { TENANT = 1, REFRESHED = 2, NO_NONCE = 4, NO_ACCESS_TOKEN = 8 };

/* {"alg":"ES256"}. */
#define HEADER "eyJhbGciOiJFUzI1NiJ9"

/* {"iss":"https://login.example/","sub":"ann","aud":"fob-cli"}, which need not
 * be signed. */
static const char previous[] =
    HEADER ".eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUvIiwic3ViIjoiYW5uIiwiYXVkI"
           "joiZm9iLWNsaSJ9.eA";

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static bool is(const json_t *claims, const char *claim, const char *text)
{
  const char *value = json_text(claims, claim);

  return value != NULL && strcmp(value, text) == 0;
}

static void check_time(const json_t *claims, const char *claim, int64_t from,
                       int64_t to)
{
  const json_t *value = json_object_get(claims, claim);

  demand(json_is_integer(value));
  demand(json_integer_value(value) >= from && json_integer_value(value) <= to);
}

static void check_audience(const json_t *claims)
{
  const json_t *aud = json_object_get(claims, "aud");
  bool ours = false;
  size_t i;
  const json_t *one;

  if (json_is_string(aud)) {
    demand(is(claims, "aud", CLIENT));
    return;
  }
  json_array_foreach(aud, i, one)
  {
    if (strcmp(json_string_value(one), CLIENT) == 0)
      ours = true;
    else
      demand(is(claims, "azp", CLIENT));
  }
  demand(ours);
}

struct run {
  unsigned flags;
  const char *payload;
  bool reached;
};

/* Stands for the issuer, where every check but the signature is done. */
static enum code give_keys(void *user, bool again, json_t **ret_jwks,
                           struct err *err)
{
  struct run *run = user;
  AUTO_JSON json_t *claims = NULL;
  size_t sub_len;

  (void)ret_jwks;
  demand(!again);
  demand(json_read(&claims, run->payload, strlen(run->payload), JSON_DEPTH,
                   E_CHECK, "the claims", err) == E_OK);
  demand((run->flags & TENANT) != 0 || is(claims, "iss", ISSUER));
  check_audience(claims);
  check_time(claims, "exp", NOW - IDTOKEN_SKEW + 1, INT64_MAX);
  check_time(claims, "iat", 0, NOW + IDTOKEN_SKEW);
  sub_len = strlen(json_text(claims, "sub"));
  demand(sub_len > 0 && sub_len <= IDTOKEN_SUB_MAX);
  if ((run->flags & REFRESHED) != 0)
    demand(is(claims, "sub", "ann"));
  else if ((run->flags & NO_NONCE) != 0)
    demand(json_object_get(claims, "nonce") == NULL);
  else
    demand(is(claims, "nonce", "test-nonce"));

  run->reached = true;
  return err_set(err, E_TIMEOUT, "this far");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_BUF struct buf token = BUF_INIT(BUF_DOCUMENT);
  AUTO_STR char *payload = NULL;
  AUTO(idtoken) id = NULL;
  struct err err = ERR_INIT;
  enum code code;
  struct run run = {0};

  if (size == 0)
    return 0;
  payload = mem_copy(data + 1, size - 1);
  demand(payload != NULL);
  run.flags = data[0];
  run.payload = payload;
  buf_puts(&token, HEADER ".");
  codec_base64url(&token, payload, strlen(payload));
  buf_puts(&token, ".eA");

  code = idtoken_verify(
      &id, buf_text(&token),
      &(struct idtoken_check){
          .issuer = (run.flags & TENANT) != 0 ? ISSUER "{tenantid}" : ISSUER,
          .client_id = CLIENT,
          .nonce = (run.flags & NO_NONCE) != 0 ? NULL : "test-nonce",
          .access_token =
              (run.flags & NO_ACCESS_TOKEN) != 0 ? NULL : "test-token-not-real",
          .now = NOW,
          .refreshed = (run.flags & REFRESHED) != 0,
          .previous = previous,
          .keys = give_keys,
          .user = &run},
      &err);
  demand(code == (run.reached ? E_TIMEOUT : E_CHECK));
  demand(id == NULL && err.message[0] != '\0');
  return 0;
}
