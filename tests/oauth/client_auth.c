#include "oauth/client_auth.h"

#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "test-secret-not-real"

static struct profile *profile_of(const char *client)
{
  struct profile *profile = NULL;
  AUTO_STR char *json = mem_printf("{\"schema\": 1, \"client\": {%s}}", client);
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s: %s", json, err.message);
  return profile;
}

static struct secret *secret_of(const char *text)
{
  struct secret *secret = NULL;

  cr_assert_eq(secret_new(&secret, text, strlen(text), NULL), E_OK);
  return secret;
}

static void clean_environment(void)
{
  unsetenv("FOB_CLIENT_ID");
  unsetenv("FOB_CLIENT_SECRET");
  unsetenv("CREDENTIALS_DIRECTORY");
}

/* --- applying ---------------------------------------------------------- */

Test(client_auth, puts_each_method_where_it_belongs)
{
  static const struct {
    const char *client, *secret;
    const char *authorization, *form;
  } rows[] = {
      {"\"id\": \"fob-cli\"", NULL, NULL, "client_id=fob-cli"},
      {"\"id\": \"fob-cli\", \"auth\": \"none\"", SECRET, NULL,
       "client_id=fob-cli"},
      /* base64("fob-cli:test-secret-not-real") */
      {"\"id\": \"fob-cli\"", SECRET,
       "Basic Zm9iLWNsaTp0ZXN0LXNlY3JldC1ub3QtcmVhbA==", ""},
      {"\"id\": \"fob-cli\", \"auth\": \"client_secret_basic\"", SECRET,
       "Basic Zm9iLWNsaTp0ZXN0LXNlY3JldC1ub3QtcmVhbA==", ""},
      {"\"id\": \"fob-cli\", \"auth\": \"client_secret_post\"", SECRET, NULL,
       "client_id=fob-cli&client_secret=test-secret-not-real"},
      /* RFC 6749 §2.3.1, Appendix B: base64("a%3Ab+c:%25%2B%C3%A4") */
      {"\"id\": \"a:b c\"", "%+\xc3\xa4",
       "Basic YSUzQWIrYzolMjUlMkIlQzMlQTQ=", ""},
      /* basic_encoding raw: base64("a b:%+") */
      {"\"id\": \"a b\", \"basic_encoding\": \"raw\"", "%+", "Basic YSBiOiUr",
       ""},
      {"\"id\": \"a b\", \"auth\": \"client_secret_post\"", "%+&", NULL,
       "client_id=a+b&client_secret=%25%2B%26"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i].client);
    AUTO(secret) secret = rows[i].secret ? secret_of(rows[i].secret) : NULL;
    AUTO_HEADERS struct headers headers = {0};
    AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
    struct err err = ERR_INIT;
    const struct client client = {.profile = profile, .secret = secret};

    cr_assert_eq(client_auth_apply(&client, &headers, &form, &err), E_OK,
                 "%s: %s", rows[i].client, err.message);
    cr_expect_str_eq(buf_text(&form), rows[i].form);
    cr_expect_eq(headers.count, rows[i].authorization ? 1 : 0);
    if (rows[i].authorization) {
      cr_expect_str_eq(headers.items[0].name, "Authorization");
      cr_expect_null(headers.items[0].value);
      cr_expect_str_eq(secret_reveal(headers.items[0].secret),
                       rows[i].authorization);
    }
  }
}

Test(client_auth, refuses_what_it_cannot_do)
{
  static const struct {
    const char *client;
    bool secret;
    const char *message;
  } rows[] = {
      {"\"id\": \"x\", \"auth\": \"client_secret_basic\"", false,
       "needs a client secret"},
      {"\"id\": \"x\", \"auth\": \"client_secret_post\"", false,
       "needs a client secret"},
      {"\"auth\": \"client_secret_basic\"", true, "needs a client id"},
      {"\"id\": \"x\", \"auth\": \"client_secret_jwt\"", false,
       "needs a client secret"},
      {"\"id\": \"x\", \"auth\": \"private_key_jwt\"", true,
       "needs a signing key"},
      {"\"id\": \"x\", \"auth\": \"tls_client_auth\"", true,
       "needs a certificate"},
      {"\"id\": \"x\", \"auth\": \"self_signed_tls_client_auth\"", false,
       "needs a certificate"},
      {"\"id\": \"x\", \"auth\": \"client_secret_jwt\"", true,
       "no issuer that an assertion could be for"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i].client);
    AUTO(secret) secret = rows[i].secret ? secret_of(SECRET) : NULL;
    AUTO_HEADERS struct headers headers = {0};
    AUTO_BUF struct buf form = BUF_INIT(BUF_DOCUMENT);
    struct err err = ERR_INIT;
    const struct client client = {.profile = profile, .secret = secret};

    cr_expect_eq(client_auth_apply(&client, &headers, &form, &err), E_PROFILE,
                 "%s", rows[i].client);
    cr_expect_not_null(strstr(err.message, rows[i].message), "%s", err.message);
    cr_expect_eq(headers.count, 0);
    cr_expect_eq(form.len, 0);
  }
}

/* --- finding ----------------------------------------------------------- */

static void expect_found(const char *client, const struct record *record,
                         const char *secret)
{
  AUTO(profile) profile = profile_of(client);
  AUTO(secret) found = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(client_secret_find(&found, profile, record, &err), E_OK,
               "%s: %s", client, err.message);
  if (!secret) {
    cr_expect_null(found, "%s", client);
    return;
  }
  cr_assert_not_null(found, "%s", client);
  cr_expect_str_eq(secret_reveal(found), secret);
}

Test(client_auth, finds_the_secret_in_the_record)
{
  AUTO(record) record = NULL;

  clean_environment();
  cr_assert_eq(record_new(&record, "acme", NULL), E_OK);
  expect_found("\"id\": \"x\"", record, NULL);
  expect_found("\"id\": \"x\"", NULL, NULL);
  record->client_secret = secret_of(SECRET);
  expect_found("\"id\": \"x\"", record, SECRET);
}

Test(client_auth, takes_the_environment_for_that_client_alone)
{
  AUTO(record) record = NULL;

  clean_environment();
  cr_assert_eq(record_new(&record, "acme", NULL), E_OK);
  record->client_secret = secret_of(SECRET);
  setenv("FOB_CLIENT_SECRET", "test-env-secret-not-real", 1);
  expect_found("\"id\": \"x\"", record, SECRET);
  setenv("FOB_CLIENT_ID", "y", 1);
  expect_found("\"id\": \"x\"", record, SECRET);
  setenv("FOB_CLIENT_ID", "", 1);
  expect_found("\"id\": \"x\"", record, SECRET);
  setenv("FOB_CLIENT_ID", "x", 1);
  expect_found("\"id\": \"x\"", record, "test-env-secret-not-real");
  setenv("FOB_CLIENT_SECRET", "", 1); /* empty means unset */
  expect_found("\"id\": \"x\"", record, SECRET);
}

Test(client_auth, reads_the_variable_that_the_profile_names)
{
  clean_environment();
  setenv("FOB_CLIENT_SECRET", "test-env-secret-not-real", 1);
  setenv("ACME_SECRET", "test-acme-secret-not-real", 1);
  expect_found("\"id\": \"x\", \"secret\": {\"from\": \"env\"}", NULL,
               "test-env-secret-not-real");
  expect_found("\"id\": \"x\", \"secret\": {\"from\": \"env\", \"name\": "
               "\"ACME_SECRET\"}",
               NULL, "test-acme-secret-not-real");
  unsetenv("ACME_SECRET");
  expect_found("\"id\": \"x\", \"secret\": {\"from\": \"env\", \"name\": "
               "\"ACME_SECRET\"}",
               NULL, NULL);
}

Test(client_auth, reads_a_file_afresh)
{
  AUTO_STR char *path = mem_str(scratch_path("secret"));
  AUTO_STR char *client = mem_printf(
      "\"id\": \"x\", \"secret\": {\"from\": \"file\", \"path\": \"%s\"}",
      path);

  clean_environment();
  scratch_write(path, SECRET "\n", 0600);
  expect_found(client, NULL, SECRET);
  scratch_write(path, "test-rotated-not-real", 0400);
  expect_found(client, NULL, "test-rotated-not-real");
}

Test(client_auth, reads_a_systemd_credential)
{
  clean_environment();
  scratch_write(scratch_path("acme.secret"), SECRET "\n", 0400);
  setenv("CREDENTIALS_DIRECTORY", scratch_dir(), 1);
  expect_found(
      "\"id\": \"x\", \"secret\": {\"from\": \"credential\", \"name\": "
      "\"acme.secret\"}",
      NULL, SECRET);
}

Test(client_auth, names_a_source_that_gives_nothing)
{
  static const struct {
    const char *client;
    enum code code;
  } rows[] = {
      {"\"id\": \"x\", \"secret\": {\"from\": \"file\", \"path\": "
       "\"/nonexistent/secret\"}",
       E_PROFILE},
      {"\"id\": \"x\", \"secret\": {\"from\": \"credential\", \"name\": "
       "\"acme\"}",
       E_ENVIRONMENT},
  };

  clean_environment();
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = profile_of(rows[i].client);
    AUTO(secret) found = NULL;
    struct err err = ERR_INIT;

    cr_expect_eq(client_secret_find(&found, profile, NULL, &err), rows[i].code,
                 "%s: %s", rows[i].client, err.message);
    cr_expect_null(found);
  }
}

Test(client_auth, takes_a_bare_secret_or_googles_json)
{
  static const struct {
    const char *text, *secret; /* NULL: refused */
  } rows[] = {
      {SECRET, SECRET},
      {SECRET "\n", SECRET},
      {SECRET "\r\n", SECRET},
      {"{\"installed\":{\"client_id\":\"x\",\"client_secret\":\"" SECRET
       "\"}}\n",
       SECRET},
      {"{\"web\":{\"client_secret\":\"" SECRET "\"}}", SECRET},
      {"{\"client_secret\":\"" SECRET "\"}", SECRET},
      {"{\"installed\":{}}", NULL},
      {"{\"client_secret\":1}", NULL},
      {"{\"client_secret\":\"a\\nb\"}", NULL},
      {"{", NULL},
      {"", NULL},
      {"\n", NULL},
      {"a\nb", NULL},
      {"a\tb", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(secret) secret = NULL;
    struct err err = ERR_INIT;
    enum code code =
        client_secret_parse(&secret, rows[i].text, strlen(rows[i].text),
                            E_USAGE, "the client secret", &err);

    cr_expect_eq(code, rows[i].secret ? E_OK : E_USAGE, "%s: %s", rows[i].text,
                 err.message);
    if (code == E_OK)
      cr_expect_str_eq(secret_reveal(secret), rows[i].secret);
    cr_expect_null(strstr(err.message, SECRET));
  }
}
