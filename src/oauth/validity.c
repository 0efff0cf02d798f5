#include "oauth/validity.h"

#include "base/clock.h"
#include "base/secret.h"

bool validity_enough(int64_t issued_at, int64_t expires_at, int64_t min_valid,
                     int64_t now)
{
  int64_t lifetime = expires_at - issued_at;

  if (expires_at == CLOCK_NEVER)
    return true;
  if (now < issued_at - VALIDITY_SKEW || expires_at <= now)
    return false;
  if (min_valid < 0)
    min_valid =
        lifetime / 10 < VALIDITY_DEFAULT ? lifetime / 10 : VALIDITY_DEFAULT;
  return expires_at - now >= min_valid;
}

enum validity_step validity_decide(const struct record_access *access,
                                   const struct session_ask *ask, int64_t now)
{
  if (!access)
    return VALIDITY_RENEW;
  if (ask->rejected && secret_equal(access->token, ask->rejected)) {
    int64_t age = now - access->issued_at;

    return age > VALIDITY_REJECTED || age < -VALIDITY_SKEW
               ? VALIDITY_RENEW
               : VALIDITY_UNAUTHORIZED;
  }
  if (ask->force_refresh)
    return VALIDITY_RENEW;
  return validity_enough(access->issued_at, access->expires_at, ask->min_valid,
                         now)
             ? VALIDITY_USE
             : VALIDITY_RENEW;
}

enum code validity_check_new(const struct record_access *access,
                             const struct session_ask *ask, int64_t now,
                             struct err *err)
{
  AUTO_BUF struct buf lives = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf wanted = BUF_INIT(BUF_LINE);

  if (ask->min_valid < 0 ||
      validity_enough(access->issued_at, access->expires_at, ask->min_valid,
                      now))
    return E_OK;
  clock_span(&lives, access->expires_at - access->issued_at);
  clock_span(&wanted, ask->min_valid);
  return err_set(err, E_LESS,
                 "the new token lives %s (%lld s), and %s (%lld s) were asked "
                 "for",
                 buf_text(&lives),
                 (long long)(access->expires_at - access->issued_at),
                 buf_text(&wanted), (long long)ask->min_valid);
}
