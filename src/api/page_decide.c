/* How the pages of a list follow each other, settled by its first answer. */
#include "api/page_part.h"

#include "base/mem.h"
#include "base/num.h"

#include <string.h>

/* --- looking --------------------------------------------------------------
 */

/* NULL: the pointer that was given. */
const struct sign *page_sign_of(const struct pager *pager, size_t nth)
{
  return nth != pager->own ? &page_signs[pager->signs[nth]] : NULL;
}

/* Servers write numbers as texts, too. */
static bool whole_number(const struct watch_value *value, uint64_t *ret_number)
{
  return (value->kind == WATCH_NUMBER || value->kind == WATCH_TEXT) &&
         strlen(value->text) == value->len &&
         num_parse(value->text, PAGE_NUMBER_MAX, ret_number);
}

bool page_find_number(const struct pager *pager, enum sign_role role,
                      uint64_t *ret_number, const struct sign **ret_sign)
{
  for (size_t i = 0; i < pager->signs_count; i++) {
    struct watch_value value = watch_value(pager->watch, i);

    *ret_sign = page_sign_of(pager, i);
    if (*ret_sign != NULL && (*ret_sign)->role == role &&
        whole_number(&value, ret_number))
      return true;
  }
  return false;
}

static bool is_absolute(const char *text)
{
  return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

bool page_is_cursor(const struct watch_value *value)
{
  return value->kind == WATCH_LONG ||
         (value->kind == WATCH_TEXT && value->len > 0) ||
         (value->kind == WATCH_NUMBER && strcmp(value->text, "0") != 0);
}

/* --- the style, by the first answer ----------------------------------------
 */

static enum code settle_on(struct pager *pager, enum page_style style,
                           const char *pointer, const char *param,
                           struct err *err)
{
  pager->style = style;
  pager->decided = true;
  if (pager->pointer == NULL && pointer != NULL) {
    pager->pointer = mem_str(pointer);
    if (pager->pointer == NULL)
      return err_nomem(err);
  }
  if (pager->param == NULL && param != NULL) {
    pager->param = mem_str(param);
    if (pager->param == NULL)
      return err_nomem(err);
  }
  return E_OK;
}

/* A pointer was given, and no style. */
static enum code decide_by_pointer(struct pager *pager, struct err *err)
{
  struct watch_value value = watch_value(pager->watch, pager->own);
  const char *known = page_sign_param(pager->pointer);
  enum code code;

  if (pager->param == NULL && known == NULL && value.kind == WATCH_TEXT &&
      page_is_reference(value.text))
    return settle_on(pager, PAGE_NEXT, NULL, NULL, err);
  if (value.kind == WATCH_TEXT && is_absolute(value.text))
    return settle_on(pager, PAGE_NEXT, NULL, NULL, err);
  if (!page_is_cursor(&value))
    return settle_on(pager, PAGE_NEXT, NULL, NULL, err);
  if (pager->param != NULL || known != NULL)
    return settle_on(pager, PAGE_CURSOR, NULL, known, err);
  code = err_set(err, E_ANSWER,
                 "what is at '%s' is no URL, and which parameter it goes into "
                 "is not known",
                 pager->pointer);
  err_hint(err, "--next PARAMETER=%s", pager->pointer);
  return code;
}

/* *ret_done: the style is settled. */
static enum code decide_by_url(struct pager *pager, bool *ret_done,
                               struct err *err)
{
  for (size_t i = 0; i < pager->signs_count; i++) {
    const struct sign *sign = page_sign_of(pager, i);
    struct watch_value value = watch_value(pager->watch, i);

    if (sign == NULL || value.kind != WATCH_TEXT)
      continue;
    *ret_done = (sign->role == SIGN_URL && page_is_reference(value.text)) ||
                (sign->role == SIGN_CURSOR && is_absolute(value.text));
    if (*ret_done) {
      pager->own = i;
      return settle_on(pager, PAGE_NEXT, sign->pointer, NULL, err);
    }
  }
  return E_OK;
}

static enum code decide_by_cursor(struct pager *pager, bool *ret_done,
                                  struct err *err)
{
  uint64_t number;

  for (size_t i = 0; i < pager->signs_count; i++) {
    const struct sign *sign = page_sign_of(pager, i);
    struct watch_value value = watch_value(pager->watch, i);

    if (sign == NULL)
      continue;
    /* An "offset" that is no number is a cursor under that name. */
    *ret_done = (sign->role == SIGN_CURSOR && page_is_cursor(&value)) ||
                (sign->role == SIGN_OFFSET && value.kind == WATCH_TEXT &&
                 value.len > 0 && !whole_number(&value, &number));
    if (*ret_done) {
      pager->own = i;
      return settle_on(pager, PAGE_CURSOR, sign->pointer, sign->param, err);
    }
  }
  return E_OK;
}

/* The request's own parameter of one of these names. */
static const char *asked_by(const struct pager *pager,
                            const char *const names[], size_t count)
{
  for (size_t i = 0; i < count; i++) {
    AUTO_BUF struct buf value = BUF_INIT(BUF_BODY);

    if (page_query_get(&value, pager->here.url->query, names[i]) ||
        (pager->body != NULL &&
         page_json_get(&value, pager->body, pager->body_len, names[i])))
      return names[i];
  }
  return NULL;
}

bool page_asked_number(const struct pager *pager, uint64_t *ret_number)
{
  AUTO_BUF struct buf value = BUF_INIT(BUF_BODY);
  bool found = false;

  if (pager->here.cursor != NULL)
    return num_parse(pager->here.cursor, PAGE_NUMBER_MAX, ret_number);
  switch (page_in(pager)) {
  case IN_QUERY:
    found = page_query_get(&value, pager->here.url->query, pager->param);
    break;
  case IN_JSON:
    found = page_json_get(&value, pager->body, pager->body_len, pager->param);
    break;
  case IN_FORM:
    found = page_query_get(&value, pager->body, pager->param);
    break;
  case IN_GRAPHQL:
    break;
  }
  return found && num_parse(buf_text(&value), PAGE_NUMBER_MAX, ret_number);
}

static enum code settle_on_pages(struct pager *pager, struct err *err)
{
  static const char *const names[] = {
      "page",         "page_number",  "pageNumber", "page_num",
      "pageNum",      "page_no",      "pageNo",     "pagenum",
      "page[number]", "current_page", "p",          "currentPage"};
  const char *asked = asked_by(pager, names, ARRAY_LEN(names));
  const struct sign *sign;
  enum code code =
      settle_on(pager, PAGE_PAGE, NULL, asked != NULL ? asked : names[0], err);

  if (code == E_OK && !page_asked_number(pager, &pager->number) &&
      !page_find_number(pager, SIGN_PAGE, &pager->number, &sign))
    pager->number = 1;
  pager->base = pager->number == 0 ? 0 : 1;
  pager->numbered = true;
  return code;
}

/* SCIM and its kind count from 1 (RFC 7644 §3.4.2.4). */
uint64_t page_offset_base(const char *param)
{
  return strstr(param, "ndex") != NULL ? 1 : 0;
}

static enum code settle_on_offset(struct pager *pager, struct err *err)
{
  static const char *const names[] = {
      "offset", "skip",       "$skip",       "startAt", "start_at",
      "start",  "startIndex", "start_index", "from",    "page[offset]"};
  const char *asked = asked_by(pager, names, ARRAY_LEN(names));
  const struct sign *sign = NULL;
  uint64_t said = 0;
  bool with_said = page_find_number(pager, SIGN_OFFSET, &said, &sign);
  enum code code;

  if (asked == NULL)
    asked = with_said ? sign->param : names[0];
  code = settle_on(pager, PAGE_OFFSET, NULL, asked, err);
  if (code != E_OK)
    return code;
  pager->base = page_offset_base(pager->param);
  if (!page_asked_number(pager, &pager->number))
    pager->number = with_said ? said : pager->base;
  pager->numbered = true;
  return E_OK;
}

static enum code decide_anew(struct pager *pager, struct err *err)
{
  const struct sign *sign;
  uint64_t number;
  bool done = false;
  enum code code;

  if (pager->links.spoken)
    return settle_on(pager, PAGE_LINK, NULL, NULL, err);
  code = decide_by_url(pager, &done, err);
  if (code == E_OK && !done)
    code = decide_by_cursor(pager, &done, err);
  if (code != E_OK || done)
    return code;
  if (pager->total_pages != NULL || pager->next_page != NULL ||
      page_find_number(pager, SIGN_PAGES, &number, &sign))
    return settle_on_pages(pager, err);
  if (page_find_number(pager, SIGN_OFFSET, &number, &sign) &&
      (page_find_number(pager, SIGN_TOTAL, &number, &sign) ||
       page_find_number(pager, SIGN_LIMIT, &number, &sign)))
    return settle_on_offset(pager, err);
  return settle_on(pager, PAGE_OFF, NULL, NULL, err);
}

enum code page_decide(struct pager *pager, struct err *err)
{
  bool done = false;
  enum code code = E_OK;

  switch (pager->style) {
  case PAGE_AUTO:
    return pager->pointer != NULL ? decide_by_pointer(pager, err)
                                  : decide_anew(pager, err);
  case PAGE_NEXT:
    if (pager->pointer == NULL)
      code = decide_by_url(pager, &done, err);
    break;
  case PAGE_CURSOR:
    if (pager->pointer != NULL)
      return settle_on(pager, PAGE_CURSOR, NULL,
                       page_sign_param(pager->pointer), err);
    code = decide_by_cursor(pager, &done, err);
    break;
  case PAGE_PAGE:
    return settle_on_pages(pager, err);
  case PAGE_OFFSET:
    return settle_on_offset(pager, err);
  case PAGE_LINK:
  case PAGE_GRAPHQL:
  case PAGE_OFF:
    break;
  }
  /* Nothing there, as on the last page. */
  if (code == E_OK && !done && pager->pointer == NULL)
    pager->style = PAGE_OFF;
  pager->decided = code == E_OK;
  return code;
}
