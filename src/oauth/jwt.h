/* What a JWT says of itself (RFC 7519), believed by nobody: its signature is
 * for the server that it is meant for. For looking at a token before it is sent
 * there. */
#pragma once

#include "base/err.h"
#include "base/secret.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct jwt {
  json_t *header, *claims; /* objects */
};

/* Is it a compact JWS (three parts of strict base64url) with JSON objects for
 * its header and payload? E_OK when it is; else code. what names the token in
 * messages, which quote nothing of it. */
NODISCARD enum code jwt_read(struct jwt *ret_jwt, const struct secret *token,
                             enum code code, const char *what, struct err *err);

/* Is `aud` (§4.1.3) exactly this one: a text, or a list of it alone? */
bool jwt_is_for(const struct jwt *jwt, const char *audience);

/* `aud` as text for a message: "a", "a, b", "nobody". */
NODISCARD enum code jwt_audience(char **ret_text, const struct jwt *jwt,
                                 struct err *err);

void jwt_clear(struct jwt *jwt);
#define AUTO_JWT __attribute__((cleanup(jwt_clear)))
