/* Downloads of the sandbox's files (sandbox/files.c) into a home. */
#pragma once

#include "cli/request_scene.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE = 100000, PERIOD = 251, VERSION_STEP = 17 };

/* fob request in the home's directory, with words of a shell. */
MAYBE_UNUSED static void get(const struct scene *s, struct outcome *o,
                             const char *words)
{
  AUTO_STR char *program = program_fob();
  AUTO_STR char *text = mem_printf("exec '%s' request %s", program, words);
  const char *const argv[] = {"sh", "-c", text, NULL};

  program_run(&(struct program_options){.argv = argv,
                                        .env = s->home.env,
                                        .dir = s->home.dir},
              o);
}

/* The script of the answers to come, from the first on. */
MAYBE_UNUSED static void serve(const struct scene *s, const char *list)
{
  server_reset(&s->server);
  server_order(&s->server, "{'set': {'file': [%s]}}", list);
}

/* Is the file the first `size` bytes of that version? */
MAYBE_UNUSED static bool holds(const struct scene *s, const char *name,
                               size_t size, int version)
{
  size_t len = 0;
  AUTO_STR char *bytes = home_read(&s->home, name, &len);

  if (bytes == NULL || len != size)
    return false;
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)bytes[i] !=
        (i + (size_t)version * VERSION_STEP) % PERIOD)
      return false;
  return true;
}

MAYBE_UNUSED static bool is_there(const struct scene *s, const char *name)
{
  AUTO_STR char *path = home_path(&s->home, name);
  struct stat st;

  return lstat(path, &st) == 0;
}

/* A header of the nth request for the file; "(none)". Free with mem_free. */
MAYBE_UNUSED static char *asked(const struct scene *s, size_t n,
                                const char *name)
{
  json_t *journal = server_journal(&s->server, "/api/file");
  const char *value = json_string_value(json_object_get(
      json_object_get(json_array_get(journal, n), "headers"), name));
  char *copy = mem_str(value != NULL ? value : "(none)");

  json_decref(journal);
  return copy;
}
