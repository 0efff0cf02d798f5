/* Writing this room's files: the user's own, plain, readable, and never so open
 * that fob would not read them again. */
#pragma once

#include "base/err.h"

#include <jansson.h>

/* Replaces path (a link's target) by object, with an indent of 2. Missing
 * directories are made. E_LOCAL. */
NODISCARD enum code save_object(const char *path, const json_t *object,
                                struct err *err);
