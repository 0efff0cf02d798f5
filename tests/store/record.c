#include "store/record.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

/* Every member, and one that nobody knows in each object. */
static const char full[] =
    "{\"schema\":1,\"profile\":\"acme\",\"generation\":7,\"created\":"
    "1700000000,"
    "\"grant\":\"authorization_code\","
    "\"bound\":{\"issuer\":\"https://login.acme.example/t\","
    "\"authorization_endpoint\":\"https://login.acme.example/authorize\","
    "\"token_endpoint\":\"https://login.acme.example/token\","
    "\"revocation_endpoint\":\"https://login.acme.example/revoke\","
    "\"introspection_endpoint\":\"https://login.acme.example/introspect\","
    "\"userinfo_endpoint\":\"https://login.acme.example/me\","
    "\"end_session_endpoint\":\"https://login.acme.example/end\","
    "\"jwks_uri\":\"https://login.acme.example/jwks\","
    "\"client_id\":\"fob-cli\",\"future_endpoint\":\"https://x.example\","
    "\"api\":[\"https://api.acme.example/v2\",\"https://b.example\"]},"
    "\"account\":{\"sub\":\"248289761001\",\"label\":\"ann@acme.example\","
    "\"picture\":\"future\"},"
    "\"refresh_token\":\"test-refresh-not-real\","
    "\"refresh_expires_at\":1800000000,"
    "\"refresh_refused\":{\"at\":1700000500,\"error\":\"invalid_grant\","
    "\"description\":\"refresh token\\nexpired\",\"uri\":\"future\"},"
    "\"pending_at\":1700000400,\"scope_granted\":\"openid api:read\","
    "\"authorization_details\":\"[{\\\"type\\\":\\\"payment\\\"}]\","
    "\"id_token\":\"test-id-token-not-real\","
    "\"client_secret\":\"test-client-secret-not-real\","
    "\"client_secret_expires_at\":1900000000,"
    "\"signing_key\":\"test-signing-key-not-real\","
    "\"dpop_key\":\"test-dpop-key-not-real\","
    "\"registration_access_token\":\"test-registration-not-real\","
    "\"registration_client_uri\":\"https://login.acme.example/r/1\","
    "\"secret\":\"test-pat-not-real\",\"secret_expires_at\":1750000000,"
    "\"access\":{"
    "\"\":{\"access_token\":\"test-access-not-real\",\"token_type\":\"bearer\","
    "\"scope\":\"openid\",\"issued_at\":1700000100,\"expires_at\":1700003700,"
    "\"confirmation\":\"future\"},"
    "\"scope=x\":{\"access_token\":\"test-access-2-not-real\","
    "\"issued_at\":1700000200}},"
    "\"future_key\":{\"kty\":\"future\"},\"other_key\":\"future\"}";

static struct record *parse(const char *text)
{
  struct record *record = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(record_parse(&record, text, strlen(text), "acme", &err), E_OK,
               "%s", err.message);
  return record;
}

/* The written form, as a document. */
static json_t *written(const struct record *record)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_RECORD);
  struct err err = ERR_INIT;
  cr_assert_eq(record_write(record, &out, &err), E_OK, "%s", err.message);
  json_t *document = json_loadb(out.data, out.len, 0, NULL);
  cr_assert_not_null(document);
  return document;
}

static void expect_document(const json_t *got, const char *want_text)
{
  AUTO_JSON json_t *want = json_loads(want_text, 0, NULL);
  cr_assert_not_null(want);
  AUTO_BUF struct buf shown = BUF_INIT(BUF_RECORD);
  struct err err = ERR_INIT;
  cr_assert_eq(json_write(&shown, got, 1, &err), E_OK);
  cr_expect(json_equal(got, want), "%s", buf_text(&shown));
}

Test(record, reads_every_member)
{
  AUTO(record) r = parse(full);
  cr_expect_str_eq(r->profile, "acme");
  cr_expect_eq(r->generation, 7);
  cr_expect_eq(r->created, 1700000000);
  cr_expect_str_eq(r->grant, "authorization_code");
  cr_expect_str_eq(r->bound.issuer, "https://login.acme.example/t");
  cr_expect_str_eq(r->bound.authorization_endpoint,
                   "https://login.acme.example/authorize");
  cr_expect_str_eq(r->bound.token_endpoint, "https://login.acme.example/token");
  cr_expect_str_eq(r->bound.revocation_endpoint,
                   "https://login.acme.example/revoke");
  cr_expect_str_eq(r->bound.introspection_endpoint,
                   "https://login.acme.example/introspect");
  cr_expect_str_eq(r->bound.userinfo_endpoint, "https://login.acme.example/me");
  cr_expect_str_eq(r->bound.end_session_endpoint,
                   "https://login.acme.example/end");
  cr_expect_str_eq(r->bound.jwks_uri, "https://login.acme.example/jwks");
  cr_expect_str_eq(r->bound.client_id, "fob-cli");
  cr_assert_eq(r->bound.api_count, 2);
  cr_expect_str_eq(r->bound.api[0], "https://api.acme.example/v2");
  cr_expect_str_eq(r->bound.api[1], "https://b.example");
  cr_expect_str_eq(r->account_sub, "248289761001");
  cr_expect_str_eq(r->account_label, "ann@acme.example");
  cr_expect_str_eq(secret_reveal(r->refresh_token), "test-refresh-not-real");
  cr_expect_eq(r->refresh_expires_at, 1800000000);
  cr_expect_eq(r->refresh_refused_at, 1700000500);
  cr_expect_str_eq(r->refresh_refused_error, "invalid_grant");
  cr_expect_str_eq(r->refresh_refused_text, "refresh token\nexpired");
  cr_expect_eq(r->pending_at, 1700000400);
  cr_expect_str_eq(r->scope_granted, "openid api:read");
  cr_expect_str_eq(r->authorization_details, "[{\"type\":\"payment\"}]");
  cr_expect_str_eq(secret_reveal(r->id_token), "test-id-token-not-real");
  cr_expect_str_eq(secret_reveal(r->client_secret),
                   "test-client-secret-not-real");
  cr_expect_eq(r->client_secret_expires_at, 1900000000);
  cr_expect_str_eq(secret_reveal(r->signing_key), "test-signing-key-not-real");
  cr_expect_str_eq(secret_reveal(r->dpop_key), "test-dpop-key-not-real");
  cr_expect_str_eq(secret_reveal(r->registration_access_token),
                   "test-registration-not-real");
  cr_expect_str_eq(r->registration_client_uri,
                   "https://login.acme.example/r/1");
  cr_expect_str_eq(secret_reveal(r->secret), "test-pat-not-real");
  cr_expect_eq(r->secret_expires_at, 1750000000);
  cr_assert_eq(r->access_count, 2);
  const struct record_access *own = record_find(r, "");
  cr_assert_not_null(own);
  cr_expect_str_eq(secret_reveal(own->token), "test-access-not-real");
  cr_expect_str_eq(own->token_type, "bearer");
  cr_expect_str_eq(own->scope, "openid");
  cr_expect_eq(own->issued_at, 1700000100);
  cr_expect_eq(own->expires_at, 1700003700);
  const struct record_access *other = record_find(r, "scope=x");
  cr_assert_not_null(other);
  cr_expect_null(other->token_type);
  cr_expect_null(other->scope);
  cr_expect_eq(other->expires_at, CLOCK_NEVER);
  cr_expect_null(record_find(r, "scope=y"));
}

Test(record, absent_members_have_their_defaults)
{
  AUTO(record)
  r = parse("{\"schema\":1,\"profile\":\"acme\",\"generation\":0,"
            "\"created\":1,\"grant\":\"token\"}");
  cr_expect_null(r->bound.issuer);
  cr_expect_eq(r->bound.api_count, 0);
  cr_expect_null(r->account_sub);
  cr_expect_null(r->refresh_token);
  cr_expect_eq(r->refresh_expires_at, CLOCK_NEVER);
  cr_expect_eq(r->secret_expires_at, CLOCK_NEVER);
  cr_expect_eq(r->refresh_refused_at, 0);
  cr_expect_eq(r->pending_at, 0);
  cr_expect_null(record_find(r, ""));
  cr_expect_null(r->extra);
  AUTO_JSON json_t *document = written(r);
  expect_document(document,
                  "{\"schema\":1,\"profile\":\"acme\",\"generation\":0,"
                  "\"created\":1,\"grant\":\"token\"}");
}

Test(record, writing_what_was_read_loses_nothing)
{
  AUTO(record) r = parse(full);
  AUTO_JSON json_t *document = written(r);
  expect_document(document, full);
}

Test(record, a_copy_is_whole_and_its_own)
{
  AUTO(record) r = parse(full);
  struct record *copy = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(record_copy(&copy, r, &err), E_OK);
  cr_expect(secret_equal(r->refresh_token, copy->refresh_token));
  cr_assert_eq(record_set_text(&copy->grant, "changed", &err), E_OK);
  record_drop_access(copy);
  AUTO_JSON json_t *original = written(r);
  expect_document(original, full);
  record_free(copy);
  AUTO_JSON json_t *again = written(r);
  expect_document(again, full);
}

/* Puts a value (JSON text; NULL: none) at a member of the full document. */
static char *altered(const char *holder, const char *member, const char *value)
{
  AUTO_JSON json_t *document = json_loads(full, 0, NULL);
  json_t *object = *holder == '\0' ? document : json_pointer(document, holder);
  cr_assert(json_is_object(object), "%s", holder);
  if (value == NULL)
    cr_assert_eq(json_object_del(object, member), 0, "%s", member);
  else
    json_object_set_new(object, member,
                        json_loads(value, JSON_DECODE_ANY, NULL));
  AUTO_BUF struct buf out = BUF_INIT(BUF_RECORD);
  struct err err = ERR_INIT;
  char *text = NULL;
  cr_assert_eq(json_write(&out, document, 0, &err), E_OK);
  cr_assert_eq(buf_detach(&out, &text, NULL, &err), E_OK);
  return text;
}

Test(record, names_the_malformed_member)
{
  static const struct {
    const char *holder, *member, *value, *named;
  } rows[] = {
      {"", "schema", NULL, "'schema'"},
      {"", "schema", "\"1\"", "'schema'"},
      {"", "schema", "0", "'schema'"},
      {"", "schema", "2", "newer fob"},
      {"", "profile", NULL, "'profile'"},
      {"", "profile", "7", "'profile'"},
      {"", "profile", "\"other\"", "'profile' names another profile"},
      {"", "generation", NULL, "'generation'"},
      {"", "generation", "-1", "'generation'"},
      {"", "generation", "1.5", "'generation'"},
      {"", "generation", "\"1\"", "'generation'"},
      {"", "generation", "9223372036854775807", "'generation'"},
      {"", "created", NULL, "'created'"},
      {"", "created", "null", "'created'"},
      {"", "grant", NULL, "'grant'"},
      {"", "grant", "\"a\\nb\"", "'grant' holds a control character"},
      {"", "bound", "[]", "'bound'"},
      {"/bound", "issuer", "1", "'bound.issuer'"},
      {"/bound", "issuer", "\"https://a\\u007f\"", "'bound.issuer'"},
      {"/bound", "authorization_endpoint", "[]",
       "'bound.authorization_endpoint'"},
      {"/bound", "token_endpoint", "{}", "'bound.token_endpoint'"},
      {"/bound", "revocation_endpoint", "true", "'bound.revocation_endpoint'"},
      {"/bound", "introspection_endpoint", "1",
       "'bound.introspection_endpoint'"},
      {"/bound", "jwks_uri", "1", "'bound.jwks_uri'"},
      {"/bound", "client_id", "null", "'bound.client_id'"},
      {"/bound", "api", "\"https://a.example\"", "'bound.api'"},
      {"/bound", "api", "[1]", "'bound.api'"},
      {"/bound", "api", "[\"https://a\\r\"]", "'bound.api'"},
      {"", "account", "\"ann\"", "'account'"},
      {"/account", "sub", "1", "'account.sub'"},
      {"/account", "label", "1", "'account.label'"},
      {"", "refresh_token", "null", "'refresh_token'"},
      {"", "refresh_token", "\"a\\r\\nb\"", "'refresh_token'"},
      {"", "refresh_expires_at", "\"never\"", "'refresh_expires_at'"},
      {"", "refresh_refused", "1", "'refresh_refused'"},
      {"/refresh_refused", "at", "-5", "'refresh_refused.at'"},
      {"/refresh_refused", "error", "1", "'refresh_refused.error'"},
      {"/refresh_refused", "description", "1", "'refresh_refused.description'"},
      {"", "pending_at", "true", "'pending_at'"},
      {"", "scope_granted", "[]", "'scope_granted'"},
      {"", "authorization_details", "[]", "'authorization_details'"},
      {"", "id_token", "1", "'id_token'"},
      {"", "client_secret", "1", "'client_secret'"},
      {"", "secret", "{}", "'secret'"},
      {"", "secret_expires_at", "\"1\"", "'secret_expires_at'"},
      {"", "access", "[]", "'access'"},
      {"/access", "", "1", "'access."},
      {"/access/", "access_token", NULL, "'access_token' of the token ''"},
      {"/access/", "access_token", "1", "'access_token' of the token ''"},
      {"/access/", "access_token", "\"\\u0001\"",
       "'access_token' of the token"},
      {"/access/", "token_type", "1", "'token_type' of the token ''"},
      {"/access/", "scope", "1", "'scope' of the token ''"},
      {"/access/", "issued_at", NULL, "'issued_at' of the token ''"},
      {"/access/scope=x", "issued_at", "-1",
       "'issued_at' of the token 'scope="},
      {"/access/", "expires_at", "1e3", "'expires_at' of the token ''"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *text =
        altered(rows[i].holder, rows[i].member, rows[i].value);
    struct record *record = NULL;
    struct err err = ERR_INIT;
    enum code code = record_parse(&record, text, strlen(text), "acme", &err);
    cr_expect_eq(code, E_STORE_BROKEN, "%s %s = %s", rows[i].holder,
                 rows[i].member, rows[i].value != NULL ? rows[i].value : "-");
    cr_expect_null(record);
    cr_expect_not_null(strstr(err.message, rows[i].named), "%s: %s",
                       rows[i].named, err.message);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
    cr_expect_not_null(strstr(err.message, "acme"), "%s", err.message);
  }
}

Test(record, refuses_what_is_no_document)
{
  static const char *const texts[] = {"",       "{",        "[]",
                                      "null",   "{} {}",    "{\"schema\":1",
                                      "\xff",   "\"acme\"", "{\"a\":1,\"a\":2}",
                                      "{'a':1}"};
  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    struct record *record = NULL;
    struct err err = ERR_INIT;
    cr_expect_eq(
        record_parse(&record, texts[i], strlen(texts[i]), "acme", &err),
        E_STORE_BROKEN, "%s", texts[i]);
    cr_expect_null(record);
  }
}

Test(record, no_truncation_passes_for_a_record)
{
  for (size_t len = 0; len < sizeof full - 1; len++) {
    struct record *record = NULL;
    struct err err = ERR_INIT;
    cr_assert_eq(record_parse(&record, full, len, "acme", &err), E_STORE_BROKEN,
                 "%zu bytes", len);
  }
}

Test(record, bounds_the_tokens_and_bases_it_reads)
{
  static const struct {
    const char *holder, *member;
    size_t most;
  } rows[] = {{"/bound", "api", RECORD_API_MAX},
              {"", "access", RECORD_ACCESS_MAX}};
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    for (size_t more = 0; more < 2; more++) {
      AUTO_BUF struct buf value = BUF_INIT(BUF_RECORD);
      for (size_t n = 0; n < rows[i].most + more; n++)
        if (i == 0)
          buf_printf(&value, "%s\"https://h%zu.example\"", n == 0 ? "[" : ",",
                     n);
        else
          buf_printf(&value,
                     "%s\"k%zu\":{\"access_token\":\"t\",\"issued_at\":1}",
                     n == 0 ? "{" : ",", n);
      buf_puts(&value, i == 0 ? "]" : "}");
      AUTO_STR char *text =
          altered(rows[i].holder, rows[i].member, buf_text(&value));
      struct record *record = NULL;
      struct err err = ERR_INIT;
      cr_expect_eq(record_parse(&record, text, strlen(text), "acme", &err),
                   more == 0 ? E_OK : E_STORE_BROKEN, "%s %zu", rows[i].member,
                   rows[i].most + more);
      record_free(record);
    }
  }
}

static struct record_access token(const char *key, struct secret *secret,
                                  int64_t issued_at)
{
  return (struct record_access){.key = (char *)(uintptr_t)key,
                                .token = secret,
                                .issued_at = issued_at,
                                .expires_at = CLOCK_NEVER};
}

Test(record, keeping_replaces_under_the_same_key)
{
  struct err err = ERR_INIT;
  AUTO(record) r = parse(full);
  struct secret *secret = NULL;
  cr_assert_eq(secret_new(&secret, "test-new-not-real", 17, &err), E_OK);
  struct record_access access = token("", secret, 1700009000);
  cr_assert_eq(record_keep(r, &access, &err), E_OK);
  secret_free(secret);
  cr_assert_eq(r->access_count, 2);
  cr_expect_str_eq(secret_reveal(record_find(r, "")->token),
                   "test-new-not-real");
  AUTO_JSON json_t *document = written(r);
  cr_expect_null(json_pointer(document, "/access//confirmation"),
                 "what was noted about the old token went with it");
  cr_expect_not_null(json_pointer(document, "/bound/future_endpoint"));
}

Test(record, the_oldest_token_gives_way)
{
  struct err err = ERR_INIT;
  struct record *r = NULL;
  cr_assert_eq(record_new(&r, "acme", &err), E_OK);
  struct secret *secret = NULL;
  cr_assert_eq(secret_new(&secret, "test-token-not-real", 19, &err), E_OK);
  for (int i = 0; i < RECORD_ACCESS_MAX + 1; i++) {
    AUTO_STR char *key = mem_printf("k%d", i);
    /* k5 is the oldest. */
    struct record_access access = token(key, secret, i == 5 ? 1 : 100 + i);
    cr_assert_eq(record_keep(r, &access, &err), E_OK);
  }
  secret_free(secret);
  cr_expect_eq(r->access_count, RECORD_ACCESS_MAX);
  cr_expect_null(record_find(r, "k5"));
  cr_expect_not_null(record_find(r, "k0"));
  cr_expect_not_null(record_find(r, "k32"));
  record_free(r);
}

Test(record, dropping_tokens_leaves_no_trace_of_them)
{
  AUTO(record) r = parse(full);
  record_drop_access(r);
  AUTO_JSON json_t *document = written(r);
  cr_expect_null(json_object_get(document, "access"));
  cr_expect_not_null(json_object_get(document, "future_key"));
}

Test(record, a_cleared_refusal_takes_its_unknown_members_along)
{
  struct err err = ERR_INIT;
  AUTO(record) r = parse(full);
  r->refresh_refused_at = 0;
  cr_assert_eq(record_set_text(&r->refresh_refused_error, NULL, &err), E_OK);
  cr_assert_eq(record_set_text(&r->refresh_refused_text, NULL, &err), E_OK);
  AUTO_JSON json_t *document = written(r);
  cr_expect_null(json_object_get(document, "refresh_refused"));
}

Test(record, does_not_write_what_it_could_not_read)
{
  static const struct {
    const char *bytes;
    size_t len;
  } rows[] = {{"a\nb", 3}, {"a\0b", 3}, {"a\xff", 2}, {"a\x7f", 2}};
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    AUTO(record) r = parse(full);
    secret_free(r->refresh_token);
    r->refresh_token = NULL;
    cr_assert_eq(
        secret_new(&r->refresh_token, rows[i].bytes, rows[i].len, &err), E_OK);
    AUTO_BUF struct buf out = BUF_INIT(BUF_RECORD);
    cr_expect_eq(record_write(r, &out, &err), E_LOCAL);
    cr_expect_not_null(strstr(err.message, "'refresh_token'"));
  }
}

Test(record, keeps_a_servers_words_as_they_are)
{
  struct err err = ERR_INIT;
  AUTO(record) r = parse(full);
  cr_assert_eq(record_set_text(&r->account_sub, "a\tb\x1b[31m\xc3\xa9", &err),
               E_OK);
  /* From a form-encoded answer: any bytes. JSON cannot hold them. */
  cr_assert_eq(record_set_text(&r->refresh_refused_text, "bad \xff", &err),
               E_OK);
  AUTO_JSON json_t *document = written(r);
  cr_expect_str_eq(json_text(json_object_get(document, "account"), "sub"),
                   "a\tb\x1b[31m\xc3\xa9");
  cr_expect_str_eq(
      json_text(json_object_get(document, "refresh_refused"), "description"),
      "bad \\xff");
}

Test(record, lists_a_base_once_and_bounds_them)
{
  struct err err = ERR_INIT;
  struct record *r = NULL;
  cr_assert_eq(record_new(&r, "acme", &err), E_OK);
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < RECORD_API_MAX; i++) {
      AUTO_STR char *base = mem_printf("https://h%d.example", i);
      cr_assert_eq(record_add_api(r, base, &err), E_OK);
    }
  cr_expect_eq(r->bound.api_count, RECORD_API_MAX);
  cr_expect_eq(record_add_api(r, "https://more.example", &err), E_PROFILE);
  record_free(r);
}
