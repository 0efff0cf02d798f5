#include "store/store.h"

#include "store/file_store.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(file_store, .init = file_set_up);

Test(file_store, gives_back_replaces_and_forgets)
{
  AUTO(store) store = open_plain();
  struct err err = ERR_INIT;
  enum code code;
  bool was_there = true;
  (void)get(store, "acme", &code, &err);
  cr_expect_eq(code, E_NO_CREDENTIAL);
  cr_expect_str_eq(err.hint, "fob login -p acme");
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK);
  cr_expect_not(was_there);
  assert_put(store, "acme", 1);
  cr_expect_eq(get(store, "acme", &code, &err), 1);
  assert_put(store, "acme", 2);
  assert_put(store, "other", 7);
  cr_expect_eq(get(store, "acme", &code, &err), 2);
  cr_expect_eq(get(store, "other", &code, &err), 7);
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK);
  cr_expect(was_there);
  (void)get(store, "acme", &code, &err);
  cr_expect_eq(code, E_NO_CREDENTIAL);
  cr_expect_eq(get(store, "other", &code, &err), 7);
}

Test(file_store, holds_no_secret_in_the_clear)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  struct buf bytes = bytes_of(path_of("acme"));
  static const char *const words[] = {"test-refresh-not-real", "not-real",
                                      "refresh_token", "acme"};
  for (size_t i = 0; i < ARRAY_LEN(words); i++)
    cr_expect_null(memmem(bytes.data, bytes.len, words[i], strlen(words[i])));
  buf_clear(&bytes);
}

Test(file_store, is_private_whatever_the_umask)
{
  static const mode_t masks[] = {0, 022, 0777};
  for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
    char data[4096];
    snprintf(data, sizeof data, "%s/%zu", scratch_dir(), i);
    setenv("XDG_DATA_HOME", data, 1);
    mode_t before = umask(masks[i]);
    AUTO(store) store = open_plain();
    assert_put(store, "acme", 1);
    umask(before);
    static const struct {
      const char *path;
      unsigned mode;
    } rows[] = {{"fob/credentials", 0700},
                {"fob/credentials/acme", 0600},
                {"fob/credentials/.key", 0600}};
    for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
      char path[8192];
      snprintf(path, sizeof path, "%s/%s", data, rows[n].path);
      cr_expect_eq(mode_of(path), rows[n].mode, "umask %o: %s is %o", masks[i],
                   path, mode_of(path));
    }
  }
}

Test(file_store, a_cut_file_is_told_and_kept)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  struct buf whole = bytes_of(path_of("acme"));
  for (size_t len = 0; len < whole.len; len++) {
    write_bytes(path_of("acme"), whole.data, len);
    struct err err = ERR_INIT;
    enum code code;
    (void)get(store, "acme", &code, &err);
    cr_assert_eq(code, E_STORE_BROKEN, "%zu bytes: %s", len, err.message);
    cr_assert_not_null(strstr(err.hint, "fob login -p acme"));
    struct buf after = bytes_of(path_of("acme"));
    cr_assert_eq(after.len, len);
    buf_clear(&after);
  }
  assert_put(store, "acme", 2);
  enum code code;
  struct err err = ERR_INIT;
  cr_expect_eq(get(store, "acme", &code, &err), 2, "a login repairs it");
  buf_clear(&whole);
}

Test(file_store, a_changed_bit_is_told)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  struct buf whole = bytes_of(path_of("acme"));
  for (size_t i = 0; i < whole.len; i++) {
    char kept = whole.data[i];
    whole.data[i] = (char)(kept ^ (1 << (i % 8)));
    write_bytes(path_of("acme"), whole.data, whole.len);
    whole.data[i] = kept;
    struct err err = ERR_INIT;
    enum code code;
    (void)get(store, "acme", &code, &err);
    /* A changed key id looks like another key; a kind of 2 like a passphrase.
     */
    cr_assert(code == E_STORE_BROKEN ||
                  (i >= 8 && i < 17 &&
                   (code == E_STORE_REFUSED || code == E_STORE_LOCKED)),
              "byte %zu: %d %s", i, (int)code, err.message);
  }
  buf_clear(&whole);
}

Test(file_store, a_file_of_a_newer_fob_is_told)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  struct buf whole = bytes_of(path_of("acme"));
  whole.data[7] = 2;
  write_bytes(path_of("acme"), whole.data, whole.len);
  expect_get(&(struct store_options){0}, E_STORE_BROKEN, "version 2");
  buf_clear(&whole);
}

Test(file_store, a_file_under_another_name_does_not_open)
{
  AUTO(store) store = open_plain();
  assert_put(store, "other", 1);
  struct buf whole = bytes_of(path_of("other"));
  write_bytes(path_of("acme"), whole.data, whole.len);
  buf_clear(&whole);
  expect_get(&(struct store_options){0}, E_STORE_BROKEN,
             "it was changed, or is the credential of another profile");
}

static void be_a_link(const char *path)
{
  cr_assert_eq(rename(path, scratch_path("moved")), 0);
  cr_assert_eq(symlink(scratch_path("moved"), path), 0);
}

static void be_open_to_others(const char *path)
{
  cr_assert_eq(chmod(path, 0644), 0);
}

static void be_a_directory(const char *path)
{
  cr_assert_eq(unlink(path), 0);
  cr_assert_eq(mkdir(path, 0700), 0);
}

static void be_a_fifo(const char *path)
{
  cr_assert_eq(unlink(path), 0);
  cr_assert_eq(mkfifo(path, 0600), 0);
}

static void be_somebody_elses(const char *path)
{
  cr_assert_eq(chown(path, 65534, 65534), 0);
}

Test(file_store, refuses_what_is_not_its_own)
{
  static const struct {
    const char *named;
    void (*become)(const char *path);
  } rows[] = {{"is a link", be_a_link},
              {"is open to others", be_open_to_others},
              {"is a directory", be_a_directory},
              {"not a regular file", be_a_fifo},
              {"belongs to user 65534", be_somebody_elses}};
  static const char *const names[] = {"acme", ".key"};
  for (size_t n = 0; n < ARRAY_LEN(names); n++)
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
      if (rows[i].become == be_somebody_elses && geteuid() != 0)
        continue;
      AUTO_STR char *data = mem_printf("%s/%zu-%zu", scratch_dir(), n, i);
      setenv("XDG_DATA_HOME", data, 1);
      AUTO(store) store = open_plain();
      assert_put(store, "acme", 1);
      AUTO_STR char *path = mem_printf("%s/fob/credentials/%s", data, names[n]);
      (void)unlink(scratch_path("moved"));
      rows[i].become(path);
      struct err err = ERR_INIT;
      enum code code;
      (void)get(store, "acme", &code, &err);
      cr_expect_eq(code, E_STORE_REFUSED, "%s %s", names[n], rows[i].named);
      cr_expect_not_null(strstr(err.message, rows[i].named), "%s: %s", names[n],
                         err.message);
    }
}

Test(file_store, does_not_write_through_a_link)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  be_a_link(path_of("acme"));
  struct buf before = bytes_of(scratch_path("moved"));
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, "acme", 2, &err), E_STORE_REFUSED);
  struct buf after = bytes_of(scratch_path("moved"));
  cr_expect_arr_eq(before.data, after.data, before.len);
  buf_clear(&before);
  buf_clear(&after);
}

Test(file_store, says_when_it_cannot_write)
{
  setenv("XDG_DATA_HOME", "/proc/fob-test", 1);
  AUTO(store) store = open_plain();
  struct err err = ERR_INIT;
  enum code code;
  cr_expect_eq(put(store, "acme", 1, &err), E_STORE_REFUSED, "%s", err.message);
  struct lock *lock = NULL;
  cr_expect_eq(store_lock(store, "acme", &lock, &err), E_LOCK);
  (void)get(store, "acme", &code, &err);
  cr_expect_eq(code, E_NO_CREDENTIAL);
}

/* RLIMIT_FSIZE stops the write in the middle, as a full disk does. */
Test(file_store, a_full_disk_leaves_the_old_credential)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  size_t names = scratch_count(path_of("."));
  struct rlimit before, small;
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 64;
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
  struct err err = ERR_INIT;
  enum code code = put(store, "acme", 2, &err);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  cr_expect_eq(code, E_STORE_FULL, "%s", err.message);
  cr_expect_eq(get(store, "acme", &code, &err), 1);
  cr_expect_eq(scratch_count(path_of(".")), names, "a temporary file stayed");
}

/* --- interruption, locks, names ----------------------------------------- */

/* Two records of very different length take turns until the end comes. */
static _Noreturn void write_for_ever(void)
{
  AUTO(store) store = open_plain();
  AUTO_STR char *scope = mem_zalloc(60001);
  memset(scope, 's', 60000);
  for (uint64_t generation = 1;; generation = 3 - generation) {
    AUTO(record) record = record_of("acme", generation);
    struct err err = ERR_INIT;
    if ((generation == 2 &&
         record_set_text(&record->scope_granted, scope, &err) != E_OK) ||
        store_put(store, "acme", record, &err) != E_OK)
      _exit(1);
  }
}

Test(file_store, a_killed_writer_leaves_the_old_or_the_new)
{
  AUTO(store) store = open_plain();
  assert_put(store, "acme", 1);
  for (int round = 0; round < 20; round++) {
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0)
      write_for_ever();
    usleep(3000 + 700 * (unsigned)round);
    kill(child, SIGKILL);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status), "the writer ended by itself: %d", status);
    struct record *record = NULL;
    struct err err = ERR_INIT;
    cr_assert_eq(store_get(store, "acme", &record, &err), E_OK, "%s",
                 err.message);
    cr_assert_eq(record->scope_granted != NULL, record->generation == 2);
    record_free(record);
  }
}

Test(file_store, locks_beside_the_credential)
{
  AUTO(store) store = open_plain();
  struct err err = ERR_INIT;
  struct lock *lock = NULL;
  cr_assert_eq(store_lock(store, "acme", &lock, &err), E_OK, "%s", err.message);
  cr_expect_eq(access(path_of(".acme.lock"), F_OK), 0);
  /* A profile may be called as the lock of another would be. */
  assert_put(store, "acme.lock", 3);
  lock_free(lock);
  enum code code;
  cr_expect_eq(get(store, "acme.lock", &code, &err), 3);
}

Test(file_store, takes_profile_names_only)
{
  static const char *const names[] = {
      "",
      ".",
      "..",
      "../acme",
      "a/b",
      ".key",
      "-x",
      "a b",
      "a\nb",
      "_a",
      "acme/",
      "\xc3\xa9",
      "a1234567890123456789012345678901234567890123456789012345678901234"};
  AUTO(store) store = open_plain();
  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    struct err err = ERR_INIT;
    enum code code;
    struct lock *lock = NULL;
    (void)get(store, names[i], &code, &err);
    cr_expect_eq(code, E_USAGE, "%s", names[i]);
    cr_expect_eq(put(store, names[i], 1, &err), E_USAGE);
    cr_expect_eq(store_delete(store, names[i], NULL, &err), E_USAGE);
    cr_expect_eq(store_lock(store, names[i], &lock, &err), E_USAGE);
  }
}

Test(file_store, keeps_a_credential_under_its_own_name_only)
{
  AUTO(store) store = open_plain();
  AUTO(record) record = record_of("acme", 1);
  struct err err = ERR_INIT;
  cr_expect_eq(store_put(store, "other", record, &err), E_LOCAL);
}

Test(store, kinds_are_named)
{
  struct store *store = NULL;
  struct err err = ERR_INIT;
  cr_expect_eq(store_open(&store, "keychain",
                          &(struct store_options){.doing = "acme"}, &err),
               E_USAGE);
  cr_expect_not_null(strstr(err.message, "'keychain'"));
  cr_expect_not_null(strstr(err.message, "keyring and file"));
  cr_expect_not_null(strstr(err.hint, "fob profile set acme store"));
  cr_expect_null(store);
  store_free(NULL);
}
