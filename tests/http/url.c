#include "http/url.h"

#include "base/mem.h"
#include "http/url_check.h"
#include "http/url_split.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static struct err err;

static void utf8_locale(void)
{
  setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(url, .init = utf8_locale);

static struct url *parsed(const char *text, unsigned flags)
{
  struct url *url = NULL;
  enum code code = url_parse(&url, text, flags, E_USAGE, "--api", &err);

  cr_assert_eq(code, E_OK, "'%s': %s", text, err.message);
  return url;
}

static void refused(const char *text, unsigned flags, const char *reason)
{
  struct url *url = NULL;
  enum code code = url_parse(&url, text, flags, E_USAGE, "--api", &err);

  cr_expect_eq(code, E_USAGE, "'%s' gave %d", text, code);
  cr_expect_null(url);
  cr_expect(strncmp(err.message, "--api ", 6) == 0, "%s", err.message);
  cr_expect_not_null(strstr(err.message, reason), "'%s': %s", text,
                     err.message);
}

static const struct {
  unsigned flags;
  const char *text, *expect, *origin;
} forms[] = {
    {0, "https://h.example", "https://h.example/", "https://h.example"},
    {0, "https://h.example/a?b", "https://h.example/a?b", NULL},
    {0, "HTTPS://H.Example:443/A", "https://h.example/A", "https://h.example"},
    {0, "https://h.example:8443/a", "https://h.example:8443/a",
     "https://h.example:8443"},
    {0, "https://h.example:0443/a", "https://h.example/a", NULL},
    {0, "http://localhost:80/", "http://localhost/", "http://localhost"},
    {0, "http://localhost:443/", "http://localhost:443/", NULL},
    {0, "https://h.example./", "https://h.example./", "https://h.example."},
    {0, "https://h.example/?", "https://h.example/", NULL},
    {0, "https://h.example?q=1", "https://h.example/?q=1", NULL},
    {0, "https://bücher.example/", "https://xn--bcher-kva.example/", NULL},
    {0, "https://BÜCHER.example/ü?ö",
     "https://xn--bcher-kva.example/%C3%BC?%C3%B6", NULL},
    {0, "https://h。example/", "https://h.example/", NULL},
    {0, "https://[2001:DB8:0:0:0:0:0:1]/", "https://[2001:db8::1]/",
     "https://[2001:db8::1]"},
    {0, "http://[0:0:0:0:0:0:0:1]:8080/x", "http://[::1]:8080/x",
     "http://[::1]:8080"},
    {0, "http://0x7f.1/", "http://127.0.0.1/", "http://127.0.0.1"},
    {0, "http://2130706433/", "http://127.0.0.1/", NULL},
    {0, "https://h.example/a/./b/../c", "https://h.example/a/c", NULL},
    {0, "https://h.example/a{b}|\"<c>",
     "https://h.example/a%7Bb%7D%7C%22%3Cc%3E", NULL},
    {0, "https://h.example/%zz", "https://h.example/%zz", NULL},
    {0, "https://h.example/a%2Fb%2e", "https://h.example/a%2Fb%2e", NULL},
    {0, "https://h_1.example/", "https://h_1.example/", NULL},
    {0, "https://h.example//a//", "https://h.example//a//", NULL},
    {0, "https://h.example/a;b=c@d:e!$&'()*+,=~",
     "https://h.example/a;b=c@d:e!$&'()*+,=~", NULL},
    {0, "https://h.example/?a[b]=c/?", "https://h.example/?a[b]=c/?", NULL},
    {URL_ADD_HTTPS, "h.example/v4", "https://h.example/v4", NULL},
    {URL_ADD_HTTPS, "localhost:8443", "https://localhost:8443/", NULL},
    {URL_ADD_HTTPS, "h.example/?u=https://x", "https://h.example/?u=https://x",
     NULL},
    {URL_ADD_HTTPS, "http://localhost", "http://localhost/", NULL},
    {URL_FRAGMENT_OK, "https://h.example/a?b#code=c", "https://h.example/a?b",
     NULL},
    {URL_STRICT_PATH, "https://h.example/a%2Fb/c", "https://h.example/a%2Fb/c",
     NULL},
    {URL_STRICT_PATH, "https://h.example/sites/https%3A%2F%2Fx.example%2F",
     "https://h.example/sites/https%3A%2F%2Fx.example%2F", NULL},
    {URL_STRICT_PATH, "https://h.example/.well-known/...",
     "https://h.example/.well-known/...", NULL},
    {URL_STRICT_PATH, "https://h.example/a?b=../c//d\\",
     "https://h.example/a?b=../c//d%5C", NULL},
    {URL_STRICT_PATH, "https://h.example/é?q=100%25",
     "https://h.example/%C3%A9?q=100%25", NULL},
};

Test(url, brings_texts_into_one_form)
{
  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    AUTO(url) url = parsed(forms[i].text, forms[i].flags);

    cr_expect_str_eq(url->text, forms[i].expect);
    if (forms[i].origin != NULL)
      cr_expect_str_eq(url->origin, forms[i].origin);
  }
}

Test(url, gives_the_parts)
{
  AUTO(url) url = parsed("http://[::1]:8080/a/b?c=d", 0);
  AUTO(url) bare = parsed("https://h.example", 0);

  cr_expect_str_eq(url->scheme, "http");
  cr_expect_str_eq(url->host, "[::1]");
  cr_expect_eq(url->port, 8080);
  cr_expect_str_eq(url->path, "/a/b");
  cr_expect_str_eq(url->query, "c=d");
  cr_expect_eq(bare->port, 443);
  cr_expect_str_eq(bare->path, "/");
  cr_expect_null(bare->query);
}

Test(url, refuses_what_is_no_clear_url)
{
  static const struct {
    unsigned flags;
    const char *text, *reason;
  } rows[] = {
      {0, "", "empty"},
      {URL_ADD_HTTPS, "", "empty"},
      {0, "h.example", "no scheme"},
      {0, "://h.example", "no scheme"},
      {0, "/path", "no scheme"},
      {0, "https://", "no host"},
      {0, "https:///path", "no host"},
      {0, "https://?q", "no host"},
      {URL_ADD_HTTPS, "https:/h.example", "two slashes"},
      {URL_ADD_HTTPS, "http:h.example", "two slashes"},
      {URL_ADD_HTTPS, "https:\\\\h.example", "two slashes"},
      {0, "ftp://h.example/", "only https"},
      {0, "file:///etc/passwd", "no host"},
      {0, "javascript://h.example/", "only https"},
      {0, "https://h.example:0/", "port"},
      {0, "https://h.example:65536/", "port"},
      {0, "https://h.example:x/", "port"},
      {0, "https://h.example:-1/", "port"},
      {0, "https://h.example:+1/", "port"},
      {0, "https://h.example/a b", "space"},
      {0, "https://h.example/a\tb", "control"},
      {0, "https://h.example/a\nb", "control"},
      {0, "https://h.example/a\x7f", "control"},
      {0, " https://h.example/", "space"},
      {0, "https://h.example/\xff", "UTF-8"},
      {0, "https://h.example/#top", "fragment"},
      {URL_NO_QUERY, "https://h.example/?q", "query"},
      {0, "https://h%2eexample/", "host name"},
      {0, "https://%31%32%37.0.0.1/", "host name"},
      {0, "https://h..example/", "host name"},
      {0, "https://.example/", "host name"},
      {0, "https://h\\.example/", "host name"},
      {0, "https://h.example\\@x/", "user name"},
      {0, "https://h<x>/", "host name"},
      {0, "https://1.2.3.4.5/", "host name"},
      {0, "https://256.1.1.1/", "host name"},
      {0, "https://127.0.0.1./", "host name"},
      {0, "https://h.0x7f/", "host name"},
      {0, "https://[::1", ""},
      {0, "https://[::g]/", ""},
      {0, "https://[fe80::1%25eth0]/", "host name"},
      {0, "https://[1.2.3.4]/", ""},
      {0, "https://a\xe2\x80\xaeo.example/", "no ASCII form"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    refused(rows[i].text, rows[i].flags, rows[i].reason);
}

Test(url, refuses_paths_that_climb_or_are_read_in_two_ways)
{
  static const char *const paths[] = {
      "/..",     "/a/../b",    "/a/..",   "/.",        "/a/./b",
      "/%2e%2e", "/%2E./x",    "/.%2e/x", "/a/%2e",    "/a%2f..%2fb",
      "/..%2fa", "/a%5c..%5c", "//a",     "/a//b",     "/a//",
      "/a\\b",   "/a%5Cb",     "/..%5Ca", "/%2e%2e%2f"};

  for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
    AUTO_STR char *text = mem_printf("https://h.example%s", paths[i]);

    refused(text, URL_STRICT_PATH, "refused in a path");
  }
  refused("https://h.example/100%", URL_STRICT_PATH, "%25");
  refused("https://h.example/?q=100%", URL_STRICT_PATH, "%25");
}

Test(url, refuses_userinfo_without_showing_it)
{
  static const char *const texts[] = {
      "https://ann:hunter2-not-real@h.example/",
      "https://hunter2-not-real@h.example",
      "https://@h.example/",
      "ann:hunter2-not-real@h.example/x",
      "https://h.example:hunter2-not-real@x/",
      "https:/ann:hunter2-not-real@h.example/",
      "ftp://ann:hunter2-not-real@h.example/",
      "https://ann:hunter2-not-real@h.example/a b",
  };

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    refused(texts[i], URL_ADD_HTTPS, "not shown");
    cr_expect_null(strstr(err.message, "hunter2"), "%s", err.message);
    cr_expect_null(strstr(err.hint, "hunter2"));
  }
}

Test(url, does_not_show_queries_in_messages)
{
  refused("ftp://h.example/cb?code=not-a-real-code", 0,
          "'ftp://h.example/cb…'");
  refused("https://h.example/cb#token=not-a-real-code", 0,
          "'https://h.example/cb…'");
}

Test(url, speaks_plain_http_to_loopback_alone)
{
  static const char *const fine[] = {
      "http://127.0.0.1/", "http://127.255.3.4:99/", "http://[::1]/",
      "http://localhost/", "http://a.localhost/",    "http://A.B.LOCALHOST:1/",
  };
  static const char *const not [] = {"http://h.example/",
                                     "http://128.0.0.1/",
                                     "http://[::2]/",
                                     "http://[::ffff:7f00:1]/",
                                     "http://localhost./",
                                     "http://xlocalhost/",
                                     "http://0.0.0.0/",
                                     "http://127.0.0.1.nip.example/",
                                     "http://.localhost/",
                                     "http://10.0.0.1/",
                                     "http://localhost.example/"};
  struct url *url = NULL;

  for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
    AUTO(url) ok = parsed(fine[i], 0);

    cr_expect(url_is_loopback(ok), "%s", fine[i]);
  }
  for (size_t i = 0; i < ARRAY_LEN(not ); i++)
    refused(not [i], 0, "");

  cr_expect_eq(url_parse(&url, "http://h.example/", 0, E_ANSWER, "link", &err),
               E_PLAIN_HTTP);
  cr_expect_eq(url_parse(&url, "http://h.example/", 0, E_PROFILE, "api", &err),
               E_PROFILE);
}

Test(url, says_what_was_wrong_with_which)
{
  struct url *url = NULL;

  cr_assert_eq(
      url_parse(&url, "http://h.example/x", 0, E_USAGE, "--issuer", &err),
      E_USAGE);
  cr_expect_str_eq(err.message,
                   "--issuer 'http://h.example/x': plain http is spoken to "
                   "loopback only; use https");
}

Test(url, refuses_what_is_too_long)
{
  AUTO_STR char *text = mem_alloc(70001);
  AUTO_STR char *expands = mem_alloc(30001);

  memset(text, 'a', 70000);
  text[70000] = '\0';
  memcpy(text, "https://h.example/", 18);
  refused(text, 0, "too long");

  /* 30,000 bytes that become 90,000 when they are escaped */
  memset(expands, '{', 30000);
  expands[30000] = '\0';
  memcpy(expands, "https://h.example/", 18);
  refused(expands, 0, "too long");
}

/* The two ways of taking a URL apart must never disagree. */
Test(url, reads_plain_texts_as_libcurl_does)
{
  static const char *const texts[] = {
      "https://h.example",
      "https://h.example/",
      "https://h.example?a",
      "https://h.example/?",
      "http://localhost:8080/a/b?c=d",
      "http://127.0.0.1:1/",
      "http://127.000.0.1/",
      "https://1.2.3/",
      "https://1.2.3.4.5/",
      "https://255.255.255.255/",
      "https://a-b.c/",
      "https://-a.c/",
      "https://a-.c/",
      "https://a..c/",
      "https://a.c./",
      "https://a.0x1/",
      "https://a.1/",
      "https://h:65535/",
      "https://h:65536/",
      "https://h:00080/",
      "https://h:/",
      "https://h/a/../b",
      "https://h/a/..b/...",
      "https://h/a?../b",
      "https://h/a;b=c,d!e$f&g'h(i)j*k+l:m@n~o_p",
      "https://h/a?[b]/?c%20%zz",
      "https://xn--bcher-kva.example/",
  };
  size_t plain_texts = 0;

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO_URL_PARTS struct url_parts ours = {0};
    AUTO_URL_PARTS struct url_parts theirs = {0};
    const char *reason;
    bool plain;

    cr_assert_eq(url_split_plain(&ours, texts[i], &plain, &err), E_OK);
    if (!plain)
      continue;
    plain_texts++;
    cr_assert_eq(url_split_curl(&theirs, texts[i], 0, &reason, &err), E_OK,
                 "%s", texts[i]);
    cr_expect_str_eq(ours.scheme, theirs.scheme);
    cr_expect_str_eq(ours.host, theirs.host);
    cr_expect_eq(ours.port == NULL, theirs.port == NULL);
    if (ours.port != NULL && theirs.port != NULL)
      cr_expect_str_eq(ours.port, theirs.port);
    cr_expect_str_eq(ours.path, theirs.path);
    cr_expect_eq(ours.query == NULL, theirs.query == NULL, "%s", texts[i]);
    if (ours.query != NULL && theirs.query != NULL)
      cr_expect_str_eq(ours.query, theirs.query);
  }
  cr_expect_eq(plain_texts, 14, "%zu were plain", plain_texts);
}

/* What DESIGN §3 counts on: a profile is read without libcurl. */
Test(url, needs_no_library_for_plain_texts)
{
  AUTO(url) url = parsed("https://gitlab.example:8443/api/v4", URL_STRICT_PATH);
  char line[512];
  bool loaded = false;
  FILE *maps = fopen("/proc/self/maps", "re");

  cr_assert_not_null(maps);
  while (fgets(line, sizeof(line), maps) != NULL)
    loaded = loaded || strstr(line, "libcurl") != NULL;
  fclose(maps);
  cr_expect_not(loaded);
}
