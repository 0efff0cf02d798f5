#include "store/filekey.h"

#include "store/file_store.h"
#include "support/scratch.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <keyutils.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(file_passphrase, .init = file_set_up);

struct person {
  const char *says;
  int asked;
  bool again;
};

static enum code answer(void *user, const char *profile, bool again,
                        struct secret **ret_passphrase, struct err *err)
{
  struct person *person = user;
  cr_expect_str_eq(profile, "acme");
  person->asked++;
  person->again = again;
  return secret_new(ret_passphrase, person->says, strlen(person->says), err);
}

static void forget_keys(void)
{
  (void)keyctl_join_session_keyring(NULL);
}

Test(file_passphrase, a_passphrase_seals_and_opens)
{
  forget_keys();
  struct person person = {.says = "test-passphrase-not-real"};
  struct store_options asking = {
      .key_file = "passphrase", .ask_passphrase = answer, .user = &person};
  AUTO(store) store = open_with(&asking);
  cr_expect_str_eq(store_label(store), "file (passphrase)");
  assert_put(store, "acme", 1);
  cr_expect_eq(person.asked, 1);
  cr_expect(person.again, "a new one is typed twice");

  forget_keys();
  expect_get(&asking, E_OK, "");
  cr_expect_eq(person.asked, 2);
  cr_expect_not(person.again);

  forget_keys();
  person.says = "test-wrong-not-real";
  expect_get(&asking, E_STORE_REFUSED, "not the passphrase");

  forget_keys();
  expect_get(&(struct store_options){0}, E_STORE_LOCKED, "nobody is here");

  setenv("FOB_STORE_KEY", key_hex, 1);
  expect_get(&asking, E_STORE_REFUSED, "sealed with a passphrase");
}

Test(file_passphrase, the_session_remembers_the_derived_key)
{
  if (keyctl_join_session_keyring(NULL) < 0)
    SKIP("the kernel's keyrings may not be used here: %s", strerror(errno));
  struct person person = {.says = "test-passphrase-not-real"};
  struct store_options asking = {
      .key_file = "passphrase", .ask_passphrase = answer, .user = &person};
  AUTO(store) store = open_with(&asking);
  assert_put(store, "acme", 1);
  cr_expect_eq(person.asked, 1);
  /* Neither a read nor a refresh asks again, with or without somebody there;
   * nor does a file lose its kind when the setting is gone. */
  expect_get(&asking, E_OK, "");
  expect_get(&(struct store_options){0}, E_OK, "");
  AUTO(store) later = open_plain();
  assert_put(later, "acme", 1);
  cr_expect_str_eq(store_label(later), "file (passphrase)");
  cr_expect_eq(person.asked, 1);
  forget_keys();
  expect_get(&(struct store_options){0}, E_STORE_LOCKED, "nobody is here");
  expect_get(&asking, E_OK, "");
  expect_get(&asking, E_OK, "");
  cr_expect_eq(person.asked, 2, "once for a session");
}

Test(file_passphrase, a_file_keeps_its_kind_until_logout)
{
  forget_keys();
  struct person person = {.says = "test-passphrase-not-real"};
  struct store_options asking = {
      .key_file = "passphrase", .ask_passphrase = answer, .user = &person};
  AUTO(store) plain = open_plain();
  assert_put(plain, "acme", 1);
  AUTO(store) store = open_with(&asking);
  assert_put(store, "acme", 1);
  cr_expect_eq(person.asked, 0, "a refresh at night must not begin to ask");
  struct err err = ERR_INIT;
  cr_assert_eq(store_delete(store, "acme", NULL, &err), E_OK);
  assert_put(store, "acme", 1);
  cr_expect_eq(person.asked, 1);
}

static enum code give_up(void *user, const char *profile, bool again,
                         struct secret **ret_passphrase, struct err *err)
{
  (void)user;
  (void)profile;
  (void)again;
  (void)ret_passphrase;
  return err_set(err, E_PERSON_TIMEOUT, "no answer");
}

Test(file_passphrase, a_person_who_gives_up_is_heard)
{
  forget_keys();
  AUTO(store)
  store = open_with(&(struct store_options){.key_file = "passphrase",
                                            .ask_passphrase = give_up});
  struct err err = ERR_INIT;
  cr_expect_eq(put(store, "acme", 1, &err), E_PERSON_TIMEOUT);
  cr_expect_neq(access(path_of("acme"), F_OK), 0);
}
