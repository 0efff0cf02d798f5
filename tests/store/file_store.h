/* What the tests of the file store share. */
#pragma once

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/store.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

MAYBE_UNUSED static const char key_hex[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
MAYBE_UNUSED static const char key_base64[] =
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
MAYBE_UNUSED static const char other_key[] =
    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

MAYBE_UNUSED static void file_set_up(void)
{
  setenv("XDG_DATA_HOME", scratch_dir(), 1);
  unsetenv("FOB_STORE_KEY");
  unsetenv("FOB_STORE_KEY_FILE");
  unsetenv("CREDENTIALS_DIRECTORY");
}

MAYBE_UNUSED static struct store *open_with(const struct store_options *options)
{
  struct store *store = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(store_open(&store, "file", options, &err), E_OK, "%s",
               err.message);
  return store;
}

MAYBE_UNUSED static struct store *open_plain(void)
{
  return open_with(&(struct store_options){0});
}

MAYBE_UNUSED static struct record *record_of(const char *profile,
                                             uint64_t generation)
{
  struct record *record = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(record_new(&record, profile, &err), E_OK);
  record->generation = generation;
  cr_assert_eq(record_set_text(&record->grant, "authorization_code", &err),
               E_OK);
  cr_assert_eq(
      secret_new(&record->refresh_token, "test-refresh-not-real", 21, &err),
      E_OK);
  return record;
}

MAYBE_UNUSED static enum code put(struct store *store, const char *profile,
                                  uint64_t generation, struct err *err)
{
  AUTO(record) record = record_of(profile, generation);
  return store_put(store, profile, record, err);
}

MAYBE_UNUSED static void assert_put(struct store *store, const char *profile,
                                    uint64_t generation)
{
  struct err err = ERR_INIT;
  cr_assert_eq(put(store, profile, generation, &err), E_OK, "%s", err.message);
}

/* The generation that is stored; 0 and the code when it cannot be had. */
MAYBE_UNUSED static uint64_t get(struct store *store, const char *profile,
                                 enum code *ret_code, struct err *err)
{
  struct record *record = NULL;
  *ret_code = store_get(store, profile, &record, err);
  uint64_t generation = record != NULL ? record->generation : 0;
  record_free(record);
  return generation;
}

MAYBE_UNUSED static void expect_get(const struct store_options *options,
                                    enum code want, const char *named)
{
  AUTO(store) store = open_with(options);
  struct err err = ERR_INIT;
  enum code code;
  uint64_t generation = get(store, "acme", &code, &err);
  cr_expect_eq(code, want, "%s: %s", named, err.message);
  cr_expect_eq(generation, want == E_OK ? 1 : 0);
  if (want != E_OK) {
    cr_expect_not_null(strstr(err.message, named), "%s: %s", named,
                       err.message);
    cr_expect_neq(err.hint[0], '\0', "%s has no hint", err.message);
  }
}

MAYBE_UNUSED static const char *path_of(const char *name)
{
  static char path[4096];
  snprintf(path, sizeof path, "%s/fob/credentials/%s", scratch_dir(), name);
  return path;
}

MAYBE_UNUSED static unsigned mode_of(const char *path)
{
  struct stat status;
  return lstat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

/* A whole file; the caller clears. */
MAYBE_UNUSED static struct buf bytes_of(const char *path)
{
  struct buf bytes = BUF_INIT(BUF_RECORD);
  struct err err = ERR_INIT;
  cr_assert_eq(file_read(&bytes, path, FILE_ANY, BUF_RECORD, E_LOCAL, &err),
               E_OK, "%s", err.message);
  return bytes;
}

MAYBE_UNUSED static void write_bytes(const char *path, const void *bytes,
                                     size_t len)
{
  struct err err = ERR_INIT;
  cr_assert_eq(file_replace(path, bytes, len, true, E_LOCAL, &err), E_OK);
}
