/* Keeps one record a profile, in the OS keyring or an encrypted file.
 *
 * Calls may block on a keyring's prompt, for 3 s without a terminal and 2 min
 * with one. Nothing here prints or asks. Absent (no keyring answers:
 * E_STORE_ABSENT), locked (E_STORE_LOCKED), refused (E_STORE_REFUSED), slow
 * (E_STORE_SLOW), broken (E_STORE_BROKEN) and not found (E_NO_CREDENTIAL) are
 * six answers. Messages say which store, why, and the hint how to go on. */
#pragma once

#include "base/err.h"
#include "base/lock.h"
#include "base/secret.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

struct store;

struct store_options {
  bool interactive; /* a person can unlock a keyring */
  /* config.json's store_key_file: a path, or "passphrase": a new credential
   * file is sealed with one. NULL: the order of DESIGN §3, at its end a key
   * file that is made beside the credentials. An existing file keeps its kind
   * until it is deleted. */
  const char *key_file;
  /* Asks the person for the file store's passphrase; NULL: nobody to ask.
   * again: a new passphrase, to be typed twice. */
  enum code (*ask_passphrase)(void *user, const char *profile, bool again,
                              struct secret **ret_passphrase, struct err *err);
  void *user;
  const char *doing; /* the profile's name, for messages */
};

/* kind: "keyring" or "file". Anything else: E_USAGE, naming the kinds.
 * Opening is cheap; the first call connects. */
NODISCARD enum code store_open(struct store **ret_store, const char *kind,
                               const struct store_options *options,
                               struct err *err);

/* E_NO_CREDENTIAL is an ordinary outcome. */
NODISCARD enum code store_get(struct store *store, const char *profile,
                              struct record **ret_record, struct err *err);

/* Replaces whole: a reader sees the old record or the new, never a mix; once
 * it returns E_OK the record is durable (a keyring: read back and compared). */
NODISCARD enum code store_put(struct store *store, const char *profile,
                              const struct record *record, struct err *err);

/* Deleting what is absent succeeds; ret_was_there may be NULL. */
NODISCARD enum code store_delete(struct store *store, const char *profile,
                                 bool *ret_was_there, struct err *err);

/* The credential's lock (35 s), for every change of it. Beside the credential
 * for the file store, else in DIR_LOCKS. */
NODISCARD enum code store_lock(struct store *store, const char *profile,
                               struct lock **ret_lock, struct err *err);

/* Is there a keyring at all: a bus that answers or can be activated, and a
 * secret service on it? For choosing a new profile's store. */
bool store_keyring_present(void);

/* For people: "the keyring", "an encrypted file (key beside it)". */
const char *store_describe(const struct store *store);
/* For status: "keyring", "file (key beside it)". */
const char *store_label(const struct store *store);

void store_free(struct store *store); /* NULL is fine */
DEFINE_AUTO(store)
