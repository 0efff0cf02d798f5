/* A pager that is told answers, one after another. */
#pragma once

#include "api/page.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define API "https://api.acme.example/v2/"

struct page_case {
  struct pager *pager;
  struct err err;
  enum code code;
};

MAYBE_UNUSED static void page_case_clear(struct page_case *c)
{
  pager_free(c->pager);
}
#define AUTO_CASE __attribute__((cleanup(page_case_clear)))

/* target: below API. body NULL: a GET. */
MAYBE_UNUSED static void page_open(struct page_case *c, enum page_style style,
                                   const char *next, const char *param,
                                   const char *target, const char *body,
                                   const char *type)
{
  AUTO_STR char *text = mem_printf(API "%s", target);
  AUTO(url) url = NULL;

  *c = (struct page_case){0};
  cr_assert_eq(url_parse(&url, text, URL_PLAIN, E_USAGE, "URL", &c->err), E_OK,
               "%s", c->err.message);
  struct page_options options = {.style = style,
                                 .next = next,
                                 .param = param,
                                 .method = body != NULL ? "POST" : "GET",
                                 .url = url,
                                 .body = body,
                                 .body_len = body != NULL ? strlen(body) : 0,
                                 .body_type = type,
                                 .secret_param = "key"};
  c->code = pager_new(&c->pager, &options, &c->err);
}

/* The page's answer: head is "Name: value" lines, or NULL. */
MAYBE_UNUSED static void page_answer(struct page_case *c, const char *head,
                                     const char *body, int64_t items)
{
  AUTO_HEADERS struct headers headers = {0};
  const char *line = head;

  err_clear(&c->err);
  headers_init(&headers);
  while (line != NULL && *line != '\0') {
    size_t len = strcspn(line, "\n");
    AUTO_STR char *one = mem_copy(line, len);

    cr_assert_eq(headers_add_line(&headers, one, &c->err), E_OK);
    line += len + (line[len] == '\n');
  }
  c->code = pager_head(c->pager, pager_here_url(c->pager), &headers, &c->err);
  for (const char *at = body; c->code == E_OK && *at != '\0'; at++)
    c->code = pager_body(c->pager, at, 1, &c->err);
  if (c->code == E_OK)
    c->code = pager_whole(c->pager, &c->err);
  if (c->code == E_OK)
    c->code = pager_turn(c->pager, items, &c->err);
}

/* What follows: "users?page=2", with " BODY" behind it, "end", or the code's
 * name; one of a few strings used in turn. */
MAYBE_UNUSED static const char *page_next(const struct page_case *c)
{
  static char texts[4][1024];
  static size_t turn;
  char *text = texts[turn++ % ARRAY_LEN(texts)];
  size_t len;
  const char *body;

  if (c->code != E_OK)
    return err_name(c->code);
  if (!pager_more(c->pager))
    return "end";
  body = pager_text(c->pager, &len);
  (void)snprintf(text, sizeof texts[0], "%s%s%s",
                 pager_url(c->pager)->text + sizeof API - 1,
                 body != NULL ? " " : "", body != NULL ? body : "");
  return text;
}
