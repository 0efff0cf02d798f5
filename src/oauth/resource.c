/* An API's metadata, read strictly: what is here decides where a person is sent
 * to log in. Members that fob does not use are not looked at, signed_metadata
 * among them (§3.3 lets a client leave it). */
#include "oauth/resource.h"

#include "base/json.h"
#include "base/mem.h"

#include <jansson.h>
#include <string.h>

enum {
  SERVERS_MAX = 32,
  SCOPES_MAX = 4096 /* bytes of them all; they are written into the profile */
};

void resource_free(struct resource *resource)
{
  if (!resource)
    return;
  mem_free(resource->id);
  mem_free(resource->source);
  text_list_clear(&resource->servers);
  text_list_clear(&resource->scopes);
  mem_free(resource);
}

/* --- whose it is ------------------------------------------------------- */

static bool is_asked(const struct url *asked, const char *found)
{
  bool root = strcmp(asked->path, "/") == 0 && !asked->query;

  return strcmp(found, asked->text) == 0 ||
         (root && strcmp(found, asked->origin) == 0);
}

/* What may have been meant, where that is as safe to ask as this was. */
static enum code note_meant(const struct url *asked, const char *found,
                            char **ret_meant, struct err *err)
{
  AUTO(url) url = NULL;
  struct err ignored = ERR_INIT;
  enum code code = url_parse(&url, found, URL_NO_QUERY | URL_STRICT_PATH,
                             E_ANSWER, "resource", &ignored);

  if (code == E_NOMEM)
    return err_nomem(err);
  if (code != E_OK || !url_same_origin(url, asked))
    return E_OK;
  *ret_meant = mem_str(found);
  return *ret_meant ? E_OK : err_nomem(err);
}

static enum code take_id(struct resource *resource, const json_t *object,
                         const struct url *asked, const char *what,
                         char **ret_meant, struct err *err)
{
  const json_t *value = json_object_get(object, "resource");
  const char *found = json_string_value(value);

  if (!found)
    return err_set(err, E_ANSWER, "%s states no resource", what);
  if (!is_asked(asked, found)) {
    enum code code = note_meant(asked, found, ret_meant, err);

    if (code != E_OK)
      return code;
    (void)err_set(err, E_CHECK, "%s belongs to another resource", what);
    err_hint(err, "asked for  %s", asked->text);
    err_hint(err, "it says    %s", found);
    return E_CHECK;
  }
  resource->id = mem_str(found);
  return resource->id ? E_OK : err_nomem(err);
}

/* --- lists ------------------------------------------------------------- */

/* The texts of a list member, each once; nothing when it is absent or null. */
static enum code take_list(struct text_list *list, const json_t *object,
                           const char *member, bool *ret_stated,
                           const char *what, struct err *err)
{
  const json_t *value = json_object_get(object, member);
  size_t count = json_array_size(value);
  enum code code = E_OK;

  *ret_stated = value && !json_is_null(value);
  if (*ret_stated && !json_is_array(value))
    return err_set(err, E_ANSWER, "%s: %s is not a list", what, member);
  for (size_t i = 0; code == E_OK && i < count; i++) {
    const char *text = json_string_value(json_array_get(value, i));

    if (!text || !*text)
      return err_set(err, E_ANSWER, "%s: %s holds something that is not a text",
                     what, member);
    if (!text_list_has(list, text))
      code = text_list_add(list, text, err);
  }
  return code;
}

/* A server elsewhere may not send a person to this machine or to what is
 * reached from it alone. */
static enum code check_server(const struct url *asked, const char *server,
                              const char *what, struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_STR char *name = mem_printf("%s: authorization_servers", what);
  enum code code;

  if (!name)
    return err_nomem(err);
  code = url_parse(&url, server, URL_NO_QUERY, E_ANSWER, name, err);
  if (code != E_OK)
    return code;
  if (url_is_local(url) && !url_is_local(asked))
    return err_set(err, E_CHECK,
                   "%s: authorization_servers points to a local address, '%s', "
                   "which only a local API may",
                   what, server);
  return E_OK;
}

static enum code take_servers(struct resource *resource, const json_t *object,
                              const struct url *asked, const char *what,
                              struct err *err)
{
  bool stated;
  enum code code = take_list(&resource->servers, object,
                             "authorization_servers", &stated, what, err);

  if (code == E_OK && resource->servers.count > SERVERS_MAX)
    return err_set(err, E_ANSWER, "%s names more than %d servers", what,
                   SERVERS_MAX);
  for (size_t i = 0; code == E_OK && i < resource->servers.count; i++)
    code = check_server(asked, resource->servers.items[i], what, err);
  return code;
}

/* RFC 6749 §3.3: scope-token. */
static bool is_scope(const char *text)
{
  for (; *text; text++)
    if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\')
      return false;
  return true;
}

static enum code take_scopes(struct resource *resource, const json_t *object,
                             const char *what, struct err *err)
{
  bool stated;
  size_t len = 0;
  enum code code = take_list(&resource->scopes, object, "scopes_supported",
                             &stated, what, err);

  for (size_t i = 0; code == E_OK && i < resource->scopes.count; i++) {
    const char *scope = resource->scopes.items[i];

    len += strlen(scope) + 1;
    if (!is_scope(scope))
      return err_set(err, E_ANSWER,
                     "%s: scopes_supported holds '%s', which is no scope", what,
                     scope);
  }
  if (len > SCOPES_MAX)
    return err_set(err, E_ANSWER,
                   "%s: scopes_supported is longer than %d bytes", what,
                   SCOPES_MAX);
  return code;
}

/* --- how tokens are presented ------------------------------------------ */

static enum code take_bool(bool *ret_value, const json_t *object,
                           const char *member, const char *what,
                           struct err *err)
{
  const json_t *value = json_object_get(object, member);

  *ret_value = json_is_true(value);
  if (value && !json_is_null(value) && !json_is_boolean(value))
    return err_set(err, E_ANSWER, "%s: %s is neither true nor false", what,
                   member);
  return E_OK;
}

/* §2: an empty list says that bearer tokens are not taken at all. */
static enum code check_methods(const struct resource *resource,
                               const json_t *object, const char *what,
                               struct err *err)
{
  AUTO_LIST struct text_list methods = {0};
  AUTO_LIST struct text_list algs = {0};
  bool stated, algs_stated;
  enum code code = take_list(&methods, object, "bearer_methods_supported",
                             &stated, what, err);

  if (code == E_OK)
    code = take_list(&algs, object, "dpop_signing_alg_values_supported",
                     &algs_stated, what, err);
  if (code != E_OK)
    return code;
  if (resource->dpop && algs_stated && !text_list_has(&algs, "ES256"))
    return err_set(err, E_LESS,
                   "%s: the API takes DPoP proofs, but none by ES256, which is "
                   "what fob signs them with",
                   what);
  if (!resource->dpop && stated && !text_list_has(&methods, "header"))
    return err_set(err, E_LESS,
                   "%s: the API does not take tokens in a header, and fob "
                   "sends them there",
                   what);
  return E_OK;
}

static enum code take_binding(struct resource *resource, const json_t *object,
                              const char *what, struct err *err)
{
  enum code code = take_bool(&resource->dpop, object,
                             "dpop_bound_access_tokens_required", what, err);

  if (code == E_OK)
    code = take_bool(&resource->certificate, object,
                     "tls_client_certificate_bound_access_tokens", what, err);
  return code == E_OK ? check_methods(resource, object, what, err) : code;
}

enum code resource_read(struct resource **ret_resource, const char *bytes,
                        size_t len, const struct url *asked, const char *source,
                        char **ret_meant, struct err *err)
{
  AUTO(resource) resource = mem_zalloc(sizeof(*resource));
  AUTO_JSON json_t *object = NULL;
  AUTO_STR char *what = mem_printf("the API's metadata at '%s'", source);
  enum code code;

  if (!resource || !what)
    return err_nomem(err);
  code = json_read(&object, bytes, len, JSON_DEPTH, E_ANSWER, what, err);
  if (code == E_OK)
    code = take_id(resource, object, asked, what, ret_meant, err);
  if (code == E_OK)
    code = take_servers(resource, object, asked, what, err);
  if (code == E_OK)
    code = take_scopes(resource, object, what, err);
  if (code == E_OK)
    code = take_binding(resource, object, what, err);
  if (code != E_OK)
    return code;
  resource->source = mem_str(source);
  if (!resource->source)
    return err_nomem(err);
  *ret_resource = resource;
  resource = NULL;
  return E_OK;
}

/* --- the server that it names ------------------------------------------ */

/* An address has no names below it. */
static bool is_name(const char *host)
{
  const char *last = strrchr(host, '.');

  return host[0] != '[' && last && last[1] != '\0' &&
         strspn(last + 1, "0123456789") != strlen(last + 1);
}

bool resource_owns(const struct url *api, const struct url *server)
{
  size_t api_len = strlen(api->host), server_len = strlen(server->host);

  if (strcmp(api->host, server->host) == 0)
    return true;
  return is_name(api->host) && server_len > api_len &&
         server->host[server_len - api_len - 1] == '.' &&
         strcmp(server->host + server_len - api_len, api->host) == 0;
}
