/* Where indexes are kept: $XDG_CACHE_HOME/fob/openapi/PROFILE.index, the user's
 * alone, since an API's description may be. What cannot be kept is made again;
 * that is no failure. */
#pragma once

#include "api/openapi.h"

/* The index that was kept for a profile, of this source, whatever its age.
 * E_NOT_FOUND: there is none, or it cannot be read. */
NODISCARD enum code openapi_recall(struct openapi **ret_openapi,
                                   const char *profile, const char *source,
                                   struct err *err);

/* Digests a document and keeps its index. code: as for openapi_digest(). */
NODISCARD enum code openapi_learn(struct openapi **ret_openapi,
                                  const char *profile,
                                  const struct openapi_origin *origin,
                                  const char *document, size_t len,
                                  enum code code, struct err *err);

/* The document is what it was: kept on, as fetched at that time. */
void openapi_renew(const struct openapi *openapi, const char *profile,
                   int64_t fetched);

/* The index of a file: the one that was kept where the file is the same, else
 * made of it. E_PROFILE when it cannot be read or is no description. */
NODISCARD enum code openapi_of_file(struct openapi **ret_openapi,
                                    const char *profile, const char *path,
                                    struct err *err);
