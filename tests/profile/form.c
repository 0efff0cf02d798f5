#include "profile/form.h"

#include "base/attr.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
  enum form form;
  const char *text;
  const char *reason; /* a part of it; NULL: the text has the form */
};

static void check(const struct row *rows, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    const char *reason = form_check(rows[i].form, rows[i].text);
    if (rows[i].reason == NULL)
      cr_expect_null(reason, "form %d, '%s': %s", rows[i].form, rows[i].text,
                     reason);
    else
      cr_expect(reason != NULL && strstr(reason, rows[i].reason) != NULL,
                "form %d, '%s': %s", rows[i].form, rows[i].text,
                reason != NULL ? reason : "(taken)");
  }
}

Test(form, takes_urls_that_keep_a_credential_safe)
{
  static const struct row rows[] = {
      {FORM_BASE, "https://api.example", NULL},
      {FORM_BASE, "https://api.example/", NULL},
      {FORM_BASE, "HTTPS://api.example:8443/v1/x", NULL},
      {FORM_BASE, "https://api.example/v1/", NULL},
      {FORM_BASE, "https://api.example/.well-known/x", NULL},
      {FORM_BASE, "https://api.example/a..b/...", NULL},
      {FORM_BASE, "https://api.example/a%2Fb", NULL},
      {FORM_BASE, "https://[2001:db8::1]:443/v1", NULL},
      {FORM_BASE,
       "https://b\xc3\xbc"
       "cher.example/",
       NULL},
      {FORM_BASE, "http://127.0.0.1:8080/api", NULL},
      {FORM_BASE, "http://127.255.0.9/", NULL},
      {FORM_BASE, "http://[::1]/", NULL},
      {FORM_BASE, "http://localhost", NULL},
      {FORM_BASE, "http://LocalHost:1/", NULL},
      {FORM_BASE, "http://a.b.localhost/", NULL},
      {FORM_ISSUER, "https://login.example/t/{tenantid}/v2.0", NULL},
      {FORM_ISSUER, "https://login.example/a//b", NULL},
      {FORM_URL, "https://login.example/token?tenant=1", NULL},
      {FORM_REDIRECT, "http://127.0.0.1/callback", NULL},
      {FORM_REDIRECT, "https://app.example/cb?x=1", NULL},
      {FORM_URL_OR_PATH, "https://api.example/openapi.json", NULL},
      {FORM_URL_OR_PATH, "/usr/share/openapi.json", NULL},
  };
  check(rows, ARRAY_LEN(rows));
}

Test(form, refuses_urls_that_do_not)
{
  static const struct row rows[] = {
      {FORM_BASE, "", "must not be empty"},
      {FORM_BASE, "api.example", "https URL"},
      {FORM_BASE, "ftp://api.example/", "https URL"},
      {FORM_BASE, "https:/api.example/", "https URL"},
      {FORM_BASE, "https://", "names a host"},
      {FORM_BASE, "https:///v1", "names a host"},
      {FORM_BASE, "https://:443/", "names a host"},
      {FORM_BASE, "https://%61pi.example/", "names a host"},
      {FORM_BASE, "http://api.example/", "loopback"},
      {FORM_BASE, "http://127.0.0.1.example/", "loopback"},
      {FORM_BASE, "http://127.1/", "loopback"},
      {FORM_BASE, "http://127.0.0.256/", "loopback"},
      {FORM_BASE, "http://1127.0.0.1/", "loopback"},
      {FORM_BASE, "http://localhost./", "loopback"},
      {FORM_BASE, "http://.localhost/", "loopback"},
      {FORM_BASE, "http://notlocalhost/", "loopback"},
      {FORM_BASE, "http://localhost.example/", "loopback"},
      {FORM_BASE, "http://[::2]/", "loopback"},
      {FORM_BASE, "https://u:p@api.example/", "user name"},
      {FORM_BASE, "https://api.example@evil.example/", "user name"},
      {FORM_BASE, "https://api.example:/", "port"},
      {FORM_BASE, "https://api.example:0/", "port"},
      {FORM_BASE, "https://api.example:65536/", "port"},
      {FORM_BASE, "https://api.example:4a/", "port"},
      {FORM_BASE, "https://[::1/", "closed"},
      {FORM_BASE, "https://[::1]x/", "port"},
      {FORM_BASE, "https://api.example\\@evil/", "backslash"},
      {FORM_BASE, "https://api.example/a b", "blanks"},
      {FORM_BASE, " https://api.example/", "blanks"},
      {FORM_BASE, "https://api.example/\r\n", "control"},
      {FORM_BASE, "https://api.example/\x7f", "control"},
      {FORM_BASE, "https://api.example/?a=1", "query"},
      {FORM_BASE, "https://api.example?", "query"},
      {FORM_BASE, "https://api.example/#a", "fragment"},
      {FORM_BASE, "https://api.example//v1", "\"//\""},
      {FORM_BASE, "https://api.example/v1//", "\"//\""},
      {FORM_BASE, "https://api.example/./v1", "\"..\""},
      {FORM_BASE, "https://api.example/v1/..", "\"..\""},
      {FORM_BASE, "https://api.example/%2e/v1", "\"..\""},
      {FORM_BASE, "https://api.example/v1/.%2E/x", "\"..\""},
      {FORM_BASE, "https://api.example/a%5Cb", "backslash"},
      {FORM_ISSUER, "https://login.example/?a", "query"},
      {FORM_ISSUER, "https://login.example/#", "fragment"},
      {FORM_URL, "https://login.example/token#x", "fragment"},
      {FORM_REDIRECT, "http://app.example/cb", "loopback"},
      {FORM_REDIRECT, "com.example.app:/cb", "https URL"},
      {FORM_URL_OR_PATH, "openapi.json", "https URL"},
  };
  check(rows, ARRAY_LEN(rows));
}

Test(form, judges_proxies_uris_and_paths)
{
  static const struct row rows[] = {
      {FORM_PROXY, "", NULL},
      {FORM_PROXY, "http://proxy.example:3128", NULL},
      {FORM_PROXY, "socks5h://127.0.0.1:9050/", NULL},
      {FORM_PROXY, "https://proxy.example", NULL},
      {FORM_PROXY, "proxy.example:3128", "socks5"},
      {FORM_PROXY, "socks4://proxy.example", "socks5"},
      {FORM_PROXY, "http://u:p@proxy.example", "user name"},
      {FORM_PROXY, "http://proxy.example/x", "without a path"},
      {FORM_PROXY, "http://proxy.example:x", "port"},
      {FORM_PROXY, "http://pro xy", "blanks"},
      {FORM_URI, "api://billing", NULL},
      {FORM_URI, "https://api.example/v1?x", NULL},
      {FORM_URI, "urn:example:x", NULL},
      {FORM_URI, "billing", "absolute"},
      {FORM_URI, ":x", "absolute"},
      {FORM_URI, "x:", "absolute"},
      {FORM_URI, "1a:x", "absolute"},
      {FORM_URI, "a b:x", "blanks"},
      {FORM_URI, "https://api.example/#x", "fragment"},
      {FORM_API_PATH, "/user", NULL},
      {FORM_API_PATH, "user?x=a://b", NULL},
      {FORM_API_PATH, "?x=1", NULL},
      {FORM_API_PATH, "https://evil.example/user", "below"},
      {FORM_API_PATH, "//evil.example/user", "//"},
      {FORM_API_PATH, "/a//b", "//"},
      {FORM_API_PATH, "../user", ".."},
      {FORM_API_PATH, "%2e%2e/user", ".."},
      {FORM_API_PATH, "/a/../user", ".."},
      {FORM_API_PATH, "/user#x", "fragment"},
      {FORM_API_PATH, "/us er", "blanks"},
      {FORM_PATH, "/etc/ca.pem", NULL},
      {FORM_PATH, "ca.pem", "absolute"},
      {FORM_PATH, "~/ca.pem", "absolute"},
      {FORM_PATH, "/etc/\n", "control"},
  };
  check(rows, ARRAY_LEN(rows));
}

Test(form, judges_names_and_other_texts)
{
  static const char longest[] =
      "a234567890123456789012345678901234567890123456789012345678901234";
  static const struct row rows[] = {
      {FORM_NAME, "a", NULL},
      {FORM_NAME, "9.a_B-c", NULL},
      {FORM_NAME, longest, NULL},
      {FORM_NAME,
       "a2345678901234567890123456789012345678901234567890123456789"
       "012345",
       "1 to 64"},
      {FORM_NAME, ".a", "beginning with"},
      {FORM_NAME, "-a", "beginning with"},
      {FORM_NAME, "a/b", "letters"},
      {FORM_NAME, "b\xc3\xbc", "letters"},
      {FORM_POINTER, "", NULL},
      {FORM_POINTER, "/a/b~1c/0", NULL},
      {FORM_POINTER, "a", "JSON pointer"},
      {FORM_POINTER, "/a~2", "JSON pointer"},
      {FORM_HEADER, "X-Api_Key", NULL},
      {FORM_HEADER, "X Api", "header's name"},
      {FORM_HEADER, "X:", "header's name"},
      {FORM_HEADER, "X\r\nY", "control"},
      {FORM_HEADER, "\xc3\xbc", "header's name"},
      {FORM_PARAMETER, "api_key[]", NULL},
      {FORM_PARAMETER, "a=b", "parameter's name"},
      {FORM_PARAMETER, "a&b", "parameter's name"},
      {FORM_TOKEN_FORMAT, "{token}", NULL},
      {FORM_TOKEN_FORMAT, "Bearer {token}", NULL},
      {FORM_TOKEN_FORMAT, "Bearer", "{token}"},
      {FORM_TOKEN_FORMAT, "{token}{token}", "once"},
      {FORM_TOKEN_FORMAT, "{token}\n", "control"},
      {FORM_USER, "ann@acme.example", NULL},
      {FORM_USER, "", NULL},
      {FORM_USER, "ann:x", "colon"},
      {FORM_SCOPE, "https://www.example/auth/x.readonly", NULL},
      {FORM_SCOPE, "a b", "one a word"},
      {FORM_SCOPE, "a\"", "one a word"},
      {FORM_SCOPE, "b\xc3\xbc", "one a word"},
      {FORM_HOST, "my.salesforce.com", NULL},
      {FORM_HOST, "com", "domain"},
      {FORM_HOST, ".salesforce.com", "domain"},
      {FORM_HOST, "a..b", "domain"},
      {FORM_HOST, "a.b.", "domain"},
      {FORM_HOST, "*.b.c", "domain"},
      {FORM_HOST, "a.b/c", "domain"},
      {FORM_RATE, "10/s", NULL},
      {FORM_RATE, "5000/h", NULL},
      {FORM_RATE, "0/s", "rate"},
      {FORM_RATE, "10", "rate"},
      {FORM_RATE, "/s", "rate"},
      {FORM_RATE, "10/d", "rate"},
      {FORM_RATE, "10/s ", "rate"},
      {FORM_RATE, "1000000000/s", "rate"},
      {FORM_STORE, "external:pass", NULL},
      {FORM_STORE, "external:", "keyring"},
      {FORM_STORE, "external:../x", "keyring"},
      {FORM_STORE, "env", "keyring"},
      {FORM_SEPARATOR, ", ", NULL},
      {FORM_SEPARATOR, "123456789", "1 to 8"},
      {FORM_SEPARATOR, "\n", "control"},
      {FORM_LINE, "a b", NULL},
      {FORM_LINE, "", "must not be empty"},
      {FORM_LINE, "a\tb", "control"},
      {FORM_TEXT, "", NULL},
      {FORM_TEXT, "a\nb", "control"},
  };
  check(rows, ARRAY_LEN(rows));
}

Test(form, finds_whole_words_only)
{
  static const struct {
    const char *words, *text;
    int index;
  } rows[] = {
      {"auto|off", "auto", 0},      {"auto|off", "off", 1},
      {"auto|off", "o", -1},        {"auto|off", "", -1},
      {"auto|off", "auto|off", -1}, {"S256", "S256", 0},
      {"S256", "s256", -1},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(form_word(rows[i].words, rows[i].text), rows[i].index,
                 "'%s' in '%s'", rows[i].text, rows[i].words);
}
