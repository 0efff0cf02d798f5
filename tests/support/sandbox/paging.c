/* A list in pages: /api/pages/STYLE, one of
 *
 *   link     ?page=N       Link: rel next, and rel last where `last` is set
 *   next     ?page=N       {"next": URL, "items": […]}
 *   cursor   ?cursor=cN    {"items": […], "next_cursor": "cN"}; by POST the
 *                          cursor is a member of the body
 *   page     ?page=N       […], X-Total-Pages where `last` is set
 *   offset   ?offset=N     {"items", "offset", "limit", "total"}
 *   graphql                {"data": {"items": {"nodes", "pageInfo"}}}; the
 *                          variable endCursor
 *   none                   one page, and nothing that leads on
 *
 * Items are {"id": 1} and so on. The setting `pages`:
 *   size    items a page     total   items in all
 *   pad     so many more bytes an item
 *   last    the answers name the last page
 *   next    a text in the place of each page's next link or cursor; null
 *   short   from page `at` on the list has so many items only; -1: never
 *   repeat  the parameter is not heeded
 *   refuse  page `at` is {"ok": false, "error": "refused"} */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

struct list {
  const json_t *how;
  const char *style;
  int64_t size, total, from; /* of items, from 0 */
};

static int64_t how_many(const json_t *how, const char *name)
{
  return json_integer_value(json_object_get(how, name));
}

static int64_t number(const char *text, int64_t otherwise)
{
  uint64_t value;

  return text != NULL && num_parse(text, 1 << 30, &value) ? (int64_t)value
                                                          : otherwise;
}

static int64_t from_cursor(const char *text)
{
  return text != NULL && *text == 'c' ? number(text + 1, 0) : 0;
}

static int64_t from_body(const struct request *rq, bool graphql)
{
  json_t *root = json_loadb(buf_text(&rq->body), rq->body.len, 0, NULL);
  const json_t *variables = json_object_get(root, "variables");
  const char *cursor =
      json_string_value(graphql ? json_object_get(variables, "endCursor")
                                : json_object_get(root, "cursor"));
  int64_t from = from_cursor(cursor);

  json_decref(root);
  return from;
}

static int64_t find_start(const struct list *list, const struct request *rq)
{
  if (json_is_true(json_object_get(list->how, "repeat")))
    return 0;
  if (text_is(list->style, "cursor") && text_is(rq->method, "GET"))
    return from_cursor(param(rq, "cursor"));
  if (text_is(list->style, "cursor") || text_is(list->style, "graphql"))
    return from_body(rq, text_is(list->style, "graphql"));
  if (text_is(list->style, "offset"))
    return number(param(rq, "offset"), 0);
  return (number(param(rq, "page"), 1) - 1) * list->size;
}

static void put_items(struct buf *out, const struct list *list)
{
  int64_t end = list->from + list->size;
  int64_t pad = how_many(list->how, "pad");

  if (end > list->total)
    end = list->total;
  buf_putc(out, '[');
  for (int64_t i = list->from; i < end; i++) {
    buf_printf(out, "%s{\"id\":%jd", i > list->from ? "," : "",
               (intmax_t)i + 1);
    if (pad > 0)
      buf_printf(out, ",\"pad\":\"%0*d\"", (int)pad, 0);
    buf_putc(out, '}');
  }
  buf_putc(out, ']');
}

static bool more(const struct list *list)
{
  return list->from + list->size < list->total;
}

/* What stands in the place of a link or cursor; NULL: the setting's is not
 * there. */
static const char *instead(const struct list *list)
{
  return json_string_value(json_object_get(list->how, "next"));
}

static void put_links(struct sandbox *sb, const struct list *list,
                      const struct request *rq, struct answer *an)
{
  int64_t pages = (list->total + list->size - 1) / list->size;
  int64_t page = list->from / list->size + 1;
  AUTO_BUF struct buf field = BUF_INIT(BUF_DOCUMENT);

  if (instead(list) != NULL)
    buf_printf(&field, "<%s>; rel=\"next\"", instead(list));
  else if (more(list))
    buf_printf(&field, "<%s%s?page=%jd>; rel=\"next\"", sb->base, rq->path,
               (intmax_t)page + 1);
  else
    buf_printf(&field, "<%s%s?page=1>; rel=\"first\"", sb->base, rq->path);
  if (more(list) && json_is_true(json_object_get(list->how, "last")))
    buf_printf(&field, ", <%s%s?page=%jd>; rel=\"last\"", sb->base, rq->path,
               (intmax_t)pages);
  answer_header(an, "Link", buf_text(&field));
}

/* "c7", the setting's text, or null. */
static void put_cursor(struct buf *out, const struct list *list)
{
  if (instead(list) != NULL)
    buf_printf(out, "\"%s\"", instead(list));
  else if (more(list))
    buf_printf(out, "\"c%jd\"", (intmax_t)(list->from + list->size));
  else
    buf_puts(out, "null");
}

static void put_page(struct sandbox *sb, const struct list *list,
                     const struct request *rq, struct answer *an)
{
  struct buf *out = &an->body;

  if (text_is(list->style, "link")) {
    put_links(sb, list, rq, an);
    put_items(out, list);
  } else if (text_is(list->style, "next")) {
    buf_puts(out, "{\"next\":");
    if (instead(list) != NULL)
      buf_printf(out, "\"%s\"", instead(list));
    else if (more(list))
      buf_printf(out, "\"%s%s?page=%jd\"", sb->base, rq->path,
                 (intmax_t)(list->from / list->size + 2));
    else
      buf_puts(out, "null");
    buf_puts(out, ",\"items\":");
    put_items(out, list);
    buf_puts(out, ",\"money\":1.10}");
  } else if (text_is(list->style, "cursor")) {
    buf_puts(out, "{\"ok\":true,\"items\":");
    put_items(out, list);
    buf_puts(out, ",\"next_cursor\":");
    put_cursor(out, list);
    buf_puts(out, "}");
  } else if (text_is(list->style, "offset")) {
    buf_puts(out, "{\"items\":");
    put_items(out, list);
    buf_printf(out, ",\"offset\":%jd,\"limit\":%jd,\"total\":%jd}",
               (intmax_t)list->from, (intmax_t)list->size,
               (intmax_t)list->total);
  } else if (text_is(list->style, "graphql")) {
    buf_puts(out, "{\"data\":{\"items\":{\"nodes\":");
    put_items(out, list);
    buf_printf(out, ",\"pageInfo\":{\"hasNextPage\":%s,\"endCursor\":",
               more(list) ? "true" : "false");
    put_cursor(out, list);
    buf_puts(out, "}}}}");
  } else {
    put_items(out, list);
  }
}

void api_pages(struct sandbox *sb, const struct request *rq, struct answer *an)
{
  const json_t *how = setting_json(sb, "pages");
  struct list list = {.how = how,
                      .style = rq->path + strlen("/api/pages/"),
                      .size = how_many(how, "size"),
                      .total = how_many(how, "total")};
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (!caller.valid) {
    caller_challenge(sb, &caller, an);
    return;
  }
  list.from = find_start(&list, rq);
  if (list.from / list.size + 1 >= how_many(how, "at") &&
      how_many(how, "short") >= 0)
    list.total = how_many(how, "short");
  if (list.from / list.size + 1 == how_many(how, "at") &&
      json_is_true(json_object_get(how, "refuse"))) {
    answer_text(an, 200, "application/json",
                "{\"ok\":false,\"error\":\"refused\"}");
    return;
  }
  an->status = 200;
  answer_header(an, "Content-Type", "application/json");
  if (text_is(list.style, "page") &&
      json_is_true(json_object_get(how, "last"))) {
    char pages[32];

    (void)snprintf(pages, sizeof pages, "%jd",
                   (intmax_t)((list.total + list.size - 1) / list.size));
    answer_header(an, "X-Total-Pages", pages);
  }
  put_page(sb, &list, rq, an);
}
