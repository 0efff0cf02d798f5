/* Scopes as sets of words (RFC 6749 §3.3). Within fob they are written with
 * single spaces; what a server sends or wants is set by the profile. */
#pragma once

#include "base/err.h"
#include "profile/profile.h"

#include <stdbool.h>

/* Appends the words of text to list, each once, in their order. Words are
 * separated by spaces and by separator (NULL or "": spaces alone). */
NODISCARD enum code scope_split(struct text_list *list, const char *text,
                                const char *separator, struct err *err);

/* The words with single spaces between them. */
NODISCARD enum code scope_normal(char **ret_scope, const char *text,
                                 const char *separator, struct err *err);

/* The words in byte order: the same text for the same set. */
NODISCARD enum code scope_sorted(char **ret_scope, const char *text,
                                 struct err *err);

bool scope_has(const char *scope, const char *word);

/* The words of `wanted` that `given` lacks, as text; NULL when there are none.
 * aliases (may be NULL) maps other spellings of a word to one; it is applied to
 * both sides. */
NODISCARD enum code scope_missing(char **ret_words, const char *wanted,
                                  const char *given, const json_t *aliases,
                                  struct err *err);
