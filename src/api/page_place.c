/* A page said in a few words, for another process to go on with. */
#include "api/page_part.h"

#include "base/mem.h"
#include "http/redact.h"

#include <string.h>

static struct page_place place_of(const struct pager *pager,
                                  const struct page_spot *spot)
{
  return (struct page_place){
      .style = pager->style,
      .next = pager->pointer,
      .param = pager->param,
      .url = spot->url != NULL ? spot->url->text : NULL,
      .cursor = spot->cursor,
      .number = spot->number,
  };
}

struct page_place pager_here(const struct pager *pager)
{
  return place_of(pager, &pager->here);
}

struct page_place pager_there(const struct pager *pager)
{
  return place_of(pager, &pager->next);
}

/* The style is settled as far as the first page had it settled. */
static enum code take_place(struct pager *pager, const struct page_place *place,
                            struct err *err)
{
  enum code code = E_OK;

  pager->style = place->style;
  pager->decided = place->style != PAGE_AUTO;
  pager->base = 1;
  if (place->next != NULL) {
    mem_free(pager->pointer);
    code = page_copy(&pager->pointer, place->next, err);
  }
  if (code == E_OK && place->param != NULL) {
    mem_free(pager->param);
    code = page_copy(&pager->param, place->param, err);
  }
  if (code == E_OK && place->cursor != NULL)
    code = page_copy(&pager->here.cursor, place->cursor, err);
  pager->here.number = place->number;
  if (code == E_OK && pager->style == PAGE_OFFSET && pager->param != NULL)
    pager->base = page_offset_base(pager->param);
  return code;
}

enum code pager_begin_at(struct pager *pager, const struct page_place *place,
                         struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  AUTO(url) url = NULL;
  enum code code =
      url_parse(&url, place->url, URL_PLAIN, E_USAGE, "the page", err);

  if (code != E_OK)
    return code;
  if (strcmp(url->origin, pager->origin) != 0)
    return err_set(err, E_USAGE, "the page %s is of another origin than %s",
                   redact_shown(&shown, url->text), pager->origin);
  page_spot_clear(&pager->here);
  pager->here.url = url;
  url = NULL;
  code = take_place(pager, place, err);
  if (code == E_OK && pager->here.cursor != NULL &&
      (pager->param == NULL || page_in(pager) == IN_QUERY))
    code = err_set(err, E_USAGE, "the page has a cursor, and no body for it");
  return code;
}

const struct url *pager_here_url(const struct pager *pager)
{
  return pager->here.url;
}

enum code pager_here_text(const struct pager *pager, char **ret_text,
                          size_t *ret_len, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_BODY);
  enum code code;

  *ret_text = NULL;
  if (pager->here.cursor == NULL)
    return E_OK;
  code = page_put_text(pager, &pager->here, &text, err);
  return code == E_OK ? buf_detach(&text, ret_text, ret_len, err) : code;
}
