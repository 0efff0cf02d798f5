/* Cache-Control, Vary and the rest of what decides on keeping: no crash, and no
 * field that may not be kept is kept. The input: an answer's fields, a line
 * each; behind an empty line those of a 304. */
#include "api/fresh.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

/* Reads lines up to an empty one. */
static char *read_fields(struct headers *headers, char *at)
{
  struct err ignored = ERR_INIT;

  while (at != NULL && *at != '\n' && *at != '\0') {
    char *end = strchr(at, '\n');

    if (end != NULL)
      *end++ = '\0';
    IGNORE(headers_add_line(headers, at, &ignored));
    at = end;
  }
  return at != NULL && *at == '\n' ? at + 1 : NULL;
}

static void vary(const struct headers *answer, const struct headers *request)
{
  AUTO_HEADERS struct headers selecting = {0};
  struct err err = ERR_INIT;
  bool matches = false;

  if (fresh_bars_answer(200, answer) != NULL)
    return;
  demand(fresh_vary(&selecting, answer, request, &err) == E_OK);
  demand(fresh_vary_matches(&matches, &selecting, request, &err) == E_OK);
  demand(matches);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *text = mem_copy(data, size);
  AUTO_HEADERS struct headers answer = {0};
  AUTO_HEADERS struct headers confirmation = {0};
  AUTO_HEADERS struct headers kept = {0};
  AUTO_HEADERS struct headers request = {0};
  struct fresh_control control;
  struct err err = ERR_INIT;
  bool can = false;

  demand(text != NULL);
  (void)read_fields(&confirmation, read_fields(&answer, text));
  fresh_control_read(&control, &answer);
  demand(control.max_age >= -1 && control.max_age <= INT32_MAX);
  demand(fresh_limit(&answer, 60) >= 0 && fresh_limit(&answer, 60) <= 60);
  vary(&answer, &answer);
  vary(&answer, &confirmation);
  demand(fresh_keep(&kept, &answer, &err) == E_OK);
  demand(headers_get(&kept, "Set-Cookie") == NULL);
  demand(fresh_age(&kept, 1, 2, 3) >= 2);
  (void)fresh_confirms(&kept, &confirmation);
  (void)fresh_bars_request("GET", &confirmation);
  if (kept.count + confirmation.count < 900)
    demand(fresh_update(&kept, &confirmation, &err) == E_OK);
  demand(headers_get(&kept, "Set-Cookie") == NULL);
  demand(fresh_condition(&request, &kept, &can, &err) == E_OK);
  demand(can == (request.count > 0));
  return 0;
}
