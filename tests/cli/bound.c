/* A credential belongs to where it was obtained: a profile that was edited to
 * lead elsewhere gets nothing there, not even a connection. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static void set_text(json_t *object, const char *name, const char *value)
{
  cr_assert_eq(json_object_set_new(object, name, json_string(value)), 0);
}

static json_t *member(json_t *object, const char *name)
{
  if (json_object_get(object, name) == NULL)
    json_object_set_new(object, name, json_object());
  return json_object_get(object, name);
}

static void move_token_endpoint(json_t *profile, const struct server *evil)
{
  AUTO_STR char *url = mem_printf("%s/token", evil->base);

  set_text(member(profile, "metadata"), "token_endpoint", url);
}

static void move_revocation(json_t *profile, const struct server *evil)
{
  AUTO_STR char *url = mem_printf("%s/revoke", evil->base);

  set_text(member(profile, "metadata"), "revocation_endpoint", url);
}

static void move_issuer(json_t *profile, const struct server *evil)
{
  set_text(profile, "issuer", evil->issuer);
}

static void add_base(json_t *profile, const struct server *evil)
{
  cr_assert_eq(json_array_append_new(json_object_get(profile, "api"),
                                     json_string(evil->api)),
               0);
}

static void put_base_first(json_t *profile, const struct server *evil)
{
  cr_assert_eq(json_array_insert_new(json_object_get(profile, "api"), 0,
                                     json_string(evil->api)),
               0);
}

static void replace_base(json_t *profile, const struct server *evil)
{
  cr_assert_eq(json_array_set_new(json_object_get(profile, "api"), 0,
                                  json_string(evil->api)),
               0);
}

static const struct {
  const char *name;
  void (*edit)(json_t *profile, const struct server *evil);
  const char *command; /* what then reaches for the other server */
  int status;
} edits[] = {
    {"token_endpoint moved, token", move_token_endpoint, "token", 11},
    {"token_endpoint moved, request", move_token_endpoint, "request", 11},
    /* Logging out always works, and revokes where the login was made. */
    {"revocation moved, logout", move_revocation, "logout", 0},
    {"issuer moved, token", move_issuer, "token", 11},
    {"base added, request to it", add_base, "url", 11},
    {"base first, relative request", put_base_first, "request", 11},
    {"base replaced, request", replace_base, "request", 11},
    {"base added, token for it", add_base, "token url", 11},
};

static void run_command(const struct home *home, const char *command,
                        const struct server *evil, struct outcome *ret_outcome)
{
  AUTO_STR char *url = mem_printf("%s/user", evil->api);

  if (strcmp(command, "token") == 0)
    fob(home, ret_outcome, "token", "-p", "p", "--force-refresh", NULL);
  else if (strcmp(command, "request") == 0)
    fob(home, ret_outcome, "request", "-p", "p", "/user", NULL);
  else if (strcmp(command, "url") == 0)
    fob(home, ret_outcome, "request", "-p", "p", url, NULL);
  else if (strcmp(command, "token url") == 0)
    fob(home, ret_outcome, "token", url, "-p", "p", NULL);
  else
    fob(home, ret_outcome, "logout", "-p", "p", NULL);
}

Test(bound, gives_nothing_to_where_an_edited_profile_leads, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server good = {0};
  AUTO_SERVER struct server evil = {0};

  home_make(&home);
  server_start(&good, NULL);
  server_start(&evil, NULL);
  for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_OUTCOME struct outcome after;
    cli_login(&home, &good, "p");
    json_t *original = cli_profile_read(&home, "p");
    json_t *edited = json_deep_copy(original);
    edits[i].edit(edited, &evil);
    cli_profile_write(&home, "p", edited);
    run_command(&home, edits[i].command, &evil, &o);
    cr_expect_eq(o.status, edits[i].status, "%s: exit %d: %s", edits[i].name,
                 o.status, o.err);
    cr_expect_eq(o.out_len, 0, "%s: %s", edits[i].name, o.out);
    if (edits[i].status == 11)
      cr_expect_not_null(strstr(o.err, "fob login -p p"), "%s: %s",
                         edits[i].name, o.err);
    /* Put back, all is as it was. */
    cli_profile_write(&home, "p", original);
    fob(&home, &after, "request", "-p", "p", "/user", NULL);
    cr_expect_eq(after.status, edits[i].status == 11 ? 0 : 8, "%s: %s",
                 edits[i].name, after.err);
    json_decref(edited);
    json_decref(original);
  }
  cr_assert_eq(server_count(&evil, NULL), 0);
  cr_assert_eq(server_silent(&evil), 0);
  cr_assert_eq(server_count(&good, "/revoke"), 2);
}

Test(bound, refuses_a_url_outside_the_profile)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server good = {0};
  AUTO_SERVER struct server evil = {0};
  AUTO_OUTCOME struct outcome o;

  home_make(&home);
  server_start(&good, NULL);
  server_start(&evil, NULL);
  cli_login(&home, &good, "p");
  AUTO_STR char *url = mem_printf("%s/user", evil.api);
  fob(&home, &o, "request", "-p", "p", url, NULL);
  cli_expect(&o, 11);
  cr_assert_eq(server_count(&evil, NULL) + server_silent(&evil), 0);
  outcome_clear(&o);
  fob(&home, &o, "request", "-p", "p", "--no-auth", url, NULL);
  cli_expect(&o, 8); /* the API wants a credential, and gets none */
  json_t *requests = server_journal(&evil, "/api/user");
  json_t *headers = json_object_get(json_array_get(requests, 0), "headers");
  cr_assert_not_null(headers);
  cr_assert_null(json_object_get(headers, "authorization"));
  json_decref(requests);
}

Test(bound, works_after_the_user_has_trusted_the_change)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server good = {0};
  AUTO_SERVER struct server other = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome after;

  home_make(&home);
  server_start(&good, NULL);
  server_start(&other, NULL);
  cli_login(&home, &good, "p");
  json_t *profile = cli_profile_read(&home, "p");
  add_base(profile, &other);
  cli_profile_write(&home, "p", profile);
  json_decref(profile);

  struct program *p =
      fob_start(&home, TERMINAL_ALL, "profile", "trust", "p", NULL);
  cr_assert(program_await(p, "[y/N]", 10000));
  program_type(p, "y\n");
  program_finish(p, &o);
  cli_expect(&o, 0);
  cr_assert_not_null(strstr(o.err, other.api), "%s", o.err);
  AUTO_STR char *url = mem_printf("%s/echo", other.api);
  fob(&home, &after, "request", "-p", "p", url, NULL);
  cli_expect(&after, 0);
  cr_assert_not_null(strstr(after.out, "\"credential\":true"), "%s", after.out);
}

/* Without a person it is refused, and still says where things would go. */
Test(bound, is_not_trusted_without_a_person)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server good = {0};
  AUTO_SERVER struct server evil = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome after;

  home_make(&home);
  server_start(&good, NULL);
  server_start(&evil, NULL);
  cli_login(&home, &good, "p");
  json_t *profile = cli_profile_read(&home, "p");
  move_token_endpoint(profile, &evil);
  cli_profile_write(&home, "p", profile);
  json_decref(profile);
  fob(&home, &o, "profile", "trust", "p", NULL);
  cli_expect(&o, 11);
  cr_assert_not_null(strstr(o.err, evil.base), "%s", o.err);
  cr_assert_not_null(strstr(o.err, good.base), "%s", o.err);
  fob(&home, &after, "token", "-p", "p", "--force-refresh", NULL);
  cli_expect(&after, 11);
  cr_assert_eq(server_count(&evil, NULL) + server_silent(&evil), 0);
}
