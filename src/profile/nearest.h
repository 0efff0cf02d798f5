/* "Did you mean …?" */
#pragma once

#include <stddef.h>

/* How many letters must be changed, added, left out or swapped with their
 * neighbour to make a of b; at most limit + 1 is told apart. */
size_t nearest_distance(const char *a, const char *b, size_t limit);

/* The one of count names that is nearest to word, within a third of its length
 * and at most 2; NULL when there is none. */
const char *nearest_of(const char *word, const char *const *names,
                       size_t count);
