/* The rules for a run over pages: what the command line says of them, else the
 * profile. */
#include "cmd/request_pages.h"

#include "api/retry.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "profile/form.h"

#include <string.h>

/* --- what excludes what --------------------------------------------------- */

static enum code needs_paginate(const struct request_options *o,
                                struct err *err)
{
  const struct {
    const char *name;
    bool given;
  } options[] = {
      {"--items", o->items != NULL},
      {"--next", o->next != NULL},
      {"--max-pages", o->max_pages >= 0},
      {"--max-items", o->max_items >= 0},
      {"--slurp", o->slurp},
      {"--resume", o->resume != NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(options); i++) {
    if (options[i].given)
      return err_set(err, E_USAGE, "%s goes with --paginate", options[i].name);
  }
  return E_OK;
}

static enum code check_place(const char *option, const char *pointer,
                             struct err *err)
{
  enum code code;

  if (json_pointer_valid(pointer) && *pointer == '/')
    return E_OK;
  code = err_set(err, E_USAGE, "%s: '%s' is no JSON pointer", option, pointer);
  err_hint(err, "a pointer begins with '/': /data/items");
  return code;
}

static enum code check_values(const struct request_options *o, struct err *err)
{
  const char *slash = o->next != NULL ? strchr(o->next, '/') : NULL;
  enum code code = E_OK;

  if (*o->paginate != '\0' && form_word(PAGE_STYLES, o->paginate) < 0)
    return err_set(err, E_USAGE, "--paginate: '%s' is none of %s", o->paginate,
                   PAGE_STYLES);
  if (o->max_pages == 0 || o->max_items == 0)
    return err_set(err, E_USAGE, "--%s must be at least 1",
                   o->max_pages == 0 ? "max-pages" : "max-items");
  if (o->next != NULL &&
      (slash == NULL || (slash > o->next && slash[-1] != '=') ||
       slash == o->next + 1))
    code = check_place("--next", o->next, err);
  else if (slash != NULL)
    code = check_place("--next", slash, err);
  if (code == E_OK && o->items != NULL && *o->items != '\0')
    code = check_place("--items", o->items, err);
  return code;
}

enum code request_check_pages(const struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  const struct {
    const char *name;
    bool given;
  } others[] = {
      {"-I", o->head},
      {"--raw", o->raw},
      {"--curl", o->curl},
      {"--sse", o->sse},
      {"--wait-for", o->wait_for != NULL},
      {"-C", o->continue_at != NULL},
      /* one key for all pages would give the first again and again */
      {"--idempotency-key", o->idempotency_key != NULL},
  };

  if (o->paginate == NULL)
    return needs_paginate(o, err);
  for (size_t i = 0; i < ARRAY_LEN(others); i++) {
    if (others[i].given)
      return err_set(err, E_USAGE, "%s and --paginate exclude each other",
                     others[i].name);
  }
  if (o->resume != NULL && (o->output != NULL || o->remote_name)) {
    enum code code = err_set(
        err, E_USAGE,
        "--resume and %s exclude each other: the file would be replaced by "
        "what each run adds",
        o->output != NULL ? "-o" : "-O");
    err_hint(err, "fob request ... --resume STATE >>FILE");
    return code;
  }
  return check_values(o, err);
}

/* --- the rules ------------------------------------------------------------
 */

static const json_t *profile_rules(const struct request *request)
{
  const struct profile *profile = request->selection.profile;

  return profile != NULL && !request->foreign
             ? json_object_get(profile->json, "pagination")
             : NULL;
}

static enum page_style style_of(const char *word)
{
  int index = word != NULL ? form_word(PAGE_STYLES, word) : -1;

  return index >= 0 ? (enum page_style)index : PAGE_AUTO;
}

/* A style that the command line names has nothing of the profile's other
 * one. */
static enum code take_rules(struct pages *pages, struct page_options *options,
                            char **ret_param, struct err *err)
{
  const struct request_options *o = pages->request->options;
  const json_t *profile = profile_rules(pages->request);
  enum page_style own = style_of(json_text(profile, "style"));
  const char *items = json_text(profile, "items");

  options->style = *o->paginate != '\0' ? style_of(o->paginate) : own;
  if (options->style == own && o->next == NULL) {
    options->next = json_text(profile, "next");
    options->param = json_text(profile, "param");
  }
  if (o->next != NULL) {
    options->next = strchr(o->next, '/');
    if (options->next > o->next) {
      *ret_param = mem_copy(o->next, (size_t)(options->next - o->next) - 1);
      if (*ret_param == NULL)
        return err_nomem(err);
      options->param = *ret_param;
    }
    /* The profile's style is about its own pointer. */
    if (*o->paginate == '\0' && own != PAGE_NEXT && own != PAGE_CURSOR)
      options->style = PAGE_AUTO;
  }
  pages->items = o->items != NULL ? o->items : items;
  return E_OK;
}

static enum code check_method(const struct request *request, struct err *err)
{
  if (strcmp(request->method, "HEAD") != 0 &&
      (http_method_is_safe(request->method) ||
       strcmp(request->method, "POST") == 0))
    return E_OK;
  return err_set(err, E_USAGE, "--paginate is for reading, not for %s",
                 request->method);
}

/* -Z: as many at a time, at most as there are places; 1: none ahead. */
static enum code take_parallel(struct pages *pages, struct err *err)
{
  const char *given = pages->request->options->parallel;
  uint64_t number = PAGES_AHEAD;

  if (given != NULL && *given != '\0' &&
      (!num_parse(given, UINT32_MAX, &number) || number == 0))
    return err_set(err, E_USAGE, "--parallel takes a number from 1 on");
  pages->most = number == 1            ? 0
                : number > PAGES_AHEAD ? PAGES_AHEAD
                                       : (size_t)number;
  return E_OK;
}

/* A body that is a file is read, since each page's has another cursor. */
static enum code read_body(struct pages *pages, struct page_options *options,
                           struct err *err)
{
  struct body *body = pages->request->body;
  struct http_body source = {0};
  enum code code = E_OK;

  if (body == NULL)
    return E_OK;
  if (!body_can_repeat(body))
    return err_set(err, E_USAGE,
                   "--paginate needs a body that can be sent for each page");
  options->body_type = body_type(body);
  options->body = body_bytes(body, &options->body_len);
  if (options->body != NULL || body_len(body) > BUF_BODY)
    return E_OK;
  body_source(body, &source);
  if (source.rewind != NULL)
    code = source.rewind(source.user, err);
  for (int64_t got = 1; code == E_OK && got > 0 && source.read != NULL;) {
    char *room = buf_room(&pages->body, BUF_LINE);

    if (room == NULL)
      break;
    got = source.read(source.user, room, BUF_LINE, err);
    if (got < 0)
      code = err->code;
    else
      buf_grown(&pages->body, (size_t)got);
  }
  if (code == E_OK)
    code = buf_check(&pages->body, err);
  options->body = buf_text(&pages->body);
  options->body_len = pages->body.len;
  return code;
}

/* --- the checkpoint -------------------------------------------------------
 */

static enum code go_on(struct pages *pages, const struct page_options *options,
                       struct err *err)
{
  const char *path = pages->request->options->resume;
  struct checkpoint *begun = &pages->begun;
  enum code code;

  if (path == NULL)
    return E_OK;
  code = checkpoint_hash(&pages->hash, options->body, options->body_len, err);
  if (code != E_OK)
    return code;
  code = checkpoint_read(begun, path, err);
  if (code == E_NOT_FOUND) {
    err_clear(err);
    return E_OK;
  }
  if (code == E_OK)
    code = checkpoint_check(begun, path, pages->request->method,
                            pages->request->url->text, pages->hash, err);
  if (code == E_OK)
    code = pager_begin_at(pages->pager, &begun->place, err);
  if (code != E_OK)
    return code;
  pages->resumed = true;
  pages->skip = begun->skip;
  if (begun->items != NULL)
    pages->items = begun->items;
  return E_OK;
}

enum code pages_plan(struct pages *pages, struct err *err)
{
  const struct request *request = pages->request;
  const struct profile *profile = request->selection.profile;
  struct page_options options = {.method = request->method,
                                 .url = request->url};
  AUTO_STR char *param = NULL;
  enum code code = check_method(request, err);

  if (profile != NULL && profile->auth.in == AUTH_QUERY)
    options.secret_param = profile->auth.name;
  if (code == E_OK)
    code = take_parallel(pages, err);
  if (code == E_OK)
    code = take_rules(pages, &options, &param, err);
  if (code == E_OK)
    code = read_body(pages, &options, err);
  if (code == E_OK)
    code = pager_new(&pages->pager, &options, err);
  return code == E_OK ? go_on(pages, &options, err) : code;
}
