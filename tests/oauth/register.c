#include "oauth/register.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/mutate.h"

#include <criterion/criterion.h>
#include <string.h>

#define ENDPOINT "https://login.acme.example/register"

static const char good[] =
    "{\"client_id\":\"c-1\",\"client_id_issued_at\":1700000000,"
    "\"client_secret\":\"test-client-secret-not-real\","
    "\"client_secret_expires_at\":1900000000,"
    "\"token_endpoint_auth_method\":\"client_secret_post\","
    "\"redirect_uris\":[\"http://127.0.0.1/callback\",\"https://x.example/\"],"
    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
    "\"response_types\":[\"code\"],\"scope\":\"openid api:read\","
    "\"registration_access_token\":\"test-registration-not-real\","
    "\"registration_client_uri\":\"https://login.acme.example/register/c-1\","
    "\"client_name\":7}";

static char *uris[] = {(char *)"http://127.0.0.1/callback"};
static const struct text_list redirects = {.items = uris, .count = 1};

static const struct registration_ask ask = {.endpoint = ENDPOINT,
                                            .redirect_uris = &redirects,
                                            .grant = "authorization_code",
                                            .scope = "openid"};

static enum code read_as(struct registration **ret, const char *text,
                         const struct registration_ask *as, struct err *err)
{
  return registration_read(ret, text, strlen(text), as, err);
}

Test(register, answer_is_read_whole)
{
  AUTO(registration) r = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(read_as(&r, good, &ask, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(r->client_id, "c-1");
  cr_expect_eq(r->auth, CLIENT_SECRET_POST);
  cr_expect_str_eq(secret_reveal(r->secret), "test-client-secret-not-real");
  cr_expect_eq(r->secret_expires_at, 1900000000);
  cr_expect_str_eq(secret_reveal(r->access_token),
                   "test-registration-not-real");
  cr_expect_str_eq(r->uri, "https://login.acme.example/register/c-1");
}

/* What it may leave out, or have otherwise. */
static bool is_fine(const struct mutation *m)
{
  static const char *const optional[] = {"/token_endpoint_auth_method",
                                         "/grant_types", "/response_types",
                                         "/scope"};
  const char *way = mutate_name(m->how);
  bool absent = m->kind == MUTATE_REMOVED || strcmp(way, "null") == 0;

  for (size_t i = 0; i < ARRAY_LEN(optional); i++)
    if (strcmp(m->member, optional[i]) == 0 && absent)
      return true;
  if (strcmp(m->member, "/client_secret_expires_at") == 0)
    return strcmp(way, "1") == 0;
  if (strcmp(m->member, "/scope") == 0)
    return strcmp(way, "an empty text") == 0;
  /* another entry of a list: what fob needs is still there */
  return strncmp(m->member, "/redirect_uris/1", 16) == 0 ||
         strncmp(m->member, "/grant_types/1", 14) == 0 ||
         strcmp(m->member, "/client_name") == 0 ||
         strcmp(m->member, "/client_id_issued_at") == 0;
}

Test(register, answer_mutated_is_refused_in_one_line)
{
  AUTO_JSON json_t *document = json_loads(good, 0, NULL);

  for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, document);) {
    AUTO(registration) r = NULL;
    struct err err = ERR_INIT;
    enum code code = registration_read(&r, m.text, m.len, &ask, &err);

    if (is_fine(&m))
      continue;
    cr_expect(code == E_ANSWER || code == E_CHECK || code == E_LESS ||
                  code == E_PLAIN_HTTP,
              "%s: %d %s", m.name, code, err.message);
    cr_expect_null(r);
    cr_expect_null(strpbrk(err.message, "\n\033\r"), "%s", m.name);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
  }
}

static const struct {
  const char *member, *value; /* JSON; NULL: taken out */
  enum code code;
} rows[] = {
    {"registration_client_uri", "\"https://evil.example/r\"", E_CHECK},
    {"registration_client_uri", "\"https://login.acme.example:8443/r\"",
     E_CHECK},
    {"registration_client_uri", "\"http://login.acme.example/r\"",
     E_PLAIN_HTTP},
    {"registration_access_token", "\"a b\"", E_ANSWER},
    {"registration_access_token", NULL, E_ANSWER},
    {"token_endpoint_auth_method", "\"private_key_jwt\"", E_LESS},
    {"token_endpoint_auth_method", "\"client_secret_jwt\"", E_LESS},
    {"token_endpoint_auth_method", "\"none\"", E_OK},
    {"client_secret", NULL, E_ANSWER},
    {"client_secret_expires_at", "-1", E_ANSWER},
    {"client_secret_expires_at", "1.5", E_ANSWER},
    {"redirect_uris", "[\"http://127.0.0.1:80/callback\"]", E_LESS},
    {"redirect_uris", "[]", E_LESS},
    {"grant_types", "[\"client_credentials\"]", E_LESS},
    {"response_types", "[\"token\"]", E_LESS},
    {"scope", "\"other\"", E_OK}, /* seen at the login */
};

Test(register, answer_must_do_for_a_login)
{
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_JSON json_t *document = json_loads(good, 0, NULL);
    AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
    AUTO(registration) r = NULL;
    struct err err = ERR_INIT;

    if (rows[i].value)
      json_object_set_new(document, rows[i].member,
                          json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
    else
      json_object_del(document, rows[i].member);
    cr_assert_eq(json_write(&text, document, 0, &err), E_OK);
    enum code code = read_as(&r, buf_text(&text), &ask, &err);
    cr_expect_eq(code, rows[i].code, "%s %s: %d %s", rows[i].member,
                 rows[i].value ? rows[i].value : "missing", code, err.message);
  }
}

/* A public client's secret is none, and 0 is never. */
Test(register, answer_for_a_public_client_leaves_the_secret)
{
  static const char public[] =
      "{\"client_id\":\"c\",\"client_secret\":\"test-not-real\","
      "\"client_secret_expires_at\":1,\"token_endpoint_auth_method\":\"none\","
      "\"redirect_uris\":[\"http://127.0.0.1/callback\"]}";
  static const char bare[] =
      "{\"client_id\":\"c\",\"client_secret\":\"test-not-real\","
      "\"client_secret_expires_at\":0,"
      "\"redirect_uris\":[\"http://127.0.0.1/callback\"]}";
  AUTO(registration) r = NULL;
  AUTO(registration) b = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(read_as(&r, public, &ask, &err), E_OK, "%s", err.message);
  cr_expect_eq(r->auth, CLIENT_NONE);
  cr_expect_null(r->secret);
  cr_expect_eq(r->secret_expires_at, CLOCK_NEVER);
  cr_expect_null(r->uri);
  cr_expect_null(r->access_token);
  cr_assert_eq(read_as(&b, bare, &ask, &err), E_OK, "%s", err.message);
  cr_expect_eq(b->auth, CLIENT_SECRET_BASIC);
  cr_expect_eq(b->secret_expires_at, CLOCK_NEVER);
}

/* RFC 7592 §2.1: what is said of the stored client. */
Test(register, answer_of_the_management_is_about_that_client)
{
  struct registration_ask of = ask;
  AUTO(registration) r = NULL;
  AUTO(registration) other = NULL;
  struct err err = ERR_INIT;

  of.client_id = "c-1";
  cr_expect_eq(read_as(&r, good, &of, &err), E_OK, "%s", err.message);
  of.client_id = "c-2";
  cr_expect_eq(read_as(&other, good, &of, &err), E_CHECK);
  of.client_id = "c-1";
  of.scope = "openid api:write";
  cr_expect_eq(read_as(&other, good, &of, &err), E_LESS);
}
