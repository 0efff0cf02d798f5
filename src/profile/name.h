/* What a profile may be called, and which form of it this fob knows. */
#pragma once

#include <stdbool.h>

enum { PROFILE_NAME_MAX = 64, PROFILE_SCHEMA = 1 };

/* CONTRACT §1: [A-Za-z0-9][A-Za-z0-9._-]{0,63}. */
bool profile_name_valid(const char *name);
