#include "profile/nearest.h"

#include <string.h>

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Optimal string alignment, three rows at a time. */
size_t nearest_distance(const char *a, const char *b, size_t limit)
{
  size_t a_len = strlen(a), b_len = strlen(b);
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];

  if (a_len > WORD_MAX || b_len > WORD_MAX || a_len > b_len + limit ||
      b_len > a_len + limit)
    return limit + 1;
  for (size_t j = 0; j <= b_len; j++)
    above[j] = j;
  for (size_t i = 1; i <= a_len; i++) {
    size_t lowest = i;
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = least(change, least(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], before[j - 2] + 1);
      lowest = least(lowest, row[j]);
    }
    if (lowest > limit + 1) /* a swap may still win back one */
      return limit + 1;
    size_t *oldest = before;
    before = above;
    above = row;
    row = oldest;
  }
  return least(above[b_len], limit + 1);
}

const char *nearest_of(const char *word, const char *const *names, size_t count)
{
  const char *nearest = NULL;
  size_t best = least(2, (strlen(word) + 2) / 3) + 1;

  for (size_t i = 0; i < count; i++) {
    size_t distance = nearest_distance(word, names[i], 2);
    if (distance < best) {
      best = distance;
      nearest = names[i];
    }
  }
  return nearest;
}
