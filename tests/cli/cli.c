#include "cli/cli.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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
  fob(home, &o, "token", "-p", profile, "--json", "--force-refresh", NULL);
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

char *cli_profile_text(const struct home *home, const char *profile)
{
  json_t *json = cli_profile_read(home, profile);
  char *text = json_dumps(json, JSON_COMPACT);
  char *copy = mem_str(text);

  free(text);
  json_decref(json);
  return copy;
}

/* --- a line's words -------------------------------------------------------
 */

enum { WORDS = 40 };

static void put_variable(struct buf *word, char name, const struct home *home,
                         const struct server *server)
{
  const char *value = name == 'H'      ? home->dir
                      : server == NULL ? NULL
                      : name == 'I'    ? server->issuer
                      : name == 'A'    ? server->api
                                       : NULL;

  cr_assert_not_null(value, "$%c is unknown", name);
  buf_puts(word, value);
}

/* The next word at *at; NULL at the end. */
static char *next_word(const char **at, const struct home *home,
                       const struct server *server)
{
  AUTO_BUF struct buf word = BUF_INIT(BUF_URL);
  struct err err = ERR_INIT;
  bool quoted = false;
  char *text = NULL;

  *at += strspn(*at, " ");
  if (**at == '\0')
    return NULL;
  buf_puts(&word, "");
  for (; **at != '\0' && (quoted || **at != ' '); ++*at) {
    if (**at == '\'')
      quoted = !quoted;
    else if (**at == '$')
      put_variable(&word, *++*at, home, server);
    else
      buf_putc(&word, **at);
  }
  if (word.len == 0)
    return mem_str("");
  cr_assert_eq(buf_detach(&word, &text, NULL, &err), E_OK);
  return text;
}

static struct program *start_line(const struct home *home,
                                  const struct server *server,
                                  enum terminal terminal, const char *input,
                                  const char *line)
{
  const char *argv[WORDS + 2] = {program_fob()};
  size_t count = 1;

  while ((argv[count] = next_word(&line, home, server)) != NULL)
    cr_assert_lt(++count, WORDS);
  struct program *program = program_start(&(struct program_options){
      .argv = argv, .env = home->env, .input = input, .terminal = terminal});
  for (size_t i = 0; i < count; i++)
    mem_free((char *)(uintptr_t)argv[i]);
  return program;
}

void cli_line(const struct home *home, const struct server *server,
              struct outcome *ret_outcome, const char *input, const char *line)
{
  program_finish(start_line(home, server, TERMINAL_NONE, input, line),
                 ret_outcome);
}

struct program *cli_line_start(const struct home *home,
                               const struct server *server,
                               enum terminal terminal, const char *line)
{
  return start_line(home, server, terminal, NULL, line);
}

void cli_has(const char *text, const char *part)
{
  bool wanted = part[0] != '!';

  part += !wanted;
  cr_assert_eq(strstr(text, part) != NULL, wanted, "'%s' is %sin:\n%s", part,
               wanted ? "not " : "", text);
}

/* --- homes ----------------------------------------------------------------
 */

void cli_presets(const struct home *home)
{
  char presets[PATH_MAX];
  AUTO_STR char *dir = home_path(home, "data/fob");
  AUTO_STR char *link = home_path(home, "data/fob/presets");

  cr_assert_not_null(realpath("src/profile/presets", presets));
  (void)mkdir(dir, 0700);
  cr_assert_eq(symlink(presets, link), 0, "%m");
}

void cli_no_keyring(struct home *home)
{
  home_setenv(home, "SECRET_BACKEND", NULL);
  home_setenv(home, "DBUS_SESSION_BUS_ADDRESS", "unix:path=%s/nothing",
              home->dir);
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

json_t *cli_browser_log(const struct home *home)
{
  json_t *entry = NULL;

  for (int i = 0; i < 500 && entry == NULL; i++) {
    AUTO_STR char *text = home_read(home, "browser.log", NULL);
    if (text != NULL)
      entry = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    if (entry == NULL)
      usleep(10000);
  }
  cr_assert_not_null(entry, "the browser was not started");
  return entry;
}
