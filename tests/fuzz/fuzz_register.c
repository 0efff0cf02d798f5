/* A registration's answer: whatever comes in, no crash; what is taken has a
 * client that can be named on a line, a secret where the method needs one, and
 * its management where it was registered or not at all. */
#include "base/codec.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/register.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  setlocale(LC_CTYPE, "C.UTF-8");
  return 0;
}

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check(const struct registration *r,
                  const struct registration_ask *ask)
{
  struct err err = ERR_INIT;

  demand(r->client_id[0] != '\0' && codec_is_line(r->client_id));
  demand(!ask->client_id || strcmp(ask->client_id, r->client_id) == 0);
  demand(r->auth == CLIENT_NONE || r->auth == CLIENT_SECRET_BASIC ||
         r->auth == CLIENT_SECRET_POST);
  demand(r->auth == CLIENT_NONE ? !r->secret : r->secret || ask->client_id);
  demand(!r->secret || codec_is_line(secret_reveal(r->secret)));
  demand(!r->uri == !r->access_token);
  if (r->uri) {
    AUTO(url) url = NULL;

    demand(url_parse(&url, r->uri, URL_PLAIN, E_ANSWER, "uri", &err) == E_OK);
    demand(strcmp(url->origin, "https://a.example") == 0);
    demand(codec_is_line(secret_reveal(r->access_token)));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static char *uris[] = {(char *)"http://127.0.0.1/callback"};
  static const struct text_list redirects = {.items = uris, .count = 1};
  struct registration_ask ask = {.endpoint = "https://a.example/register",
                                 .redirect_uris = &redirects,
                                 .grant = "authorization_code",
                                 .scope = "openid"};
  AUTO(registration) registration = NULL;
  struct err err = ERR_INIT;
  enum code code;

  if (size == 0)
    return 0;
  ask.client_id = data[0] & 1 ? "c-1" : NULL;
  code = registration_read(&registration, (const char *)data + 1, size - 1,
                           &ask, &err);
  demand((code == E_OK) == (registration != NULL));
  if (code == E_OK)
    check(registration, &ask);
  else
    demand(err.message[0] != '\0');
  return 0;
}
