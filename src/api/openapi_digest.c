/* From a document to its index: one pass over its paths. */
#include "api/openapi.h"

#include "api/openapi_part.h"
#include "api/quote.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

enum {
  TEXT_MAX = 64 * 1024, /* of a description that is looked at */
  SLUG_MAX = OPENAPI_ID_MAX - 2,
};

/* What makes ids: those that are taken, as members. */
struct names {
  json_t *taken;
};

/* --- texts -----------------------------------------------------------------
 */

static bool is_visible(const char *text, size_t len)
{
  AUTO_BUF struct buf shown = BUF_INIT(8 * OPENAPI_PATH_MAX);

  codec_visible(&shown, text, len, false);
  return shown.failed == E_OK && shown.len == len &&
         memcmp(buf_text(&shown), text, len) == 0;
}

static char *take_name(struct buf *text, size_t max)
{
  if (text->failed != E_OK || text->len == 0 || text->len > max ||
      memchr(text->data, '\0', text->len) != NULL ||
      !is_visible(text->data, text->len))
    return NULL;
  return mem_copy(text->data, text->len);
}

char *digest_name(struct digest *digest, const struct place *place, size_t max)
{
  AUTO_BUF struct buf text = BUF_INIT(OPENAPI_PATH_MAX);

  if (place != NULL && place->kind != PLACE_WORD)
    outline_put(digest->outline, place, &text);
  return take_name(&text, max);
}

char *digest_key(struct digest *digest, const struct place *place, size_t max)
{
  AUTO_BUF struct buf text = BUF_INIT(OPENAPI_PATH_MAX);

  outline_put_key(digest->outline, place, &text);
  return take_name(&text, max);
}

/* The first max bytes by whole characters. */
static size_t cut(const char *text, size_t len, size_t max)
{
  size_t at = 0;
  uint32_t c;

  while (at < len) {
    size_t step = utf8_decode(text + at, len - at, &c);

    step = step > 0 ? step : 1;
    if (at + step > max)
      break;
    at += step;
  }
  return at;
}

void digest_line(struct digest *digest, const struct place *place, size_t max,
                 struct buf *out)
{
  AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
  AUTO_BUF struct buf shown = BUF_INIT(8 * TEXT_MAX);
  const char *from;
  size_t len, kept;

  if (place == NULL || place->kind != PLACE_STRING)
    return;
  outline_put(digest->outline, place, &text);
  from = buf_text(&text);
  from += strspn(from, " \t\r\n");
  len = strcspn(from, "\r\n");
  codec_visible(&shown, from, len, false);
  if (shown.failed != E_OK || shown.len == 0)
    return;
  kept = shown.len <= max ? shown.len : cut(shown.data, shown.len, max);
  buf_put(out, shown.data, kept);
  if (kept < shown.len)
    buf_puts(out, "…");
}

const struct place *digest_resolve(struct digest *digest,
                                   const struct place *place)
{
  for (int i = 0; i < DIGEST_HOPS && place != NULL; i++) {
    const struct place *ref = outline_member(digest->outline, place, "$ref");
    AUTO_BUF struct buf text = BUF_INIT(OPENAPI_PATH_MAX);

    if (ref == NULL || ref->kind != PLACE_STRING)
      return place;
    outline_put(digest->outline, ref, &text);
    if (memchr(buf_text(&text), '\0', text.len) != NULL)
      return NULL;
    place = outline_fragment(digest->outline, buf_text(&text));
  }
  return NULL;
}

/* --- ids -------------------------------------------------------------------
 */

/* get-users-id-repos */
static void put_slug(struct buf *out, const char *method, const char *path)
{
  bool gap = true;

  for (; *method != '\0'; method++)
    buf_putc(out, (char)(*method | 0x20));
  for (; *path != '\0'; path++) {
    bool letter = (*path >= 'a' && *path <= 'z') ||
                  (*path >= 'A' && *path <= 'Z') ||
                  (*path >= '0' && *path <= '9') || *path == '_';

    if (letter && gap)
      buf_putc(out, '-');
    if (letter)
      buf_putc(out, *path);
    gap = !letter;
  }
}

static bool is_taken(const struct names *names, const char *id)
{
  return json_object_get(names->taken, id) != NULL;
}

/* The operation's own, unless it has none or another one has the same. */
static char *choose_id(struct digest *digest, struct names *names,
                       const struct place *operation, const char *method,
                       const char *path)
{
  char *own = digest_name(
      digest, outline_member(digest->outline, operation, "operationId"),
      OPENAPI_ID_MAX);
  AUTO_BUF struct buf slug = BUF_INIT(2 * OPENAPI_PATH_MAX);

  if (own != NULL && !is_taken(names, own))
    return own;
  mem_free(own);
  put_slug(&slug, method, path);
  buf_truncate(&slug, slug.len < SLUG_MAX ? slug.len : SLUG_MAX);
  for (int i = 2; i < 10 && is_taken(names, buf_text(&slug)); i++) {
    buf_truncate(&slug, slug.len - (i > 2 ? 2 : 0));
    buf_printf(&slug, "-%d", i);
  }
  return is_taken(names, buf_text(&slug)) ? NULL : mem_str(buf_text(&slug));
}

/* --- operations ------------------------------------------------------------
 */

/* What a URL's path may have, and the braces of its parameters. */
static bool is_path(const char *path)
{
  if (path == NULL || path[0] != '/')
    return false;
  for (; *path != '\0'; path++) {
    if (*path <= ' ' || *path >= 0x7f || strchr("\"<>\\^`|?#", *path) != NULL)
      return false;
  }
  return true;
}

static bool put_operation(struct digest *digest, struct names *names,
                          const struct place *item,
                          const struct place *operation, const char *method,
                          const char *path, struct buf *out)
{
  AUTO_STR char *id = choose_id(digest, names, operation, method, path);
  const struct place *summary =
      outline_member(digest->outline, operation, "summary");
  size_t before;

  if (id == NULL || json_object_set_new(names->taken, id, json_true()) != 0)
    return false;
  if (summary == NULL || summary->kind != PLACE_STRING)
    summary = outline_member(digest->outline, operation, "description");
  buf_printf(out, "%s\t%s\t%s\t", id, method, path);
  before = out->len;
  digest_line(digest, summary, OPENAPI_SUMMARY_MAX, out);
  for (size_t i = before; i < out->len && out->failed == E_OK; i++) {
    if (out->data[i] == '\t')
      out->data[i] = ' ';
  }
  buf_putc(out, '\t');
  digest->visits = DIGEST_VISITS;
  digest_details(digest, item, operation, out);
  buf_putc(out, '\n');
  return true;
}

static size_t put_path(struct digest *digest, struct names *names,
                       const struct place *item, struct buf *out)
{
  static const struct {
    const char *member, *method;
  } methods[] = {{"get", "GET"},         {"head", "HEAD"},
                 {"post", "POST"},       {"put", "PUT"},
                 {"patch", "PATCH"},     {"delete", "DELETE"},
                 {"options", "OPTIONS"}, {"trace", "TRACE"}};
  AUTO_STR char *path = digest_key(digest, item, OPENAPI_PATH_MAX);
  size_t count = 0;

  if (!is_path(path))
    return 0;
  item = digest_resolve(digest, item);
  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    const struct place *operation =
        outline_member(digest->outline, item, methods[i].member);

    if (operation != NULL && operation->kind == PLACE_OBJECT)
      count += put_operation(digest, names, item, operation, methods[i].method,
                             path, out);
  }
  return count;
}

static enum code put_operations(struct digest *digest, struct buf *out,
                                enum code code, const char *what,
                                struct err *err)
{
  const struct place *paths =
      outline_member(digest->outline, outline_top(digest->outline), "paths");
  AUTO_JSON json_t *taken = json_object();
  struct names names = {.taken = taken};
  unsigned long shortages = mem_shortages();
  size_t count = 0;

  if (taken == NULL)
    return err_nomem(err);
  for (const struct place *at = outline_first(digest->outline, paths);
       at != NULL && count < OPENAPI_OPERATIONS_MAX && out->failed == E_OK;
       at = outline_next(digest->outline, at))
    count += put_path(digest, &names, at, out);
  if (mem_shortages() != shortages)
    return err_nomem(err);
  if (outline_is_tired(digest->outline))
    return err_set(err, code, "%s refers to itself too often to be read", what);
  if (count == 0)
    return err_set(err, code, "%s describes no operation", what);
  return E_OK;
}

/* --- the head --------------------------------------------------------------
 */

/* The path of "https://h/api/v4/" or "/api/v4", without a slash at its end;
 * with a variable in it ("{version}") there is none. */
static void put_prefix(const char *server, struct buf *out)
{
  const char *path = strstr(server, "://");
  size_t len;

  path = path != NULL ? strchr(path + 3, '/') : server;
  if (path == NULL || !is_path(path) || strchr(path, '{') != NULL)
    return;
  len = strlen(path);
  while (len > 0 && path[len - 1] == '/')
    len--;
  buf_put(out, path, len);
}

static void find_prefix(struct digest *digest, struct buf *out)
{
  const struct place *top = outline_top(digest->outline);
  const struct place *server =
      digest->swagger2
          ? outline_member(digest->outline, top, "basePath")
          : outline_member(
                digest->outline,
                outline_first(digest->outline,
                              outline_member(digest->outline, top, "servers")),
                "url");
  AUTO_STR char *text = digest_name(digest, server, OPENAPI_PATH_MAX);

  if (text != NULL)
    put_prefix(text, out);
}

static enum code put_head(struct digest *digest,
                          const struct openapi_origin *origin, struct buf *out,
                          struct err *err)
{
  AUTO_BUF struct buf prefix = BUF_INIT(OPENAPI_PATH_MAX);
  AUTO_JSON json_t *head = NULL;
  enum code code;

  find_prefix(digest, &prefix);
  head = json_pack("{si ss? ss? ss? ss? sI ss}", "openapi", OPENAPI_VERSION,
                   "source", origin->source, "etag", origin->etag, "modified",
                   origin->modified, "stamp", origin->stamp, "fetched",
                   (json_int_t)origin->fetched, "prefix", buf_text(&prefix));
  if (head == NULL)
    return err_nomem(err);
  code = json_write(out, head, 0, err);
  buf_putc(out, '\n');
  return code;
}

/* "swagger": "2.0", "openapi": "3.0.3" */
static bool is_known(struct digest *digest)
{
  const struct place *top = outline_top(digest->outline);
  AUTO_STR char *version =
      digest_name(digest, outline_member(digest->outline, top, "openapi"), 32);

  if (version != NULL)
    return strncmp(version, "3.", 2) == 0;
  version =
      digest_name(digest, outline_member(digest->outline, top, "swagger"), 32);
  digest->swagger2 = version != NULL && strncmp(version, "2.", 2) == 0;
  return digest->swagger2;
}

static enum code not_json(const char *document, size_t len, const char *what,
                          struct err *err)
{
  size_t blank = 0;

  while (blank < len && strchr(" \t\r\n#", document[blank]) != NULL &&
         document[blank] != '\0')
    blank++;
  if (len - blank > 8 && (memcmp(document + blank, "openapi:", 8) == 0 ||
                          memcmp(document + blank, "swagger:", 8) == 0))
    err_hint(err, "%s is YAML; name its JSON form in the profile's openapi",
             what);
  return err->code;
}

enum code openapi_digest(struct buf *out, const struct openapi_origin *origin,
                         const char *document, size_t len, enum code code,
                         const char *what, struct err *err)
{
  AUTO(outline) outline = NULL;
  struct digest digest = {0};
  enum code got = outline_new(&outline, document, len, code, what, err);

  if (got == code)
    return not_json(document, len, what, err);
  if (got != E_OK)
    return got;
  digest.outline = outline;
  if (!is_known(&digest))
    return err_set(err, code, "%s is JSON, but neither OpenAPI 3 nor Swagger 2",
                   what);
  got = put_head(&digest, origin, out, err);
  if (got == E_OK)
    got = put_operations(&digest, out, code, what, err);
  return got == E_OK ? buf_check(out, err) : got;
}
