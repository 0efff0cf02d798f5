/* Following redirects of an API (DESIGN §1.2), at most 10.
 *
 * To another origin GET and HEAD go on without the credential, the client
 * certificate, profile headers and every header of the user but Accept*, Range
 * and User-Agent, and do not get them back. A body, or another method, to
 * another origin, and https → http: E_REDIRECT_REFUSED. 303, and 301/302 after
 * POST, become GET without a body. A redirect without a Location, and 300 and
 * 304, are answers. The eleventh, and a body that cannot be sent again:
 * E_REDIRECT; a Location that is no URL: E_ANSWER. answer then holds the
 * redirect; its body is never given to the sink. answer->sent tells of all
 * requests together. */
#pragma once

#include "http/client.h"

/* What is made for each request of its own, as long as it stays with the
 * credential (a DPoP proof, for one method and URL); all may be NULL. */
struct redirect_signer {
  /* Adds its headers behind the others. */
  enum code (*sign)(void *user, const char *method, const struct url *url,
                    struct headers *headers, struct err *err);
  /* Hears of each answer, also of one that is a redirect. */
  enum code (*heed)(void *user, const struct url *url,
                    const struct http_answer *answer, struct err *err);
  void *user;
};

struct redirect_plan {
  struct http *http;       /* the identity's own, with its certificate */
  struct http **anonymous; /* where the one that goes to other origins is kept:
                              made at the first need; the caller frees it */
  const struct http_options *options; /* to make that one */
  struct redirect_signer signer;
};

/* A request on its way. Private but for the members that say so. */
struct redirect {
  struct redirect_plan plan;
  struct http_request request; /* as it is sent now */
  struct headers headers;      /* a selection of the caller's, borrowed items */
  struct headers own, all;     /* the signer's; what is sent */
  struct http_sink sink;       /* the caller's */
  bool follow, cut;
  size_t discarded;
  bool sent;
  struct url *final_url; /* public: where the (last) answer came from */
  int hops;              /* public */
  bool left_origin;      /* public: no credential was in the last request */
};

/* Begins. What request points to but its URL is borrowed; redirect stays where
 * it is. */
NODISCARD enum code redirect_begin(struct redirect *redirect,
                                   const struct redirect_plan *plan,
                                   const struct http_request *request,
                                   struct err *err);

/* The next exchange: what to send and by whom. answer is emptied. */
NODISCARD enum code redirect_next(struct redirect *redirect,
                                  struct http **ret_http,
                                  const struct http_request **ret_request,
                                  struct http_answer *answer, struct err *err);

/* That exchange ended with code. *ret_again: it was a redirect, and there is a
 * next exchange. */
NODISCARD enum code redirect_took(struct redirect *redirect, enum code code,
                                  struct http_answer *answer, bool *ret_again,
                                  struct err *err);

void redirect_clear(struct redirect *redirect);

/* All of it, waiting. redirect need not be empty. */
NODISCARD enum code redirect_send(struct redirect *redirect,
                                  const struct redirect_plan *plan,
                                  const struct http_request *request,
                                  struct http_answer *answer, struct err *err);
