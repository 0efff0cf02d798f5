/* A pager's life, and the requests that it goes on to; how the next one is
 * found is page_style.c's. */
#include "api/page.h"

#include "api/page_part.h"
#include "api/quote.h"
#include "base/mem.h"
#include "http/redact.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void page_spot_clear(struct page_spot *spot)
{
  url_free(spot->url);
  mem_free(spot->cursor);
  *spot = (struct page_spot){0};
}

/* What one answer said. */
static void forget_answer(struct pager *pager)
{
  url_free(pager->from);
  pager->from = NULL;
  link_pages_clear(&pager->links);
  mem_free(pager->next_page);
  mem_free(pager->total_pages);
  mem_free(pager->total_count);
  pager->next_page = pager->total_pages = pager->total_count = NULL;
  watch_free(pager->watch);
  pager->watch = NULL;
}

void pager_free(struct pager *pager)
{
  if (pager == NULL)
    return;
  forget_answer(pager);
  page_spot_clear(&pager->here);
  page_spot_clear(&pager->next);
  buf_clear(&pager->text);
  mem_free(pager->pointer);
  mem_free(pager->param);
  mem_free(pager->secret_param);
  mem_free(pager->method);
  mem_free(pager->body);
  mem_free(pager->body_type);
  mem_free(pager->origin);
  mem_free(pager->foreseen_param);
  mem_free(pager);
}

enum code page_copy(char **to, const char *text, struct err *err)
{
  *to = mem_str(text);
  return text != NULL && *to == NULL ? err_nomem(err) : E_OK;
}

static enum code copy_options(struct pager *pager,
                              const struct page_options *options,
                              struct err *err)
{
  enum code code = page_copy(&pager->pointer, options->next, err);

  pager->style = options->style;
  if (code == E_OK)
    code = page_copy(&pager->param, options->param, err);
  if (code == E_OK)
    code = page_copy(&pager->secret_param, options->secret_param, err);
  if (code == E_OK)
    code = page_copy(&pager->method, options->method, err);
  if (code == E_OK)
    code = page_copy(&pager->body_type, options->body_type, err);
  if (code == E_OK)
    code = page_copy(&pager->origin, options->url->origin, err);
  if (code == E_OK)
    code = url_copy(&pager->here.url, options->url, err);
  if (code != E_OK || options->body == NULL)
    return code;
  pager->body = mem_copy(options->body, options->body_len);
  pager->body_len = options->body_len;
  return pager->body != NULL ? E_OK : err_nomem(err);
}

/* The media type without its parameters. */
static bool type_ends(const char *type, const char *want)
{
  size_t len = type != NULL ? strcspn(type, "; \t") : 0;
  size_t want_len = strlen(want);

  return len >= want_len &&
         strncasecmp(type + len - want_len, want, want_len) == 0;
}

bool page_body_is_form(const struct pager *pager)
{
  return pager->body != NULL &&
         type_ends(pager->body_type, "x-www-form-urlencoded");
}

bool page_body_is_json(const struct pager *pager)
{
  return pager->body != NULL && type_ends(pager->body_type, "json");
}

/* The query that is sent declares the variable. */
static bool query_takes(const struct pager *pager, const char *variable)
{
  size_t len = strlen(variable);

  if (!page_body_is_json(pager))
    return false;
  for (const char *at = pager->body; (at = strchr(at, '$')) != NULL; at++) {
    char behind;

    if (strncmp(at + 1, variable, len) != 0)
      continue;
    behind = at[1 + len];
    if (behind == '\0' || strchr(" :,)=!\\", behind) != NULL)
      return true;
  }
  return false;
}

/* What can be said before anything is sent. */
static enum code settle(struct pager *pager, struct err *err)
{
  const char *variable = pager->param != NULL ? pager->param : "endCursor";
  enum code code = E_OK;

  if (pager->style == PAGE_AUTO && pager->pointer == NULL &&
      query_takes(pager, variable))
    pager->style = PAGE_GRAPHQL;
  pager->decided = pager->style == PAGE_OFF || pager->style == PAGE_LINK ||
                   pager->style == PAGE_GRAPHQL;
  if (pager->style == PAGE_CURSOR && pager->pointer != NULL &&
      pager->param == NULL && page_sign_param(pager->pointer) == NULL) {
    code = err_set(err, E_USAGE,
                   "the cursor at '%s' goes into a parameter that is not known",
                   pager->pointer);
    err_hint(err, "--next PARAMETER=%s", pager->pointer);
    return code;
  }
  if (pager->style != PAGE_GRAPHQL)
    return E_OK;
  if (!query_takes(pager, variable)) {
    code = err_set(err, E_USAGE,
                   "the pages of a GraphQL query need one that takes $%s, in a "
                   "body of JSON",
                   variable);
    err_hint(err,
             "query='query($%s: String) { items(first: 100, after: $%s) { "
             "nodes { id } pageInfo { hasNextPage endCursor } } }'",
             variable, variable);
    return code;
  }
  return pager->param != NULL ? E_OK : page_copy(&pager->param, variable, err);
}

enum code pager_new(struct pager **ret_pager,
                    const struct page_options *options, struct err *err)
{
  AUTO(pager) pager = mem_zalloc(sizeof *pager);
  enum code code;

  if (pager == NULL)
    return err_nomem(err);
  pager->own = SIZE_MAX;
  buf_init(&pager->text, 2 * BUF_BODY);
  code = copy_options(pager, options, err);
  if (code == E_OK)
    code = settle(pager, err);
  if (code != E_OK)
    return code;
  *ret_pager = pager;
  pager = NULL;
  return E_OK;
}

/* --- an answer ------------------------------------------------------------
 */

/* Whether a row of the table matters: all that the style may need until it is
 * settled, then what its pages say. */
static bool matters(const struct pager *pager, const struct sign *sign)
{
  bool open = !pager->decided;
  bool any = pager->style == PAGE_AUTO;

  switch (sign->role) {
  case SIGN_URL:
    return open && (any || pager->style == PAGE_NEXT) && pager->pointer == NULL;
  case SIGN_CURSOR:
    return open && (any || pager->style == PAGE_CURSOR) &&
           pager->pointer == NULL;
  case SIGN_MORE:
  case SIGN_DONE:
    return pager->style != PAGE_LINK;
  case SIGN_PAGES:
    return any || pager->style == PAGE_PAGE;
  case SIGN_PAGE:
    return open && (any || pager->style == PAGE_PAGE);
  case SIGN_OFFSET:
    return open && (any || pager->style == PAGE_OFFSET ||
                    (pager->style == PAGE_CURSOR && pager->pointer == NULL));
  case SIGN_TOTAL:
  case SIGN_LIMIT:
    return any || pager->style == PAGE_OFFSET;
  }
  return false;
}

static enum code start_watch(struct pager *pager, struct err *err)
{
  const char *pointers[WATCH_MAX];
  size_t count = 0;

  pager->own = SIZE_MAX;
  if (pager->pointer != NULL) {
    pager->own = count;
    pointers[count++] = pager->pointer;
  }
  for (size_t i = 0; i < page_signs_count && pager->style != PAGE_OFF &&
                     pager->style != PAGE_GRAPHQL;
       i++) {
    if (!matters(pager, &page_signs[i]) ||
        (pager->pointer != NULL &&
         strcmp(page_signs[i].pointer, pager->pointer) == 0))
      continue;
    pager->signs[count] = i;
    pointers[count++] = page_signs[i].pointer;
  }
  pager->signs_count = count;
  return watch_new(&pager->watch, pointers, count, pager->style == PAGE_GRAPHQL,
                   err);
}

enum code pager_head(struct pager *pager, const struct url *from,
                     const struct headers *headers, struct err *err)
{
  enum code code;

  forget_answer(pager);
  pager->hash = PAGE_HASH;
  code = url_copy(&pager->from, from, err);
  if (code == E_OK)
    code = link_read(&pager->links, headers, from, err);
  if (code == E_OK)
    code =
        page_copy(&pager->next_page, headers_get(headers, "X-Next-Page"), err);
  if (code == E_OK)
    code = page_copy(&pager->total_pages, headers_get(headers, "X-Total-Pages"),
                     err);
  if (code == E_OK)
    code = page_copy(&pager->total_count, headers_get(headers, "X-Total-Count"),
                     err);
  return code == E_OK ? start_watch(pager, err) : code;
}

uint64_t page_hash(uint64_t hash, const void *bytes, size_t len)
{
  const unsigned char *at = bytes;

  for (size_t i = 0; i < len; i++)
    hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
  return hash;
}

static bool tells_repeats(const struct pager *pager)
{
  return pager->style != PAGE_LINK && pager->style != PAGE_NEXT &&
         pager->style != PAGE_OFF;
}

enum code pager_body(struct pager *pager, const void *bytes, size_t len,
                     struct err *err)
{
  if (tells_repeats(pager))
    pager->hash = page_hash(pager->hash, bytes, len);
  return watch_feed(pager->watch, bytes, len, err);
}

enum code pager_whole(struct pager *pager, struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  enum code code = watch_end(pager->watch, err);

  if (code != E_OK || !pager->with_before || !tells_repeats(pager) ||
      pager->hash != pager->hash_before)
    return code;
  code = err_set(err, E_ANSWER,
                 "%s is the very page before it once more: '%s' leads nowhere "
                 "there",
                 redact_shown(&shown, pager->here.url->text), pager->param);
  err_hint(err, "--paginate=link|next|cursor|page|offset names another way, "
                "--next PARAMETER=/POINTER another parameter");
  return code;
}

const char *pager_items(const struct pager *pager)
{
  struct watch_page_info info;

  if (pager->style != PAGE_GRAPHQL || pager->watch == NULL ||
      !watch_page_info(pager->watch, &info))
    return NULL;
  return info.items;
}
