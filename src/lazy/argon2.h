/* libargon2: a key from a passphrase (crypto/passphrase.c alone). */
#pragma once

#include "lazy/lazy.h"

#include <argon2.h>

#define LAZY_ARGON2(X) X(argon2id_hash_raw) X(argon2_error_message)
LAZY_DECLARE(LAZY_ARGON2)

NODISCARD enum code lazy_argon2(struct err *err);
