/* From an item and the command line to a request. The same rules hold as for a
 * command line of its own: paths are below the profile's API, URLs of its
 * origins, and headers of a file may carry a credential, which is treated as
 * secret. */
#include "cmd/request_batch.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

/* --- the command line ----------------------------------------------------- */

static enum code check_options(const struct request_options *o, struct err *err)
{
  static const char in_its_line[] = "each result has its body in it";
  static const char filtered[] = "fob request --batch FILE | jq .body";
  static const char one_line[] = "one line of the batch, as a command";
  const struct {
    const char *name;
    bool given;
    const char *instead;
  } refused[] = {
      {"--output", o->output != NULL, in_its_line},
      {"-O", o->remote_name, in_its_line},
      {"-C", o->continue_at != NULL, in_its_line},
      {"--raw", o->raw, in_its_line},
      {"--error-body", o->error_body != NULL, in_its_line},
      {"--pointer", o->pointer != NULL, filtered},
      {"--jq", o->jq != NULL, filtered},
      {"--format", o->format != NULL, filtered},
      {"--sse", o->sse, one_line},
      {"--paginate", o->paginate != NULL, one_line},
      {"--op", o->op != NULL, one_line},
      {"--wait-for", o->wait_for != NULL, one_line},
      {"--input", o->input != NULL, "--json @FILE, or body in each line"},
      {"--timing", o->timing, "each result has its milliseconds"},
      {"--meta", o->meta != NULL, "-i   puts the headers into each result"},
      {"--idempotency-key KEY", request_key_is_given(o),
       "--idempotency-key=auto   gives each request a key of its own"},
      {"--dry-run", o->dry_run, one_line},
      {"--curl", o->curl, one_line},
  };

  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    if (!refused[i].given)
      continue;
    (void)err_set(err, E_USAGE, "%s and --batch exclude each other",
                  refused[i].name);
    err_hint(err, "%s", refused[i].instead);
    return E_USAGE;
  }
  return E_OK;
}

static bool is_method(const char *word)
{
  return line_method(word) != word ||
         word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] == '\0';
}

/* METHOD and ITEMs are for all; what they are sent to is not said here. */
static enum code all_words(const struct operands *operands, const char *target,
                           struct operands *ret_words, struct err *err)
{
  size_t count = operands->count;
  const char **words = mem_array(count + 1, sizeof *words);

  if (words == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < count; i++)
    words[i + (i > 0 || !is_method(operands->items[0]))] = operands->items[i];
  words[count > 0 && is_method(operands->items[0])] = target;
  *ret_words = (struct operands){.items = words, .count = count + 1};
  for (size_t i = 0; i < count; i++) {
    const char *word = operands->items[i];

    if ((i > 0 || !is_method(word)) && !item_is(word))
      return err_set(err, E_USAGE,
                     "'%s': with --batch the paths come from the batch", word);
  }
  return E_OK;
}

static enum code plan_to(struct ctx *ctx, const struct request_options *options,
                         const struct operands *operands, const char *target,
                         struct batch_plan *plan, struct err *err)
{
  struct operands words = {0};
  enum code code = all_words(operands, target, &words, err);

  if (code == E_OK)
    code = request_plan(ctx, options, &words, &plan->request, err);
  operands_clear(&words);
  return code;
}

/* Without a credential a profile is needed for nothing but paths. */
static enum code plan_all(struct ctx *ctx,
                          const struct request_options *options,
                          const struct operands *operands,
                          struct batch_plan *plan, struct err *err)
{
  enum code code = plan_to(ctx, options, operands, "/", plan, err);

  if (!options->no_auth || ctx->globals.profile != NULL ||
      (code != E_NO_PROFILE && code != E_AMBIGUOUS))
    return code;
  err_clear(err);
  return plan_to(ctx, options, operands, "https://localhost/", plan, err);
}

static enum code copy_header(struct headers *to, const struct header *header,
                             struct err *err)
{
  return header->secret != NULL
             ? headers_add_secret(to, header->name, header->secret, err)
             : headers_add(to, header->name, header->value, err);
}

static enum code with_type(struct headers *to, const struct headers *from,
                           const char *type, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < from->count; i++)
    code = copy_header(to, &from->items[i], err);
  if (code == E_OK && !request_has_header(to, "Content-Type"))
    code = headers_add(to, "Content-Type", type, err);
  return code;
}

static enum code check_body(const struct body *body, struct err *err)
{
  size_t len;
  enum code code;

  if (body == NULL || body_bytes(body, &len) != NULL)
    return E_OK;
  code = err_set(err, E_USAGE,
                 "a body of several parts cannot be that of every item");
  err_hint(err, "--json @FILE, or body in each line");
  return code;
}

enum code batch_plan_make(struct ctx *ctx,
                          const struct request_options *options,
                          const struct operands *operands,
                          struct batch_plan *ret_plan, struct err *err)
{
  AUTO_BATCH_PLAN struct batch_plan plan = {0};
  const struct profile *profile;
  enum code code = check_options(options, err);

  headers_init(&plan.json);
  headers_init(&plan.typed);
  if (code == E_OK)
    code = plan_all(ctx, options, operands, &plan, err);
  if (code == E_OK)
    code = check_body(plan.request.body, err);
  if (code != E_OK)
    return code;
  plan.method = options->head ? "HEAD" : plan.request.line.method;
  profile = plan.request.selection.profile;
  if (profile != NULL && !plan.request.foreign)
    code = url_parse(&plan.base, profile->api.items[0],
                     URL_STRICT_PATH | URL_NO_QUERY, E_PROFILE, "api", err);
  if (code == E_OK)
    code =
        with_type(&plan.json, &plan.request.headers, "application/json", err);
  if (code == E_OK && plan.request.body != NULL)
    code = with_type(&plan.typed, &plan.request.headers,
                     body_type(plan.request.body), err);
  if (code != E_OK)
    return code;
  *ret_plan = plan;
  plan = (struct batch_plan){0};
  return E_OK;
}

void batch_plan_clear(struct batch_plan *plan)
{
  request_clear(&plan->request);
  url_free(plan->base);
  headers_clear(&plan->json);
  headers_clear(&plan->typed);
}

/* --- an item's URL -------------------------------------------------------- */

/* A path, or a URL that is the profile's; with --no-auth any. */
static enum code find_url(struct batch_request *made,
                          const struct batch_plan *plan, const char *target,
                          struct err *err)
{
  const struct profile *profile = plan->request.selection.profile;
  enum code code;

  if (!request_is_url(target)) {
    if (plan->base == NULL)
      return err_set(err, E_USAGE, "a path is below a profile's API: -p NAME");
    return url_append(&made->url, plan->base, target, err);
  }
  code = url_parse(&made->url, target, URL_STRICT_PATH, E_USAGE, "URL", err);
  if (code != E_OK || profile == NULL)
    return code;
  code = ctx_check_origin(profile, made->url, err);
  if (code == E_ORIGIN && plan->request.options->no_auth) {
    made->request.foreign = true;
    err_clear(err);
    code = E_OK;
  }
  return code;
}

/* The path with its own query, that of all items, and the item's. */
static enum code put_target(struct buf *target, const struct batch_plan *plan,
                            const struct batch_item *item, struct err *err)
{
  const char *queries[] = {plan->request.url->query, item->query};
  bool has_query = strchr(item->path, '?') != NULL;

  buf_puts(target, item->path);
  for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
    if (queries[i] == NULL || *queries[i] == '\0')
      continue;
    buf_putc(target, has_query ? '&' : '?');
    buf_puts(target, queries[i]);
    has_query = true;
  }
  return buf_check(target, err);
}

/* --- an item's headers ---------------------------------------------------- */

static bool item_has(const struct batch_item *item, const char *name)
{
  for (size_t i = 0; i < item->header_count; i++) {
    if (strcasecmp(item->headers[i].name, name) == 0)
      return true;
  }
  return false;
}

/* Another origin is not told what the profile says to its own. */
static bool is_profiles(const struct batch_plan *plan,
                        const struct header *header)
{
  json_t *headers = plan->request.selection.profile->headers;
  const char *name;
  json_t *value;

  json_object_foreach(headers, name, value)
  {
    if (strcasecmp(name, header->name) == 0 && header->value != NULL &&
        strcmp(json_string_value(value), header->value) == 0)
      return true;
  }
  return false;
}

/* As in request_header.c: a line of a file. */
static enum code add_own(struct batch_request *made,
                         const struct batch_header *header, struct err *err)
{
  const char *value = header->value;
  AUTO(secret) secret = NULL;
  size_t len;
  enum code code;

  if (value == NULL)
    return E_OK;
  value += strspn(value, " \t");
  len = strlen(value);
  while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
    len--;
  if (request_carries_credential(&made->request, header->name))
    made->request.own_credential = true;
  if (len == 0)
    return headers_add(&made->headers, header->name, "", err);
  code = secret_new(&secret, value, len, err);
  return code == E_OK
             ? headers_add_secret(&made->headers, header->name, secret, err)
             : code;
}

static enum code make_headers(struct batch_request *made,
                              const struct batch_plan *plan,
                              const struct batch_item *item,
                              const struct headers *of_all, struct err *err)
{
  bool foreign = made->request.foreign && plan->request.selection.profile;
  enum code code = E_OK;

  if (item->header_count == 0 && !foreign &&
      (plan->request.options->idempotency_key == NULL ||
       http_method_is_safe(made->method))) {
    made->request.headers = *of_all;
    return request_add_key(&made->request, made->method, &made->request.headers,
                           &made->request.repeatable, err);
  }
  for (size_t i = 0; code == E_OK && i < of_all->count; i++) {
    const struct header *header = &of_all->items[i];

    if (!item_has(item, header->name) &&
        !(foreign && is_profiles(plan, header)))
      code = copy_header(&made->headers, header, err);
  }
  for (size_t i = 0; code == E_OK && i < item->header_count; i++)
    code = add_own(made, &item->headers[i], err);
  if (code == E_OK)
    code = request_add_key(&made->request, made->method, &made->headers,
                           &made->request.repeatable, err);
  made->request.headers = made->headers;
  return code;
}

/* --- an item's method and body -------------------------------------------- */

static bool takes_no_body(const char *method)
{
  return method != NULL &&
         (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
}

/* *ret_of_all: the headers that go with the body. */
static enum code make_body(struct batch_request *made,
                           const struct batch_plan *plan,
                           const struct batch_item *item,
                           const struct headers **ret_of_all, struct err *err)
{
  const char *method = item->method != NULL ? item->method : plan->method;
  enum code code = E_OK;

  made->request.body = NULL;
  *ret_of_all = &plan->request.headers;
  if (item->body != NULL) {
    code = body_of_bytes(&made->body, item->body, item->body_len,
                         "application/json", err);
    made->request.body = made->body;
    *ret_of_all = &plan->json;
  } else if (plan->request.body != NULL && !takes_no_body(method)) {
    made->request.body = plan->request.body;
    *ret_of_all = &plan->typed;
  }
  if (method == NULL)
    method = made->request.body != NULL ? "POST" : "GET";
  if (code == E_OK && item->body != NULL && strcmp(method, "HEAD") == 0)
    code = err_set(err, E_USAGE, "a HEAD request has no body");
  made->method = mem_str(method);
  made->request.method = made->method;
  return code == E_OK && made->method == NULL ? err_nomem(err) : code;
}

enum code batch_request_make(struct batch_request *ret_request,
                             const struct batch_plan *plan,
                             const struct batch_item *item, struct err *err)
{
  AUTO_BATCH_REQUEST struct batch_request made = {.request = plan->request};
  AUTO_BUF struct buf target = BUF_INIT(2 * BUF_URL);
  const struct headers *of_all = NULL;
  enum code code = put_target(&target, plan, item, err);

  headers_init(&made.headers);
  if (code == E_OK)
    code = find_url(&made, plan, buf_text(&target), err);
  if (code == E_OK)
    code = make_body(&made, plan, item, &of_all, err);
  if (code == E_OK)
    code = make_headers(&made, plan, item, of_all, err);
  if (code != E_OK)
    return code;
  made.request.url = made.url;
  *ret_request = made;
  made = (struct batch_request){0};
  return E_OK;
}

void batch_request_clear(struct batch_request *request)
{
  mem_free(request->method);
  url_free(request->url);
  headers_clear(&request->headers);
  body_free(request->body);
  *request = (struct batch_request){0};
}
