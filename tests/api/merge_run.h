/* Pages through merge.h, given in every way that their chunks may be cut. */
#pragma once

#include "api/merge.h"
#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MERGE_PAGES = 5 };

struct merge_case {
  const char *pages[MERGE_PAGES]; /* up to the first NULL */
  const char *out;
  enum code code; /* of the last page */
  struct merge_options options;
  int64_t skip;  /* in the first page */
  int64_t items; /* 0: not looked at */
};

static inline enum code merge_collect(void *user, const void *bytes, size_t len,
                                      struct err *err)
{
  struct buf *out = user;

  (void)err;
  cr_expect(len > 0);
  buf_put(out, bytes, len);
  return E_OK;
}

/* The chunks of a page are blocks of their own: two that end at `split`, or
 * (split 0) one for each byte. */
static inline enum code merge_feed_page(struct merge *merge, const char *page,
                                        size_t split, struct err *err)
{
  size_t len = strlen(page);
  enum code code = E_OK;

  for (size_t from = 0, to; from < len && code == E_OK; from = to) {
    char *chunk;

    to = split == 0 ? from + 1 : from < split && split < len ? split : len;
    chunk = mem_copy(page + from, to - from);
    cr_assert_not_null(chunk);
    code = merge_feed(merge, chunk, to - from, err);
    memset(chunk, '#', to - from);
    mem_free(chunk);
  }
  return code == E_OK ? merge_page_end(merge, err) : code;
}

/* Returns the first page's code that is not E_OK. */
static inline enum code merge_run(struct buf *out, const struct merge_case *c,
                                  size_t split, int64_t *ret_items,
                                  struct err *err)
{
  struct merge_options options = c->options;
  AUTO(merge) merge = NULL;
  struct err ignored = ERR_INIT;
  enum code code = E_OK;

  buf_truncate(out, 0);
  options.sink = (struct format_sink){.write = merge_collect, .user = out};
  cr_assert_eq(merge_new(&merge, &options, err), E_OK);
  for (size_t i = 0; code == E_OK && i < MERGE_PAGES && c->pages[i] != NULL;
       i++) {
    code = merge_page(merge, i == 0 ? c->skip : 0, err);
    if (code == E_OK)
      code = merge_feed_page(merge, c->pages[i], split, err);
  }
  if (code != E_OK) {
    cr_expect_eq(merge_feed(merge, "[1]", 3, &ignored), code);
    cr_expect_eq(merge_page_end(merge, &ignored), code);
    cr_expect_eq(merge_page(merge, 0, &ignored), code);
  }
  cr_expect_eq(merge_end(merge, &ignored), E_OK);
  *ret_items = merge_items(merge);
  return code;
}

static inline void merge_expect(const struct merge_case *c)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  size_t longest = 1;

  for (size_t i = 0; i < MERGE_PAGES && c->pages[i] != NULL; i++) {
    if (strlen(c->pages[i]) > longest)
      longest = strlen(c->pages[i]);
  }
  for (size_t split = 0; split <= longest; split++) {
    struct err err = ERR_INIT;
    int64_t items = 0;
    enum code code = merge_run(&out, c, split, &items, &err);

    cr_expect_eq(code, c->code, "%s split at %zu: %s", c->pages[0], split,
                 err.message);
    cr_expect_str_eq(buf_text(&out), c->out, "%s split at %zu: '%s', not '%s'",
                     c->pages[0], split, buf_text(&out), c->out);
    if (c->items > 0)
      cr_expect_eq(items, c->items, "%s: %lld", c->pages[0], (long long)items);
  }
}

#define MERGE_EXPECT(cases)                                                    \
  do {                                                                         \
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)                              \
      merge_expect(&(cases)[i]);                                               \
  } while (0)
