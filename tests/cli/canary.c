/* Secrets are looked for in every place that is not theirs: arguments, what
 * is said, files, and the environment of children. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char store_key[] =
    "c0ffee00c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05c0ffee06c0ffee07";
static const char secret_in_env[] = "test-env-secret-not-real";

/* The secrets of a run, each in the forms that it may take. */
struct canary {
  json_t *values; /* form → what it is */
  size_t looked;  /* places that were searched */
};

static void add_form(struct canary *c, struct buf *form, const char *what)
{
  if (form->len >= 8)
    json_object_set_new(c->values, buf_text(form), json_string(what));
  buf_clear(form);
}

static void add(struct canary *c, const char *value, const char *what)
{
  struct buf form = BUF_INIT(BUF_BODY);
  size_t len = strlen(value);

  buf_puts(&form, value);
  add_form(c, &form, what);
  codec_percent(&form, value, len);
  add_form(c, &form, what);
  codec_form(&form, value, len);
  add_form(c, &form, what);
  codec_base64(&form, value, len);
  /* Its end depends on what follows. */
  buf_truncate(&form, form.len > 4 ? form.len - 4 : form.len);
  add_form(c, &form, what);
  codec_hex(&form, value, len);
  add_form(c, &form, what);
}

static void add_server(struct canary *c, const struct server *server)
{
  json_t *secrets = server_secrets(server);
  const char *value;
  json_t *what;

  json_object_foreach(secrets, value, what)
      add(c, value, json_string_value(what));
  json_decref(secrets);
}

static const char *found(struct canary *c, const char *bytes, size_t len)
{
  const char *value;
  json_t *what;

  c->looked++;
  json_object_foreach(c->values, value, what)
  {
    if (memmem(bytes, len, value, strlen(value)) != NULL)
      return json_string_value(what);
  }
  return NULL;
}

static void search(struct canary *c, const char *place, const char *bytes,
                   size_t len)
{
  const char *what = found(c, bytes, len);

  cr_expect_null(what, "a secret (%s) is in %s:\n%.*s", what, place, (int)len,
                 bytes);
}

static void search_outcome(struct canary *c, const char *place,
                           const struct outcome *o, bool output_too)
{
  search(c, place, o->err, o->err_len);
  if (output_too)
    search(c, place, o->out, o->out_len);
}

/* Every file of the home but those that the test itself put a secret in. */
static void search_file(void *user, const char *path)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  char piece[4096];
  size_t n;

  if (strstr(path, "/browser.log") != NULL || strstr(path, "/mine/") != NULL)
    return;
  FILE *file = fopen(path, "re");
  cr_assert_not_null(file, "%s", path);
  while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
    buf_put(&text, piece, n);
  fclose(file);
  search(user, path, buf_text(&text), text.len);
}

/* The arguments of every process that there is. */
static void search_arguments(struct canary *c)
{
  DIR *proc = opendir("/proc");
  struct dirent *entry;
  size_t seen = 0;

  cr_assert_not_null(proc);
  while ((entry = readdir(proc)) != NULL) {
    char text[65536];
    AUTO_STR char *path = mem_printf("/proc/%s/cmdline", entry->d_name);
    int fd = entry->d_name[0] >= '0' && entry->d_name[0] <= '9'
                 ? open(path, O_RDONLY | O_CLOEXEC)
                 : -1;
    if (fd < 0)
      continue;
    ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    if (n > 0) {
      search(c, path, text, (size_t)n);
      seen++;
    }
  }
  closedir(proc);
  cr_assert_gt(seen, 1);
}

/* fob's child was given what it needs and none of the secrets. */
static void search_child_environment(struct canary *c, const struct home *home)
{
  AUTO_STR char *log = home_read(home, "browser.log", NULL);
  json_t *entry;
  size_t i;
  json_t *var;
  bool has_home = false;

  cr_assert_not_null(log, "no browser ran");
  entry = json_loads(log, JSON_DISABLE_EOF_CHECK, NULL);
  json_array_foreach(json_object_get(entry, "environ"), i, var)
  {
    const char *text = json_string_value(var);
    has_home |= strncmp(text, "HOME=", 5) == 0;
    search(c, "the browser's environment", text, strlen(text));
    cr_expect_neq(strncmp(text, "FOB_CLIENT_SECRET=", 18), 0);
    cr_expect_neq(strncmp(text, "FOB_STORE_KEY=", 14), 0);
    cr_expect_neq(strncmp(text, "FOB_TOKEN=", 10), 0);
  }
  cr_assert(has_home); /* it was an environment that was searched */
  json_decref(entry);
}

static void canary_start(struct canary *c, struct home *home,
                         struct server *server)
{
  memset(c, 0, sizeof(*c));
  c->values = json_object();
  home_make(home);
  home_setenv(home, "FOB_STORE_KEY", "%s", store_key);
  home_setenv(home, "FOB_CLIENT_SECRET", "%s", secret_in_env);
  server_start(server, NULL);
  add(c, store_key, "FOB_STORE_KEY");
  add(c, secret_in_env, "FOB_CLIENT_SECRET");
  add_server(c, server);
}

/* Runs a command of a login, as loud as it gets. Its output is searched too
 * when it is not the token. */
#define LOUD(output_too, ...)                                                  \
  do {                                                                         \
    AUTO_OUTCOME struct outcome o_;                                            \
    fob(&home, &o_, __VA_ARGS__, "-vv", NULL);                                 \
    cr_assert_not(o_.timed_out);                                               \
    add_server(&c, &server);                                                   \
    search_outcome(&c, #__VA_ARGS__, &o_, output_too);                         \
  } while (0)

Test(canary, is_nowhere_in_the_life_of_a_login, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  struct canary c;

  canary_start(&c, &home, &server);
  home_write(&home, "mine/secret", 0600, "test-secret-not-real");
  AUTO_STR char *secret_file = home_path(&home, "mine/secret");
  LOUD(true, "login", server.issuer, "-p", "p", "--api", server.api,
       "--client-id", "fob-web", "--client-secret-file", secret_file,
       "--client-auth", "client_secret_basic", "--store", "file", "--browser");
  LOUD(false, "token", "-p", "p");
  LOUD(false, "token", "-p", "p", "--force-refresh");
  LOUD(true, "request", "-p", "p", "/user");
  LOUD(true, "request", "-p", "p", "/status/500");
  LOUD(true, "request", "-p", "p", "/status/401");
  LOUD(true, "request", "-p", "p", "/redirect/2");
  LOUD(true, "request", "-p", "p", "/user", "--dry-run");
  LOUD(true, "request", "-p", "p", "/user", "--curl");
  LOUD(true, "request", "-p", "p", "-i", "/echo");
  LOUD(true, "status");
  LOUD(true, "status", "--json");
  LOUD(true, "profile", "show", "p");
  LOUD(true, "profile", "list");

  /* The output of `token` does hold one: the search can find. */
  AUTO_OUTCOME struct outcome token;
  fob(&home, &token, "token", "-p", "p", NULL);
  cli_expect(&token, 0);
  cr_assert_not_null(found(&c, token.out, token.out_len));

  home_walk(&home, search_file, &c);
  search_child_environment(&c, &home);
  LOUD(true, "logout", "-p", "p");
  cr_assert_eq(server_count(&server, "/revoke") > 0, 1);
  home_walk(&home, search_file, &c);
  cr_assert_gt(c.looked, 30);
  json_decref(c.values);
}

/* The refresh token, as the server knows it: the newest one. */
static char *newest(const struct server *server, const char *kind)
{
  json_t *secrets = server_secrets(server);
  const char *value;
  const char *last = NULL;
  json_t *what;

  json_object_foreach(secrets, value, what)
  {
    if (strcmp(json_string_value(what), kind) == 0)
      last = value;
  }
  char *copy = mem_str(last);
  json_decref(secrets);
  return copy;
}

Test(canary, is_hidden_where_a_server_repeats_it)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  struct canary c;

  canary_start(&c, &home, &server);
  cli_login(&home, &server, "p");
  AUTO_STR char *refresh = newest(&server, "refresh");
  server_order(&server,
               "{'next': {'path': '/token', 'fault': 'status', 'status': 400, "
               "'body': {'error': 'invalid_request', 'error_description': "
               "'what is %s supposed to be?'}}}",
               refresh);
  LOUD(true, "token", "-p", "p", "--force-refresh");
  AUTO_STR char *access = newest(&server, "access");
  server_order(&server,
               "{'next': {'path': '/api/user', 'fault': 'status', 'status': "
               "500, 'headers': {'X-Debug': 'Bearer %s'}, 'body': 'no'}}",
               access);
  LOUD(true, "request", "-p", "p", "/user");
  json_decref(c.values);
}

Test(canary, is_not_in_any_process_arguments, .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  struct canary c;
  AUTO_OUTCOME struct outcome o;

  canary_start(&c, &home, &server);
  cli_login(&home, &server, "p");
  size_t before = server_count(&server, "/token");
  server_order(&server, "{'next': [{'path': '/token', 'fault': 'slow', "
                        "'delay_ms': 500}, {'path': '/authorize', 'fault': "
                        "'slow', 'delay_ms': 500}]}");
  struct program *p = fob_start(&home, TERMINAL_NONE, "token", "-p", "p",
                                "--force-refresh", NULL);
  cr_assert(server_await(&server, "/token", before + 1, 10000));
  add_server(&c, &server);
  search_arguments(&c);
  program_finish(p, &o);
  cli_expect(&o, 0);

  /* A login, while its browser is on the way. */
  AUTO_OUTCOME struct outcome login;
  p = fob_start(&home, TERMINAL_NONE, "login", "-p", "p", "--browser", NULL);
  cr_assert(server_await(&server, "/authorize", 2, 10000));
  search_arguments(&c);
  program_finish(p, &login);
  cli_expect(&login, 0);
  json_decref(c.values);
}

/* What must not be in arguments is refused there, and not said again. */
Test(canary, is_refused_in_arguments_and_not_repeated)
{
  static const char value[] = "test-token-not-real-0123456789abcdef";
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  struct canary c;

  canary_start(&c, &home, &server);
  add(&c, value, "the argument");
  cli_login(&home, &server, "p");
  AUTO_STR char *header = mem_printf("Authorization: Bearer %s", value);
  AUTO_STR char *item = mem_printf("Authorization:Bearer %s", value);
  AUTO_STR char *cookie = mem_printf("Cookie: session=%s", value);
  AUTO_STR char *url = mem_printf("https://user:%s@127.0.0.1/", value);
  AUTO_STR char *proxy = mem_printf("http://user:%s@proxy.test:1", value);
  AUTO_STR char *param = mem_printf("client_secret=%s", value);
  AUTO_STR char *pat_option = mem_printf("--pat=%s", value);
  const char *const lines[][8] = {
      {"request", "-p", "p", "/user", "-H", header, NULL},
      {"request", "-p", "p", "/user", item, NULL},
      {"request", "-p", "p", "/user", "-H", cookie, NULL},
      {"request", "-p", "p", url, NULL},
      {"request", "-p", "p", "/user", "--proxy", proxy, NULL},
      {"login", "-p", "p", "--param", param, NULL},
      {"login", "-p", "p", pat_option, NULL},
      {"login", "-p", "p", "--client-secret-file", value, NULL},
      {"token", value, NULL},
  };
  size_t before = server_count(&server, NULL);

  for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *path = program_fob();
    const char *argv[12] = {path, "-vv"};
    for (size_t k = 0; lines[i][k] != NULL; k++)
      argv[k + 2] = lines[i][k];
    program_run(&(struct program_options){.argv = argv, .env = home.env}, &o);
    cr_expect_eq(o.status, 2, "line %zu: exit %d: %s", i, o.status, o.err);
    search_outcome(&c, lines[i][0], &o, true);
  }
  cr_assert_eq(server_count(&server, NULL), before);
  json_decref(c.values);
}

Test(canary, in_FOB_TOKEN_is_gone_from_the_process_and_its_words)
{
  NEEDS_BARE_PROCESS;
  static const char value[] = "test-env-token-not-real-0123456789";
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  struct canary c;
  AUTO_OUTCOME struct outcome o;

  canary_start(&c, &home, &server);
  add(&c, value, "FOB_TOKEN");
  home_setenv(&home, "FOB_TOKEN", "%s", value);
  home_setenv(&home, "FOB_API", "%s", server.api);
  server_order(&server,
               "{'next': {'path': '/api/echo', 'fault': 'slow', 'delay_ms': "
               "500}}");
  struct program *p =
      fob_start(&home, TERMINAL_NONE, "-vv", "request", "/echo", NULL);
  cr_assert(server_await(&server, "/api/echo", 1, 10000));
  char text[65536];
  AUTO_STR char *path = mem_printf("/proc/%d/environ", (int)program_pid(p));
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) { /* not readable at all is better still */
    ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    if (n > 0)
      cr_expect_null(memmem(text, (size_t)n, value, strlen(value)),
                     "FOB_TOKEN stands in %s", path);
  }
  program_finish(p, &o);
  cli_expect(&o, 0);
  search_outcome(&c, "request", &o, true);
  json_t *requests = server_journal(&server, "/api/echo");
  cr_assert_not_null(
      json_object_get(json_object_get(json_array_get(requests, 0), "headers"),
                      "authorization"));
  json_decref(requests);
  json_decref(c.values);
}
