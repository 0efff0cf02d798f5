/* A JSON document of a server's on standard output: indented and coloured on a
 * terminal, elsewhere byte for byte, always with a newline behind it. */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* The caller has read it as JSON already. */
NODISCARD enum code show_json(const char *bytes, size_t len, struct err *err);
