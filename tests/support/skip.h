/* Leaves a test that cannot be made on this machine, and says so. Criterion's
 * own cr_skip_test() is silent, and leaves the test out of the count that
 * tests/run.sh compares. */
#pragma once

#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>

#define SKIP(...)                                                              \
  do {                                                                         \
    cr_log_warn("skipped: " __VA_ARGS__);                                      \
    return;                                                                    \
  } while (0)

/* Leaves a test whose deadlines valgrind cannot keep. */
#define NEEDS_SPEED                                                            \
  do {                                                                         \
    const char *preload = getenv("LD_PRELOAD");                                \
    if (preload != NULL && strstr(preload, "vgpreload") != NULL)               \
      SKIP("valgrind is too slow for its deadlines");                          \
  } while (0)
