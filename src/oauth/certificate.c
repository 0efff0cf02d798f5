#include "oauth/certificate.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/jwt.h"
#include "oauth/metadata.h"

bool certificate_binds_new(const struct profile *profile,
                           const struct secret *token, bool server_binds)
{
  AUTO_JWT struct jwt jwt = {0};
  struct err ignored = ERR_INIT;

  if (!profile->client.cert)
    return false;
  if (jwt_read(&jwt, token, E_CHECK, "the token", &ignored) != E_OK)
    return server_binds;
  return json_is_string(
      json_object_get(json_object_get(jwt.claims, "cnf"), "x5t#S256"));
}

bool certificate_binds(const struct profile *profile,
                       const struct secret *token)
{
  return certificate_binds_new(
      profile, token,
      profile->metadata &&
          json_is_true(json_object_get(profile->metadata, METADATA_BINDS)));
}

enum code certificate_attach(struct session_token *token,
                             const struct profile *profile, struct err *err)
{
  mem_free(token->cert);
  mem_free(token->cert_key);
  token->cert = mem_str(profile->client.cert);
  token->cert_key = mem_str(profile->client.cert_key);
  return token->cert && (token->cert_key || !profile->client.cert_key)
             ? E_OK
             : err_nomem(err);
}
