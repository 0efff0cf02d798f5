#include "oauth/scope.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static enum code add_word(struct text_list *list, const char *word, size_t len,
                          struct err *err)
{
  AUTO_STR char *copy = mem_copy(word, len);

  if (!copy)
    return err_nomem(err);
  if (text_list_has(list, copy))
    return E_OK;
  return text_list_add(list, copy, err);
}

enum code scope_split(struct text_list *list, const char *text,
                      const char *separator, struct err *err)
{
  char stops[16] = " ";
  enum code code;

  if (separator && strlen(separator) < sizeof(stops) - 1)
    memcpy(stops + 1, separator, strlen(separator) + 1);
  for (const char *at = text; *at;) {
    size_t len = strcspn(at, stops);

    if (len > 0) {
      code = add_word(list, at, len, err);
      if (code != E_OK)
        return code;
    }
    at += len;
    at += strspn(at, stops);
  }
  return E_OK;
}

enum code scope_normal(char **ret_scope, const char *text,
                       const char *separator, struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  enum code code = scope_split(&words, text, separator, err);

  if (code != E_OK)
    return code;
  return text_list_join(&words, " ", ret_scope, err);
}

static int by_bytes(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

enum code scope_sorted(char **ret_scope, const char *text, struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  enum code code = scope_split(&words, text, NULL, err);

  if (code != E_OK)
    return code;
  if (words.count > 0)
    qsort(words.items, words.count, sizeof(words.items[0]), by_bytes);
  return text_list_join(&words, " ", ret_scope, err);
}

bool scope_has(const char *scope, const char *word)
{
  size_t len = strlen(word);

  for (const char *at = scope; at && *at;) {
    size_t here = strcspn(at, " ");

    if (here == len && memcmp(at, word, len) == 0)
      return true;
    at += here;
    at += strspn(at, " ");
  }
  return false;
}

static const char *one_spelling(const json_t *aliases, const char *word)
{
  const char *same = aliases ? json_text(aliases, word) : NULL;

  return same ? same : word;
}

static bool has_alias_of(const struct text_list *words, const char *word,
                         const json_t *aliases)
{
  for (size_t i = 0; i < words->count; i++)
    if (strcmp(one_spelling(aliases, words->items[i]),
               one_spelling(aliases, word)) == 0)
      return true;
  return false;
}

enum code scope_missing(char **ret_words, const char *wanted, const char *given,
                        const json_t *aliases, struct err *err)
{
  AUTO_LIST struct text_list want = {0};
  AUTO_LIST struct text_list have = {0};
  AUTO_LIST struct text_list missing = {0};
  enum code code = scope_split(&want, wanted, NULL, err);

  if (code == E_OK)
    code = scope_split(&have, given, NULL, err);
  for (size_t i = 0; code == E_OK && i < want.count; i++)
    if (!has_alias_of(&have, want.items[i], aliases))
      code = text_list_add(&missing, want.items[i], err);
  if (code != E_OK)
    return code;
  if (missing.count == 0) {
    *ret_words = NULL;
    return E_OK;
  }
  return text_list_join(&missing, " ", ret_words, err);
}
