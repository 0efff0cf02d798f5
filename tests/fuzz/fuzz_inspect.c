/* A token to be decoded, what a browser brings back from a logout, and a
 * challenge that demands a login: no crash; claims are a JSON object; only the
 * state itself ends a session; the options that go into a line to be pasted are
 * three at most, of visible ASCII. */
#include "api/step_up.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/decode.h"
#include "oauth/end_session.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_token(const char *text)
{
  AUTO_DECODED struct decoded decoded = {0};
  AUTO_JSON json_t *claims = NULL;
  struct err err = ERR_INIT;
  enum code code = decode_token(&decoded, text, &err);

  if (code != E_OK) {
    demand(code == E_NOT_FOUND || code == E_ANSWER);
    return;
  }
  demand(json_read(&claims, buf_text(&decoded.claims), decoded.claims.len,
                   JSON_DEPTH, E_ANSWER, "the claims", &err) == E_OK);
  demand(!decoded.verified);
}

static void check_return(const char *query)
{
  struct err err = ERR_INIT;
  enum code code = end_session_back(query, "S-t", &err);

  demand(code == E_OK || code == E_CHECK);
  demand(code != E_OK || strstr(query, "=") != NULL);
}

static void check_challenge(const char *text)
{
  static const int statuses[] = {401, 403};
  AUTO_HEADERS struct headers headers = {0};
  struct err err = ERR_INIT;

  headers_init(&headers);
  if (headers_add(&headers, "WWW-Authenticate", text, &err) != E_OK)
    return;
  for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
    AUTO_STEP_UP struct step_up step_up = {.max_age = -1};
    AUTO_BUF struct buf line = BUF_INIT(BUF_LINE);

    demand(step_up_read(&step_up, statuses[i], &headers, &err) == E_OK);
    step_up_options(&line, &step_up);
    demand(line.failed == E_OK);
    demand(step_up.kind != STEP_UP_NONE || line.len == 0);
    for (const char *c = buf_text(&line); *c != '\0'; c++)
      demand(*c >= ' ' && *c <= '~');
    demand(step_up.acr_values == NULL || *step_up.acr_values != '-');
    demand(step_up.scope == NULL || *step_up.scope != '-');
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *text = mem_copy(data, size);

  demand(text != NULL);
  check_token(text);
  check_return(text);
  check_challenge(text);
  return 0;
}
