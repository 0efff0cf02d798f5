/* A run over pages: one after another until none follows, a cap is reached or
 * something goes wrong. However it ends, what was written is closed, so that it
 * is valid JSON, and with --resume the checkpoint says where to go on. */
#include "cmd/request_pages.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "http/redact.h"

#include <string.h>

static void pages_clear(struct pages *pages)
{
  pages_drop_ahead(pages);
  fetch_free(pages->now);
  pages->now = NULL;
  output_free(pages->output);
  merge_free(pages->merge);
  refusal_free(pages->refusal);
  pager_free(pages->pager);
  buf_clear(&pages->body);
  buf_clear(&pages->out);
  checkpoint_clear(&pages->begun);
  mem_free(pages->hash);
  request_link_clear(&pages->link);
}
#define AUTO_PAGES __attribute__((cleanup(pages_clear)))

/* --- where to go on -------------------------------------------------------
 */

static enum code write_checkpoint(struct pages *pages,
                                  const struct page_place *place, int64_t skip,
                                  struct err *err)
{
  const struct request *request = pages->request;
  struct checkpoint point = {
      .method = request->method,
      .url = request->url->text,
      .body_hash = pages->hash,
      .place = *place,
      .skip = skip,
      .pages = pages->begun.pages + pages->done - (skip > 0 && pages->done > 0),
      .written = pages->begun.written,
  };

  if (request->options->resume == NULL || place->url == NULL)
    return E_OK;
  if (pages->merge != NULL) {
    point.items = merge_where(pages->merge);
    point.written += merge_items(pages->merge);
  }
  if (point.items == NULL)
    point.items = pages->items;
  return checkpoint_write(&point, request->options->resume, err);
}

/* Behind a failure: in the middle of a page that was not held, or behind one
 * whose next could not be found. */
static void note_place(struct pages *pages, bool turned)
{
  struct page_place here = pager_here(pages->pager);
  struct err failed = ERR_INIT;
  int64_t out = pages_out(pages);

  if (pages->request->options->slurp || (!turned && out == pages->skip) ||
      (out == 0 && pages->done == 0))
    return;
  if (pages_write_out(pages, &failed) != E_OK || ui_flush(&failed) != E_OK ||
      write_checkpoint(pages, &here, out, &failed) != E_OK)
    log_warn("%s", failed.message);
}

static void hint_place(const struct pages *pages, struct err *err)
{
  const char *resume = pages->request->options->resume;
  struct file_stamp stamp;

  if (resume == NULL)
    return;
  file_stamp(&stamp, resume);
  if (stamp.text[0] != '\0')
    err_hint(err, "the same command goes on there: %s says where", resume);
}

/* --- caps ------------------------------------------------------------------
 */

/* *ret_stop: a cap is reached; E_INCOMPLETE when there was more. */
static enum code check_caps(struct pages *pages, bool *ret_stop,
                            struct err *err)
{
  const struct request_options *o = pages->request->options;
  bool more = pager_more(pages->pager);
  bool left_out = pages_left_out(pages);
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  bool full = pages->merge != NULL && merge_full(pages->merge);
  bool enough = o->max_pages > 0 && pages->done >= o->max_pages;

  *ret_stop = full || enough;
  if (!*ret_stop || (!more && !left_out))
    return E_OK;
  if (left_out)
    (void)err_set(err, E_INCOMPLETE,
                  "stopped after %lld items (--max-items), in the middle of %s",
                  (long long)merge_items(pages->merge),
                  redact_shown(&shown, pager_here_url(pages->pager)->text));
  else
    (void)err_set(err, E_INCOMPLETE,
                  "stopped after %lld %s (--max-%s); the next page is %s",
                  (long long)(full ? merge_items(pages->merge) : pages->done),
                  full ? "items" : "pages", full ? "items" : "pages",
                  redact_shown(&shown, pager_url(pages->pager)->text));
  if (o->resume == NULL)
    err_hint(err, "with --resume FILE another run goes on there");
  return E_INCOMPLETE;
}

/* --- the run ----------------------------------------------------------------
 */

/* A page that did not come to its end. */
static enum code broken(struct pages *pages, struct fetch *fetch,
                        struct err *err)
{
  bool stop;
  enum code code;

  if (fetch->capped) {
    code = check_caps(pages, &stop, err);
    note_place(pages, false);
    return code;
  }
  *err = fetch->err;
  if (fetch->refused)
    pages_complain(pages, fetch);
  if (err->code != E_OUTPUT)
    note_place(pages, false);
  return fetch->code;
}

/* The page is out, and what follows is known. */
static enum code step(struct pages *pages, bool *ret_stop, struct err *err)
{
  struct page_place here = pager_here(pages->pager);
  struct page_place there = pager_there(pages->pager);
  struct err failed = ERR_INIT;
  bool left_out = pages_left_out(pages);
  enum code capped, code = E_OK;

  pages->done++;
  capped = check_caps(pages, ret_stop, err);
  if (left_out)
    code = write_checkpoint(pages, &here, pages_out(pages), &failed);
  else if (pager_more(pages->pager))
    code = write_checkpoint(pages, &there, 0, &failed);
  if (code != E_OK && capped == E_OK)
    *err = failed;
  if (capped != E_OK || code != E_OK)
    return capped != E_OK ? capped : code;
  *ret_stop = *ret_stop || !pager_more(pages->pager);
  if (*ret_stop) {
    pages->ended = true;
    return pager_complete(pages->pager, err);
  }
  code = pages_look_ahead(pages, err);
  pager_advance(pages->pager);
  pages->skip = 0;
  pages->before = pages->merge != NULL ? merge_items(pages->merge) : 0;
  return code;
}

static enum code one_page(struct pages *pages, bool *ret_stop, struct err *err)
{
  enum code code = pages_fetch(pages, err);

  if (code == E_OK)
    code = pages_await(pages, err);
  if (code != E_OK) {
    if (pages->now != NULL && pages->now->released)
      note_place(pages, false);
    return code;
  }
  if (pages->now->code != E_OK)
    return broken(pages, pages->now, err);
  pages->bytes += (int64_t)pages->now->held.len;
  code = pages_take(pages, err);
  if (code != E_OK) {
    if (code != E_OUTPUT && code != E_NOMEM)
      note_place(pages, true);
    return code;
  }
  output_progress(pages->output, 0, -1, pages->bytes, -1);
  return step(pages, ret_stop, err);
}

/* Closes what was written. code: what the run came to. */
static enum code finish(struct pages *pages, enum code code, struct err *err)
{
  const char *resume = pages->request->options->resume;
  bool keep = code == E_OK || code == E_INCOMPLETE;
  AUTO_STR char *message = NULL;
  struct err failed = ERR_INIT;
  bool refused = false;
  enum code closed = E_OK;

  if (pages->merge != NULL)
    closed = merge_end(pages->merge, &failed);
  if (pages->output_begun && closed == E_OK)
    closed = pages_write_out(pages, &failed);
  if (pages->output_begun && closed == E_OK && keep)
    closed = output_end(pages->output, &refused, &message, &failed);
  else
    output_abort(pages->output);
  if (closed == E_OK)
    closed = ui_flush(&failed);
  if (closed == E_OK && pages->ended && resume != NULL)
    closed = file_remove(resume, E_OUTPUT, &failed);
  if (code != E_OK)
    return code;
  if (closed != E_OK)
    *err = failed;
  return closed;
}

static enum code run(struct pages *pages, struct err *err)
{
  bool stop = false;
  enum code code = E_OK;

  while (code == E_OK && !stop)
    code = one_page(pages, &stop, err);
  pages_drop_ahead(pages);
  code = finish(pages, code, err);
  trace_count(pages->request->trace, "pages", pages->done);
  if (pages->merge != NULL)
    trace_count(pages->request->trace, "items", merge_items(pages->merge));
  if (code != E_OK)
    hint_place(pages, err);
  else
    log_line(LOG_VERBOSE, "%lld pages, style %s", (long long)pages->done,
             page_style_name(pager_style(pages->pager)));
  return code;
}

enum code request_pages(struct ctx *ctx, struct request *request,
                        struct err *err)
{
  AUTO_PAGES struct pages pages = {
      .ctx = ctx, .request = request, .shown = *request, .err = err};
  enum code code;

  buf_init(&pages.body, BUF_BODY);
  buf_init(&pages.out, PAGES_HELD);
  pages.shown.foreign = true;
  code = pages_plan(&pages, err);
  if (code == E_OK)
    code = request_retry_policy(request, &pages.retry, err);
  if (code == E_OK)
    code = request_open(ctx, request, &pages.link, err);
  if (code == E_OK)
    code = output_new(&pages.output, &pages.shown, err);
  if (code == E_OK)
    code = request_authorize(&pages.link, request, err);
  if (code == E_OK)
    code = output_ready(pages.output, err);
  if (code != E_OK)
    return code;
  if (pages.resumed)
    log_line(LOG_VERBOSE, "goes on at %s, behind %lld pages",
             pager_here_url(pages.pager)->text, (long long)pages.begun.pages);
  return run(&pages, err);
}
