/* Fetching metadata: where to look and what to make of each answer. */
#include "oauth/metadata.h"

#include "base/log.h"
#include "base/mem.h"
#include "http/url.h"

#include <stdio.h>
#include <string.h>

static const char oauth_name[] = "/.well-known/oauth-authorization-server";
static const char oidc_name[] = "/.well-known/openid-configuration";

enum code metadata_places(char *ret_places[METADATA_PLACES], size_t *ret_count,
                          const char *issuer, enum profile_discovery discovery,
                          struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_STR char *path = NULL;
  size_t count = 0;
  enum code code =
      url_parse(&url, issuer, URL_NO_QUERY, E_PROFILE, "issuer", err);

  if (code != E_OK)
    return code;
  path = mem_str(url->path);
  if (!path)
    return err_nomem(err);
  if (*path && path[strlen(path) - 1] == '/') /* RFC 8414 §3.1 */
    path[strlen(path) - 1] = '\0';

  if (discovery != DISCOVERY_OIDC)
    ret_places[count++] = mem_printf("%s%s%s", url->origin, oauth_name, path);
  if (discovery != DISCOVERY_OAUTH)
    ret_places[count++] = mem_printf("%s%s%s", url->origin, path, oidc_name);
  if (discovery != DISCOVERY_OAUTH && *path)
    ret_places[count++] = mem_printf("%s%s%s", url->origin, oidc_name, path);
  for (size_t i = 0; i < count; i++)
    if (!ret_places[i])
      code = E_NOMEM;
  if (code != E_OK) {
    for (size_t i = 0; i < count; i++)
      mem_free(ret_places[i]);
    return err_nomem(err);
  }
  *ret_count = count;
  return E_OK;
}

/* E_NOT_FOUND: no document there. */
static enum code read_answer(struct metadata **ret_metadata, int status,
                             const struct buf *body, const char *issuer,
                             bool exact, const char *place, struct err *err)
{
  if (status == 429)
    return err_set(err, E_RATE, "'%s' answers 429: too many requests", place);
  if (status >= 500)
    return err_set(err, E_ISSUER_5XX, "'%s' answers %d", place, status);
  if (status != 200)
    return err_set(err, E_NOT_FOUND, "'%s' answers %d", place, status);
  return metadata_read(ret_metadata, buf_text(body), body->len, issuer, exact,
                       place, err);
}

static enum code fetch_one(struct metadata **ret_metadata, struct http *http,
                           const char *place, const char *issuer, bool exact,
                           bool *ret_answered, struct err *err)
{
  AUTO(url) url = NULL;
  AUTO_ANSWER struct http_answer answer = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code =
      url_parse(&url, place, URL_PLAIN, E_PROFILE, "the issuer", err);

  if (code == E_OK)
    code = http_document(http, url, &answer, &body, err);
  *ret_answered = answer.status != 0;
  if (code != E_OK)
    return code;
  log_line(LOG_VERBOSE, "metadata: %s answers %d", place, answer.status);
  return read_answer(ret_metadata, answer.status, &body, issuer, exact, place,
                     err);
}

/* What matters more when no place had what was looked for: that the server
 * could not be asked, then another issuer's document, then a broken one, then
 * a server's trouble, then nothing. */
static int weight(enum code code)
{
  switch (code) {
  case E_NOT_FOUND:
    return 1;
  case E_ISSUER_5XX:
    return 2;
  case E_ANSWER:
    return 3;
  case E_CHECK:
    return 4;
  default:
    return 5;
  }
}

static enum code look(struct metadata **ret_metadata, struct http *http,
                      const char *issuer, bool exact,
                      enum profile_discovery discovery, struct err *err)
{
  char *places[METADATA_PLACES] = {NULL};
  struct err worst = ERR_INIT;
  size_t count = 0;
  enum code code = metadata_places(places, &count, issuer, discovery, err);

  if (code != E_OK)
    return code;
  for (size_t i = 0; i < count; i++) {
    struct err here = ERR_INIT;
    bool answered = false;

    code = fetch_one(ret_metadata, http, places[i], issuer, exact, &answered,
                     &here);
    if (code == E_OK)
      break;
    if (worst.code == E_OK || weight(code) > weight(worst.code))
      worst = here;
    if (code == E_NOMEM || code == E_RATE || !answered)
      break; /* the next place is on the same server */
  }
  for (size_t i = 0; i < count; i++)
    mem_free(places[i]);
  if (code != E_OK) {
    code = worst.code;
    if (err)
      *err = worst;
  }
  return code;
}

enum code metadata_discover(struct metadata **ret_metadata, struct http *http,
                            const char *issuer,
                            enum profile_discovery discovery, struct err *err)
{
  return look(ret_metadata, http, issuer, false, discovery, err);
}

/* The profile's endpoints serve where the server publishes none. */
static bool profile_suffices(const struct profile *profile)
{
  return profile->metadata &&
         json_is_string(json_object_get(profile->metadata, "token_endpoint"));
}

static enum code none_published(struct err *err, const struct profile *profile)
{
  (void)err_set(err, E_ANSWER, "'%s' publishes no metadata: %s",
                profile->issuer, err ? err->message : "");
  err_hint(err,
           "fob profile set %s 'metadata:={\"authorization_endpoint\": "
           "\"https://…\", \"token_endpoint\": \"https://…\"}'",
           profile->name);
  return E_ANSWER;
}

/* What an earlier login adopted counts as long as the profile still means the
 * same issuer. */
static const char *expected_issuer(const struct profile *profile,
                                   const char *previous, bool *ret_exact)
{
  *ret_exact = previous && issuer_still_bound(profile->issuer, previous);
  if (*ret_exact && issuer_compare(profile->issuer, previous) == ISSUER_SLASH)
    return previous;
  return profile->issuer;
}

enum code metadata_fetch(struct metadata **ret_metadata, struct http *http,
                         const struct profile *profile,
                         const char *previous_issuer, struct err *err)
{
  AUTO(metadata) metadata = NULL;
  const char *issuer;
  bool exact;
  enum code code;

  if (!profile->issuer || profile->discovery == DISCOVERY_OFF)
    return metadata_of_profile(ret_metadata, profile, err);
  issuer = expected_issuer(profile, previous_issuer, &exact);
  code = look(&metadata, http, issuer, exact, profile->discovery, err);
  if (code == E_NOT_FOUND && profile_suffices(profile)) {
    err_clear(err);
    return metadata_of_profile(ret_metadata, profile, err);
  }
  if (code == E_NOT_FOUND)
    return none_published(err, profile);
  if (code == E_OK)
    code = metadata_override(metadata, profile, err);
  if (code != E_OK)
    return code;
  *ret_metadata = metadata;
  metadata = NULL;
  return E_OK;
}
