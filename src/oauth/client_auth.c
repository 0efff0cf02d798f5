#include "oauth/client_auth.h"

#include "base/codec.h"
#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "oauth/assertion.h"
#include "oauth/issuer.h"
#include "oauth/form.h"

#include <string.h>

/* --- finding the secret ------------------------------------------------ */

static enum code from_json(struct buf *out, const char *bytes, size_t len,
                           enum code code, const char *what, struct err *err)
{
  static const char *const places[] = {"/installed/client_secret",
                                       "/web/client_secret", "/client_secret"};
  AUTO_JSON json_t *object = NULL;
  enum code result =
      json_read(&object, bytes, len, JSON_PROFILE_DEPTH, code, what, err);

  if (result != E_OK)
    return result;
  for (size_t i = 0; i < ARRAY_LEN(places); i++) {
    const char *text = json_string_value(json_pointer(object, places[i]));

    if (text) {
      buf_puts(out, text);
      return buf_check(out, err);
    }
  }
  return err_set(err, code, "%s is JSON without a client_secret", what);
}

enum code client_secret_parse(struct secret **ret_secret, const char *bytes,
                              size_t len, enum code code, const char *what,
                              struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_SECRET);
  enum code result;

  if (len > 0 && bytes[0] == '{') {
    result = from_json(&text, bytes, len, code, what, err);
    if (result != E_OK)
      return result;
  } else {
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
      len--;
    buf_put(&text, bytes, len);
  }
  result = buf_check(&text, err);
  if (result != E_OK)
    return result;
  if (text.len == 0)
    return err_set(err, code, "%s is empty", what);
  if (strlen(buf_text(&text)) != text.len || !codec_is_line(buf_text(&text)))
    return err_set(err, code, "%s holds a control character", what);
  return secret_from_buf(ret_secret, &text, err);
}

static enum code from_file(struct secret **ret_secret, const char *path,
                           struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  AUTO_STR char *what = mem_printf("the client secret in '%s'", path);
  enum code code;

  if (!what)
    return err_nomem(err);
  code = file_read(&bytes, path, FILE_USER, BUF_SECRET, E_PROFILE, err);
  if (code == E_NOT_FOUND) /* a missing secret is the profile's fault */
    return err_set(err, E_PROFILE, "cannot read %s: it is not there", what);
  if (code != E_OK)
    return code;
  return client_secret_parse(ret_secret, buf_text(&bytes), bytes.len, E_PROFILE,
                             what, err);
}

/* systemd's LoadCredential= (systemd.exec(5)). */
static enum code from_credential(struct secret **ret_secret, const char *name,
                                 struct err *err)
{
  const char *directory = env_text("CREDENTIALS_DIRECTORY");
  AUTO_STR char *path = NULL;
  enum code code;

  if (!directory)
    return err_set(err, E_ENVIRONMENT,
                   "the client secret is the credential '%s', and "
                   "CREDENTIALS_DIRECTORY is not set",
                   name);
  if (strchr(name, '/') || strcmp(name, "..") == 0)
    return err_set(err, E_PROFILE, "'%s' is no name of a credential", name);
  code = file_join(&path, directory, name, err);
  return code == E_OK ? from_file(ret_secret, path, err) : code;
}

/* Unset and empty are the same: *ret_secret stays NULL. */
static enum code from_variable(struct secret **ret_secret, const char *name,
                               struct err *err)
{
  const char *value = env_text(name);

  if (!value)
    return E_OK;
  if (!codec_is_line(value))
    return err_set(err, E_ENVIRONMENT, "%s holds a control character", name);
  return secret_new(ret_secret, value, strlen(value), err);
}

/* CONTRACT §4: the variable is for one client only. */
static bool environment_is_for(const struct profile *profile)
{
  const char *id = env_text("FOB_CLIENT_ID");

  return id && profile->client.id && strcmp(id, profile->client.id) == 0;
}

enum code client_secret_find(struct secret **ret_secret,
                             const struct profile *profile,
                             const struct record *record, struct err *err)
{
  const char *name = profile->client.secret_name;
  struct secret *found = NULL;
  enum code code = E_OK;

  if (environment_is_for(profile))
    code = from_variable(&found, "FOB_CLIENT_SECRET", err);
  if (code == E_OK && !found) {
    switch (profile->client.secret_from) {
    case SECRET_FROM_STORE:
      if (record && record->client_secret)
        code = secret_copy(&found, record->client_secret, err);
      break;
    case SECRET_FROM_ENV:
      code = from_variable(&found, name ? name : "FOB_CLIENT_SECRET", err);
      break;
    case SECRET_FROM_FILE:
      code = from_file(&found, name, err);
      break;
    case SECRET_FROM_CREDENTIAL:
      code = from_credential(&found, name, err);
      break;
    }
  }
  if (code == E_OK)
    *ret_secret = found;
  return code;
}

/* --- applying it ------------------------------------------------------- */

enum profile_client_auth client_auth_method(const struct client *client)
{
  const struct profile *profile = client->profile;

  if (profile->client.auth_stated)
    return profile->client.auth;
  if (client->secret)
    return CLIENT_SECRET_BASIC;
  if (client->key && profile->grant != GRANT_JWT_BEARER)
    return CLIENT_PRIVATE_KEY_JWT;
  return profile->client.cert ? CLIENT_TLS : CLIENT_NONE;
}

void client_auth_hint(const struct client *client,
                      const struct metadata *metadata, struct err *err)
{
  static const char list[] = "token_endpoint_auth_methods_supported";
  const char *used = profile_client_auth_name(client_auth_method(client));

  if (err && strcmp(err->oauth_error, "invalid_client") == 0 &&
      metadata_states(metadata, list) && !metadata_lists(metadata, list, used))
    err_hint(err,
             "%s was used, and the server does not list it: fob profile set %s "
             "client.auth METHOD",
             used, client->profile->name);
}

static void put_id(struct buf *form, const struct profile *profile)
{
  if (profile->client.id && !form_has(form, "client_id") &&
      !text_list_has(&profile->token_request.omit, "client_id"))
    codec_form_pair(form, "client_id", profile->client.id);
}

static void put_part(struct buf *out, const char *text, bool raw)
{
  if (raw)
    buf_puts(out, text);
  else
    codec_form(out, text, strlen(text));
}

static enum code apply_basic(const struct profile *profile,
                             const struct secret *secret,
                             struct headers *headers, struct err *err)
{
  AUTO_BUF struct buf pair = BUF_INIT(BUF_URL);
  AUTO_BUF struct buf value = BUF_INIT(2 * BUF_URL);
  AUTO(secret) whole = NULL;
  bool raw = profile->client.basic_raw;
  enum code code;

  put_part(&pair, profile->client.id, raw);
  buf_putc(&pair, ':');
  put_part(&pair, secret_reveal(secret), raw);
  code = buf_check(&pair, err);
  if (code != E_OK)
    return code;
  buf_puts(&value, "Basic ");
  codec_base64(&value, buf_text(&pair), pair.len);
  code = buf_check(&value, err);
  if (code == E_OK)
    code = secret_from_buf(&whole, &value, err);
  if (code == E_OK)
    code = headers_add_secret(headers, "Authorization", whole, err);
  return code;
}

/* An issuer that is still a template names nobody. */
enum code client_audience(const char **ret_audience,
                          const struct client *client, struct err *err)
{
  const char *wish = client->profile->client.assertion_audience;
  const char *issuer = client->issuer;

  if (issuer && issuer_is_template(issuer))
    issuer = NULL;
  if (strcmp(wish, "token_endpoint") == 0 ||
      (strcmp(wish, "issuer") == 0 && !issuer))
    wish = client->token_endpoint;
  else if (strcmp(wish, "issuer") == 0)
    wish = issuer;
  if (!wish)
    return err_set(err, E_PROFILE,
                   "profile '%s' names no issuer that an assertion could be "
                   "for",
                   client->profile->name);
  *ret_audience = wish;
  return E_OK;
}

/* RFC 7523 §2.2, §3: iss and sub are the client; the audience is the server by
 * its issuer, so that an assertion for one endpoint of one server is worth
 * nothing at another server's. */
static enum code apply_assertion(const struct client *client,
                                 const struct sign_key *key, struct buf *form,
                                 struct err *err)
{
  static const char type[] =
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  struct assertion assertion = {.issuer = client->profile->client.id,
                                .subject = client->profile->client.id};
  AUTO(secret) jwt = NULL;
  enum code code = client_audience(&assertion.audience, client, err);

  if (code == E_OK)
    code = assertion_make(&jwt, &assertion, key, client->secret, err);
  if (code != E_OK)
    return code;
  put_id(form, client->profile);
  codec_form_pair(form, "client_assertion_type", type);
  codec_form_pair(form, "client_assertion", secret_reveal(jwt));
  return buf_check(form, err);
}

struct needs {
  const char *what;   /* NULL: nothing */
  const char *remedy; /* an option of `fob login` */
  bool met;
};

static struct needs needs_of(const struct client *client,
                             enum profile_client_auth method)
{
  switch (method) {
  case CLIENT_SECRET_BASIC:
  case CLIENT_SECRET_POST:
  case CLIENT_SECRET_JWT:
    return (struct needs){"a client secret", "--client-secret-file FILE",
                          client->secret != NULL};
  case CLIENT_PRIVATE_KEY_JWT:
    return (struct needs){"a signing key", "--signing-key FILE",
                          client->key != NULL};
  case CLIENT_TLS:
  case CLIENT_SELF_SIGNED_TLS:
    return (struct needs){"a certificate", "--cert FILE --key FILE",
                          client->profile->client.cert != NULL};
  case CLIENT_NONE:
    break;
  }
  return (struct needs){.met = true};
}

static enum code check_method(const struct client *client,
                              enum profile_client_auth method, struct err *err)
{
  const struct profile *profile = client->profile;
  const char *name = profile_client_auth_name(method);
  struct needs needs = needs_of(client, method);

  if (method != CLIENT_NONE && !profile->client.id)
    return err_set(err, E_PROFILE, "profile '%s': %s needs a client id",
                   profile->name, name);
  if (needs.met)
    return E_OK;
  (void)err_set(err, E_PROFILE, "profile '%s': %s needs %s", profile->name,
                name, needs.what);
  err_hint(err, "fob login -p %s %s", profile->name, needs.remedy);
  return E_PROFILE;
}

enum code client_auth_apply(const struct client *client,
                            struct headers *headers, struct buf *form,
                            struct err *err)
{
  const struct profile *profile = client->profile;
  enum profile_client_auth method = client_auth_method(client);
  enum code code = check_method(client, method, err);

  if (code != E_OK)
    return code;
  switch (method) {
  case CLIENT_SECRET_BASIC:
    return apply_basic(profile, client->secret, headers, err);
  case CLIENT_SECRET_POST:
    put_id(form, profile);
    codec_form_pair(form, "client_secret", secret_reveal(client->secret));
    return buf_check(form, err);
  case CLIENT_SECRET_JWT:
    return apply_assertion(client, NULL, form, err);
  case CLIENT_PRIVATE_KEY_JWT:
    return apply_assertion(client, client->key, form, err);
  default:
    /* An assertion as the grant tells who its client is. */
    if (profile->client.auth_stated || profile->grant != GRANT_JWT_BEARER)
      put_id(form, profile);
    return buf_check(form, err);
  }
}
