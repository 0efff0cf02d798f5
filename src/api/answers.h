/* Answers of APIs kept in files, so that they need not be sent again: a private
 * cache of the user's (RFC 9111), below $XDG_CACHE_HOME/fob/answers/.
 *
 * A file's name is a MAC, under a random key that lies beside them (0600), of
 * whose answer it is and to what: profile, login, method and URL; so neither
 * is to be read there, and what one login was answered is never found by
 * another. What it says and its body are as they came. All of it is 0700 and
 * 0600, in directories that are no links. An answer may have variants
 * (Vary), at most 4.
 *
 * Files are written beside their place and renamed; many processes may do so
 * at once. What is damaged is a miss, and is removed. At most 64 MiB are kept,
 * 8 MiB an answer, 30 days; the oldest gives way.
 *
 * Nothing here makes a request fail: a failure is an E_LOCAL (or another code)
 * whose message says why nothing is kept. */
#pragma once

#include "api/kept.h"
#include "base/err.h"
#include "base/secret.h"
#include "http/header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answers;

/* The answers to requests with a profile (NULL: with none). Makes the
 * directories. */
NODISCARD enum code answers_open(struct answers **ret_answers,
                                 const char *profile, struct err *err);
void answers_free(struct answers *answers); /* NULL is fine */
DEFINE_AUTO(answers)

/* Whose answer, and to what. Without login and token it is nobody's. */
struct answers_ask {
  const char *profile; /* NULL: none */
  const char *login; /* session_token's: the same as long as the login lasts */
  const struct secret *token; /* tells, where there is no login; not kept */
  const char *method, *url;
  bool raw; /* bodies are as they came, else decoded */
};
NODISCARD enum code answers_name(const struct answers *answers,
                                 const struct answers_ask *ask,
                                 char ret_name[static KEPT_NAME + 1],
                                 struct err *err);

/* --- one that is kept ------------------------------------------------------
 */

struct found {
  struct kept kept;
  struct kept_line line;
  int fd;
};

/* *ret_found: the newest that may answer these headers, checked to its last
 * byte; NULL: none. It stays readable whatever others do. */
NODISCARD enum code answers_find(const struct answers *answers,
                                 const char *name,
                                 const struct headers *headers,
                                 struct found **ret_found, struct err *err);

/* Reads of its body from offset on; *ret_len 0: the end. E_LOCAL. */
NODISCARD enum code found_read(const struct found *found, size_t offset,
                               void *to, size_t size, size_t *ret_len,
                               struct err *err);
void found_free(struct found *found); /* NULL is fine */
DEFINE_AUTO(found)

/* Removes all variants: something has changed what is there. */
NODISCARD enum code answers_forget(const struct answers *answers,
                                   const char *name, struct err *err);

/* --- one that is being kept ------------------------------------------------
 */

struct keeping;

/* kept: all but its name; is left empty on success. answers is borrowed. */
NODISCARD enum code keeping_new(struct keeping **ret_keeping,
                                const struct answers *answers, const char *name,
                                struct kept *kept, struct err *err);
/* E_LOCAL: no room, or more than KEPT_BODY_MAX. */
NODISCARD enum code keeping_write(struct keeping *keeping, const void *bytes,
                                  size_t len, struct err *err);
/* The body is whole: it takes the place of the variant that it replaces. */
NODISCARD enum code keeping_commit(struct keeping *keeping, struct err *err);
void keeping_free(struct keeping *keeping); /* drops it; NULL is fine */
DEFINE_AUTO(keeping)

/* Keeps found anew, with kept's other headers and times. */
NODISCARD enum code answers_renew(const struct answers *answers,
                                  const char *name, const struct found *found,
                                  struct kept *kept, struct err *err);

/* --- all of them -----------------------------------------------------------
 */

struct answers_sum {
  size_t count;
  int64_t bytes;
};
/* Removes those of a profile; NULL: all. E_OK where there is no cache. */
NODISCARD enum code answers_clear(const char *profile,
                                  struct answers_sum *ret_sum, struct err *err);

/* The same for a login that is over, or another one. A failure is warned of. */
void answers_drop(const char *profile);
