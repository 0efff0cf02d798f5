/* Lists in pages: what came of a run over them. */
#pragma once

#include "cli/request_scene.h"

#include "base/json.h"

/* The ids of the items in a text, at a pointer, in turn: "1-3,7" for 1, 2, 3
 * and 7; "no JSON" and "no list" say what is wrong. One of a few strings. */
MAYBE_UNUSED static const char *ids_at(const char *text, const char *pointer)
{
  static char strings[4][8192];
  static size_t turn;
  char *out = strings[turn++ % ARRAY_LEN(strings)];
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  json_t *list = root != NULL ? json_pointer(root, pointer) : NULL;
  json_int_t first = 0, last = 0;
  size_t len = 0, i;
  json_t *item;

  if (root == NULL)
    return "no JSON";
  if (!json_is_array(list)) {
    json_decref(root);
    return "no list";
  }
  out[0] = '\0';
  json_array_foreach(list, i, item)
  {
    json_int_t id = json_integer_value(json_object_get(item, "id"));

    if (i > 0 && id == last + 1) {
      last = id;
    } else {
      if (i > 0)
        len += (size_t)snprintf(out + len, sizeof strings[0] - len, "%jd-%jd,",
                                (intmax_t)first, (intmax_t)last);
      first = last = id;
    }
  }
  if (i > 0)
    (void)snprintf(out + len, sizeof strings[0] - len, "%jd-%jd",
                   (intmax_t)first, (intmax_t)last);
  json_decref(root);
  return out;
}

MAYBE_UNUSED static const char *ids(const char *text)
{
  return ids_at(text, "");
}

/* fob request --paginate, and up to eleven words behind it. */
#define paged(scene, outcome, ...)                                             \
  fob(&(scene)->home, (outcome), "request", "--paginate", __VA_ARGS__, NULL)
