#include "oauth/client.h"

#include "base/json.h"
#include "base/mem.h"
#include "http/header.h"
#include "http/url.h"
#include "oauth/client_auth.h"
#include "oauth/client_grant.h"
#include "oauth/client_key.h"
#include "oauth/form.h"

enum code client_open(struct client *ret_client, const struct profile *profile,
                      struct http *http, const struct record *record,
                      struct err *err)
{
  struct client client = {.profile = profile,
                          .http = http,
                          .issuer = record->bound.issuer,
                          .token_endpoint = record->bound.token_endpoint};
  enum code code = client_secret_find(&client.secret, profile, record, err);

  if (code == E_OK && record->dpop_key)
    code = dpop_open(&client.dpop, record->dpop_key, err);
  if (code == E_OK)
    code = client_take_key(&client, record->signing_key, err);
  if (code == E_OK)
    code = client_take_cert(&client, err);
  if (code != E_OK) {
    client_clear(&client);
    return code;
  }
  *ret_client = client;
  return E_OK;
}

enum code client_take_key(struct client *client, const struct secret *kept,
                          struct err *err)
{
  AUTO_CLIENT_KEY struct client_key key = {0};
  enum code code = client_key_find(&key, client->profile, kept, err);

  if (code != E_OK)
    return code;
  client->key = key.sign;
  client->service_account = key.email != NULL;
  key.sign = NULL;
  return E_OK;
}

enum code client_take_cert(struct client *client, struct err *err)
{
  const struct profile *profile = client->profile;
  enum code code;

  if (!profile->client.cert)
    return E_OK;
  code = http_with_cert(&client->mtls, client->http, profile->client.cert,
                        profile->client.cert_key, err);
  if (code == E_USAGE && err)
    code = err->code = E_PROFILE;
  if (code != E_OK)
    err_prefix(err, "profile '%s': the client's certificate: ", profile->name);
  return code;
}

void client_clear(struct client *client)
{
  secret_free(client->secret);
  sign_key_free(client->key);
  dpop_free(client->dpop);
  http_free(client->mtls);
  mem_free(client->bearer_scope);
  *client = (struct client){0};
}

/* After the client's authentication was put in. */
static enum code encode(struct buf *body, struct headers *headers, bool json,
                        const struct buf *form, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  enum code code;

  if (!json) {
    buf_put(body, buf_text(form), form->len);
    return buf_check(body, err);
  }
  code = form_read(&object, buf_text(form), form->len, FORM_LISTS, E_LOCAL,
                   "the token request", err);
  if (code == E_OK)
    code = json_write(body, object, 0, err);
  if (code == E_OK)
    code = headers_set(headers, "Content-Type", "application/json", err);
  return code;
}

static enum code prepare(struct buf *body, struct headers *headers,
                         const struct client *client,
                         const struct client_call *call, struct err *err)
{
  AUTO_BUF struct buf whole = BUF_INIT(BUF_DOCUMENT);
  bool json = call->json && client->profile->token_request.json;
  enum code code = buf_check(call->form, err);

  if (code != E_OK)
    return code;
  buf_put(&whole, buf_text(call->form), call->form->len);
  if (call->grant && client->jwt_bearer)
    code = client_grant_sign(&whole, client, err);
  if (code == E_OK)
    code = client_auth_apply(client, headers, &whole, err);
  if (code == E_OK)
    code = buf_check(&whole, err);
  if (code == E_OK)
    code = encode(body, headers, json, &whole, err);
  return code;
}

/* One request. All of it is made anew: an assertion and a proof are good
 * once. */
static enum code post(const struct client *client,
                      const struct client_call *call, const struct url *url,
                      struct http_answer *answer, struct buf *ret_body,
                      struct err *err)
{
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code = prepare(&body, &headers, client, call, err);

  if (code == E_OK && client->dpop)
    code = dpop_sign(client->dpop, "POST", url, NULL, &headers, err);
  if (code != E_OK)
    return code;
  return http_protocol(client->mtls ? client->mtls : client->http, url,
                       &headers, &body, answer, ret_body, err);
}

/* Keeps the answer's nonce; *ret_again: it was refused for want of that one. */
static enum code heed(const struct client *client, const struct url *url,
                      const struct http_answer *answer, const struct buf *body,
                      bool *ret_again, struct err *err)
{
  bool given;
  enum code code = dpop_heed(client->dpop, url, &answer->headers, &given, err);

  if (code == E_OK)
    code = dpop_refused_by_issuer(answer, body, ret_again, err);
  if (code != E_OK)
    return code;
  return *ret_again && !given ? dpop_no_nonce(url, err) : E_OK;
}

enum code client_post(const struct client *client,
                      const struct client_call *call,
                      struct http_answer *answer, struct buf *ret_body,
                      struct err *err)
{
  AUTO(url) url = NULL;
  bool again = false;
  enum code code =
      url_parse(&url, call->endpoint, URL_PLAIN, E_ANSWER, call->what, err);

  if (code == E_OK)
    code = post(client, call, url, answer, ret_body, err);
  if (code == E_OK && client->dpop)
    code = heed(client, url, answer, ret_body, &again, err);
  if (code != E_OK || !again)
    return code;
  http_answer_clear(answer);
  code = post(client, call, url, answer, ret_body, err);
  return code == E_OK ? heed(client, url, answer, ret_body, &again, err) : code;
}
