#include "cmd/logout_client.h"

#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "oauth/failure.h"
#include "oauth/register.h"

#include <string.h>

enum code logout_client_say(const struct profile *profile, enum client_end end,
                            struct err *err)
{
  AUTO_STR char *host = NULL;

  if (end == CLIENT_NOT_OURS || log_level() == LOG_QUIET)
    return E_OK;
  if (end == CLIENT_DELETED) {
    ui_say("  Its client, which fob had registered, is deleted there too.");
    return E_OK;
  }
  enum code code = failure_host(&host, profile->client.registration, err);
  if (code == E_OK)
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
                        enum client_end *ret_end, struct err *err)
{
  enum unregister_result result = UNREGISTER_NOT_OFFERED;
  enum code code = E_OK;

  *ret_end = CLIENT_NOT_OURS;
  if (profile->client.registration == NULL || profile->client.id == NULL)
    return E_OK;
  *ret_end = CLIENT_STAYS;
  if (!local && registration_managed(record))
    code = unregister(ctx, profile, record, &result, err);
  if (code != E_OK || result != UNREGISTER_DONE)
    return code;
  *ret_end = CLIENT_DELETED;
  return forget_client(profile, err);
}
