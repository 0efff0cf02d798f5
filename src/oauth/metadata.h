/* What an authorization server says about itself (RFC 8414, OpenID Connect
 * Discovery 1.0), with what the profile's `metadata` says put over it.
 *
 * A login reads this once; what it led to is bound in the record, and a refresh
 * never comes here. */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "oauth/issuer.h"
#include "profile/profile.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct metadata {
  /* As the server spells it; may hold {tenantid} (oauth/issuer.h). NULL when
   * the profile names none. */
  char *issuer;
  enum issuer_match match; /* how it equals what the profile says */
  char *source;            /* the URL it was read from; NULL: the profile's */

  char *authorization_endpoint; /* each NULL when there is none */
  char *token_endpoint;
  char *revocation_endpoint;
  char *introspection_endpoint;
  char *userinfo_endpoint;
  char *end_session_endpoint;
  char *device_authorization_endpoint;
  char *par_endpoint; /* pushed_authorization_request_endpoint */
  char *registration_endpoint;
  char *jwks_uri;
  bool iss_in_response; /* RFC 9207 §3: an answer without `iss` is refused */

  json_t *json; /* the whole, merged; an object */
};

/* Finds the document as `discovery` says and checks it. previous_issuer: what
 * an earlier login with this profile adopted (then exact for ever), or NULL.
 * E_ANSWER: there is none, or a member is not what it must be; E_CHECK: another
 * issuer's; E_PROFILE: the profile's own endpoints; E_ISSUER_5XX, E_RATE and
 * the network's codes. */
NODISCARD enum code metadata_fetch(struct metadata **ret_metadata,
                                   struct http *http,
                                   const struct profile *profile,
                                   const char *previous_issuer,
                                   struct err *err);

/* For `login TARGET`: has this URL an authorization server's document with
 * that very issuer? E_NOT_FOUND when no well-known place holds a document. */
NODISCARD enum code metadata_discover(struct metadata **ret_metadata,
                                      struct http *http, const char *issuer,
                                      enum profile_discovery discovery,
                                      struct err *err);

/* The document itself. exact: no exception of rule 1.9 for issuer. */
NODISCARD enum code metadata_read(struct metadata **ret_metadata,
                                  const char *bytes, size_t len,
                                  const char *issuer, bool exact,
                                  const char *source, struct err *err);

/* The profile's `metadata` put over it; and alone, where nothing is fetched.
 * With a client.cert the endpoints are those of mtls_endpoint_aliases, as far
 * as there are some. E_PROFILE, E_ANSWER, E_CHECK. */
NODISCARD enum code metadata_override(struct metadata *metadata,
                                      const struct profile *profile,
                                      struct err *err);
NODISCARD enum code metadata_of_profile(struct metadata **ret_metadata,
                                        const struct profile *profile,
                                        struct err *err);

enum { METADATA_PLACES = 3 };

/* Where to look, in order: RFC 8414 §3.1 puts the well-known part between host
 * and path, OpenID behind the path; both are tried. Caller frees each. */
NODISCARD enum code metadata_places(char *ret_places[METADATA_PLACES],
                                    size_t *ret_count, const char *issuer,
                                    enum profile_discovery discovery,
                                    struct err *err);

/* Does a list member (scopes_supported, …) state value? states: is there such a
 * list at all? */
bool metadata_lists(const struct metadata *metadata, const char *member,
                    const char *value);
/* Is this member true? */
bool metadata_flag(const struct metadata *metadata, const char *member);
#define METADATA_BINDS "tls_client_certificate_bound_access_tokens"

bool metadata_states(const struct metadata *metadata, const char *member);

void metadata_free(struct metadata *metadata); /* NULL is fine */
DEFINE_AUTO(metadata)
