#include "support/sandbox/sandbox.h"

#include <string.h>

enum { EXACT, BELOW };

static const struct route {
  const char *method; /* NULL: any */
  const char *path;
  int how;
  handler *handler;
} routes[] = {
    {"GET", "/.well-known/openid-configuration", EXACT, metadata_openid},
    {"GET", "/.well-known/oauth-authorization-server", BELOW, metadata_oauth},
    {"GET", "/.well-known/oauth-protected-resource", BELOW, metadata_resource},
    {"GET", "/jwks", EXACT, metadata_jwks},
    {"GET", "/authorize", EXACT, authorize_ask},
    {"POST", "/authorize", EXACT, authorize_decide},
    {"POST", "/par", EXACT, par_endpoint},
    {"POST", "/device", EXACT, device_ask},
    {"GET", "/activate", EXACT, device_page},
    {"POST", "/token", EXACT, token_endpoint},
    {"POST", "/register", EXACT, register_endpoint},
    {NULL, "/register", BELOW, register_manage},
    {"GET", "/client.json", EXACT, client_document},
    {"POST", "/revoke", EXACT, revoke_endpoint},
    {"POST", "/mtls/token", EXACT, token_endpoint},
    {"POST", "/mtls/revoke", EXACT, revoke_endpoint},
    {"POST", "/mtls/introspect", EXACT, introspect_endpoint},
    {NULL, "/mtls/userinfo", EXACT, userinfo_endpoint},
    {"POST", "/introspect", EXACT, introspect_endpoint},
    {NULL, "/userinfo", EXACT, userinfo_endpoint},
    {"GET", "/end-session", EXACT, end_session_ask},
    {"POST", "/end-session", EXACT, end_session_decide},

    {"GET", "/identity/github", EXACT, identity_github},
    {"POST", "/identity/impersonate", EXACT, identity_impersonate},

    {"GET", "/api", EXACT, api_root},
    {"GET", "/api/user", EXACT, api_user},
    {"GET", "/api/v4/user", EXACT, api_user},
    {NULL, "/api/echo", BELOW, api_echo},
    {NULL, "/api/status", BELOW, api_status},
    {NULL, "/api/redirect", BELOW, api_redirect},
    {NULL, "/api/rate", BELOW, api_rate},
    {NULL, "/api/slow", EXACT, api_slow},
    {NULL, "/api/scope", BELOW, api_scope},
    {NULL, "/api/step-up", EXACT, api_step_up},
    {"GET", "/api/query-key", EXACT, api_query_key},
    {NULL, "/api/bytes", BELOW, api_bytes},
    {NULL, "/api/upload", EXACT, api_upload},
    {NULL, "/api/json", BELOW, api_json},
    {NULL, "/api/drip", EXACT, api_drip},
    {NULL, "/api/gzip", EXACT, api_gzip},
    {"GET", "/api/file", BELOW, api_file},
    {NULL, "/api/streams/events", EXACT, streams_events},
    {NULL, "/api/streams/job", BELOW, streams_job},
    {NULL, "/api/caching", BELOW, api_caching},

    {NULL, "/acme/v2", BELOW, acme},
    {NULL, "/api/bomb", BELOW, api_bomb},
    {NULL, "/api/pages", BELOW, api_pages},

    {"POST", "/_control", EXACT, control_post},
    {"GET", "/_journal", EXACT, control_journal},
    {"POST", "/_reset", EXACT, control_reset},
    {"GET", "/_secrets", EXACT, control_secrets},
    {"GET", "/_identity", EXACT, control_identity},
};

static bool path_matches(const struct route *route, const char *path)
{
  size_t len = strlen(route->path);

  if (strcmp(path, route->path) == 0)
    return true;
  return route->how == BELOW && strncmp(path, route->path, len) == 0 &&
         path[len] == '/';
}

static bool method_matches(const struct route *route, const char *method)
{
  return route->method == NULL || strcmp(route->method, method) == 0 ||
         (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

bool route_find(const char *method, const char *path, handler **ret_handler,
                bool *ret_control, int *ret_status)
{
  static const char openid[] = "/.well-known/openid-configuration";
  size_t len = strlen(path);

  *ret_control = path[0] == '/' && path[1] == '_';
  *ret_status = 404;
  /* Behind an issuer's path; metadata_openid looks whether it is ours. */
  if (len > sizeof(openid) - 1 &&
      strcmp(path + len - (sizeof(openid) - 1), openid) == 0)
    path += len - (sizeof(openid) - 1);
  for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
    if (!path_matches(&routes[i], path))
      continue;
    *ret_status = 405;
    if (method_matches(&routes[i], method)) {
      *ret_handler = routes[i].handler;
      return true;
    }
  }
  return false;
}
