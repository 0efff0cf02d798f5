/* Rich authorization requests (RFC 9396): `details_types` is what the server
 * knows (null: anything), `grant_details` what it makes of a request (null:
 * what was asked for). */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <string.h>

static bool type_known(const struct sandbox *sb, const char *type)
{
  const json_t *known = setting_json(sb, "details_types");
  size_t i;
  json_t *entry;

  if (!json_is_array(known))
    return true;
  json_array_foreach(known, i, entry)
  {
    if (text_is(json_string_value(entry), type))
      return true;
  }
  return false;
}

bool details_read(const struct sandbox *sb, const char *text,
                  json_t **ret_details)
{
  json_t *details = NULL;
  size_t i;
  json_t *entry;

  *ret_details = NULL;
  if (text == NULL)
    return true;
  details = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  bool good = json_is_array(details);
  json_array_foreach(details, i, entry)
  {
    const char *type = json_string_value(json_object_get(entry, "type"));
    good = good && type != NULL && type_known(sb, type);
  }
  if (!good) {
    json_decref(details);
    return false;
  }
  *ret_details = details;
  return true;
}

void details_put(const struct sandbox *sb, json_t *answer,
                 const json_t *details)
{
  json_t *made = json_object_get(sb->settings, "grant_details");

  if (details == NULL)
    return;
  must(json_object_set(answer, "authorization_details",
                       json_is_null(made) ? (json_t *)details : made) == 0,
       "memory");
}
