/* The sandbox: an authorization server and a small API in one program, for
 * tests and the demo. It keeps the rules that a strict server keeps (PKCE,
 * exact redirect URIs, single-use codes, rotation with reuse detection), so
 * that a client that bends them fails here first; what it is told to do wrong
 * (control.c) it does exactly once, or as often as it is told.
 *
 * State is JSON in memory behind one lock. A handler runs with the lock held
 * and fills an answer; waiting and sending happen without it. Running out of
 * memory, or of entropy, ends the program: it is a test server. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keys;

struct sandbox {
  pthread_mutex_t lock;
  char *base;       /* "http://127.0.0.1:4711": where it listens */
  char *issuer;     /* base, and --issuer-path */
  json_t *settings; /* what POST /_control {"set": …} changes */
  json_t *initial;  /* the settings at the start, for /_reset */
  json_t *faults;   /* an array, in the order that they were given */
  json_t *journal;  /* an array of requests */
  json_t *count;    /* path → requests */
  json_t *codes;    /* authorization code → its grant */
  json_t *pushed;   /* request_uri → {client, params, expires, used} */
  json_t *devices;  /* device code → {client, scope, decision, polls, …} */
  json_t *objects;  /* a request that a client signed → its params */
  json_t *tokens;   /* token → {kind, serial, family, client, scope, …} */
  json_t *families; /* "7" → {revoked}: a login and all tokens that it led to */
  json_t *jtis;     /* of assertions that came */
  json_t *secrets; /* every secret value that was in play; for searches */
  json_t *proofs;  /* the jti of each DPoP proof that came */
  uint64_t dpop_nonce[2]; /* the number of each place's nonce */
  const char *x5t;        /* the certificate of a token request; or NULL */
  const char *jkt;        /* the key that a token request has proved; or NULL */
  struct keys *keys;
  uint64_t serial; /* of codes and tokens, for naming them without a value */
  uint64_t connections;
  uint64_t silent; /* connections that were closed without any request */
  int64_t started_ms;
  volatile bool stopping;
};

/* What came in. Texts are whole and NUL-terminated. */
struct request {
  char *method;
  char *target;    /* as sent: path and query */
  char *path;      /* decoded; without the query and the endpoint prefix */
  char *query;     /* raw; "" when there is none */
  json_t *params;  /* the query, decoded: name → text */
  json_t *form;    /* the same of a form body; NULL when it is none */
  json_t *headers; /* an array of [name, value] */
  struct buf body; /* at most BODY_KEPT bytes of it */
  bool repeated;   /* a name occurs twice in the query or the form */
  bool unprefixed; /* asked without the endpoint prefix that is set */
  int64_t body_len;
  char body_sha256[65];
  int port; /* of the peer: tells connections apart */
  uint64_t connection;
  bool client_cert;
  char certificate[48]; /* its x5t#S256 (RFC 8705 §3.1); "" */
};
enum { BODY_KEPT = 1024 * 1024 };

/* What goes out. */
struct answer {
  int status;
  json_t *headers; /* an array of [name, value] */
  struct buf body;
  int64_t pattern; /* -1: body; else that many bytes of a pattern */
  int64_t offset;  /* of the pattern's first byte */
  int64_t wait_ms; /* before the head, without the lock */
  int64_t drip_ms; /* between two bytes of the body */
  bool chunked;    /* no Content-Length */
  bool cut_half;   /* the body ends in the middle, the connection with it */
  int64_t cut;     /* > 0: or behind so many bytes of it */
};

typedef void handler(struct sandbox *sb, const struct request *rq,
                     struct answer *an);

/* --- util.c -------------------------------------------------------------- */

/* Ends the program when memory or a library failed. */
void *need(void *pointer, const char *what);
void must(bool good, const char *what);

char *random_text(const char *prefix, const char *suffix);
int64_t now(void);
int64_t mono_ms(void);
bool text_is(const char *a, const char *b); /* NULL equals nothing */
/* base64url of the first keep bytes of SHA-256 or SHA-384; mem_free. */
char *hash_text(const char *text, size_t bits, size_t keep);

/* RFC 7396. Returns the new value of target; takes its reference. */
json_t *merge_patch(json_t *target, const json_t *patch);

/* name=value&…: decoded into an object; true when a name came twice. */
bool parse_form(json_t *object, const char *text, size_t len);

/* Is every word of part in whole? Both are space-separated. */
bool scope_within(const char *part, const char *whole);
bool scope_has(const char *scope, const char *word);

const char *setting(const struct sandbox *sb, const char *name);
int64_t setting_int(const struct sandbox *sb, const char *name);
bool setting_on(const struct sandbox *sb, const char *name);
const json_t *setting_json(const struct sandbox *sb, const char *name);

const char *param(const struct request *rq, const char *name);
const char *form(const struct request *rq, const char *name);
const char *header(const struct request *rq, const char *name);

void answer_header(struct answer *an, const char *name, const char *value);
/* Takes the reference of value. */
void answer_json(struct answer *an, int status, json_t *value);
void answer_text(struct answer *an, int status, const char *type,
                 const char *text);
/* {"error": …, "error_description": …}, as OAuth endpoints answer. */
void answer_error(struct answer *an, int status, const char *error,
                  const char *description);
void answer_redirect(struct answer *an, int status, const char *location);

/* --- grants.c: tokens and what they may do -------------------------------- */

/* A new login; its number. */
uint64_t family_new(struct sandbox *sb);
void family_revoke(struct sandbox *sb, uint64_t family);

/* Makes and remembers a token. kind: "access" or "refresh". lifetime in
 * seconds. The text is borrowed from the state. */
const char *token_new(struct sandbox *sb, const char *kind, uint64_t family,
                      const char *client, const char *scope, const char *sub,
                      int64_t lifetime);

/* The token's entry, valid or not; NULL when the sandbox never made it. */
json_t *token_find(const struct sandbox *sb, const char *value);
bool token_live(const struct sandbox *sb, const json_t *token);

/* Remembers a value that nobody may see, for GET /_secrets. */
void secret_note(struct sandbox *sb, const char *what, const char *value);

/* The client of a request to an OAuth endpoint, authenticated as it is
 * registered; otherwise fills the answer with invalid_client and returns NULL.
 * ret_id is borrowed from the state. */
const json_t *client_authenticate(struct sandbox *sb, const struct request *rq,
                                  struct answer *an, const char **ret_id);
const json_t *client_find(const struct sandbox *sb, const char *id,
                          const char **ret_id);

/* Who calls the API, by any of the credentials that it takes. */
struct caller {
  bool given;         /* some credential came */
  bool valid;         /* … and it is good */
  const char *error;  /* why a DPoP token is not; NULL: "invalid_token" */
  const char *scheme; /* "Bearer", "Basic", "X-API-Key", …; NULL */
  const char *sub, *scope, *client;
  bool pat;
};
void caller_identify(struct sandbox *sb, const struct request *rq,
                     struct caller *ret_caller);
/* 401 with the challenges of RFC 6750 §3 and RFC 9728 §5.1. */
void caller_challenge(const struct sandbox *sb, const struct caller *caller,
                      struct answer *an);

/* --- assertion.c ---------------------------------------------------------- */

/* Does the request prove by a client assertion that it is this client's? Its
 * `jwks`, or HS256 with its `secret`; the audience is `audience`, the issuer
 * unless stated. *why: what is wrong. */
bool assertion_proves(struct sandbox *sb, const struct request *rq,
                      const json_t *client, const char *id, const char **why);
/* Has it (NULL: fine) not come before, whatever became of that request? */
bool assertion_fresh(struct sandbox *sb, const char *jwt);
/* The claims of a JWT that the client signed for this server; NULL. */
json_t *assertion_read(struct sandbox *sb, const char *jwt,
                       const json_t *client, const char *id, const char **why);

/* --- dpop.c: RFC 9449 ----------------------------------------------------- */

enum dpop_place { DPOP_ISSUER, DPOP_API };

/* The proof that came to an OAuth endpoint: *ret_jkt is its key's thumbprint
 * (mem_free), left NULL without one. false: refused, and answered. */
bool dpop_issuer(struct sandbox *sb, const struct request *rq,
                 struct answer *an, char **ret_jkt);
/* That of an API request with a token that is bound to jkt (NULL: to none): the
 * challenge's `error`, or NULL. */
const char *dpop_api(struct sandbox *sb, const struct request *rq,
                     const char *token, const char *jkt);
/* DPoP-Nonce for a request with a proof, where one is demanded. */
void dpop_give_nonce(const struct sandbox *sb, const struct request *rq,
                     struct answer *an);
/* The proof, decoded for the journal: {header, payload, jkt}; or null. */
json_t *dpop_show(const struct request *rq);

/* --- keys.c: signing ------------------------------------------------------ */

struct keys *keys_new(void);
void keys_free(struct keys *keys);
/* Makes the keys anew, under other kids. keep: the old ones stay published. */
void keys_rotate(struct keys *keys, bool keep);
/* The JWK Set; decoys puts keys in front that a client has to pass over. */
json_t *keys_jwks(struct keys *keys, bool decoys);
/* A compact JWS. alg: ES256, ES384, RS256 or PS256; its key is made when first
 * needed. header is merged into {alg, kid}. how: "valid", or a way to be wrong:
 * "flip", "none", "empty", "hs256", "other_key", "unpublished". */
char *keys_sign(struct keys *keys, const char *alg, const json_t *header,
                const json_t *payload, const char *how);
/* Makes the key of alg now, so that the key set lists it. */
void keys_need(struct keys *keys, const char *alg);

/* --- the rest: one file each ---------------------------------------------- */

/* metadata.c */
handler metadata_openid, metadata_oauth, metadata_resource, metadata_jwks;
/* authorize.c. authorize_fault: what is wrong with a client's request, as an
 * OAuth error; NULL when it is fine. */
handler authorize_ask, authorize_decide;
const char *authorize_fault(struct sandbox *sb, const json_t *client,
                            const struct request *rq);
/* pushed.c. pushed_resolve: the request that a client means, whose params are
 * borrowed; otherwise why there is none, for a page. */
handler par_endpoint;
const char *pushed_resolve(struct sandbox *sb, const json_t *client,
                           const char *id, const struct request *rq,
                           struct request *ret_asked);
void pushed_used(struct sandbox *sb, const struct request *rq);
/* Is uri one of the client's, a list by its name there? A loopback URI without
 * a port takes any (RFC 8252 §7.3). */
bool redirect_registered(const json_t *client, const char *list,
                         const char *uri);
/* session.c */
handler end_session_ask, end_session_decide;
/* signed_request.c: what the client signed of the parameters, borrowed; NULL:
 * they are not signed. Otherwise why they are not taken. */
const char *signed_request(struct sandbox *sb, const json_t *client,
                           const char *id, const json_t *params,
                           const json_t **ret_params);
/* token.c, idtoken.c */
handler token_endpoint;
/* What a successful grant is made of. */
struct issue {
  const char *client;
  const char *scope;
  const char *refresh_scope; /* RFC 6749 §6: a refresh may narrow the access
                                token alone; NULL: as scope */
  const char *sub;
  uint64_t family;
  const json_t *grant;     /* the code's, for the ID token; NULL: none */
  const json_t *details;   /* RFC 9396; NULL: none */
  bool refresh;            /* give a refresh token */
  bool refreshed;          /* this answers a refresh */
  const char *issued_type; /* RFC 8693 §2.2.1: issued_token_type; NULL */
};
/* The answer of a token endpoint that has granted it. */
void token_issue(struct sandbox *sb, const struct issue *is, struct answer *an);
char *idtoken_make(struct sandbox *sb, const char *client, const json_t *grant,
                   const char *access_token, bool refreshed);
/* jwt_bearer.c: the client is told by the assertion. */
void grant_jwt_bearer(struct sandbox *sb, const struct request *rq,
                      struct answer *an);
/* token_exchange.c. Open: no client takes part, as at a security token service
 * of a cloud. */
#define TOKEN_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"
bool exchange_is_open(const struct sandbox *sb, const struct request *rq);
void grant_token_exchange(struct sandbox *sb, const struct request *rq,
                          const char *client, struct answer *an);
/* details.c: RFC 9396 §2. details_read: false when the text (NULL: none) is no
 * list that a server takes; *ret_details is a new reference or NULL.
 * details_put: what is granted of it, into a token answer. */
bool details_read(const struct sandbox *sb, const char *text,
                  json_t **ret_details);
void details_put(const struct sandbox *sb, json_t *answer,
                 const json_t *details);
/* identity.c: what a job proves itself with */
handler identity_github, identity_impersonate, control_identity;
/* The entry of an identity that is good now, and is for this server; NULL. One
 * that serves once has served. */
json_t *identity_accept(struct sandbox *sb, const char *value);
bool identity_proves(struct sandbox *sb, const struct request *rq,
                     const json_t *client);
/* RFC 7523 §2.1, with an identity as the assertion. */
#define JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"
bool identity_is_assertion(const struct sandbox *sb, const struct request *rq);
void grant_identity(struct sandbox *sb, const struct request *rq,
                    struct answer *an);
/* device.c; device_decide is for the control. */
#define DEVICE_CODE "urn:ietf:params:oauth:grant-type:device_code"
handler device_ask, device_page;
bool device_decide(struct sandbox *sb, const char *decision);
void grant_device_code(struct sandbox *sb, const struct request *rq,
                       const char *client, struct answer *an);
/* tokeninfo.c */
handler revoke_endpoint, introspect_endpoint;
/* signed.c: an access token as a JWT, NULL when they are opaque; mem_free */
char *signed_access_token(struct sandbox *sb, const char *client,
                          const char *scope, const char *sub, int64_t lifetime);
handler userinfo_endpoint;
/* register.c */
handler register_endpoint, register_manage, client_document;
/* The client whose id is the URL of /client.json, as that describes it; NULL
 * when this server would not take it. */
const json_t *client_of_document(const struct sandbox *sb, const char *id);
/* api.c, api_bodies.c: everything below /api */
handler api_root, api_user, api_echo, api_status, api_redirect, api_slow,
    api_scope, api_query_key;
/* step_up.c */
handler api_step_up;
handler api_rate;
handler api_bytes, api_upload, api_json, api_drip, api_gzip;
/* files.c */
handler api_file;
/* streams.c */
handler streams_events, streams_job;
/* caching.c */
handler api_caching;
/* acme.c: below /acme/v2 */
handler acme;
handler api_bomb; /* bomb.c */
/* paging.c */
handler api_pages;

/* vendor.c: how the servers of presets deviate, by the setting `vendor` */
void vendor_read(struct sandbox *sb, struct request *rq);
/* The first that answers has the last word. */
bool vendor_page(struct sandbox *sb, const struct request *rq,
                 struct answer *an);
bool vendor_refuse(struct sandbox *sb, const struct request *rq,
                   struct answer *an);
void vendor_deviate(struct sandbox *sb, const struct request *rq,
                    struct answer *an);

/* control.c: /_control, /_journal, /_reset, /_secrets */
handler control_post, control_journal, control_reset, control_secrets;
/* The fault that is meant for this request, or NULL; a new reference. */
json_t *fault_take(struct sandbox *sb, const struct request *rq);

/* settings.c */
json_t *settings_default(void);

/* journal.c. The entry is borrowed; note its status once it is known. */
json_t *journal_add(struct sandbox *sb, const struct request *rq);
void journal_status(json_t *entry, int status, const char *fault);

/* route.c. false: nothing is there. */
bool route_find(const char *method, const char *path, handler **ret_handler,
                bool *ret_control, int *ret_status);

/* serve.c: HTTP through libmicrohttpd */
struct MHD_Daemon;
struct serve_options {
  int port;
  const char *unix_path; /* NULL: TCP on 127.0.0.1 */
  char *cert, *key;      /* PEM texts; NULL: plain http */
  char *client_ca;       /* ask for a client certificate of it; NULL */
};
/* NULL with a message on standard error. ret_port: 0 for unix_path. */
struct MHD_Daemon *serve_start(struct sandbox *sb,
                               const struct serve_options *options,
                               int *ret_port);
void serve_stop(struct MHD_Daemon *daemon);

/* browse.c: the program as a browser, when it is called by that name. */
int browse_main(int argc, char **argv);
