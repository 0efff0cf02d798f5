/* Answers of the device authorization endpoint: whatever comes in, no crash;
 * what is given can be shown, typed and waited for. */
#include "base/codec.h"
#include "base/mem.h"
#include "oauth/device.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

/* Made once, and kept to the end. */
static const struct profile *profile_of(void)
{
  static const char text[] =
      "{\"schema\": 1, \"token_response\": {\"errors\": {\"gone\": "
      "\"unauthorized_client\"}}}";
  static struct profile *made;
  struct err err = ERR_INIT;

  if (!made)
    demand(profile_parse(&made, "fuzz", text, strlen(text), &err) == E_OK);
  return made;
}

static void check_shown(const char *text, size_t max)
{
  AUTO_BUF struct buf shown = BUF_INIT(BUF_LINE);

  demand(*text && strlen(text) <= max);
  codec_visible(&shown, text, strlen(text), false);
  demand(strcmp(buf_text(&shown), text) == 0);
}

static void check(const struct device_answer *answer)
{
  const char *uri = answer->uri, *complete = answer->uri_complete;

  demand(secret_len(answer->device_code) ==
         strlen(secret_reveal(answer->device_code)));
  demand(secret_len(answer->device_code) > 0);
  check_shown(answer->user_code, 64);
  check_shown(uri, 8192);
  demand(strncmp(uri, "https://", 8) == 0 || strncmp(uri, "http://", 7) == 0);
  if (complete) {
    size_t origin = 8 + strcspn(uri + 8, "/?");
    check_shown(complete, 8192);
    demand(strncmp(uri, complete, origin) == 0);
  }
  demand(answer->lifetime_ms >= 1000 &&
         answer->lifetime_ms <= DEVICE_LIFETIME_MAX_MS);
  demand(answer->interval_ms >= DEVICE_FLOOR_MS &&
         answer->interval_ms <= DEVICE_LIFETIME_MAX_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const int statuses[] = {200, 400, 401, 429, 500, 302, 201, 404};
  static const char *const types[] = {"application/json",
                                      "application/x-www-form-urlencoded",
                                      "text/html", NULL};
  AUTO_DEVICE_ANSWER struct device_answer answer = {0};
  struct err err = ERR_INIT;
  enum code code;

  if (size == 0)
    return 0;
  code = device_answer_read(&answer, profile_of(), "a.example",
                            statuses[data[0] & 7], types[data[0] >> 3 & 3],
                            (const char *)data + 1, size - 1, &err);
  if (code == E_OK) {
    check(&answer);
    return 0;
  }
  demand(!answer.device_code && !answer.uri);
  demand(err.code == code && err.message[0] != '\0');
  for (const char *c = err.message; *c; c++)
    demand((unsigned char)*c >= 0x20 && *c != 0x7f);
  return 0;
}
