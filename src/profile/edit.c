/* Changing a profile's own document. Every change is made on a copy, which is
 * then read as a file would be; a wrong one leaves the profile as it was. */
#include "profile/profile.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "profile/hidden.h"
#include "profile/load.h"
#include "profile/preset.h"
#include "profile/value.h"

#include <string.h>

enum op { OP_SET, OP_JSON, OP_ADD, OP_TAKE };

struct assignment {
  char *path;
  enum op op;
  const char *value; /* in the caller's text */
};

/* --- places in a document ------------------------------------------------ */

/* Where a path leads to: the object, and the name in it. Path segments end at
 * dots, but a map's names may have some (headers, scope_aliases). */
struct place {
  json_t *object;
  const char *name;
};

/* Goes down to the object that the path's last name is in. With make, objects
 * that are missing are added; without, object is NULL when one is missing. */
static enum code find_place(json_t *own, const char *path, bool make,
                            struct place *ret_place, struct err *err)
{
  const struct member *row;
  const char *map_name;
  json_t *at = own;

  row = schema_resolve(&schema_profile, path, &map_name);
  const char *last = row != NULL && map_name != NULL ? map_name : NULL;
  if (last == NULL)
    last = strrchr(path, '.') != NULL ? strrchr(path, '.') + 1 : path;

  while (at != NULL && path != last) {
    const char *rest = strchr(path, '.') + 1;
    AUTO_STR char *segment = mem_copy(path, (size_t)(rest - 1 - path));
    if (segment == NULL)
      return err_nomem(err);
    json_t *next = json_object_get(at, segment);
    if (next != NULL && !json_is_object(next) && !json_is_null(next))
      return err_set(err, E_PROFILE, "%s is not an object", segment);
    if (make && !json_is_object(next)) {
      next = json_object();
      if (json_object_set_new(at, segment, next) != 0)
        return err_nomem(err);
    }
    at = json_is_object(next) ? next : NULL;
    path = rest;
  }
  *ret_place = (struct place){at, last};
  return E_OK;
}

static enum code put(json_t *own, const char *path, json_t *value,
                     struct err *err)
{
  struct place place;
  enum code code = find_place(own, path, true, &place, err);

  if (code != E_OK)
    return code;
  return json_object_set(place.object, place.name, value) == 0 ? E_OK
                                                               : err_nomem(err);
}

/* Takes a member out, and the objects that it leaves empty. */
static enum code take_out(json_t *own, const char *path, struct err *err)
{
  struct place place;
  enum code code = find_place(own, path, false, &place, err);

  if (code != E_OK || place.object == NULL)
    return code;
  (void)json_object_del(place.object, place.name);
  if (place.object == own || json_object_size(place.object) > 0)
    return E_OK;
  AUTO_STR char *parent = mem_copy(path, (size_t)(place.name - 1 - path));
  return parent != NULL ? take_out(own, parent, err) : err_nomem(err);
}

/* --- one assignment ------------------------------------------------------ */

/* MEMBER=VALUE, MEMBER:=JSON, MEMBER+=WORDS, MEMBER-=WORDS, or MEMBER VALUE. */
static enum code parse(const char *text, struct assignment *ret_assignment,
                       struct err *err)
{
  size_t len = strcspn(text, "= \t");
  struct assignment assignment = {.op = OP_SET};

  if (text[len] == '\0' || len == 0) {
    (void)err_set(err, E_USAGE, "a change has the form MEMBER=VALUE");
    err_hint(err, "fob profile set --help   shows the forms");
    return E_USAGE;
  }
  assignment.value = text + len + 1;
  if (text[len] == '=' && len > 1) {
    static const char signs[] = {
        [OP_JSON] = ':', [OP_ADD] = '+', [OP_TAKE] = '-'};
    for (enum op op = OP_JSON; op <= OP_TAKE; op++)
      if (text[len - 1] == signs[op])
        assignment.op = op;
    len -= assignment.op != OP_SET;
  }
  assignment.path = mem_copy(text, len);
  if (assignment.path == NULL)
    return err_nomem(err);
  *ret_assignment = assignment;
  return E_OK;
}

static bool is_extension(const char *path)
{
  const char *dot = strrchr(path, '.');
  return strncmp(path, "x-", 2) == 0 ||
         (dot != NULL && strncmp(dot + 1, "x-", 2) == 0);
}

static enum code say_unknown(const struct profile *profile, const char *path,
                             struct err *err)
{
  const char *nearest = schema_nearest(&schema_profile, path);
  const char *dot = strrchr(path, '.');
  enum hidden_kind kind = hidden_by_name(dot != NULL ? dot + 1 : path);
  AUTO_STR char *what = mem_printf("profile '%s'", profile->name);
  const struct document document = {.what = what, .login = profile->name};

  if (what == NULL)
    return err_nomem(err);
  if (kind != HIDDEN_NOT)
    return check_fail_secret(&document, path, kind, err);
  (void)err_set(err, E_USAGE, "a profile has no member '%s'", path);
  if (nearest != NULL)
    err_hint(err, "did you mean %s?", nearest);
  else
    err_hint(err, "man 5 fob-profile   describes the members");
  return E_USAGE;
}

static enum code from_json(const char *path, const char *text,
                           json_t **ret_value, struct err *err)
{
  AUTO_STR char *what = mem_printf("the value of %s", path);

  if (what == NULL)
    return err_nomem(err);
  if (strlen(text) > BUF_PROFILE || !codec_is_utf8(text, strlen(text)))
    return err_set(err, E_USAGE, "%s is not UTF-8 of at most %d bytes", what,
                   BUF_PROFILE);
  return json_read_any(ret_value, text, strlen(text), JSON_PROFILE_DEPTH,
                       E_USAGE, what, err);
}

/* What a list holds now: the file's items, else the preset's, else what it is
 * by default. A new list. */
static enum code current_list(const json_t *own, const struct member *row,
                              json_t **ret_list, struct err *err)
{
  AUTO_JSON json_t *preset = NULL;
  struct file_stamp stamp;
  const char *preset_name = value_text(own, "preset");
  json_t *list = value_get(own, row->path);

  if (list == NULL && preset_name != NULL) {
    enum code code = preset_load(&preset, preset_name, &stamp, err);
    if (code != E_OK)
      return code;
    list = value_get(preset, row->path);
  }
  if (list == NULL)
    return value_from_text(row, row->fallback != NULL ? row->fallback : "",
                           ret_list, err);
  if (!json_is_array(list))
    return err_set(err, E_PROFILE, "%s is not a list", row->path);
  *ret_list = json_deep_copy(list);
  return *ret_list != NULL ? E_OK : err_nomem(err);
}

static size_t find_item(const json_t *list, const json_t *item)
{
  size_t i = 0;

  while (i < json_array_size(list) &&
         !json_equal(json_array_get(list, i), item))
    i++;
  return i;
}

static enum code change_list(json_t *own, const struct member *row, enum op op,
                             const char *words, struct err *err)
{
  AUTO_JSON json_t *list = NULL;
  AUTO_JSON json_t *changes = NULL;
  enum code code = current_list(own, row, &list, err);

  if (code == E_OK)
    code = value_from_text(row, words, &changes, err);
  if (code != E_OK)
    return code;
  for (size_t i = 0; i < json_array_size(changes); i++) {
    json_t *item = json_array_get(changes, i);
    size_t at = find_item(list, item);
    bool present = at < json_array_size(list);

    if (op == OP_TAKE && !present)
      return err_set(err, E_USAGE, "%s has no item '%s'", row->path,
                     json_string_value(item));
    if (op == OP_TAKE)
      (void)json_array_remove(list, at);
    else if (!present && json_array_append(list, item) != 0)
      return err_nomem(err);
  }
  return put(own, row->path, list, err);
}

static enum code apply(const struct profile *profile, json_t *own,
                       const struct assignment *assignment, struct err *err)
{
  AUTO_JSON json_t *value = NULL;
  const char *name, *path = assignment->path;
  const struct member *row = schema_resolve(&schema_profile, path, &name);
  static const struct member text = {.shape = SHAPE_TEXT};
  enum code code;

  if (assignment->op == OP_SET && assignment->value[0] == '\0')
    return take_out(own, path, err);
  if (row == NULL && !is_extension(path))
    return say_unknown(profile, path, err);
  if (assignment->op == OP_ADD || assignment->op == OP_TAKE)
    return row != NULL && row->shape == SHAPE_LIST
               ? change_list(own, row, assignment->op, assignment->value, err)
               : err_set(err, E_USAGE, "%s is not a list; set it with  %s=…",
                         path, path);

  if (assignment->op == OP_JSON)
    code = from_json(path, assignment->value, &value, err);
  else
    code = value_from_text(row == NULL || name != NULL ? &text : row,
                           assignment->value, &value, err);
  if (code == E_USAGE && assignment->op == OP_SET)
    err_prefix(err, "%s ", path);
  return code == E_OK ? put(own, path, value, err) : code;
}

/* --- the profile --------------------------------------------------------- */

/* What would be written can be read again: neither too large nor too deep. */
static enum code check_bounds(const struct profile *profile, const json_t *own,
                              struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);
  AUTO_STR char *what = mem_printf("profile '%s'", profile->name);
  AUTO_JSON json_t *again = NULL;
  const struct document document = {.what = what};

  if (what == NULL)
    return err_nomem(err);
  enum code code = json_write(&text, own, 2, err);
  if (code == E_LOCAL)
    return err_set(err, E_PROFILE, "%s would be larger than %d bytes", what,
                   BUF_PROFILE);
  return code == E_OK
             ? check_read(&document, buf_text(&text), text.len, &again, err)
             : code;
}

static enum code replace(struct profile **profile, json_t *own, struct err *err)
{
  const struct profile *old = *profile;
  const struct load_origin origin = {old->path, old->read_only, &old->stamp};
  struct profile *changed;
  enum code code = check_bounds(old, own, err);

  if (code == E_OK)
    code = load_profile(&changed, old->name, own, &origin, LOAD_EDITED, err);
  if (code != E_OK)
    return code;
  profile_free(*profile);
  *profile = changed;
  return E_OK;
}

enum code profile_set(struct profile **profile, const char *path, json_t *value,
                      struct err *err)
{
  AUTO_JSON json_t *own = json_deep_copy((*profile)->own);
  enum code code;

  if (own == NULL)
    return err_nomem(err);
  code = value != NULL ? put(own, path, value, err) : take_out(own, path, err);
  return code == E_OK ? replace(profile, own, err) : code;
}

enum code profile_edit_all(struct profile **profile,
                           const char *const *assignments, size_t count,
                           struct err *err)
{
  AUTO_JSON json_t *own = json_deep_copy((*profile)->own);
  enum code code = own != NULL ? E_OK : err_nomem(err);

  for (size_t i = 0; code == E_OK && i < count; i++) {
    struct assignment assignment = {0};
    code = parse(assignments[i], &assignment, err);
    if (code == E_OK)
      code = apply(*profile, own, &assignment, err);
    mem_free(assignment.path);
  }
  return code == E_OK ? replace(profile, own, err) : code;
}

enum code profile_edit(struct profile **profile, const char *assignment,
                       struct err *err)
{
  return profile_edit_all(profile, &assignment, 1, err);
}
