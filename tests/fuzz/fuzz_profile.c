/* Profiles and config.json: whatever comes in, no crash; what is accepted keeps
 * the rules that the rooms behind rely on, and reads the same once written. */
#include "base/json.h"
#include "base/mem.h"
#include "profile/check.h"
#include "profile/config.h"
#include "profile/hidden.h"
#include "profile/profile.h"
#include "profile/value.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  /* No file of this machine has a say: no preset is found. */
  setenv("HOME", "/nonexistent", 1);
  setenv("XDG_DATA_HOME", "/nonexistent", 1);
  setenv("XDG_DATA_DIRS", "/nonexistent", 1);
  return 0;
}

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_texts(const json_t *value, bool in_x)
{
  const char *name;
  json_t *item;

  if (!in_x && json_is_string(value))
    demand(!hidden_by_value(json_string_value(value)));
  for (size_t i = 0; i < json_array_size(value); i++)
    check_texts(json_array_get(value, i), in_x);
  json_object_foreach((json_t *)value, name, item)
  {
    check_texts(item, in_x || strncmp(name, "x-", 2) == 0 ||
                          strcmp(name, "authorization_details") == 0);
  }
}

static void check_rules(const struct profile *profile)
{
  demand(profile->json != NULL && profile->own != NULL);
  for (size_t i = 0; i < profile->api.count; i++)
    demand(form_check(FORM_BASE, profile->api.items[i]) == NULL);
  demand(profile->login.redirect_uris.count == 0 ||
         form_check(FORM_REDIRECT, profile->login.redirect_uris.items[0]) ==
             NULL);
  if (profile->auth.in == AUTH_BASIC)
    demand(profile->auth.user != NULL && profile->grant == GRANT_TOKEN);
  else
    demand(strstr(profile->auth.format, "{token}") != NULL &&
           form_check(FORM_HEADER, profile->auth.name) == NULL);
  demand(profile->auth.in != AUTH_QUERY || profile->grant == GRANT_TOKEN);
  demand(profile->login.timeout > 0);
  demand(profile->login.par != NULL && profile->dpop != NULL);
  demand(profile->account.from != NULL && profile->revocation != NULL);
  check_texts(profile->own, false);
}

static void read_again(const struct profile *profile)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);
  AUTO(profile) again = NULL;
  struct err err = ERR_INIT;

  /* Indented it may be too large; compact it is not larger than it came. */
  demand(json_write(&text, profile->own, 0, &err) == E_OK ||
         err.code == E_LOCAL);
  if (text.failed != E_OK)
    return;
  demand(profile_parse(&again, profile->name, buf_text(&text), text.len,
                       &err) == E_OK);
  demand(json_equal(again->own, profile->own));
  demand(json_equal(again->json, profile->json));
}

static void try_profile(const char *bytes, size_t len)
{
  struct err err = ERR_INIT;
  AUTO(profile) profile = NULL;
  enum code code = profile_parse(&profile, "fuzz", bytes, len, &err);

  if (code == E_OK) {
    check_rules(profile);
    read_again(profile);
  } else {
    demand(err_status(code) == 2 && err.message[0] != '\0');
  }
}

static void try_config(const char *bytes, size_t len)
{
  AUTO(config) config = mem_zalloc(sizeof(*config));
  struct err err = ERR_INIT;
  const struct document document = {.schema = &schema_config, .what = "fuzz"};

  demand(config != NULL);
  if (check_read(&document, bytes, len, &config->json, &err) == E_OK &&
      check_document(&document, config->json, &err) == E_OK)
    demand(value_fill(&schema_config, config->json, config, &err) == E_OK);
}

/* Lines are assignments, one after the other. */
static void try_edits(const char *bytes, size_t len)
{
  static const char start[] = "{\"scope\":[\"a\"],\"client\":{\"id\":\"c\"},"
                              "\"headers\":{\"A\":\"1\"},\"x-a\":[1]}";
  struct err err = ERR_INIT;
  AUTO(profile) profile = NULL;
  const char *end = bytes + len;

  demand(profile_parse(&profile, "fuzz", start, strlen(start), &err) == E_OK);
  while (bytes < end) {
    const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
    AUTO_STR char *line =
        mem_copy(bytes, (size_t)((stop != NULL ? stop : end) - bytes));
    demand(line != NULL);
    if (profile_edit(&profile, line, &err) == E_OK) {
      check_rules(profile);
      read_again(profile);
    }
    bytes = stop != NULL ? stop + 1 : end;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  const char *bytes = (const char *)data + 1;
  switch (data[0]) {
  case 'c':
    try_config(bytes, size - 1);
    break;
  case 'e':
    try_edits(bytes, size - 1);
    break;
  default:
    try_profile(bytes, size - 1);
    break;
  }
  return 0;
}
