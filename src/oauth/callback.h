/* What the browser brings back (RFC 6749 §4.1.2, RFC 9207, JARM). Pure, but for
 * the keys of a signed answer.
 *
 * The query is hostile: anybody can send one. Nothing of it is believed before
 * its state is found to be ours, and a wrong one ends the login: no token
 * request is sent. */
#pragma once

#include "base/err.h"
#include "base/secret.h"
#include "oauth/jarm.h"

#include <stdbool.h>

struct callback_expect {
  const char *state;
  const char *issuer; /* may hold {tenantid}; NULL: the profile names none */
  bool iss_required;  /* the server says that it always sends `iss` */
  const struct jarm_check *jarm; /* a signed answer was asked for; or NULL */
};

/* A raw query, without the '?'. E_CHECK: state or iss missing where they are
 * due, or wrong, or a parameter comes twice, or a signed answer is due and none
 * came or it is not sound; E_OAUTH: the server's `error`; E_ANSWER: no code, or
 * one that is none; and what the keys of a signed answer give. */
NODISCARD enum code callback_read(struct secret **ret_code, const char *query,
                                  const struct callback_expect *expect,
                                  struct err *err);

/* What a person pasted: the whole address of the last page, or its query. White
 * space around it does not matter. E_USAGE when it is nothing of the kind, so
 * that they may be asked again. */
NODISCARD enum code callback_pasted(struct secret **ret_code, const char *line,
                                    const struct callback_expect *expect,
                                    struct err *err);
