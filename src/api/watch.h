/* The values at several JSON pointers, and GraphQL's pageInfo, taken out of a
 * document as it arrives: one pass, whatever the number of pointers, and
 * constant memory. For what says where the next page is (api/page.h); a value
 * for the user is api/pointer.h's. Pure.
 *
 * Of duplicate members the first counts; of several documents (NDJSON) the
 * first that has a value. What stops being JSON is looked at no further. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
  WATCH_MAX = 192,            /* pointers */
  WATCH_VALUE_MAX = 32 * 1024 /* bytes of a value as it stands */
};

enum watch_kind {
  WATCH_NOTHING, /* nothing is there */
  WATCH_NULL,
  WATCH_FALSE,
  WATCH_TRUE,
  WATCH_NUMBER, /* text: as it stands */
  WATCH_TEXT,   /* text: without quotes and escapes; len counts NULs in it */
  WATCH_OTHER,  /* an object or a list */
  WATCH_LONG,   /* a text or number beyond WATCH_VALUE_MAX */
};

struct watch_value {
  enum watch_kind kind;
  const char *text; /* "" but for WATCH_NUMBER and WATCH_TEXT; borrowed */
  size_t len;
};

/* The `pageInfo` of the Relay cursor connections specification: the outermost
 * in the document that is in no list, of several the first. Borrowed. */
struct watch_page_info {
  struct watch_value has_next; /* hasNextPage */
  struct watch_value cursor;   /* endCursor */
  const char *items; /* the pointer to `nodes`, else to `edges`, beside it; NULL
                        when there is no list of either name */
};

struct watch;

/* Pointers are copied; of RFC 6901's syntax, else E_USAGE. page_info: look for
 * that too. */
NODISCARD enum code watch_new(struct watch **ret_watch,
                              const char *const pointers[], size_t count,
                              bool page_info, struct err *err);

NODISCARD enum code watch_feed(struct watch *watch, const void *bytes,
                               size_t len, struct err *err);

/* The document is over; a number that is the whole of it ends here. */
NODISCARD enum code watch_end(struct watch *watch, struct err *err);

/* Of the nth pointer. */
struct watch_value watch_value(const struct watch *watch, size_t nth);
/* false: there was none. */
bool watch_page_info(const struct watch *watch,
                     struct watch_page_info *ret_info);

void watch_free(struct watch *watch); /* NULL is fine */
DEFINE_AUTO(watch)
