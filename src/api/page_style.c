/* What an answer says of the page behind it, in each style. */
#include "api/page_part.h"

#include "base/mem.h"
#include "base/num.h"
#include "http/redact.h"

#include <stdio.h>
#include <string.h>

/* The answer itself says that nothing follows. */
static bool is_over(const struct pager *pager)
{
  for (size_t i = 0; i < pager->signs_count; i++) {
    const struct sign *sign = page_sign_of(pager, i);
    enum watch_kind kind = watch_value(pager->watch, i).kind;

    if (sign != NULL && ((sign->role == SIGN_MORE && kind == WATCH_FALSE) ||
                         (sign->role == SIGN_DONE && kind == WATCH_TRUE)))
      return true;
  }
  return false;
}

static enum code foresee_by(struct pager *pager, const char *param,
                            uint64_t next, uint64_t step, uint64_t last,
                            struct err *err)
{
  if (page_in(pager) != IN_QUERY || step == 0 || last < next)
    return E_OK;
  mem_free(pager->foreseen_param);
  pager->foreseen_param = mem_str(param);
  if (pager->foreseen_param == NULL)
    return err_nomem(err);
  pager->foresees = true;
  pager->foreseen = next;
  pager->step = step;
  pager->last = last;
  return E_OK;
}

/* How far apart the numbers of two pages are: what the next has more than this
 * one; where this one names none, 1, or an offset that divides the last. */
static uint64_t step_of(const struct pager *pager, const char *param,
                        uint64_t next, uint64_t last)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_URL);
  uint64_t here, step = next;

  if (page_query_get(&text, pager->here.url->query, param) &&
      num_parse(buf_text(&text), UINT32_MAX, &here))
    step = here < next ? next - here : 0;
  else if (next == 2)
    step = 1;
  return step != 0 && (last - next) % step == 0 ? step : 0;
}

/* rel=last, as far as it differs from rel=next in one number. */
static enum code foresee_by_link(struct pager *pager, struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_STR char *param = NULL;
  struct err ignored = ERR_INIT;
  uint64_t next = 0, last = 0;
  bool one = false;
  enum code code;

  if (pager->links.last == NULL)
    return E_OK;
  code = url_resolve(&url, pager->from, pager->links.last, &ignored);
  if (code != E_OK)
    return code == E_NOMEM ? err_nomem(err) : E_OK;
  code =
      page_query_differ(pager->next.url, url, &one, &param, &next, &last, err);
  if (code != E_OK || !one || last < next)
    return code;
  pager->length = last > pager->length ? last : pager->length;
  return foresee_by(pager, param, next, step_of(pager, param, next, last), last,
                    err);
}

/* The last page of all, though the first said that more would come. */
static void check_length(struct pager *pager)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_URL);
  uint64_t here;

  if (pager->length != 0 && pager->foreseen_param != NULL &&
      page_query_get(&text, pager->here.url->query, pager->foreseen_param) &&
      num_parse(buf_text(&text), UINT32_MAX, &here) && here < pager->length)
    pager->shrunk = true;
}

static enum code next_by_link(struct pager *pager, struct err *err)
{
  enum code code;

  if (pager->links.next == NULL) {
    check_length(pager);
    return E_OK;
  }
  code = page_go_to(pager, pager->links.next, err);
  return code == E_OK ? foresee_by_link(pager, err) : code;
}

static enum code wrong_kind(const struct pager *pager,
                            const struct watch_value *value, struct err *err)
{
  enum code code;

  if (value->kind == WATCH_LONG)
    return err_set(err, E_ANSWER, "what is at '%s' is too long for a %s",
                   pager->pointer,
                   pager->style == PAGE_NEXT ? "URL" : "cursor");
  code = err_set(err, E_ANSWER, "what is at '%s' is no %s", pager->pointer,
                 pager->style == PAGE_NEXT ? "URL" : "cursor");
  if (value->kind == WATCH_OTHER && pager->style == PAGE_NEXT)
    err_hint(err, "--next %s/href", pager->pointer);
  return code;
}

static enum code next_by_body(struct pager *pager, struct err *err)
{
  struct watch_value value;

  if (pager->own == SIZE_MAX)
    return E_OK;
  value = watch_value(pager->watch, pager->own);
  if (is_over(pager))
    return E_OK;
  if (value.kind == WATCH_NOTHING || value.kind == WATCH_NULL ||
      value.kind == WATCH_FALSE)
    return E_OK;
  if (value.kind == WATCH_TEXT && value.len == 0)
    return E_OK;
  if (value.kind == WATCH_TEXT && strlen(value.text) == value.len)
    return pager->style == PAGE_NEXT
               ? page_go_to(pager, value.text, err)
               : page_go_with(pager, value.text, false, err);
  if (value.kind != WATCH_NUMBER || pager->style == PAGE_NEXT)
    return wrong_kind(pager, &value, err);
  return page_is_cursor(&value) ? page_go_with(pager, value.text, true, err)
                                : E_OK;
}

/* How many pages or items the answer names; 0: it does not. Fewer than before:
 * the list shrank, and what moved to the front of a page was passed over. */
static void take_total(struct pager *pager, const char *field,
                       enum sign_role role)
{
  const struct sign *sign;
  uint64_t total = 0;

  if ((field == NULL || !num_parse(field, PAGE_NUMBER_MAX, &total)) &&
      !page_find_number(pager, role, &total, &sign))
    return;
  pager->total = total;
  if (total < pager->largest)
    pager->shrunk = true;
  else
    pager->largest = total;
}

static enum code go_with_number(struct pager *pager, uint64_t number,
                                struct err *err)
{
  char text[32];

  (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
  return page_go_with(pager, text, true, err);
}

static enum code next_by_page(struct pager *pager, int64_t items,
                              struct err *err)
{
  uint64_t next = pager->number + 1, last;
  enum code code;

  take_total(pager, pager->total_pages, SIGN_PAGES);
  last = pager->base + pager->total - 1;
  if (items == 0) {
    pager->shrunk = pager->shrunk || (pager->total > 0 && pager->number < last);
    return E_OK;
  }
  if (is_over(pager) || (pager->total > 0 && pager->number >= last))
    return E_OK;
  if (pager->next_page != NULL &&
      !num_parse(pager->next_page, PAGE_NUMBER_MAX, &next))
    return E_OK; /* empty on the last one */
  code = go_with_number(pager, next, err);
  if (code != E_OK || pager->total == 0 || next != pager->number + 1)
    return code;
  return foresee_by(pager, pager->param, next, 1, last, err);
}

static enum code next_by_offset(struct pager *pager, int64_t items,
                                struct err *err)
{
  const struct sign *sign;
  uint64_t next, limit, step, end;
  enum code code;

  if (items < 0 || (uint64_t)items > PAGE_NUMBER_MAX)
    return err_set(err, E_ANSWER,
                   "how many items the page has is not known, and so not where "
                   "the next one begins");
  take_total(pager, pager->total_count, SIGN_TOTAL);
  end = pager->base + pager->total;
  if (items == 0) {
    pager->shrunk = pager->shrunk || (pager->total > 0 && pager->number < end);
    return E_OK;
  }
  next = pager->number + (uint64_t)items;
  if (is_over(pager) || (pager->total > 0 && next >= end))
    return E_OK;
  code = go_with_number(pager, next, err);
  if (code != E_OK || pager->total == 0)
    return code;
  step = (uint64_t)items;
  if (page_find_number(pager, SIGN_LIMIT, &limit, &sign) && limit != step)
    return E_OK;
  return foresee_by(pager, pager->param, next, step,
                    next + (end - 1 - next) / step * step, err);
}

static enum code next_by_page_info(struct pager *pager, struct err *err)
{
  struct watch_page_info info;
  enum code code;

  if (!watch_page_info(pager->watch, &info)) {
    code = err_set(err, E_ANSWER,
                   "the answer has no pageInfo, so that its pages cannot be "
                   "followed");
    err_hint(err, "ask for   pageInfo { hasNextPage endCursor }   beside the "
                  "nodes");
    return code;
  }
  if (info.has_next.kind != WATCH_TRUE)
    return E_OK;
  if (info.cursor.kind == WATCH_TEXT && info.cursor.len > 0 &&
      strlen(info.cursor.text) == info.cursor.len)
    return page_go_with(pager, info.cursor.text, false, err);
  return err_set(err, E_ANSWER,
                 "pageInfo says that a page follows, and no endCursor that "
                 "leads there");
}

/* The first page's number was found with the style. */
static enum code number_page(struct pager *pager, struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  if (pager->style != PAGE_PAGE && pager->style != PAGE_OFFSET)
    return E_OK;
  if (!pager->numbered && !page_asked_number(pager, &pager->number))
    return err_set(err, E_ANSWER, "which page %s is, is not known",
                   redact_shown(&shown, pager->here.url->text));
  pager->numbered = false;
  return E_OK;
}

enum code page_find_next(struct pager *pager, int64_t items, struct err *err)
{
  enum code code = number_page(pager, err);

  if (code != E_OK)
    return code;
  switch (pager->style) {
  case PAGE_LINK:
    return next_by_link(pager, err);
  case PAGE_NEXT:
  case PAGE_CURSOR:
    return next_by_body(pager, err);
  case PAGE_PAGE:
    return next_by_page(pager, items, err);
  case PAGE_OFFSET:
    return next_by_offset(pager, items, err);
  case PAGE_GRAPHQL:
    return next_by_page_info(pager, err);
  case PAGE_AUTO:
  case PAGE_OFF:
    break;
  }
  return E_OK;
}

enum code pager_complete(const struct pager *pager, struct err *err)
{
  enum code code;

  if (!pager->shrunk)
    return E_OK;
  code = err_set(err, E_INCOMPLETE,
                 "the list became shorter while it was read, so that items may "
                 "have been passed over");
  err_hint(err, "run it again for a whole one");
  return code;
}
