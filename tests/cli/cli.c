#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void cli_expect(const struct outcome *outcome, int status)
{
  cr_assert_not(outcome->timed_out, "it hung: %s", outcome->err);
  cr_assert_eq(outcome->signal, 0, "signal %d: %s", outcome->signal,
               outcome->err);
  cr_assert_eq(outcome->status, status, "exit %d, not %d: %s", outcome->status,
               status, outcome->err);
}

void cli_login(const struct home *home, const struct server *server,
               const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  fob(home, &o, "login", server->issuer, "-p", profile, "--api", server->api,
      "--client-id", "fob-demo", "--store", "file", "--browser", NULL);
  cli_expect(&o, 0);
}

size_t cli_refreshes(const struct server *server)
{
  json_t *requests = server_journal(server, "/token");
  size_t count = 0;
  size_t i;
  json_t *entry;

  json_array_foreach(requests, i, entry)
  {
    const char *grant = json_string_value(
        json_object_get(json_object_get(entry, "form"), "grant_type"));
    count += grant != NULL && strcmp(grant, "refresh_token") == 0;
  }
  json_decref(requests);
  return count;
}

void cli_expire(const struct home *home, const struct server *server,
                const char *profile)
{
  AUTO_OUTCOME struct outcome o;

  server_order(server, "{'set': {'access_lifetime': 1}}");
  fob(home, &o, "token", "-p", profile, "--force-refresh", NULL);
  cli_expect(&o, 0);
  usleep(1100000);
  server_order(server, "{'set': {'access_lifetime': 3600}}");
}

json_t *cli_profile_read(const struct home *home, const char *profile)
{
  AUTO_STR char *name = mem_printf("config/fob/profiles/%s.json", profile);
  AUTO_STR char *text = home_read(home, name, NULL);

  cr_assert_not_null(text, "%s is missing", name);
  json_t *json = json_loads(text, 0, NULL);
  cr_assert_not_null(json, "%s: %s", name, text);
  return json;
}

void cli_profile_write(const struct home *home, const char *profile,
                       const json_t *json)
{
  AUTO_STR char *name = mem_printf("config/fob/profiles/%s.json", profile);
  char *text = json_dumps(json, JSON_INDENT(2));

  home_write(home, name, 0600, "%s", text);
  free(text);
}

void cli_obey_modes(void)
{
  static const int rights[] = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
                               CAP_FOWNER};

  if (geteuid() != 0)
    return;
  for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
    if (prctl(PR_CAPBSET_DROP, rights[i], 0, 0, 0) != 0)
      _exit(99);
  }
}
