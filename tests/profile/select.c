/* CONTRACT §2, "Which profile", as a table. */
#include "profile/select.h"

#include "base/mem.h"
#include "world.h"

#include <locale.h>

static void setup(void)
{
  setlocale(LC_CTYPE, "C.UTF-8");
  world_make();
  world_profile("acme", "{\"api\":[\"https://api.acme.example/v2\"],"
                        "\"issuer\":\"https://login.acme.example/t\"}");
  world_profile("billing", "{\"api\":[\"https://api.acme.example/v2/billing\","
                           "\"https://pay.example:8443\"],"
                           "\"issuer\":\"https://login.acme.example/b/\"}");
  world_profile("gh", "{\"preset\":\"github\"}");
  world_profile("local", "{\"api\":[\"http://127.0.0.1:9000/api/\"]}");
  world_profile("twin1", "{\"api\":[\"https://twin.example\","
                         "\"https://twin.example/one\"]}");
  world_profile("twin2", "{\"api\":[\"https://twin.example\"]}");
  scratch_write(scratch_path("ci.json"),
                "{\"api\":[\"https://ci.example\"],\"description\":\"ci\"}",
                0600);
}
TestSuite(select, .init = setup);

/* NULL: not given. */
struct row {
  const char *option, *variable, *file, *url, *fallback;
  const char *name; /* NULL: an error */
  const char *why;  /* or a part of the error's message */
  enum code code;
};

static void set(const char *name, const char *value)
{
  if (value != NULL)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

static void try(const struct row *row, size_t number)
{
  AUTO(profile) profile = NULL;
  AUTO(url) url = NULL;
  AUTO_STR char *why = NULL;
  struct config config = {.default_profile = (char *)row->fallback};
  enum code code;

  set("FOB_PROFILE", row->variable);
  set("FOB_PROFILE_FILE",
      row->file != NULL && *row->file ? scratch_path(row->file) : row->file);
  if (row->url != NULL)
    cr_assert_eq(url_parse(&url, row->url, 0, E_USAGE, "url", &err), E_OK, "%s",
                 err.message);
  err_clear(&err);
  code = select_profile(row->option, url, &config, &profile, &why, &err);
  cr_expect_eq(code, row->code, "row %zu gave %s: %s", number, err_name(code),
               err.message);
  if (row->name == NULL) {
    cr_expect_eq(err_status(code), 2, "row %zu", number);
    cr_expect_not_null(strstr(err.message, row->why), "row %zu: %s", number,
                       err.message);
    cr_expect_null(profile);
    return;
  }
  cr_assert_not_null(profile, "row %zu: %s", number, err.message);
  cr_expect_str_eq(profile->name, row->name, "row %zu chose %s", number,
                   profile->name);
  cr_expect_str_eq(why, row->why, "row %zu: %s", number, why);
}

static void try_all(const struct row *rows, size_t count)
{
  for (size_t i = 0; i < count; i++)
    try(&rows[i], i);
}

Test(select, follows_the_order_of_the_contract)
{
  static const struct row rows[] = {
      /* -p, before all else */
      {"gh", NULL, NULL, NULL, NULL, "gh", "-p", 0},
      {"gh", "acme", NULL, NULL, NULL, "gh", "-p", 0},
      {"gh", "acme", "ci.json", "https://pay.example:8443/x", "local", "gh",
       "-p", 0},
      {"gh", NULL, NULL, "https://elsewhere.example/", NULL, "gh", "-p", 0},
      {"nope", "acme", NULL, NULL, "local", NULL, "no profile 'nope'",
       E_NO_PROFILE},
      {"a/b", NULL, NULL, NULL, NULL, NULL, "no profile's name", E_NO_PROFILE},
      {"", "acme", NULL, NULL, NULL, "acme", "FOB_PROFILE", 0},
      /* FOB_PROFILE */
      {NULL, "acme", NULL, NULL, NULL, "acme", "FOB_PROFILE", 0},
      {NULL, "acme", NULL, "https://pay.example:8443/", "local", "acme",
       "FOB_PROFILE", 0},
      {NULL, "nope", NULL, NULL, "local", NULL, "FOB_PROFILE: ", E_NO_PROFILE},
      {NULL, "", NULL, NULL, "local", "local", "default_profile", 0},
      /* FOB_PROFILE_FILE, where neither of those names another */
      {NULL, NULL, "ci.json", NULL, NULL, "ci", "FOB_PROFILE_FILE", 0},
      {NULL, NULL, "ci.json", "https://pay.example:8443/x", "local", "ci",
       "FOB_PROFILE_FILE", 0},
      {"ci", NULL, "ci.json", NULL, NULL, "ci", "-p", 0},
      {NULL, "ci", "ci.json", NULL, NULL, "ci", "FOB_PROFILE", 0},
      {NULL, "acme", "ci.json", NULL, NULL, "acme", "FOB_PROFILE", 0},
      {"ci", NULL, NULL, NULL, NULL, NULL, "no profile 'ci'", E_NO_PROFILE},
      {NULL, NULL, "", NULL, "local", "local", "default_profile", 0},
      {NULL, NULL, "none.json", NULL, "local", NULL, "none.json", E_PROFILE},
      {"acme", NULL, "none.json", NULL, NULL, "acme", "-p", 0},
      /* the longest base */
      {NULL, NULL, NULL, "https://api.acme.example/v2", NULL, "acme",
       "base https://api.acme.example/v2 matches", 0},
      {NULL, NULL, NULL, "https://api.acme.example/v2/users?x=1", "gh", "acme",
       "base https://api.acme.example/v2 matches", 0},
      {NULL, NULL, NULL, "https://api.acme.example/v2/billing/1", NULL,
       "billing", "base https://api.acme.example/v2/billing matches", 0},
      {NULL, NULL, NULL, "https://api.acme.example/v2/billings", NULL, "acme",
       "base https://api.acme.example/v2 matches", 0},
      {NULL, NULL, NULL, "https://API.ACME.example:443/v2/", NULL, "acme",
       "base https://api.acme.example/v2 matches", 0},
      {NULL, NULL, NULL, "https://pay.example:8443/", NULL, "billing",
       "base https://pay.example:8443 matches", 0},
      {NULL, NULL, NULL, "https://api.github.com/repos/o/r", NULL, "gh",
       "base https://api.github.com matches", 0},
      {NULL, NULL, NULL, "http://127.0.0.1:9000/api/x", NULL, "local",
       "base http://127.0.0.1:9000/api/ matches", 0},
      {NULL, NULL, NULL, "https://twin.example/one/x", NULL, "twin1",
       "base https://twin.example/one matches", 0},
      /* a tie */
      {NULL, NULL, NULL, "https://twin.example/two", NULL, NULL, "twin1, twin2",
       E_AMBIGUOUS},
      {NULL, NULL, NULL, "https://twin.example/", "twin1", NULL, "twin1, twin2",
       E_AMBIGUOUS},
      /* no base: default_profile, else nobody */
      {NULL, NULL, NULL, "https://api.acme.example/v2x", "gh", "gh",
       "default_profile", 0},
      {NULL, NULL, NULL, "https://api.acme.example:8443/v2", "gh", "gh",
       "default_profile", 0},
      {NULL, NULL, NULL, "https://api.acme.example./v2", "gh", "gh",
       "default_profile", 0},
      {NULL, NULL, NULL, "https://evil-api.acme.example/v2", "gh", "gh",
       "default_profile", 0},
      {NULL, NULL, NULL, "https://elsewhere.example/", NULL, NULL,
       "acme, billing, gh, local, twin1, twin2", E_AMBIGUOUS},
      {NULL, NULL, NULL, NULL, "gh", "gh", "default_profile", 0},
      {NULL, NULL, NULL, NULL, "gone", NULL,
       "default_profile of config.json: ", E_NO_PROFILE},
      {NULL, NULL, NULL, NULL, NULL, NULL,
       "acme, billing, gh, local, twin1, twin2", E_AMBIGUOUS},
  };

  try_all(rows, ARRAY_LEN(rows));
}

Test(select, takes_the_only_one)
{
  static const char *const others[] = {"billing", "gh", "local", "twin1",
                                       "twin2"};
  static const struct row rows[] = {
      {NULL, NULL, NULL, NULL, NULL, "acme", "the only profile", 0},
      {NULL, NULL, NULL, "https://elsewhere.example/", NULL, "acme",
       "the only profile", 0},
  };
  static const struct row none = {.why = "there is no profile yet",
                                  .code = E_NO_PROFILE};

  for (size_t i = 0; i < ARRAY_LEN(others); i++)
    cr_assert_eq(unlink(world_path(others[i])), 0);
  try_all(rows, ARRAY_LEN(rows));
  cr_assert_eq(unlink(world_path("acme")), 0);
  try(&none, 0);
  cr_expect_not_null(strstr(err.hint, "fob login"), "%s", err.hint);
  cr_expect_not_null(strstr(err.hint, "github, gitlab, google"), "%s", err.hint);
}

Test(select, reads_no_other_profile_where_one_is_named)
{
  static const struct row rows[] = {
      {"gh", NULL, NULL, NULL, NULL, "gh", "-p", 0},
      {NULL, "gh", NULL, NULL, NULL, "gh", "FOB_PROFILE", 0},
      {NULL, NULL, "ci.json", "https://twin.example/", NULL, "ci",
       "FOB_PROFILE_FILE", 0},
      {NULL, NULL, NULL, NULL, "gh", "gh", "default_profile", 0},
      /* Its base might be the longest: no other account in its place. */
      {NULL, NULL, NULL, "https://api.github.com/", "gh", NULL, "broken.json",
       E_PROFILE},
  };

  world_profile("broken", "{");
  try_all(rows, ARRAY_LEN(rows));
  cr_expect_not_null(strstr(err.hint, "-p NAME"), "%s", err.hint);
}

Test(select, says_how_to_settle_a_tie)
{
  static const struct row tie = {.url = "https://twin.example/",
                                 .why = "several profiles have",
                                 .code = E_AMBIGUOUS};
  static const struct row many = {.why = "several profiles could be meant",
                                  .code = E_AMBIGUOUS};
  static const struct row gone = {
      .fallback = "gone", .why = "no profile 'gone'", .code = E_NO_PROFILE};

  try(&tie, 0);
  cr_expect_not_null(strstr(err.message, "https://twin.example"), "%s",
                     err.message);
  cr_expect_not_null(strstr(err.hint, "-p twin1"), "%s", err.hint);
  try(&many, 0);
  cr_expect_not_null(strstr(err.hint, "fob profile default acme"), "%s",
                     err.hint);
  try(&gone, 0);
  cr_expect_not_null(strstr(err.hint, "fob profile default --unset"), "%s",
                     err.hint);
}

Test(select, finds_the_profile_of_a_login_target)
{
  static const struct {
    const char *target, *name; /* NULL: none */
    enum code code;
  } rows[] = {
      {"https://api.acme.example/v2", "acme", 0},
      {"https://api.acme.example/v2/", "acme", 0},
      {"https://API.acme.example:443/v2", "acme", 0},
      {"https://api.acme.example/v2/x", NULL, 0},
      {"https://api.acme.example/", NULL, 0},
      {"https://login.acme.example/t", "acme", 0},
      {"https://login.acme.example/t/", "acme", 0},
      {"https://login.acme.example/b", "billing", 0},
      {"https://login.acme.example/b/", "billing", 0},
      {"https://login.acme.example/", NULL, 0},
      {"https://pay.example:8443", "billing", 0},
      {"https://api.github.com", "gh", 0},
      {"https://twin.example/one", "twin1", 0},
      {"https://twin.example", NULL, E_AMBIGUOUS},
      {"https://elsewhere.example", NULL, 0},
  };

  setenv("FOB_PROFILE", "gh", 1); /* counts for nothing here */
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) profile = NULL;
    AUTO(url) url = NULL;
    cr_assert_eq(url_parse(&url, rows[i].target, 0, E_USAGE, "url", &err),
                 E_OK);
    cr_expect_eq(select_for_login(url, &profile, &err), rows[i].code, "%s",
                 rows[i].target);
    if (rows[i].name == NULL)
      cr_expect_null(profile, "%s", rows[i].target);
    else
      cr_expect(profile != NULL && strcmp(profile->name, rows[i].name) == 0,
                "%s", rows[i].target);
  }
  cr_expect_not_null(strstr(err.message, "twin1, twin2"), "%s", err.message);
}

/* --- URLs in full -------------------------------------------------------- */

Test(select, checks_every_url_of_a_profile_in_full)
{
  static const struct {
    const char *text, *path; /* NULL: sound */
  } rows[] = {
      {"{\"api\":[\"https://api.example/v1\"],\"openapi\":\"/x.json\","
       "\"revocation\":\"off\",\"resource\":[\"api://x\"],"
       "\"client\":{\"assertion_audience\":\"issuer\"},"
       "\"issuer\":\"https://login.example/{tenantid}/v2.0\","
       "\"login\":{\"redirect_uris\":[\"http://localhost:1/cb\"]}}",
       NULL},
      {"{\"api\":[\"https://ok.example\",\"https://a\xe2\x80\xaez.example\"]}",
       "api"},
      {"{\"issuer\":\"https://ex\xc2\xa0mple/\"}", "issuer"},
      {"{\"metadata\":{\"token_endpoint\":\"https://[1::2::3]/\"}}",
       "metadata.token_endpoint"},
      {"{\"metadata\":{\"mtls_endpoint_aliases\":{\"token_endpoint\":"
       "\"https://[::zz]/\"}}}",
       "metadata.mtls_endpoint_aliases.token_endpoint"},
      {"{\"login\":{\"redirect_uris\":[\"https://[x]/\"]}}",
       "login.redirect_uris"},
      {"{\"manage_url\":\"https://[x]/\"}", "manage_url"},
      {"{\"register_url\":\"https://[x]/\"}", "register_url"},
      {"{\"revocation\":\"https://[x]/\"}", "revocation"},
      {"{\"openapi\":\"https://[x]/\"}", "openapi"},
      {"{\"client\":{\"registration\":\"https://[x]/\"}}",
       "client.registration"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) p = world_parse(rows[i].text);
    enum code code = profile_check_urls(p, &err);
    cr_expect_eq(code, rows[i].path == NULL ? E_OK : E_PROFILE, "%s: %s",
                 rows[i].text, err.message);
    if (rows[i].path != NULL)
      cr_expect_not_null(strstr(err.message, rows[i].path), "%s", err.message);
  }
}
