/* A client that is described by a document of its own, whose https URL is its
 * id (draft-ietf-oauth-client-id-metadata-document). The server fetches it; fob
 * looks at it first, since what a server finds wrong with it is shown in the
 * browser alone, where fob cannot see it. */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "oauth/metadata.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>

/* Is this client id a URL that may have a document? */
bool client_document_is_id(const char *client_id);

/* The form of such an id (draft §3): https (or http to loopback), a path, no
 * fragment, user name or dot segment. E_PROFILE. */
NODISCARD enum code client_document_check_id(const char *client_id,
                                             struct err *err);

/* The document (draft §4): client_id is exactly this URL, there is no secret
 * and no method that needs one, every redirect URI is there. E_ANSWER, E_CHECK,
 * E_LESS. */
NODISCARD enum code client_document_read(const char *bytes, size_t len,
                                         const char *client_id,
                                         const struct text_list *redirect_uris,
                                         const char *grant, struct err *err);

/* All of that for a profile whose server takes such ids; other profiles pass.
 * The document is fetched from where it is said to be, by one GET without
 * redirects, at most 5 KiB; that it cannot be reached from here passes too.
 * E_PROFILE, E_ANSWER, E_CHECK, E_LESS, E_SIGNAL, E_NOMEM. */
NODISCARD enum code client_document_check(struct http *http,
                                          const struct profile *profile,
                                          const struct metadata *metadata,
                                          const char *grant, struct err *err);
