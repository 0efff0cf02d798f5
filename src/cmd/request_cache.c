/* The options of the cache. */
#include "cmd/request.h"

#include "api/answers.h"
#include "api/cached.h"
#include "base/log.h"
#include "cmd/ui.h"
#include "profile/name.h"

enum code request_open_cache(const struct request *request,
                             struct cached **ret_cached, struct err *err)
{
  const struct request_options *o = request->options;
  enum code code;

  if (o->cache < 0 || o->no_cache)
    return E_OK;
  /* A poll that was answered from the cache would never see an end. */
  code = cached_new(ret_cached, request->selection.profile,
                    o->wait_for != NULL ? 0 : o->cache, err);
  if (code != E_LOCAL)
    return code;
  log_warn("no cache: %s", err->message);
  err_clear(err);
  return E_OK;
}

/* 340 KiB, for people. */
static void say_removed(const struct answers_sum *sum)
{
  const char *unit = "bytes";
  int64_t number = sum->bytes;

  if (number >= 10240) {
    number /= 1024;
    unit = "KiB";
  }
  if (number >= 10240) {
    number /= 1024;
    unit = "MiB";
  }
  ui_say_lead(UI_GREEN, "Removed:", " %zu %s, %lld %s", sum->count,
              sum->count == 1 ? "answer" : "answers", (long long)number, unit);
}

enum code request_clear_cache(const struct ctx *ctx,
                              const struct request_options *options,
                              const struct operands *operands, struct err *err)
{
  const char *profile = ctx->globals.profile;
  struct answers_sum sum = {0};
  enum code code;

  if (operands->count > 0 || options->cache >= 0) {
    (void)err_set(err, E_USAGE,
                  "--cache-clear empties the cache and sends "
                  "nothing");
    err_hint(err, "fob request --cache-clear   or with -p NAME");
    return E_USAGE;
  }
  if (profile != NULL && !profile_name_valid(profile))
    return err_set(err, E_USAGE, "'%s' is no profile's name", profile);
  code = answers_clear(profile, &sum, err);
  if (code == E_OK && log_level() != LOG_QUIET)
    say_removed(&sum);
  return code;
}
