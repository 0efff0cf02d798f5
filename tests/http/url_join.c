/* URLs compared, joined and resolved. */
#include "http/url.h"

#include "base/attr.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

static struct err err;

static void utf8_locale(void)
{
  setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(url_join, .init = utf8_locale);

static struct url *parsed(const char *text, unsigned flags)
{
  struct url *url = NULL;
  enum code code = url_parse(&url, text, flags, E_USAGE, "--api", &err);

  cr_assert_eq(code, E_OK, "'%s': %s", text, err.message);
  return url;
}

Test(url_join, compares_origins)
{
  static const struct {
    const char *a, *b;
    bool same;
  } rows[] = {
      {"https://h.example/a", "https://H.example:443/b", true},
      {"https://h.example", "https://h.example:8443", false},
      {"https://h.example", "https://h.example.", false},
      {"https://h.example", "https://h.example.evil.example", false},
      {"https://localhost", "http://localhost", false},
      {"http://localhost:443", "https://localhost", false},
      {"http://localhost", "http://127.0.0.1", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(url) a = parsed(rows[i].a, 0);
    AUTO(url) b = parsed(rows[i].b, 0);

    cr_expect_eq(url_same_origin(a, b), rows[i].same, "%s %s", rows[i].a,
                 rows[i].b);
  }
}

Test(url_join, covers_whole_segments_below_a_base)
{
  static const struct {
    const char *base, *url;
    int covers;
  } rows[] = {
      {"https://h.example", "https://h.example/a", 0},
      {"https://h.example/", "https://h.example/", 0},
      {"https://h.example/api/v4", "https://h.example/api/v4", 7},
      {"https://h.example/api/v4", "https://h.example/api/v4/user", 7},
      {"https://h.example/api/v4/", "https://h.example/api/v4", 7},
      {"https://h.example/api/v4/", "https://h.example/api/v4?x", 7},
      {"https://h.example/api/v4", "https://h.example/api/v40", -1},
      {"https://h.example/api/v4", "https://h.example/api", -1},
      {"https://h.example/api/v4", "https://h.example/API/v4/x", -1},
      {"https://h.example/api", "https://x.example/api", -1},
      {"https://h.example/api", "https://h.example:444/api", -1},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(url) base = parsed(rows[i].base, 0);
    AUTO(url) url = parsed(rows[i].url, 0);

    cr_expect_eq(url_below(base, url), rows[i].covers, "%s %s", rows[i].base,
                 rows[i].url);
  }
}

Test(url_join, appends_relative_paths_to_the_base)
{
  static const struct {
    const char *base, *path, *expect; /* NULL: refused */
  } rows[] = {
      {"https://h.example/api/v4", "user", "https://h.example/api/v4/user"},
      {"https://h.example/api/v4", "/user", "https://h.example/api/v4/user"},
      {"https://h.example/api/v4/", "user", "https://h.example/api/v4/user"},
      {"https://h.example/api/v4/", "/user/", "https://h.example/api/v4/user/"},
      {"https://h.example", "user", "https://h.example/user"},
      {"https://h.example/api", "", "https://h.example/api"},
      {"https://h.example/api/", "/", "https://h.example/api/"},
      {"https://h.example/api", "?a=b", "https://h.example/api?a=b"},
      {"https://h.example/api", "u?a=b&c=//d",
       "https://h.example/api/u?a=b&c=//d"},
      {"https://h.example/v1", "docs:search",
       "https://h.example/v1/docs:search"},
      {"https://h.example/v1", "users/@me", "https://h.example/v1/users/@me"},
      {"https://h.example/v1", "a@b.example",
       "https://h.example/v1/a@b.example"},
      {"https://h.example/v1", "g%2Fp", "https://h.example/v1/g%2Fp"},
      {"https://h.example/v1", "ü", "https://h.example/v1/%C3%BC"},
      {"https://h.example/api", "../x", NULL},
      {"https://h.example/api", "..", NULL},
      {"https://h.example/api", "%2e%2e/x", NULL},
      {"https://h.example/api", "//evil.example/x", NULL},
      {"https://h.example/api", "https://evil.example/x", NULL},
      {"https://h.example/api", "a//b", NULL},
      {"https://h.example/api", "\\x", NULL},
      {"https://h.example/api", "a b", NULL},
      {"https://h.example/api", "a#b", NULL},
      {"https://h.example/api", "a\r\nb", NULL},
      {"https://h.example", "@evil.example", "https://h.example/@evil.example"},
      {"https://h.example", ".evil.example", "https://h.example/.evil.example"},
      {"https://h.example", ":1234", "https://h.example/:1234"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(url) base = parsed(rows[i].base, URL_STRICT_PATH);
    AUTO(url) url = NULL;
    enum code code = url_append(&url, base, rows[i].path, &err);

    if (rows[i].expect == NULL) {
      cr_expect_eq(code, E_USAGE, "%s", rows[i].path);
      continue;
    }
    cr_assert_eq(code, E_OK, "%s: %s", rows[i].path, err.message);
    cr_expect_str_eq(url->text, rows[i].expect);
  }
}

Test(url_join, resolves_references_as_rfc_3986_section_5_4)
{
  static const struct {
    const char *reference, *expect;
  } rows[] = {
      {"g", "https://a/b/c/g"},
      {"./g", "https://a/b/c/g"},
      {"g/", "https://a/b/c/g/"},
      {"/g", "https://a/g"},
      {"//g", "https://g/"},
      {"?y", "https://a/b/c/d;p?y"},
      {"g?y", "https://a/b/c/g?y"},
      {"#s", "https://a/b/c/d;p?q"},
      {"g#s", "https://a/b/c/g"},
      {"g?y#s", "https://a/b/c/g?y"},
      {";x", "https://a/b/c/;x"},
      {"g;x", "https://a/b/c/g;x"},
      {"", "https://a/b/c/d;p?q"},
      {".", "https://a/b/c/"},
      {"./", "https://a/b/c/"},
      {"..", "https://a/b/"},
      {"../", "https://a/b/"},
      {"../g", "https://a/b/g"},
      {"../..", "https://a/"},
      {"../../g", "https://a/g"},
      {"../../../g", "https://a/g"},
      {"/./g", "https://a/g"},
      {"/../g", "https://a/g"},
      {"g.", "https://a/b/c/g."},
      {"..g", "https://a/b/c/..g"},
      {"./g/.", "https://a/b/c/g/"},
      {"g/./h", "https://a/b/c/g/h"},
      {"g/../h", "https://a/b/c/h"},
      {"g;x=1/../y", "https://a/b/c/y"},
      {"g?y/../x", "https://a/b/c/g?y/../x"},
      /* and what servers send besides */
      {"https://x.example/y#z", "https://x.example/y"},
      {"HTTPS://X.example", "https://x.example/"},
      {"/a b?c d", "https://a/a%20b?c%20d"},
      {"/ü", "https://a/%C3%BC"},
      {"//x.example:8443/y", "https://x.example:8443/y"},
      {"http://localhost:9/x", "http://localhost:9/x"},
  };
  AUTO(url) from = parsed("https://a/b/c/d;p?q", 0);

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(url) url = NULL;

    cr_assert_eq(url_resolve(&url, from, rows[i].reference, &err), E_OK,
                 "'%s': %s", rows[i].reference, err.message);
    cr_expect_str_eq(url->text, rows[i].expect, "'%s' gave %s",
                     rows[i].reference, url->text);
  }
}

Test(url_join, refuses_links_to_elsewhere_than_the_web)
{
  static const struct {
    const char *reference;
    enum code code;
  } rows[] = {
      {"http://h.example/", E_PLAIN_HTTP},
      {"file:///etc/passwd", E_ANSWER},
      {"javascript:alert(1)", E_ANSWER},
      {"mailto:a@b", E_ANSWER},
      {"https:///x", E_ANSWER},
      {"https:x", E_ANSWER},
      {"//ann:pw-not-real@h.example/", E_ANSWER},
      {"///x", E_ANSWER},
      {"/a\x01", E_ANSWER},
      {"//h example/", E_ANSWER},
      {"/\xff", E_ANSWER},
  };
  AUTO(url) from = parsed("https://a/b", 0);

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct url *url = NULL;

    cr_expect_eq(url_resolve(&url, from, rows[i].reference, &err), rows[i].code,
                 "%s", rows[i].reference);
    cr_expect_null(strstr(err.message, "pw-not-real"));
  }
}

Test(url_join, adds_queries)
{
  AUTO(url) bare = parsed("https://h.example/a", 0);
  AUTO(url) more = NULL;
  AUTO(url) most = NULL;
  AUTO(url) same = NULL;

  cr_assert_eq(url_with_query(&more, bare, "a=b&c=%20", &err), E_OK);
  cr_expect_str_eq(more->text, "https://h.example/a?a=b&c=%20");
  cr_assert_eq(url_with_query(&most, more, "d=e", &err), E_OK);
  cr_expect_str_eq(most->text, "https://h.example/a?a=b&c=%20&d=e");
  cr_assert_eq(url_with_query(&same, bare, "", &err), E_OK);
  cr_expect_str_eq(same->text, bare->text);
}

Test(url_join, copies_whole)
{
  AUTO(url) url = parsed("https://h.example:99/a?b", 0);
  AUTO(url) copy = NULL;

  cr_assert_eq(url_copy(&copy, url, &err), E_OK);
  cr_expect_str_eq(copy->text, url->text);
  cr_expect_str_eq(copy->origin, url->origin);
  cr_expect_str_eq(copy->scheme, url->scheme);
  cr_expect_str_eq(copy->host, url->host);
  cr_expect_eq(copy->port, 99);
  cr_expect_str_eq(copy->path, "/a");
  cr_expect_str_eq(copy->query, "b");
}
