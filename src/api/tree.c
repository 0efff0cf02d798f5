#include "api/tree.h"

#include "api/quote.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { STEPS_MAX = 64 };

enum kind { NODE_NONE, NODE_VALUE, NODE_OBJECT, NODE_ARRAY };

struct node {
  enum kind kind;
  char *key;  /* of a member */
  char *json; /* NODE_VALUE */
  size_t json_len;
  struct node **children;
  size_t count;
};

struct tree {
  struct node top;
};

/* One part of a key. */
struct step {
  enum { STEP_MEMBER, STEP_INDEX, STEP_APPEND } kind;
  char *name; /* as it stands, without escapes */
  uint64_t index;
};

struct path {
  struct step steps[STEPS_MAX];
  size_t count;
};

static void path_clear(struct path *path)
{
  for (size_t i = 0; i < path->count; i++)
    mem_free(path->steps[i].name);
}

enum code tree_new(struct tree **ret_tree, struct err *err)
{
  struct tree *tree = mem_zalloc(sizeof *tree);

  if (tree == NULL)
    return err_nomem(err);
  *ret_tree = tree;
  return E_OK;
}

static void node_clear(struct node *node)
{
  for (size_t i = 0; i < node->count; i++) {
    node_clear(node->children[i]);
    mem_free(node->children[i]);
  }
  mem_free(node->children);
  mem_free(node->key);
  mem_free(node->json);
}

void tree_free(struct tree *tree)
{
  if (tree == NULL)
    return;
  node_clear(&tree->top);
  mem_free(tree);
}

/* --- keys ---------------------------------------------------------------- */

static enum code malformed(const char *key, const char *why, struct err *err)
{
  return err_set(err, E_USAGE, "item '%s': %s", key, why);
}

/* The length of a part: up to a bracket that is not escaped. */
static size_t part_len(const char *at)
{
  size_t len = 0;

  while (at[len] != '\0' && at[len] != '[' && at[len] != ']')
    len += at[len] == '\\' && at[len + 1] != '\0' ? 2 : 1;
  return len;
}

static enum code add_step(struct path *path, const char *key, const char *part,
                          size_t len, bool bracket, struct err *err)
{
  struct step *step;
  char *to;

  if (path->count == STEPS_MAX)
    return malformed(key, "nested too deeply", err);
  step = &path->steps[path->count];
  *step = (struct step){.kind = STEP_MEMBER, .name = mem_copy(part, len)};
  if (step->name == NULL)
    return err_nomem(err);
  path->count++;
  to = step->name;
  for (size_t i = 0; i < len; i++) {
    if (part[i] == '\\' && i + 1 < len &&
        (strchr(":=@[]\\", part[i + 1]) != NULL ||
         (bracket && i == 0 && part[1] >= '0' && part[1] <= '9')))
      i++;
    *to++ = part[i];
  }
  *to = '\0';
  if (!codec_is_utf8(step->name, strlen(step->name)))
    return malformed(key, "the name is not UTF-8", err);
  if (bracket && len == 0)
    step->kind = STEP_APPEND;
  else if (bracket && num_parse(step->name, UINT32_MAX, &step->index) &&
           part[0] != '\\')
    step->kind = STEP_INDEX;
  return E_OK;
}

static enum code split_key(struct path *path, const char *key, struct err *err)
{
  size_t len = part_len(key);
  const char *at = key + len;
  enum code code = E_OK;

  if (len > 0)
    code = add_step(path, key, key, len, false, err);
  while (code == E_OK && *at != '\0') {
    if (*at != '[')
      return malformed(key, "text or ']' where '[' or the end was expected",
                       err);
    len = part_len(++at);
    if (at[len] != ']')
      return malformed(key, "a '[' is not closed", err);
    code = add_step(path, key, at, len, true, err);
    at += len + 1;
  }
  return code;
}

/* --- the tree ------------------------------------------------------------ */

static enum code new_child(struct node *node, const char *key,
                           struct node **ret_child, struct err *err)
{
  struct node **grown =
      mem_realloc(node->children, (node->count + 1) * sizeof *grown);
  struct node *child;

  if (grown == NULL)
    return err_nomem(err);
  node->children = grown;
  child = mem_zalloc(sizeof *child);
  if (child == NULL)
    return err_nomem(err);
  if (key != NULL) {
    child->key = mem_str(key);
    if (child->key == NULL) {
      mem_free(child);
      return err_nomem(err);
    }
  }
  node->children[node->count++] = child;
  *ret_child = child;
  return E_OK;
}

static struct node *find_member(const struct node *node, const char *key)
{
  for (size_t i = 0; i < node->count; i++) {
    if (strcmp(node->children[i]->key, key) == 0)
      return node->children[i];
  }
  return NULL;
}

/* The last element, where a member may still go into it. */
static struct node *open_element(const struct node *array,
                                 const struct step *next, bool next_is_list)
{
  struct node *last;

  if (array->count == 0 || next == NULL || next->kind != STEP_MEMBER)
    return NULL;
  last = array->children[array->count - 1];
  if (last->kind != NODE_OBJECT)
    return NULL;
  return find_member(last, next->name) == NULL || next_is_list ? last : NULL;
}

static const char *kind_text(enum kind kind)
{
  return kind == NODE_VALUE   ? "a value"
         : kind == NODE_ARRAY ? "a list"
                              : "an object";
}

/* The node that steps[at] leads to from node. */
static enum code descend(struct node *node, const struct path *path, size_t at,
                         const char *key, struct node **ret_child,
                         struct err *err)
{
  const struct step *step = &path->steps[at];
  const struct step *next = at + 1 < path->count ? step + 1 : NULL;
  bool list_behind = at + 2 < path->count && step[2].kind == STEP_APPEND;
  enum kind wanted = step->kind == STEP_MEMBER ? NODE_OBJECT : NODE_ARRAY;
  struct node *child = NULL;

  if (step->kind == STEP_INDEX && node->kind == NODE_OBJECT)
    wanted = NODE_OBJECT;
  if (node->kind == NODE_NONE)
    node->kind = wanted;
  if (node->kind != wanted)
    return err_set(err, E_USAGE, "item '%s': what it adds to is already %s",
                   key, kind_text(node->kind));
  if (wanted == NODE_OBJECT) {
    child = find_member(node, step->name);
  } else if (step->kind == STEP_APPEND) {
    child = open_element(node, next, list_behind);
  } else if (step->index < node->count) {
    child = node->children[step->index];
  } else if (step->index > node->count) {
    return err_set(err, E_USAGE, "item '%s': element %zu is not there yet", key,
                   node->count);
  }
  if (child == NULL)
    return new_child(node, wanted == NODE_OBJECT ? step->name : NULL, ret_child,
                     err);
  *ret_child = child;
  return E_OK;
}

enum code tree_set(struct tree *tree, const char *key, const char *json,
                   size_t len, struct err *err)
{
  __attribute__((cleanup(path_clear))) struct path path = {.count = 0};
  struct node *node = &tree->top;
  enum code code = split_key(&path, key, err);

  for (size_t i = 0; code == E_OK && i < path.count; i++)
    code = descend(node, &path, i, key, &node, err);
  if (code != E_OK)
    return code;
  if (node->kind == NODE_VALUE)
    return malformed(key, "set twice", err);
  if (node->kind != NODE_NONE)
    return err_set(err, E_USAGE, "item '%s': it is already %s", key,
                   kind_text(node->kind));
  node->json = mem_copy(json, len);
  if (node->json == NULL)
    return err_nomem(err);
  node->json_len = len;
  node->kind = NODE_VALUE;
  return E_OK;
}

/* As deep as STEPS_MAX. */
static void node_write(const struct node *node, struct buf *out)
{
  bool object = node->kind != NODE_ARRAY;

  if (node->kind == NODE_VALUE) {
    buf_put(out, node->json, node->json_len);
    return;
  }
  buf_putc(out, object ? '{' : '[');
  for (size_t i = 0; i < node->count; i++) {
    if (i > 0)
      buf_putc(out, ',');
    if (object) {
      quote_json(out, node->children[i]->key, strlen(node->children[i]->key));
      buf_putc(out, ':');
    }
    node_write(node->children[i], out);
  }
  buf_putc(out, object ? '}' : ']');
}

void tree_write(const struct tree *tree, struct buf *out)
{
  node_write(&tree->top, out);
}
