/* A JSON document put together from nested keys: a[b][]=x.
 *
 * Values go in as JSON text and come out as the very bytes they were, so that
 * 1.10 and 12345678901234567890 stay what they are. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

struct tree;

NODISCARD enum code tree_new(struct tree **ret_tree, struct err *err);

/* key is an item's, escapes included: a name, then any of
 *   [name]  a member,
 *   []      one more element; before a member it is the last element, where
 *           that is an object without this member (as gh has it),
 *   [0]     that element of a list, at most one behind its end; [\0] is the
 *           member "0".
 * Without a name the top is what the first bracket makes it. json is the
 * value's text. E_USAGE: malformed, set twice, or of two kinds. */
NODISCARD enum code tree_set(struct tree *tree, const char *key,
                             const char *json, size_t len, struct err *err);

/* Appends the document; an empty tree is {}. */
void tree_write(const struct tree *tree, struct buf *out);

void tree_free(struct tree *tree); /* NULL is fine */
DEFINE_AUTO(tree)
