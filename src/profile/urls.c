/* Every URL of a profile in full, with http/url (which loads libcurl). */
#include "profile/profile.h"

#include "base/mem.h"
#include "http/url.h"
#include "profile/schema.h"
#include "profile/value.h"

/* -1: not a URL, or one whose form is all that is asked (FORM_URI). */
static int flags_of(enum form form)
{
  switch (form) {
  case FORM_BASE:
    return URL_STRICT_PATH | URL_NO_QUERY;
  case FORM_ISSUER:
    return URL_NO_QUERY;
  case FORM_URL:
  case FORM_REDIRECT:
  case FORM_URL_OR_PATH:
    return URL_PLAIN;
  default:
    return -1;
  }
}

static enum code check_text(const struct member *row, const json_t *value,
                            unsigned flags, const char *what, struct err *err)
{
  AUTO(url) url = NULL;
  const char *text = json_string_value(value);

  if (text == NULL || text[0] == '/' ||
      (row->words != NULL && form_word(row->words, text) >= 0))
    return E_OK;
  return url_parse(&url, text, flags, E_PROFILE, what, err);
}

static enum code check_row(const struct member *row, const json_t *value,
                           unsigned flags, const char *what, struct err *err)
{
  enum code code = E_OK;

  if (row->shape == SHAPE_TEXT)
    return check_text(row, value, flags, what, err);
  for (size_t i = 0; code == E_OK && i < json_array_size(value); i++)
    code = check_text(row, json_array_get(value, i), flags, what, err);
  return code;
}

enum code profile_check_urls(const struct profile *profile, struct err *err)
{
  const struct member *row;
  enum code code = E_OK;

  for (size_t i = 0;
       code == E_OK && (row = schema_row(&schema_profile, i)) != NULL; i++) {
    int flags = flags_of(row->form);
    json_t *value = value_get(profile->json, row->path);
    if (flags < 0 || value == NULL)
      continue;
    AUTO_STR char *what =
        mem_printf("profile '%s': %s", profile->name, row->path);
    if (what == NULL)
      return err_nomem(err);
    code = check_row(row, value, (unsigned)flags, what, err);
  }
  return code;
}
