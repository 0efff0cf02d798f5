/* A credential stays at its origin: wherever an API sends fob, and whatever the
 * environment says about proxies. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/mem.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <string.h>

enum { STARTS = 2, TARGETS = 5, STATUSES = 5, KINDS = 2, METHODS = 2 };

static const int statuses[STATUSES] = {301, 302, 303, 307, 308};

static const struct {
  const char *profile, *auth, *secret, *header;
} kinds[KINDS] = {
    {"bearer",
     "{\"in\": \"header\", \"name\": \"Authorization\", \"format\": \"Bearer "
     "{token}\"}",
     "test-pat-not-real-0123456789", "authorization"},
    {"key",
     "{\"in\": \"header\", \"name\": \"X-API-Key\", \"format\": \"{token}\"}",
     "test-api-key-not-real", "x-api-key"},
};

/* The three servers, and the five places that a redirect can lead to. */
struct world {
  struct home home;
  struct server http, https, other;
};

struct place {
  const char *scheme, *host;
  const struct server *server;
};

static void world_start(struct world *w)
{
  home_make(&w->home);
  home_make_cert(&w->home);
  AUTO_STR char *cert = home_path(&w->home, "cert.pem");
  AUTO_STR char *key = home_path(&w->home, "key.pem");
  server_start(&w->http, NULL);
  server_start(&w->other, NULL);
  server_start(&w->https, "--tls", cert, key, NULL);
  home_setenv(&w->home, "FOB_CA_BUNDLE", "%s", cert);
}

static void world_stop(struct world *w)
{
  server_stop(&w->http);
  server_stop(&w->https);
  server_stop(&w->other);
  home_clear(&w->home);
}

static void make_profile(const struct world *w, size_t kind,
                         const struct server *start, const char *scheme)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *name = mem_printf("%s-%s", kinds[kind].profile, scheme);
  AUTO_STR char *path = mem_printf("config/fob/profiles/%s.json", name);

  home_write(&w->home, path, 0600,
             "{\"schema\": 1, \"api\": [\"%s\"], \"grant\": \"token\", "
             "\"auth\": %s, \"headers\": {\"X-Profile\": \"mine\"}}",
             start->api, kinds[kind].auth);
  fob_input(&w->home, &o, kinds[kind].secret, "login", "-p", name, "--pat=-",
            "--store", "file", NULL);
  cli_expect(&o, 0);
}

struct trial {
  const struct server *start;
  const char *start_scheme;
  struct place to;
  int status;
  size_t kind;
  bool post;
};

/* What the place received of that trial: the request's headers, or NULL. */
static json_t *received(const struct trial *t)
{
  json_t *requests = server_journal(t->to.server, "/api/echo");
  json_t *headers =
      json_incref(json_object_get(json_array_get(requests, 0), "headers"));

  cr_expect_leq(json_array_size(requests), 1);
  json_decref(requests);
  return headers;
}

static void judge(const struct trial *t, const struct outcome *o,
                  const char *name)
{
  static const char *const never[] = {"authorization", "x-api-key", "cookie",
                                      "x-mine", "x-profile"};
  bool same = t->to.server == t->start && strcmp(t->to.host, "127.0.0.1") == 0;
  bool down = strcmp(t->start_scheme, "https") == 0 &&
              strcmp(t->to.scheme, "http") == 0;
  bool body = t->post && t->status >= 307;
  json_t *headers = received(t);

  if (same) {
    cr_expect_eq(o->status, 0, "%s: exit %d: %s", name, o->status, o->err);
    cr_expect_not_null(json_object_get(headers, kinds[t->kind].header),
                       "%s: no credential at its own origin", name);
  } else if (down || body) {
    cr_expect_eq(o->status, 11, "%s: exit %d: %s", name, o->status, o->err);
    cr_expect_null(headers, "%s: it was followed", name);
  } else {
    cr_expect_eq(o->status, 0, "%s: exit %d: %s", name, o->status, o->err);
    cr_expect_not_null(headers, "%s: it was not followed", name);
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
      cr_expect_null(json_object_get(headers, never[i]), "%s: %s was sent",
                     name, never[i]);
  }
  json_decref(headers);
}

static void try_one(const struct world *w, const struct trial *t)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *profile =
      mem_printf("%s-%s", kinds[t->kind].profile, t->start_scheme);
  AUTO_STR char *path =
      mem_printf("/redirect?status=%d&to=%s://%s:%d/api/echo", t->status,
                 t->to.scheme, t->to.host, t->to.server->port);
  AUTO_STR char *name =
      mem_printf("%s %s from %s: %s", t->post ? "POST" : "GET", profile,
                 t->start->api, path);

  server_reset(t->to.server);
  if (t->post)
    fob(&w->home, &o, "request", "POST", path, "-p", profile, "-H",
        "X-Mine: mine", "-d", "body", NULL);
  else
    fob(&w->home, &o, "request", path, "-p", profile, "-H", "X-Mine: mine",
        NULL);
  judge(t, &o, name);
}

Test(redirect, takes_no_credential_to_another_origin, .timeout = 300)
{
  struct world w = {0};
  size_t trials = 0;

  world_start(&w);
  const struct server *starts[STARTS] = {&w.http, &w.https};
  static const char *const schemes[STARTS] = {"http", "https"};
  const struct place places[TARGETS] = {{"http", "127.0.0.1", &w.http},
                                        {"http", "localhost", &w.http},
                                        {"http", "127.0.0.1", &w.other},
                                        {"https", "127.0.0.1", &w.https},
                                        {"https", "localhost", &w.https}};
  for (size_t i = 0; i < KINDS * STARTS; i++)
    make_profile(&w, i / STARTS, starts[i % STARTS], schemes[i % STARTS]);

  /* Every seventh still meets each value of each dimension. */
  for (size_t n = 0; n < STARTS * TARGETS * STATUSES * KINDS * METHODS;
       n += is_slow() ? 7 : 1) {
    size_t rest = n;
    struct trial t = {.post = rest % METHODS};
    rest /= METHODS;
    t.kind = rest % KINDS;
    rest /= KINDS;
    t.status = statuses[rest % STATUSES];
    rest /= STATUSES;
    t.to = places[rest % TARGETS];
    rest /= TARGETS;
    t.start = starts[rest];
    t.start_scheme = schemes[rest];
    try_one(&w, &t);
    trials++;
  }
  cr_assert_eq(trials, is_slow() ? 29 : 200);
  world_stop(&w);
}

Test(redirect, never_gives_the_credential_back)
{
  struct world w = {0};
  AUTO_OUTCOME struct outcome o;

  world_start(&w);
  make_profile(&w, 0, &w.http, "http");
  /* There and back again: the last hop is at the credential's own origin. */
  AUTO_STR char *path = mem_printf("/redirect?to=%s/redirect%%3Fto%%3D%s/echo",
                                   w.other.api, w.http.api);
  fob(&w.home, &o, "request", path, "-p", "bearer-http", NULL);
  cli_expect(&o, 0);
  cr_assert_not_null(strstr(o.out, "\"credential\":false"), "%s", o.out);
  world_stop(&w);
}

Test(redirect, stops_after_ten)
{
  struct world w = {0};
  AUTO_OUTCOME struct outcome ten;
  AUTO_OUTCOME struct outcome eleven;

  world_start(&w);
  make_profile(&w, 0, &w.http, "http");
  fob(&w.home, &ten, "request", "/redirect/10", "-p", "bearer-http", NULL);
  cli_expect(&ten, 0);
  server_reset(&w.http);
  fob(&w.home, &eleven, "request", "/redirect/1000", "-p", "bearer-http", NULL);
  cli_expect(&eleven, 3);
  cr_assert_eq(server_count(&w.http, NULL), 11);
  world_stop(&w);
}

Test(redirect, sends_loopback_requests_to_no_proxy)
{
  static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy",
                                      "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
  struct world w = {0};

  world_start(&w);
  make_profile(&w, 0, &w.http, "http");
  make_profile(&w, 0, &w.https, "https");
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    home_setenv(&w.home, names[i], "http://127.0.0.1:%d", w.other.port);
  home_setenv(&w.home, "no_proxy", "%s", "");
  static const char *const profiles[] = {"bearer-http", "bearer-https"};
  for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
    AUTO_OUTCOME struct outcome o;
    fob(&w.home, &o, "request", "/user", "-p", profiles[i], NULL);
    cli_expect(&o, 0);
  }
  cr_assert_eq(server_count(&w.other, NULL) + server_silent(&w.other), 0);
  world_stop(&w);
}
