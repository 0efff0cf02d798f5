/* The DPoP nonce of an API (RFC 9449 §8.2), kept from one run to the next in
 * the kernel's cache beside the tokens: without it an API that demands one
 * refuses each run's first request, and a body that can be read only once
 * cannot be sent at all. It is no secret, and an old one costs what none does.
 */
#pragma once

#include "http/url.h"
#include "oauth/dpop.h"
#include "oauth/session.h"

/* Gives dpop the nonce that was kept for url's origin, if any. */
void nonce_recall(const struct session *session, struct dpop *dpop,
                  const struct url *url);

/* Keeps dpop's nonce for url's origin, where it is another than the one that
 * nonce_recall() found. */
void nonce_keep(const struct session *session, const struct dpop *dpop,
                const struct url *url);
