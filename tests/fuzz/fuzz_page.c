/* A page's answer: no crash, the same wherever a chunk ends, and what follows
 * is of the same origin. */
#include "api/page.h"

#include "api/scan.h"
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

struct turn {
  enum code code;
  char *url, *text;
};

/* The kinds of requests that a page may belong to. */
static const struct {
  const char *url, *body, *type, *next, *param;
} kinds[] = {
    {"https://a.example/b?page=1&offset=0", NULL, NULL, NULL, NULL},
    {"https://a.example/b", "{\"a\":1}", "application/json", NULL, NULL},
    {"https://a.example/b", "{\"query\":\"($endCursor:String)\"}",
     "application/json", NULL, NULL},
    {"https://a.example/b?c=1", "x=1&cursor=2",
     "application/x-www-form-urlencoded", "/a", "cursor"},
};

static void run(const char *head, const char *body, size_t len, size_t split,
                size_t kind, enum page_style style, struct turn *ret_turn)
{
  AUTO_HEADERS struct headers headers = {0};
  AUTO(pager) pager = NULL;
  AUTO(url) url = NULL;
  struct err err = ERR_INIT;
  size_t text_len;
  const char *text;

  *ret_turn = (struct turn){0};
  headers_init(&headers);
  demand(url_parse(&url, kinds[kind].url, URL_PLAIN, E_USAGE, "URL", &err) ==
         E_OK);
  struct page_options options = {
      .style = style,
      .method = kinds[kind].body != NULL ? "POST" : "GET",
      .url = url,
      .next = kinds[kind].next,
      .param = kinds[kind].param,
      .body = kinds[kind].body,
      .body_len = kinds[kind].body != NULL ? strlen(kinds[kind].body) : 0,
      .body_type = kinds[kind].type};
  ret_turn->code = pager_new(&pager, &options, &err);
  if (ret_turn->code != E_OK ||
      headers_add(&headers, "Link", head, &err) != E_OK)
    return;
  demand(pager_head(pager, url, &headers, &err) == E_OK);
  demand(pager_body(pager, body, split, &err) == E_OK);
  demand(pager_body(pager, body + split, len - split, &err) == E_OK);
  demand(pager_whole(pager, &err) == E_OK);
  ret_turn->code = pager_turn(pager, 3, &err);
  if (ret_turn->code != E_OK || !pager_more(pager))
    return;
  demand(url_same_origin(url, pager_url(pager)));
  ret_turn->url = mem_str(pager_url(pager)->text);
  text = pager_text(pager, &text_len);
  if (text != NULL) {
    demand(kind == 3 || scan_is_value(text, text_len));
    ret_turn->text = mem_str(text);
  }
  for (uint64_t n = 1; n < 3; n++) {
    AUTO(url) ahead = NULL;

    demand(pager_foresee(pager, n, &ahead, &err) == E_OK);
    demand(ahead == NULL || url_same_origin(url, ahead));
  }
}

static bool same(const char *a, const char *b)
{
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct turn one, other;
  const char *body;
  size_t len, split;

  if (size < 2)
    return 0;
  AUTO_STR char *head = mem_copy(data + 2, size - 2);
  demand(head != NULL);
  head[strcspn(head, "\n")] = '\0';
  body = (const char *)data + 2 + strlen(head);
  len = size - 2 - strlen(head);
  split = data[0] % (len + 1);
  run(head, body, len, split, data[1] % ARRAY_LEN(kinds),
      (enum page_style)(data[1] / ARRAY_LEN(kinds) % (PAGE_OFF + 1)), &one);
  run(head, body, len, len, data[1] % ARRAY_LEN(kinds),
      (enum page_style)(data[1] / ARRAY_LEN(kinds) % (PAGE_OFF + 1)), &other);
  demand(one.code == other.code && same(one.url, other.url) &&
         same(one.text, other.text));
  mem_free(one.url);
  mem_free(one.text);
  mem_free(other.url);
  mem_free(other.text);
  return 0;
}
