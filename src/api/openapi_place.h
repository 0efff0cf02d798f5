/* ITEMs put where an operation wants them (`fob request --op`).
 *
 * An item named like a parameter of the path goes into it, one segment's text;
 * one named like a parameter of the query or a header goes there, unless the
 * body has a member of that name; everything else stays what its separator says
 * (api/item.h). A list that the API wants in one value is joined. */
#pragma once

#include "api/item.h"
#include "api/openapi.h"

#include <stdbool.h>
#include <stddef.h>

/* key=text becomes what the body's schema says key is: an integer, a number, a
 * boolean, null; text for a list becomes one more element. E_USAGE when text is
 * no such value; where the schema leaves the type open it stays text. */
NODISCARD enum code
openapi_type_items(const struct openapi_operation *operation,
                   const struct openapi_details *details,
                   struct item_list *items, struct err *err);

/* What a request has beside its items. */
struct openapi_given {
  const char *const *headers; /* names */
  size_t header_count;
  bool any_header;   /* of a file: any may be there */
  const char *query; /* the parameter that the credential goes into; NULL */
  bool body;         /* --json and the like */
};

/* Takes what goes into the path out of items, turns others into what they are,
 * and makes the operation's path, percent-encoded, with its parameters filled.
 * Files of k=@FILE that go there are read. E_USAGE names what is required and
 * not there, with the usage as the hint. Warns of a name that the operation
 * does not have. *ret_path: the caller frees. */
NODISCARD enum code openapi_place(const struct openapi_operation *operation,
                                  const struct openapi_details *details,
                                  const struct openapi_given *given,
                                  struct item_list *items, char **ret_path,
                                  struct err *err);
