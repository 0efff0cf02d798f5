/* The Link fields of an answer (RFC 8288 §3): which pages stand beside this
 * one. Pure.
 *
 * Links may be spread over several fields and stand several in one; parameters
 * may be quoted; `rel` is a list of types that compare without case, of which
 * the first in a link counts, and `rel*` is none. A link whose `anchor` is
 * another resource than the answer's speaks about that one and is passed over
 * (§3.2). What cannot be read ends its field. */
#pragma once

#include "base/err.h"
#include "http/header.h"
#include "http/url.h"

#include <stdbool.h>

/* References as they stand, for url_resolve(); of several the first; NULL: none
 * is there. */
struct link_pages {
  char *next, *last;
  bool spoken; /* first, prev or either of them is there: this is a page */
};

/* from: the answer's address. headers may be NULL. */
NODISCARD enum code link_read(struct link_pages *ret_pages,
                              const struct headers *headers,
                              const struct url *from, struct err *err);

void link_pages_clear(struct link_pages *pages);
#define AUTO_LINK_PAGES __attribute__((cleanup(link_pages_clear)))
