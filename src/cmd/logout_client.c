#include "cmd/logout_client.h"

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/failure.h"
#include "oauth/register.h"

#include <string.h>

static enum code say_stays(const struct profile *profile, struct err *err)
{
  AUTO_STR char *host = NULL;
  enum code code = failure_host(&host, profile->client.registration, err);

  if (code == E_OK && log_level() != LOG_QUIET)
    ui_say("  Its client '%s' stays registered at %s.", profile->client.id,
           host);
  return code;
}

/* Read anew, under the lock: somebody may have changed it meanwhile. */
static enum code forget_client(const struct profile *known, struct err *err)
{
  static const char *const members[] = {"client.registration", "client.auth",
                                        "client.id"};
  AUTO(lock) lock = NULL;
  AUTO(profile) profile = NULL;
  enum code code = profile_lock(&lock, err);

  if (code == E_OK)
    code = profile_load(&profile, known->name, err);
  if (code != E_OK || profile->read_only || profile->client.id == NULL ||
      strcmp(profile->client.id, known->client.id) != 0)
    return code;
  for (size_t i = 0; code == E_OK && i < ARRAY_LEN(members); i++)
    code = profile_set(&profile, members[i], NULL, err);
  return code == E_OK ? profile_save(profile, err) : code;
}

static enum code unregister(struct ctx *ctx, const struct profile *profile,
                            const struct record *record,
                            enum unregister_result *ret_result, struct err *err)
{
  struct http_options options;
  AUTO(http) http = NULL;
  enum code code = ctx_http_options(ctx, profile, &options, err);

  if (code == E_OK)
    code = http_new(&http, &options, err);
  if (code == E_OK)
    code =
        registration_delete(ret_result, http, record->registration_client_uri,
                            record->registration_access_token, err);
  if (code != E_OK) {
    err_prefix(err, "'%s' is logged out, but its client stays registered: ",
               profile->name);
    err_hint(err, "it is known as '%s' at %s", record->bound.client_id,
             record->registration_client_uri);
  }
  return code;
}

enum code logout_client(struct ctx *ctx, const struct profile *profile,
                        const struct record *record, bool local,
                        struct err *err)
{
  enum unregister_result result = UNREGISTER_NOT_OFFERED;
  enum code code = E_OK;

  if (profile->client.registration == NULL || profile->client.id == NULL)
    return E_OK;
  if (!local && registration_managed(record))
    code = unregister(ctx, profile, record, &result, err);
  if (code != E_OK)
    return code;
  if (result != UNREGISTER_DONE)
    return say_stays(profile, err);
  if (log_level() != LOG_QUIET)
    ui_say("  Its client, which fob had registered, is deleted there too.");
  return forget_client(profile, err);
}
