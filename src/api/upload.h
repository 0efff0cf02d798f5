/* What an upload item says: k@FILE[;type=TYPE][;filename=NAME]. */
#pragma once

#include "api/item.h"
#include "base/err.h"

#include <stdbool.h>

struct upload {
  char *path;
  const char *type;     /* as stated, else by the file's name */
  const char *filename; /* what the server is told: as stated, else the last
                           part of path */
  bool renamed;         /* it was stated */
};

/* The parameters come in any order, each once; what is no parameter belongs to
 * what stands in front of it, so that a type may have parameters of its own.
 * E_USAGE names the item. */
NODISCARD enum code upload_parse(const struct item *item,
                                 struct upload *ret_upload, struct err *err);
void upload_clear(struct upload *upload);
#define AUTO_UPLOAD __attribute__((cleanup(upload_clear)))
