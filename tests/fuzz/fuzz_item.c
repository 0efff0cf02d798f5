/* ITEMs, -f and -F: no crash, a value is the end of its word, what is taken for
 * JSON is JSON, and nested keys make a document or a refusal, whatever their
 * order. */
#include "api/item.h"

#include "api/quote.h"
#include "api/scan.h"
#include "api/tree.h"
#include "base/codec.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void check_item(const struct item *item, const char *word)
{
  size_t word_len = strlen(word);
  size_t value_len = strlen(item->value);
  size_t key_len = strlen(item->key);

  demand(key_len > 0 && strncmp(word, item->key, key_len) == 0);
  demand(key_len + value_len < word_len);
  demand(strcmp(word + word_len - value_len, item->value) == 0);
  demand(strlen(item->name) <= key_len);
  if (item->kind == ITEM_JSON)
    demand(scan_is_value(item->value, value_len));
  if (item->kind == ITEM_HEADER)
    demand(codec_is_line(item->name));
}

static enum code set(struct tree *tree, const struct item *item)
{
  AUTO_BUF struct buf quoted = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf back = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;

  if (item->kind == ITEM_JSON)
    return tree_set(tree, item->key, item->value, strlen(item->value), &err);
  quote_json(&quoted, item->value, strlen(item->value));
  demand(scan_is_value(buf_text(&quoted), quoted.len));
  quote_undo(&back, buf_text(&quoted), quoted.len);
  demand(strcmp(buf_text(&back), item->value) == 0);
  return tree_set(tree, item->key, buf_text(&quoted), quoted.len, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *text = mem_copy(data, size);
  AUTO_ITEMS struct item_list list = {0};
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  AUTO(tree) tree = NULL;
  struct err err = ERR_INIT;
  bool fits = true;

  demand(text != NULL && tree_new(&tree, &err) == E_OK);
  for (char *word = text, *next; word != NULL; word = next) {
    size_t before = list.count;
    bool accepted;

    next = strchr(word, '\n');
    if (next != NULL)
      *next++ = '\0';
    (void)item_is(word);
    if (strncmp(word, "-F ", 3) == 0)
      accepted = item_parse_field(&list, word += 3, &err) == E_OK;
    else if (strncmp(word, "-f ", 3) == 0)
      accepted = item_parse_raw_field(&list, word += 3, &err) == E_OK;
    else
      accepted = item_parse(&list, word, &err) == E_OK;
    if (accepted) {
      demand(list.count == before + 1);
      check_item(&list.items[before], word);
      if (item_is_data(&list.items[before]))
        fits = set(tree, &list.items[before]) == E_OK && fits;
    }
  }
  tree_write(tree, &out);
  if (fits)
    demand(scan_is_value(buf_text(&out), out.len));
  return 0;
}
