#include "cmd/complete.h"

#include "api/line.h"
#include "base/mem.h"
#include "cmd/request_op.h"

#include <string.h>

enum { OFFERED_MAX = 4000 };

/* What is known for a completion. */
struct known {
  struct request request; /* its selection alone is set */
  struct openapi *openapi;
  char *base; /* the path of the profile's first base */
};

static void known_clear(struct known *known)
{
  request_clear(&known->request);
  openapi_free(known->openapi);
  mem_free(known->base);
}
#define AUTO_KNOWN __attribute__((cleanup(known_clear)))

/* false: nothing is, and nothing is said about it. */
static bool find_known(struct ctx *ctx, const struct complete_request *request,
                       struct known *known)
{
  static const struct request_options none = {0};
  AUTO(url) base = NULL;
  struct err ignored = ERR_INIT;
  const struct profile *profile;

  known->request.options = &none;
  if (request->profile != NULL)
    ctx->globals.profile = request->profile;
  if (ctx_select(ctx, NULL, &known->request.selection, &ignored) != E_OK ||
      op_index(ctx, &known->request, OP_KEPT, &known->openapi, &ignored) !=
          E_OK)
    return false;
  profile = known->request.selection.profile;
  if (profile->api.count > 0 &&
      url_parse(&base, profile->api.items[0], URL_NO_QUERY, E_PROFILE, "api",
                &ignored) != E_OK)
    return false;
  known->base = mem_str(base != NULL ? base->path : "/");
  return known->base != NULL;
}

/* --- ids -------------------------------------------------------------------
 */

enum code complete_operation(struct ctx *ctx,
                             const struct complete_request *request,
                             const struct completing *completing,
                             struct err *err)
{
  AUTO_KNOWN struct known known = {0};
  enum code code = E_OK;

  if (!find_known(ctx, request, &known))
    return E_OK;
  for (size_t i = 0; code == E_OK && i < openapi_count(known.openapi); i++) {
    const struct openapi_operation *o = openapi_at(known.openapi, i);

    if (openapi_is_plain_word(o->id))
      code = complete_put(completing, o->id,
                          *o->summary != '\0' ? o->summary : o->path, err);
  }
  return code;
}

/* --- paths -----------------------------------------------------------------
 */

/* How well a segment that was typed fits that of a path: 2 literally, 1 as its
 * parameter's value. */
static int fits(const char *typed, size_t typed_len, const char *segment,
                size_t len)
{
  if (typed_len == len && memcmp(typed, segment, len) == 0)
    return 2;
  return typed_len > 0 && memchr(segment, '{', len) != NULL ? 1 : 0;
}

static size_t segment_len(const char *at)
{
  return strcspn(at, "/?");
}

/* Passes over the segments of path that typed has in full. NULL: it is another
 * path. Both begin behind a slash; *typed is left at what is not full. */
static const char *follow(const char *path, const char **typed)
{
  for (;;) {
    size_t done = segment_len(*typed);
    size_t len = segment_len(path);

    if ((*typed)[done] != '/')
      return path;
    if (path[len] != '/' || fits(*typed, done, path, len) == 0)
      return NULL;
    *typed += done + 1;
    path += len + 1;
  }
}

struct offered {
  struct text_list words;
  const char *about[OFFERED_MAX]; /* NULL: of several, or only on the way */
};

static enum code offer(struct offered *offered, const char *word,
                       const char *about, struct err *err)
{
  for (size_t i = 0; i < offered->words.count; i++) {
    if (strcmp(offered->words.items[i], word) == 0) {
      offered->about[i] = NULL;
      return E_OK;
    }
  }
  if (offered->words.count == OFFERED_MAX || !openapi_is_plain_word(word))
    return E_OK;
  offered->about[offered->words.count] = about;
  return text_list_add(&offered->words, word, err);
}

/* One operation's path for what was typed: its next segment. */
static enum code offer_path(const char *path, const char *summary,
                            const char *typed, struct offered *offered,
                            struct err *err)
{
  bool slash = *typed == '/';
  const char *rest = typed + slash;
  const char *next = follow(path + 1, &rest);
  size_t partial = strlen(rest);
  size_t len;
  bool ends;

  if (next == NULL)
    return E_OK;
  len = segment_len(next);
  if (partial > len || strncmp(next, rest, partial) != 0)
    return E_OK;
  ends = next[len] == '\0';
  AUTO_STR char *word = mem_printf("%.*s%.*s%s", (int)(rest - typed), typed,
                                   (int)len, next, ends ? "" : "/");
  return word != NULL ? offer(offered, word, ends ? summary : NULL, err)
                      : err_nomem(err);
}

static enum code put_paths(const struct known *known, const char *method,
                           const struct completing *completing, struct err *err)
{
  struct offered *offered = mem_zalloc(sizeof *offered);
  enum code code = offered != NULL ? E_OK : err_nomem(err);

  for (size_t i = 0; code == E_OK && i < openapi_count(known->openapi); i++) {
    const struct openapi_operation *o = openapi_at(known->openapi, i);
    AUTO_STR char *path = NULL;

    if (method != NULL && strcmp(method, o->method) != 0)
      continue;
    code = openapi_below(known->openapi, known->base, o->path, &path, err);
    if (code == E_OK)
      code = offer_path(path, *o->summary != '\0' ? o->summary : NULL,
                        completing->start, offered, err);
  }
  for (size_t i = 0; code == E_OK && i < offered->words.count; i++)
    code = complete_put(completing, offered->words.items[i], offered->about[i],
                        err);
  if (offered != NULL)
    text_list_clear(&offered->words);
  mem_free(offered);
  return code;
}

/* --- items -----------------------------------------------------------------
 */

/* How well a whole path that was typed fits; 0: not. */
static int fit_path(const char *path, const char *typed)
{
  int score = 1;

  typed += *typed == '/';
  for (path++;; path++, typed++) {
    size_t typed_len = segment_len(typed), len = segment_len(path);
    int one = fits(typed, typed_len, path, len);

    if (one == 0 && (len > 0 || typed_len > 0))
      return 0;
    score += one;
    path += len;
    typed += typed_len;
    if (*path != '/' || *typed != '/')
      return *path == '\0' && *typed != '/' ? score : 0;
  }
}

/* The operation that method and path mean; without a method any that has it,
 * GET first. */
static const struct openapi_operation *
operation_of(const struct known *known, const char *method, const char *typed)
{
  const struct openapi_operation *best = NULL;
  int most = 0;

  for (size_t i = 0; i < openapi_count(known->openapi); i++) {
    const struct openapi_operation *o = openapi_at(known->openapi, i);
    AUTO_STR char *path = NULL;
    struct err ignored = ERR_INIT;
    int score;

    if ((method != NULL && strcmp(method, o->method) != 0) ||
        openapi_below(known->openapi, known->base, o->path, &path, &ignored) !=
            E_OK)
      continue;
    score = fit_path(path, typed);
    if (score > most) {
      most = score;
      best = o;
    }
  }
  return best;
}

static enum code put_values(const struct openapi_field *field,
                            const char *begin,
                            const struct completing *completing,
                            struct err *err)
{
  static const char *const truth[] = {"true", "false"};
  bool is_boolean = strcmp(field->type, "boolean") == 0;
  size_t count = field->values != NULL ? json_array_size(field->values)
                 : is_boolean          ? 2
                                       : 0;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < count; i++) {
    const char *value =
        field->values != NULL
            ? json_string_value(json_array_get(field->values, i))
            : truth[i];
    AUTO_STR char *word = mem_printf("%s%s", begin, value);

    if (word == NULL)
      return err_nomem(err);
    if (openapi_is_plain_word(value))
      code = complete_put(completing, word, NULL, err);
  }
  return code;
}

/* As openapi_is_plain_word(), brackets allowed: no shell runs them. */
static bool is_plain_item(const char *text)
{
  AUTO_STR char *word = mem_str(text);
  char *to = word;

  for (const char *at = text; word != NULL && *at != '\0'; at++) {
    if (*at != '[' && *at != ']')
      *to++ = *at;
  }
  if (word == NULL)
    return false;
  *to = '\0';
  return openapi_is_plain_word(word);
}

/* A field that needs no second item of its name. */
static bool is_given(const struct complete_request *request,
                     const struct openapi_field *field)
{
  size_t len = strlen(field->name);

  for (size_t i = 0; strcmp(field->type, "array") != 0 && i < request->count;
       i++) {
    const char *word = request->operands[i];

    if (strncmp(word, field->name, len) == 0 &&
        (word[len] == '=' || word[len] == ':'))
      return true;
  }
  return false;
}

static enum code put_item(const struct openapi_field *field, bool by_path,
                          const struct completing *completing, struct err *err)
{
  AUTO_BUF struct buf item = BUF_INIT(BUF_LINE);
  const char *type = *field->type != '\0' ? field->type : NULL;
  const char *about = *field->about != '\0' ? field->about : type;
  const char *begin;

  /* With --op the list's brackets follow from its type. */
  openapi_put_item(&item, field);
  begin = buf_text(&item) + strlen(field->name);
  if (!by_path)
    begin += strcspn(begin, "=:");
  AUTO_STR char *word = mem_printf("%s%s", field->name, begin);
  if (word == NULL)
    return err_nomem(err);
  if (!is_plain_item(word))
    return E_OK;
  return strncmp(completing->start, word, strlen(word)) == 0
             ? put_values(field, word, completing, err)
             : complete_put(completing, word, about, err);
}

static enum code put_items(const struct openapi_operation *operation,
                           const struct complete_request *request,
                           const struct completing *completing, struct err *err)
{
  AUTO_OPENAPI_DETAILS struct openapi_details details = {0};
  struct err ignored = ERR_INIT;
  bool by_path = request->op == NULL;
  bool nested = strchr(completing->start, '[') != NULL;
  enum code code = E_OK;

  if (openapi_details(operation, &details, &ignored) != E_OK)
    return E_OK;
  for (size_t i = 0; code == E_OK && i < details.count; i++) {
    const struct openapi_field *field = &details.fields[i];

    if ((by_path && field->in == OPENAPI_PATH) ||
        (!nested && strchr(field->name, '[') != NULL) ||
        is_given(request, field))
      continue;
    code = put_item(field, by_path, completing, err);
  }
  return code;
}

/* METHOD, where it is in front. */
static const char *leading_method(const struct complete_request *request)
{
  AUTO_LINE struct line line = {0};
  struct err ignored = ERR_INIT;
  const char *const words[] = {request->count > 0 ? request->operands[0] : "",
                               "x"};

  if (request->method != NULL || *words[0] == '\0' ||
      line_parse(&line, NULL, words, 2, &ignored) != E_OK)
    return request->method;
  return line.method;
}

enum code complete_operand(struct ctx *ctx,
                           const struct complete_request *request,
                           const struct completing *completing, struct err *err)
{
  AUTO_KNOWN struct known known = {0};
  const struct openapi_operation *operation;
  const char *method = leading_method(request);
  size_t path = method != NULL && request->method == NULL;

  if (!find_known(ctx, request, &known))
    return E_OK;
  if (request->op == NULL && request->count <= path)
    return put_paths(&known, method, completing, err);
  operation = request->op != NULL
                  ? openapi_find(known.openapi, request->op)
                  : operation_of(&known, method, request->operands[path]);
  return operation != NULL ? put_items(operation, request, completing, err)
                           : E_OK;
}
