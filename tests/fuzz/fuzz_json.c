/* JSON: whatever comes in, no crash; what is refused is refused with one
 * harmless line; what is accepted is written as JSON that reads the same. */
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  json_set_alloc_funcs(mem_alloc, mem_free);
  return 0;
}

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static size_t depth_of(const json_t *value)
{
  size_t deepest = 0, index;
  const char *name;
  json_t *child;
  json_array_foreach(value, index, child)
  {
    size_t depth = depth_of(child);
    deepest = depth > deepest ? depth : deepest;
  }
  json_object_foreach((json_t *)(uintptr_t)value, name, child)
  {
    size_t depth = depth_of(child);
    deepest = depth > deepest ? depth : deepest;
  }
  return deepest + (json_is_array(value) || json_is_object(value));
}

static void check_value(const json_t *value, unsigned indent)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO_JSON json_t *again = NULL;

  demand(depth_of(value) <= JSON_DEPTH);
  demand(json_write(&text, value, indent, NULL) == E_OK);
  demand(json_read_any(&again, buf_text(&text), text.len, JSON_DEPTH, E_ANSWER,
                       "x", NULL) == E_OK);
  demand(json_equal(value, again));

  int64_t seconds = -1;
  if (json_seconds(value, &seconds))
    demand(seconds >= 0 && seconds <= INT64_C(1000000000000));
}

static void check_pointer(const json_t *root, const char *pointer)
{
  json_t *found = json_pointer(root, pointer);
  if (!json_pointer_valid(pointer))
    demand(found == NULL);
  if (*pointer == '\0')
    demand(found == root);
  if (found != NULL)
    check_value(found, 0);
}

/* A pointer, a NUL, and the document; or the document alone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct err err = ERR_INIT;
  AUTO_JSON json_t *value = NULL;
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *pointer = NULL;
  const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
  size_t skipped = nul == NULL ? 0 : (size_t)(nul - data) + 1;
  const char *text = (const char *)data + skipped;

  pointer = nul == NULL ? mem_str("/a/0") : mem_copy(data, skipped - 1);
  demand(pointer != NULL);
  enum code code = json_read_any(&value, text, size - skipped, JSON_DEPTH,
                                 E_ANSWER, "x", &err);
  if (code == E_OK) {
    check_value(value, 2);
    check_pointer(value, pointer);
  } else {
    demand(code == E_ANSWER && err.code == code && err.message[0] != '\0');
    demand(codec_is_line(err.message));
  }
  code =
      json_read(&object, text, size - skipped, JSON_DEPTH, E_ANSWER, "x", &err);
  demand((code == E_OK) == json_is_object(value));
  return 0;
}
