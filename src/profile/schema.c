#include "profile/schema.h"

#include "profile/config.h"
#include "profile/nearest.h"
#include "profile/profile.h"

#include <string.h>

/* 0 stands for "nowhere"; nothing that a row fills lies there. */
_Static_assert(offsetof(struct profile, name) == 0, "offset 0 is free");
_Static_assert(offsetof(struct config, json) == 0, "offset 0 is free");

#define AT(kind, field)                                                        \
  .keep = (kind), .target = offsetof(struct profile, field)
#define STATED(field) .stated = offsetof(struct profile, field)
#define CONFIG_AT(kind, field)                                                 \
  .keep = (kind), .target = offsetof(struct config, field)

#define OBJECT(name)                                                           \
  {                                                                            \
    name, SHAPE_OBJECT                                                         \
  }
#define STRICT(name)                                                           \
  {                                                                            \
    name, SHAPE_OBJECT, .strict = true                                         \
  }
/* Behind the name: the form, or for WORD the words; then what else there is. */
#define TEXT(name, ...)                                                        \
  {                                                                            \
    name, SHAPE_TEXT, __VA_ARGS__                                              \
  }
#define WORD(name, ...)                                                        \
  {                                                                            \
    name, SHAPE_TEXT, FORM_WORD, __VA_ARGS__                                   \
  }
#define LIST(name, ...)                                                        \
  {                                                                            \
    name, SHAPE_LIST, __VA_ARGS__                                              \
  }
#define MAP(name, ...)                                                         \
  {                                                                            \
    name, SHAPE_MAP, __VA_ARGS__                                               \
  }
#define SECONDS(name, ...)                                                     \
  {                                                                            \
    name, SHAPE_SECONDS, __VA_ARGS__                                           \
  }

#define META_URL(name) TEXT("metadata." name, FORM_URL)
#define META_LIST(name) LIST("metadata." name, FORM_LINE, .max = 1024)
#define META_BOOL(name)                                                        \
  {                                                                            \
    "metadata." name, SHAPE_BOOL                                               \
  }
#define META_ALIAS(name) META_URL("mtls_endpoint_aliases." name)

/* The order of words that are kept as an index is that of the enum. */
#define GRANTS                                                                 \
  "authorization_code|device_code|client_credentials|jwt_bearer|"              \
  "token_exchange|token"
#define CLIENT_AUTHS                                                           \
  "none|client_secret_basic|client_secret_post|client_secret_jwt|"             \
  "private_key_jwt|tls_client_auth|self_signed_tls_client_auth"
#define KEY_ALGS "ES256|ES384|PS256|RS256"

static const struct member profile_members[] = {
    {"schema", SHAPE_INTEGER, .fallback = "1", .min = 1, .max = PROFILE_SCHEMA},
    TEXT("description", FORM_LINE, AT(KEEP_TEXT, description)),
    TEXT("preset", FORM_NAME, AT(KEEP_TEXT, preset)),

    LIST("api", FORM_BASE, AT(KEEP_LIST, api)),
    STRICT("api_from_token"),
    TEXT("api_from_token.pointer", FORM_POINTER),
    LIST("api_from_token.within", FORM_HOST),
    MAP("headers", FORM_TEXT, AT(KEEP_JSON, headers), .names = NAMES_HEADERS),

    STRICT("auth"),
    WORD("auth.scheme", "basic"),
    WORD("auth.in", "header|query"),
    TEXT("auth.name", FORM_HEADER, AT(KEEP_TEXT, auth.name)),
    TEXT("auth.format", FORM_TOKEN_FORMAT, AT(KEEP_TEXT, auth.format)),
    TEXT("auth.user", FORM_USER, AT(KEEP_TEXT, auth.user)),

    TEXT("issuer", FORM_ISSUER, AT(KEEP_TEXT, issuer)),
    WORD("discovery", "auto|oidc|oauth|off", AT(KEEP_INDEX, discovery),
         .fallback = "auto"),
    {"metadata", SHAPE_OBJECT, .strict = true, AT(KEEP_JSON, metadata)},
    /* metadata: the names of RFC 8414 and of the registry that grew from it,
     * with the types that they have there; `issuer` is the profile's own member
     */
    META_URL("authorization_endpoint"),
    META_URL("token_endpoint"),
    META_URL("jwks_uri"),
    META_URL("registration_endpoint"),
    META_LIST("scopes_supported"),
    META_LIST("response_types_supported"),
    META_LIST("response_modes_supported"),
    META_LIST("grant_types_supported"),
    META_LIST("token_endpoint_auth_methods_supported"),
    META_LIST("token_endpoint_auth_signing_alg_values_supported"),
    META_URL("service_documentation"),
    META_LIST("ui_locales_supported"),
    META_URL("op_policy_uri"),
    META_URL("op_tos_uri"),
    META_URL("revocation_endpoint"),
    META_LIST("revocation_endpoint_auth_methods_supported"),
    META_LIST("revocation_endpoint_auth_signing_alg_values_supported"),
    META_URL("introspection_endpoint"),
    META_LIST("introspection_endpoint_auth_methods_supported"),
    META_LIST("introspection_endpoint_auth_signing_alg_values_supported"),
    META_LIST("code_challenge_methods_supported"),
    /* OpenID Connect Discovery 1.0 §3, RP-Initiated Logout 1.0 §2.1 */
    META_URL("userinfo_endpoint"),
    META_URL("end_session_endpoint"),
    META_LIST("acr_values_supported"),
    META_LIST("subject_types_supported"),
    META_LIST("id_token_signing_alg_values_supported"),
    META_LIST("id_token_encryption_alg_values_supported"),
    META_LIST("id_token_encryption_enc_values_supported"),
    META_LIST("userinfo_signing_alg_values_supported"),
    META_LIST("display_values_supported"),
    META_LIST("claim_types_supported"),
    META_LIST("claims_supported"),
    META_LIST("claims_locales_supported"),
    META_LIST("prompt_values_supported"),
    META_BOOL("claims_parameter_supported"),
    META_BOOL("request_parameter_supported"),
    META_BOOL("request_uri_parameter_supported"),
    META_BOOL("require_request_uri_registration"),
    META_LIST("request_object_signing_alg_values_supported"),
    /* RFC 8628, 9126, 9101, 8705, 9449, 9207, 9396, 9728 */
    META_URL("device_authorization_endpoint"),
    META_URL("pushed_authorization_request_endpoint"),
    META_BOOL("require_pushed_authorization_requests"),
    META_BOOL("require_signed_request_object"),
    META_BOOL("tls_client_certificate_bound_access_tokens"),
    {"metadata.mtls_endpoint_aliases", SHAPE_OBJECT, .strict = true},
    META_ALIAS("token_endpoint"),
    META_ALIAS("revocation_endpoint"),
    META_ALIAS("introspection_endpoint"),
    META_ALIAS("device_authorization_endpoint"),
    META_ALIAS("pushed_authorization_request_endpoint"),
    META_ALIAS("registration_endpoint"),
    META_ALIAS("userinfo_endpoint"),
    META_LIST("dpop_signing_alg_values_supported"),
    META_BOOL("authorization_response_iss_parameter_supported"),
    META_LIST("authorization_details_types_supported"),
    META_LIST("protected_resources"),
    META_LIST("authorization_signing_alg_values_supported"),
    META_URL("backchannel_authentication_endpoint"),
    META_BOOL("client_id_metadata_document_supported"),

    STRICT("client"),
    TEXT("client.id", FORM_LINE, AT(KEEP_TEXT, client.id)),
    WORD("client.auth", CLIENT_AUTHS, AT(KEEP_INDEX, client.auth),
         STATED(client.auth_stated)),
    STRICT("client.secret"),
    WORD("client.secret.from", "store|env|file|credential",
         AT(KEEP_INDEX, client.secret_from), .fallback = "store"),
    TEXT("client.secret.name", FORM_PARAMETER),
    TEXT("client.secret.path", FORM_PATH),
    TEXT("client.key", FORM_PATH, AT(KEEP_TEXT, client.key)),
    TEXT("client.key_id", FORM_LINE, AT(KEEP_TEXT, client.key_id)),
    WORD("client.key_alg", KEY_ALGS, AT(KEEP_TEXT, client.key_alg)),
    TEXT("client.cert", FORM_PATH, AT(KEEP_TEXT, client.cert)),
    TEXT("client.cert_key", FORM_PATH, AT(KEEP_TEXT, client.cert_key)),
    WORD("client.basic_encoding", "form|raw", AT(KEEP_FLAG, client.basic_raw),
         .fallback = "form"),
    TEXT("client.assertion_audience", FORM_URL,
         AT(KEEP_TEXT, client.assertion_audience),
         .words = "issuer|token_endpoint", .fallback = "issuer"),
    TEXT("client.assertion_subject", FORM_LINE,
         AT(KEEP_TEXT, client.assertion_subject)),
    TEXT("client.registration", FORM_URL, AT(KEEP_TEXT, client.registration)),

    WORD("grant", GRANTS, AT(KEEP_INDEX, grant), STATED(grant_stated),
         .fallback = "authorization_code"),
    LIST("scope", FORM_SCOPE, AT(KEEP_LIST, scope), STATED(scope_stated),
         .max = 256),
    {"offline", SHAPE_BOOL, AT(KEEP_TRISTATE, offline)},
    LIST("resource", FORM_URI, AT(KEEP_LIST, resource)),
    LIST("audience", FORM_LINE, AT(KEEP_LIST, audience)),
    {"authorization_details", SHAPE_DETAILS},

    OBJECT("params"),
    MAP("params.authorize", FORM_TEXT, AT(KEEP_JSON, params_authorize),
        .names = NAMES_PARAMETERS),
    MAP("params.token", FORM_TEXT, AT(KEEP_JSON, params_token),
        .names = NAMES_PARAMETERS),
    MAP("params.refresh", FORM_TEXT, AT(KEEP_JSON, params_refresh),
        .names = NAMES_PARAMETERS),
    MAP("params.device", FORM_TEXT, AT(KEEP_JSON, params_device),
        .names = NAMES_PARAMETERS),

    OBJECT("login"),
    WORD("login.method", "auto|browser|device|paste",
         AT(KEEP_INDEX, login.method), .fallback = "auto"),
    LIST("login.redirect_uris", FORM_REDIRECT,
         AT(KEEP_LIST, login.redirect_uris),
         .fallback = "http://127.0.0.1/callback"),
    LIST("login.browser", FORM_LINE, AT(KEEP_LIST, login.browser)),
    TEXT("login.prompt", FORM_TEXT, AT(KEEP_TEXT, login.prompt)),
    WORD("login.pkce", "S256", .fallback = "S256"),
    WORD("login.par", "auto|required|off", AT(KEEP_TEXT, login.par),
         .fallback = "auto"),
    TEXT("login.post_logout_redirect_uri", FORM_REDIRECT,
         AT(KEEP_TEXT, login.post_logout_redirect_uri)),
    WORD("login.request_object", "auto|required|off",
         AT(KEEP_TEXT, login.request_object), .fallback = "auto"),
    WORD("login.response_mode", "auto|query|jwt",
         AT(KEEP_TEXT, login.response_mode), .fallback = "auto"),
    SECONDS("login.timeout", AT(KEEP_INT64, login.timeout), .fallback = "5m"),

    OBJECT("identity"),
    WORD("identity.provider", PROFILE_IDENTITY_PROVIDERS,
         AT(KEEP_TEXT, identity.provider)),
    TEXT("identity.audience", FORM_LINE, AT(KEEP_TEXT, identity.audience)),
    WORD("identity.use", "token_exchange|jwt_bearer|client_assertion",
         AT(KEEP_INDEX, identity.use), .fallback = "token_exchange"),
    TEXT("identity.variable", FORM_PARAMETER, AT(KEEP_TEXT, identity.variable)),
    TEXT("identity.path", FORM_PATH, AT(KEEP_TEXT, identity.path)),
    LIST("identity.command", FORM_LINE, AT(KEEP_LIST, identity.command)),

    WORD("dpop", "off|auto|required", AT(KEEP_TEXT, dpop), .fallback = "off"),

    OBJECT("token_request"),
    WORD("token_request.encoding", "form|json",
         AT(KEEP_FLAG, token_request.json), .fallback = "form"),
    TEXT("token_request.scope_separator", FORM_SEPARATOR,
         AT(KEEP_TEXT, token_request.scope_separator), .fallback = " "),
    TEXT("token_request.scope_parameter", FORM_PARAMETER,
         AT(KEEP_TEXT, token_request.scope_parameter), .fallback = "scope"),
    LIST("token_request.omit", FORM_PARAMETER,
         AT(KEEP_LIST, token_request.omit)),

    OBJECT("token_response"),
    TEXT("token_response.at", FORM_POINTER, AT(KEEP_TEXT, token_response.at),
         .fallback = ""),
    TEXT("token_response.ok", FORM_POINTER, AT(KEEP_TEXT, token_response.ok)),
    TEXT("token_response.token_type", FORM_HEADER,
         AT(KEEP_TEXT, token_response.token_type)),
    SECONDS("token_response.lifetime", AT(KEEP_INT64, token_response.lifetime)),
    MAP("token_response.scope_aliases", FORM_SCOPE,
        AT(KEEP_JSON, token_response.scope_aliases)),
    MAP("token_response.errors", FORM_LINE,
        AT(KEEP_JSON, token_response.errors)),

    OBJECT("account"),
    WORD("account.from", "id_token|path", AT(KEEP_TEXT, account.from)),
    TEXT("account.path", FORM_API_PATH, AT(KEEP_TEXT, account.path)),
    TEXT("account.id", FORM_POINTER, AT(KEEP_TEXT, account.id)),
    TEXT("account.label", FORM_POINTER, AT(KEEP_TEXT, account.label)),
    TEXT("account.expires_header", FORM_HEADER,
         AT(KEEP_TEXT, account.expires_header)),
    TEXT("account.scopes_header", FORM_HEADER,
         AT(KEEP_TEXT, account.scopes_header)),

    TEXT("revocation", FORM_URL, AT(KEEP_TEXT, revocation), .words = "auto|off",
         .fallback = "auto"),
    TEXT("manage_url", FORM_URL, AT(KEEP_TEXT, manage_url)),
    TEXT("register_url", FORM_URL, AT(KEEP_TEXT, register_url)),

    STRICT("api_error"),
    TEXT("api_error.ok", FORM_POINTER, AT(KEEP_TEXT, api_error.ok)),
    TEXT("api_error.message", FORM_POINTER, AT(KEEP_TEXT, api_error.message)),

    OBJECT("pagination"),
    WORD("pagination.style", "auto|link|next|cursor|page|offset|graphql|off",
         .fallback = "auto"),
    TEXT("pagination.items", FORM_POINTER),
    TEXT("pagination.next", FORM_POINTER),
    TEXT("pagination.param", FORM_PARAMETER),
    OBJECT("rate"),
    TEXT("rate.limit", FORM_RATE),
    {"rate.wait", SHAPE_SECONDS},
    OBJECT("retry"),
    {"retry.max", SHAPE_INTEGER, .fallback = "2", .min = 0, .max = 10},
    TEXT("retry.idempotency_header", FORM_HEADER),
    TEXT("openapi", FORM_URL_OR_PATH),

    OBJECT("network"),
    TEXT("network.proxy", FORM_PROXY, AT(KEEP_TEXT, network_proxy)),
    TEXT("network.ca", FORM_PATH, AT(KEEP_TEXT, network_ca)),
    TEXT("store", FORM_STORE, AT(KEEP_TEXT, store), .words = "keyring|file"),
    WORD("token_cache", "auto|kernel|off", AT(KEEP_TEXT, token_cache)),
};

static const struct member config_members[] = {
    TEXT("default_profile", FORM_NAME, CONFIG_AT(KEEP_TEXT, default_profile)),
    TEXT("store", FORM_STORE, CONFIG_AT(KEEP_TEXT, store),
         .words = "keyring|file"),
    TEXT("store_key_file", FORM_PATH, CONFIG_AT(KEEP_TEXT, store_key_file)),
    OBJECT("network"),
    TEXT("network.proxy", FORM_PROXY, CONFIG_AT(KEEP_TEXT, network_proxy)),
    TEXT("network.ca", FORM_PATH, CONFIG_AT(KEEP_TEXT, network_ca)),
    LIST("browser", FORM_LINE, CONFIG_AT(KEEP_LIST, browser)),
    WORD("color", "auto|always|never", CONFIG_AT(KEEP_TEXT, color)),
    {"plain", SHAPE_BOOL, CONFIG_AT(KEEP_FLAG, plain)},
    WORD("token_cache", "auto|kernel|off", CONFIG_AT(KEEP_TEXT, token_cache)),
};

const struct schema schema_profile = {
    .members = profile_members,
    .count = ARRAY_LEN(profile_members),
    .strict_prefix = "api",
};

const struct schema schema_config = {
    .members = config_members,
    .count = ARRAY_LEN(config_members),
};

const struct member *schema_row(const struct schema *schema, size_t index)
{
  return index < schema->count ? &schema->members[index] : NULL;
}

const struct member *schema_find(const struct schema *schema, const char *path)
{
  const struct member *row;

  for (size_t i = 0; (row = schema_row(schema, i)); i++)
    if (row->path[0] == path[0] && strcmp(row->path, path) == 0)
      return row;
  return NULL;
}

const struct member *schema_resolve(const struct schema *schema,
                                    const char *path, const char **ret_name)
{
  const struct member *row = schema_find(schema, path);

  *ret_name = NULL;
  if (row)
    return row;
  for (size_t i = 0; (row = schema_row(schema, i)); i++) {
    size_t len = strlen(row->path);
    if (row->shape == SHAPE_MAP && strncmp(path, row->path, len) == 0 &&
        path[len] == '.' && path[len + 1]) {
      *ret_name = path + len + 1;
      return row;
    }
  }
  return NULL;
}

const char *schema_nearest(const struct schema *schema, const char *path)
{
  const char *nearest = NULL;
  const struct member *row;
  size_t best = 3;

  if (strlen(path) < 5)
    best = 2;
  for (size_t i = 0; (row = schema_row(schema, i)); i++) {
    size_t distance = nearest_distance(path, row->path, 2);
    if (distance < best) {
      best = distance;
      nearest = row->path;
    }
  }
  return nearest;
}
