/* Members of the profile that is logged in to, set in memory. */
#include "cmd/login.h"

#include "base/codec.h"
#include "base/json.h"

#include <string.h>

enum code login_set(struct login *login, const char *member, json_t *value,
                    struct err *err)
{
  AUTO_JSON json_t *owned = value;

  return owned == NULL ? err_nomem(err)
                       : profile_set(&login->profile, member, owned, err);
}

/* Why jansson makes no string of it. */
static enum code no_string(const char *text, const char *member,
                           struct err *err)
{
  return codec_is_utf8(text, strlen(text))
             ? err_nomem(err)
             : err_set(err, E_USAGE, "the value for '%s' is not UTF-8", member);
}

enum code login_set_text(struct login *login, const char *member,
                         const char *text, struct err *err)
{
  if (text == NULL)
    return E_OK;
  json_t *value = json_string(text);
  return value == NULL ? no_string(text, member, err)
                       : login_set(login, member, value, err);
}

enum code login_set_list(struct login *login, const char *member,
                         const char *const *texts, size_t count,
                         struct err *err)
{
  AUTO_JSON json_t *list = json_array();

  if (list == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(list, json_string(texts[i])) != 0)
      return no_string(texts[i], member, err);
  return profile_set(&login->profile, member, list, err);
}
