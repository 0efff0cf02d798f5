/* Answers that are kept and looked for, in a directory of the test's own. */
#pragma once

#include "api/answers.h"

#include "base/clock.h"
#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_URL "https://a.example/user"

MAYBE_UNUSED static const struct answers_ask get_user = {
    .profile = "acme", .login = "ann", .method = "GET", .url = USER_URL};

MAYBE_UNUSED static struct answers *open_anew(const char *profile)
{
  struct answers *answers = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(answers_open(&answers, profile, &err), E_OK, "%s", err.message);
  return answers;
}

MAYBE_UNUSED static struct answers *open_of(const char *profile)
{
  (void)setenv("XDG_CACHE_HOME", scratch_dir(), 1);
  return open_anew(profile);
}

MAYBE_UNUSED static const char *name_of(const struct answers *answers,
                                        const struct answers_ask *ask)
{
  static char name[KEPT_NAME + 1];
  struct err err = ERR_INIT;

  cr_assert_eq(answers_name(answers, ask, name, &err), E_OK);
  return name;
}

MAYBE_UNUSED static struct kept kept_now(void)
{
  struct err err = ERR_INIT;
  struct kept kept = {.asked_at = clock_wall(),
                      .received_at = clock_wall(),
                      .status = 200,
                      .version = mem_str("HTTP/1.1"),
                      .reason = mem_str("OK")};

  cr_assert_eq(headers_add(&kept.headers, "ETag", "\"1\"", &err), E_OK);
  return kept;
}

/* varies: a field of the headers that it varies by; both NULL: none. */
MAYBE_UNUSED static enum code keep(const struct answers *answers,
                                   const struct answers_ask *ask,
                                   const struct headers *headers,
                                   const char *body, const char *varies,
                                   struct err *err)
{
  AUTO_KEPT struct kept kept = kept_now();
  AUTO(keeping) keeping = NULL;
  enum code code = E_OK;

  if (varies != NULL) {
    const char *value = headers_get(headers, varies);
    AUTO_STR char *noted =
        mem_printf("%s%s", value ? "=" : "", value ? value : "");

    code = headers_add(&kept.selecting, varies, noted, err);
  }
  if (code == E_OK)
    code = keeping_new(&keeping, answers, name_of(answers, ask), &kept, err);
  if (code == E_OK)
    code = keeping_write(keeping, body, strlen(body), err);
  return code == E_OK ? keeping_commit(keeping, err) : code;
}

MAYBE_UNUSED static void must_keep(const struct answers *answers,
                                   const struct answers_ask *ask,
                                   const char *body)
{
  struct err err = ERR_INIT;

  cr_assert_eq(keep(answers, ask, NULL, body, NULL, &err), E_OK, "%s",
               err.message);
}

/* The body that is found; "(none)". One string, used again. */
MAYBE_UNUSED static const char *found_for(const struct answers *answers,
                                          const struct answers_ask *ask,
                                          const struct headers *headers)
{
  static char body[256];
  AUTO(found) found = NULL;
  struct err err = ERR_INIT;
  size_t len = 0;

  cr_assert_eq(
      answers_find(answers, name_of(answers, ask), headers, &found, &err), E_OK,
      "%s", err.message);
  if (found == NULL)
    return "(none)";
  cr_assert_eq(found_read(found, 0, body, sizeof body - 1, &len, &err), E_OK);
  body[len] = '\0';
  return body;
}

MAYBE_UNUSED static const char *found_body(const struct answers *answers,
                                           const struct answers_ask *ask)
{
  const struct headers none = {0};

  return found_for(answers, ask, &none);
}

/* The path of the first answer's file in acme's directory. */
MAYBE_UNUSED static const char *answer_file(void)
{
  static char path[512];
  const char *dir = scratch_path("fob/answers/acme");
  DIR *stream = opendir(dir);
  struct dirent *entry;

  cr_assert_not_null(stream);
  path[0] = '\0';
  while ((entry = readdir(stream)) != NULL) {
    if (entry->d_name[0] != '.')
      snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
  }
  closedir(stream);
  cr_assert_neq(path[0], '\0');
  return path;
}
