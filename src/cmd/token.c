/* fob token: prints a token that is valid now, and nothing else. */
#include "cmd/token.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/login.h"
#include "cmd/token_for.h"
#include "cmd/ui.h"

#include <string.h>

struct options {
  bool header, json, introspect, decode, force_refresh, login;
  int64_t min_valid;
  const char *scope, *method, *nonce;
  struct opt_list resource, audience;
};

#define AT(member) offsetof(struct options, member)

static const struct opt opts[] = {
    {"header", 0, OPT_FLAG, AT(header), NULL,
     "print the whole header line, for curl -H @-", 0, NULL, 0},
    {"for", 0, OPT_TEXT, AT(method), "METHOD",
     "print the header lines of one request with METHOD to URL: a token bound "
     "by DPoP needs a proof for it",
     OPT_ONCE, NULL, 0},
    {"nonce", 0, OPT_TEXT, AT(nonce), "NONCE",
     "with --for: the DPoP-Nonce that URL has answered with", OPT_ONCE, NULL,
     0},
    {"json", 0, OPT_FLAG, AT(json), NULL,
     "print the token with its type, expiry, scope, profile and issuer", 0,
     NULL, 0},
    {"introspect", 0, OPT_FLAG, AT(introspect), NULL,
     "print what its server knows of it (RFC 7662) instead", 0, NULL, 0},
    {"decode", 0, OPT_FLAG, AT(decode), NULL,
     "print what it says, if it is a JWT, instead", 0, NULL, 0},
    {"min-valid", 0, OPT_DURATION, AT(min_valid), "DURATION",
     "refresh a token that lasts less than this; unless given, 30 s or a tenth "
     "of its lifetime",
     0, NULL, 0},
    {"force-refresh", 0, OPT_FLAG, AT(force_refresh), NULL,
     "refresh even a token that is still good", 0, NULL, 0},
    {"scope", 0, OPT_TEXT, AT(scope), "SCOPE",
     "a token for this scope only, kept beside the others", 0, NULL, 0},
    {"resource", 0, OPT_LIST, AT(resource), "URI",
     "a token for this resource (RFC 8707); may be repeated", 0, NULL, 0},
    {"audience", 0, OPT_LIST, AT(audience), "NAME",
     "a token for this audience; may be repeated", 0, NULL, 0},
    {"login", 0, OPT_FLAG, AT(login), NULL,
     "on a terminal, log in first when there is no usable credential", 0, NULL,
     0},
    OPT_END,
};

static enum code print_json(const struct session_token *token,
                            const struct profile *profile,
                            const struct secret *proof, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf expires = BUF_INIT(BUF_LINE);
  bool known = token->expires_at != CLOCK_NEVER;
  enum code code;

  if (known)
    clock_rfc3339(&expires, token->expires_at);
  code = buf_check(&expires, err);
  if (code != E_OK)
    return code;
  AUTO_JSON json_t *object = json_pack(
      "{s:s#, s:s, s:o, s:s?, s:s?, s:s, s:s?}", "access_token",
      secret_reveal(token->token), (int)secret_len(token->token), "token_type",
      token->token_type, "expires_at",
      known ? json_integer(token->expires_at) : json_null(), "expires",
      known ? buf_text(&expires) : NULL, "scope", token->scope, "profile",
      profile->name, "issuer", token->issuer);

  if (object == NULL)
    return err_nomem(err);
  if (proof != NULL)
    code = json_put_text(object, "dpop", secret_reveal(proof), err);
  if (code == E_OK)
    code = json_write(&text, object, 0, err);
  if (code != E_OK)
    return code;
  buf_putc(&text, '\n');
  code = buf_check(&text, err);
  return code == E_OK ? ui_out(buf_text(&text), text.len, err) : code;
}

static enum code print_secret(const char *before, const struct secret *secret,
                              struct err *err)
{
  enum code code = ui_out(before, strlen(before), err);

  if (code == E_OK)
    code = ui_out(secret_reveal(secret), secret_len(secret), err);
  return code == E_OK ? ui_out("\n", 1, err) : code;
}

static enum code print_header(const struct session_token *token,
                              const struct profile *profile,
                              const struct secret *proof, struct err *err)
{
  if (token->header_name == NULL) {
    (void)err_set(err, E_USAGE,
                  "'%s' sends its token in the query, not in a header",
                  profile->name);
    err_hint(err, "fob request ...   puts it there");
    return E_USAGE;
  }
  AUTO_STR char *before = mem_printf("%s: ", token->header_name);
  enum code code = before == NULL
                       ? err_nomem(err)
                       : print_secret(before, token->header_value, err);
  return code == E_OK && proof != NULL ? print_secret("DPoP: ", proof, err)
                                       : code;
}

static void text_list_of(const struct opt_list *given, struct text_list *list)
{
  /* Borrowed for the call: opt_list's items are argv's. */
  list->items = (char **)(uintptr_t)given->items;
  list->count = given->count;
}

static enum code get(struct ctx *ctx, const struct options *options,
                     const struct selection *selection, const struct url *url,
                     struct session_token *ret_token, struct err *err)
{
  struct text_list resource, audience;
  struct session session;
  enum code code =
      ctx_session(ctx, selection->profile, selection->env, &session, err);

  if (code != E_OK)
    return code;
  text_list_of(&options->resource, &resource);
  text_list_of(&options->audience, &audience);
  const struct session_ask ask = {
      .scope = options->scope,
      .resource = resource.count > 0 ? &resource : NULL,
      .audience = audience.count > 0 ? &audience : NULL,
      .min_valid = options->min_valid,
      .force_refresh = options->force_refresh,
      .url = url,
  };
  return session_token(&session, &ask, ret_token, err);
}

static enum code check_url(const char *text, const struct profile *profile,
                           const struct url *url, struct err *err)
{
  return text != NULL ? ctx_check_origin(profile, url, err) : E_OK;
}

static enum code print(struct ctx *ctx, const struct options *options,
                       const struct selection *selection,
                       const struct token_for *request,
                       const struct session_token *token, struct err *err)
{
  AUTO(secret) proof = NULL;
  struct session session;
  enum code code = E_OK;

  if (options->introspect)
    return token_introspect(ctx, selection, token, err);
  if (options->decode)
    return token_decode(ctx, selection, token, err);
  if (request->method != NULL) {
    code = ctx_session(ctx, selection->profile, selection->env, &session, err);
    if (code == E_OK)
      code = token_for_proof(request, &session, token, &proof, err);
  } else if (!options->json) {
    code = token_for_alone(token, selection->profile, err);
  }
  if (code != E_OK)
    return code;
  if (options->json)
    return print_json(token, selection->profile, proof, err);
  if (options->header || request->method != NULL)
    return print_header(token, selection->profile, proof, err);
  return print_secret("", token->token, err);
}

static enum code check_options(const struct options *o, struct err *err)
{
  static const char *const names[] = {"--header", "--json", "--introspect",
                                      "--decode"};
  const bool given[] = {o->header, o->json, o->introspect, o->decode};
  const char *first = NULL;

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    if (!given[i])
      continue;
    if (first != NULL)
      return err_set(err, E_USAGE, "%s and %s exclude each other", first,
                     names[i]);
    first = names[i];
  }
  if (o->method != NULL && (o->introspect || o->decode))
    return err_set(err, E_USAGE, "--for and %s exclude each other", first);
  return E_OK;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct options *o = options;
  const char *target = operands->count > 0 ? operands->items[0] : NULL;
  AUTO_SELECTION struct selection selection = {0};
  AUTO_TOKEN struct session_token token = {0};
  struct token_for request = {.method = o->method, .nonce = o->nonce};
  AUTO(url) url = NULL;
  enum code code = E_OK;

  if (operands->count > 1)
    return err_set(err, E_USAGE, "token takes one URL, not '%s' as well",
                   operands->items[1]);
  code = check_options(o, err);
  if (code == E_OK && target != NULL)
    code = url_parse(&url, target, URL_ADD_HTTPS, E_USAGE, "URL", err);
  request.url = url;
  if (code == E_OK)
    code = token_for_check(&request, err);
  if (code == E_OK)
    code = ctx_select(ctx, url, &selection, err);
  if (code == E_OK)
    code = check_url(target, selection.profile, url, err);
  if (code == E_OK)
    code = get(ctx, o, &selection, url, &token, err);
  if (err_status(code) == 8 && o->login && ui_can_ask() &&
      selection.env == NULL) {
    ui_say("%s", err->message);
    err_clear(err);
    code = login_to_profile(ctx, selection.profile, NULL, err);
    if (code == E_OK)
      code = get(ctx, o, &selection, url, &token, err);
  }
  return code == E_OK ? print(ctx, o, &selection, &request, &token, err) : code;
}

static const char details[] =
    "  h=$(fob token --header) && curl -H @- https://api.github.com/user "
    "<<<\"$h\"\n"
    "\n"
    "gives it to another program. Never put it into an argument, where every\n"
    "process sees it, nor behind a bare pipe: curl would go on without it when "
    "fob\n"
    "fails.";

const struct cmd cmd_token = {
    .name = "token",
    .usage_name = "token",
    .summary = "Print a valid access token, refreshed when needed",
    .usage = "[URL] [-p NAME] [options]",
    .details = details,
    .opts = opts,
    .options_size = sizeof(struct options),
    .run = run,
};
