#include "http/header.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static struct err err;

TestSuite(header);

static void add(struct headers *headers, const char *name, const char *value)
{
  cr_assert_eq(headers_add(headers, name, value, &err), E_OK, "%s",
               err.message);
}

Test(header, keeps_order_and_repetition)
{
  AUTO_HEADERS struct headers h = {0};

  add(&h, "Accept", "a/b");
  add(&h, "X-One", " 1\t");
  add(&h, "accept", "c/d");
  add(&h, "X-Empty", "");

  cr_assert_eq(h.count, 4);
  cr_expect_str_eq(h.items[1].value, "1");
  cr_expect_str_eq(h.items[2].name, "accept");
  cr_expect_str_eq(h.items[3].value, "");
  cr_expect_str_eq(headers_get(&h, "ACCEPT"), "a/b");
  cr_expect_null(headers_get(&h, "Accep"));
}

Test(header, replaces_all_of_a_name)
{
  AUTO_HEADERS struct headers h = {0};

  add(&h, "Accept", "a/b");
  add(&h, "X-One", "1");
  add(&h, "ACCEPT", "c/d");
  cr_assert_eq(headers_set(&h, "accept", "e/f", &err), E_OK);

  cr_assert_eq(h.count, 2);
  cr_expect_str_eq(h.items[0].name, "X-One");
  cr_expect_str_eq(h.items[1].value, "e/f");
}

Test(header, keeps_the_old_value_when_the_new_is_refused)
{
  AUTO_HEADERS struct headers h = {0};

  add(&h, "Accept", "a/b");
  cr_assert_eq(headers_set(&h, "Accept", "x\ny", &err), E_USAGE);
  cr_assert_eq(h.count, 1);
  cr_expect_str_eq(headers_get(&h, "accept"), "a/b");
}

Test(header, removes_without_regard_to_case)
{
  AUTO_HEADERS struct headers h = {0};

  add(&h, "A", "1");
  add(&h, "b", "2");
  add(&h, "a", "3");
  headers_remove(&h, "A");
  headers_remove(&h, "absent");
  cr_assert_eq(h.count, 1);
  cr_expect_str_eq(h.items[0].value, "2");
}

Test(header, refuses_names_and_values_that_could_split_a_request)
{
  static const struct {
    const char *name, *value;
  } rows[] = {
      {"", "v"},         {"A B", "v"},  {"A:", "v"},        {"A\r\nB", "v"},
      {"\xc3\xa9", "v"}, {"A(", "v"},   {"A", "v\r\nB: c"}, {"A", "v\n"},
      {"A", "v\r"},      {"A", "\x01"}, {"A", "\x7f"},      {"A", "\x1b[2J"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HEADERS struct headers h = {0};

    cr_expect_eq(headers_add(&h, rows[i].name, rows[i].value, &err), E_USAGE,
                 "row %zu", i);
    cr_expect_eq(h.count, 0);
  }
}

Test(header, allows_tab_and_high_bytes_within_a_value)
{
  AUTO_HEADERS struct headers h = {0};

  add(&h, "A", "x\ty \xc3\xa9");
  cr_expect_str_eq(headers_get(&h, "A"), "x\ty \xc3\xa9");
}

Test(header, takes_secrets_as_copies_and_never_gives_them_as_text)
{
  AUTO_HEADERS struct headers h = {0};
  struct secret *secret = NULL;

  cr_assert_eq(secret_new(&secret, "Bearer test-token-not-real", 26, &err),
               E_OK);
  cr_assert_eq(headers_add_secret(&h, "Authorization", secret, &err), E_OK);
  secret_free(secret);

  cr_assert_eq(h.count, 1);
  cr_expect_null(h.items[0].value);
  cr_expect_null(headers_get(&h, "Authorization"));
  cr_expect_str_eq(secret_reveal(h.items[0].secret),
                   "Bearer test-token-not-real");
}

Test(header, refuses_secrets_that_could_split_a_request_without_quoting_them)
{
  static const struct {
    const char *bytes;
    size_t len;
  } rows[] = {
      {"test-token-not-real\r\nX: y", 25}, {"test-token-not-real\0x", 21},
      {"test-token-not-real\n", 20},       {" test-token-not-real", 20},
      {"test-token-not-real ", 20},        {"", 0}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HEADERS struct headers h = {0};
    AUTO(secret) secret = NULL;

    cr_assert_eq(secret_new(&secret, rows[i].bytes, rows[i].len, &err), E_OK);
    cr_expect_eq(headers_add_secret(&h, "X-Key", secret, &err), E_USAGE,
                 "row %zu", i);
    cr_expect_eq(h.count, 0);
    cr_expect_null(strstr(err.message, "not-real"));
  }
}

Test(header, reads_lines_as_users_write_them)
{
  AUTO_HEADERS struct headers h = {0};

  cr_assert_eq(headers_add_line(&h, "X-One: a: b ", &err), E_OK);
  cr_assert_eq(headers_add_line(&h, "X-Two:c", &err), E_OK);
  cr_assert_eq(headers_add_line(&h, "X-Three:", &err), E_OK);
  cr_expect_str_eq(headers_get(&h, "x-one"), "a: b");
  cr_expect_str_eq(headers_get(&h, "x-two"), "c");
  cr_expect_str_eq(headers_get(&h, "x-three"), "");
}

Test(header, refuses_lines_that_are_none)
{
  static const char *const lines[] = {"",
                                      "X-One",
                                      ": v",
                                      "A B: v",
                                      "A : v",
                                      "A: b\r\nC: d",
                                      "Content-Length: 5",
                                      "transfer-encoding: chunked"};

  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_HEADERS struct headers h = {0};

    cr_expect_eq(headers_add_line(&h, lines[i], &err), E_USAGE, "%s", lines[i]);
    cr_expect_eq(h.count, 0);
  }
}

Test(header, does_not_quote_a_line_without_a_colon)
{
  AUTO_HEADERS struct headers h = {0};

  cr_assert_eq(headers_add_line(&h, "Bearer test-token-not-real", &err),
               E_USAGE);
  cr_expect_null(strstr(err.message, "not-real"));
}

Test(header, bounds_the_number_of_fields)
{
  AUTO_HEADERS struct headers h = {0};
  enum code code = E_OK;
  size_t i = 0;

  for (; i < 5000 && code == E_OK; i++)
    code = headers_add(&h, "A", "b", &err);
  cr_expect_eq(code, E_USAGE);
  cr_expect_eq(h.count, 1000);
}

Test(header, knows_credentials_and_what_may_travel)
{
  cr_expect(header_is_credential("authorization"));
  cr_expect(header_is_credential("Proxy-Authorization"));
  cr_expect(header_is_credential("COOKIE"));
  cr_expect_not(header_is_credential("X-Authorization"));

  cr_expect(header_is_portable("accept"));
  cr_expect(header_is_portable("Accept-Language"));
  cr_expect(header_is_portable("Range"));
  cr_expect(header_is_portable("user-agent"));
  cr_expect_not(header_is_portable("Acceptable"));
  cr_expect_not(header_is_portable("Authorization"));
  cr_expect_not(header_is_portable("If-Range"));
  cr_expect_not(header_is_portable("DPoP"));
}

Test(header, finds_parameters_of_challenges)
{
  static const struct {
    const char *field, *scheme, *parameter, *expect; /* NULL: absent */
  } rows[] = {
      {"Bearer", "bearer", NULL, ""},
      {"Bearer", "DPoP", NULL, NULL},
      {"Bearer", "Bearer", "realm", NULL},
      {"Bearer realm=\"a, b=\\\"c\\\"\"", "bearer", "REALM", "a, b=\"c\""},
      {"Bearer realm=x", "Bearer", "realm", "x"},
      {"Bearer realm = \"x\" , error = y", "Bearer", "error", "y"},
      {"Bearer realm=\"\"", "Bearer", "realm", ""},
      {"Basic realm=\"a\", Bearer error=\"invalid_token\"", "Bearer", "error",
       "invalid_token"},
      {"Basic realm=\"a\", Bearer error=\"invalid_token\"", "Bearer", "realm",
       NULL},
      {"Basic realm=\"a\", Bearer error=\"invalid_token\"", "Basic", "realm",
       "a"},
      {"Bearer a=b, DPoP algs=\"ES256 PS256\", error=\"use_dpop_nonce\"",
       "DPoP", "error", "use_dpop_nonce"},
      {"Negotiate abc==, Bearer scope=\"a b\"", "Bearer", "scope", "a b"},
      {"Negotiate, Bearer scope=\"a b\"", "Bearer", "scope", "a b"},
      {"Negotiate abc==", "Negotiate", NULL, ""},
      {"Basic realm=\"Bearer error=\\\"x\\\"\"", "Bearer", "error", NULL},
      {"Basic x=\"Bearer\", realm=y", "Bearer", NULL, NULL},
      {"Bearer a=1, Bearer b=2", "Bearer", "b", "2"},
      {"Bearer a=1, a=2", "Bearer", "a", "1"},
      {", ,Bearer a=1,,b=2,", "Bearer", "b", "2"},
      {"Bearer a=1 b=2", "Bearer", "b", NULL},
      {"Bearer a=\"1", "Bearer", "a", NULL},
      {"Bearer a=\"1\\", "Bearer", "a", NULL},
      {"Bearer a=\"1\"x, b=2", "Bearer", "b", NULL},
      {"Bearer a=", "Bearer", "a", NULL},
      {"=Bearer a=1", "Bearer", "a", NULL},
      {"\"Bearer\" a=1", "Bearer", "a", NULL},
      {"", "Bearer", NULL, NULL},
      {",", "Bearer", NULL, NULL},
      {"Bearer resource_metadata=\"https://h.example/.well-known/x\"", "Bearer",
       "resource_metadata", "https://h.example/.well-known/x"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HEADERS struct headers h = {0};
    AUTO_STR char *value = NULL;

    add(&h, "Www-Authenticate", rows[i].field);
    cr_assert_eq(
        header_challenge(&value, &h, rows[i].scheme, rows[i].parameter, &err),
        E_OK);
    if (rows[i].expect == NULL)
      cr_expect_null(value, "%s: %s", rows[i].field, value);
    else
      cr_expect(value != NULL && strcmp(value, rows[i].expect) == 0, "%s: %s",
                rows[i].field, value != NULL ? value : "(absent)");
  }
}

Test(header, looks_through_all_challenge_fields)
{
  AUTO_HEADERS struct headers h = {0};
  AUTO_STR char *value = NULL;

  add(&h, "WWW-Authenticate", "Basic realm=a, Bearer x=\"");
  add(&h, "X-Other", "Bearer error=no");
  add(&h, "WWW-Authenticate", "Bearer realm=b, error=yes");
  cr_assert_eq(header_challenge(&value, &h, "Bearer", "error", &err), E_OK);
  cr_expect_str_eq(value, "yes");
}
