#include "store/filekey.h"

#include "base/file.h"
#include "store/file_store.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(file_key, .init = file_set_up);

Test(file_key, takes_a_key_in_each_form)
{
  uint8_t want[CRYPTO_KEY_LEN], got[CRYPTO_KEY_LEN];
  for (size_t i = 0; i < sizeof want; i++)
    want[i] = (uint8_t)i;
  static const struct {
    const char *text;
    bool good;
  } rows[] = {
      {key_hex, true},
      {key_base64, true},
      {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", true},
      {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", true},
      {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\r\n", true},
      {"", false},
      {"\n", false},
      {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n", false},
      {" AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", false},
      {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", false},
      {"00010203", false},
      {"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
       false},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    cr_expect_eq(filekey_parse(got, rows[i].text, strlen(rows[i].text), &err),
                 rows[i].good ? E_OK : E_STORE_BROKEN, "'%s'", rows[i].text);
    if (rows[i].good)
      cr_expect_arr_eq(got, want, sizeof want, "'%s'", rows[i].text);
  }
}

static void give_key(enum filekey_source source, const char *key,
                     struct store_options *options)
{
  scratch_write(scratch_path("fob.key"), key, 0600);
  if (source == FILEKEY_ENV)
    setenv("FOB_STORE_KEY", key, 1);
  if (source == FILEKEY_ENV_FILE)
    setenv("FOB_STORE_KEY_FILE", scratch_path("fob.key"), 1);
  if (source == FILEKEY_CONFIG)
    options->key_file = scratch_path("fob.key");
  if (source == FILEKEY_CREDENTIALS)
    setenv("CREDENTIALS_DIRECTORY", scratch_dir(), 1);
}

Test(file_key, opens_with_the_key_given_and_no_other)
{
  static const struct {
    enum filekey_source source;
    const char *label, *named;
  } rows[] = {
      {FILEKEY_ENV, "file (key from FOB_STORE_KEY)", "of FOB_STORE_KEY"},
      {FILEKEY_ENV_FILE, "file (key from FOB_STORE_KEY_FILE)",
       "of FOB_STORE_KEY_FILE"},
      {FILEKEY_CONFIG, "file (key from store_key_file)", "of store_key_file"},
      {FILEKEY_CREDENTIALS, "file (key from $CREDENTIALS_DIRECTORY)",
       "of $CREDENTIALS_DIRECTORY/fob.key"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *data = mem_printf("%s/%zu", scratch_dir(), i);
    file_set_up();
    setenv("XDG_DATA_HOME", data, 1);
    struct store_options options = {0};
    give_key(rows[i].source, key_base64, &options);
    AUTO(store) store = open_with(&options);
    cr_expect_str_eq(store_label(store), rows[i].label);
    assert_put(store, "acme", 1);
    expect_get(&options, E_OK, "");
    AUTO_STR char *beside = mem_printf("%s/fob/credentials/.key", data);
    cr_expect_neq(access(beside, F_OK), 0, "no key of its own was made");

    give_key(rows[i].source, other_key, &options);
    expect_get(&options, E_STORE_REFUSED, rows[i].named);
    file_set_up();
    setenv("XDG_DATA_HOME", data, 1);
    expect_get(&(struct store_options){0}, E_STORE_REFUSED, "is not here");
  }
}

Test(file_key, the_first_key_in_order_counts)
{
  struct store_options options = {0};
  give_key(FILEKEY_CREDENTIALS, other_key, &options);
  scratch_write(scratch_path("config.key"), other_key, 0600);
  scratch_write(scratch_path("env.key"), other_key, 0600);
  cr_expect_eq(filekey_source(&options, NULL), FILEKEY_CREDENTIALS);
  options.key_file = scratch_path("config.key");
  cr_expect_eq(filekey_source(&options, NULL), FILEKEY_CONFIG);
  setenv("FOB_STORE_KEY_FILE", scratch_path("env.key"), 1);
  cr_expect_eq(filekey_source(&options, NULL), FILEKEY_ENV_FILE);
  setenv("FOB_STORE_KEY", key_hex, 1);
  cr_expect_eq(filekey_source(&options, NULL), FILEKEY_ENV);
  AUTO(store) store = open_with(&options);
  assert_put(store, "acme", 1);
  expect_get(&options, E_OK, "");
}

Test(file_key, a_bad_key_is_named_and_not_shown)
{
  static const char bad[] = "not-real-and-no-key";
  static const struct {
    enum filekey_source source;
    enum code code;
    const char *named;
  } rows[] = {
      {FILEKEY_ENV, E_ENVIRONMENT, "FOB_STORE_KEY holds no key"},
      {FILEKEY_ENV_FILE, E_ENVIRONMENT, "FOB_STORE_KEY_FILE: '"},
      {FILEKEY_CONFIG, E_STORE_REFUSED, "store_key_file: '"},
      {FILEKEY_CREDENTIALS, E_STORE_REFUSED, "fob.key: '"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    file_set_up();
    struct store_options options = {0};
    give_key(rows[i].source, bad, &options);
    AUTO(store) store = open_with(&options);
    struct err err = ERR_INIT;
    cr_expect_eq(put(store, "acme", 1, &err), rows[i].code);
    cr_expect_not_null(strstr(err.message, rows[i].named), "%s", err.message);
    cr_expect_null(strstr(err.message, bad), "%s", err.message);
    cr_expect_not_null(strstr(err.hint, "openssl rand"), "%s", err.hint);
  }
  setenv("FOB_STORE_KEY_FILE", "/nonexistent/key", 1);
  AUTO(store) store = open_plain();
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, "acme", 1, &err), E_ENVIRONMENT);
  cr_expect_not_null(strstr(err.message, "/nonexistent/key"), "%s",
                     err.message);
}

Test(file_key, a_key_file_may_be_a_link_and_raw)
{
  char raw[CRYPTO_KEY_LEN];
  for (size_t i = 0; i < sizeof raw; i++)
    raw[i] = (char)i;
  write_bytes(scratch_path("target"), raw, sizeof raw);
  cr_assert_eq(chmod(scratch_path("target"), 0440), 0);
  cr_assert_eq(symlink("target", scratch_path("link")), 0);
  setenv("FOB_STORE_KEY_FILE", scratch_path("link"), 1);
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  unsetenv("FOB_STORE_KEY_FILE");
  setenv("FOB_STORE_KEY", key_hex, 1);
  expect_get(&(struct store_options){0}, E_OK, "");
}

Test(file_key, a_damaged_own_key_is_told_and_kept)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  cr_expect_str_eq(store_label(store), "file (key beside it)");
  cr_expect_str_eq(store_describe(store), "an encrypted file (key beside it)");
  scratch_write(path_of(".key"), "half a k", 0600);
  struct err err = ERR_INIT;
  enum code code;
  (void)get(store, "acme", &code, &err);
  cr_expect_eq(code, E_STORE_BROKEN);
  cr_expect_eq(put(store, "acme", 2, &err), E_STORE_BROKEN);
  cr_expect_str_eq(scratch_read(path_of(".key")), "half a k");
}

static int begin_as(int number)
{
  AUTO_STR char *profile = mem_printf("p%d", number);
  AUTO(store) store = open_plain();
  struct err err = ERR_INIT;
  return put(store, profile, 1, &err) == E_OK ? 0 : 1;
}

Test(file_key, processes_that_begin_at_once_share_one_key)
{
  enum { COUNT = 8 };
  int gate[2];
  cr_assert_eq(pipe(gate), 0);
  pid_t children[COUNT];
  for (int i = 0; i < COUNT; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      char go;
      close(gate[1]);
      (void)!read(gate[0], &go, 1); /* all at once, when the parent closes */
      _exit(begin_as(i));
    }
  }
  close(gate[0]);
  close(gate[1]);
  for (int i = 0; i < COUNT; i++) {
    int status = -1;
    cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
    cr_expect_eq(status, 0);
  }
  AUTO(store) store = open_plain();
  for (int i = 0; i < COUNT; i++) {
    AUTO_STR char *profile = mem_printf("p%d", i);
    struct err err = ERR_INIT;
    enum code code;
    cr_expect_eq(get(store, profile, &code, &err), 1, "%s", err.message);
  }
  cr_expect_eq(scratch_count(path_of(".")), COUNT + 1, "no leavings");
}
