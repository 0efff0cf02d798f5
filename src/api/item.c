#include "api/item.h"

#include "api/scan.h"
#include "base/mem.h"
#include "http/header.h"

#include <string.h>

static const struct separator {
  const char *text;
  enum item_kind kind;
} separators[] = {
    /* the longer first */
    {":=@", ITEM_JSON_FILE}, {":=", ITEM_JSON},  {"==", ITEM_QUERY},
    {"=@", ITEM_TEXT_FILE},  {":", ITEM_HEADER}, {"=", ITEM_TEXT},
    {"@", ITEM_UPLOAD},
};

static bool has_escape(const char *at)
{
  return at[0] == '\\' && at[1] != '\0' && strchr(":=@[]\\", at[1]) != NULL;
}

/* The separator of word and, in *ret_at, where it stands; or NULL. */
static const struct separator *find_separator(const char *word,
                                              const char **ret_at)
{
  for (const char *at = word; *at != '\0'; at++) {
    if (has_escape(at)) {
      at++;
      continue;
    }
    for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
      if (strncmp(at, separators[i].text, strlen(separators[i].text)) == 0) {
        *ret_at = at;
        return &separators[i];
      }
    }
  }
  return NULL;
}

static char *without_escapes(const char *key)
{
  char *name = mem_str(key);
  char *to = name;

  if (name == NULL)
    return NULL;
  for (const char *at = name; *at != '\0'; at++) {
    if (has_escape(at))
      at++;
    *to++ = *at;
  }
  *to = '\0';
  return name;
}

static void item_clear(struct item *item)
{
  mem_free(item->key);
  mem_free(item->name);
  mem_free(item->value);
}

void item_list_clear(struct item_list *list)
{
  for (size_t i = 0; i < list->count; i++)
    item_clear(&list->items[i]);
  mem_free(list->items);
  *list = (struct item_list){0};
}

enum code item_list_move(struct item_list *list, struct item_list *from,
                         struct err *err)
{
  size_t count = list->count + from->count;
  struct item *grown;

  if (from->count == 0)
    return E_OK;
  grown = mem_realloc(list->items, count * sizeof *grown);
  if (grown == NULL)
    return err_nomem(err);
  memcpy(grown + list->count, from->items, from->count * sizeof *grown);
  list->items = grown;
  list->count = count;
  mem_free(from->items);
  *from = (struct item_list){0};
  return E_OK;
}

static enum code add(struct item_list *list, enum item_kind kind,
                     const char *key, size_t key_len, const char *value,
                     struct err *err)
{
  struct item item = {.kind = kind};
  struct item *grown;

  item.key = mem_copy(key, key_len);
  item.name = item.key != NULL ? without_escapes(item.key) : NULL;
  item.value = mem_str(value);
  grown = mem_realloc(list->items, (list->count + 1) * sizeof *grown);
  if (grown != NULL)
    list->items = grown;
  if (item.name == NULL || item.value == NULL || grown == NULL) {
    item_clear(&item);
    return err_nomem(err);
  }
  list->items[list->count++] = item;
  return E_OK;
}

/* What can be said without opening a file. */
static enum code check(const struct item *item, struct err *err)
{
  enum code code;

  if (item->kind == ITEM_HEADER && !header_name_valid(item->name))
    return err_set(err, E_USAGE, "item '%s': not the name of a header",
                   item->name);
  if (item->kind == ITEM_JSON &&
      !scan_is_value(item->value, strlen(item->value))) {
    code = err_set(err, E_USAGE, "item '%s': what follows ':=' is not JSON",
                   item->name);
    err_hint(err, "for text: %s=…", item->key);
    return code;
  }
  if ((item->kind == ITEM_UPLOAD || item->kind >= ITEM_TEXT_FILE) &&
      *item->value == '\0')
    return err_set(err, E_USAGE, "item '%s': the name of a file is missing",
                   item->name);
  return E_OK;
}

static enum code no_item(const char *word, struct err *err)
{
  enum code code = err_set(err, E_USAGE, "'%s' is no ITEM", word);

  err_hint(err, "k=text  k:=json  k==query  Name:value  k@FILE  k=@FILE  "
                "k:=@FILE");
  return code;
}

enum code item_parse(struct item_list *list, const char *word, struct err *err)
{
  const char *at = NULL;
  const struct separator *separator = find_separator(word, &at);
  const char *value;
  enum code code;

  if (separator == NULL)
    return no_item(word, err);
  if (at == word) {
    code =
        err_set(err, E_USAGE, "an ITEM begins with '%s': its name is missing",
                separator->text);
    if (separator->kind == ITEM_UPLOAD)
      err_hint(err, "a file as the whole body: --input FILE");
    return code;
  }
  value = at + strlen(separator->text);
  if (value[0] == '\\' && (value[1] == '=' || value[1] == '@'))
    value++;
  code = add(list, separator->kind, word, (size_t)(at - word), value, err);
  return code != E_OK ? code : check(&list->items[list->count - 1], err);
}

/* key=value, the key not empty. */
static enum code split_field(const char *word, const char *option,
                             size_t *ret_key_len, struct err *err)
{
  const char *equals = word;
  enum code code;

  while (*equals != '\0' && *equals != '=')
    equals += has_escape(equals) ? 2 : 1;
  *ret_key_len = (size_t)(equals - word);
  if (*equals == '=' && equals > word)
    return E_OK;
  code = err_set(err, E_USAGE, "%s takes KEY=VALUE", option);
  if (strcmp(option, "-f") == 0)
    err_hint(err, "curl's -f is not needed: an HTTP error fails here");
  return code;
}

enum code item_parse_raw_field(struct item_list *list, const char *word,
                               struct err *err)
{
  size_t key_len;
  enum code code = split_field(word, "-f", &key_len, err);

  return code != E_OK
             ? code
             : add(list, ITEM_TEXT, word, key_len, word + key_len + 1, err);
}

static bool is_typed(const char *value)
{
  const char *digits = value + (*value == '-');

  if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ||
      strcmp(value, "null") == 0)
    return true;
  return digits[strspn(digits, "0123456789")] == '\0' &&
         scan_is_value(value, strlen(value));
}

enum code item_parse_field(struct item_list *list, const char *word,
                           struct err *err)
{
  enum item_kind kind = ITEM_TEXT;
  size_t key_len;
  const char *value;
  enum code code = split_field(word, "-F", &key_len, err);

  if (code != E_OK)
    return code;
  value = word + key_len + 1;
  if (*value == '@') {
    kind = ITEM_FIELD_FILE;
    value++;
  } else if (is_typed(value)) {
    kind = ITEM_JSON;
  }
  code = add(list, kind, word, key_len, value, err);
  return code != E_OK ? code : check(&list->items[list->count - 1], err);
}

bool item_is(const char *word)
{
  const char *at = NULL;

  if (find_separator(word, &at) == NULL || at == word)
    return false;
  if (strncmp(at, "://", 3) == 0)
    return false;
  return memchr(word, '/', (size_t)(at - word)) == NULL &&
         memchr(word, '?', (size_t)(at - word)) == NULL;
}

bool item_is_data(const struct item *item)
{
  return item->kind != ITEM_QUERY && item->kind != ITEM_HEADER;
}
