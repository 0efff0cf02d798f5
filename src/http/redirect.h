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
  struct http *http;      /* the identity's own, with its certificate */
  struct http *anonymous; /* made at the first change of origin; freed by
                             redirect_clear() */
  const struct http_options *options; /* to make that one */
  struct redirect_signer signer;
  struct url *final_url; /* where the answer came from; set by the call */
  int hops;
  bool left_origin; /* the credential was left out of the last request */
};

NODISCARD enum code redirect_send(struct redirect_plan *plan,
                                  const struct http_request *request,
                                  struct http_answer *answer, struct err *err);
void redirect_clear(struct redirect_plan *plan);
