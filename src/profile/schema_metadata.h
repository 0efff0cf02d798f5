/* The rows of `metadata`: the names of RFC 8414 §2 and of the registry that
 * grew from it, with the type that each has there. */
#pragma once

#include "profile/schema.h"

enum { SCHEMA_METADATA_COUNT = 59 };
extern const struct member schema_metadata[SCHEMA_METADATA_COUNT];
