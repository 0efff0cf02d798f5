#include "oauth/api_base.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/failure.h"

#include <string.h>
#include <strings.h>

static const json_t *from_token(const struct profile *profile)
{
  return json_object_get(profile->json, "api_from_token");
}

bool api_base_wanted(const struct profile *profile)
{
  return json_is_object(from_token(profile));
}

static bool is_within(const struct profile *profile, const struct url *base)
{
  size_t host = strlen(base->host);
  size_t i;
  json_t *item;

  json_array_foreach(json_object_get(from_token(profile), "within"), i, item)
  {
    const char *domain = json_string_value(item);
    size_t len = strlen(domain);
    if (host >= len && strcasecmp(base->host + host - len, domain) == 0 &&
        (host == len || base->host[host - len - 1] == '.'))
      return true;
  }
  return false;
}

static enum code parse(struct url **ret_url, const char *base, struct err *err)
{
  return url_parse(ret_url, base, URL_STRICT_PATH | URL_NO_QUERY, E_ANSWER,
                   "the API's address in the token answer", err);
}

static enum code say_elsewhere(const struct profile *profile,
                               const struct url *base, struct err *err)
{
  const json_t *within = json_object_get(from_token(profile), "within");

  return err_set(err, E_CHECK,
                 "the token answer says that the API is at '%s', which is not "
                 "within %s%s",
                 base->origin, json_string_value(json_array_get(within, 0)),
                 json_array_size(within) > 1 ? " or the others" : "");
}

/* The old bases behind the new one, without those of an earlier login. */
static enum code rebind(struct record *record, const struct profile *profile,
                        const struct url *first, struct err *err)
{
  struct record_bound *bound = &record->bound;
  char **old = bound->api;
  size_t count = bound->api_count;
  enum code code;

  bound->api = NULL;
  bound->api_count = 0;
  code = record_add_api(record, first->text, err);
  for (size_t i = 0; i < count; i++) {
    AUTO(url) url = NULL;
    if (code == E_OK)
      code = parse(&url, old[i], err);
    if (code == E_OK && !is_within(profile, url))
      code = record_add_api(record, old[i], err);
    mem_free(old[i]);
  }
  mem_free(old);
  return code;
}

enum code api_base_pin(struct record *record, const struct profile *profile,
                       const char *base, struct err *err)
{
  AUTO(url) url = NULL;
  enum code code;

  if (!api_base_wanted(profile))
    return E_OK;
  if (!base)
    return err_set(err, E_ANSWER,
                   "the token answer does not say where the API is ('%s')",
                   json_text(from_token(profile), "pointer"));
  code = parse(&url, base, err);
  if (code == E_OK && !is_within(profile, url))
    code = say_elsewhere(profile, url, err);
  return code == E_OK ? rebind(record, profile, url, err) : code;
}

void api_base_compare(const struct record *record,
                      const struct profile *profile, const char *base)
{
  AUTO(url) url = NULL;
  AUTO_STR char *shown = NULL;
  struct err ignored = ERR_INIT;

  if (!base || !api_base_wanted(profile))
    return;
  if (parse(&url, base, &ignored) == E_OK)
    for (size_t i = 0; i < record->bound.api_count; i++)
      if (strcmp(record->bound.api[i], url->text) == 0)
        return;
  if (failure_text(&shown, base, &ignored) == E_OK)
    log_warn("the server now says that the API is at '%s'; this login stays "
             "with '%s' (fob login -p %s   takes the new one)",
             shown, record->bound.api_count > 0 ? record->bound.api[0] : "none",
             profile->name);
}
