/* Where a run over pages got to: a small file of the user's, so that another
 * process goes on there (--resume FILE).
 *
 * It is 0600, replaced whole, and holds no credential; what request it belongs
 * to is the method, the URL and the body's SHA-256. The next run is to have the
 * same, since its items would be of another list otherwise. */
#pragma once

#include "api/page.h"
#include "base/err.h"

#include <jansson.h>
#include <stdint.h>

/* Texts are borrowed: from json where it was read. */
struct checkpoint {
  json_t *json;
  const char *method, *url;
  const char *body_hash;   /* hex; "" without a body */
  struct page_place place; /* the page to ask for */
  const char *items;       /* the pointer to the items; NULL: looked for */
  int64_t skip;            /* how many of its items are out */
  int64_t pages;           /* whole pages so far, of all runs */
  int64_t written;         /* items so far, of all runs */
};

/* hash: of len bytes at body, as body_hash; mem_free. body NULL: "". */
NODISCARD enum code checkpoint_hash(char **ret_hash, const void *body,
                                    size_t len, struct err *err);

/* E_NOT_FOUND: there is none. E_USAGE: the file cannot be read, or is no
 * checkpoint. */
NODISCARD enum code checkpoint_read(struct checkpoint *ret_checkpoint,
                                    const char *path, struct err *err);

/* E_USAGE, with both named, when it belongs to another request. */
NODISCARD enum code checkpoint_check(const struct checkpoint *checkpoint,
                                     const char *path, const char *method,
                                     const char *url, const char *body_hash,
                                     struct err *err);

/* E_OUTPUT when it cannot be written; the old one is left. */
NODISCARD enum code checkpoint_write(const struct checkpoint *checkpoint,
                                     const char *path, struct err *err);

void checkpoint_clear(struct checkpoint *checkpoint);
#define AUTO_CHECKPOINT __attribute__((cleanup(checkpoint_clear)))
