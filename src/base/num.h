/* Numbers from text: whole, bounded, no sign, no white space, no locale. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits only, at most max. */
NODISCARD bool num_parse(const char *text, uint64_t max, uint64_t *ret_value);

/* CONTRACT §2: `90`, `90s`, `15m`, `12h`, `7d`; seconds, at most 10 years. */
NODISCARD bool num_duration(const char *text, int64_t *ret_seconds);
