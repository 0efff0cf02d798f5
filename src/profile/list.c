/* Lists of texts. */
#include "profile/list.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

void text_list_clear(struct text_list *list)
{
  for (size_t i = 0; i < list->count; i++)
    mem_free(list->items[i]);
  mem_free(list->items);
  *list = (struct text_list){0};
}

/* The array grows by doubling, whenever the count is a power of two. */
enum code text_list_add(struct text_list *list, const char *text,
                        struct err *err)
{
  char *copy = mem_str(text);

  if (copy == NULL)
    return err_nomem(err);
  if ((list->count & (list->count - 1)) == 0) {
    size_t room = list->count > 0 ? list->count * 2 : 1;
    char **items = mem_array(room, sizeof(*items));
    if (items == NULL) {
      mem_free(copy);
      return err_nomem(err);
    }
    if (list->count > 0)
      memcpy(items, list->items, list->count * sizeof(*items));
    mem_free(list->items);
    list->items = items;
  }
  list->items[list->count++] = copy;
  return E_OK;
}

bool text_list_has(const struct text_list *list, const char *text)
{
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->items[i], text) == 0)
      return true;
  return false;
}

enum code text_list_join(const struct text_list *list, const char *separator,
                         char **ret_text, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);

  buf_puts(&text, "");
  for (size_t i = 0; i < list->count; i++) {
    buf_puts(&text, i > 0 ? separator : "");
    buf_puts(&text, list->items[i]);
  }
  return buf_detach(&text, ret_text, NULL, err);
}
