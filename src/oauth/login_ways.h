/* The ways to log in at an authorization server, one file each: from the
 * request to a grant, and by grant_redeem() into result->record, which has what
 * it is bound to already. scope_asked is theirs to fill.
 *
 * client proves itself at the server's endpoints; metadata is the server's. */
#pragma once

#include "base/err.h"
#include "oauth/client.h"
#include "oauth/login.h"
#include "oauth/metadata.h"

typedef enum code login_way(const struct login_request *request,
                            const struct metadata *metadata,
                            struct client *client, struct login_result *result,
                            struct err *err);

/* RFC 6749 §4.1, by a browser; also by pasting. */
NODISCARD login_way login_by_browser;
/* RFC 8628. E_PERSON_TIMEOUT when nobody came before the code expired; where
 * the last request had no answer, that request's code. E_ANSWER: the server
 * does not have it. */
NODISCARD login_way login_by_device;
/* That where the server has it and does not refuse it to this client, else by
 * the browser (LOGIN_EITHER). */
NODISCARD login_way login_by_either;
/* RFC 6749 §4.4, RFC 7523 §2.1 */
NODISCARD login_way login_by_client;
/* RFC 8693: request->subject_token is what is exchanged. */
NODISCARD login_way login_by_exchange;
