/* --op ID: the operation, and the words behind it as its items. */
#include "cmd/request_op.h"

#include "api/openapi_place.h"
#include "base/mem.h"

#include <string.h>

struct request_op {
  struct openapi *openapi;
  const struct openapi_operation *operation;
  struct openapi_details details;
  char *path; /* below the base, filled */
};

void request_op_free(struct request_op *op)
{
  if (op == NULL)
    return;
  openapi_details_clear(&op->details);
  openapi_free(op->openapi);
  mem_free(op->path);
  mem_free(op);
}

static enum code unknown_id(const struct request *request,
                            const struct openapi *openapi, struct err *err)
{
  const char *id = request->options->op;
  const char *near[3];
  size_t count = openapi_nearest(openapi, id, near);
  enum code code =
      err_set(err, E_USAGE, "the API of '%s' describes no operation '%s'",
              request->selection.profile->name, id);

  for (size_t i = 0; i < count; i++)
    err_hint(err, "fob request --op %s", near[i]);
  if (count == 0)
    err_hint(err, "fob request --op=   lists them");
  return code;
}

/* A document that does not know the id may be of yesterday. */
static enum code find_operation(struct ctx *ctx, const struct request *request,
                                struct request_op *op, struct err *err)
{
  const char *id = request->options->op;
  enum op_reach reach = op_reach_of(request->options);
  enum code code = op_index(ctx, request, reach, &op->openapi, err);

  if (code != E_OK)
    return code;
  op->operation = openapi_find(op->openapi, id);
  if (op->operation == NULL && reach == OP_FETCH) {
    openapi_free(op->openapi);
    op->openapi = NULL;
    code = op_index(ctx, request, OP_REFRESH, &op->openapi, err);
    if (code != E_OK)
      return code;
    op->operation = openapi_find(op->openapi, id);
  }
  if (op->operation == NULL)
    return unknown_id(request, op->openapi, err);
  return openapi_details(op->operation, &op->details, err);
}

static enum code parse_items(struct request *request,
                             const struct operands *operands, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < operands->count; i++) {
    const char *word = operands->items[i];

    if (!item_is(word)) {
      code = err_set(err, E_USAGE,
                     "'%s' is no ITEM: with --op the operation says method "
                     "and path",
                     word);
      err_hint(err, "id=...   fills {id} in the path");
      return code;
    }
    code = item_parse(&request->line.items, word, err);
  }
  return code;
}

enum code request_op_words(struct ctx *ctx, struct request *request,
                           const struct operands *operands, struct err *err)
{
  struct request_op *op = mem_zalloc(sizeof *op);
  enum code code;

  if (op == NULL)
    return err_nomem(err);
  request->op = op;
  if (request->options->method != NULL)
    return err_set(err, E_USAGE, "--op says the method; -X cannot change it");
  code = parse_items(request, operands, err);
  if (code == E_OK)
    code = ctx_select(ctx, NULL, &request->selection, err);
  if (code == E_OK)
    code = find_operation(ctx, request, op, err);
  if (code == E_OK)
    code = openapi_type_items(op->operation, &op->details, &request->line.items,
                              err);
  if (code == E_OK)
    request->line.method = op->operation->method;
  return code;
}

/* --- putting the items into their places -----------------------------------
 */

static enum code add_name(struct text_list *names, const char *line,
                          struct err *err)
{
  AUTO_STR char *name = mem_copy(line, strcspn(line, ": "));

  return name != NULL ? text_list_add(names, name, err) : err_nomem(err);
}

/* The names of the headers that the request will have. */
static enum code header_names(const struct request *request,
                              struct text_list *names, bool *ret_any,
                              struct err *err)
{
  const struct opt_list *given = &request->options->headers;
  const struct profile *profile = request->selection.profile;
  const char *own = request_credential_header(request);
  enum code code = own != NULL ? text_list_add(names, own, err) : E_OK;
  const char *name;
  json_t *value;

  for (size_t i = 0; code == E_OK && i < given->count; i++) {
    *ret_any |= given->items[i][0] == '@';
    code = add_name(names, given->items[i], err);
  }
  json_object_foreach(profile->headers, name, value)
  {
    if (code == E_OK)
      code = text_list_add(names, name, err);
  }
  return code;
}

static enum code base_path(const struct profile *profile, char **ret_path,
                           struct err *err)
{
  AUTO(url) base = NULL;
  enum code code = E_OK;

  if (profile->api.count > 0)
    code = url_parse(&base, profile->api.items[0],
                     URL_STRICT_PATH | URL_NO_QUERY, E_PROFILE, "api", err);
  if (code != E_OK)
    return code;
  *ret_path = mem_str(base != NULL ? base->path : "/");
  return *ret_path != NULL ? E_OK : err_nomem(err);
}

enum code request_op_place(struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  const struct profile *profile = request->selection.profile;
  struct request_op *op = request->op;
  AUTO_LIST struct text_list names = {0};
  AUTO_STR char *base = NULL;
  AUTO_STR char *template = NULL;
  struct openapi_given given = {
      .query = profile->auth.in == AUTH_QUERY ? profile->auth.name : NULL,
      .body = o->data != NULL || o->json != NULL || o->input != NULL};
  struct openapi_operation below = *op->operation;
  enum code code = header_names(request, &names, &given.any_header, err);

  if (code == E_OK)
    code = base_path(profile, &base, err);
  if (code == E_OK)
    code =
        openapi_below(op->openapi, base, op->operation->path, &template, err);
  if (code != E_OK)
    return code;
  given.headers = (const char *const *)names.items;
  given.header_count = names.count;
  below.path = template;
  code = openapi_place(&below, &op->details, &given, &request->line.items,
                       &op->path, err);
  if (code == E_OK)
    request->line.target = op->path;
  return code;
}

enum body_encoding request_op_encoding(const struct request *request)
{
  switch (request->op->details.body) {
  case OPENAPI_FORM:
    return BODY_FORM;
  case OPENAPI_MULTIPART:
    return BODY_MULTIPART;
  default:
    return BODY_JSON;
  }
}
