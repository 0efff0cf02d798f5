/* Lists of texts: bases, scopes, names, a command's words. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct text_list {
  char **items;
  size_t count;
};

void text_list_clear(struct text_list *list);
NODISCARD enum code text_list_add(struct text_list *list, const char *text,
                                  struct err *err);
bool text_list_has(const struct text_list *list, const char *text);
/* Joined by separator; caller frees. */
NODISCARD enum code text_list_join(const struct text_list *list,
                                   const char *separator, char **ret_text,
                                   struct err *err);
#define AUTO_LIST __attribute__((cleanup(text_list_clear)))
