/* Which style the first answer speaks for, and what follows it. */
#include "api/page_case.h"

#include "base/buf.h"

#define LINK(rel, target) "Link: <" API target ">; rel=" rel

static const struct sample {
  const char *target, *head, *body;
  int items;
  const char *style, *next;
} samples[] = {
    /* nothing speaks for a style */
    {"u", NULL, "[1,2]", 2, "off", "end"},
    {"u?page=1", NULL, "[1,2]", 2, "off", "end"},
    {"u", NULL, "{\"id\":1,\"total\":9}", 0, "off", "end"},
    {"u", NULL, "{\"next\":null,\"results\":[1]}", 1, "off", "end"},
    {"u", NULL, "{\"next\":\"\",\"results\":[1]}", 1, "off", "end"},
    {"u", NULL, "{\"next\":\"tomorrow\"}", 0, "off", "end"},
    {"u", NULL, "{\"next_cursor\":null}", 0, "off", "end"},
    {"u", NULL, "{\"response_metadata\":{\"next_cursor\":\"\"}}", 0, "off",
     "end"},
    {"u", NULL, "{\"next_cursor\":0}", 0, "off", "end"},
    {"u", NULL, "{\"items\":[{\"next\":\"/v2/x\"}]}", 1, "off", "end"},
    {"u", NULL, "{\"offset\":0}", 1, "off", "end"},
    {"u", LINK("preload", "x"), "[]", 0, "off", "end"},
    {"u", NULL, "<html>", 0, "off", "end"},
    {"u", NULL, "", 0, "off", "end"},

    /* link */
    {"u", LINK("next", "u?page=2"), "[1]", 1, "link", "u?page=2"},
    {"u?page=9", LINK("first", "u"), "[1]", 1, "link", "end"},
    {"u", LINK("next", "u?p=2") "\nX-Next-Page: 7", "{\"next\":\"/x\"}", 1,
     "link", "u?p=2"},
    {"u/", "Link: <?c=%20x#f>; rel=next", "[1]", 1, "link", "u/?c=%20x"},
    {"u", LINK("next", "u?key=secret&a=1"), "[1]", 1, "link", "u?a=1"},

    /* next */
    {"u", NULL, "{\"next\":\"" API "u?page=2\"}", 1, "next", "u?page=2"},
    {"u", NULL, "{\"next\":\"/v2/u?page=2\"}", 1, "next", "u?page=2"},
    {"u?a=1", NULL, "{\"links\":{\"next\":\"?a=2\"}}", 1, "next", "u?a=2"},
    {"u", NULL, "{\"_links\":{\"next\":{\"href\":\"/v2/n\"}}}", 1, "next", "n"},
    {"u", NULL, "{\"paging\":{\"next\":\"" API "n\"}}", 1, "next", "n"},
    {"u", NULL, "{\"@odata.nextLink\":\"" API "n?$skiptoken=X\"}", 1, "next",
     "n?$skiptoken=X"},
    {"u", NULL, "{\"nextRecordsUrl\":\"/v2/q/01g-2000\",\"done\":false}", 1,
     "next", "q/01g-2000"},
    {"u", NULL, "{\"nextLink\":\"" API "n\"}", 1, "next", "n"},
    {"u", NULL, "{\"next_page\":\"" API "n\"}", 1, "next", "n"},
    {"u", NULL, "{\"next\":\"\\u002fv2\\/n\"}", 1, "next", "n"},

    /* cursor */
    {"u", NULL, "{\"nextPageToken\":\"a+/=\"}", 1, "cursor",
     "u?pageToken=a%2B%2F%3D"},
    {"u?pageToken=old&b=%7e", NULL, "{\"nextPageToken\":\"new\"}", 1, "cursor",
     "u?pageToken=new&b=%7e"},
    {"u?b=1", NULL, "{\"response_metadata\":{\"next_cursor\":\"x\"}}", 1,
     "cursor", "u?b=1&cursor=x"},
    {"u", NULL, "{\"meta\":{\"next_cursor\":\"x\"}}", 1, "cursor",
     "u?cursor=x"},
    {"u", NULL, "{\"next_cursor\":12345678901234567890}", 1, "cursor",
     "u?cursor=12345678901234567890"},
    {"u", NULL, "{\"next_cursor\":\"x\",\"has_more\":false}", 1, "cursor",
     "end"},
    {"u", NULL, "{\"metadata\":{\"continue\":\"c\"}}", 1, "cursor",
     "u?continue=c"},
    {"u", NULL, "{\"next_page\":3}", 1, "cursor", "u?page=3"},
    {"u", NULL, "{\"offset\":\"itr/rec\",\"records\":[]}", 1, "cursor",
     "u?offset=itr%2Frec"},

    /* page */
    {"u", "X-Total-Pages: 3", "[1]", 1, "page", "u?page=2"},
    {"u", "X-Total-Pages: 1", "[1]", 1, "page", "end"},
    {"u?page=2", "X-Next-Page: 3", "[1]", 1, "page", "u?page=3"},
    {"u?page=3", "X-Next-Page:", "[1]", 1, "page", "end"},
    {"u?p=2&x=1", NULL, "{\"total_pages\":\"3\"}", 1, "page", "u?p=3&x=1"},
    {"u?page%5Bnumber%5D=1", NULL, "{\"meta\":{\"total_pages\":2}}", 1, "page",
     "u?page%5Bnumber%5D=2"},
    {"u", NULL, "{\"totalPages\":2,\"number\":0,\"last\":false}", 1, "page",
     "u?page=1"},
    {"u?page=1", NULL, "{\"totalPages\":9,\"number\":1,\"last\":true}", 1,
     "page", "end"},
    {"u", NULL, "{\"page\":4,\"total_pages\":9}", 1, "page", "u?page=5"},
    {"u", "X-Total-Pages: 3", "[]", 0, "page", "end"},

    /* offset */
    {"u", NULL, "{\"offset\":0,\"limit\":2,\"total\":5}", 2, "offset",
     "u?offset=2"},
    {"u", NULL, "{\"startAt\":0,\"maxResults\":50}", 50, "offset",
     "u?startAt=50"},
    {"u?startIndex=1", NULL, "{\"startIndex\":1,\"totalResults\":5}", 2,
     "offset", "u?startIndex=3"},
    {"u", NULL, "{\"startIndex\":1,\"totalResults\":2}", 2, "offset", "end"},
    {"u?skip=4&limit=2", NULL, "{\"skip\":4,\"total\":7}", 2, "offset",
     "u?skip=6&limit=2"},
    {"u?skip=6&limit=2", NULL, "{\"skip\":6,\"total\":7}", 1, "offset", "end"},

    /* elsewhere */
    {"u", "Link: <https://evil.example/x>; rel=next", "[1]", 1, "link",
     "origin_refused"},
    {"u", "Link: <https://api.acme.example:444/x>; rel=next", "[1]", 1, "link",
     "origin_refused"},
    {"u", "Link: <//api.acme.example.evil.example/x>; rel=next", "[1]", 1,
     "link", "origin_refused"},
    {"u", "Link: <http://api.acme.example/x>; rel=next", "[1]", 1, "link",
     "plain_http_refused"},
    {"u", NULL, "{\"next\":\"//evil.example/x\"}", 1, "next", "origin_refused"},
    {"u", "Link: <file:///etc/passwd>; rel=next", "[1]", 1, "link",
     "answer_invalid"},
    {"u", "Link: <https://u:p@api.acme.example/>; rel=next", "[1]", 1, "link",
     "answer_invalid"},

    /* in a circle at once */
    {"u?page=2", LINK("next", "u?page=2"), "[1]", 1, "link", "answer_invalid"},
    {"u?cursor=x", NULL, "{\"next_cursor\":\"x\"}", 1, "cursor",
     "answer_invalid"},
    {"u?cursor=x", NULL, "{\"next_cursor\":\"x\"}", 0, "cursor", "end"},
};

Test(page, takes_the_style_that_the_first_answer_speaks_for)
{
  for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
    const struct sample *s = &samples[i];
    AUTO_CASE struct page_case c;

    page_open(&c, PAGE_AUTO, NULL, NULL, s->target, NULL, NULL);
    cr_assert_eq(c.code, E_OK);
    page_answer(&c, s->head, s->body, s->items);
    cr_expect_str_eq(page_style_name(pager_style(c.pager)), s->style,
                     "%s %s %s: %s", s->target, s->head, s->body,
                     page_style_name(pager_style(c.pager)));
    cr_expect_str_eq(page_next(&c), s->next, "%s %s %s: %s %s", s->target,
                     s->head, s->body, page_next(&c), c.err.message);
  }
}

/* A pointer, a style, a parameter that were named. */
static const struct {
  enum page_style style;
  const char *next, *param, *target, *body;
  int items;
  const char *result;
} named[] = {
    {PAGE_AUTO, "/a/b", NULL, "u", "{\"a\":{\"b\":\"/v2/n\"}}", 1, "n"},
    {PAGE_AUTO, "/a/b", NULL, "u", "{\"next\":\"/v2/n\"}", 1, "end"},
    {PAGE_AUTO, "/a/1", "after", "u", "{\"a\":[0,\"/x\"]}", 1, "u?after=%2Fx"},
    {PAGE_AUTO, "/a", "after", "u", "{\"a\":\"" API "n\"}", 1, "n"},
    {PAGE_AUTO, "/a", NULL, "u", "{\"a\":\"x\"}", 1, "answer_invalid"},
    {PAGE_AUTO, "/next_cursor", NULL, "u", "{\"next_cursor\":\"/x\"}", 1,
     "u?cursor=%2Fx"},
    {PAGE_NEXT, "/a", NULL, "u", "{\"a\":\"n?x\"}", 1, "n?x"},
    {PAGE_NEXT, "/a", NULL, "u", "{\"a\":{\"href\":1}}", 1, "answer_invalid"},
    {PAGE_NEXT, "/a", NULL, "u", "{\"a\":7}", 1, "answer_invalid"},
    {PAGE_NEXT, NULL, NULL, "u", "{\"next_cursor\":\"x\"}", 1, "end"},
    {PAGE_CURSOR, NULL, NULL, "u", "{\"next\":\"/n\",\"next_cursor\":\"x\"}", 1,
     "u?cursor=x"},
    {PAGE_CURSOR, "/a", "b", "u", "{\"a\":\"/x\"}", 1, "u?b=%2Fx"},
    {PAGE_CURSOR, "/a", "b", "u", "{\"a\":true}", 1, "answer_invalid"},
    {PAGE_CURSOR, "/a", "b", "u", "{\"a\":\"\\u0000\"}", 1, "answer_invalid"},
    {PAGE_PAGE, NULL, NULL, "u", "[1]", 1, "u?page=2"},
    {PAGE_PAGE, NULL, "n", "u?n=7", "[1]", 1, "u?n=8"},
    {PAGE_PAGE, NULL, NULL, "u", "[]", 0, "end"},
    {PAGE_PAGE, NULL, NULL, "u?page=x", "[1]", 1, "u?page=2"},
    {PAGE_OFFSET, NULL, NULL, "u", "[1,2]", 2, "u?offset=2"},
    {PAGE_OFFSET, NULL, NULL, "u?$skip=4", "[1,2]", 2, "u?$skip=6"},
    {PAGE_OFFSET, NULL, "startIndex", "u", "[1,2]", 2, "u?startIndex=3"},
    {PAGE_OFFSET, NULL, NULL, "u", "[]", 0, "end"},
    {PAGE_OFFSET, NULL, NULL, "u", "{}", -1, "answer_invalid"},
    {PAGE_LINK, NULL, NULL, "u", "{\"next\":\"/v2/n\"}", 1, "end"},
    {PAGE_OFF, NULL, NULL, "u", "{\"next\":\"/v2/n\"}", 1, "end"},
};

Test(page, follows_what_was_named)
{
  for (size_t i = 0; i < ARRAY_LEN(named); i++) {
    AUTO_CASE struct page_case c;

    page_open(&c, named[i].style, named[i].next, named[i].param,
              named[i].target, NULL, NULL);
    cr_assert_eq(c.code, E_OK, "%s", c.err.message);
    page_answer(&c, NULL, named[i].body, named[i].items);
    cr_expect_str_eq(page_next(&c), named[i].result, "%zu: %s %s", i,
                     page_next(&c), c.err.message);
  }
}

Test(page, says_before_it_is_sent_what_cannot_be)
{
  static const struct {
    enum page_style style;
    const char *next, *body, *type;
  } rows[] = {
      {PAGE_CURSOR, "/a", NULL, NULL},
      {PAGE_GRAPHQL, NULL, NULL, NULL},
      {PAGE_GRAPHQL, NULL, "{\"query\":\"{a}\"}", "application/json"},
      {PAGE_GRAPHQL, NULL, "{\"query\":\"($endCursors:1)\"}",
       "application/json"},
      {PAGE_GRAPHQL, NULL, "query=($endCursor:String)",
       "application/x-www-form-urlencoded"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_CASE struct page_case c;

    page_open(&c, rows[i].style, rows[i].next, NULL, "u", rows[i].body,
              rows[i].type);
    cr_expect_eq(c.code, E_USAGE, "%zu", i);
    cr_expect_str_neq(c.err.hint, "");
  }
}
