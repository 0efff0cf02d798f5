/* What a test does where a machine lacks something, or is slow. */
#pragma once

#include "base/attr.h"

#include <criterion/logging.h>
#include <stdbool.h>
#include <stdlib.h>

/* FOB_SLOW is set under valgrind: fewer rounds of the same are enough. */
MAYBE_UNUSED static bool is_slow(void)
{
  const char *slow = getenv("FOB_SLOW");

  return slow != NULL && slow[0] != '\0';
}

/* Leaves a test that cannot be made on this machine, and says so. Criterion's
 * own cr_skip_test() is silent, and leaves the test out of the count that
 * tests/run.sh compares. */
#define SKIP(...)                                                              \
  do {                                                                         \
    cr_log_warn("skipped: " __VA_ARGS__);                                      \
    return;                                                                    \
  } while (0)

/* Leaves a test of what the system sees of the process: a valgrind around it
 * has descriptors, an environment and signals of its own. */
#define NEEDS_BARE_PROCESS                                                     \
  do {                                                                         \
    if (is_slow())                                                             \
      SKIP("FOB_SLOW is set, and it looks at the bare process");               \
  } while (0)

/* The same of one that limits memory or stack, or measures them, of which
 * AddressSanitizer takes for itself too. */
#ifdef __SANITIZE_ADDRESS__
#define NEEDS_OWN_MEMORY SKIP("AddressSanitizer takes memory of its own")
#else
#define NEEDS_OWN_MEMORY NEEDS_BARE_PROCESS
#endif

/* Leaves a test whose deadlines cannot be kept here. */
#define NEEDS_SPEED                                                            \
  do {                                                                         \
    if (is_slow())                                                             \
      SKIP("FOB_SLOW is set, and it has deadlines");                           \
  } while (0)
