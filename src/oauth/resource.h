/* What an API says about itself (RFC 9728): who issues its tokens and what they
 * must be. Read once, at the first login from the API's URL; what it led to is
 * the profile's from then on. */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "http/url.h"
#include "profile/list.h"

#include <stdbool.h>
#include <stddef.h>

struct resource {
  char *id;                 /* `resource`, as the API spells it */
  char *source;             /* the URL that it was read from */
  struct text_list servers; /* authorization_servers: issuers, each once */
  struct text_list scopes;  /* scopes_supported; empty: none are named */
  bool dpop;                /* dpop_bound_access_tokens_required (RFC 9449) */
  bool certificate; /* tls_client_certificate_bound_access_tokens (RFC 8705) */
};

/* How asking came out when there is no metadata to use. */
struct resource_trace {
  bool is_api; /* without a credential it answers 401 */
  char *meant; /* another resource of the same origin, for which the metadata
                  is: what the person may have meant; NULL */
};
void resource_trace_clear(struct resource_trace *trace);
#define AUTO_TRACE __attribute__((cleanup(resource_trace_clear)))

/* Asks the API at url, without a credential and by 3 GETs at most (and the
 * redirects within the origin that http_document follows): url itself, then
 * what its 401 names as resource_metadata (§5.1), else the well-known places
 * (§3.1) for url and for its origin. All of them are on the API's own origin.
 *
 * E_NOT_FOUND: nothing of the kind is published. E_CHECK: the metadata is
 * another resource's (§3.3: never used), is named at another origin, or points
 * to a local address from elsewhere; E_PLAIN_HTTP; E_ANSWER: a member is not
 * what it must be; E_LESS: it demands what fob cannot do; the network's codes.
 * trace is filled in any case. */
NODISCARD enum code resource_find(struct resource **ret_resource,
                                  struct http *http, const struct url *url,
                                  struct resource_trace *trace,
                                  struct err *err);

/* The document itself. `resource` must be what was asked for, byte for byte;
 * an origin alone may be spelled with or without the slash behind it, since
 * the request for both is the same. ret_meant as in struct resource_trace. */
NODISCARD enum code resource_read(struct resource **ret_resource,
                                  const char *bytes, size_t len,
                                  const struct url *asked, const char *source,
                                  char **ret_meant, struct err *err);

/* The well-known place of url's metadata (§3.1): between host and path. */
NODISCARD enum code resource_place(char **ret_place, const struct url *url,
                                   struct err *err);

/* Does the API's owner plainly own the server too? Only when that is on the
 * same host or below it: two names below a third one may be two people's
 * (a.github.io, b.github.io), and nothing here tells. */
bool resource_owns(const struct url *api, const struct url *server);

void resource_free(struct resource *resource); /* NULL is fine */
DEFINE_AUTO(resource)
