/* One conversation with the keyring, and what its errors mean. For
 * store/keyring*.c alone.
 *
 * It is held in a thread of its own, so that this one can leave it at any
 * moment: libsecret's prompts do not end when they are cancelled, but when the
 * service says so. Whatever the thread touches belongs to struct call.
 *
 * It ends when nothing was answered for 3 s, or 2 min with a person: a service
 * that 60 jobs ask at once is alive, and may take longer for all that one of
 * them wants to know. Without a person all of it is over after 30 s. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lazy/secret.h"

#include <stdbool.h>

struct call {
  const char *profile; /* "": none, store_keyring_present() */
  bool interactive;
  bool without_bus;          /* libsecret's own file (SECRET_BACKEND=file) */
  struct buf bytes;          /* what is to be written; what was read */
  bool was_there;            /* what was to be removed */
  SecretService *service;    /* NULL without_bus */
  GCancellable *cancellable; /* goes to every library call */
  GError *why;               /* of the library call that failed last */
  bool unlocking;            /* a person has been asked */
  struct err err;
};

/* Connects, does work, which returns E_OK or fills call->err, and hands the
 * result over. bytes is taken from and given back; it and was_there may be
 * NULL. */
NODISCARD enum code call_run(enum code (*work)(struct call *call),
                             const char *profile, bool interactive,
                             struct buf *bytes, bool *ret_was_there,
                             struct err *err);

/* For work: turns call->why into a code and call->err: "cannot DOING the
 * keyring". NULL there: a prompt was dismissed. */
enum code call_failed(struct call *call, const char *doing);

/* E_STORE_LOCKED, with CONTRACT §7's hint. */
enum code call_locked(struct call *call);
