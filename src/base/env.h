/* Environment variables as CONTRACT §4 has them. */
#pragma once

/* The value of a variable that is set and not empty, else NULL: empty means
 * unset. Borrowed from the environment. */
const char *env_text(const char *name);
