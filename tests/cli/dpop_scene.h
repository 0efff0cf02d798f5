/* A scene whose tokens are bound to a key, and what the sandbox was shown of
 * it. */
#pragma once

#include "cli/cli.h"
#include "cli/request_scene.h"

MAYBE_UNUSED static void scene_start(struct scene *s)
{
  memset(s, 0, sizeof *s);
  home_make(&s->home);
  server_start(&s->server, NULL);
}

/* Logs in as a service, with more words behind; the outcome is for the caller.
 */
MAYBE_UNUSED static void log_in(const struct scene *s, struct outcome *o,
                                const char *profile, const char *more)
{
  AUTO_STR char *line = mem_printf(
      "login $I -p %s --api $A --client-credentials --client-id fob-service "
      "--client-secret-file - --store file %s",
      profile, more);

  cli_line(&s->home, &s->server, o, "test-secret-not-real", line);
}

MAYBE_UNUSED static void scene_bound(struct scene *s)
{
  AUTO_OUTCOME struct outcome o;

  scene_start(s);
  log_in(s, &o, "svc", "--dpop");
  cli_expect(&o, 0);
}

/* As a person, with a refresh token: `p`. */
MAYBE_UNUSED static void log_in_person(const struct scene *s, const char *more)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *line = mem_printf(
      "login $I -p p --api $A --client-id fob-demo --store file --dpop "
      "%s --browser",
      more);

  cli_line(&s->home, &s->server, &o, NULL, line);
  cli_expect(&o, 0);
}

MAYBE_UNUSED static void scene_person(struct scene *s)
{
  scene_start(s);
  log_in_person(s, "");
}

MAYBE_UNUSED static size_t asked(const struct scene *s, const char *path)
{
  return server_count(&s->server, path);
}

/* The nth request for path, from 0; json_decref. */
MAYBE_UNUSED static json_t *nth(const struct scene *s, const char *path,
                                size_t n)
{
  json_t *all = server_journal(&s->server, path);
  json_t *entry = json_incref(json_array_get(all, n));

  json_decref(all);
  cr_assert_not_null(entry, "no request %zu for %s", n, path);
  return entry;
}

/* A text in the journal; "(none)". One string, used again and again. */
MAYBE_UNUSED static const char *told(const struct scene *s, const char *path,
                                     size_t n, const char *group,
                                     const char *member)
{
  static char text[512];
  json_t *entry = nth(s, path, n);
  const json_t *at = json_object_get(entry, group);

  if (strcmp(group, "payload") == 0)
    at = json_object_get(json_object_get(entry, "dpop"), "payload");
  at = json_object_get(at, member);
  snprintf(text, sizeof text, "%s",
           at != NULL ? json_string_value(at) : "(none)");
  json_decref(entry);
  return text;
}

/* A shell's script, in which fob is the program under test. */
MAYBE_UNUSED static void run_shell(const struct scene *s, struct outcome *o,
                                   const char *script)
{
  AUTO_STR char *program = program_fob();
  AUTO_STR char *whole =
      mem_printf("fob() { '%s' \"$@\"; }; %s", program, script);
  const char *const argv[] = {"bash", "-c", whole, NULL};

  program_run(&(struct program_options){.argv = argv, .env = s->home.env}, o);
}
