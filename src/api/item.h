/* The ITEMs of `fob request` (CONTRACT §2), and gh's -f and -F: words that
 * become members of a body, parameters of the query, headers and uploads.
 *
 * Purely textual: no file is opened here. Messages name an item by its key;
 * its value, which may be a password, is never shown. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum item_kind {
  ITEM_TEXT,       /* k=v; -f k=v */
  ITEM_JSON,       /* k:=json; -F k=true, k=null, k=7 */
  ITEM_QUERY,      /* k==v */
  ITEM_HEADER,     /* Name:value; an empty value takes a default away */
  ITEM_UPLOAD,     /* k@FILE; its parameters: api/upload.h */
  ITEM_TEXT_FILE,  /* k=@FILE */
  ITEM_JSON_FILE,  /* k:=@FILE */
  ITEM_FIELD_FILE, /* -F k=@FILE: text, or an upload in a multipart body */
};

struct item {
  enum item_kind kind;
  char *key;   /* as it was given: nesting reads its escapes (api/tree.h) */
  char *name;  /* without escapes, brackets as they stand */
  char *value; /* of a file's kind: its name */
};

struct item_list {
  struct item *items;
  size_t count;
};

/* Splits at the leftmost separator, the longest of those that begin there.
 * In the key a backslash takes the meaning of : = @ [ ] and of itself; as the
 * first of the value it takes that of = or @. Adds to list. E_USAGE. */
NODISCARD enum code item_parse(struct item_list *list, const char *word,
                               struct err *err);

/* -f k=v: always text. */
NODISCARD enum code item_parse_raw_field(struct item_list *list,
                                         const char *word, struct err *err);

/* -F k=v: true, false, null and whole numbers are JSON, @FILE is read. */
NODISCARD enum code item_parse_field(struct item_list *list, const char *word,
                                     struct err *err);

/* Whether word has an ITEM's form and is not rather a path or URL (one with
 * '/' or '?' in front of the separator). */
bool item_is(const char *word);

/* Of this kind's items some go into a body. */
bool item_is_data(const struct item *item);

/* Moves all of from behind list's own. */
NODISCARD enum code item_list_move(struct item_list *list,
                                   struct item_list *from, struct err *err);

void item_list_clear(struct item_list *list);
#define AUTO_ITEMS __attribute__((cleanup(item_list_clear)))
