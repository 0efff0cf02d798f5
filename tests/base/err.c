#include "base/err.h"

#include "base/codec.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(err, has_a_status_and_a_name_of_its_own_for_every_code)
{
#define ROW(code, status, name) {code, status, name},
  static const struct {
    enum code code;
    int status;
    const char *name;
  } rows[] = {ERR_TABLE(ROW)};
#undef ROW
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    cr_assert_eq(err_status(rows[i].code), rows[i].status);
    cr_assert_str_eq(err_name(rows[i].code), rows[i].name);
    cr_assert_eq(rows[i].status == 0, rows[i].code == E_OK);
    for (size_t k = 0; k < i; k++)
      cr_assert_str_neq(rows[i].name, rows[k].name);
  }
  cr_assert_eq(err_status((enum code)9999), 1);
}

Test(err, replaces_what_it_held)
{
  struct err err = ERR_INIT;
  err_set(&err, E_USAGE, "first");
  err_hint(&err, "a hint");
  (void)snprintf(err.oauth_error, sizeof(err.oauth_error), "invalid_grant");
  cr_assert_eq(err_set(&err, E_LOCAL, "second %d", 2), E_LOCAL);
  cr_assert_eq(err.code, E_LOCAL);
  cr_assert_str_eq(err.message, "second 2");
  cr_assert_str_eq(err.hint, "");
  cr_assert_str_eq(err.oauth_error, "");
  err_clear(&err);
  cr_assert_eq(err.code, E_OK);
  cr_assert_str_eq(err.message, "");
}

Test(err, may_be_filled_from_itself)
{
  struct err err = ERR_INIT;
  err_set(&err, E_LOCAL, "disk full");
  err_hint(&err, "make room");
  err_set(&err, E_STORE_FULL, "cannot store: %s", err.message);
  cr_assert_str_eq(err.message, "cannot store: disk full");
  err_prefix(&err, "%s, so: ", err.message);
  cr_assert_str_eq(err.message,
                   "cannot store: disk full, so: cannot store: disk full");
  err_hint(&err, "see: %s", err.message);
  err_hint(&err, "%s", err.hint);
  cr_assert_eq(strncmp(err.hint, "see: cannot", 11), 0);
}

Test(err, puts_a_prefix_in_front)
{
  struct err err = ERR_INIT;
  err_set(&err, E_TLS, "no route");
  err_hint(&err, "try again");
  err_prefix(&err, "cannot refresh '%s': ", "wo\nrk");
  cr_assert_str_eq(err.message, "cannot refresh 'wo\\x0ark': no route");
  cr_assert_eq(err.code, E_TLS);
  cr_assert_str_eq(err.hint, "try again");
}

Test(err, gives_each_hint_its_line)
{
  struct err err = ERR_INIT;
  err_set(&err, E_LOCAL, "x");
  err_hint(&err, "fob login -p %s", "a\nb");
  err_hint(&err, "or %d", 2);
  cr_assert_str_eq(err.hint, "fob login -p a\\x0ab\nor 2");
}

Test(err, makes_terminal_tricks_visible)
{
  static const struct {
    const char *text, *shown;
  } rows[] = {
      {"a\x1b[31mred", "a\\x1b[31mred"},
      {"a\rb\nc\td", "a\\x0db\\x0ac\\x09d"},
      {"\x7f\x80", "\\x7f\\x80"},
      {"\xc2\x9b!", "\\u{009b}!"},
      {"evil\xe2\x80\xaetxt", "evil\\u{202e}txt"},
      {"\xe2\x80\x8b\xef\xbb\xbf", "\\u{200b}\\u{feff}"},
      {"caf\xc3\xa9 \xe6\x97\xa5", "caf\xc3\xa9 \xe6\x97\xa5"},
      {"cut \xe6\x97", "cut \\xe6\\x97"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    err_set(&err, E_LOCAL, "%s", rows[i].text);
    cr_assert_str_eq(err.message, rows[i].shown);
    err_hint(&err, "%s", rows[i].text);
    cr_assert_str_eq(err.hint, rows[i].shown);
    err_set(&err, E_LOCAL, "%s", "");
    err_prefix(&err, "%s", rows[i].text);
    cr_assert_str_eq(err.message, rows[i].shown);
  }
}

/* Characters of every width at every offset to the array's end. */
Test(err, cuts_between_characters_and_says_so)
{
  static const char *const units[] = {
      "a",    "\xc3\xa9",    "\xe6\x97\xa5", "\xf0\x9f\x94\x91",
      "\x1b", "\xe2\x80\xae"};
  for (size_t unit = 0; unit < ARRAY_LEN(units); unit++) {
    for (size_t lead = 0; lead < 12; lead++) {
      char text[6000] = "";
      memset(text, '.', lead);
      for (size_t at = lead; at < 5000; at += strlen(units[unit]))
        memcpy(text + at, units[unit], strlen(units[unit]) + 1);
      struct err err = ERR_INIT;
      err_set(&err, E_LOCAL, "%s", text);
      size_t len = strlen(err.message);
      cr_assert_lt(len, sizeof(err.message));
      cr_assert_gt(len, sizeof(err.message) - 16);
      cr_assert(codec_is_utf8(err.message, len));
      cr_assert_str_eq(err.message + len - 3, "…");
      err_hint(&err, "%s", text);
      err_hint(&err, "%s", text);
      cr_assert_lt(strlen(err.hint), sizeof(err.hint));
      cr_assert(codec_is_utf8(err.hint, strlen(err.hint)));
      err_prefix(&err, "%s", text);
      cr_assert_lt(strlen(err.message), sizeof(err.message));
      cr_assert(codec_is_utf8(err.message, strlen(err.message)));
    }
  }
}

Test(err, keeps_a_message_that_just_fits)
{
  struct err err = ERR_INIT;
  char text[sizeof(err.message) + 1] = "";
  memset(text, 'x', sizeof(err.message) - 1);
  err_set(&err, E_LOCAL, "%s", text);
  cr_assert_str_eq(err.message, text);

  /* One more, and what lies behind the array is not touched. */
  text[sizeof(err.message) - 1] = 'x';
  err_clear(&err);
  err_hint(&err, "a hint");
  err_prefix(&err, "%s", text);
  cr_assert_str_eq(err.message + sizeof(err.message) - 5, "x…");
  cr_assert_str_eq(err.hint, "a hint");
}

Test(err, does_without_a_place_to_fill)
{
  cr_assert_eq(err_set(NULL, E_DNS, "x"), E_DNS);
  cr_assert_eq(err_nomem(NULL), E_NOMEM);
  err_prefix(NULL, "x");
  err_hint(NULL, "x");
  err_clear(NULL);
}
