/* URLs: whatever comes in, no crash, what is accepted keeps fob's rules and
 * reads the same a second time, and the library-free way of taking a URL apart
 * agrees with libcurl's. */
#include "base/mem.h"
#include "http/url.h"
#include "http/url_split.h"

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

static void same(const char *a, const char *b)
{
  demand((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0));
}

static void check_rules(const struct url *url, unsigned flags)
{
  struct err err = ERR_INIT;
  AUTO(url) again = NULL;

  demand(strcmp(url->scheme, "https") == 0 || url_is_loopback(url));
  demand(strpbrk(url->host, "@%/\\ #?") == NULL && url->host[0] != '\0');
  demand(url->port > 0 && url->port < 65536 && url->path[0] == '/');
  for (const char *p = url->text; *p != '\0'; p++)
    demand((unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f);
  demand(strncmp(url->text, url->origin, strlen(url->origin)) == 0);

  demand(url_parse(&again, url->text, flags, E_USAGE, "url", &err) == E_OK);
  same(again->text, url->text);
  same(again->origin, url->origin);
}

static void check_agreement(const char *text)
{
  AUTO_URL_PARTS struct url_parts ours = {0};
  AUTO_URL_PARTS struct url_parts theirs = {0};
  struct err err = ERR_INIT;
  const char *reason;
  bool plain;

  demand(url_split_plain(&ours, text, &plain, &err) == E_OK);
  if (!plain)
    return;
  demand(url_split_curl(&theirs, text, 0, &reason, &err) == E_OK);
  same(ours.scheme, theirs.scheme);
  same(ours.host, theirs.host);
  same(ours.port, theirs.port);
  same(ours.path, theirs.path);
  same(ours.query, theirs.query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct err err = ERR_INIT;
  AUTO(url) base = NULL;
  AUTO(url) url = NULL;
  AUTO(url) joined = NULL;
  AUTO(url) resolved = NULL;
  AUTO_STR char *text = NULL;
  unsigned flags;

  if (size == 0)
    return 0;
  flags = data[0] & 15u;
  text = mem_copy(data + 1, size - 1);
  demand(text != NULL);

  check_agreement(text);
  if (url_parse(&url, text, flags, E_USAGE, "url", &err) == E_OK)
    check_rules(url, flags & URL_STRICT_PATH);

  demand(url_parse(&base, "https://h.example/a/b", URL_STRICT_PATH, E_USAGE,
                   "url", &err) == E_OK);
  if (url_append(&joined, base, text, &err) == E_OK) {
    check_rules(joined, URL_STRICT_PATH);
    demand(url_below(base, joined) == 4);
  }
  if (url_resolve(&resolved, base, text, &err) == E_OK)
    check_rules(resolved, 0);
  return 0;
}
