/* An API's metadata: whatever comes in, no crash; what is taken belongs to the
 * API that was asked, and names no server beyond https and loopback, nor a
 * local one from elsewhere. */
#include "base/mem.h"
#include "oauth/resource.h"

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

static void check(const struct resource *resource, const struct url *asked)
{
  struct err err = ERR_INIT;

  demand(strcmp(resource->id, asked->text) == 0 ||
         strcmp(resource->id, asked->origin) == 0);
  for (size_t i = 0; i < resource->servers.count; i++) {
    AUTO(url) url = NULL;

    demand(url_parse(&url, resource->servers.items[i], URL_NO_QUERY, E_ANSWER,
                     "server", &err) == E_OK);
    demand(strcmp(url->scheme, "https") == 0 || url_is_loopback(url));
    demand(url_is_local(asked) || !url_is_local(url));
    (void)resource_owns(asked, url);
  }
  for (size_t i = 0; i < resource->scopes.count; i++)
    demand(resource->scopes.items[i][strcspn(resource->scopes.items[i],
                                             " \t\r\n\033\"\\")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const apis[] = {"https://a.example/v1",
                                     "http://127.0.0.1:4711/api",
                                     "https://a.example", "https://a.example/"};
  AUTO(resource) resource = NULL;
  AUTO(url) asked = NULL;
  AUTO_STR char *meant = NULL;
  struct err err = ERR_INIT;
  enum code code;

  if (size == 0)
    return 0;
  demand(url_parse(&asked, apis[data[0] & 3], URL_PLAIN, E_USAGE, "api",
                   &err) == E_OK);
  code = resource_read(&resource, (const char *)data + 1, size - 1, asked,
                       "https://a.example/w", &meant, &err);
  demand((code == E_OK) == (resource != NULL));
  demand(!meant || code == E_CHECK);
  if (code == E_OK)
    check(resource, asked);
  else
    demand(err.message[0] != '\0');
  return 0;
}
