/* A lock between processes of one user: a kernel lock on a file that is never
 * renamed or removed, so that it goes with its holder, however that dies. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct lock;

/* Waits up to timeout_ms for the lock at path, whose directory is made when it
 * is missing (0700, ours). E_LOCK_TIMEOUT (another process holds it: the
 * message names its pid when known), E_LOCK (no lock can be had here:
 * read-only, ENOLCK, foreign owner), E_SIGNAL. */
NODISCARD enum code lock_take(struct lock **ret_lock, const char *path,
                              int64_t timeout_ms, struct err *err);

void lock_free(struct lock *lock); /* lets go; NULL is fine */
DEFINE_AUTO(lock)
