/* The words of `fob request [METHOD] PATH|URL [ITEM…]` told apart. */
#pragma once

#include "api/item.h"
#include "base/err.h"

#include <stddef.h>

struct line {
  const char *method; /* NULL: by whether there is a body; borrowed */
  const char *target; /* a path or a URL; borrowed */
  struct item_list items;
};

/* METHOD is a leading word in capitals, or a lower-case method of RFC 9110 or
 * 5789 when another word that is no ITEM follows. option: -X or NULL; given
 * twice is E_USAGE. A lower-case method of the RFCs is put in capitals. */
NODISCARD enum code line_parse(struct line *ret_line, const char *option,
                               const char *const words[], size_t count,
                               struct err *err);

/* word, or its spelling in capitals where it is a method of those RFCs. */
const char *line_method(const char *word);

void line_clear(struct line *line);
#define AUTO_LINE __attribute__((cleanup(line_clear)))
