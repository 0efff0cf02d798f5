/* A profile as it counts, for people: after inheritance, with or without the
 * defaults. */
#include "profile/profile.h"

#include "base/json.h"
#include "base/mem.h"
#include "profile/value.h"

#include <string.h>

typedef enum code visit_fn(void *user, const struct profile_item *item,
                           struct err *err);

static bool is_leaf(const struct member *row)
{
  return row->shape != SHAPE_OBJECT && row->shape != SHAPE_MAP;
}

static enum code visit_map(const struct profile *profile,
                           const struct member *row, visit_fn *visit,
                           void *user, struct err *err)
{
  const json_t *own = value_get(profile->own, row->path);
  json_t *map = value_get(profile->json, row->path);
  const char *name;
  json_t *value;

  json_object_foreach(map, name, value)
  {
    AUTO_STR char *path = mem_printf("%s.%s", row->path, name);
    if (path == NULL)
      return err_nomem(err);
    const struct profile_item item = {
        .path = path,
        .value = value,
        .from_preset = json_object_get(own, name) == NULL,
        .known = true,
    };
    enum code code = visit(user, &item, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

/* Members of an object that have no row, at the top and in objects that do. */
static enum code visit_unknown(const json_t *object, const char *prefix,
                               visit_fn *visit, void *user, struct err *err)
{
  const char *name;
  json_t *value;

  json_object_foreach((json_t *)object, name, value)
  {
    AUTO_STR char *path =
        mem_printf("%s%s%s", prefix, prefix[0] != '\0' ? "." : "", name);
    if (path == NULL)
      return err_nomem(err);
    const struct member *row =
        strchr(name, '.') == NULL ? schema_find(&schema_profile, path) : NULL;
    const struct profile_item item = {.path = path, .value = value};
    enum code code = E_OK;
    if (row == NULL)
      code = visit(user, &item, err);
    else if (row->shape == SHAPE_OBJECT)
      code = visit_unknown(value, path, visit, user, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

enum code profile_each(const struct profile *profile,
                       enum code (*visit)(void *user,
                                          const struct profile_item *item,
                                          struct err *err),
                       void *user, struct err *err)
{
  const struct member *row;
  enum code code = E_OK;

  for (size_t i = 0;
       code == E_OK && (row = schema_row(&schema_profile, i)) != NULL; i++) {
    const struct profile_item item = {
        .path = row->path,
        .value = value_get(profile->json, row->path),
        .from_preset = value_get(profile->own, row->path) == NULL,
        .known = true,
    };
    if (row->shape == SHAPE_MAP)
      code = visit_map(profile, row, visit, user, err);
    else if (is_leaf(row) && item.value != NULL)
      code = visit(user, &item, err);
  }
  return code == E_OK ? visit_unknown(profile->json, "", visit, user, err)
                      : code;
}

/* --- with defaults ------------------------------------------------------- */

/* Puts a value at a path, making the objects that lead there. */
static enum code put(json_t *to, const char *path, json_t *value,
                     struct err *err)
{
  const char *dot;

  while ((dot = strchr(path, '.')) != NULL) {
    AUTO_STR char *name = mem_copy(path, (size_t)(dot - path));
    if (name == NULL)
      return err_nomem(err);
    json_t *inner = json_object_get(to, name);
    if (inner == NULL) {
      inner = json_object();
      if (json_object_set_new(to, name, inner) != 0)
        return err_nomem(err);
    }
    to = inner;
    path = dot + 1;
  }
  return json_object_set(to, path, value) == 0 ? E_OK : err_nomem(err);
}

/* Defaults that depend on other members: the struct has them. */
static const char *settled(const struct profile *profile, const char *path)
{
  const struct {
    const char *path, *text;
  } texts[] = {
      {"auth.in", profile->auth.in == AUTH_HEADER ? "header" : NULL},
      {"auth.name", profile->auth.name},
      {"auth.format", profile->auth.format},
      {"grant", profile_grant_name(profile->grant)},
      {"account.from", profile->account.from},
      {"account.id", profile->account.id},
      {"account.label", profile->account.label},
  };

  for (size_t i = 0; i < ARRAY_LEN(texts); i++)
    if (strcmp(texts[i].path, path) == 0)
      return texts[i].text;
  return NULL;
}

static enum code put_row(json_t *to, const struct profile *profile,
                         const struct member *row, struct err *err)
{
  AUTO_JSON json_t *fallback = NULL;
  json_t *value = value_get(profile->json, row->path);
  const char *text = settled(profile, row->path);

  if (row->shape == SHAPE_OBJECT)
    return E_OK;
  if (text == NULL)
    text = row->fallback;
  if (value == NULL && text != NULL) {
    enum code code = value_from_text(row, text, &fallback, err);
    if (code != E_OK)
      return code;
    value = fallback;
  }
  return value != NULL ? put(to, row->path, value, err) : E_OK;
}

static enum code put_unknown(void *user, const struct profile_item *item,
                             struct err *err)
{
  if (item->known || strchr(item->path, '.') != NULL)
    return E_OK;
  return json_object_set(user, item->path, (json_t *)item->value) == 0
             ? E_OK
             : err_nomem(err);
}

enum code profile_resolved(const struct profile *profile, json_t **ret_object,
                           struct err *err)
{
  AUTO_JSON json_t *shared = json_object();
  const struct member *row;
  enum code code = shared != NULL ? E_OK : err_nomem(err);

  for (size_t i = 0;
       code == E_OK && (row = schema_row(&schema_profile, i)) != NULL; i++)
    code = put_row(shared, profile, row, err);
  if (code == E_OK)
    code = visit_unknown(profile->json, "", put_unknown, shared, err);
  if (code != E_OK)
    return code;
  *ret_object = json_deep_copy(shared);
  return *ret_object != NULL ? E_OK : err_nomem(err);
}
