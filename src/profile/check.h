/* One document against the schema: types, forms, unknown members, and what
 * must not be in a profile. Inheritance and what members say to each other
 * come later (rules.h). */
#pragma once

#include "base/err.h"
#include "profile/hidden.h"
#include "profile/list.h"
#include "profile/schema.h"

#include <jansson.h>
#include <stdbool.h>

struct document {
  const struct schema *schema;
  const char *what; /* how messages name it: "'/etc/x.json'", "profile 'a'" */
  const char *profile;        /* whose `profile set` mends it; NULL: a person */
  const char *login;          /* the profile that a secret is stored for */
  struct text_list *warnings; /* appended to */
};

/* E_PROFILE, naming document and member. */
NODISCARD enum code check_document(const struct document *document,
                                   const json_t *object, struct err *err);

/* E_PROFILE: "WHAT: PATH TEXT", and in the hint how to take the member out. */
enum code check_fail(const struct document *document, const char *path,
                     struct err *err, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* E_PROFILE: PATH looks like a secret, and in the hint the command that stores
 * one. Never the value. */
enum code check_fail_secret(const struct document *document, const char *path,
                            enum hidden_kind kind, struct err *err);

/* Reads bytes as a document's object: strict UTF-8 JSON of bounded depth,
 * without a byte order mark. */
NODISCARD enum code check_read(const struct document *document,
                               const char *bytes, size_t len,
                               json_t **ret_object, struct err *err);
