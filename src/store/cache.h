/* Access tokens in the kernel's user keyring (libkeyutils), so that the next
 * `fob token` costs a few system calls (DESIGN §3); with one that is bound by
 * DPoP its private key, without which it is of no use. Never a refresh token, a
 * PAT or a token without a stated lifetime of at most 24 h.
 *
 * A key is named by the profile and by shape, the text of everything that was
 * asked for; its payload holds the stamp of the files that shaped it (base/file
 * file_stamp), and another stamp is a miss. Nothing here fails: a cache that
 * cannot be used is a miss, and what could not be replaced is unlinked. */
#pragma once

#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>

struct cache_entry {
  struct secret *token;
  char *token_type;
  char *scope;        /* NULL when not stated */
  char *header_name;  /* how the token goes into a request: "Authorization" */
  char *header_value; /* "Bearer {token}" */
  char *issuer;       /* NULL when there is none */
  char *login; /* which login it is of: oauth/session.h; NULL: not known */
  struct secret *dpop_key; /* a private JWK as text; NULL: a bearer's token */
  uint64_t generation;
  int64_t issued_at, expires_at; /* wall seconds */
};
void cache_entry_clear(struct cache_entry *entry);

/* auto: on, but off in a container that shares its uid's keyring (one without
 * a user namespace of its own). */
enum cache_mode { CACHE_AUTO, CACHE_KERNEL, CACHE_OFF };
bool cache_mode_parse(const char *text, enum cache_mode *ret_mode);
bool cache_enabled(enum cache_mode mode);

/* true on a hit that has not expired; the caller clears ret_entry. */
bool cache_get(const char *profile, const char *shape, const char *stamp,
               struct cache_entry *ret_entry);

/* At most 16 keys, 8 KiB in all, 4 KiB each; the oldest gives way. */
void cache_put(const char *profile, const char *shape, const char *stamp,
               const struct cache_entry *entry);

/* Unlinks all of a profile's keys; NULL: of all profiles. */
void cache_drop(const char *profile);
