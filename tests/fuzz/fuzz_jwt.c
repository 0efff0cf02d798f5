/* A compact token that is looked at before it is sent: no crash, what is for
 * the audience is for nobody else, and no message quotes the token. */
#include "base/mem.h"
#include "oauth/jwt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char audience[] = "https://a.example";

static void demand(bool condition)
{
  if (!condition)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  enum { QUOTE = 24 };
  AUTO(secret) token = NULL;
  AUTO_JWT struct jwt jwt = {0};
  AUTO_STR char *shown = NULL;
  struct err err = ERR_INIT;

  if (secret_new(&token, data, size, &err) != E_OK)
    return 0;
  if (jwt_read(&jwt, token, E_ANSWER, "the token", &err) != E_OK) {
    demand(strlen(secret_reveal(token)) < QUOTE ||
           !strstr(err.message, secret_reveal(token)));
    return 0;
  }
  demand(json_is_object(jwt.header) && json_is_object(jwt.claims));
  demand(jwt_audience(&shown, &jwt, &err) == E_OK ||
         strlen(secret_reveal(token)) > BUF_LINE / 2);
  if (jwt_is_for(&jwt, audience))
    demand(strcmp(shown, "'https://a.example'") == 0);
  return 0;
}
