#include "oauth/end_session.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "http/url.h"
#include "oauth/form.h"

#include <string.h>

void end_session_clear(struct end_session *session)
{
  mem_free(session->endpoint);
  mem_free(session->client_id);
  secret_free(session->id_token);
  *session = (struct end_session){0};
}

enum code end_session_take(struct end_session *ret_session,
                           const struct record *record, struct err *err)
{
  AUTO_END_SESSION struct end_session session = {.taken = true};
  const struct record_bound *bound = &record->bound;
  enum code code = E_OK;

  if (bound->end_session_endpoint == NULL) {
    ret_session->taken = true;
    return E_OK;
  }
  session.endpoint = mem_str(bound->end_session_endpoint);
  session.client_id = mem_str(bound->client_id);
  if (session.endpoint == NULL ||
      (bound->client_id != NULL && session.client_id == NULL))
    return err_nomem(err);
  if (record->id_token != NULL &&
      secret_len(record->id_token) <= END_SESSION_HINT_MAX)
    code = secret_copy(&session.id_token, record->id_token, err);
  if (code != E_OK)
    return code;
  *ret_session = session;
  session = (struct end_session){0};
  return E_OK;
}

/* The endpoint with pairs behind its own query. */
static enum code build(struct url **ret_url, const struct end_session *session,
                       const struct buf *pairs, struct err *err)
{
  AUTO(url) endpoint = NULL;
  enum code code = url_parse(&endpoint, session->endpoint, URL_PLAIN, E_ANSWER,
                             "the end-session endpoint", err);

  if (code == E_OK)
    code = buf_check(pairs, err);
  return code == E_OK ? url_with_query(ret_url, endpoint, buf_text(pairs), err)
                      : code;
}

enum code end_session_url(char **ret_url, const struct end_session *session,
                          struct err *err)
{
  AUTO_BUF struct buf pairs = BUF_INIT(BUF_URL);
  AUTO(url) url = NULL;
  enum code code;

  if (session->client_id != NULL)
    codec_form_pair(&pairs, "client_id", session->client_id);
  code = build(&url, session, &pairs, err);
  if (code != E_OK)
    return code;
  *ret_url = mem_str(url->text);
  return *ret_url != NULL ? E_OK : err_nomem(err);
}

enum code end_session_hinted(struct secret **ret_url,
                             const struct end_session *session,
                             const char *return_uri, const char *state,
                             struct err *err)
{
  AUTO_BUF struct buf pairs = BUF_INIT(BUF_URL);
  AUTO(url) url = NULL;
  enum code code;

  if (session->id_token != NULL)
    codec_form_pair(&pairs, "id_token_hint", secret_reveal(session->id_token));
  if (session->client_id != NULL)
    codec_form_pair(&pairs, "client_id", session->client_id);
  if (return_uri != NULL) {
    codec_form_pair(&pairs, "post_logout_redirect_uri", return_uri);
    codec_form_pair(&pairs, "state", state);
  }
  code = build(&url, session, &pairs, err);
  return code == E_OK ? secret_new(ret_url, url->text, strlen(url->text), err)
                      : code;
}

enum code end_session_back(const char *query, const char *state,
                           struct err *err)
{
  AUTO_JSON json_t *pairs = NULL;
  const char *found;
  enum code code = form_read(&pairs, query, strlen(query), FORM_ONCE, E_CHECK,
                             "the answer from the browser", err);

  if (code != E_OK)
    return code;
  found = json_text(pairs, "state");
  if (found != NULL && strlen(found) == strlen(state) &&
      crypto_equal(found, state, strlen(state)))
    return E_OK;
  return err_set(err, E_CHECK,
                 "the browser came back with %s state: whether the session has "
                 "ended is not known",
                 found == NULL || *found == '\0' ? "no" : "another");
}
