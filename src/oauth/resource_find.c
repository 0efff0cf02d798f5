/* Where an API's metadata is looked for. A 401 that names it makes a promise:
 * what is there must be sound. The well-known places are guesses: a site that
 * answers them with a page, as it does everything, has none. */
#include "oauth/resource.h"

#include "base/log.h"
#include "base/mem.h"

#include <string.h>

static const char well_known[] = "/.well-known/oauth-protected-resource";

void resource_trace_clear(struct resource_trace *trace)
{
  mem_free(trace->meant);
  *trace = (struct resource_trace){0};
}

enum code resource_place(char **ret_place, const struct url *url,
                         struct err *err)
{
  const char *path = strcmp(url->path, "/") == 0 ? "" : url->path;

  *ret_place = mem_printf("%s%s%s", url->origin, well_known, path);
  return *ret_place ? E_OK : err_nomem(err);
}

/* --- one place --------------------------------------------------------- */

static enum code bad_status(int status, bool promised, const char *place,
                            struct err *err)
{
  if (status == 429)
    return err_set(err, E_RATE, "'%s' answers 429: too many requests", place);
  if (promised && status >= 500)
    return err_set(err, E_ISSUER_5XX, "'%s' answers %d", place, status);
  if (promised)
    return err_set(err, E_ANSWER,
                   "'%s', which the API names as its metadata, answers %d",
                   place, status);
  return err_set(err, E_NOT_FOUND, "'%s' answers %d", place, status);
}

static bool is_object(const struct buf *body)
{
  const char *text = buf_text(body);

  return text[strspn(text, " \t\r\n")] == '{';
}

static enum code fetch(struct resource **ret_resource, struct http *http,
                       const struct url *asked, const struct url *place,
                       bool promised, struct resource_trace *trace,
                       struct err *err)
{
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code = http_document(http, place, &answer, &body, err);

  if (code != E_OK)
    return code;
  log_line(LOG_VERBOSE, "the API's metadata: %s answers %d", place->text,
           answer.status);
  if (answer.status != 200)
    return bad_status(answer.status, promised, place->text, err);
  if (!promised && !is_object(&body))
    return err_set(err, E_NOT_FOUND, "'%s' is not metadata", place->text);
  return resource_read(ret_resource, buf_text(&body), body.len, asked,
                       place->text, &trace->meant, err);
}

/* --- what the API says ------------------------------------------------- */

/* §5.1: the parameter may stand in a challenge of any scheme. */
static enum code find_parameter(char **ret_value, const struct headers *headers,
                                struct err *err)
{
  static const char *const schemes[] = {"Bearer", "DPoP"};
  enum code code = E_OK;

  *ret_value = NULL;
  for (size_t i = 0; i < ARRAY_LEN(schemes) && code == E_OK && !*ret_value; i++)
    code = header_challenge(ret_value, headers, schemes[i], "resource_metadata",
                            err);
  return code;
}

/* *ret_place: NULL when the API names none. */
static enum code ask(struct url **ret_place, struct http *http,
                     const struct url *url, struct resource_trace *trace,
                     struct err *err)
{
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_STR char *named = NULL;
  AUTO(url) place = NULL;
  enum code code = http_probe(http, url, &answer, err);

  if (code != E_OK)
    return code;
  log_line(LOG_VERBOSE, "%s answers %d without a credential", url->text,
           answer.status);
  trace->is_api = answer.status == 401;
  if (!trace->is_api)
    return E_OK;
  code = find_parameter(&named, &answer.headers, err);
  if (code != E_OK || !named)
    return code;
  code =
      url_parse(&place, named, URL_PLAIN, E_ANSWER, "resource_metadata", err);
  if (code != E_OK)
    return code;
  if (!url_same_origin(place, url))
    return err_set(err, E_CHECK,
                   "'%s' names its metadata at another origin, '%s', where "
                   "nothing is looked up",
                   url->text, place->origin);
  *ret_place = place;
  place = NULL;
  return E_OK;
}

static enum code look(struct resource **ret_resource, struct http *http,
                      const struct url *url, const struct url *of,
                      struct resource_trace *trace, struct err *err)
{
  AUTO(url) place = NULL;
  AUTO_STR char *text = NULL;
  enum code code = resource_place(&text, of, err);

  if (code == E_OK)
    code = url_parse(&place, text, URL_PLAIN, E_ANSWER, "the API", err);
  if (code != E_OK)
    return code;
  return fetch(ret_resource, http, url, place, false, trace, err);
}

enum code resource_find(struct resource **ret_resource, struct http *http,
                        const struct url *url, struct resource_trace *trace,
                        struct err *err)
{
  AUTO(url) place = NULL;
  AUTO(url) origin = NULL;
  enum code code = ask(&place, http, url, trace, err);

  if (code != E_OK)
    return code;
  if (place)
    return fetch(ret_resource, http, url, place, true, trace, err);
  code = look(ret_resource, http, url, url, trace, err);
  if (code != E_NOT_FOUND || strcmp(url->path, "/") == 0)
    return code;
  err_clear(err);
  code = url_parse(&origin, url->origin, URL_PLAIN, E_ANSWER, "the API", err);
  return code == E_OK ? look(ret_resource, http, url, origin, trace, err)
                      : code;
}
