#include "oauth/flow.h"

#include "base/clock.h"
#include "base/mem.h"
#include "support/fetch.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static char *quoted(const char *text)
{
  char *copy = mem_str(text);

  cr_assert_not_null(copy);
  for (char *c = copy; *c; c++)
    if (*c == '\'')
      *c = '"';
  return copy;
}

static void set_profile(struct flow *flow, const char *json)
{
  AUTO_STR char *text = quoted(json);
  struct err err = ERR_INIT;

  profile_free(flow->profile);
  flow->profile = NULL;
  cr_assert_eq(profile_parse(&flow->profile, "acme", text, strlen(text), &err),
               E_OK, "%s", err.message);
}

void flow_profile(struct flow *flow, const char *json)
{
  const char *mark = strstr(json, "%s");
  AUTO_STR char *text = mark ? mem_printf("%.*s%s%s", (int)(mark - json), json,
                                          flow->server.base, mark + 2)
                             : mem_str(json);

  set_profile(flow, text);
}

static void make_home(void)
{
  setenv("HOME", scratch_dir(), 1);
  setenv("XDG_DATA_HOME", scratch_path("data"), 1);
  setenv("XDG_STATE_HOME", scratch_path("state"), 1);
  setenv("XDG_CONFIG_HOME", scratch_path("config"), 1);
  setenv("FOB_STORE_KEY",
         "000102030405060708090a0b0c0d0e0f"
         "101112131415161718191a1b1c1d1e1f",
         1);
  unsetenv("FOB_CLIENT_ID");
  unsetenv("FOB_CLIENT_SECRET");
  unsetenv("CREDENTIALS_DIRECTORY");
}

void flow_start(struct flow *flow, const char *members)
{
  AUTO_STR char *json = NULL;
  const struct store_options store = {.doing = "acme"};
  const struct http_options options = {0};
  struct err err = ERR_INIT;

  memset(flow, 0, sizeof(*flow));
  make_home();
  server_start(&flow->server, NULL);
  json = mem_printf("{'schema': 1, 'api': ['%s'], 'issuer': '%s', "
                    "'client': {'id': 'fob-demo'}%s%s}",
                    flow->server.api, flow->server.issuer, *members ? ", " : "",
                    members);
  set_profile(flow, json);
  cr_assert_eq(http_new(&flow->http, &options, &err), E_OK, "%s", err.message);
  cr_assert_eq(store_open(&flow->store, "file", &store, &err), E_OK, "%s",
               err.message);
}

void flow_clear(struct flow *flow)
{
  profile_free(flow->profile);
  http_free(flow->http);
  store_free(flow->store);
  server_stop(&flow->server);
}

/* --- the person -------------------------------------------------------- */

static char page[16384];

const char *flow_page(void)
{
  return page;
}

struct person {
  enum flow_person kind;
  bool pastes;
  int terminal[2];
  int screen[2]; /* what the browser shows */
  pid_t browser;
};

/* Goes to the authorization endpoint; where that sends the browser. */
static char *go(const struct person *person, const char *url)
{
  AUTO_FETCH struct fetch_answer answer = {0};
  AUTO_STR char *to = NULL;
  char *state;

  if (!fetch("GET", url, NULL, NULL, 0, PATIENCE_MS, &answer))
    return NULL;
  to = fetch_header(&answer, "Location", 0);
  state = to ? strstr(to, "state=") : NULL;
  if (state && person->kind == FLOW_OTHER_STATE)
    state[strlen("state=")] ^= 1;
  return to ? mem_str(to) : NULL;
}

static void paste(const struct person *person, const char *line)
{
  AUTO_STR char *whole = mem_printf("%s\n", line);

  cr_assert_eq(write(person->terminal[1], whole, strlen(whole)),
               (ssize_t)strlen(whole));
}

/* A process of its own: the listener is served by this one. */
static void browse(struct person *person, const char *url)
{
  person->browser = fork();
  cr_assert_geq(person->browser, 0);
  if (person->browser == 0) {
    struct fetch_answer shown = {0};
    char *to = go(person, url);
    bool good = to && fetch("GET", to, NULL, NULL, 0, PATIENCE_MS, &shown) &&
                write(person->screen[1], shown.body, shown.body_len) >= 0;

    fetch_clear(&shown);
    mem_free(to);
    _exit(good ? 0 : 1);
  }
}

static enum code visit(void *user, const char *url, int port, struct err *err)
{
  struct person *person = user;
  AUTO_STR char *to = NULL;

  (void)err;
  cr_expect_eq(port > 0, !person->pastes);
  if (person->kind == FLOW_AWAY)
    return E_OK;
  if (person->kind == FLOW_GONE) {
    close(person->terminal[1]);
    person->terminal[1] = -1;
  }
  if (!person->pastes) {
    browse(person, url);
    return E_OK;
  }
  if (person->kind == FLOW_GONE)
    return E_OK;
  to = go(person, url);
  cr_assert_not_null(to, "the sandbox does not redirect: %s", url);
  if (person->kind == FLOW_TWICE) {
    paste(person, "");
    paste(person, "what do you mean?");
  }
  paste(person, to);
  return E_OK;
}

static enum code read_paste(void *user, char **ret_line, struct err *err)
{
  struct person *person = user;
  AUTO_BUF struct buf line = BUF_INIT(BUF_URL);
  char c;

  for (;;) {
    if (read(person->terminal[0], &c, 1) != 1)
      return err_set(err, E_USAGE, "nothing was entered");
    if (c == '\n')
      return buf_detach(&line, ret_line, NULL, err);
    buf_putc(&line, c);
  }
}

static void see_page(struct person *person)
{
  ssize_t n;
  int status;

  close(person->screen[1]);
  page[0] = '\0';
  if (person->browser > 0) {
    cr_expect_eq(waitpid(person->browser, &status, 0), person->browser);
    n = read(person->screen[0], page, sizeof(page) - 1);
    page[n > 0 ? n : 0] = '\0';
  }
  close(person->screen[0]);
}

enum code flow_login(struct flow *flow, enum login_method method,
                     enum flow_person kind, struct login_result *ret_result,
                     struct err *err)
{
  struct person person = {.kind = kind, .pastes = method == LOGIN_PASTE};
  struct login_ui ui = {
      .visit = visit, .read_paste = read_paste, .user = &person};
  struct login_request request = {.method = method,
                                  .profile = flow->profile,
                                  .http = flow->http,
                                  .ui = &ui,
                                  .previous_issuer = flow->previous_issuer,
                                  .timeout_ms =
                                      kind == FLOW_AWAY ? 200 : PATIENCE_MS};
  AUTO(secret) secret = NULL;
  AUTO(secret) pat = NULL;
  enum code code;

  cr_assert_eq(pipe(person.terminal), 0);
  cr_assert_eq(pipe(person.screen), 0);
  ui.paste_fd = person.terminal[0];
  cr_assert_eq(secret_new(&secret, "test-secret-not-real", 20, NULL), E_OK);
  cr_assert_eq(secret_new(&pat, "test-pat-not-real-0123456789", 28, NULL),
               E_OK);
  if (method == LOGIN_CLIENT_CREDENTIALS ||
      strcmp(flow->profile->client.id ? flow->profile->client.id : "",
             "fob-web") == 0)
    request.client_secret = secret;
  if (method == LOGIN_PAT)
    request.pat = pat;
  *ret_result = (struct login_result){0};
  code = login_run(&request, ret_result, err);
  see_page(&person);
  close(person.terminal[0]);
  if (person.terminal[1] >= 0)
    close(person.terminal[1]);
  return code;
}

/* --- the store --------------------------------------------------------- */

void flow_put(struct flow *flow, const struct record *record)
{
  struct err err = ERR_INIT;

  cr_assert_eq(store_put(flow->store, "acme", record, &err), E_OK, "%s",
               err.message);
}

struct record *flow_get(struct flow *flow)
{
  struct record *record = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(store_get(flow->store, "acme", &record, &err), E_OK, "%s",
               err.message);
  return record;
}

void flow_log_in(struct flow *flow)
{
  struct login_result result = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(flow_login(flow, LOGIN_PASTE, FLOW_HONEST, &result, &err), E_OK,
               "%s", err.message);
  result.record->generation = 1;
  flow_put(flow, result.record);
  login_result_clear(&result);
}

void flow_expire(struct flow *flow)
{
  AUTO(record) record = flow_get(flow);

  cr_assert_gt(record->access_count, 0);
  for (size_t i = 0; i < record->access_count; i++) {
    record->access[i].issued_at -= 7200;
    record->access[i].expires_at -= 7200;
  }
  flow_put(flow, record);
}

enum code flow_token(struct flow *flow, const struct session_ask *ask,
                     struct session_token *ret_token, struct err *err)
{
  static const struct session_ask plain = {.min_valid = -1};
  const struct session session = {.profile = flow->profile,
                                  .store_kind = "file",
                                  .store_options = {.doing = "acme"},
                                  .cache = CACHE_OFF};

  return session_token(&session, ask ? ask : &plain, ret_token, err);
}

void flow_logged_in(struct flow *flow)
{
  flow_start(flow, FLOW_SCOPE);
  flow_log_in(flow);
  server_reset(&flow->server);
}

size_t flow_requests(const struct flow *flow)
{
  return server_count(&flow->server, "/token");
}

void flow_expect(struct flow *flow, const struct session_ask *ask,
                 enum code code)
{
  AUTO_TOKEN struct session_token token = {0};
  struct err err = ERR_INIT;

  cr_assert_eq(flow_token(flow, ask, &token, &err), code, "%d %s", err.code,
               err.message);
}
