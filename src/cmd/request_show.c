/* --dry-run: a request shown instead of sent. Neither the store nor the network
 * is opened. */
#include "cmd/request.h"

#include "base/codec.h"
#include "cmd/ui.h"
#include "oauth/present.h"

#include <inttypes.h>
#include <string.h>

/* What the profile says of DPoP; the store, which knows, is not opened. */
static const char *scheme(const struct request *request)
{
  const struct profile *profile = request->selection.profile;
  const char *dpop = profile->dpop;

  if (dpop == NULL || strcmp(dpop, "off") == 0 ||
      request->selection.env != NULL || !present_can_bind(profile))
    return NULL;
  return strcmp(dpop, "required") == 0 ? "DPoP" : "Bearer or DPoP";
}

/* "Bearer [hidden]" */
static void put_credential(struct buf *out, const struct request *request)
{
  const struct profile *profile = request->selection.profile;
  const char *name = request_credential_header(request);
  const char *mark;

  if (!request_adds_credential(request) || name == NULL)
    return;
  if (profile->auth.in == AUTH_BASIC) {
    buf_printf(out, "%s: Basic [hidden]\n", name);
    return;
  }
  if (scheme(request) != NULL) {
    buf_printf(out, "Authorization: %s [hidden]\n", scheme(request));
    if (strcmp(profile->dpop, "required") == 0)
      buf_puts(out, "DPoP: [made when it is sent]\n");
    return;
  }
  mark = strstr(profile->auth.format, "{token}");
  if (mark == NULL)
    return;
  buf_printf(out, "%s: %.*s[hidden]%s\n", name,
             (int)(mark - profile->auth.format), profile->auth.format,
             mark + strlen("{token}"));
}

static void put_request_line(struct buf *out, const struct request *request)
{
  const struct profile *profile = request->selection.profile;

  buf_printf(out, "%s %s", request->method, request->url->text);
  if (request_adds_credential(request) && profile->auth.in == AUTH_QUERY)
    buf_printf(out, "%c%s=[hidden]", request->url->query != NULL ? '&' : '?',
               profile->auth.name);
  buf_putc(out, '\n');
}

static void put_headers(struct buf *out, const struct request *request)
{
  const struct headers *headers = &request->headers;

  if (!request_has_header(headers, "User-Agent"))
    buf_puts(out, "User-Agent: fob/" FOB_VERSION "\n");
  for (size_t i = 0; i < headers->count; i++) {
    const struct header *header = &headers->items[i];

    if (header->secret != NULL)
      buf_printf(out, "%s: [hidden, %zu bytes]\n", header->name,
                 secret_len(header->secret));
    else if (header_is_credential(header->name))
      buf_printf(out, "%s: [hidden, %zu bytes]\n", header->name,
                 strlen(header->value));
    else
      buf_printf(out, "%s: %s\n", header->name, header->value);
  }
  if (request->body != NULL && body_len(request->body) >= 0)
    buf_printf(out, "Content-Length: %" PRId64 "\n", body_len(request->body));
}

static enum code to_stdout(void *user, const void *bytes, size_t len,
                           struct err *err)
{
  (void)user;
  return ui_out(bytes, len, err);
}

static enum code show_body(const struct request *request, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_BODY);
  AUTO(present) present = NULL;
  struct format_sink sink = {.write = to_stdout};
  enum code code;

  body_show(request->body, &text);
  code = buf_check(&text, err);
  if (code == E_OK)
    code = present_new(&present, ui_stdout_is_terminal(), true,
                       body_type(request->body), false, sink, err);
  if (code == E_OK)
    code = present_write(present, buf_text(&text), text.len, err);
  return code == E_OK ? present_end(present, err) : code;
}

enum code request_show(const struct request *request, struct err *err)
{
  AUTO_BUF struct buf head = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf safe = BUF_INIT(2 * BUF_DOCUMENT);
  AUTO_BUF struct buf shown = BUF_INIT(4 * BUF_DOCUMENT);
  enum code code;

  put_request_line(&head, request);
  put_credential(&head, request);
  put_headers(&head, request);
  if (request->body != NULL)
    buf_putc(&head, '\n');
  code = buf_check(&head, err);
  if (code != E_OK)
    return code;
  secret_redact(&safe, buf_text(&head), head.len);
  codec_visible(&shown, buf_text(&safe), safe.len, true);
  code = buf_check(&safe, err);
  if (code == E_OK)
    code = buf_check(&shown, err);
  if (code == E_OK)
    code = ui_out(buf_text(&shown), shown.len, err);
  return code == E_OK && request->body != NULL ? show_body(request, err) : code;
}
