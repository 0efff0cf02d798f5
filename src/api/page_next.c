/* The request of the page that follows, and pages that never end. */
#include "api/page_part.h"

#include "api/quote.h"
#include "base/mem.h"
#include "http/redact.h"

#include <stdio.h>
#include <string.h>

enum page_in page_in(const struct pager *pager)
{
  AUTO_BUF struct buf value = BUF_INIT(BUF_URL);

  if (pager->style == PAGE_GRAPHQL)
    return IN_GRAPHQL;
  if (pager->body == NULL || pager->param == NULL ||
      page_query_get(&value, pager->here.url->query, pager->param))
    return IN_QUERY;
  if (page_body_is_json(pager))
    return IN_JSON;
  return page_body_is_form(pager) ? IN_FORM : IN_QUERY;
}

enum code page_put_text(const struct pager *pager, const struct page_spot *spot,
                        struct buf *out, struct err *err)
{
  AUTO_BUF struct buf json = BUF_INIT(BUF_BODY);
  enum page_in in = page_in(pager);
  enum code code = E_OK;

  if (spot->number)
    buf_puts(&json, spot->cursor);
  else
    quote_json(&json, spot->cursor, strlen(spot->cursor));
  code = buf_check(&json, err);
  if (code == E_OK && in == IN_FORM)
    page_form_set(out, pager->body, pager->body_len, pager->param,
                  spot->cursor);
  else if (code == E_OK)
    code = page_json_set(out, pager->body, pager->body_len,
                         in == IN_GRAPHQL ? "variables" : pager->param,
                         in == IN_GRAPHQL ? pager->param : NULL,
                         buf_text(&json), err);
  return code == E_OK ? buf_check(out, err) : code;
}

enum code page_go_with(struct pager *pager, const char *value, bool number,
                       struct err *err)
{
  enum code code;

  if (page_in(pager) == IN_QUERY) {
    code = page_query_set(&pager->next.url, pager->here.url, pager->param,
                          value, err);
    pager->more = code == E_OK;
    return code;
  }
  code = url_copy(&pager->next.url, pager->here.url, err);
  if (code == E_OK)
    code = page_copy(&pager->next.cursor, value, err);
  pager->next.number = number;
  if (code == E_OK)
    code = page_put_text(pager, &pager->next, &pager->text, err);
  pager->with_text = pager->more = code == E_OK;
  return code;
}

static enum code elsewhere(const struct pager *pager, const struct url *url,
                           struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  enum code code = err_set(err, E_ORIGIN,
                           "the next page is at %s, another origin than %s: "
                           "not asked for",
                           redact_shown(&shown, url->text), pager->origin);

  err_hint(err, "the pages so far are all of %s", pager->origin);
  return code;
}

enum code page_go_to(struct pager *pager, const char *reference,
                     struct err *err)
{
  AUTO(url) url = NULL;
  AUTO(url) clean = NULL;
  enum code code = url_resolve(&url, pager->from, reference, err);

  if (code == E_PLAIN_HTTP)
    err_prefix(err, "the next page: ");
  if (code != E_OK)
    return code;
  if (strcmp(url->origin, pager->origin) != 0)
    return elsewhere(pager, url, err);
  if (pager->secret_param != NULL) {
    code = page_query_set(&clean, url, pager->secret_param, NULL, err);
    if (code != E_OK)
      return code;
  }
  pager->next.url = clean != NULL ? clean : url;
  if (clean == NULL)
    url = NULL;
  clean = NULL;
  pager->more = true;
  return E_OK;
}

static uint64_t spot_hash(const struct page_spot *spot)
{
  uint64_t hash = PAGE_HASH;

  hash = page_hash(hash, spot->url->text, strlen(spot->url->text) + 1);
  if (spot->cursor != NULL)
    hash = page_hash(hash, spot->cursor, strlen(spot->cursor) + 1);
  return hash != 0 ? hash : 1;
}

static uint64_t *seen_slot(struct pager *pager, uint64_t hash)
{
  return &pager->seen[(hash ^ hash >> 32) % SEEN_MAX];
}

static bool same_spot(const struct page_spot *a, const struct page_spot *b)
{
  return strcmp(a->url->text, b->url->text) == 0 &&
         strcmp(a->cursor != NULL ? a->cursor : "",
                b->cursor != NULL ? b->cursor : "") == 0;
}

static enum code check_circle(struct pager *pager, int64_t items,
                              struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  uint64_t here = spot_hash(&pager->here), next = spot_hash(&pager->next);

  *seen_slot(pager, here) = here;
  if (*seen_slot(pager, next) != next)
    return E_OK;
  /* An empty page that names itself: a list that is read to its end. */
  if (items == 0 && same_spot(&pager->here, &pager->next)) {
    pager->more = false;
    return E_OK;
  }
  return err_set(err, E_ANSWER,
                 "the pages go round in a circle: behind %s comes one that was "
                 "there before%s%s%s",
                 redact_shown(&shown, pager->here.url->text),
                 pager->next.cursor != NULL ? ", with the cursor '" : "",
                 pager->next.cursor != NULL ? pager->next.cursor : "",
                 pager->next.cursor != NULL ? "'" : "");
}

enum code pager_turn(struct pager *pager, int64_t items, struct err *err)
{
  enum code code = E_OK;

  page_spot_clear(&pager->next);
  buf_clear(&pager->text);
  pager->more = pager->with_text = pager->foresees = false;
  pager->hash_before = pager->hash;
  pager->with_before = items != 0;
  if (!pager->decided)
    code = page_decide(pager, err);
  if (code == E_OK)
    code = page_find_next(pager, items, err);
  if (code == E_OK && pager->more)
    code = check_circle(pager, items, err);
  if (code != E_OK)
    pager->more = false;
  return code;
}

bool pager_more(const struct pager *pager)
{
  return pager->more;
}

const struct url *pager_url(const struct pager *pager)
{
  return pager->next.url;
}

const char *pager_text(const struct pager *pager, size_t *ret_len)
{
  *ret_len = pager->text.len;
  return pager->with_text ? buf_text(&pager->text) : NULL;
}

void pager_advance(struct pager *pager)
{
  page_spot_clear(&pager->here);
  pager->here = pager->next;
  pager->next = (struct page_spot){0};
  pager->more = false;
}

enum code pager_foresee(const struct pager *pager, uint64_t nth,
                        struct url **ret_url, struct err *err)
{
  char number[32];
  uint64_t there;

  *ret_url = NULL;
  if (!pager->foresees || !pager->more || pager->step == 0 ||
      nth > (pager->last - pager->foreseen) / pager->step)
    return E_OK;
  if (nth == 0)
    return url_copy(ret_url, pager->next.url, err);
  there = pager->foreseen + nth * pager->step;
  (void)snprintf(number, sizeof number, "%llu", (unsigned long long)there);
  return page_query_set(ret_url, pager->next.url, pager->foreseen_param, number,
                        err);
}

enum page_style pager_style(const struct pager *pager)
{
  return pager->decided ? pager->style : PAGE_AUTO;
}

const char *page_style_name(enum page_style style)
{
  static const char *const names[] = {"auto", "link",   "next",    "cursor",
                                      "page", "offset", "graphql", "off"};

  return names[style];
}
