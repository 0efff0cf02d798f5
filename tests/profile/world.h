/* A place of a test's own for profiles, presets and config.json: every variable
 * that leads elsewhere is set or taken away. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "profile/profile.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

MAYBE_UNUSED static struct err err;

MAYBE_UNUSED static void world_dir(const char *name)
{
  cr_assert_eq(mkdir(scratch_path(name), 0700), 0, "%s", name);
}

/* The shipped presets are found as the source has them. */
MAYBE_UNUSED static void world_make(void)
{
  static const char *const unset[] = {"FOB_CONFIG_DIR", "FOB_PROFILE",
                                      "FOB_PROFILE_FILE", "FOB_STORE"};
  char presets[PATH_MAX];

  for (size_t i = 0; i < ARRAY_LEN(unset); i++)
    unsetenv(unset[i]);
  setenv("HOME", scratch_dir(), 1);
  setenv("XDG_CONFIG_HOME", scratch_path("config"), 1);
  setenv("XDG_CONFIG_DIRS", scratch_path("system"), 1);
  setenv("XDG_DATA_HOME", scratch_path("data"), 1);
  setenv("XDG_DATA_DIRS", scratch_path("share"), 1);
  world_dir("config");
  world_dir("config/fob");
  world_dir("config/fob/profiles");
  world_dir("system");
  world_dir("system/fob");
  world_dir("system/fob/profiles");
  world_dir("data");
  world_dir("data/fob");
  world_dir("data/fob/presets");
  world_dir("share");
  world_dir("share/fob");
  cr_assert_not_null(realpath("src/profile/presets", presets));
  cr_assert_eq(symlink(presets, scratch_path("share/fob/presets")), 0);
  err = (struct err)ERR_INIT;
}

/* The path of a profile's own file; one of a few strings used in turn. */
MAYBE_UNUSED static const char *world_path(const char *name)
{
  char relative[256];

  snprintf(relative, sizeof(relative), "config/fob/profiles/%s.json", name);
  return scratch_path(relative);
}

MAYBE_UNUSED static void world_profile(const char *name, const char *text)
{
  scratch_write(world_path(name), text, 0644);
}

MAYBE_UNUSED static void world_preset(const char *name, const char *text)
{
  char relative[256];

  snprintf(relative, sizeof(relative), "data/fob/presets/%s.json", name);
  scratch_write(scratch_path(relative), text, 0644);
}

/* What a file of that text would give; fails the test when it is refused. */
MAYBE_UNUSED static struct profile *world_parse(const char *text)
{
  struct profile *profile = NULL;
  enum code code = profile_parse(&profile, "acme", text, strlen(text), &err);

  cr_assert_eq(code, E_OK, "%s: %s", text, err.message);
  return profile;
}

/* The text is refused with E_PROFILE, and the message has all of `reason`. */
MAYBE_UNUSED static void world_refuse(const char *text, const char *reason)
{
  struct profile *profile = NULL;
  enum code code;

  err_clear(&err);
  code = profile_parse(&profile, "acme", text, strlen(text), &err);
  cr_expect_eq(code, E_PROFILE, "%s gave %s", text, err_name(code));
  cr_expect_eq(err_status(code), 2);
  cr_expect_null(profile);
  cr_expect_not_null(strstr(err.message, reason), "%s\n  gave '%s'\n  not '%s'",
                     text, err.message, reason);
  profile_free(profile);
}
