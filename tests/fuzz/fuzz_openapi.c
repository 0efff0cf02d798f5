/* An API's description, and its index: what the digest wrote is read again, has
 * nothing in it that acts on a terminal, and its operations take items; of what
 * is no index nothing is used. */
#include "api/openapi.h"

#include "api/openapi_place.h"
#include "base/log.h"
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

/* What a completion and a terminal are given. */
static void check_clean(const char *text)
{
  for (; *text != '\0'; text++) {
    demand((unsigned char)*text >= 0x20 && *text != 0x7f);
    demand((unsigned char)*text != 0xc2 || (unsigned char)text[1] > 0x9f);
  }
}

static void check_err(enum code code, const struct err *err)
{
  demand(err->code == code && err->message[0] != '\0');
  check_clean(err->message);
}

static void check_place(const struct openapi_operation *operation,
                        const struct openapi_details *details)
{
  static const char *const words[] = {"id=3",   "a=b",  "n=1",
                                      "a[b]=7", "q==1", "a[]=x"};
  const struct openapi_given given = {.any_header = true};
  AUTO_ITEMS struct item_list items = {0};
  AUTO_STR char *path = NULL;
  struct err err = ERR_INIT;
  enum code code = E_OK;

  for (size_t i = 0; i < ARRAY_LEN(words); i++)
    demand(item_parse(&items, words[i], &err) == E_OK);
  code = openapi_type_items(operation, details, &items, &err);
  if (code == E_OK)
    code = openapi_place(operation, details, &given, &items, &path, &err);
  if (code != E_OK) {
    check_err(code, &err);
    return;
  }
  demand(path[0] == '/');
  for (const char *at = path; *at != '\0'; at++)
    demand(*at > 0x20 && *at < 0x7f && *at != '?' && *at != '#');
}

/* strict: the digest wrote it. */
static void check_operations(const struct openapi *openapi, bool strict)
{
  const char *near[3];

  for (size_t i = 0; i < openapi_count(openapi); i++) {
    const struct openapi_operation *operation = openapi_at(openapi, i);
    AUTO_OPENAPI_DETAILS struct openapi_details details = {0};
    AUTO_BUF struct buf usage = BUF_INIT(BUF_DOCUMENT);
    AUTO_STR char *below = NULL;
    struct err err = ERR_INIT;
    enum code code = openapi_details(operation, &details, &err);

    check_clean(operation->id);
    check_clean(operation->path);
    check_clean(operation->summary);
    demand(openapi_find(openapi, operation->id) != NULL);
    demand(!strict || code == E_OK);
    if (code != E_OK)
      continue;
    openapi_usage(&usage, operation, &details);
    if (strict)
      check_clean(buf_text(&usage));
    check_place(operation, &details);
    demand(openapi_below(openapi, "/api/v4", operation->path, &below, &err) ==
               E_OK &&
           below[0] == '/');
  }
  (void)openapi_nearest(openapi, "getUser", near);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_BUF struct buf out = BUF_INIT(OPENAPI_INDEX_MAX);
  const struct openapi_origin origin = {.source = "/x.json"};
  AUTO(openapi) openapi = NULL;
  struct err err = ERR_INIT;
  enum code code;
  bool document = size > 0 && data[0] == 'd';

  if (size == 0)
    return 0;
  log_setup(LOG_QUIET);
  data++;
  size--;
  if (document) {
    code = openapi_digest(&out, &origin, (const char *)data, size, E_PROFILE,
                          "it", &err);
    if (code != E_OK) {
      check_err(code, &err);
      return 0;
    }
    data = (const uint8_t *)buf_text(&out);
    size = out.len;
  }
  code = openapi_new(&openapi, (const char *)data, size, &err);
  demand(code == E_OK || (!document && code == E_ANSWER));
  if (code == E_OK)
    check_operations(openapi, document);
  return 0;
}
