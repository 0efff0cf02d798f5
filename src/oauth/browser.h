/* The part of a login that a person does in a browser: out to the
 * authorization endpoint and back with a code, through the loopback listener or
 * by pasting. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "http/listen.h"
#include "oauth/authorize.h"
#include "oauth/login.h"
#include "oauth/metadata.h"

/* Where a browser comes back to when the profile says nothing; any port. */
#define BROWSER_REDIRECT "http://127.0.0.1/callback"

struct browser {
  struct listener *listener; /* NULL: pasting only */
  struct authorize *authorize;
  bool waiting; /* a browser waits for its page */
};

/* Opens the listener (LOGIN_BROWSER) and makes the request, which client may
 * have to push. */
NODISCARD enum code browser_prepare(struct browser *browser,
                                    const struct login_request *request,
                                    const struct metadata *metadata,
                                    const struct client *client,
                                    struct err *err);

/* Sends the person there and waits for the code. */
NODISCARD enum code browser_wait(struct browser *browser,
                                 const struct login_request *request,
                                 const struct metadata *metadata,
                                 struct secret **ret_code, struct err *err);

/* The page at the end; nothing when no browser waits. err NULL: it went well.
 */
void browser_answer(struct browser *browser, const struct err *err);

void browser_clear(struct browser *browser);
#define AUTO_BROWSER __attribute__((cleanup(browser_clear)))
