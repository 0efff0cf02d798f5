/* One page on its way to the output: looked at for what follows it, merged with
 * the others, held until it is whole unless it is too long for that. */
#include "cmd/request_pages.h"

#include "api/quote.h"
#include "api/scan.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "http/redact.h"

#include <string.h>

enum { OUT_MAX = 64 * 1024 };

static const struct request_options *options_of(const struct pages *pages)
{
  return pages->request->options;
}

/* --- the profile's api_error ----------------------------------------------
 */

static enum code watch_start(struct pages *pages, struct err *err)
{
  const struct request *request = pages->request;

  refusal_free(pages->refusal);
  return refusal_new(&pages->refusal,
                     request->foreign ? NULL : request->selection.profile, err);
}

static enum code refuse(const struct pages *pages, const struct fetch *fetch,
                        struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(2 * BUF_URL);
  AUTO_STR char *message = refusal_message(pages->refusal);

  return request_refused(pages->request->method,
                         redact_shown(&shown, fetch->url->text),
                         fetch->answer.status, message, err);
}

/* --- what a failure answers -----------------------------------------------
 */

void pages_complain(struct pages *pages, const struct fetch *fetch)
{
  struct request_options options = *options_of(pages);
  struct request request = *pages->request;
  AUTO(output) output = NULL;
  AUTO_STR char *message = NULL;
  struct err ignored = ERR_INIT;
  bool refused;

  options.output = options.pointer = options.jq = options.continue_at = NULL;
  options.remote_name = options.remote_header_name = options.raw_output = false;
  request.file = NULL;
  options.include = options.include && !pages->output_begun;
  request.options = &options;
  if (output_new(&output, &request, &ignored) != E_OK)
    return;
  output_start(output);
  if (output_head(output, &fetch->answer, &ignored) == E_OK &&
      output_body(output, buf_text(&fetch->held), fetch->held.len, &ignored) ==
          E_OK)
    IGNORE(output_end(output, &refused, &message, &ignored));
}

/* --- the output ------------------------------------------------------------
 */

static enum code write(void *user, const void *bytes, size_t len,
                       struct err *err)
{
  struct pages *pages = user;
  enum code code = E_OK;

  if (len > OUT_MAX - pages->out.len)
    code = pages_write_out(pages, err);
  if (code == E_OK && len > OUT_MAX)
    return output_body(pages->output, bytes, len, err);
  buf_put(&pages->out, bytes, len);
  return code == E_OK ? buf_check(&pages->out, err) : code;
}

enum code pages_write_out(struct pages *pages, struct err *err)
{
  enum code code = E_OK;

  if (pages->out.len > 0)
    code = output_body(pages->output, pages->out.data, pages->out.len, err);
  buf_truncate(&pages->out, 0);
  return code;
}

/* --format ndjson: merging gives the lines, but for what a filter or --slurp
 * makes of the whole. */
static bool wants_lines(const struct request_options *o)
{
  return request_form(o) == FORM_LINES && o->jq == NULL && o->pointer == NULL &&
         !o->slurp;
}

/* The first page decides what the whole looks like. */
static enum code open_output(struct pages *pages, struct fetch *fetch,
                             struct err *err)
{
  const struct request_options *o = options_of(pages);
  struct headers *headers = &fetch->answer.headers;
  const char *found = pager_items(pages->pager);
  struct merge_options options = {
      .form = o->slurp ? MERGE_SLURP : MERGE_DOCUMENT,
      .items = pages->items != NULL ? pages->items : found,
      .max_items = o->max_items > 0 ? o->max_items : 0,
      .rows = present_is_rows(headers_get(headers, "Content-Type")),
      .sink = {.write = write, .user = pages},
  };
  enum code code = E_OK;

  if (pages->merge != NULL)
    return E_OK;
  if (options.items == NULL && pager_style(pages->pager) == PAGE_GRAPHQL) {
    code = err_set(err, E_ANSWER,
                   "where the items of the GraphQL answer are is not known: no "
                   "nodes or edges stand beside its pageInfo");
    err_hint(err, "--items /data/...");
    return code;
  }
  if (wants_lines(o)) {
    options.form = MERGE_LINES;
    code = headers_set(headers, "Content-Type", "application/x-ndjson", err);
  }
  if (code == E_OK)
    code = merge_new(&pages->merge, &options, err);
  if (code != E_OK)
    return code;
  output_start(pages->output);
  pages->output_begun = true;
  return output_head(pages->output, &fetch->answer, err);
}

/* --- a page ----------------------------------------------------------------
 */

int64_t pages_out(const struct pages *pages)
{
  return pages->merge == NULL
             ? pages->skip
             : pages->skip + merge_items(pages->merge) - pages->before;
}

bool pages_left_out(const struct pages *pages)
{
  return pages->merge != NULL && !options_of(pages)->slurp &&
         merge_full(pages->merge) &&
         merge_page_items(pages->merge) > pages_out(pages);
}

static enum code begin(struct pages *pages, struct fetch *fetch,
                       struct err *err)
{
  enum code code = open_output(pages, fetch, err);

  if (code != E_OK)
    return code;
  pages->before = merge_items(pages->merge);
  return merge_page(pages->merge, pages->skip, err);
}

static enum code look(struct pages *pages, const void *bytes, size_t len,
                      struct err *err)
{
  enum code code = pager_body(pages->pager, bytes, len, err);

  return code == E_OK ? refusal_feed(pages->refusal, bytes, len, err) : code;
}

static enum code look_at_head(struct pages *pages, struct fetch *fetch,
                              struct err *err)
{
  enum code code =
      pager_head(pages->pager, fetch->from, &fetch->answer.headers, err);

  if (code == E_OK)
    code = watch_start(pages, err);
  return code == E_OK
             ? look(pages, buf_text(&fetch->held), fetch->held.len, err)
             : code;
}

enum code pages_release(struct pages *pages, struct fetch *fetch,
                        struct err *err)
{
  enum code code = look_at_head(pages, fetch, err);

  if (code == E_OK && refusal_is(pages->refusal))
    code = refuse(pages, fetch, err);
  if (code == E_OK)
    code = begin(pages, fetch, err);
  if (code != E_OK)
    return code;
  fetch->released = true;
  code = merge_feed(pages->merge, buf_text(&fetch->held), fetch->held.len, err);
  buf_clear(&fetch->held);
  return code;
}

enum code pages_bytes(struct pages *pages, struct fetch *fetch,
                      const void *bytes, size_t len, struct err *err)
{
  enum code code = look(pages, bytes, len, err);

  if (code == E_OK)
    code = merge_feed(pages->merge, bytes, len, err);
  if (code == E_OK)
    code = pages_write_out(pages, err);
  if (code != E_OK || !pages_left_out(pages))
    return code;
  fetch->capped = true;
  return err_set(err, E_INCOMPLETE, "enough of it is there");
}

/* Nothing is in it: 204, and 304 to a condition. */
static bool is_bare(const struct fetch *fetch)
{
  return !fetch->released && fetch->held.len == 0 &&
         (fetch->answer.status == 204 || fetch->answer.status == 304);
}

/* A page that was held until it is whole. */
static enum code take_held(struct pages *pages, struct fetch *fetch,
                           struct err *err)
{
  enum code code = look_at_head(pages, fetch, err);

  if (code == E_OK)
    code = pager_whole(pages->pager, err);
  if (code == E_OK && refusal_is(pages->refusal)) {
    code = refuse(pages, fetch, err);
    pages_complain(pages, fetch);
  }
  if (code != E_OK || is_bare(fetch))
    return code;
  code = pages_ask_early(pages, err);
  if (code == E_OK)
    code = begin(pages, fetch, err);
  if (code == E_OK)
    code =
        merge_feed(pages->merge, buf_text(&fetch->held), fetch->held.len, err);
  return code == E_OK ? merge_page_end(pages->merge, err) : code;
}

static enum code take_rest(struct pages *pages, struct fetch *fetch,
                           struct err *err)
{
  enum code code = pager_whole(pages->pager, err);

  if (code == E_OK)
    code = merge_page_end(pages->merge, err);
  return code == E_OK && refusal_is(pages->refusal) ? refuse(pages, fetch, err)
                                                    : code;
}

enum code pages_take(struct pages *pages, struct err *err)
{
  struct fetch *fetch = pages->now;
  int64_t items;
  enum code code = fetch->released ? take_rest(pages, fetch, err)
                                   : take_held(pages, fetch, err);

  if (code == E_OK && pages->output_begun)
    code = pages_write_out(pages, err);
  if (code == E_OK && pages->output_begun)
    code = ui_flush(err);
  if (code != E_OK)
    return code;
  items = pages->merge != NULL && !is_bare(fetch)
              ? merge_page_items(pages->merge)
              : 0;
  return pager_turn(pages->pager, items, err);
}
