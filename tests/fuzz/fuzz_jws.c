/* A compact token, and behind its first line a key set (without one, that of
 * RFC 7515's examples): no crash, what is taken apart is what was sent, and
 * against the known keys only the known tokens are valid. */
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jws.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char known_keys[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
    "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2l"
    "ZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5"
    "z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwK"
    "h9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW"
    "9gb54h4FRWyuXpoQ\"}]}";

/* What those keys signed: RFC 7515 A.2 and A.3, and {"iss":"joe"} by PS256. */
static const char *const known_inputs[] = {
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
    "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
    "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ",
};

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static bool is_known(const char *input)
{
  for (size_t i = 0; i < ARRAY_LEN(known_inputs); i++) {
    if (strcmp(known_inputs[i], input) == 0)
      return true;
  }
  return false;
}

static void check_parts(const struct jws *jws, const char *token)
{
  size_t len = strlen(jws->signing_input);

  demand(strncmp(token, jws->signing_input, len) == 0 && token[len] == '.');
  demand(strchr(token + len + 1, '.') == NULL && jws->signature_len > 0);
  demand(json_is_object(jws->header) && json_is_object(jws->payload));
  demand(strcmp(json_text(jws->header, "alg"), jws_alg(jws)) == 0);
  demand(json_object_get(jws->header, "crit") == NULL);
}

static void check_signature(const struct jws *jws, const char *set)
{
  AUTO_JSON json_t *jwks = NULL;
  enum jws_result result = JWS_NO_KEY;
  struct err err = ERR_INIT;
  const char *text = set != NULL ? set : known_keys;

  if (json_read(&jwks, text, strlen(text), JSON_DEPTH, E_ANSWER, "the key set",
                &err) != E_OK ||
      jws_verify(&result, jws, jwks, &err) != E_OK) {
    /* Nothing that is sent makes the library fail. */
    demand(set != NULL && err.code == E_ANSWER);
    return;
  }
  if (set == NULL && result == JWS_VALID)
    demand(is_known(jws->signing_input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *token = mem_copy(data, size);
  AUTO_STR char *half = NULL;
  AUTO(jws) jws = NULL;
  struct err err = ERR_INIT;
  char *set;

  demand(token != NULL);
  set = strchr(token, '\n');
  if (set != NULL)
    *set++ = '\0';

  if (jws_parse(&jws, token, "the token", &err) != E_OK) {
    demand(err.code == E_CHECK && err.message[0] != '\0');
    return 0;
  }
  check_parts(jws, token);
  check_signature(jws, set != NULL && *set != '\0' ? set : NULL);
  demand(jws_half_hash(&half, jws, token, &err) == E_OK);
  return 0;
}
