/* Inside the api room: putting a body together from its parts. */
#pragma once

#include "api/body.h"

/* An empty one. type is copied. */
NODISCARD enum code body_new(struct body **ret_body, const char *type,
                             struct err *err);

NODISCARD enum code body_add_bytes(struct body *body, const void *bytes,
                                   size_t len, struct err *err);

/* A file, or "-"; E_USAGE when it cannot be opened. */
NODISCARD enum code body_add_file(struct body *body, const char *path,
                                  struct err *err);
