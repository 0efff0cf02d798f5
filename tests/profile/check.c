/* What is refused in a profile, each with the document and the member named. */
#include "profile/check.h"

#include "base/mem.h"
#include "profile/schema.h"
#include "world.h"

TestSuite(check, .init = world_make);

/* {"a":{"b":VALUE}} for the path a.b; mem_free. */
static char *document_of(const char *path, const char *value)
{
  AUTO_STR char *inner = NULL;
  const char *dot = strchr(path, '.');

  if (dot == NULL)
    return mem_printf("{\"%s\":%s}", path, value);
  inner = document_of(dot + 1, value);
  return mem_printf("{\"%.*s\":%s}", (int)(dot - path), path, inner);
}

static const char *const wrong_texts[] = {"{}",  "[]",   "[\"x\"]",   "1",
                                          "1.5", "true", "\"a\\nb\"", NULL};
static const char *const wrong_lists[] = {
    "{}", "\"x\"", "1", "true", "[1]", "[null]", "[[\"x\"]]", "[{}]", NULL};
static const char *const wrong_maps[] = {
    "[]",        "\"x\"",      "1",          "true",
    "{\"k\":1}", "{\"k\":[]}", "{\"k\":{}}", "{\"k\":\"a\\nb\"}",
    NULL};
static const char *const wrong_objects[] = {"[]", "\"x\"", "1", "true", NULL};
static const char *const wrong_bools[] = {"\"true\"", "1", "{}", "[]", NULL};
static const char *const wrong_integers[] = {"\"1\"", "1.5", "true", "{}",
                                             "[]",    "-1",  "99",   NULL};
static const char *const wrong_seconds[] = {
    "true", "{}", "[]", "-1", "0", "1.5", "\"5x\"", "\"\"", "\"-5\"", NULL};
static const char *const wrong_details[] = {
    "{}", "\"x\"", "1", "[1]", "[{}]", "[{\"type\":1}]", "[{\"type\":\"\"}]",
    NULL};

static const char *const *wrong_values(enum shape shape)
{
  switch (shape) {
  case SHAPE_OBJECT:
    return wrong_objects;
  case SHAPE_TEXT:
    return wrong_texts;
  case SHAPE_LIST:
    return wrong_lists;
  case SHAPE_MAP:
    return wrong_maps;
  case SHAPE_BOOL:
    return wrong_bools;
  case SHAPE_INTEGER:
    return wrong_integers;
  case SHAPE_SECONDS:
    return wrong_seconds;
  default:
    return wrong_details;
  }
}

Test(check, refuses_every_wrong_type_of_every_member)
{
  const struct member *row;
  size_t tried = 0;

  for (size_t i = 0; (row = schema_row(&schema_profile, i)) != NULL; i++) {
    const char *const *values = wrong_values(row->shape);
    for (size_t v = 0; values[v] != NULL; v++, tried++) {
      AUTO_STR char *text = document_of(row->path, values[v]);
      world_refuse(text, "profile 'acme'");
      cr_expect_not_null(strstr(err.message, row->path), "%s: %s", text,
                         err.message);
      cr_expect_str_neq(err.hint, "", "%s", text);
    }
  }
  cr_expect_gt(tried, 800, "tried %zu", tried);
}

Test(check, refuses_words_that_a_member_does_not_know)
{
  const struct member *row;

  for (size_t i = 0; (row = schema_row(&schema_profile, i)) != NULL; i++) {
    if (row->form != FORM_WORD || row->shape != SHAPE_TEXT)
      continue;
    AUTO_STR char *text = document_of(row->path, "\"nonsense\"");
    world_refuse(text, "not 'nonsense'");
    cr_expect_not_null(strstr(err.message, row->path), "%s", err.message);
  }
  world_refuse("{\"dpop\":\"on\"}",
               "dpop must be off, auto or required, not 'on'");
  world_refuse("{\"dpop\":\"testvaluethatistoolongtobeawordandmaybeatoken\"}",
               "must be off, auto or required");
  cr_expect_null(strstr(err.message, "maybeatoken"));
}

Test(check, takes_null_for_every_member)
{
  const struct member *row;

  for (size_t i = 0; (row = schema_row(&schema_profile, i)) != NULL; i++) {
    if (strncmp(row->path, "api_from_token.", 15) == 0)
      continue;
    AUTO_STR char *text = document_of(row->path, "null");
    profile_free(world_parse(text));
  }
}

Test(check, takes_what_the_words_promise)
{
  const struct member *row;

  for (size_t i = 0; (row = schema_row(&schema_profile, i)) != NULL; i++) {
    for (const char *word = row->words; word != NULL && *word != '\0';) {
      size_t len = strcspn(word, "|");
      AUTO_STR char *value = mem_printf("\"%.*s\"", (int)len, word);
      AUTO_STR char *text = document_of(row->path, value);
      struct profile *profile = NULL;
      enum code code =
          profile_parse(&profile, "acme", text, strlen(text), &err);
      /* Some need a second member; that is what they say then. */
      cr_expect(code == E_OK || strstr(err.message, "must be stated") ||
                    strstr(err.message, "must name"),
                "%s: %s", text, err.message);
      profile_free(profile);
      word += len + (word[len] == '|');
    }
  }
}

Test(check, refuses_malformed_documents)
{
  static const struct {
    const char *text, *reason;
  } rows[] = {
      {"", "empty"},
      {" \n", "empty"},
      {"[]", "not an object"},
      {"\"x\"", "not an object"},
      {"{", "line 1"},
      {"{\"api\":[],}", "line 1"},
      {"{\"api\":[]} x", "behind"},
      {"{\"api\":[],\n\"api\":[]}", "twice"},
      {"{\"client\":{\"id\":\"a\",\"id\":\"b\"}}", "twice"},
      {"{\"x-a\":1,\"x-a\":2}", "twice"},
      {"{'api':[]}", "line 1"},
      {"{\"schema\":1e9}", "schema must be a whole number"},
      {"{\"description\":\"a\\u0000b\"}", "NUL"},
      {"{\"a\\u0000b\":1}", "NUL"},
      {"{\"description\":\"\xff\"}", "not UTF-8"},
      {"{\"description\":\"\xed\xa0\x80\"}", "not UTF-8"},
      {"\xef\xbb\xbf{}", "byte order mark"},
      {"{\"x-n\":99999999999999999999}", "too large"},
      {"{\"x-n\":NaN}", "line 1"},
      {"{} // comment", "behind"},
      {"/* comment */ {}", "line 1"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    world_refuse(rows[i].text, "profile 'acme'");
    cr_expect_not_null(strstr(err.message, rows[i].reason), "%s\n  gave %s",
                       rows[i].text, err.message);
  }
}

Test(check, refuses_a_raw_nul)
{
  static const char text[] = "{\"description\":\"a\0b\"}";
  struct profile *profile = NULL;

  cr_expect_eq(profile_parse(&profile, "acme", text, sizeof(text) - 1, &err),
               E_PROFILE);
  cr_expect_eq(profile_parse(&profile, "acme", "{}\0", 3, &err), E_PROFILE);
}

Test(check, bounds_depth)
{
  char text[128] = "{\"x-d\":";
  size_t len = strlen(text);

  /* The object is the first level. */
  for (int depth = 7; depth <= 8; depth++) {
    memset(text + len, '[', (size_t)depth);
    memset(text + len + depth, ']', (size_t)depth);
    strcpy(text + len + 2 * depth, "}");
    if (depth == 7)
      profile_free(world_parse(text));
    else
      world_refuse(text, "deeper than 8");
  }
}

Test(check, bounds_size)
{
  size_t size = BUF_PROFILE;
  AUTO_STR char *text = mem_zalloc(size + 2);
  struct profile *profile = NULL;

  memset(text, ' ', size + 1);
  memcpy(text, "{}", 2);
  cr_expect_eq(profile_parse(&profile, "acme", text, size, &err), E_OK);
  profile_free(profile);
  cr_expect_eq(profile_parse(&profile, "acme", text, size + 1, &err),
               E_PROFILE);
  cr_expect_not_null(strstr(err.message, "larger than 65536"), "%s",
                     err.message);

  world_profile("big", text);
  cr_expect_eq(profile_load(&profile, "big", &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "big.json"), "%s", err.message);
}

Test(check, refuses_a_newer_schema_before_anything_else)
{
  world_refuse("{\"api\":7,\"schema\":2}", "is of schema 2");
  world_refuse("{\"schema\":0}", "schema must be a whole number from 1 to 1");
}

Test(check, names_what_was_probably_meant_where_secrets_go)
{
  static const struct {
    const char *text, *path, *meant;
  } rows[] = {
      {"{\"auth\":{\"nmae\":\"X\"}}", "auth.nmae", "auth.name?"},
      {"{\"auth\":{\"header\":\"X\"}}", "auth.header", NULL},
      {"{\"api_bases\":[]}", "api_bases", NULL},
      {"{\"apis\":[]}", "apis", "api?"},
      {"{\"api_eror\":{}}", "api_eror", "api_error?"},
      {"{\"api_error\":{\"okay\":\"/x\"}}", "api_error.okay", "api_error.ok?"},
      {"{\"api_from_token\":{\"within\":[\"a.b\"],\"points\":\"/x\"}}",
       "api_from_token.points", NULL},
      {"{\"client\":{\"ids\":\"x\"}}", "client.ids", "client.id?"},
      {"{\"client\":{\"secret\":{\"form\":\"env\"}}}", "client.secret.form",
       "client.secret.from?"},
      {"{\"metadata\":{\"token_endpont\":\"https://x.example\"}}",
       "metadata.token_endpont", "metadata.token_endpoint?"},
      {"{\"metadata\":{\"issuer\":\"https://x.example\"}}", "metadata.issuer",
       "issuer?"},
      {"{\"metadata\":{\"mtls_endpoint_aliases\":{\"token\":{}}}}",
       "metadata.mtls_endpoint_aliases.token", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    world_refuse(rows[i].text, rows[i].path);
    if (rows[i].meant != NULL)
      cr_expect_not_null(strstr(err.message, rows[i].meant), "%s", err.message);
  }
}

Test(check, warns_of_unknown_members_elsewhere_and_keeps_them)
{
  static const struct {
    const char *text, *path, *meant;
  } rows[] = {
      {"{\"scpoe\":[\"a\"]}", "scpoe", "scope?"},
      {"{\"isuer\":\"https://x.example\"}", "isuer", "issuer?"},
      {"{\"login\":{\"timeot\":\"5m\"}}", "login.timeot", "login.timeout?"},
      {"{\"params\":{\"refesh\":{}}}", "params.refesh", "params.refresh?"},
      {"{\"future\":{\"a\":[1,null,{\"b\":true}]}}", "future", NULL},
      {"{\"login.method\":\"paste\"}", "login.method", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = world_parse(rows[i].text);
    cr_assert_eq(profile->warnings.count, 1, "%s", rows[i].text);
    const char *warning = profile->warnings.items[0];
    cr_expect_not_null(strstr(warning, rows[i].path), "%s", warning);
    if (rows[i].meant != NULL)
      cr_expect_not_null(strstr(warning, rows[i].meant), "%s", warning);
  }
}

Test(check, ignores_x_members_wherever_they_are)
{
  AUTO(profile)
  profile = world_parse(
      "{\"x-a\":1,\"auth\":{\"x-b\":[]},\"client\":{\"id\":\"c\",\"x-c\":{}},"
      "\"metadata\":{\"x-d\":null},\"x-token\":\"mine\"}");

  cr_expect_eq(profile->warnings.count, 0);
  cr_expect_str_eq(profile->client.id, "c");
}

Test(check, refuses_members_named_like_secrets)
{
  static const struct {
    const char *text, *path, *remedy;
  } rows[] = {
      {"{\"token\":\"test-token-not-real\"}", "token",
       "fob login -p acme --pat"},
      {"{\"password\":\"test-token-not-real\"}", "password", "--pat"},
      {"{\"api_key\":\"test-token-not-real\"}", "api_key", "--pat"},
      {"{\"client_secret\":\"test-token-not-real\"}", "client_secret",
       "fob login -p acme --client-secret-file FILE"},
      {"{\"client\":{\"secret\":\"test-token-not-real\"}}", "client.secret",
       "--client-secret-file FILE"},
      {"{\"client\":{\"client_secret\":\"test-token-not-real\"}}",
       "client.client_secret", "--client-secret-file FILE"},
      {"{\"client\":{\"private_key\":\"test-token-not-real\"}}",
       "client.private_key", "client.key"},
      {"{\"refresh_token\":\"test-token-not-real\"}", "refresh_token",
       "fob login -p acme "},
      {"{\"auth\":{\"token\":\"test-token-not-real\"}}", "auth.token", "--pat"},
      {"{\"params\":{\"authorize\":{\"api_key\":\"test-token-not-real\"}}}",
       "params.authorize.api_key", ""},
      {"{\"headers\":{\"Authorization\":\"test-token-not-real\"}}",
       "headers.Authorization", "--pat"},
      {"{\"headers\":{\"private-token\":\"test-token-not-real\"}}",
       "headers.private-token", "--pat"},
      {"{\"headers\":{\"COOKIE\":\"test-token-not-real\"}}", "headers.COOKIE",
       "--pat"},
      {"{\"future\":{\"deep\":[{\"password\":\"test-token-not-real\"}]}}",
       "future.deep.password", "--pat"},
      {"{\"token\":[\"test-token-not-real\"]}", "token", "--pat"},
      {"{\"token\":123456}", "token", "--pat"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    world_refuse(rows[i].text, rows[i].path);
    cr_expect_not_null(strstr(err.hint, rows[i].remedy), "%s: %s", rows[i].text,
                       err.hint);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
    cr_expect_null(strstr(err.hint, "not-real"), "%s", err.hint);
  }
}

Test(check, refuses_values_that_are_tokens)
{
  static const char *const texts[] = {
      "{\"description\":\"ghp_testtokennotreal000000000\"}",
      "{\"client\":{\"id\":\"ghp_testtokennotreal000000000\"}}",
      "{\"scope\":[\"a\",\"ghp_testtokennotreal000000000\"]}",
      "{\"headers\":{\"X-Any\":\"ghp_testtokennotreal000000000\"}}",
      "{\"grant\":\"ghp_testtokennotreal000000000\"}",
      "{\"future\":[\"ghp_testtokennotreal000000000\"]}",
  };

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    world_refuse(texts[i], "looks like a secret");
    cr_expect_null(strstr(err.message, "testtoken"), "%s", err.message);
    cr_expect_null(strstr(err.hint, "testtoken"), "%s", err.hint);
  }
}

Test(check, refuses_parameters_of_the_protocol_in_params)
{
  static const char *const maps[] = {"authorize", "token", "refresh", "device"};
  static const char *const names[] = {
      "client_id",     "redirect_uri", "state",          "code",
      "nonce",         "scope",        "code_challenge", "grant_type",
      "client_secret", "refresh_token"};

  for (size_t m = 0; m < ARRAY_LEN(maps); m++)
    for (size_t n = 0; n < ARRAY_LEN(names); n++) {
      AUTO_STR char *path = mem_printf("params.%s.%s", maps[m], names[n]);
      AUTO_STR char *text = document_of(path, "\"x\"");
      world_refuse(text, path);
    }
}

Test(check, bounds_lists)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);

  buf_puts(&text, "{\"api\":[\"https://a.example\"");
  for (int i = 1; i < SCHEMA_LIST_MAX; i++)
    buf_printf(&text, ",\"https://a%d.example\"", i);
  size_t len = text.len;
  buf_puts(&text, "]}");
  profile_free(world_parse(buf_text(&text)));
  buf_truncate(&text, len);
  buf_puts(&text, ",\"https://b.example\"]}");
  world_refuse(buf_text(&text), "api must have at most 64 items");
}

Test(check, shows_long_and_odd_names_safely)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);

  buf_puts(&text, "{\"api");
  for (int i = 0; i < 30000; i++)
    buf_puts(&text, "x");
  buf_puts(&text, "\":1}");
  world_refuse(buf_text(&text), "apixxx");
  world_refuse("{\"auth\":{\"a\\u001b[31m\\n\":1}}", "auth.a");
  cr_expect_null(strchr(err.message, '\033'));
  cr_expect_null(strchr(err.message, '\n'));
  world_refuse("{\"auth\":{\"\":1}}", "is no member");
}

Test(check, says_how_to_mend_a_file)
{
  struct profile *profile = NULL;

  world_profile("acme", "{\"auth\":{\"nmae\":\"X\"}}");
  cr_assert_eq(profile_load(&profile, "acme", &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "profiles/acme.json'"), "%s",
                     err.message);
  cr_expect_not_null(strstr(err.hint, "fob profile set acme auth.nmae="), "%s",
                     err.hint);

  /* That line works. */
  err_clear(&err);
  cr_assert_eq(profile_open(&profile, "acme", &err), E_OK);
  cr_assert_eq(profile_edit(&profile, "auth.nmae=", &err), E_OK, "%s",
               err.message);
  cr_assert_eq(profile_save(profile, &err), E_OK, "%s", err.message);
  profile_free(profile);
  cr_expect_eq(profile_load(&profile, "acme", &err), E_OK);
  profile_free(profile);
}
