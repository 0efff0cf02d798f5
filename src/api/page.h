/* How the pages of a list follow each other.
 *
 * A pager is told each page's answer as it arrives and says what to ask for
 * next. Styles:
 *
 *   link     Link: <…>; rel="next" (api/link.h)
 *   next     a URL in the body, at a pointer
 *   cursor   a text or number in the body, at a pointer, that goes into a
 *            parameter of the next request
 *   page     a number that grows by one, until a page is empty or the last is
 *            reached that the answers name
 *   offset   a number that grows by the page's items, until a page is empty or
 *            the total is reached that the answers name
 *   graphql  pageInfo { hasNextPage endCursor } goes into the query's variable
 *            $endCursor
 *   auto     what speaks first of: a query with $endCursor; a pointer that was
 *            given; a Link field that tells pages; a URL, a cursor, a number of
 *            pages, an offset beside a total or limit, at the places where APIs
 *            put them (page_sign.c). Nothing: the first page is the whole.
 *   off      the first page is the whole
 *
 * The parameter is one of the query; where the request has a body of JSON or
 * form fields, and the query no parameter of that name, a member of the body.
 *
 * Everything stays on the first request's origin (E_ORIGIN before anything is
 * sent elsewhere). A page that was asked for before, and one that is byte for
 * byte the one before it where only a number or cursor changed, is E_ANSWER:
 * the pages would never end. Nothing here is sent, printed or held: bodies are
 * looked at as they pass. */
#pragma once

#include "base/err.h"
#include "http/header.h"
#include "http/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum page_style {
  PAGE_AUTO,
  PAGE_LINK,
  PAGE_NEXT,
  PAGE_CURSOR,
  PAGE_PAGE,
  PAGE_OFFSET,
  PAGE_GRAPHQL,
  PAGE_OFF,
};
/* Their words, in that order, separated by '|'. */
#define PAGE_STYLES "auto|link|next|cursor|page|offset|graphql|off"

/* All is copied. */
struct page_options {
  enum page_style style;
  const char *next;  /* the pointer; NULL: looked for */
  const char *param; /* NULL: found out; PAGE_GRAPHQL: the variable */
  const char *method;
  const struct url *url;
  const char *body; /* NULL: none, or none that could be changed */
  size_t body_len;
  const char *body_type;    /* its Content-Type; NULL */
  const char *secret_param; /* of the query: never kept of a server's link */
};

struct pager;

/* E_USAGE: the style and the request do not go together. */
NODISCARD enum code pager_new(struct pager **ret_pager,
                              const struct page_options *options,
                              struct err *err);

/* An answer begins. Again for the same page where it is fetched again. from:
 * the address that answered. */
NODISCARD enum code pager_head(struct pager *pager, const struct url *from,
                               const struct headers *headers, struct err *err);
NODISCARD enum code pager_body(struct pager *pager, const void *bytes,
                               size_t len, struct err *err);
/* Its body is whole. E_ANSWER: it is the page before. */
NODISCARD enum code pager_whole(struct pager *pager, struct err *err);

/* Behind pager_whole() of the first page: where the items of a GraphQL answer
 * are; NULL: not known. Borrowed. */
const char *pager_items(const struct pager *pager);

/* Finds what follows. items: how many the page held; -1: not known. E_ORIGIN,
 * E_ANSWER. */
NODISCARD enum code pager_turn(struct pager *pager, int64_t items,
                               struct err *err);

/* Behind pager_turn(): whether a page follows, and its request. */
bool pager_more(const struct pager *pager);
const struct url *pager_url(const struct pager *pager);
/* NULL: the body of the first request, or none. Borrowed until the next turn.
 */
const char *pager_text(const struct pager *pager, size_t *ret_len);

/* Goes on to that page. */
void pager_advance(struct pager *pager);

/* The page nth behind the next (0: this itself), where the answers so far tell
 * it; *ret_url is NULL beyond the last one known, and where none is. It is a
 * guess: what counts is what pager_url() says when its turn comes. */
NODISCARD enum code pager_foresee(const struct pager *pager, uint64_t nth,
                                  struct url **ret_url, struct err *err);

/* At the end: E_INCOMPLETE where the list shrank while it was read, so that
 * items may have been passed over. */
NODISCARD enum code pager_complete(const struct pager *pager, struct err *err);

/* The style, once it is known; PAGE_AUTO: not yet, PAGE_OFF: none. */
enum page_style pager_style(const struct pager *pager);
const char *page_style_name(enum page_style style);

/* --- going on in another process ------------------------------------------
 */

/* Where the request of a page differs from the first; borrowed. */
struct page_place {
  enum page_style style;
  const char *next, *param; /* NULL: none */
  const char *url;
  const char *cursor; /* in the body; NULL: none */
  bool number;        /* the cursor is one */
};

/* The page that is being read, and the one that follows it. */
struct page_place pager_here(const struct pager *pager);
struct page_place pager_there(const struct pager *pager);

/* Right behind pager_new(): begins there instead. E_USAGE: not of this request.
 */
NODISCARD enum code pager_begin_at(struct pager *pager,
                                   const struct page_place *place,
                                   struct err *err);
/* The request of that page, as pager_url() and pager_text(). */
const struct url *pager_here_url(const struct pager *pager);
NODISCARD enum code pager_here_text(const struct pager *pager, char **ret_text,
                                    size_t *ret_len, struct err *err);

void pager_free(struct pager *pager); /* NULL is fine */
DEFINE_AUTO(pager)
