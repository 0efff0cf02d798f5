/* A token answer made wrong, member by member: the login fails with one line,
 * nothing is stored, and nothing more is asked of the server; or the member is
 * one that may be so. */
#include "cli/cli.h"

#include "support/mutate.h"

#include <criterion/criterion.h>
#include <string.h>

/* What RFC 6749 §5.1 lets a server leave out; null is absent. */
static bool is_fine(const char *member, size_t how)
{
  const char *way = mutate_name(how);
  bool absent = mutate_kind(how) == MUTATE_REMOVED || strcmp(way, "null") == 0;

  if (strcmp(member, "/refresh_token") == 0)
    return absent;
  if (strcmp(member, "/expires_in") == 0)
    return absent || strcmp(way, "1") == 0;
  if (strcmp(member, "/scope") == 0)
    return absent || mutate_kind(how) == MUTATE_EMPTY;
  return false; /* id_token: openid was granted */
}

static size_t lines_of(const char *text)
{
  size_t lines = 0;

  for (; (text = strchr(text, '\n')) != NULL; text++)
    lines++;
  return lines;
}

static void log_in_mutated(const struct server *server, const char *member,
                           size_t how)
{
  AUTO_HOME struct home home;
  AUTO_OUTCOME struct outcome o;
  const char *way = mutate_name(how);

  home_make(&home);
  server_reset(server);
  server_order(server,
               "{'next': {'path': '/token', 'fault': 'mutate', 'member': '%s',"
               " 'how': '%s'}}",
               member, way);
  cli_line(&home, server, &o, NULL,
           "login $I -p acme --api $A --client-id fob-demo --store file "
           "--browser");
  cr_expect_eq(server_count(server, "/token"), 1, "%s: %s", member, way);
  if (is_fine(member, how)) {
    cr_expect_eq(o.status, 0, "%s: %s: %d %s", member, way, o.status, o.err);
    return;
  }
  cr_expect_eq(o.status, 13, "%s: %s: %d %s", member, way, o.status, o.err);
  cr_expect_not(home_has(&home, "data/fob/credentials/acme"), "%s: %s", member,
                way);
  cr_expect_not(home_has(&home, "config/fob/profiles/acme.json"), "%s: %s",
                member, way);
  const char *said = strstr(o.err, "fob: ");
  cr_expect(said != NULL && lines_of(said) == 1, "%s: %s: %s", member, way,
            o.err);
  cr_expect_null(strpbrk(o.err, "\x1b\x9b\r"), "%s: %s: %s", member, way,
                 o.err);
}

static void log_in_with_every(const char *member)
{
  AUTO_SERVER struct server server = {0};

  server_start(&server, NULL);
  for (size_t how = 0; how < MUTATE_COUNT; how += mutate_step())
    log_in_mutated(&server, member, how);
}

Test(login_mutated, access_token)
{
  log_in_with_every("/access_token");
}

Test(login_mutated, token_type)
{
  log_in_with_every("/token_type");
}

Test(login_mutated, expires_in)
{
  log_in_with_every("/expires_in");
}

Test(login_mutated, scope)
{
  log_in_with_every("/scope");
}

Test(login_mutated, refresh_token)
{
  log_in_with_every("/refresh_token");
}

Test(login_mutated, id_token)
{
  log_in_with_every("/id_token");
}
