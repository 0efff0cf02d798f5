/* Against a real gnome-keyring. What it does not do by itself is played by a
 * service of our own in keyring_mock.c. */
#include "store/store.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/keyring.h"
#include "support/leaks.h"
#include "support/scratch.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct keyring keyring;

static void set_up(void)
{
  unsetenv("SECRET_BACKEND");
  unsetenv("DBUS_SESSION_BUS_ADDRESS");
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");
  setenv("XDG_RUNTIME_DIR", scratch_dir(), 1);
}

static void set_up_keyring(void)
{
  set_up();
  keyring_start(&keyring, scratch_dir());
  setenv("DBUS_SESSION_BUS_ADDRESS", keyring.address, 1);
}

static void tear_down(void)
{
  keyring_stop(&keyring);
}

TestSuite(keyring, .init = set_up_keyring, .fini = tear_down, .timeout = 60);
TestSuite(keyring_absent, .init = set_up, .fini = tear_down, .timeout = 60);

static struct store *open_store(bool interactive)
{
  struct store *store = NULL;
  struct err err = ERR_INIT;
  struct store_options options = {.interactive = interactive};
  cr_assert_eq(store_open(&store, "keyring", &options, &err), E_OK);
  return store;
}

static struct record *record_of(const char *profile, uint64_t generation,
                                size_t secret_len)
{
  struct record *record = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(record_new(&record, profile, &err), E_OK);
  record->generation = generation;
  cr_assert_eq(record_set_text(&record->grant, "token", &err), E_OK);
  AUTO_STR char *secret = mem_alloc(secret_len + 1);
  memset(secret, 's', secret_len);
  secret[secret_len] = '\0';
  cr_assert_eq(secret_new(&record->secret, secret, secret_len, &err), E_OK);
  return record;
}

static enum code put(struct store *store, const char *profile,
                     uint64_t generation, struct err *err)
{
  AUTO(record) record = record_of(profile, generation, 40);
  return store_put(store, profile, record, err);
}

static void assert_put(struct store *store, const char *profile,
                       uint64_t generation)
{
  struct err err = ERR_INIT;
  cr_assert_eq(put(store, profile, generation, &err), E_OK, "%s", err.message);
}

static enum code get(struct store *store, const char *profile,
                     uint64_t *ret_generation, struct err *err)
{
  struct record *record = NULL;
  enum code code = store_get(store, profile, &record, err);
  *ret_generation = record != NULL ? record->generation : 0;
  record_free(record);
  return code;
}

/* What all three calls answer, before the 3 s of a keyring that is mute. */
static void expect_all(enum code want, const char *named)
{
  AUTO(store) store = open_store(/* interactive= */ false);
  for (int call = 0; call < 3; call++) {
    struct err err = ERR_INIT;
    uint64_t generation;
    int64_t begun = clock_mono_ms();
    enum code code = call == 0   ? get(store, "acme", &generation, &err)
                     : call == 1 ? put(store, "acme", 9, &err)
                                 : store_delete(store, "acme", NULL, &err);
    int64_t took = clock_mono_ms() - begun;
    cr_expect_eq(code, want, "call %d: %s", call, err.message);
    cr_expect_not_null(strstr(err.message, named), "call %d: %s", call,
                       err.message);
    cr_expect_neq(err.hint[0], '\0', "call %d: no hint", call);
    cr_expect_lt(took, 2900, "call %d took %lld ms", call, (long long)took);
  }
}

/* --- at work ------------------------------------------------------------ */

Test(keyring, gives_back_replaces_and_forgets)
{
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  bool was_there = true;
  cr_expect_eq(get(store, "acme", &generation, &err), E_NO_CREDENTIAL);
  cr_expect_str_eq(err.hint, "fob login -p acme");
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK);
  cr_expect_not(was_there);
  assert_put(store, "acme", 1);
  assert_put(store, "other", 5);
  cr_expect_eq(get(store, "acme", &generation, &err), E_OK, "%s", err.message);
  cr_expect_eq(generation, 1);
  assert_put(store, "acme", 2);
  AUTO(store) second = open_store(true);
  cr_expect_eq(get(second, "acme", &generation, &err), E_OK);
  cr_expect_eq(generation, 2);
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK);
  cr_expect(was_there);
  cr_expect_eq(get(second, "acme", &generation, &err), E_NO_CREDENTIAL);
  cr_expect_eq(get(second, "other", &generation, &err), E_OK);
  cr_expect_eq(generation, 5);
}

Test(keyring, survives_a_restart_of_the_service)
{
  AUTO(store) store = open_store(true);
  assert_put(store, "acme", 1);
  keyring_daemon_kill(&keyring);
  keyring_daemon_start(&keyring, /* unlocked= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  AUTO(store) later = open_store(true);
  cr_expect_eq(get(later, "acme", &generation, &err), E_OK, "%s", err.message);
  cr_expect_eq(generation, 1);
}

Test(keyring, keeps_one_item_that_people_can_recognise)
{
  AUTO(store) store = open_store(true);
  assert_put(store, "acme", 1);
  assert_put(store, "acme", 2);
  const char *items = keyring_send(
      &keyring, "/org/freedesktop/secrets/collection/login",
      "org.freedesktop.DBus.Properties.Get",
      "string:org.freedesktop.Secret.Collection", "string:Items", NULL);
  const char *found = strstr(items, "/org/freedesktop/secrets/");
  cr_assert_not_null(found, "%s", items);
  cr_expect_null(strstr(found + 1, "/org/freedesktop/secrets/"), "%s", items);
  AUTO_STR char *path = mem_copy(found, strcspn(found, "\""));
  const char *label =
      keyring_send(&keyring, path, "org.freedesktop.DBus.Properties.Get",
                   "string:org.freedesktop.Secret.Item", "string:Label", NULL);
  cr_expect_not_null(strstr(label, "\"fob: acme\""), "%s", label);
}

Test(keyring, keeps_a_large_credential)
{
  AUTO(store) store = open_store(true);
  AUTO(record) record = record_of("acme", 1, 200 * 1024);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_assert_eq(store_put(store, "acme", record, &err), E_OK, "%s", err.message);
  cr_expect_eq(get(store, "acme", &generation, &err), E_OK);
}

Test(keyring, locked_is_told_apart_from_nothing_there)
{
  NEEDS_SPEED;
  AUTO(store) store = open_store(false);
  assert_put(store, "acme", 1);
  keyring_lock(&keyring);
  expect_all(E_STORE_LOCKED, "the keyring is locked and nobody is here");
  struct err err = ERR_INIT;
  uint64_t generation;
  AUTO(store) later = open_store(false);
  cr_expect_eq(get(later, "acme", &generation, &err), E_STORE_LOCKED);
  cr_expect_not_null(strstr(err.hint, "fob profile set acme store file"), "%s",
                     err.hint);
}

Test(keyring, locked_without_an_item_is_locked_too)
{
  NEEDS_SPEED;
  keyring_lock(&keyring);
  expect_all(E_STORE_LOCKED, "the keyring is locked");
}

Test(keyring, a_prompt_that_cannot_be_shown_is_a_refusal)
{
  NEEDS_SPEED;
  AUTO(store) store = open_store(false);
  assert_put(store, "acme", 1);
  keyring_lock(&keyring);
  AUTO(store) asking = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  cr_expect_eq(get(asking, "acme", &generation, &err), E_STORE_REFUSED, "%s",
               err.message);
  cr_expect_lt(clock_mono_ms() - begun, 30000);
}

Test(keyring, without_a_default_it_takes_what_there_is)
{
  keyring_daemon_kill(&keyring);
  AUTO_STR char *aliases = mem_printf("%s/keyrings/default", keyring.dir);
  (void)unlink(aliases);
  keyring_daemon_start(&keyring, /* unlocked= */ true);
  (void)keyring_send(&keyring, "/org/freedesktop/secrets",
                     "org.freedesktop.Secret.Service.SetAlias",
                     "string:default", "objpath:/", NULL);
  AUTO(store) store = open_store(true);
  assert_put(store, "acme", 1);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, "acme", &generation, &err), E_OK);
  cr_expect_eq(generation, 1);
}

Test(keyring, is_present)
{
  NEEDS_SPEED;
  cr_expect(store_keyring_present());
}

Test(keyring, a_service_killed_meanwhile_is_an_error_and_no_end)
{
  NEEDS_SPEED;
  AUTO(store) store = open_store(false);
  assert_put(store, "acme", 1);
  /* Stopped, it answers nothing; then it dies. */
  kill(keyring.daemon, SIGSTOP);
  pid_t killer = fork();
  if (killer == 0) {
    usleep(500 * 1000);
    kill(keyring.daemon, SIGKILL);
    _exit(0);
  }
  AUTO(store) later = open_store(false);
  struct err err = ERR_INIT;
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  enum code code = get(later, "acme", &generation, &err);
  int64_t took = clock_mono_ms() - begun;
  cr_expect_eq(code, E_STORE_ABSENT, "%d %s", (int)code, err.message);
  cr_expect(took > 300, "%lld ms", (long long)took);
  waitpid(killer, NULL, 0);
}

Test(keyring, a_bus_killed_meanwhile_is_an_error_and_no_end)
{
  NEEDS_SPEED;
  AUTO(store) store = open_store(false);
  assert_put(store, "acme", 1);
  kill(keyring.daemon, SIGSTOP);
  pid_t killer = fork();
  if (killer == 0) {
    usleep(500 * 1000);
    kill(keyring.bus, SIGKILL);
    _exit(0);
  }
  AUTO(store) later = open_store(false);
  struct err err = ERR_INIT;
  uint64_t generation;
  enum code code = get(later, "acme", &generation, &err);
  cr_expect_eq(code, E_STORE_ABSENT, "%d %s", (int)code, err.message);
  waitpid(killer, NULL, 0);
}

Test(keyring, a_service_that_hangs_is_slow)
{
  NEEDS_SPEED;
  AUTO(store) store = open_store(false);
  assert_put(store, "acme", 1);
  kill(keyring.daemon, SIGSTOP);
  AUTO(store) later = open_store(false);
  struct err err = ERR_INIT;
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  cr_expect_eq(get(later, "acme", &generation, &err), E_STORE_SLOW, "%s",
               err.message);
  int64_t took = clock_mono_ms() - begun;
  cr_expect(took >= 2900 && took < 15000, "%lld ms", (long long)took);
  cr_expect_not_null(strstr(err.message, "within 3 s"), "%s", err.message);
}

/* --- libsecret's own file ------------------------------------------------ */

/* libsecret 0.20 leaks what its file backend read, and the file's tag. */
static void set_up_file(void)
{
  leaks_are_the_librarys();
  set_up();
  setenv("SECRET_BACKEND", "file", 1);
  setenv("SECRET_FILE_TEST_PATH", scratch_path("test.keyring"), 1);
  setenv("SECRET_FILE_TEST_PASSWORD", "test-password-not-real", 1);
}

TestSuite(keyring_file, .init = set_up_file, .timeout = 60);

Test(keyring_file, gives_back_replaces_and_forgets)
{
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  bool was_there = true;
  cr_expect_eq(get(store, "acme", &generation, &err), E_NO_CREDENTIAL);
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK, "%s",
               err.message);
  cr_expect_not(was_there);
  assert_put(store, "acme", 1);
  assert_put(store, "acme", 2);
  assert_put(store, "other", 5);
  cr_expect_eq(get(store, "acme", &generation, &err), E_OK, "%s", err.message);
  cr_expect_eq(generation, 2);
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK);
  cr_expect(was_there);
  cr_expect_eq(get(store, "acme", &generation, &err), E_NO_CREDENTIAL);
  cr_expect_eq(get(store, "other", &generation, &err), E_OK);
  cr_expect(store_keyring_present());
}

Test(keyring_file, a_damaged_file_is_an_error)
{
  scratch_write(scratch_path("test.keyring"), "rubbish", 0600);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, "acme", &generation, &err), E_STORE_BROKEN, "%s",
               err.message);
  cr_expect_eq(put(store, "acme", 1, &err), E_STORE_BROKEN);
}

/* --- the lock ----------------------------------------------------------- */

Test(keyring_file, its_lock_lies_where_no_variable_moves_it)
{
  setenv("HOME", "/nonexistent", 1);
  setenv("XDG_STATE_HOME", "/nonexistent", 1);
  AUTO(store) store = open_store(true);
  AUTO_STR char *name = mem_printf("test-%d", (int)getpid());
  struct err err = ERR_INIT;
  struct lock *lock = NULL;
  AUTO_STR char *dir = NULL;
  cr_assert_eq(file_dir(DIR_LOCKS, &dir, &err), E_OK);
  AUTO_STR char *path = mem_printf("%s/%s.lock", dir, name);
  enum code code = store_lock(store, name, &lock, &err);
  if (code == E_OK)
    cr_expect_eq(access(path, F_OK), 0, "%s", path);
  else /* this user's home cannot be written to: it is named at least */
    cr_expect(code == E_LOCK && strstr(err.message, dir) != NULL, "%s",
              err.message);
  lock_free(lock);
  (void)unlink(path);
}

/* --- absent ------------------------------------------------------------- */

Test(keyring_absent, no_bus_is_named)
{
  NEEDS_SPEED;
  AUTO_STR char *real = mem_printf("/run/user/%u/bus", (unsigned)geteuid());
  if (access(real, F_OK) == 0)
    SKIP("there is a session bus at %s", real);
  expect_all(E_STORE_ABSENT, "DBUS_SESSION_BUS_ADDRESS names no bus");
  cr_expect_not(store_keyring_present());
}

Test(keyring_absent, a_bus_is_never_started)
{
  NEEDS_SPEED;
  setenv("DISPLAY", ":7", 1);
  setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:", 1);
  expect_all(E_STORE_ABSENT, "names no bus");
  setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent;autolaunch:", 1);
  expect_all(E_STORE_ABSENT, "names no bus");
}

Test(keyring_absent, nothing_listens_at_the_address)
{
  NEEDS_SPEED;
  AUTO_STR char *address = mem_printf("unix:path=%s/none", scratch_dir());
  setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
  expect_all(E_STORE_ABSENT, "no keyring can be reached");
  cr_expect_not(store_keyring_present());
}

Test(keyring_absent, a_bus_without_a_secret_service)
{
  NEEDS_SPEED;
  keyring_bus_start(&keyring, scratch_dir());
  setenv("DBUS_SESSION_BUS_ADDRESS", keyring.address, 1);
  expect_all(E_STORE_ABSENT, "no keyring can be reached");
  cr_expect_not(store_keyring_present());
}

Test(keyring_absent, a_mute_bus_is_slow)
{
  NEEDS_SPEED;
  setenv("DBUS_SESSION_BUS_ADDRESS", keyring_mute_bus(scratch_dir()), 1);
  AUTO(store) store = open_store(false);
  struct err err = ERR_INIT;
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  cr_expect_eq(get(store, "acme", &generation, &err), E_STORE_SLOW, "%s",
               err.message);
  int64_t took = clock_mono_ms() - begun;
  cr_expect(took >= 2900 && took < 15000, "%lld ms", (long long)took);
}

/* cron and su have no DBUS_SESSION_BUS_ADDRESS, but the socket lies there. */
Test(keyring_absent, a_bus_in_the_runtime_directory_is_found)
{
  keyring_start(&keyring, scratch_dir()); /* listens at …/bus */
  AUTO(store) store = open_store(true);
  assert_put(store, "acme", 1);
}
