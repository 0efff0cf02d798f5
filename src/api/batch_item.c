#include "api/batch_item.h"

#include "api/line.h"
#include "api/member.h"
#include "base/codec.h"
#include "base/mem.h"
#include "http/header.h"

#include <string.h>

void batch_item_clear(struct batch_item *item)
{
  mem_free(item->method);
  mem_free(item->path);
  mem_free(item->query);
  for (size_t i = 0; i < item->header_count; i++) {
    mem_free(item->headers[i].name);
    mem_free(item->headers[i].value);
  }
  mem_free(item->headers);
  *item = (struct batch_item){0};
}

/* --- values --------------------------------------------------------------- */

static bool is_text(const struct member *member)
{
  return member->kind == MEMBER_STRING || member->kind == MEMBER_NUMBER ||
         member->kind == MEMBER_TRUE || member->kind == MEMBER_FALSE;
}

/* What a C string cannot hold is in no method, path or header. */
static enum code detach(struct buf *text, const char *what, char **ret_text,
                        struct err *err)
{
  if (text->len > 0 && memchr(text->data, '\0', text->len) != NULL)
    return err_set(err, E_USAGE, "%s has a NUL in it", what);
  return buf_detach(text, ret_text, NULL, err);
}

static enum code take_text(const struct member *member, const char *what,
                           char **ret_text, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_URL);

  member_put_text(&text, member);
  return detach(&text, what, ret_text, err);
}

static enum code take_key(const struct member *member, const char *what,
                          char **ret_text, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_URL);

  member_put_key(&text, member);
  return detach(&text, what, ret_text, err);
}

static enum code take_string(const struct member *member, const char *name,
                             char **ret_text, struct err *err)
{
  if (member->kind != MEMBER_STRING)
    return err_set(err, E_USAGE, "its %s is no text", name);
  return take_text(member, name, ret_text, err);
}

/* Calls put for each text of an object's member: itself, or its elements. */
typedef enum code put_text(void *user, const char *name,
                           const struct member *value, struct err *err);

static enum code each_element(const struct member *list, const char *name,
                              put_text *put, void *user, const char *what,
                              struct err *err)
{
  struct members elements;
  struct member element;
  enum code code = E_OK;

  members_open(&elements, list->value, list->len);
  while (code == E_OK && members_next(&elements, &element) == MEMBER) {
    if (!is_text(&element))
      return err_set(err, E_USAGE,
                     "its %s '%s' holds something else than texts", what, name);
    code = put(user, name, &element, err);
  }
  return code;
}

static enum code each_text(const struct member *object, put_text *put,
                           void *user, const char *what, struct err *err)
{
  struct members members;
  struct member member;
  enum code code = E_OK;

  members_open(&members, object->value, object->len);
  while (code == E_OK && members_next(&members, &member) == MEMBER) {
    AUTO_STR char *name = NULL;

    code = take_key(&member, what, &name, err);
    if (code != E_OK)
      return code;
    if (member.kind == MEMBER_ARRAY)
      code = each_element(&member, name, put, user, what, err);
    else if (member.kind == MEMBER_OBJECT)
      code = err_set(err, E_USAGE, "its %s '%s' is an object", what, name);
    else
      code = put(user, name, &member, err);
  }
  return code;
}

/* --- members -------------------------------------------------------------- */

static enum code put_pair(void *user, const char *name,
                          const struct member *value, struct err *err)
{
  struct buf *query = user;
  AUTO_STR char *text = NULL;
  enum code code;

  if (value->kind == MEMBER_NULL)
    return E_OK;
  code = take_text(value, "query", &text, err);
  if (code == E_OK)
    codec_form_pair(query, name, text);
  return code;
}

static enum code take_query(struct batch_item *item,
                            const struct member *member, struct err *err)
{
  AUTO_BUF struct buf query = BUF_INIT(BUF_URL);
  enum code code;

  if (member->kind == MEMBER_STRING)
    return take_text(member, "query", &item->query, err);
  if (member->kind != MEMBER_OBJECT)
    return err_set(err, E_USAGE, "its query is neither an object nor a text");
  code = each_text(member, put_pair, &query, "query", err);
  return code == E_OK && query.len > 0
             ? buf_detach(&query, &item->query, NULL, err)
             : code;
}

static enum code put_header(void *user, const char *name,
                            const struct member *value, struct err *err)
{
  struct batch_item *item = user;
  struct batch_header *grown = mem_realloc(
      item->headers, (item->header_count + 1) * sizeof *item->headers);
  struct batch_header *header;

  if (grown == NULL)
    return err_nomem(err);
  item->headers = grown;
  header = &grown[item->header_count++];
  *header = (struct batch_header){.name = mem_str(name)};
  if (header->name == NULL)
    return err_nomem(err);
  if (!header_name_valid(name) || header_is_framing(name))
    return err_set(err, E_USAGE, "its header '%s' cannot be sent", name);
  return value->kind == MEMBER_NULL
             ? E_OK
             : take_text(value, "header", &header->value, err);
}

static enum code take_headers(struct batch_item *item,
                              const struct member *member, struct err *err)
{
  if (member->kind != MEMBER_OBJECT)
    return err_set(err, E_USAGE, "its headers are no object");
  return each_text(member, put_header, item, "header", err);
}

static enum code take_method(struct batch_item *item, const char *word,
                             struct err *err)
{
  const char *method = line_method(word);

  if (!header_name_valid(method))
    return err_set(err, E_USAGE, "'%s' is no method", word);
  item->method = mem_str(method);
  return item->method != NULL ? E_OK : err_nomem(err);
}

static enum code take_member(struct batch_item *item, const char *name,
                             const struct member *member, struct err *err)
{
  if (strcmp(name, "body") == 0) {
    item->body = member->value;
    item->body_len = member->len;
    return E_OK;
  }
  if (strcmp(name, "path") == 0)
    return take_string(member, name, &item->path, err);
  if (strcmp(name, "query") == 0)
    return take_query(item, member, err);
  if (strcmp(name, "headers") == 0)
    return take_headers(item, member, err);
  AUTO_STR char *word = NULL;
  enum code code = take_string(member, name, &word, err);
  return code == E_OK ? take_method(item, word, err) : code;
}

/* --- lines ---------------------------------------------------------------- */

static const char *const names[] = {"id",    "method",  "path",
                                    "query", "headers", "body"};

static size_t find_name(const struct member *member)
{
  size_t i = 0;

  while (i < ARRAY_LEN(names) && !member_is(member, names[i]))
    i++;
  return i;
}

static enum code unknown(const struct member *member, struct err *err)
{
  AUTO_STR char *name = NULL;
  enum code code = take_key(member, "name", &name, err);

  if (code != E_OK)
    return code;
  code = err_set(err, E_USAGE, "it has a member '%s', which says nothing here",
                 name);
  err_hint(err, "members: id, method, path, query, headers, body");
  return code;
}

static enum code not_json(struct err *err)
{
  return err_set(err, E_USAGE,
                 "the line begins like JSON, and is neither an object nor a "
                 "string");
}

static enum code parse_object(struct batch_item *item, const char *line,
                              size_t len, struct err *err)
{
  struct members members;
  struct member member;
  enum member_next next;
  unsigned seen = 0;
  enum code code = E_OK;

  /* Before anything of it is believed. */
  if (line[0] != '{' || !scan_is_value(line, len))
    return not_json(err);
  members_open(&members, line, len);
  while (code == E_OK && (next = members_next(&members, &member)) == MEMBER) {
    size_t which = find_name(&member);

    if (which == ARRAY_LEN(names))
      return unknown(&member, err);
    if ((seen >> which & 1) != 0)
      return err_set(err, E_USAGE, "it has two members '%s'", names[which]);
    seen |= 1U << which;
    if (which > 0 && member.kind != MEMBER_NULL)
      code = take_member(item, names[which], &member, err);
  }
  if (code == E_OK && item->path == NULL)
    code = err_set(err, E_USAGE, "it has no path");
  return code;
}

/* What jq without -r says. */
static enum code parse_string(struct batch_item *item, const char *line,
                              size_t len, struct err *err)
{
  struct member member = {.kind = MEMBER_STRING, .value = line, .len = len};

  return scan_is_value(line, len) ? take_text(&member, "path", &item->path, err)
                                  : not_json(err);
}

/* One word is a path, whatever its letters. */
static enum code parse_words(struct batch_item *item, const char *line,
                             size_t len, struct err *err)
{
  size_t word = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
  size_t blank = strspn(line + word, " \t");
  enum code code = E_OK;

  if (memchr(line, '\0', len) != NULL)
    return err_set(err, E_USAGE, "the line has a NUL in it");
  if (word > 0 && blank > 0) {
    AUTO_STR char *method = mem_copy(line, word);

    code = method == NULL ? err_nomem(err) : take_method(item, method, err);
    line += word + blank;
    len -= word + blank;
  }
  if (code != E_OK)
    return code;
  item->path = mem_copy(line, len);
  return item->path != NULL ? E_OK : err_nomem(err);
}

enum code batch_item_parse(struct batch_item *ret_item, const char *line,
                           size_t len, struct err *err)
{
  AUTO_BATCH_ITEM struct batch_item item = {0};
  enum code code;

  if (!codec_is_utf8(line, len))
    return err_set(err, E_USAGE, "the line is not UTF-8");
  if (len > 0 && line[0] == '"')
    code = parse_string(&item, line, len, err);
  else if (len > 0 && (line[0] == '{' || line[0] == '['))
    code = parse_object(&item, line, len, err);
  else
    code = parse_words(&item, line, len, err);
  if (code == E_OK && *item.path == '\0')
    code = err_set(err, E_USAGE, "its path is empty");
  if (code != E_OK)
    return code;
  *ret_item = item;
  item = (struct batch_item){0};
  return E_OK;
}

const char *batch_item_id(const char *line, size_t len, size_t *ret_len)
{
  struct members members;
  struct member member;

  if (len == 0 || line[0] != '{' || !codec_is_utf8(line, len) ||
      !scan_is_value(line, len))
    return NULL;
  members_open(&members, line, len);
  while (members_next(&members, &member) == MEMBER) {
    if (!member_is(&member, "id"))
      continue;
    *ret_len = member.len;
    return member.value;
  }
  return NULL;
}
