/* Leaves a test that cannot be made on this machine, and says so. Criterion's
 * own cr_skip_test() is silent, and leaves the test out of the count that
 * tests/run.sh compares. */
#pragma once

#include <criterion/logging.h>

#define SKIP(...)                                                              \
  do {                                                                         \
    cr_log_warn("skipped: " __VA_ARGS__);                                      \
    return;                                                                    \
  } while (0)
