/* Pages made into one document or into lines: the same however their chunks are
 * cut, valid JSON however they end, and with the items that jansson sees.
 *
 * Input: a byte of options, one for where chunks end, pages with 0xff between
 * them. */
#include "api/merge.h"

#include "api/scan.h"
#include "base/buf.h"
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
  struct buf out;
  enum code code;
  int64_t items;
  char where[64]; /* "" where there is none, or a long one */
  bool found;
};

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static enum code collect(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  (void)err;
  demand(len > 0);
  buf_put(user, bytes, len);
  return E_OK;
}

static enum code feed_page(struct merge *merge, const char *page, size_t len,
                           size_t step, struct err *err)
{
  enum code code = E_OK;

  for (size_t at = 0; code == E_OK && at < len; at += step)
    code = merge_feed(merge, page + at, len - at < step ? len - at : step, err);
  return code == E_OK ? merge_page_end(merge, err) : code;
}

static void run(struct result *result, const struct merge_options *given,
                int64_t skip, const char *text, size_t len, size_t step)
{
  struct merge_options options = *given;
  AUTO(merge) merge = NULL;
  struct err err = ERR_INIT;
  const char *end = text + len;
  bool more = true;

  buf_init(&result->out, BUF_BODY);
  options.sink = (struct format_sink){.write = collect, .user = &result->out};
  result->code = merge_new(&merge, &options, &err);
  demand(result->code == E_OK);
  while (more && result->code == E_OK) {
    const char *next = memchr(text, 0xff, (size_t)(end - text));

    more = next != NULL;
    result->code = merge_page(merge, skip, &err);
    if (result->code == E_OK)
      result->code = feed_page(
          merge, text, (size_t)((more ? next : end) - text), step, &err);
    demand(result->code == E_OK || result->code == E_ANSWER);
    demand(err.code == result->code);
    text = more ? next + 1 : end;
    skip = 0;
  }
  demand(merge_end(merge, &err) == E_OK);
  demand(result->out.failed == E_OK);
  result->items = merge_items(merge);
  demand(options.max_items == 0 || result->items <= options.max_items ||
         options.form == MERGE_SLURP);
  result->found = merge_where(merge) != NULL &&
                  strlen(merge_where(merge)) < sizeof result->where;
  result->where[0] = '\0';
  if (result->found)
    strcpy(result->where, merge_where(merge));
}

static void check_lines(const struct result *result)
{
  const char *at = buf_text(&result->out);
  const char *end = at + result->out.len;
  int64_t count = 0;

  for (; at < end; count++) {
    const char *line = memchr(at, '\n', (size_t)(end - at));

    demand(line != NULL && scan_is_value(at, (size_t)(line - at)));
    at = line + 1;
  }
  demand(count == result->items);
}

/* The items of the document are those of the lines. */
static void check_items(const struct result *document,
                        const struct result *lines)
{
  AUTO_JSON json_t *root = NULL;
  struct err err = ERR_INIT;
  const char *at = buf_text(&lines->out);
  const json_t *list;
  size_t count;

  if (!document->found || document->out.len == 0 ||
      json_read_any(&root, buf_text(&document->out), document->out.len,
                    JSON_DEPTH, E_LOCAL, "merged", &err) != E_OK)
    return;
  list = json_pointer(root, document->where);
  demand(list != NULL && (json_is_array(list) || json_is_null(list)));
  count = json_array_size(list);
  demand(count == (size_t)document->items && count == (size_t)lines->items);
  for (size_t i = 0; i < count; i++) {
    AUTO_JSON json_t *item = NULL;
    const char *line = strchr(at, '\n');

    demand(json_read_any(&item, at, (size_t)(line - at), JSON_DEPTH, E_LOCAL,
                         "line", &err) == E_OK);
    demand(json_equal(item, json_array_get(list, i)));
    at = line + 1;
  }
}

static void check(struct result *whole, const struct merge_options *options,
                  int64_t skip, const char *text, size_t len, size_t step)
{
  struct result cut;

  run(whole, options, skip, text, len, len + 1);
  run(&cut, options, skip, text, len, step);
  demand(cut.code == whole->code && cut.items == whole->items &&
         cut.out.len == whole->out.len &&
         memcmp(buf_text(&cut.out), buf_text(&whole->out), cut.out.len) == 0);
  buf_clear(&cut.out);
  if (options->form == MERGE_LINES)
    check_lines(whole);
  else
    demand(whole->out.len == 0 ||
           scan_is_value(buf_text(&whole->out), whole->out.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const pointers[] = {NULL,   NULL, "",     "/a",
                                         "/a/b", "/0", "/1/a", "/a/0"};
  struct merge_options options = {0};
  struct result document, lines, slurp;
  const char *text = (const char *)data + 2;
  int64_t skip;
  size_t step;

  if (size < 2)
    return 0;
  options.items = pointers[data[0] & 7];
  options.rows = (data[0] >> 3 & 3) == 3;
  options.max_items = (data[0] >> 5 & 1) * 2;
  skip = data[0] >> 6;
  step = 1 + data[1] % 64;
  options.form = MERGE_DOCUMENT;
  check(&document, &options, skip, text, size - 2, step);
  options.form = MERGE_LINES;
  check(&lines, &options, skip, text, size - 2, step);
  options.form = MERGE_SLURP;
  check(&slurp, &options, skip, text, size - 2, step);
  demand(document.code == lines.code);
  if (!options.rows)
    check_items(&document, &lines);
  buf_clear(&document.out);
  buf_clear(&lines.out);
  buf_clear(&slurp.out);
  return 0;
}
