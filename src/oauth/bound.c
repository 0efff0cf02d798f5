/* A login is bound to what the profile said when it was made (DESIGN §1.2);
 * here it is compared with what the profile says now. Text that is equal as it
 * stands is not parsed, so that an unchanged profile costs no libcurl. */
#include "oauth/session.h"

#include "base/json.h"
#include "base/mem.h"
#include "http/url.h"
#include "oauth/issuer.h"

#include <string.h>

enum {
  DIFFERENCES_MAX = RECORD_API_MAX + 16,
  HINT_MAX = 700, /* of struct err's 1,024: room for the last lines */
};

struct difference {
  const char *member;
  const char *then; /* NULL: none */
  const char *now;
};

struct differences {
  struct difference items[DIFFERENCES_MAX];
  size_t count;
};

static void differs(struct differences *all, const char *member,
                    const char *then, const char *now)
{
  if (all->count < DIFFERENCES_MAX)
    all->items[all->count++] =
        (struct difference){.member = member, .then = then, .now = now};
}

/* --- members ----------------------------------------------------------- */

/* The bound members that a profile may name. */
static const struct member {
  const char *name;
  size_t offset;
} members[] = {
    {"authorization_endpoint",
     offsetof(struct record_bound, authorization_endpoint)},
    {"token_endpoint", offsetof(struct record_bound, token_endpoint)},
    {"revocation_endpoint", offsetof(struct record_bound, revocation_endpoint)},
    {"introspection_endpoint",
     offsetof(struct record_bound, introspection_endpoint)},
    {"userinfo_endpoint", offsetof(struct record_bound, userinfo_endpoint)},
    {"end_session_endpoint",
     offsetof(struct record_bound, end_session_endpoint)},
    {"jwks_uri", offsetof(struct record_bound, jwks_uri)},
};

static char **slot(struct record_bound *bound, const struct member *member)
{
  return (char **)((char *)bound + member->offset);
}

/* What the profile says of a member; NULL: nothing, so the bound one counts. */
static const char *says(const struct profile *profile,
                        const struct member *member)
{
  const char *text =
      profile->metadata ? json_text(profile->metadata, member->name) : NULL;
  const json_t *aliases =
      profile->metadata && profile->client.cert
          ? json_object_get(profile->metadata, "mtls_endpoint_aliases")
          : NULL;

  if (json_text(aliases, member->name))
    text = json_text(aliases, member->name);

  if (strcmp(member->name, "revocation_endpoint") == 0 && profile->revocation &&
      strstr(profile->revocation, "://"))
    text = profile->revocation;
  return text;
}

static bool same_text(const char *a, const char *b)
{
  return a && b && strcmp(a, b) == 0;
}

static void compare_members(struct differences *all,
                            const struct profile *profile,
                            const struct record *record)
{
  const struct record_bound *bound = &record->bound;

  if (profile->issuer &&
      !(bound->issuer && issuer_still_bound(profile->issuer, bound->issuer)))
    differs(all, "issuer", bound->issuer, profile->issuer);
  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    const char *now = says(profile, &members[i]);
    const char *then = *slot((struct record_bound *)bound, &members[i]);

    if (now && !same_text(now, then))
      differs(all, members[i].name, then, now);
  }
  if (profile->client.id && !same_text(profile->client.id, bound->client_id))
    differs(all, "client id", bound->client_id, profile->client.id);
}

/* --- bases ------------------------------------------------------------- */

/* Equal but for one slash at the end of an otherwise equal text. */
static bool same_base_text(const char *a, const char *b)
{
  size_t a_len = strlen(a), b_len = strlen(b);

  if (a_len > 0 && a[a_len - 1] == '/')
    a_len--;
  if (b_len > 0 && b[b_len - 1] == '/')
    b_len--;
  return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool has_base(const struct record_bound *bound, const char *base)
{
  for (size_t i = 0; i < bound->api_count; i++)
    if (same_base_text(bound->api[i], base))
      return true;
  return false;
}

static enum code compare_bases(struct differences *all,
                               const struct profile *profile,
                               const struct record *record, struct err *err)
{
  for (size_t i = 0; i < profile->api.count; i++) {
    const char *base = profile->api.items[i];
    AUTO(url) url = NULL;
    enum code code;

    if (has_base(&record->bound, base))
      continue;
    code = url_parse(&url, base, URL_STRICT_PATH | URL_NO_QUERY, E_PROFILE,
                     "api", err);
    if (code != E_OK)
      return code;
    if (!has_base(&record->bound, url->text))
      differs(all, "api", NULL, base);
  }
  return E_OK;
}

/* --- what the rooms around see ----------------------------------------- */

static bool is_fixed(const struct record *record)
{
  return record->grant && strcmp(record->grant, "token") == 0;
}

/* One difference: its member is in the message and the two values stand below.
 * Several: each line has its member. */
static enum code tell(const struct differences *all, const char *name,
                      struct err *err)
{
  const struct difference *first = &all->items[0];
  bool one = all->count == 1;

  if (one && strcmp(first->member, "api") == 0)
    (void)err_set(err, E_PROFILE_CHANGED,
                  "profile '%s' now has an API base that the login was not "
                  "made for",
                  name);
  else if (one)
    (void)err_set(err, E_PROFILE_CHANGED,
                  "profile '%s' now names another %s than the login was made "
                  "with",
                  name, first->member);
  else
    (void)err_set(err, E_PROFILE_CHANGED,
                  "profile '%s' now names other things than the login was made "
                  "with",
                  name);
  for (size_t i = 0; i < all->count; i++) {
    const struct difference *d = &all->items[i];
    const char *label = one ? "" : d->member;
    const char *gap = one ? "" : " ";

    if (err && strlen(err->hint) > HINT_MAX) {
      err_hint(err, "  and %zu more", all->count - i);
      break;
    }
    if (d->then || strcmp(d->member, "api") != 0)
      err_hint(err, "  then %s%s%s", label, gap, d->then ? d->then : "none");
    err_hint(err, "  now  %s%s%s", label, gap, d->now);
  }
  err_hint(err, "fob profile trust %s   or   fob login -p %s", name, name);
  return E_PROFILE_CHANGED;
}

enum code session_check_bound(const struct profile *profile,
                              const struct record *record, struct err *err)
{
  struct differences all = {.count = 0};
  enum code code;

  if (!is_fixed(record))
    compare_members(&all, profile, record);
  code = compare_bases(&all, profile, record, err);
  if (code != E_OK)
    return code;
  return all.count == 0 ? E_OK : tell(&all, profile->name, err);
}

/* Is url of an origin that the login was made for? */
static enum code is_bound(const struct record *record, const struct url *url,
                          bool *ret_bound, struct err *err)
{
  *ret_bound = false;
  for (size_t i = 0; !*ret_bound && i < record->bound.api_count; i++) {
    AUTO(url) base = NULL;
    enum code code = url_parse(&base, record->bound.api[i], URL_NO_QUERY,
                               E_STORE_BROKEN, "a bound API base", err);

    if (code != E_OK)
      return code;
    *ret_bound = url_same_origin(base, url);
  }
  return E_OK;
}

enum code session_check_target(const struct profile *profile,
                               const struct record *record,
                               const struct url *url, bool *ret_whole,
                               struct err *err)
{
  struct differences all = {.count = 0};
  struct differences bases = {.count = 0};
  bool bound = true;
  enum code code;

  if (!is_fixed(record))
    compare_members(&all, profile, record);
  if (all.count > 0)
    return tell(&all, profile->name, err);
  code = compare_bases(&bases, profile, record, err);
  if (code == E_OK && bases.count > 0 && url)
    code = is_bound(record, url, &bound, err);
  if (code != E_OK)
    return code;
  if (!bound)
    return tell(&bases, profile->name, err);
  *ret_whole = bases.count == 0;
  return E_OK;
}

static enum code rebind_bases(const struct profile *profile,
                              struct record *record, struct err *err)
{
  for (size_t i = 0; i < record->bound.api_count; i++)
    mem_free(record->bound.api[i]);
  mem_free(record->bound.api);
  record->bound.api = NULL;
  record->bound.api_count = 0;
  for (size_t i = 0; i < profile->api.count; i++) {
    AUTO(url) url = NULL;
    enum code code =
        url_parse(&url, profile->api.items[i], URL_STRICT_PATH | URL_NO_QUERY,
                  E_PROFILE, "api", err);

    if (code == E_OK)
      code = record_add_api(record, url->text, err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

enum code session_rebind(const struct profile *profile, struct record *record,
                         struct err *err)
{
  struct record_bound *bound = &record->bound;
  enum code code = E_OK;

  if (profile->issuer &&
      !(bound->issuer && issuer_still_bound(profile->issuer, bound->issuer)))
    code = record_set_text(&bound->issuer, profile->issuer, err);
  for (size_t i = 0; code == E_OK && i < ARRAY_LEN(members); i++) {
    const char *now = says(profile, &members[i]);

    if (now)
      code = record_set_text(slot(bound, &members[i]), now, err);
  }
  if (code == E_OK && profile->client.id)
    code = record_set_text(&bound->client_id, profile->client.id, err);
  if (code == E_OK)
    code = rebind_bases(profile, record, err);
  return code;
}
