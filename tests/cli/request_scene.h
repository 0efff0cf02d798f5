/* A home, a sandbox, and fob set to speak to its API. */
#pragma once

#include "base/mem.h"
#include "store/store.h"
#include "support/home.h"
#include "support/program.h"
#include "support/server.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAT "test-pat-not-real-0123456789"

struct scene {
  struct home home;
  struct server server;
};

MAYBE_UNUSED static void scene_clear(struct scene *scene)
{
  server_stop(&scene->server);
  home_clear(&scene->home);
}
#define AUTO_SCENE __attribute__((cleanup(scene_clear)))

/* With FOB_TOKEN and FOB_API: no profile, no store. */
MAYBE_UNUSED static void scene_make(struct scene *scene)
{
  memset(scene, 0, sizeof *scene);
  home_make(&scene->home);
  server_start(&scene->server, NULL);
  home_setenv(&scene->home, "FOB_TOKEN", "%s", PAT);
  home_setenv(&scene->home, "FOB_API", "%s", scene->server.api);
}

/* With a profile `svc` in the encrypted file, logged in as a service. */
MAYBE_UNUSED static void scene_log_in(struct scene *scene)
{
  AUTO_OUTCOME struct outcome o;

  memset(scene, 0, sizeof *scene);
  home_make(&scene->home);
  server_start(&scene->server, NULL);
  fob_input(&scene->home, &o, "test-secret-not-real\n", "login",
            scene->server.issuer, "-p", "svc", "--api", scene->server.api,
            "--client-credentials", "--client-id", "fob-service",
            "--client-secret-file", "-", "--store", "file", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
}

/* The profile's token as it was `seconds` ago: opened with fob's own store, in
 * the home's environment. */
MAYBE_UNUSED static void scene_age(const struct scene *s, int64_t seconds)
{
  struct store_options options = {.doing = "svc"};
  AUTO(store) store = NULL;
  AUTO(record) record = NULL;
  struct err err = ERR_INIT;

  clearenv();
  for (size_t i = 0; s->home.env[i] != NULL; i++)
    putenv(s->home.env[i]);
  cr_assert_eq(store_open(&store, "file", &options, &err), E_OK);
  cr_assert_eq(store_get(store, "svc", &record, &err), E_OK, "%s", err.message);
  for (size_t i = 0; i < record->access_count; i++)
    record->access[i].issued_at -= seconds;
  cr_assert_eq(store_put(store, "svc", record, &err), E_OK, "%s", err.message);
}

/* A profile's file, as it stands; ' for ". */
MAYBE_UNUSED static void scene_profile(const struct scene *scene,
                                       const char *name, const char *format,
                                       ...)
{
  char text[4096];
  AUTO_STR char *path = mem_printf("config/fob/profiles/%s.json", name);
  va_list args;

  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  for (char *at = text; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  home_write(&scene->home, path, 0600, "%s", text);
}

/* The API's echo in o->out; json_decref. */
MAYBE_UNUSED static json_t *echoed(const struct outcome *o)
{
  json_t *root = json_loads(o->out, 0, NULL);

  cr_assert_not_null(root, "no JSON: '%s' and '%s'", o->out, o->err);
  return root;
}

MAYBE_UNUSED static const char *echoed_text(const json_t *root,
                                            const char *member)
{
  const char *text = json_string_value(json_object_get(root, member));

  return text != NULL ? text : "(none)";
}

MAYBE_UNUSED static const char *echoed_header(const json_t *root,
                                              const char *name)
{
  return echoed_text(json_object_get(root, "headers"), name);
}

MAYBE_UNUSED static bool has(const char *text, const char *part)
{
  return strstr(text, part) != NULL;
}

/* fob with up to 12 words of a table's row. */
MAYBE_UNUSED static void fob_row(const struct scene *scene, struct outcome *o,
                                 const char *input, const char *const *w)
{
  const char *v[12] = {NULL};

  for (size_t i = 0; i < 12 && w[i] != NULL; i++)
    v[i] = w[i];
  fob_input(&scene->home, o, input, "request", v[0], v[1], v[2], v[3], v[4],
            v[5], v[6], v[7], v[8], v[9], v[10], v[11], NULL);
}
