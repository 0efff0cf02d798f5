#include "oauth/client_document.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/browser.h"

#include <string.h>

enum {
  DOCUMENT_MAX = 5 * 1024
}; /* draft §6.6: what a server need not exceed */

static const char what[] = "the client's document";

bool client_document_is_id(const char *client_id)
{
  return client_id && (strncmp(client_id, "https://", 8) == 0 ||
                       strncmp(client_id, "http://", 7) == 0);
}

enum code client_document_check_id(const char *client_id, struct err *err)
{
  AUTO(url) url = NULL;
  enum code code =
      url_parse(&url, client_id, URL_STRICT_PATH, E_PROFILE, "client.id", err);

  if (code != E_OK)
    return code;
  if (strcmp(url->path, "/") == 0)
    return err_set(
        err, E_PROFILE,
        "client.id: '%s' has no path, and is therefore no document's "
        "URL",
        client_id);
  if (strcmp(url->text, client_id) != 0) {
    (void)err_set(err, E_PROFILE,
                  "client.id: '%s' is not spelled as servers will compare it",
                  client_id);
    err_hint(err, "%s", url->text);
    return E_PROFILE;
  }
  return E_OK;
}

/* --- the document ------------------------------------------------------ */

static enum code check_id(const json_t *object, const char *client_id,
                          struct err *err)
{
  const char *found = json_text(object, "client_id");

  if (!found)
    return err_set(err, E_ANSWER, "%s at '%s' states no client_id", what,
                   client_id);
  if (strcmp(found, client_id) == 0)
    return E_OK;
  (void)err_set(err, E_CHECK, "%s describes another client", what);
  err_hint(err, "it is at  %s", client_id);
  err_hint(err, "it says   %s", found);
  return E_CHECK;
}

/* Everybody can read it: nothing in it can be shared with one server. */
static enum code check_secret(const json_t *object, const char *client_id,
                              struct err *err)
{
  const json_t *value = json_object_get(object, "token_endpoint_auth_method");
  const char *method = json_string_value(value);

  if (value && !method)
    return err_set(err, E_ANSWER,
                   "%s at '%s': token_endpoint_auth_method is not a text", what,
                   client_id);
  if (json_object_get(object, "client_secret") ||
      json_object_get(object, "client_secret_expires_at") ||
      (method && strncmp(method, "client_secret_", 14) == 0))
    return err_set(err, E_CHECK,
                   "%s at '%s' has to do with a secret, which a document that "
                   "everybody can read cannot",
                   what, client_id);
  return E_OK;
}

static bool holds(const json_t *list, const char *text)
{
  size_t count = json_array_size(list);

  for (size_t i = 0; i < count; i++) {
    const char *item = json_string_value(json_array_get(list, i));

    if (item && strcmp(item, text) == 0)
      return true;
  }
  return false;
}

static enum code check_use(const json_t *object, const char *client_id,
                           const struct text_list *redirect_uris,
                           const char *grant, struct err *err)
{
  const json_t *uris = json_object_get(object, "redirect_uris");
  const json_t *grants = json_object_get(object, "grant_types");

  if (!json_is_array(uris) || (grants && !json_is_array(grants)))
    return err_set(err, E_ANSWER, "%s at '%s': %s is not a list", what,
                   client_id,
                   json_is_array(uris) ? "grant_types" : "redirect_uris");
  for (size_t i = 0; i < redirect_uris->count; i++)
    if (!holds(uris, redirect_uris->items[i]))
      return err_set(err, E_LESS,
                     "%s at '%s' does not have the redirect URI '%s'", what,
                     client_id, redirect_uris->items[i]);
  if (grants && !holds(grants, grant))
    return err_set(err, E_LESS, "%s at '%s' does not have the grant '%s'", what,
                   client_id, grant);
  return E_OK;
}

enum code client_document_read(const char *bytes, size_t len,
                               const char *client_id,
                               const struct text_list *redirect_uris,
                               const char *grant, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  enum code code;

  if (len > DOCUMENT_MAX)
    return err_set(err, E_ANSWER,
                   "%s at '%s' is longer than the %d KiB that a server reads",
                   what, client_id, DOCUMENT_MAX / 1024);
  code = json_read(&object, bytes, len, JSON_DEPTH, E_ANSWER, what, err);
  if (code == E_OK)
    code = check_id(object, client_id, err);
  if (code == E_OK)
    code = check_secret(object, client_id, err);
  if (code == E_OK)
    code = check_use(object, client_id, redirect_uris, grant, err);
  return code;
}

/* --- for a profile ----------------------------------------------------- */

static bool uses_secret(const struct profile *profile)
{
  return profile->client.auth_stated &&
         (profile->client.auth == CLIENT_SECRET_BASIC ||
          profile->client.auth == CLIENT_SECRET_POST ||
          profile->client.auth == CLIENT_SECRET_JWT);
}

static bool is_supported(const struct metadata *metadata)
{
  return json_is_true(
      json_object_get(metadata->json, "client_id_metadata_document_supported"));
}

static enum code fetch(struct http *http, const struct profile *profile,
                       const char *grant, struct err *err)
{
  const char *id = profile->client.id;
  AUTO(url) url = NULL;
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  AUTO_LIST struct text_list standard = {0};
  const struct text_list *uris = &profile->login.redirect_uris;
  enum code code = url_parse(&url, id, URL_PLAIN, E_PROFILE, "client.id", err);

  if (code == E_OK && uris->count == 0) {
    code = text_list_add(&standard, BROWSER_REDIRECT, err);
    uris = &standard;
  }
  if (code == E_OK)
    code = http_protocol(http, url, NULL, NULL, &answer, &body, err);
  if (code != E_OK)
    return code;
  if (answer.status != 200)
    return err_set(err, E_ANSWER, "%s: '%s' answers %d", what, id,
                   answer.status);
  return client_document_read(buf_text(&body), body.len, id, uris, grant, err);
}

/* The server may reach what this machine does not. */
static bool is_unreachable(enum code code)
{
  return err_status(code) == err_status(E_NETWORK) || code == E_TIMEOUT;
}

enum code client_document_check(struct http *http,
                                const struct profile *profile,
                                const struct metadata *metadata,
                                const char *grant, struct err *err)
{
  enum code code;

  if (!client_document_is_id(profile->client.id))
    return E_OK;
  if (!is_supported(metadata)) {
    log_note(
        "the client id is a URL, and the server does not say that it takes "
        "the URL of a client's document");
    return E_OK;
  }
  code = client_document_check_id(profile->client.id, err);
  if (code == E_OK && uses_secret(profile))
    return err_set(err, E_PROFILE,
                   "profile '%s': a client that is described by a document has "
                   "no secret; client.auth is %s",
                   profile->name,
                   profile_client_auth_name(profile->client.auth));
  if (code == E_OK)
    code = fetch(http, profile, grant, err);
  if (code == E_OK || !is_unreachable(code))
    return code;
  log_line(LOG_VERBOSE, "the client's document was not looked at: %s",
           err ? err->message : "");
  err_clear(err);
  return E_OK;
}
