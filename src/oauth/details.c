#include "oauth/details.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static const char name[] = "authorization_details";
static const char types_supported[] = "authorization_details_types_supported";

const json_t *details_asked(const struct profile *profile)
{
  const json_t *list = json_object_get(profile->json, name);

  return json_array_size(list) > 0 ? list : NULL;
}

static const char *type_at(const json_t *list, size_t i)
{
  return json_text(json_array_get(list, i), "type");
}

enum code details_ready(const struct profile *profile,
                        const struct metadata *metadata, struct err *err)
{
  const json_t *asked = details_asked(profile);

  if (!metadata_states(metadata, types_supported))
    return E_OK;
  for (size_t i = 0; i < json_array_size(asked); i++) {
    const char *type = type_at(asked, i);

    if (type && !metadata_lists(metadata, types_supported, type))
      return err_set(err, E_PROFILE,
                     "profile '%s' asks for authorization details of the type "
                     "'%s', which the server does not list",
                     profile->name, type);
  }
  return E_OK;
}

enum code details_add(struct buf *form, const struct profile *profile,
                      struct err *err)
{
  const json_t *asked = details_asked(profile);
  AUTO_BUF struct buf text = BUF_INIT(BUF_URL);
  enum code code;

  if (!asked)
    return E_OK;
  code = json_write(&text, asked, 0, err);
  if (code == E_OK)
    codec_form_pair(form, name, buf_text(&text));
  return code;
}

const char *details_wrong(const json_t *value)
{
  if (!json_is_array(value))
    return "is no list";
  if (json_array_size(value) > DETAILS_MAX)
    return "is too long a list";
  for (size_t i = 0; i < json_array_size(value); i++) {
    const char *type = type_at(value, i);

    if (!json_is_object(json_array_get(value, i)))
      return "holds something that is no object";
    if (!type || !*type)
      return "holds an object without a type";
    if (!codec_is_line(type))
      return "holds a type with a control character";
  }
  return NULL;
}

/* --- comparing --------------------------------------------------------- */

void details_outcome_clear(struct details_outcome *outcome)
{
  text_list_clear(&outcome->granted);
  text_list_clear(&outcome->changed);
  text_list_clear(&outcome->changed_asked);
  text_list_clear(&outcome->changed_granted);
  text_list_clear(&outcome->missing);
  text_list_clear(&outcome->extra);
}

/* What is left to be paired: entries that have been are put to null. */
struct pairing {
  json_t *asked, *granted; /* shallow copies */
};

static json_t *copy_of(const json_t *list)
{
  json_t *copy = json_array();

  if (copy && list && json_array_extend(copy, (json_t *)list) != 0) {
    json_decref(copy);
    copy = NULL;
  }
  return copy;
}

static enum code add_json(struct text_list *list, const json_t *value,
                          struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  enum code code = json_write(&text, value, 0, err);

  return code == E_OK ? text_list_add(list, buf_text(&text), err) : code;
}

static enum code note_pair(struct details_outcome *outcome, const json_t *asked,
                           const json_t *granted, struct err *err)
{
  const char *type = json_text(asked, "type");
  enum code code;

  if (json_equal(asked, granted))
    return text_list_add(&outcome->granted, type, err);
  code = text_list_add(&outcome->changed, type, err);
  if (code == E_OK)
    code = add_json(&outcome->changed_asked, asked, err);
  if (code == E_OK)
    code = add_json(&outcome->changed_granted, granted, err);
  return code;
}

static bool are_pair(const json_t *asked, const json_t *granted, bool equal)
{
  const char *a = json_text(asked, "type");
  const char *b = json_text(granted, "type");

  return equal ? json_is_object(asked) && json_equal(asked, granted)
               : a && b && strcmp(a, b) == 0;
}

/* equal: only what is the same; else what is of the same type. */
static enum code pair_up(struct details_outcome *outcome,
                         struct pairing *pairing, bool equal, struct err *err)
{
  for (size_t i = 0; i < json_array_size(pairing->asked); i++) {
    const json_t *asked = json_array_get(pairing->asked, i);

    for (size_t j = 0; j < json_array_size(pairing->granted); j++) {
      const json_t *granted = json_array_get(pairing->granted, j);
      enum code code;

      if (!are_pair(asked, granted, equal))
        continue;
      code = note_pair(outcome, asked, granted, err);
      if (code != E_OK)
        return code;
      if (json_array_set_new(pairing->asked, i, json_null()) != 0 ||
          json_array_set_new(pairing->granted, j, json_null()) != 0)
        return err_nomem(err);
      break;
    }
  }
  return E_OK;
}

static enum code note_rest(struct text_list *types, const json_t *list,
                           struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < json_array_size(list); i++) {
    const char *type = type_at(list, i);

    if (type)
      code = text_list_add(types, type, err);
  }
  return code;
}

static enum code compare(struct details_outcome *outcome,
                         struct pairing *pairing, struct err *err)
{
  enum code code = E_OK;

  if (!pairing->asked || !pairing->granted)
    return err_nomem(err);
  code = pair_up(outcome, pairing, /* equal= */ true, err);
  if (code == E_OK)
    code = pair_up(outcome, pairing, /* equal= */ false, err);
  if (code == E_OK)
    code = note_rest(&outcome->missing, pairing->asked, err);
  return code == E_OK ? note_rest(&outcome->extra, pairing->granted, err)
                      : code;
}

enum code details_compare(struct details_outcome *ret_outcome,
                          const json_t *asked, const json_t *granted,
                          struct err *err)
{
  struct details_outcome outcome = {0};
  struct pairing pairing;
  enum code code;

  if (!granted) {
    ret_outcome->unstated = json_array_size(asked) > 0;
    return E_OK;
  }
  pairing =
      (struct pairing){.asked = copy_of(asked), .granted = copy_of(granted)};
  code = compare(&outcome, &pairing, err);
  json_decref(pairing.asked);
  json_decref(pairing.granted);
  if (code != E_OK) {
    details_outcome_clear(&outcome);
    return code;
  }
  *ret_outcome = outcome;
  return E_OK;
}
