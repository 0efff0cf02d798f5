/* What an API's answer means for the exit status (CONTRACT §3). */
#pragma once

#include "base/err.h"
#include "http/header.h"
#include "http/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --ok 404,409 */
struct verdict_ok {
  unsigned char bits[600 / 8];
};
/* Statuses from 300 to 599, separated by commas. E_USAGE. */
NODISCARD enum code verdict_parse_ok(struct verdict_ok *ret_ok,
                                     const char *text, struct err *err);

/* All but status may be left zero. */
struct verdict {
  int status;
  const char *method;
  const char *url; /* as it is shown */
  const char *reason;
  const struct headers *headers;
  const struct verdict_ok *ok;
  const char *profile;    /* for the hints; NULL: none */
  bool no_auth;           /* --no-auth */
  bool left_origin;       /* the answer comes from where no credential goes */
  bool conditional;       /* the request had If-None-Match or the like */
  bool credential_is_env; /* FOB_TOKEN: logging in would not help */
  int64_t now;            /* wall, for Retry-After */
  int64_t over_ms; /* the answer demands this wait, more than may be; 0 */
};

/* E_OK for 2xx, --ok and 304 to a conditional; else the code with a message
 * that names the URL and status, and a hint. */
NODISCARD enum code verdict_give(const struct verdict *verdict,
                                 struct err *err);

/* Whether verdict_give() would say E_OK. */
bool verdict_is_ok(const struct verdict *verdict);

/* "Not Found", or "" for a status that no RFC names. */
const char *verdict_reason(int status);
