/* OpenID Connect RP-Initiated Logout: a page that asks the person, and the way
 * back. An ID token of ours, expired or not, says which client asks.
 *
 *   patch.logout   changes the pairs of the way back (state) */
#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <string.h>

static void page(struct answer *an, int status, const char *text)
{
  AUTO_STR char *html =
      need(mem_printf("<!DOCTYPE html>\n<title>sandbox</title>\n%s\n", text),
           "memory");

  answer_text(an, status, "text/html; charset=utf-8", html);
}

/* What is wrong with the request; NULL: nothing. */
static const char *find_fault(struct sandbox *sb, const struct request *rq)
{
  const char *hint = param(rq, "id_token_hint");
  const char *back = param(rq, "post_logout_redirect_uri");
  const char *id = param(rq, "client_id");
  const json_t *known = hint ? token_find(sb, hint) : NULL;
  const char *of = json_string_value(json_object_get(known, "client"));
  const char *ignored;

  if (rq->repeated)
    return "a parameter came twice";
  if (hint != NULL && known == NULL)
    return "the hint is no ID token of this server";
  if (hint != NULL && id != NULL && !text_is(of, id))
    return "the hint is another client's";
  if (id == NULL)
    id = of;
  if (back != NULL && !redirect_registered(client_find(sb, id, &ignored),
                                           "post_logout_redirect_uris", back))
    return "that address to come back to is not registered";
  return NULL;
}

void end_session_ask(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  const char *fault = find_fault(sb, rq);

  if (fault != NULL) {
    page(an, 400, fault);
    return;
  }
  AUTO_STR char *form =
      need(mem_printf("<form method=\"post\" action=\"end-session?%s\">"
                      "</form>",
                      rq->query),
           "memory");
  page(an, 200, form);
}

void end_session_decide(struct sandbox *sb, const struct request *rq,
                        struct answer *an)
{
  const char *back = param(rq, "post_logout_redirect_uri");
  const char *fault = find_fault(sb, rq);
  const char *name;
  json_t *value;
  bool first = true;

  if (fault != NULL || back == NULL) {
    page(an, fault != NULL ? 400 : 200, fault != NULL ? fault : "logged out");
    return;
  }
  AUTO_BUF struct buf to = BUF_INIT(BUF_URL);
  json_t *pairs =
      need(json_pack("{ss*}", "state", param(rq, "state")), "memory");
  pairs =
      merge_patch(pairs, json_object_get(setting_json(sb, "patch"), "logout"));
  buf_puts(&to, back);
  json_object_foreach(pairs, name, value)
  {
    buf_putc(&to, first ? '?' : '&');
    first = false;
    codec_form(&to, name, strlen(name));
    buf_putc(&to, '=');
    codec_form(&to, json_string_value(value), json_string_length(value));
  }
  json_decref(pairs);
  answer_redirect(an, 303, buf_text(&to));
}
