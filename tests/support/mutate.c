#include "support/mutate.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/skip.h"

#include <stdlib.h>
#include <string.h>

/* Stands in the dumped document where the mutated value comes. */
static const char marker[] = "\"@@mutated@@\"";

/* Every fourth is of another kind, so that mutate_step() meets all of them. */
static const struct {
  const char *name;
  enum mutate_kind kind;
  const char *value; /* JSON text; NULL: made by kind */
} ways[] = {
    {"removed", MUTATE_REMOVED, NULL},
    {"null", MUTATE_TYPE, "null"},
    {"true", MUTATE_TYPE, "true"},
    {"false", MUTATE_TYPE, "false"},
    {"1", MUTATE_TYPE, "1"},
    {"-1", MUTATE_TYPE, "-1"},
    {"a fraction", MUTATE_TYPE, "0.5"},
    {"beyond a double", MUTATE_BROKEN, "1e999"},
    {"beyond 64 bits", MUTATE_BROKEN, "18446744073709551616"},
    {"a list", MUTATE_TYPE, "[]"},
    {"a list of a text", MUTATE_TYPE, "[\"x\"]"},
    {"an object", MUTATE_TYPE, "{}"},
    {"an empty text", MUTATE_EMPTY, "\"\""},
    {"a blank", MUTATE_EMPTY, "\" \""},
    {"CR LF", MUTATE_CONTROL, "\"x\\r\\nX-Injected: 1\""},
    {"a line feed", MUTATE_CONTROL, "\"x\\ny\""},
    {"an escape sequence", MUTATE_CONTROL, "\"x\\u001b[31my\""},
    {"a C1 control", MUTATE_CONTROL, "\"x\\u009b31my\""},
    {"bidi", MUTATE_CONTROL, "\"x\\u202ey\""},
    {"a NUL", MUTATE_BROKEN, "\"x\\u0000y\""},
    {"a huge text", MUTATE_HUGE, NULL},
    {"half a surrogate", MUTATE_BROKEN, "\"x\\ud800y\""},
    {"no value", MUTATE_BROKEN, ""},
    {"a raw control character", MUTATE_BROKEN, "\"x\ny\""},
    {"twice", MUTATE_TWICE, NULL},
};
_Static_assert(ARRAY_LEN(ways) == MUTATE_COUNT, "the header says how many");

size_t mutate_step(void)
{
  return is_slow() ? 4 : 1;
}

const char *mutate_name(size_t how)
{
  return how < MUTATE_COUNT ? ways[how].name : NULL;
}

enum mutate_kind mutate_kind(size_t how)
{
  return ways[how].kind;
}

static size_t find_way(const char *name)
{
  size_t how = 0;

  while (how < MUTATE_COUNT && strcmp(ways[how].name, name) != 0)
    how++;
  return how;
}

/* "/a/b" → the container "/a" and the name "b", unescaped. */
static json_t *find_parent(json_t *root, const char *member, char **ret_name)
{
  const char *last = strrchr(member, '/');
  AUTO_STR char *path = NULL;
  char *to;

  *ret_name = NULL;
  if (last == NULL ||
      (path = mem_copy(member, (size_t)(last - member))) == NULL)
    return NULL;
  to = *ret_name = mem_str(last + 1);
  for (const char *from = to; to != NULL && *from != '\0'; from++) {
    bool escaped = from[0] == '~' && (from[1] == '0' || from[1] == '1');
    *to++ = escaped ? (from[1] == '0' ? '~' : '/') : *from;
    from += escaped;
  }
  if (to != NULL)
    *to = '\0';
  return json_pointer(root, path);
}

static bool put(json_t *parent, const char *name, json_t *value)
{
  bool removed = value == NULL;

  if (json_is_object(parent))
    return removed ? json_object_del(parent, name) == 0
                   : json_object_set_new(parent, name, value) == 0;
  size_t index = (size_t)strtoul(name, NULL, 10);
  return removed ? json_array_remove(parent, index) == 0
                 : json_array_set_new(parent, index, value) == 0;
}

static char *dump(const json_t *value)
{
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  char *copy = text != NULL ? mem_str(text) : NULL;

  free(text);
  return copy;
}

/* The JSON text that stands where the marker is. */
static void put_value(struct buf *out, size_t how, const char *name,
                      const json_t *old)
{
  AUTO_STR char *was = NULL;

  if (ways[how].value != NULL) {
    buf_puts(out, ways[how].value);
  } else if (ways[how].kind == MUTATE_HUGE) {
    buf_putc(out, '"');
    for (size_t i = 0; i < MUTATE_HUGE_LEN; i++)
      buf_putc(out, 'a');
    buf_putc(out, '"');
  } else if ((was = dump(old)) != NULL) {
    AUTO_JSON json_t *key = json_string(name);
    AUTO_STR char *quoted = dump(key);
    buf_printf(out, "%s,%s:%s", was, quoted != NULL ? quoted : "", was);
  }
}

static bool pointless(size_t how, const json_t *parent, const json_t *old)
{
  AUTO_STR char *was = dump(old);

  return (ways[how].kind == MUTATE_TWICE && !json_is_object(parent)) ||
         (was != NULL && ways[how].value != NULL &&
          strcmp(was, ways[how].value) == 0);
}

char *mutate_text(const json_t *object, const char *member, const char *name_of)
{
  AUTO_JSON json_t *copy = json_deep_copy(object);
  AUTO_JSON json_t *old = json_incref(json_pointer(copy, member));
  AUTO_STR char *name = NULL;
  json_t *parent = find_parent(copy, member, &name);
  size_t how = find_way(name_of);
  struct err err = ERR_INIT;
  char *text = NULL;

  if (old == NULL || parent == NULL || name == NULL || how == MUTATE_COUNT ||
      pointless(how, parent, old))
    return NULL;
  bool removed = ways[how].kind == MUTATE_REMOVED;
  if (!put(parent, name, removed ? NULL : json_string("@@mutated@@")))
    return NULL;
  char *dumped = dump(copy);
  char *at = dumped != NULL ? strstr(dumped, marker) : NULL;
  if (at == NULL)
    return dumped;
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  buf_put(&out, dumped, (size_t)(at - dumped));
  put_value(&out, how, name, old);
  buf_puts(&out, at + strlen(marker));
  mem_free(dumped);
  return buf_detach(&out, &text, NULL, &err) == E_OK ? text : NULL;
}

/* --- all of them ---------------------------------------------------------- */

static bool find_member(const json_t *value, const char *path, size_t *left,
                        char **ret_member);

static bool visit(const json_t *value, const char *path, const char *name,
                  size_t *left, char **ret_member)
{
  AUTO_BUF struct buf member = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;

  buf_printf(&member, "%s/", path);
  for (; *name != '\0'; name++) {
    if (*name == '~' || *name == '/')
      buf_puts(&member, *name == '~' ? "~0" : "~1");
    else
      buf_putc(&member, *name);
  }
  if ((*left)-- == 0)
    return buf_detach(&member, ret_member, NULL, &err) == E_OK;
  return find_member(value, buf_text(&member), left, ret_member);
}

/* The left-th member at or below value, in the document's order. */
static bool find_member(const json_t *value, const char *path, size_t *left,
                        char **ret_member)
{
  const char *name;
  json_t *child;
  size_t i;

  if (json_is_object(value)) {
    json_object_foreach((json_t *)value, name, child)
    {
      if (visit(child, path, name, left, ret_member))
        return true;
    }
  }
  json_array_foreach(value, i, child)
  {
    AUTO_STR char *index = mem_printf("%zu", i);
    if (index != NULL && visit(child, path, index, left, ret_member))
      return true;
  }
  return false;
}

bool mutate_next(struct mutation *mutation, const json_t *object)
{
  size_t at = mutation->at;

  for (;; at++) {
    size_t index = at / MUTATE_COUNT;
    size_t how = at % MUTATE_COUNT;
    mutation_clear(mutation);
    if (!find_member(object, "", &index, &mutation->member))
      return false;
    mutation->text = mutate_text(object, mutation->member, mutate_name(how));
    if (mutation->text == NULL)
      continue;
    mutation->len = strlen(mutation->text);
    mutation->name = mem_printf("%s: %s", mutation->member, mutate_name(how));
    mutation->how = how;
    mutation->kind = mutate_kind(how);
    mutation->at = at + 1;
    return true;
  }
}

void mutation_clear(struct mutation *mutation)
{
  mem_free(mutation->name);
  mem_free(mutation->member);
  mem_free(mutation->text);
  memset(mutation, 0, sizeof(*mutation));
}
