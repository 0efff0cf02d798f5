/* What a word on a command line is like: a name that was mistyped, a token. */
#include "cmd/opt.h"

#include <string.h>

static size_t edit_distance(const char *a, const char *b)
{
  enum { MAX = 32 };
  size_t row[MAX + 1];
  size_t len_a = strlen(a), len_b = strlen(b);

  if (len_a > MAX || len_b > MAX)
    return MAX;
  for (size_t j = 0; j <= len_b; j++)
    row[j] = j;
  for (size_t i = 1; i <= len_a; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= len_b; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[len_b];
}

const char *opt_nearest(const char *word, const char *const names[])
{
  const char *best = NULL;
  size_t distance = 3;

  for (size_t i = 0; names[i] != NULL; i++) {
    size_t d = edit_distance(word, names[i]);
    if (d < distance && d < strlen(word)) { /* a short word must be nearer */
      distance = d;
      best = names[i];
    }
  }
  return best;
}

bool opt_looks_secret(const char *text)
{
  static const char *const prefixes[] = {
      "ghp_",  "gho_",  "ghu_",  "ghs_",  "ghr_",    "github_pat_", "glpat-",
      "gldt-", "glrt-", "xoxb-", "xoxp-", "xoxa-",   "xapp-",       "sk-",
      "sk_",   "rk_",   "pk_",   "eyJ",   "ya29.",   "AKIA",        "ATATT",
      "dop_",  "shpat", "npm_",  "pypi-", "secret_", "ntn_",        "hf_",
  };
  bool upper = false, lower = false, digit = false;
  size_t len = strlen(text);

  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    upper |= c >= 'A' && c <= 'Z';
    lower |= c >= 'a' && c <= 'z';
    digit |= c >= '0' && c <= '9';
    if (strchr("-_.~+=", c) == NULL && !(c >= 'A' && c <= 'Z') &&
        !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
      return false;
    if (c == '=' && i + 2 < len && text[i + 1] != '=')
      return false; /* name=value, not padding */
  }
  for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
    size_t prefix = strlen(prefixes[i]);
    if (len >= prefix + 12 && memcmp(text, prefixes[i], prefix) == 0)
      return true;
  }
  return len >= 32 && digit && (upper || lower) && strchr(text, '.') == NULL;
}
