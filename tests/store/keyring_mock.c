/* Keyrings on bad days: prompts, refusals, lies. */
#include "store/store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "support/leaks.h"
#include "support/mock_secrets.h"
#include "support/scratch.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char one[] = "{\"schema\":1,\"profile\":\"acme\",\"generation\":1,"
                          "\"created\":1,\"grant\":\"token\"}";
static const char two[] = "{\"schema\":1,\"profile\":\"acme\",\"generation\":2,"
                          "\"created\":1,\"grant\":\"token\"}";

static struct keyring keyring;
static pid_t mock;

static void set_up(void)
{
  unsetenv("SECRET_BACKEND");
  keyring_bus_start(&keyring, scratch_dir());
  setenv("DBUS_SESSION_BUS_ADDRESS", keyring.address, 1);
}

static void tear_down(void)
{
  if (mock > 0) {
    kill(mock, SIGKILL);
    waitpid(mock, NULL, 0);
  }
  keyring_stop(&keyring);
}

TestSuite(keyring_mock, .init = set_up, .fini = tear_down, .timeout = 60);

static struct store *open_store(bool interactive)
{
  struct store *store = NULL;
  struct err err = ERR_INIT;
  struct store_options options = {.interactive = interactive};
  cr_assert_eq(store_open(&store, "keyring", &options, &err), E_OK);
  return store;
}

static enum code get(struct store *store, uint64_t *ret_generation,
                     struct err *err)
{
  struct record *record = NULL;
  enum code code = store_get(store, "acme", &record, err);
  *ret_generation = record != NULL ? record->generation : 0;
  record_free(record);
  return code;
}

static enum code put(struct store *store, uint64_t generation, struct err *err)
{
  struct record *record = NULL;
  cr_assert_eq(record_new(&record, "acme", err), E_OK);
  record->generation = generation;
  cr_assert_eq(record_set_text(&record->grant, "token", err), E_OK);
  enum code code = store_put(store, "acme", record, err);
  record_free(record);
  return code;
}

static bool was_called(const char *method)
{
  return strstr(mock_secrets_journal(&keyring), method) != NULL;
}

Test(keyring_mock, an_answered_prompt_opens_the_keyring)
{
  mock = mock_secrets_start(&keyring, MOCK_LOCKED, one, NULL);
  AUTO(store) store = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_OK, "%s", err.message);
  cr_expect_eq(generation, 1);
  cr_expect(was_called("Prompt.Prompt"));
  cr_expect_eq(put(store, 2, &err), E_OK, "%s", err.message);
}

Test(keyring_mock, a_locked_and_empty_one_is_opened_to_look)
{
  mock = mock_secrets_start(&keyring, MOCK_LOCKED, NULL, NULL);
  AUTO(store) store = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_NO_CREDENTIAL);
  cr_expect(was_called("Prompt.Prompt"));
}

Test(keyring_mock, nobody_is_asked_where_nobody_is)
{
  NEEDS_SPEED;
  mock = mock_secrets_start(&keyring, MOCK_LOCKED, one, NULL);
  AUTO(store) store = open_store(/* interactive= */ false);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_STORE_LOCKED);
  cr_expect_eq(put(store, 2, &err), E_STORE_LOCKED);
  cr_expect_eq(store_delete(store, "acme", NULL, &err), E_STORE_LOCKED);
  cr_expect_not(was_called("Prompt"), "%s", mock_secrets_journal(&keyring));
  cr_expect_not(was_called("Unlock"));
}

Test(keyring_mock, a_dismissed_prompt_is_a_refusal)
{
  mock = mock_secrets_start(&keyring, MOCK_LOCKED | MOCK_DISMISS, one, NULL);
  AUTO(store) store = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_STORE_REFUSED, "%s",
               err.message);
  cr_expect_not_null(strstr(err.message, "dismissed"), "%s", err.message);
  cr_expect_not_null(strstr(err.hint, "--store file"), "%s", err.hint);
}

Test(keyring_mock, a_denied_secret_is_a_refusal)
{
  mock = mock_secrets_start(&keyring, MOCK_DENY, one, NULL);
  AUTO(store) store = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_STORE_REFUSED, "%s",
               err.message);
  cr_expect_not_null(strstr(err.message, "the person said no"), "%s",
                     err.message);
}

Test(keyring_mock, a_secret_that_never_comes_is_slow)
{
  NEEDS_SPEED;
  mock = mock_secrets_start(&keyring, MOCK_DEAF, one, NULL);
  AUTO(store) store = open_store(/* interactive= */ false);
  struct err err = ERR_INIT;
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  cr_expect_eq(get(store, &generation, &err), E_STORE_SLOW, "%s", err.message);
  cr_expect_lt(clock_mono_ms() - begun, 15000);
}

/* Its limit is for one answer: many jobs at once make it look like this. */
Test(keyring_mock, a_busy_one_is_waited_for)
{
  mock = mock_secrets_start(&keyring, MOCK_BUSY, one, NULL);
  AUTO(store) store = open_store(/* interactive= */ false);
  struct err err = ERR_INIT;
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  cr_expect_eq(get(store, &generation, &err), E_OK, "%s", err.message);
  cr_expect_eq(generation, 1);
  cr_expect_gt(clock_mono_ms() - begun, 3000, "that was quick: %s",
               mock_secrets_journal(&keyring));
}

/* 2 min is the limit; ^C ends it sooner. */
Test(keyring_mock, an_interrupt_ends_the_wait_for_a_person)
{
  NEEDS_SPEED;
  mock = mock_secrets_start(&keyring, MOCK_LOCKED | MOCK_SILENT, one, NULL);
  struct err err = ERR_INIT;
  cr_assert_eq(sig_setup(&err), E_OK);
  AUTO(store) store = open_store(/* interactive= */ true);
  pid_t test = getpid();
  pid_t person = fork();
  if (person == 0) {
    usleep(500 * 1000);
    kill(test, SIGINT);
    _exit(0);
  }
  uint64_t generation;
  int64_t begun = clock_mono_ms();
  cr_expect_eq(get(store, &generation, &err), E_SIGNAL, "%s", err.message);
  cr_expect_lt(clock_mono_ms() - begun, 10000);
  waitpid(person, NULL, 0);
}

/* Between sending a refresh and storing what came. */
Test(keyring_mock, a_held_signal_does_not_stop_a_write)
{
  mock = mock_secrets_start(&keyring, 0, one, NULL);
  struct err err = ERR_INIT;
  cr_assert_eq(sig_setup(&err), E_OK);
  AUTO(store) store = open_store(true);
  sig_hold();
  raise(SIGINT);
  cr_expect_eq(put(store, 2, &err), E_OK, "%s", err.message);
  sig_release();
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_SIGNAL);
}

Test(keyring_mock, what_is_no_credential_is_told_and_a_login_repairs_it)
{
  mock = mock_secrets_start(&keyring, 0, "test-rubbish-not-real", NULL);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_STORE_BROKEN);
  cr_expect_null(strstr(err.message, "rubbish"), "%s", err.message);
  cr_expect_not_null(strstr(err.hint, "fob login -p acme"), "%s", err.hint);
  cr_expect_eq(put(store, 2, &err), E_OK, "%s", err.message);
  cr_expect_eq(get(store, &generation, &err), E_OK);
  cr_expect_eq(generation, 2);
}

Test(keyring_mock, an_empty_item_is_told)
{
  mock = mock_secrets_start(&keyring, 0, "", NULL);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_STORE_BROKEN, "%s",
               err.message);
}

static void expect_comparison(const char *content)
{
  mock = mock_secrets_start(&keyring, MOCK_FORGETFUL, content, NULL);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, 2, &err), E_STORE_BROKEN, "%s", err.message);
  cr_expect_not_null(strstr(err.message, "did not keep"), "%s", err.message);
}

Test(keyring_mock, what_was_replaced_is_compared)
{
  expect_comparison(one);
}

Test(keyring_mock, what_was_made_is_compared)
{
  expect_comparison(NULL);
}

Test(keyring_mock, the_newest_of_two_counts_and_a_write_leaves_one)
{
  mock = mock_secrets_start(&keyring, 0, one, two);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_OK);
  cr_expect_eq(generation, 2);
  cr_expect_eq(put(store, 3, &err), E_OK, "%s", err.message);
  cr_expect(was_called("Item.Delete"));
  cr_expect_eq(get(store, &generation, &err), E_OK);
  cr_expect_eq(generation, 3);
}

Test(keyring_mock, forgetting_forgets_all_of_that_name)
{
  mock = mock_secrets_start(&keyring, 0, one, two);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  uint64_t generation;
  bool was_there = false;
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_OK);
  cr_expect(was_there);
  cr_expect_eq(get(store, &generation, &err), E_NO_CREDENTIAL);
}

Test(keyring_mock, what_was_not_removed_is_told)
{
  mock = mock_secrets_start(&keyring, MOCK_TENACIOUS, one, NULL);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  bool was_there = false;
  cr_expect_eq(store_delete(store, "acme", &was_there, &err), E_STORE_REFUSED);
  cr_expect_not(was_there);
  cr_expect_not_null(strstr(err.message, "did not remove"), "%s", err.message);
}

Test(keyring_mock, without_a_default_it_takes_what_there_is)
{
  mock = mock_secrets_start(&keyring, MOCK_NO_ALIAS, NULL, NULL);
  AUTO(store) store = open_store(true);
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, 1, &err), E_OK, "%s", err.message);
}

Test(keyring_mock, without_any_keyring_it_says_so)
{
  NEEDS_SPEED;
  mock = mock_secrets_start(&keyring, MOCK_NO_COLLECTION, NULL, NULL);
  AUTO(store) store = open_store(false);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(get(store, &generation, &err), E_NO_CREDENTIAL);
  cr_expect_eq(put(store, 1, &err), E_STORE_ABSENT, "%s", err.message);
  cr_expect_not_null(strstr(err.message, "no keyring to keep"), "%s",
                     err.message);
  cr_expect_not(was_called("CreateCollection"));
}

/* It would be gone with the session. */
Test(keyring_mock, what_is_kept_in_memory_is_no_keyring)
{
  NEEDS_SPEED;
  mock = mock_secrets_start(&keyring, MOCK_NO_ALIAS | MOCK_SESSION_ONLY, NULL,
                            NULL);
  AUTO(store) store = open_store(/* interactive= */ false);
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, 1, &err), E_STORE_ABSENT, "%s", err.message);
  cr_expect_not(was_called("CreateItem"));
}

Test(keyring_mock, without_any_keyring_a_person_may_make_one)
{
  leaks_are_the_librarys(); /* the proxy of the prompt */
  mock = mock_secrets_start(&keyring, MOCK_NO_COLLECTION, NULL, NULL);
  AUTO(store) store = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  uint64_t generation;
  cr_expect_eq(put(store, 1, &err), E_OK, "%s", err.message);
  cr_expect(was_called("CreateCollection"));
  cr_expect_eq(get(store, &generation, &err), E_OK);
}

Test(keyring_mock, a_keyring_that_nobody_wants_to_make_is_a_refusal)
{
  leaks_are_the_librarys(); /* the proxy of the prompt */
  mock = mock_secrets_start(&keyring, MOCK_NO_COLLECTION | MOCK_DISMISS, NULL,
                            NULL);
  AUTO(store) store = open_store(/* interactive= */ true);
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, 1, &err), E_STORE_REFUSED, "%s", err.message);
}
