#include "oauth/nonce.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/cache.h"

#include <string.h>

enum {
  LIFETIME = 3600, /* servers take them for minutes */
  AGE = 22 * 3600, /* passed off as that old: a token is worth more where the
                      oldest gives way */
};

static bool is_kept(const struct session *session)
{
  return !session->env && cache_enabled(session->cache);
}

/* No token's: those begin with the kind of a store. */
static char *shape_of(const struct url *url)
{
  return mem_printf("dpop-nonce\n%s", url->origin);
}

void nonce_recall(const struct session *session, struct dpop *dpop,
                  const struct url *url)
{
  AUTO_STR char *shape = shape_of(url);
  struct cache_entry entry = {0};

  if (shape && is_kept(session) &&
      cache_get(session->profile->name, shape, "", &entry))
    IGNORE(dpop_set_nonce(dpop, url->origin, secret_reveal(entry.token), NULL));
  cache_entry_clear(&entry);
}

void nonce_keep(const struct session *session, const struct dpop *dpop,
                const struct url *url)
{
  const char *nonce = dpop_nonce(dpop, url->origin);
  AUTO_STR char *shape = shape_of(url);
  int64_t now = clock_wall();
  struct cache_entry kept = {0};
  struct cache_entry entry = {.issued_at = now - AGE,
                              .expires_at = now + LIFETIME};
  bool same;

  if (!nonce || !shape || !is_kept(session))
    return;
  same = cache_get(session->profile->name, shape, "", &kept) &&
         strcmp(secret_reveal(kept.token), nonce) == 0;
  if (!same && secret_new(&entry.token, nonce, strlen(nonce), NULL) == E_OK)
    cache_put(session->profile->name, shape, "", &entry);
  cache_entry_clear(&kept);
  cache_entry_clear(&entry);
}
