/* Answers of the token endpoint: whatever comes in, no crash; a token is given
 * only when all of the answer is sound, and then it can go into a header. */
#include "base/clock.h"
#include "base/mem.h"
#include "oauth/token.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static const char *const profiles[] = {
    "{\"schema\": 1}",
    "{\"schema\": 1, \"token_request\": {\"scope_separator\": \",\"},"
    " \"token_response\": {\"at\": \"/a\", \"ok\": \"/ok\","
    "  \"token_type\": \"user\", \"lifetime\": 60,"
    "  \"errors\": {\"gone\": \"invalid_grant\"}}}",
};

/* Made once, and kept to the end. */
static const struct profile *profile_of(size_t which)
{
  static struct profile *made[2];
  struct err err = ERR_INIT;

  if (!made[which])
    demand(profile_parse(&made[which], "fuzz", profiles[which],
                         strlen(profiles[which]), &err) == E_OK);
  return made[which];
}

static void check_secret(const struct secret *secret)
{
  if (!secret)
    return;
  demand(secret_len(secret) > 0 && secret_len(secret) <= TOKEN_ID_MAX);
  for (const char *c = secret_reveal(secret); *c; c++)
    demand(*c > 0x20 && *c <= 0x7e);
  demand(strlen(secret_reveal(secret)) == secret_len(secret));
}

static void check(const struct token_answer *answer)
{
  demand(answer->access_token && answer->token_type && !answer->error);
  demand(answer->status >= 200 && answer->status < 300);
  check_secret(answer->access_token);
  check_secret(answer->refresh_token);
  check_secret(answer->id_token);
  demand(answer->expires_at >= answer->issued_at);
  demand(answer->refresh_expires_at > answer->issued_at);
  for (const char *c = answer->scope ? answer->scope : ""; *c; c++)
    demand((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const int statuses[] = {200, 400, 401, 429, 500, 302, 201, 404};
  static const char *const types[] = {"application/json",
                                      "application/x-www-form-urlencoded",
                                      "text/html", NULL};
  AUTO_TOKEN_ANSWER struct token_answer answer = {.issued_at = 1700000000};
  struct err err = ERR_INIT;
  enum code code;

  if (size == 0)
    return 0;
  answer.status = statuses[data[0] & 7];
  code = token_answer_read(&answer, profile_of(data[0] >> 5 & 1), "a.example",
                           types[data[0] >> 3 & 3], (const char *)data + 1,
                           size - 1, &err);
  if (code == E_OK) {
    check(&answer);
    return 0;
  }
  demand(err.code == code && err.message[0] != '\0');
  for (const char *c = err.message; *c; c++)
    demand((unsigned char)*c >= 0x20 && *c != 0x7f);
  return 0;
}
