/* How fob says that something went wrong.
 *
 * A function that can fail returns `enum code` and takes `struct err *err`
 * last. On failure it fills err once; on success it leaves err alone. Lower
 * rooms fill, cmd/ prints, once. An HTTP status is data, never a code.
 *
 * A message reads on from "fob: ": no capital, no full stop, the subject
 * quoted: "cannot open '/x': Permission denied". A hint is what to do about
 * it, one command or sentence a line, indented by cmd/. Everything that
 * passes through here has its control and bidi characters made visible, so
 * text from a server may be given as it is. A secret may not: err cannot
 * take a struct secret, and log_redact() runs over it before it is printed. */
#pragma once

#include "base/attr.h"

#include <stdarg.h>
#include <stddef.h>

/* code, exit status, stable machine name (--error-format json). CONTRACT §3. */
#define ERR_TABLE(X)                                                           \
  X(E_OK, 0, "ok")                                                             \
  X(E_LOCAL, 1, "local")                                                       \
  X(E_NOMEM, 1, "out_of_memory")                                               \
  X(E_OUTPUT, 1, "output_failed")                                              \
  X(E_NOT_FOUND, 1, "not_found")                                               \
  X(E_FILTER, 1, "filter_failed")                                              \
  X(E_USAGE, 2, "usage")                                                       \
  X(E_PROFILE, 2, "profile_invalid")                                           \
  X(E_NO_PROFILE, 2, "profile_unknown")                                        \
  X(E_AMBIGUOUS, 2, "profile_ambiguous")                                       \
  X(E_ENVIRONMENT, 2, "environment_invalid")                                   \
  X(E_REDIRECT, 3, "redirect_not_followed")                                    \
  X(E_HTTP_4XX, 4, "http_4xx")                                                 \
  X(E_API, 4, "api_error")                                                     \
  X(E_HTTP_5XX, 5, "http_5xx")                                                 \
  X(E_ISSUER_5XX, 5, "issuer_5xx")                                             \
  X(E_NETWORK, 6, "network")                                                   \
  X(E_DNS, 6, "dns")                                                           \
  X(E_CONNECT, 6, "connect")                                                   \
  X(E_TLS, 6, "tls")                                                           \
  X(E_PROXY, 6, "proxy")                                                       \
  X(E_CUT, 6, "answer_cut_short")                                              \
  X(E_TIMEOUT, 7, "timeout")                                                   \
  X(E_LOCK_TIMEOUT, 7, "lock_timeout")                                         \
  X(E_PERSON_TIMEOUT, 7, "login_timeout")                                      \
  X(E_NO_CREDENTIAL, 8, "no_credential")                                       \
  X(E_OAUTH, 8, "oauth_error")                                                 \
  X(E_REFRESH_REJECTED, 8, "refresh_rejected")                                 \
  X(E_UNAUTHORIZED, 8, "unauthorized")                                         \
  X(E_SCOPE, 8, "scope_insufficient")                                          \
  X(E_STEP_UP, 8, "step_up_demanded")                                          \
  X(E_RATE, 9, "rate_limited")                                                 \
  X(E_INCOMPLETE, 10, "incomplete")                                            \
  X(E_ORIGIN, 11, "origin_refused")                                            \
  X(E_PLAIN_HTTP, 11, "plain_http_refused")                                    \
  X(E_REDIRECT_REFUSED, 11, "redirect_refused")                                \
  X(E_PROFILE_CHANGED, 11, "profile_changed")                                  \
  X(E_ACCOUNT, 11, "other_account")                                            \
  X(E_AUDIENCE, 11, "wrong_audience")                                          \
  X(E_STORE_ABSENT, 12, "keyring_absent")                                      \
  X(E_STORE_LOCKED, 12, "keyring_locked")                                      \
  X(E_STORE_REFUSED, 12, "store_refused")                                      \
  X(E_STORE_SLOW, 12, "store_slow")                                            \
  X(E_STORE_FULL, 12, "store_full")                                            \
  X(E_STORE_BROKEN, 12, "store_broken")                                        \
  X(E_LOCK, 12, "lock_unavailable")                                            \
  X(E_ANSWER, 13, "answer_invalid")                                            \
  X(E_CHECK, 13, "security_check_failed")                                      \
  X(E_LESS, 13, "less_than_demanded")                                          \
  X(E_SIGNAL, 130, "interrupted")

enum code {
#define ERR_ENUM(code, status, name) code,
  ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

struct err {
  enum code code;
  char message[2048];
  char hint[1024];      /* lines separated by \n; "" when there is none */
  char oauth_error[64]; /* the server's `error`, when it sent one */
};

#define ERR_INIT                                                               \
  {                                                                            \
    .code = E_OK                                                               \
  }

/* The exit status and the machine name of a code. E_SIGNAL stands for the
 * signal in sig_caught(); main() re-raises it. */
int err_status(enum code code);
const char *err_name(enum code code);

/* Fills err (replacing what it held) and returns code:
 *     return err_set(err, E_LOCAL, "cannot open '%s': %s", path, reason); */
enum code err_set(struct err *err, enum code code, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Puts text in front of the message: "cannot refresh 'work': " + …. */
void err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends one line to the hint. Control characters in it are escaped. */
void err_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The one message of E_NOMEM; needs no memory. Returns E_NOMEM. */
enum code err_nomem(struct err *err);

/* Forgets what err holds. */
void err_clear(struct err *err);
