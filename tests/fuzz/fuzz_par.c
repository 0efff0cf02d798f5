/* The answer to a pushed authorization request: whatever comes in, no crash; a
 * reference is given only as a URI that a browser may be sent with, and
 * everything else has a message of one line. */
#include "base/mem.h"
#include "oauth/par.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_par(const struct par *par)
{
  demand(par->request_uri != NULL && strchr(par->request_uri, ':') != NULL);
  demand(strlen(par->request_uri) <= PAR_URI_MAX);
  demand(par->expires_at > 1000);
  for (const char *c = par->request_uri; *c; c++)
    demand(*c > 0x20 && *c <= 0x7e);
}

static void check_err(enum code code, const struct err *err)
{
  demand(err->code == code && err->message[0] != '\0');
  for (const char *c = err->message; *c; c++)
    demand((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const int statuses[] = {201, 200, 400, 401, 404, 429, 500, 503};
  AUTO_PAR struct par par = {0};
  struct err err = ERR_INIT;
  enum code code;

  if (size == 0)
    return 0;
  code = par_answer_read(&par, "a.example",
                         statuses[data[0] % ARRAY_LEN(statuses)],
                         (const char *)data + 1, size - 1, 1000, &err);
  if (code == E_OK)
    check_par(&par);
  else
    check_err(code, &err);
  return 0;
}
