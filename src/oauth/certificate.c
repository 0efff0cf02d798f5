#include "oauth/certificate.h"

#include "base/json.h"
#include "base/mem.h"
#include "oauth/jwt.h"
#include "oauth/metadata.h"

enum code certificate_binds_new(bool *ret_binds, const struct profile *profile,
                                const struct secret *token, bool server_binds,
                                struct err *err)
{
  AUTO_JWT struct jwt jwt = {0};
  struct err opaque = ERR_INIT;
  enum code code;

  *ret_binds = false;
  if (!profile->client.cert)
    return E_OK;
  code = jwt_read(&jwt, token, E_CHECK, "the token", &opaque);
  if (code == E_NOMEM)
    return err_nomem(err);
  *ret_binds = code == E_OK
                   ? json_is_string(json_object_get(
                         json_object_get(jwt.claims, "cnf"), "x5t#S256"))
                   : server_binds;
  return E_OK;
}

enum code certificate_binds(bool *ret_binds, const struct profile *profile,
                            const struct secret *token, struct err *err)
{
  bool stated =
      profile->metadata &&
      json_is_true(json_object_get(profile->metadata, METADATA_BINDS));

  return certificate_binds_new(ret_binds, profile, token, stated, err);
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
