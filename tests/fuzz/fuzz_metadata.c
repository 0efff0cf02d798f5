/* Metadata documents: whatever comes in, no crash; what is taken belongs to the
 * issuer that was asked and has no endpoint beyond https and loopback. */
#include "base/mem.h"
#include "http/url.h"
#include "oauth/metadata.h"

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

static void check_endpoint(const char *text, bool local_issuer)
{
  AUTO(url) url = NULL;
  struct err err = ERR_INIT;

  if (!text)
    return;
  demand(url_parse(&url, text, URL_PLAIN, E_ANSWER, "endpoint", &err) == E_OK);
  demand(strcmp(url->scheme, "https") == 0 || url_is_loopback(url));
  demand(local_issuer || !url_is_loopback(url));
}

static void check(const struct metadata *metadata, const char *issuer,
                  bool exact, bool local)
{
  enum issuer_match match = issuer_compare(issuer, metadata->issuer);

  demand(match != ISSUER_OTHER && match == metadata->match);
  demand(!exact || match != ISSUER_SLASH);
  check_endpoint(metadata->authorization_endpoint, local);
  check_endpoint(metadata->token_endpoint, local);
  check_endpoint(metadata->revocation_endpoint, local);
  check_endpoint(metadata->introspection_endpoint, local);
  check_endpoint(metadata->userinfo_endpoint, local);
  check_endpoint(metadata->jwks_uri, local);
  (void)metadata_lists(metadata, "scopes_supported", "openid");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const issuers[] = {
      "https://a.example", "https://e.example/common/v2.0",
      "http://127.0.0.1:4711", "https://a.example/"};
  AUTO(metadata) metadata = NULL;
  struct err err = ERR_INIT;
  const char *issuer;
  bool exact;
  enum code code;

  if (size == 0)
    return 0;
  issuer = issuers[data[0] & 3];
  exact = data[0] & 4;
  code = metadata_read(&metadata, (const char *)data + 1, size - 1, issuer,
                       exact, "https://a.example/w", &err);
  demand((code == E_OK) == (metadata != NULL));
  if (code == E_OK)
    check(metadata, issuer, exact, (data[0] & 3) == 2);
  else
    demand(err.message[0] != '\0');
  return 0;
}
