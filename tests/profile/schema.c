/* The table itself: a row that contradicts itself would be found nowhere else.
 */
#include "profile/schema.h"

#include "base/json.h"
#include "base/mem.h"
#include "profile/check.h"
#include "profile/config.h"
#include "profile/value.h"
#include "world.h"

static const struct schema *const schemas[] = {&schema_profile, &schema_config};
static const size_t sizes[] = {sizeof(struct profile), sizeof(struct config)};

Test(schema, names_each_member_once_below_its_object)
{
  for (size_t s = 0; s < ARRAY_LEN(schemas); s++) {
    const struct member *row;
    for (size_t i = 0; (row = schema_row(schemas[s], i)) != NULL; i++) {
      const char *dot = strrchr(row->path, '.');
      cr_expect_eq(schema_find(schemas[s], row->path), row, "%s twice",
                   row->path);
      cr_expect_lt(strlen(row->path), SCHEMA_PATH_MAX);
      if (dot == NULL)
        continue;
      AUTO_STR char *parent = mem_copy(row->path, (size_t)(dot - row->path));
      const struct member *above = schema_find(schemas[s], parent);
      cr_expect(above != NULL && above->shape == SHAPE_OBJECT, "%s", row->path);
    }
  }
}

Test(schema, keeps_each_member_in_a_place_of_its_own)
{
  static const size_t widths[] = {
      [KEEP_TEXT] = sizeof(char *),   [KEEP_LIST] = sizeof(struct text_list),
      [KEEP_JSON] = sizeof(json_t *), [KEEP_INDEX] = sizeof(unsigned),
      [KEEP_FLAG] = sizeof(bool),     [KEEP_TRISTATE] = sizeof(unsigned),
      [KEEP_INT64] = sizeof(int64_t),
  };

  for (size_t s = 0; s < ARRAY_LEN(schemas); s++) {
    char taken[sizeof(struct profile) + sizeof(struct config)] = {0};
    const struct member *row;
    for (size_t i = 0; (row = schema_row(schemas[s], i)) != NULL; i++) {
      cr_expect_eq(row->keep == KEEP_NOTHING, row->target == 0, "%s",
                   row->path);
      cr_expect_leq(row->target + widths[row->keep], sizes[s], "%s", row->path);
      for (size_t b = 0; row->target && b < widths[row->keep]; b++)
        cr_expect_eq(taken[row->target + b]++, 0, "%s", row->path);
    }
  }
}

Test(schema, keeps_what_a_shape_can_be_kept_as)
{
  for (size_t s = 0; s < ARRAY_LEN(schemas); s++) {
    const struct member *row;
    for (size_t i = 0; (row = schema_row(schemas[s], i)) != NULL; i++) {
      bool words = row->form == FORM_WORD && row->shape == SHAPE_TEXT;
      bool good = row->keep == KEEP_NOTHING;
      switch (row->shape) {
      case SHAPE_TEXT:
        good = good || row->keep == KEEP_TEXT ||
               (words && (row->keep == KEEP_INDEX || row->keep == KEEP_FLAG));
        break;
      case SHAPE_LIST:
        good = good || row->keep == KEEP_LIST;
        break;
      case SHAPE_BOOL:
        good = good || row->keep == KEEP_FLAG || row->keep == KEEP_TRISTATE;
        break;
      case SHAPE_SECONDS:
        good = good || row->keep == KEEP_INT64;
        break;
      default:
        good = good || row->keep == KEEP_JSON;
      }
      cr_expect(good, "%s", row->path);
      cr_expect(!words || row->words != NULL, "%s has no words", row->path);
    }
  }
}

Test(schema, has_fallbacks_that_would_be_accepted)
{
  for (size_t s = 0; s < ARRAY_LEN(schemas); s++) {
    const struct member *row;
    for (size_t i = 0; (row = schema_row(schemas[s], i)) != NULL; i++) {
      AUTO_JSON json_t *value = NULL;
      if (row->fallback == NULL)
        continue;
      cr_assert_eq(value_from_text(row, row->fallback, &value, &err), E_OK,
                   "%s: %s", row->path, err.message);
      /* A document with that value alone. */
      AUTO_JSON json_t *object = json_object();
      json_t *at = object;
      const char *path = row->path, *dot;
      while ((dot = strchr(path, '.')) != NULL) {
        json_t *inner = json_object();
        AUTO_STR char *name = mem_copy(path, (size_t)(dot - path));
        cr_assert_eq(json_object_set_new(at, name, inner), 0);
        at = inner;
        path = dot + 1;
      }
      cr_assert_eq(json_object_set(at, path, value), 0);
      const struct document document = {.schema = schemas[s], .what = "it"};
      cr_expect_eq(check_document(&document, object, &err), E_OK, "%s",
                   err.message);
    }
  }
}

Test(schema, orders_kept_words_as_the_enums)
{
  static const char *const grants[] = {"authorization_code", "device_code",
                                       "client_credentials", "jwt_bearer",
                                       "token_exchange",     "token"};
  const struct member *grant = schema_find(&schema_profile, "grant");
  const struct member *auth = schema_find(&schema_profile, "client.auth");

  for (unsigned i = 0; i < ARRAY_LEN(grants); i++) {
    const char *name = profile_grant_name((enum profile_grant)i);
    cr_expect_str_eq(name, grants[i]);
    cr_expect_eq(form_word(grant->words, name), (int)i);
  }
  for (int i = CLIENT_NONE; i <= CLIENT_SELF_SIGNED_TLS; i++)
    cr_expect_eq(form_word(auth->words, profile_client_auth_name(
                                            (enum profile_client_auth)i)),
                 i);
}

Test(schema, resolves_names_in_maps)
{
  static const struct {
    const char *path, *row, *name;
  } rows[] = {
      {"client.id", "client.id", NULL},
      {"headers.Accept", "headers", "Accept"},
      {"token_response.scope_aliases.https://x.example/a.b",
       "token_response.scope_aliases", "https://x.example/a.b"},
      {"params.authorize.acr_values", "params.authorize", "acr_values"},
      {"params.token", "params.token", NULL},
  };
  const char *name;

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    const struct member *row =
        schema_resolve(&schema_profile, rows[i].path, &name);
    cr_assert_not_null(row, "%s", rows[i].path);
    cr_expect_str_eq(row->path, rows[i].row);
    if (rows[i].name == NULL)
      cr_expect_null(name);
    else
      cr_expect_str_eq(name, rows[i].name);
  }
  cr_expect_null(schema_resolve(&schema_profile, "headers.", &name));
  cr_expect_null(schema_resolve(&schema_profile, "client.id.x", &name));
  cr_expect_null(schema_resolve(&schema_profile, "", &name));
}
