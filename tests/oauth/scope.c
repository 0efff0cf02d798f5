#include "oauth/scope.h"

#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>

Test(scope, is_normal_whatever_separates_it)
{
  static const struct {
    const char *text, *separator, *normal;
  } rows[] = {
      {"a b", " ", "a b"},  {"  a   b ", " ", "a b"}, {"a,b, c", ",", "a b c"},
      {"a b", ",", "a b"},  {"a b a", NULL, "a b"},   {"", " ", ""},
      {"a,b", " ", "a,b"},  {"a,b", "", "a,b"},       {",", ",", ""},
      {"b a", NULL, "b a"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *normal = NULL;

    cr_assert_eq(scope_normal(&normal, rows[i].text, rows[i].separator, NULL),
                 E_OK);
    cr_expect_str_eq(normal, rows[i].normal, "%s", rows[i].text);
  }
}

Test(scope, sorts_to_the_same_text_for_the_same_set)
{
  AUTO_STR char *one = NULL;
  AUTO_STR char *other = NULL;

  cr_assert_eq(scope_sorted(&one, "b  a c", NULL), E_OK);
  cr_assert_eq(scope_sorted(&other, "c a b a", NULL), E_OK);
  cr_expect_str_eq(one, "a b c");
  cr_expect_str_eq(other, "a b c");
}

Test(scope, finds_whole_words_only)
{
  cr_expect(scope_has("openid api:read", "openid"));
  cr_expect(scope_has("openid api:read", "api:read"));
  cr_expect_not(scope_has("openid api:read", "api"));
  cr_expect_not(scope_has("openid2", "openid"));
  cr_expect_not(scope_has("", "openid"));
  cr_expect_not(scope_has(NULL, "openid"));
}

Test(scope, tells_what_is_missing_through_aliases)
{
  AUTO_JSON json_t *aliases =
      json_pack("{s:s}", "email", "https://g.example/auth/email");
  static const struct {
    const char *wanted, *given, *missing;
  } rows[] = {
      {"a b", "b a", NULL},
      {"a b", "a", "b"},
      {"a b c", "", "a b c"},
      {"", "a", NULL},
      {"openid email", "openid https://g.example/auth/email", NULL},
      {"https://g.example/auth/email", "email", NULL},
      {"email", "https://g.example/auth/mail", "email"},
  };

  cr_assert_not_null(aliases);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *missing = NULL;

    cr_assert_eq(
        scope_missing(&missing, rows[i].wanted, rows[i].given, aliases, NULL),
        E_OK);
    if (rows[i].missing) {
      cr_assert_not_null(missing, "%s", rows[i].wanted);
      cr_expect_str_eq(missing, rows[i].missing);
    } else {
      cr_expect_null(missing, "%s", rows[i].wanted);
    }
  }
}
