/* From the command line to a request that lacks only its credential. Nothing
 * here opens the store or the network. */
#include "cmd/request.h"

#include "base/file.h"

#include <string.h>

/* --- what excludes what --------------------------------------------------- */

static bool is_data(const struct item_list *items)
{
  for (size_t i = 0; i < items->count; i++) {
    if (item_is_data(&items->items[i]))
      return true;
  }
  return false;
}

static bool is_upload(const struct item_list *items)
{
  for (size_t i = 0; i < items->count; i++) {
    if (items->items[i].kind == ITEM_UPLOAD)
      return true;
  }
  return false;
}

/* One body, from one place. */
static enum code check_body_sources(const struct request *request,
                                    struct err *err)
{
  const struct request_options *o = request->options;
  const struct {
    const char *name;
    bool given;
  } sources[] = {
      {"fields", is_data(&request->line.items)},
      {"--data", o->data != NULL},
      {"--json", o->json != NULL},
      {"--input", o->input != NULL},
  };
  const char *first = NULL;

  for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
    if (!sources[i].given)
      continue;
    if (first != NULL && !o->get)
      return err_set(err, E_USAGE, "%s and %s cannot both be the body", first,
                     sources[i].name);
    first = sources[i].name;
  }
  if (o->get && (o->json != NULL || o->input != NULL))
    return err_set(err, E_USAGE, "%s cannot go into the query (-G)",
                   o->json != NULL ? "--json" : "--input");
  if (o->form && o->encode != NULL)
    return err_set(err, E_USAGE, "--form and --encode exclude each other");
  return E_OK;
}

size_t request_count_stdin(const struct request *request)
{
  const struct request_options *o = request->options;
  const struct item_list *items = &request->line.items;
  size_t count = 0;

  for (size_t i = 0; i < items->count; i++) {
    const char *value = items->items[i].value;

    if (items->items[i].kind >= ITEM_UPLOAD)
      count += strcmp(value, "-") == 0 || strncmp(value, "-;", 2) == 0;
  }
  for (size_t i = 0; i < o->headers.count; i++)
    count += strcmp(o->headers.items[i], "@-") == 0;
  count += o->data != NULL && strcmp(o->data, "@-") == 0;
  count += o->json != NULL && strcmp(o->json, "@-") == 0;
  count += o->input != NULL && strcmp(o->input, "-") == 0;
  count += o->batch != NULL && strcmp(o->batch, "-") == 0;
  return count;
}

/* DESIGN §1.1: curl's --cert FILE:PASSWORD. */
static enum code check_cert(const struct request_options *o, struct err *err)
{
  const char *colon = o->cert != NULL ? strrchr(o->cert, ':') : NULL;
  struct file_stamp stamp;
  enum code code;

  if (o->key != NULL && o->cert == NULL)
    return err_set(err, E_USAGE, "--key comes with --cert FILE");
  if (colon == NULL)
    return E_OK;
  file_stamp(&stamp, o->cert);
  if (stamp.text[0] != '\0')
    return E_OK;
  code = err_set(err, E_USAGE,
                 "--cert names no file; with a password behind it (not shown) "
                 "it is not taken");
  err_hint(err, "openssl pkey -in KEY.pem -out PLAIN.pem   takes a password "
                "off");
  return code;
}

static enum code check_options(const struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  enum code code = check_body_sources(request, err);

  if (code == E_OK)
    code = check_cert(o, err);
  if (code == E_OK)
    code = request_check_form(o, err);
  if (code == E_OK)
    code = request_check_pages(request, err);
  if (code != E_OK)
    return code;
  if (request_count_stdin(request) > 1)
    return err_set(err, E_USAGE, "standard input ('-') can be read once only");
  if (o->dry_run && o->curl)
    return err_set(err, E_USAGE, "--dry-run and --curl exclude each other");
  return E_OK;
}

/* --- words ---------------------------------------------------------------- */

/* -f and -F are read first, so that curl's `-f URL` is answered as such. */
static enum code parse_words(struct ctx *ctx, struct request *request,
                             const struct operands *operands, struct err *err)
{
  const struct request_options *o = request->options;
  AUTO_ITEMS struct item_list fields = {0};
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < o->raw_fields.count; i++)
    code = item_parse_raw_field(&fields, o->raw_fields.items[i], err);
  for (size_t i = 0; code == E_OK && i < o->fields.count; i++)
    code = item_parse_field(&fields, o->fields.items[i], err);
  if (code == E_OK)
    code = o->op != NULL ? request_op_words(ctx, request, operands, err)
                         : line_parse(&request->line, o->method,
                                      operands->items, operands->count, err);
  if (code == E_OK)
    code = item_list_move(&request->line.items, &fields, err);
  if (code == E_OK && request->op != NULL)
    code = request_op_place(request, err);
  if (code == E_OK && o->ok != NULL) {
    code = verdict_parse_ok(&request->ok, o->ok, err);
    request->with_ok = true;
  }
  return code;
}

static bool has_body(const struct request *request)
{
  const struct request_options *o = request->options;

  return !o->get && (is_data(&request->line.items) || o->data != NULL ||
                     o->json != NULL || o->input != NULL);
}

static enum code choose_method(struct request *request, struct err *err)
{
  const char *method = request->line.method;

  if (request->options->head) {
    if (method != NULL && strcmp(method, "HEAD") != 0)
      return err_set(err, E_USAGE, "-I asks by HEAD, not by %s", method);
    method = "HEAD";
  }
  if (method == NULL)
    method = has_body(request) ? "POST" : "GET";
  request->method = method;
  return E_OK;
}

/* --- where to --------------------------------------------------------------
 */

bool request_is_url(const char *target)
{
  size_t scheme = strspn(target, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                                 "TUVWXYZ0123456789+-.");

  return scheme > 0 && strncmp(target + scheme, "://", 3) == 0;
}

static enum code no_base(const struct profile *profile, struct err *err)
{
  enum code code =
      err_set(err, E_PROFILE, "'%s' has no API base that a path could be below",
              profile->name);

  ctx_hint_base(profile, "https://...", "", err);
  return code;
}

static enum code find_url(struct ctx *ctx, struct request *request,
                          struct err *err)
{
  const char *target = request->line.target;
  bool no_auth = request->options->no_auth;
  AUTO(url) base = NULL;
  enum code code = E_OK;

  if (request_is_url(target)) {
    code =
        url_parse(&request->url, target, URL_STRICT_PATH, E_USAGE, "URL", err);
    if (code == E_OK && (!no_auth || ctx->globals.profile != NULL))
      code = ctx_select(ctx, request->url, &request->selection, err);
    if (code != E_OK || request->selection.profile == NULL)
      return code;
    code = ctx_check_origin(request->selection.profile, request->url, err);
    if (code == E_ORIGIN && no_auth) {
      request->foreign = true;
      err_clear(err);
      code = E_OK;
    }
    return code;
  }
  if (request->op == NULL)
    code = ctx_select(ctx, NULL, &request->selection, err);
  if (code != E_OK)
    return code;
  if (request->selection.profile->api.count == 0)
    return no_base(request->selection.profile, err);
  code = url_parse(&base, request->selection.profile->api.items[0],
                   URL_STRICT_PATH | URL_NO_QUERY, E_PROFILE, "api", err);
  return code == E_OK ? url_append(&request->url, base, target, err) : code;
}

/* --- query and body ------------------------------------------------------- */

/* -d with -G: TEXT, or @FILE without the line end behind it. */
static enum code read_query(struct buf *out, const char *given, struct err *err)
{
  enum code code = E_OK;

  if (*given != '@')
    buf_puts(out, given);
  else
    code = body_read_file(out, given + 1, err);
  if (code == E_OK && out->len > 0 && out->data[out->len - 1] == '\n')
    buf_truncate(out, out->len - 1);
  if (code == E_OK)
    code = buf_check(out, err);
  if (code == E_OK && memchr(buf_text(out), '\0', out->len) != NULL)
    code = err_set(err, E_USAGE, "--data: a NUL byte cannot be in a query");
  return code;
}

/* gh's: the fields of a GET are its query. */
static bool fields_are_query(const struct request *request)
{
  return request->options->get ||
         ((strcmp(request->method, "GET") == 0 ||
           strcmp(request->method, "HEAD") == 0) &&
          !request->options->form && request->options->encode == NULL &&
          !is_upload(&request->line.items));
}

static enum code add_query(struct request *request, struct err *err)
{
  AUTO_BUF struct buf query = BUF_INIT(BUF_URL);
  AUTO(url) longer = NULL;
  enum code code = E_OK;

  if (request->options->get && request->options->data != NULL)
    code = read_query(&query, request->options->data, err);
  if (code == E_OK)
    code = body_put_query(&query, &request->line.items,
                          fields_are_query(request), err);
  if (code != E_OK || query.len == 0)
    return code;
  code = url_with_query(&longer, request->url, buf_text(&query), err);
  if (code != E_OK)
    return code;
  url_free(request->url);
  request->url = longer;
  longer = NULL;
  return E_OK;
}

/* curl will read the file itself: only its type is wanted. */
static enum code body_from(struct request *request, const char *path,
                           const char *type, struct err *err)
{
  if (request->options->curl)
    return body_of_bytes(&request->body, "", 0, type, err);
  return body_of_file(&request->body, path, type, err);
}

static enum code body_of_text(struct request *request, const char *given,
                              const char *type, struct err *err)
{
  if (*given == '@')
    return body_from(request, given + 1, type, err);
  return body_of_bytes(&request->body, given, strlen(given), type, err);
}

enum body_encoding request_encoding(const struct request *request)
{
  const char *encode = request->options->encode;

  if (request->options->form || is_upload(&request->line.items))
    return BODY_MULTIPART;
  if (encode == NULL && request->op != NULL)
    return request_op_encoding(request);
  return encode != NULL && strcmp(encode, "form") == 0 ? BODY_FORM : BODY_JSON;
}

/* gh's --input is JSON; a file whose name says otherwise is what it says. */
static const char *input_type(const char *path)
{
  const char *slash = strrchr(path, '/');
  bool named = strchr(slash != NULL ? slash : path, '.') != NULL;

  return body_type_of(path,
                      named ? "application/octet-stream" : "application/json");
}

static enum code make_body(struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  enum body_encoding encoding;

  if (strcmp(request->method, "HEAD") == 0 && has_body(request) &&
      (!is_data(&request->line.items) || !fields_are_query(request)))
    return err_set(err, E_USAGE, "a HEAD request has no body");
  if (o->get)
    return E_OK;
  if (o->data != NULL)
    return body_of_text(request, o->data, "application/x-www-form-urlencoded",
                        err);
  if (o->json != NULL)
    return body_of_text(request, o->json, "application/json", err);
  if (o->input != NULL)
    return body_from(request, o->input, input_type(o->input), err);
  if (!is_data(&request->line.items) || fields_are_query(request))
    return E_OK;
  encoding = request_encoding(request);
  request->parts = encoding == BODY_MULTIPART && o->curl;
  if (request->parts)
    return E_OK;
  return body_of_items(&request->body, &request->line.items, encoding, err);
}

enum code request_plan(struct ctx *ctx, const struct request_options *options,
                       const struct operands *operands,
                       struct request *ret_request, struct err *err)
{
  AUTO_REQUEST struct request request = {.options = options};
  enum code code;

  headers_init(&request.headers);
  code = sieve_check(options, operands, err);
  if (code == E_OK)
    code = parse_words(ctx, &request, operands, err);
  if (code == E_OK)
    code = check_options(&request, err);
  if (code == E_OK)
    code = choose_method(&request, err);
  if (code == E_OK)
    code = find_url(ctx, &request, err);
  if (code == E_OK)
    code = add_query(&request, err);
  if (code == E_OK)
    code = make_body(&request, err);
  if (code == E_OK)
    code = request_headers(&request, err);
  if (code == E_OK)
    code = request_plan_file(&request, err);
  if (code == E_OK && options->batch == NULL) /* each item has its own */
    code = request_add_key(&request, request.method, &request.headers,
                           &request.repeatable, err);
  if (code != E_OK)
    return code;
  *ret_request = request;
  request = (struct request){0};
  return E_OK;
}
