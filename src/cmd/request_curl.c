/* --curl: a request as a line for bash or zsh. The token is fetched by the line
 * itself and reaches curl through a file descriptor: it is neither in the line
 * nor in an argument, and without it curl does not run. */
#include "cmd/request.h"

#include "api/upload.h"
#include "base/mem.h"
#include "base/codec.h"
#include "cmd/ui.h"

#include <inttypes.h>
#include <string.h>

static void put_word(struct buf *out, const char *word)
{
  buf_putc(out, ' ');
  codec_shell(out, word);
}

/* " OPTION 'value'" when there is one. */
static void put_option(struct buf *out, const char *option, const char *value)
{
  if (value == NULL)
    return;
  buf_printf(out, " %s", option);
  put_word(out, value);
}

static void put_seconds(struct buf *out, const char *option, int64_t seconds)
{
  if (seconds > 0)
    buf_printf(out, " %s %" PRId64, option, seconds);
}

static enum code put_headers(struct buf *out, const struct request *request,
                             struct err *err)
{
  const struct opt_list *given = &request->options->headers;

  for (size_t i = 0; i < request->headers.count; i++) {
    const struct header *header = &request->headers.items[i];

    if (header->secret != NULL)
      continue; /* by its file, below */
    if (header_is_credential(header->name))
      return err_set(err, E_USAGE,
                     "--curl would show '%s': give it by -H @FILE",
                     header->name);
    AUTO_STR char *line =
        *header->value != '\0'
            ? mem_printf("%s: %s", header->name, header->value)
            : mem_printf("%s;", header->name);
    if (line == NULL)
      return err_nomem(err);
    put_option(out, "-H", line);
  }
  for (size_t i = 0; i < given->count; i++) {
    if (given->items[i][0] == '@')
      put_option(out, "-H", given->items[i]);
  }
  return E_OK;
}

/* --- body ----------------------------------------------------------------- */

/* What an argument cannot hold. */
static enum code check_nul(const char *bytes, size_t len, struct err *err)
{
  if (memchr(bytes, '\0', len) == NULL)
    return E_OK;
  return err_set(err, E_USAGE,
                 "--curl: the body holds a NUL byte, which no argument can");
}

/* In double quotes a file's name may hold anything. */
static void put_file_name(struct buf *word, const char *name)
{
  buf_putc(word, '"');
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      buf_putc(word, '\\');
    buf_putc(word, *at);
  }
  buf_putc(word, '"');
}

/* name=@"FILE";filename="NAME";type=TYPE */
static enum code put_upload(struct buf *word, const struct item *item,
                            struct err *err)
{
  AUTO_UPLOAD struct upload upload = {0};
  enum code code = upload_parse(item, &upload, err);

  if (code != E_OK)
    return code;
  buf_printf(word, "%s=@", item->name);
  put_file_name(word, upload.path);
  if (upload.renamed) {
    buf_puts(word, ";filename=");
    put_file_name(word, upload.filename);
  }
  buf_printf(word, ";type=%s", upload.type);
  return buf_check(word, err);
}

static enum code put_parts(struct buf *out, const struct request *request,
                           struct err *err)
{
  const struct item_list *items = &request->line.items;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < items->count; i++) {
    const struct item *item = &items->items[i];
    AUTO_BUF struct buf word = BUF_INIT(BUF_BODY);

    if (!item_is_data(item))
      continue;
    if (item->kind == ITEM_UPLOAD || item->kind == ITEM_FIELD_FILE) {
      code = put_upload(&word, item, err);
      put_option(out, "-F", buf_text(&word));
      continue;
    }
    buf_printf(&word, "%s=", item->name);
    code = body_put_text(&word, item, err);
    if (code == E_OK)
      code = check_nul(buf_text(&word), word.len, err);
    put_option(out, "--form-string", buf_text(&word));
  }
  return code;
}

/* The file that is the whole body, as curl is told it: @FILE; or NULL. */
static enum code whole_file(char **ret_word, const struct request *request,
                            struct err *err)
{
  const struct request_options *o = request->options;
  const char *text = o->data != NULL ? o->data : o->json;

  *ret_word = NULL;
  if (o->input != NULL)
    *ret_word = mem_printf("@%s", o->input);
  else if (text != NULL && *text == '@')
    *ret_word = mem_str(text);
  else
    return E_OK;
  return *ret_word != NULL ? E_OK : err_nomem(err);
}

static enum code put_body(struct buf *out, const struct request *request,
                          struct err *err)
{
  AUTO_STR char *file = NULL;
  const char *bytes;
  size_t len = 0;
  enum code code;

  if (request->body == NULL)
    return E_OK;
  code = whole_file(&file, request, err);
  if (code != E_OK || file != NULL) {
    put_option(out, "--data-binary", file);
    return code;
  }
  bytes = body_bytes(request->body, &len);
  if (bytes == NULL) /* only files are not in memory */
    return E_OK;
  code = check_nul(bytes, len, err);
  put_option(out, "--data-raw", bytes);
  return code;
}

/* --- the line ------------------------------------------------------------- */

static bool is_multipart(const struct request *request)
{
  return request->body == NULL && request->parts;
}

static void put_method(struct buf *out, const struct request *request)
{
  bool body = request->body != NULL || is_multipart(request);

  if (strcmp(request->method, "HEAD") == 0)
    buf_puts(out, " -I");
  else if (strcmp(request->method, body ? "POST" : "GET") != 0)
    put_option(out, "-X", request->method);
}

static void put_options(struct buf *out, const struct ctx *ctx,
                        const struct request *request)
{
  const struct request_options *o = request->options;

  if (o->include)
    buf_puts(out, " -i");
  if (o->raw)
    buf_puts(out, " --raw");
  else
    buf_puts(out, " --compressed");
  put_option(out, "-o", o->output);
  if (o->remote_name)
    buf_puts(out, o->remote_header_name ? " -OJ" : " -O");
  put_option(out, "-C", o->continue_at);
  put_seconds(out, "-m", o->max_time);
  put_seconds(out, "--connect-timeout", ctx->globals.connect_timeout);
  put_option(out, "--cert", o->cert);
  put_option(out, "--key", o->key);
  put_option(out, "--unix-socket", o->unix_socket);
  put_option(out, "-x", ctx->globals.proxy);
  put_option(out, "--cacert", ctx->globals.cacert);
}

/* " -p NAME", where that is how `fob token` finds the same credential. */
static void put_profile(struct buf *out, const struct request *request)
{
  const struct selection *selection = &request->selection;
  bool from_env = selection->env != NULL && selection->env->api != NULL;

  if (!from_env && strcmp(selection->why, "FOB_PROFILE_FILE") != 0)
    buf_printf(out, " -p %s", selection->profile->name);
}

/* The header lines that fob prints: a DPoP token's have a proof for this very
 * request, which a bearer's does without. */
static void put_kind(struct buf *out, const struct request *request)
{
  const char *dpop = request->selection.profile->dpop;

  if (dpop == NULL || strcmp(dpop, "off") == 0) {
    buf_puts(out, "--header");
    return;
  }
  buf_printf(out, "--for %s", request->method);
  put_word(out, request->url->text);
}

/* What comes in front of curl's arguments, and in *ret_behind what follows. */
static void put_start(struct buf *out, const struct request *request,
                      const char **ret_behind)
{
  const struct profile *profile = request->selection.profile;

  *ret_behind = "";
  if (!request_adds_credential(request)) {
    buf_puts(out, "curl");
    return;
  }
  if (profile->auth.in == AUTH_QUERY) {
    buf_puts(out, "t=$(fob token");
    put_profile(out, request);
    buf_puts(out, ") && curl --url-query ");
    codec_shell(out, profile->auth.name);
    buf_puts(out, "@<(printf %s \"$t\")");
    return;
  }
  buf_puts(out, "h=$(fob token ");
  put_kind(out, request);
  put_profile(out, request);
  if (request_count_stdin(request) > 0) {
    buf_puts(out, ") && curl -H @<(printf '%s\\n' \"$h\")");
  } else {
    buf_puts(out, ") && curl -H @-");
    *ret_behind = " <<<\"$h\"";
  }
}

enum code request_show_curl(const struct ctx *ctx,
                            const struct request *request, struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(2 * BUF_BODY);
  const char *behind;
  enum code code;

  put_start(&line, request, &behind);
  put_method(&line, request);
  put_options(&line, ctx, request);
  code = put_headers(&line, request, err);
  if (code == E_OK)
    code = is_multipart(request) ? put_parts(&line, request, err)
                                 : put_body(&line, request, err);
  if (code != E_OK)
    return code;
  put_word(&line, request->url->text);
  buf_printf(&line, "%s\n", behind);
  code = buf_check(&line, err);
  return code == E_OK ? ui_out(buf_text(&line), line.len, err) : code;
}
