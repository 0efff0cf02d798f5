/* Pages one after another: to the end, in circles, of lists that change. */
#include "api/page_case.h"

#include "base/buf.h"

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define QUERY "{\"query\":\"query($endCursor:String){a}\",\"n\":1.10"
#define INFO(more, cursor)                                                     \
  "{\"data\":{\"a\":{\"nodes\":[1],\"pageInfo\":{\"hasNextPage\":" more        \
  ",\"endCursor\":\"" cursor "\"}}}}"

static const struct flow {
  enum page_style style;
  const char *target, *body, *type;
  struct {
    const char *head, *body;
    int items;
    const char *next;
  } steps[5];
  bool shrunk;
} flows[] = {
    {.target = "u",
     .steps = {{"Link: <?c=1>; rel=next", "[1]", 1, "u?c=1"},
               {"Link: <?c=2>; rel=next", "[1]", 1, "u?c=2"},
               {"Link: <?c=1>; rel=next", "[1]", 1, "answer_invalid"}}},
    {.target = "u",
     .steps = {{NULL, "{\"next_cursor\":\"a\"}", 1, "u?cursor=a"},
               {NULL, "{\"next_cursor\":\"b\"}", 1, "u?cursor=b"},
               {NULL, "{\"next_cursor\":null}", 1, "end"}}},
    {.target = "u",
     .steps = {{NULL, "{\"next_cursor\":\"a\"}", 1, "u?cursor=a"},
               {NULL, "{\"next_cursor\":\"b\"}", 1, "u?cursor=b"},
               {NULL, "{\"next_cursor\":\"a\"}", 1, "answer_invalid"}}},
    /* the parameter is not heeded */
    {.style = PAGE_PAGE,
     .target = "u",
     .steps = {{NULL, "[1]", 1, "u?page=2"},
               {NULL, "[1]", 1, "answer_invalid"}}},
    {.style = PAGE_PAGE,
     .target = "u",
     .steps = {{NULL, "[1]", 1, "u?page=2"},
               {NULL, "[2]", 1, "u?page=3"},
               {NULL, "[]", 0, "end"}}},
    {.target = "u",
     .steps = {{"X-Total-Pages: 2", "[1]", 1, "u?page=2"},
               {"X-Total-Pages: 2", "[2]", 1, "end"}}},
    /* the list grows, and shrinks */
    {.target = "u",
     .steps = {{"X-Total-Pages: 2", "[1]", 1, "u?page=2"},
               {"X-Total-Pages: 3", "[2]", 1, "u?page=3"},
               {"X-Total-Pages: 3", "[3]", 1, "end"}}},
    {.target = "u",
     .steps = {{"X-Total-Pages: 3", "[1]", 1, "u?page=2"},
               {"X-Total-Pages: 2", "[2]", 1, "end"}},
     .shrunk = true},
    {.target = "u",
     .steps = {{"X-Total-Pages: 3", "[1]", 1, "u?page=2"},
               {NULL, "[]", 0, "end"}},
     .shrunk = true},
    {.target = "u",
     .steps = {{NULL, "{\"offset\":0,\"total\":5}", 2, "u?offset=2"},
               {NULL, "{\"offset\":2,\"total\":5}", 1, "u?offset=3"},
               {NULL, "{\"offset\":3,\"total\":5}", 2, "end"}}},
    {.target = "u",
     .steps = {{NULL, "{\"offset\":0,\"total\":5}", 2, "u?offset=2"},
               {NULL, "{\"offset\":2,\"total\":1}", 0, "end"}},
     .shrunk = true},
    {.target = "u",
     .steps = {{NULL, "{\"offset\":0,\"total\":5}", 2, "u?offset=2"},
               {NULL, "{\"offset\":2,\"total\":4}", 2, "end"}},
     .shrunk = true},
    {.target = "u?page=1",
     .steps = {{"Link: <?page=2>; rel=next, <?page=3>; rel=last", "[1]", 1,
                "u?page=2"},
               {"Link: <?page=1>; rel=prev", "[2]", 1, "end"}},
     .shrunk = true},
    {.target = "u?page=1",
     .steps = {{"Link: <?page=2>; rel=next, <?page=2>; rel=last", "[1]", 1,
                "u?page=2"},
               {"Link: <?page=1>; rel=prev", "[2]", 1, "end"}}},

    /* in the body */
    {.target = "q",
     .body = "{ \"size\":1.10, \"q\":\"x\" }",
     .type = JSON,
     .steps = {{NULL, "{\"next_cursor\":\"a\\\"\"}", 1,
                "q { \"size\":1.10, \"q\":\"x\" ,\"cursor\":\"a\\\"\"}"},
               {NULL, "{\"next_cursor\":7}", 1,
                "q { \"size\":1.10, \"q\":\"x\" ,\"cursor\":7}"},
               {NULL, "{\"next_cursor\":7}", 1, "answer_invalid"}}},
    {.target = "q?cursor=z",
     .body = "{}",
     .type = JSON,
     .steps = {{NULL, "{\"next_cursor\":\"a\"}", 1, "q?cursor=a"}}},
    {.target = "q",
     .body = "{}",
     .type = "application/scim+json; charset=utf-8",
     .steps = {{NULL, "{\"next_cursor\":\"a\"}", 1, "q {\"cursor\":\"a\"}"}}},
    {.target = "q",
     .body = "a=1&cursor=%20&b=",
     .type = FORM,
     .steps = {{NULL, "{\"next_cursor\":\"a b\"}", 1, "q a=1&cursor=a+b&b="}}},
    {.target = "q",
     .body = "<q/>",
     .type = "application/xml",
     .steps = {{NULL, "{\"next_cursor\":\"a\"}", 1, "q?cursor=a"}}},
    {.target = "q",
     .body = "[1]",
     .type = JSON,
     .steps = {{NULL, "{\"next_cursor\":\"a\"}", 1, "usage"}}},
    {.target = "q",
     .body = "{\"from\":10,\"size\":2}",
     .type = JSON,
     .style = PAGE_OFFSET,
     .steps = {{NULL, "[1,2]", 2, "q {\"from\":12,\"size\":2}"},
               {NULL, "[3,4]", 2, "q {\"from\":14,\"size\":2}"},
               {NULL, "[]", 0, "end"}}},
    {.target = "q",
     .body = "page=3",
     .type = FORM,
     .style = PAGE_PAGE,
     .steps = {{NULL, "[1,2]", 2, "q page=4"}, {NULL, "[5]", 1, "q page=5"}}},
    {.target = "q",
     .body = "{\"a\":1}",
     .type = JSON,
     .steps = {{"Link: <?c=1>; rel=next", "[]", 0, "q?c=1"}}},

    /* GraphQL */
    {.target = "graphql",
     .body = QUERY "}",
     .type = JSON,
     .steps = {{NULL, INFO("true", "x"), 1,
                "graphql " QUERY ",\"variables\":{\"endCursor\":\"x\"}}"},
               {NULL, INFO("true", "y"), 1,
                "graphql " QUERY ",\"variables\":{\"endCursor\":\"y\"}}"},
               {NULL, INFO("false", "z"), 1, "end"}}},
    {.target = "graphql",
     .body = QUERY ",\"variables\":{\"o\":\"me\",\"endCursor\":null}}",
     .type = JSON,
     .steps = {{NULL, INFO("true", "x"), 1,
                "graphql " QUERY
                ",\"variables\":{\"o\":\"me\",\"endCursor\":\"x\"}}"},
               {NULL, INFO("true", "x"), 1, "answer_invalid"}}},
    {.target = "graphql",
     .body = QUERY ",\"variables\":null}",
     .type = JSON,
     .steps = {{NULL, INFO("true", "x"), 1,
                "graphql " QUERY ",\"variables\":{\"endCursor\":\"x\"}}"}}},
    {.target = "graphql",
     .body = QUERY "}",
     .type = JSON,
     .steps = {{NULL, "{\"data\":null}", 0, "answer_invalid"}}},
    {.target = "graphql",
     .body = QUERY "}",
     .type = JSON,
     .steps = {{NULL, "{\"a\":{\"pageInfo\":{\"hasNextPage\":true}}}", 0,
                "answer_invalid"}}},
};

Test(page, goes_on_to_the_end)
{
  for (size_t i = 0; i < ARRAY_LEN(flows); i++) {
    const struct flow *f = &flows[i];
    AUTO_CASE struct page_case c;

    page_open(&c, f->style, NULL, NULL, f->target, f->body, f->type);
    cr_assert_eq(c.code, E_OK, "%zu: %s", i, c.err.message);
    for (size_t n = 0; n < ARRAY_LEN(f->steps) && f->steps[n].body != NULL;
         n++) {
      page_answer(&c, f->steps[n].head, f->steps[n].body, f->steps[n].items);
      cr_expect_str_eq(page_next(&c), f->steps[n].next, "%zu.%zu: %s %s", i, n,
                       page_next(&c), c.err.message);
      if (c.code != E_OK || !pager_more(c.pager))
        break;
      pager_advance(c.pager);
    }
    if (c.code == E_OK)
      cr_expect_eq(pager_complete(c.pager, &c.err),
                   f->shrunk ? E_INCOMPLETE : E_OK, "%zu", i);
  }
}

/* What follows is the same in a process that begins there. */
Test(page, goes_on_in_another_process)
{
  for (size_t i = 0; i < ARRAY_LEN(flows); i++) {
    const struct flow *f = &flows[i];
    AUTO_CASE struct page_case c;
    AUTO_CASE struct page_case again;

    page_open(&c, f->style, NULL, NULL, f->target, f->body, f->type);
    page_open(&again, f->style, NULL, NULL, f->target, f->body, f->type);
    page_answer(&c, f->steps[0].head, f->steps[0].body, f->steps[0].items);
    if (c.code != E_OK || !pager_more(c.pager) || f->steps[1].body == NULL)
      continue;
    struct page_place there = pager_there(c.pager);
    size_t len = 0, len_again = 0;
    AUTO_STR char *text = NULL;
    AUTO_STR char *text_again = NULL;

    cr_assert_eq(pager_begin_at(again.pager, &there, &again.err), E_OK, "%s",
                 again.err.message);
    pager_advance(c.pager);
    cr_assert_eq(pager_here_text(c.pager, &text, &len, &c.err), E_OK);
    cr_assert_eq(pager_here_text(again.pager, &text_again, &len_again, &c.err),
                 E_OK);
    cr_expect_str_eq(text != NULL ? text : "", text_again ? text_again : "");
    cr_expect_str_eq(pager_here_url(c.pager)->text,
                     pager_here_url(again.pager)->text);
    page_answer(&again, f->steps[1].head, f->steps[1].body, f->steps[1].items);
    if (strcmp(f->steps[1].next, "answer_invalid") != 0)
      cr_expect_str_eq(page_next(&again), f->steps[1].next, "%zu: %s", i,
                       page_next(&again));
  }
}

Test(page, is_refused_another_origins_page)
{
  AUTO_CASE struct page_case c;
  struct page_place place = {.style = PAGE_LINK,
                             .url = "https://other.example/v2/u"};

  page_open(&c, PAGE_AUTO, NULL, NULL, "u", NULL, NULL);
  cr_expect_eq(pager_begin_at(c.pager, &place, &c.err), E_USAGE);
}

Test(page, meets_a_circle_of_any_length)
{
  AUTO_CASE struct page_case c;
  int rounds = 0;

  page_open(&c, PAGE_LINK, NULL, NULL, "u", NULL, NULL);
  for (int i = 1; rounds < 20; i++) {
    char head[64];

    (void)snprintf(head, sizeof head, "Link: <?c=%d>; rel=next", i % 20000);
    page_answer(&c, head, "[]", 0);
    if (c.code != E_OK)
      break;
    pager_advance(c.pager);
    rounds += i % 20000 == 0;
  }
  cr_expect_eq(c.code, E_ANSWER);
}

static const struct {
  enum page_style style;
  const char *target, *head, *body;
  int items;
  const char *first, *second; /* foreseen behind the next; NULL: none */
  uint64_t count;             /* how many are */
} seers[] = {
    {PAGE_AUTO, "u", "Link: <?page=2&a=b>; rel=next, <?page=5&a=b>; rel=last",
     "[1]", 1, "u?page=3&a=b", "u?page=4&a=b", 3},
    {PAGE_AUTO, "u?page=4", "Link: <?page=5>; rel=next, <?page=5>; rel=last",
     "[1]", 1, NULL, NULL, 0},
    {PAGE_AUTO, "u", "Link: <?offset=20>; rel=next, <?offset=60>; rel=last",
     "[1]", 1, "u?offset=40", "u?offset=60", 2},
    {PAGE_AUTO, "u?offset=10",
     "Link: <?offset=20>; rel=next, <?offset=65>; rel=last", "[1]", 1, NULL,
     NULL, 0},
    /* more than a number differs: a cursor */
    {PAGE_AUTO, "u", "Link: <?page=2&a=b>; rel=next, <?page=5&a=c>; rel=last",
     "[1]", 1, NULL, NULL, 0},
    {PAGE_AUTO, "u", "Link: <?page=b2>; rel=next, <?page=b5>; rel=last", "[1]",
     1, NULL, NULL, 0},
    {PAGE_AUTO, "u", "Link: <?page=2>; rel=next, <?page=5&x>; rel=last", "[1]",
     1, NULL, NULL, 0},
    {PAGE_AUTO, "u", "Link: <?page=2>; rel=next, <other?page=5>; rel=last",
     "[1]", 1, NULL, NULL, 0},
    {PAGE_AUTO, "u", "Link: <?page=5>; rel=next, <?page=2>; rel=last", "[1]", 1,
     NULL, NULL, 0},
    {PAGE_AUTO, "u",
     "Link: <?page=2>; rel=next, <https://evil.example/u?page=5>; rel=last",
     "[1]", 1, NULL, NULL, 0},
    {PAGE_AUTO, "u", "Link: <?page=2>; rel=next, <file:x>; rel=last", "[1]", 1,
     NULL, NULL, 0},
    {PAGE_AUTO, "u", "X-Total-Pages: 4", "[1]", 1, "u?page=3", "u?page=4", 2},
    {PAGE_AUTO, "u", NULL, "{\"totalPages\":3,\"number\":0}", 1, "u?page=2",
     NULL, 1},
    {PAGE_AUTO, "u", "X-Total-Pages: 99999999999", "[1]", 1, "u?page=3",
     "u?page=4", 99999999997},
    {PAGE_PAGE, "u", NULL, "[1]", 1, NULL, NULL, 0},
    {PAGE_AUTO, "u", NULL, "{\"offset\":0,\"total\":7}", 2, "u?offset=4",
     "u?offset=6", 2},
    {PAGE_AUTO, "u", NULL, "{\"offset\":0,\"total\":6}", 2, "u?offset=4", NULL,
     1},
    {PAGE_AUTO, "u", NULL, "{\"startIndex\":1,\"totalResults\":5}", 2,
     "u?startIndex=5", NULL, 1},
    /* fewer items than the limit: where the next begins is to be seen */
    {PAGE_AUTO, "u", NULL, "{\"offset\":0,\"limit\":3,\"total\":7}", 2, NULL,
     NULL, 0},
    {PAGE_AUTO, "u", NULL, "{\"next_cursor\":\"x\",\"total\":7}", 2, NULL, NULL,
     0},
};

Test(page, foresees_what_the_answers_tell)
{
  for (size_t i = 0; i < ARRAY_LEN(seers); i++) {
    AUTO_CASE struct page_case c;
    const char *want[] = {seers[i].first, seers[i].second};

    page_open(&c, seers[i].style, NULL, NULL, seers[i].target, NULL, NULL);
    page_answer(&c, seers[i].head, seers[i].body, seers[i].items);
    cr_assert_eq(c.code, E_OK, "%zu: %s", i, c.err.message);
    for (uint64_t n = 1; n <= 2; n++) {
      AUTO(url) url = NULL;

      cr_assert_eq(pager_foresee(c.pager, n, &url, &c.err), E_OK);
      cr_expect_str_eq(url != NULL ? url->text + sizeof API - 1 : "(none)",
                       want[n - 1] != NULL ? want[n - 1] : "(none)", "%zu", i);
    }
    for (uint64_t n = 0; n <= 1; n++) {
      AUTO(url) url = NULL;

      if (seers[i].count + n == 0)
        continue;
      cr_assert_eq(pager_foresee(c.pager, seers[i].count + n, &url, &c.err),
                   E_OK);
      cr_expect_eq(url != NULL, n == 0, "%zu", i);
    }
  }
}
