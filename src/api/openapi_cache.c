#include "api/openapi_cache.h"

#include "api/outline.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include <string.h>

static enum code cache_path(char **ret_dir, char **ret_path,
                            const char *profile, struct err *err)
{
  AUTO_STR char *root = NULL;
  AUTO_STR char *dir = NULL;
  AUTO_STR char *name = mem_printf("%s.index", profile);
  enum code code =
      name != NULL ? file_dir(DIR_CACHE, &root, err) : err_nomem(err);

  if (code == E_OK)
    code = file_join(&dir, root, "openapi", err);
  if (code == E_OK)
    code = file_join(ret_path, dir, name, err);
  if (code != E_OK)
    return code;
  *ret_dir = dir;
  dir = NULL;
  return E_OK;
}

enum code openapi_recall(struct openapi **ret_openapi, const char *profile,
                         const char *source, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(OPENAPI_INDEX_MAX);
  AUTO(openapi) openapi = NULL;
  AUTO_STR char *dir = NULL;
  AUTO_STR char *path = NULL;
  const char *from;
  enum code code = cache_path(&dir, &path, profile, err);

  if (code == E_OK)
    code = file_read(&text, path, FILE_OWN, OPENAPI_INDEX_MAX, E_LOCAL, err);
  if (code == E_OK)
    code = openapi_new(&openapi, buf_text(&text), text.len, err);
  if (code == E_NOMEM)
    return code;
  if (code != E_OK)
    return err->code = E_NOT_FOUND;
  from = json_text(openapi_head(openapi), "source");
  if (from == NULL || strcmp(from, source) != 0)
    return err_set(err, E_NOT_FOUND, "no index of '%s' is kept", source);
  *ret_openapi = openapi;
  openapi = NULL;
  return E_OK;
}

static void keep(const char *profile, const struct buf *index)
{
  AUTO_STR char *dir = NULL;
  AUTO_STR char *path = NULL;
  struct err err = ERR_INIT;
  enum code code = cache_path(&dir, &path, profile, &err);

  if (code == E_OK)
    code = file_mkdirs(dir, true, E_LOCAL, &err);
  if (code == E_OK)
    code = file_replace(path, buf_text(index), index->len, true, E_LOCAL, &err);
  if (code != E_OK)
    log_line(LOG_VERBOSE, "the index of the API's description is not kept: %s",
             err.message);
}

enum code openapi_learn(struct openapi **ret_openapi, const char *profile,
                        const struct openapi_origin *origin,
                        const char *document, size_t len, enum code code,
                        struct err *err)
{
  AUTO_BUF struct buf index = BUF_INIT(OPENAPI_INDEX_MAX);
  AUTO_STR char *what =
      mem_printf("the API's description (%s)", origin->source);
  enum code got = what != NULL ? openapi_digest(&index, origin, document, len,
                                                code, what, err)
                               : err_nomem(err);

  if (got == E_OK)
    got = openapi_new(ret_openapi, buf_text(&index), index.len, err);
  if (got == E_OK)
    keep(profile, &index);
  return got;
}

void openapi_renew(const struct openapi *openapi, const char *profile,
                   int64_t fetched)
{
  AUTO_BUF struct buf index = BUF_INIT(OPENAPI_INDEX_MAX);
  AUTO_JSON json_t *head = json_deep_copy(openapi_head(openapi));
  struct err err = ERR_INIT;

  if (head == NULL || json_put_int(head, "fetched", fetched, &err) != E_OK ||
      json_write(&index, head, 0, &err) != E_OK)
    return;
  buf_putc(&index, '\n');
  for (size_t i = 0; i < openapi_count(openapi); i++) {
    const struct openapi_operation *o = openapi_at(openapi, i);

    buf_printf(&index, "%s\t%s\t%s\t%s\t%s\n", o->id, o->method, o->path,
               o->summary, o->details);
  }
  if (buf_check(&index, &err) == E_OK)
    keep(profile, &index);
}

enum code openapi_of_file(struct openapi **ret_openapi, const char *profile,
                          const char *path, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(OUTLINE_TEXT_MAX);
  AUTO(openapi) kept = NULL;
  struct file_stamp stamp;
  struct err ignored = ERR_INIT;
  enum code code;

  file_stamp(&stamp, path);
  if (openapi_recall(&kept, profile, path, &ignored) == E_OK) {
    const char *was = json_text(openapi_head(kept), "stamp");

    if (was != NULL && *was != '\0' && strcmp(was, stamp.text) == 0) {
      *ret_openapi = kept;
      kept = NULL;
      return E_OK;
    }
  }
  code = file_read(&text, path, FILE_USER, OUTLINE_TEXT_MAX, E_PROFILE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_PROFILE;
  if (code != E_OK) {
    err_prefix(err, "the API's description: ");
    return code;
  }
  return openapi_learn(
      ret_openapi, profile,
      &(struct openapi_origin){.source = path, .stamp = stamp.text},
      buf_text(&text), text.len, E_PROFILE, err);
}
