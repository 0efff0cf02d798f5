#include "oauth/par.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/client_auth.h"
#include "oauth/failure.h"

#include <string.h>

static const char required[] = "require_pushed_authorization_requests";

void par_clear(struct par *par)
{
  mem_free(par->request_uri);
  *par = (struct par){0};
}

/* --- whether ----------------------------------------------------------- */

static bool server_requires(const struct metadata *metadata)
{
  return json_is_true(json_object_get(metadata->json, required));
}

static bool profile_says(const struct profile *profile, const char *word)
{
  return profile->login.par && strcmp(profile->login.par, word) == 0;
}

enum code par_wanted(bool *ret_wanted, const struct profile *profile,
                     const struct metadata *metadata, struct err *err)
{
  bool must = server_requires(metadata) || profile_says(profile, "required");
  const char *who = metadata->issuer ? metadata->issuer : profile->name;

  if (profile_says(profile, "off")) {
    if (server_requires(metadata)) {
      (void)err_set(err, E_PROFILE,
                    "'%s' takes pushed authorization requests alone, and "
                    "profile '%s' says  login.par off",
                    who, profile->name);
      err_hint(err, "fob profile set %s login.par auto", profile->name);
      return E_PROFILE;
    }
    must = false;
  }
  if (must && !metadata->par_endpoint)
    return err_set(
        err, E_ANSWER,
        "'%s' has no endpoint for pushed authorization requests, "
        "which %s",
        who, server_requires(metadata) ? "it requires" : "the profile demands");
  *ret_wanted = metadata->par_endpoint != NULL && !profile_says(profile, "off");
  return E_OK;
}

/* --- the answer -------------------------------------------------------- */

static enum code wrong(struct err *err, const char *who, const char *what)
{
  return err_set(err, E_ANSWER,
                 "the answer of %s to the pushed authorization request: %s",
                 who, what);
}

static enum code check_status(const char *who, int status, struct err *err)
{
  return failure_status(err, who, status, "to the pushed authorization request",
                        NULL);
}

/* §2.3: as at the token endpoint, whatever the status. */
static enum code refused(const json_t *object, const char *who, int status,
                         struct err *err)
{
  const char *error = json_text(object, "error");
  const char *text = json_text(object, "error_description");
  const struct failure failure = {.error = error,
                                  .description = text ? text : ""};
  enum code code;

  if (!error || !*error) {
    code = check_status(who, status, err);
    return code != E_OK ? code : wrong(err, who, "error is not a text");
  }
  return failure_set(err, failure_code(status), who, &failure);
}

/* An absolute URI (§2.2: whose form is the server's own affair), of characters
 * that a URI has. */
static bool is_request_uri(const char *text)
{
  size_t len = strlen(text);

  if (len == 0 || len > PAR_URI_MAX || text[0] == ':' || !strchr(text, ':'))
    return false;
  for (const char *c = text; *c; c++)
    if (*c <= 0x20 || *c > 0x7e || strchr("\"<>\\^`{|}#", *c))
      return false;
  return true;
}

static enum code take_members(struct par *par, const json_t *object,
                              const char *who, int64_t sent_at, struct err *err)
{
  const json_t *uri = json_object_get(object, "request_uri");
  const json_t *expires_in = json_object_get(object, "expires_in");
  int64_t seconds;

  if (!uri || json_is_null(uri))
    return wrong(err, who, "request_uri is missing");
  if (!json_is_string(uri) || !is_request_uri(json_string_value(uri)))
    return wrong(err, who, "request_uri is no URI");
  if (!expires_in || json_is_null(expires_in))
    return wrong(err, who, "expires_in is missing");
  if (!json_seconds(expires_in, &seconds) || seconds == 0)
    return wrong(err, who, "expires_in is no number of seconds");
  par->request_uri = mem_str(json_string_value(uri));
  par->expires_at = sent_at + seconds;
  return par->request_uri ? E_OK : err_nomem(err);
}

enum code par_answer_read(struct par *ret_par, const char *who, int status,
                          const char *body, size_t len, int64_t sent_at,
                          struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what =
      mem_printf("the answer of %s to the pushed authorization request", who);
  const json_t *error;
  enum code parsed, code;

  if (!what)
    return err_nomem(err);
  parsed = json_read(&object, body, len, JSON_DEPTH, E_ANSWER, what, err);
  if (parsed == E_NOMEM)
    return parsed;
  error = json_object_get(object, "error");
  if (error && !json_is_null(error))
    return refused(object, who, status, err);
  code = check_status(who, status, err);
  if (code == E_OK)
    code = parsed;
  return code == E_OK ? take_members(ret_par, object, who, sent_at, err) : code;
}

/* --- sending ----------------------------------------------------------- */

/* Some servers offer it to all and allow it to few. */
static void hint_off(const struct client *client,
                     const struct metadata *metadata, struct err *err)
{
  if (!server_requires(metadata) &&
      !profile_says(client->profile, "required") &&
      !(err && strcmp(err->oauth_error, "invalid_client") == 0))
    err_hint(err,
             "if this client may not push its requests:  fob profile set %s "
             "login.par off",
             client->profile->name);
}

enum code par_push(struct par *ret_par, const struct client *client,
                   const struct metadata *metadata, const struct buf *form,
                   struct err *err)
{
  const struct client_call call = {
      .endpoint = metadata->par_endpoint,
      .what = "the endpoint for pushed authorization requests",
      .form = form};
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_STR char *who = NULL;
  int64_t sent_at = clock_wall();
  enum code code = failure_host(&who, metadata->par_endpoint, err);

  if (code == E_OK)
    code = client_post(client, &call, &answer, &body, err);
  if (code == E_OK)
    code = par_answer_read(ret_par, who, answer.status, buf_text(&body),
                           body.len, sent_at, err);
  if (code == E_OAUTH) {
    client_auth_hint(client, metadata, err);
    hint_off(client, metadata, err);
  }
  return code;
}
