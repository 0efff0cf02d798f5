/* What the server says about itself: OpenID Discovery, RFC 8414, RFC 9728 and
 * the key set. The endpoints move with the setting `prefix`, so that a client
 * that guesses paths instead of reading them is found out. */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <string.h>

static void put_url(json_t *object, const char *name, const char *base,
                    const char *prefix, const char *path)
{
  AUTO_STR char *url = need(mem_printf("%s%s%s", base, prefix, path), "memory");

  must(json_object_set_new(object, name, json_string(url)) == 0, "memory");
}

/* RFC 8705 §3.3, §5: tokens are bound, and certificates are shown elsewhere. */
static void put_mtls(const struct sandbox *sb, json_t *m)
{
  static const char *const names[] = {"token", "revoke", "introspect",
                                      "userinfo"};
  static const char *const members[] = {"token_endpoint", "revocation_endpoint",
                                        "introspection_endpoint",
                                        "userinfo_endpoint"};
  json_t *aliases = need(json_object(), "memory");

  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    put_url(aliases, members[i], sb->base, "/mtls/", names[i]);
  json_object_set_new(m, "mtls_endpoint_aliases", aliases);
  json_array_append_new(
      json_object_get(m, "token_endpoint_auth_methods_supported"),
      json_string("tls_client_auth"));
  json_object_set_new(m, "tls_client_certificate_bound_access_tokens",
                      json_true());
}

static json_t *metadata(const struct sandbox *sb)
{
  const char *prefix = setting(sb, "prefix");
  json_t *m = need(
      json_pack(
          "{ss sO* s[s] s[s] s[ssss] s[sssss] s[sss] s[s] sb}", "issuer",
          sb->issuer, "scopes_supported", setting_json(sb, "scopes"),
          "response_types_supported", "code",
          "code_challenge_methods_supported", "S256", "grant_types_supported",
          "authorization_code", "refresh_token", "client_credentials",
          DEVICE_CODE, "token_endpoint_auth_methods_supported", "none",
          "client_secret_basic", "client_secret_post", "client_secret_jwt",
          "private_key_jwt", "revocation_endpoint_auth_methods_supported",
          "none", "client_secret_basic", "client_secret_post",
          "id_token_signing_alg_values_supported", setting(sb, "alg"),
          "authorization_response_iss_parameter_supported",
          setting_on(sb, "iss")),
      "the metadata");

  if (json_is_array(setting_json(sb, "details_types")))
    json_object_set(m, "authorization_details_types_supported",
                    json_object_get(sb->settings, "details_types"));
  json_object_set_new(m, "dpop_signing_alg_values_supported",
                      json_pack("[s]", "ES256"));
  put_url(m, "authorization_endpoint", sb->base, prefix, "/authorize");
  put_url(m, "device_authorization_endpoint", sb->base, prefix, "/device");
  put_url(m, "token_endpoint", sb->base, prefix, "/token");
  if (*setting(sb, "jarm"))
    json_object_set_new(m, "response_modes_supported",
                        text_is(setting(sb, "jarm"), "only")
                            ? json_pack("[ss]", "jwt", "query.jwt")
                            : json_pack("[sss]", "query", "jwt", "query.jwt"));
  if (text_is(setting(sb, "jar"), "required"))
    json_object_set_new(m, "require_signed_request_object", json_true());
  if (*setting(sb, "par")) {
    put_url(m, "pushed_authorization_request_endpoint", sb->base, prefix,
            "/par");
    json_object_set_new(m, "require_pushed_authorization_requests",
                        json_boolean(text_is(setting(sb, "par"), "required")));
  }
  if (setting_on(sb, "client_documents"))
    json_object_set_new(m, "client_id_metadata_document_supported",
                        json_true());
  if (!text_is(setting(sb, "registration"), "off"))
    put_url(m, "registration_endpoint", sb->base, prefix, "/register");
  if (setting_on(sb, "mtls"))
    put_mtls(sb, m);
  put_url(m, "revocation_endpoint", sb->base, prefix, "/revoke");
  put_url(m, "introspection_endpoint", sb->base, prefix, "/introspect");
  put_url(m, "userinfo_endpoint", sb->base, prefix, "/userinfo");
  put_url(m, "end_session_endpoint", sb->base, prefix, "/end-session");
  put_url(m, "jwks_uri", sb->base, prefix, "/jwks");
  return merge_patch(m, json_object_get(setting_json(sb, "patch"), "metadata"));
}

/* The document's place depends on the issuer's path: behind it for OpenID
 * (Discovery §4), in front of it for RFC 8414 §3.1. `forms` says which are
 * published. */
static void publish(struct sandbox *sb, const struct request *rq,
                    struct answer *an, const char *form, const char *place)
{
  const char *forms = setting(sb, "forms");

  if (!scope_has(forms, form) || strcmp(rq->path, place) != 0) {
    answer_error(an, 404, "not_found", "no metadata at this place");
    return;
  }
  answer_json(an, 200, metadata(sb));
}

void metadata_openid(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  AUTO_STR char *place = need(mem_printf("%s/.well-known/openid-configuration",
                                         sb->issuer + strlen(sb->base)),
                              "memory");

  publish(sb, rq, an, "oidc", place);
}

void metadata_oauth(struct sandbox *sb, const struct request *rq,
                    struct answer *an)
{
  AUTO_STR char *place =
      need(mem_printf("/.well-known/oauth-authorization-server%s",
                      sb->issuer + strlen(sb->base)),
           "memory");

  publish(sb, rq, an, "oauth", place);
}

/* RFC 9728 §3.1: of the API alone, at its one place. */
void metadata_resource(struct sandbox *sb, const struct request *rq,
                       struct answer *an)
{
  AUTO_STR char *resource = need(mem_printf("%s/api", sb->base), "memory");
  json_t *document =
      need(json_pack("{ss s[s] sO* s[s]}", "resource", resource,
                     "authorization_servers", sb->issuer, "scopes_supported",
                     setting_json(sb, "scopes"), "bearer_methods_supported",
                     "header"),
           "memory");

  if (text_is(setting(sb, "api_metadata"), "off") ||
      strcmp(rq->path, "/.well-known/oauth-protected-resource/api") != 0) {
    json_decref(document);
    answer_error(an, 404, "not_found", "no metadata at this place");
    return;
  }
  answer_json(an, 200,
              merge_patch(document, json_object_get(setting_json(sb, "patch"),
                                                    "resource")));
}

void metadata_jwks(struct sandbox *sb, const struct request *rq,
                   struct answer *an)
{
  (void)rq;
  keys_need(sb->keys, setting(sb, "alg"));
  answer_json(an, 200,
              merge_patch(keys_jwks(sb->keys, setting_on(sb, "jwks_decoys")),
                          json_object_get(setting_json(sb, "patch"), "jwks")));
}
