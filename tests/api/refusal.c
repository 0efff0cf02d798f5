#include "api/refusal.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static char at_ok[] = "/ok", at_error[] = "/error";

/* Fed in pieces of `piece` bytes. */
static void judge(const struct profile *profile, const char *body, size_t piece,
                  bool *ret_is, char **ret_message)
{
  AUTO(refusal) refusal = NULL;
  struct err err = ERR_INIT;
  size_t len = strlen(body);

  cr_assert_eq(refusal_new(&refusal, profile, &err), E_OK);
  for (size_t at = 0; at < len; at += piece) {
    size_t part = len - at < piece ? len - at : piece;

    cr_assert_eq(refusal_feed(refusal, body + at, part, &err), E_OK);
  }
  *ret_is = refusal_is(refusal);
  *ret_message = refusal_message(refusal);
}

Test(refusal, is_what_the_profile_calls_one)
{
  static const struct {
    bool by_ok;
    const char *body;
    bool is;
    const char *message; /* NULL: none */
  } rows[] = {
      {true, "{\"ok\":true,\"error\":null}", false, NULL},
      {true, "{\"ok\":false,\"error\":\"a \\\"b\\\"\"}", true, "a \"b\""},
      {true, "{\"ok\":1}", true, NULL},
      {true, "{\"ok\":null}", true, NULL},
      {true, "{\"ok\":\"true\"}", true, NULL},
      {true, "{\"error\":\"x\"}", false, "x"},
      {true, "{\"ok\":true}\n{\"ok\":true}", false, NULL},
      {true, "{\"ok\":true}\n{\"ok\":false}", false, NULL},
      {true, "no JSON", false, NULL},
      {true, "", false, NULL},
      {false, "{\"error\":null}", false, NULL},
      {false, "{\"error\":7}", true, "7"},
      {false, "{\"error\":{\"code\":3}}", true, "{\"code\":3}"},
      {false, "{\"ok\":false}", false, NULL},
      {false, "{\"error\":\"cut", false, NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct profile profile = {0};

    profile.api_error.ok = rows[i].by_ok ? at_ok : NULL;
    profile.api_error.message = at_error;
    for (size_t piece = 1; piece < 64; piece += 9) {
      AUTO_STR char *message = NULL;
      bool is = false;

      judge(&profile, rows[i].body, piece, &is, &message);
      cr_expect_eq(is, rows[i].is, "%s", rows[i].body);
      cr_expect_eq(message != NULL, rows[i].message != NULL, "%s",
                   rows[i].body);
      if (message != NULL && rows[i].message != NULL)
        cr_expect_str_eq(message, rows[i].message);
    }
  }
}

Test(refusal, may_have_a_message_that_is_too_long_to_be_kept)
{
  static char body[9000] = "{\"error\":\"";
  struct profile profile = {0};
  AUTO_STR char *message = NULL;
  bool is = false;

  memset(body + strlen(body), 'x', 8000);
  strcat(body, "\"}");
  profile.api_error.message = at_error;
  judge(&profile, body, 100, &is, &message);
  cr_expect(is);
  cr_expect_null(message);
}

Test(refusal, is_nothing_without_a_rule)
{
  struct profile none = {0};
  const struct profile *const profiles[] = {NULL, &none};

  for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
    AUTO(refusal) refusal = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(refusal_new(&refusal, profiles[i], &err), E_OK);
    cr_expect_null(refusal);
    cr_expect_eq(refusal_feed(refusal, "{}", 2, &err), E_OK);
    cr_expect_not(refusal_is_known(refusal) || refusal_is(refusal));
    cr_expect_null(refusal_message(refusal));
  }
}
