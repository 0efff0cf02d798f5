#include "oauth/issuer.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char tenant[] = "{tenantid}";
enum { TENANT_LEN = sizeof(tenant) - 1, UUID_LEN = 36 };

/* The names under which Entra serves any tenant; `consumers` is one tenant with
 * an issuer of its own. */
static const char *const any_tenant[] = {"common", "organizations"};

/* Where the path begins; the text's end when there is none. */
static const char *path_of(const char *issuer)
{
  const char *host = strstr(issuer, "://");

  host = host ? host + 3 : issuer;
  return host + strcspn(host, "/");
}

static bool ends_segment(char c)
{
  return c == '/' || c == '\0';
}

/* The first whole segment of that name in the path, or NULL. */
static const char *find_segment(const char *from, const char *name, size_t len)
{
  for (const char *at = strchr(from, '/'); at; at = strchr(at + 1, '/'))
    if (strncmp(at + 1, name, len) == 0 && ends_segment(at[1 + len]))
      return at + 1;
  return NULL;
}

static const char *find_tenant(const char *issuer)
{
  const char *at = find_segment(path_of(issuer), tenant, TENANT_LEN);

  if (!at || find_segment(at, tenant, TENANT_LEN))
    return NULL;
  return at;
}

bool issuer_is_template(const char *issuer)
{
  return find_tenant(issuer) != NULL;
}

static bool is_uuid(const char *text, size_t len)
{
  if (len != UUID_LEN)
    return false;
  for (size_t i = 0; i < len; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;

    if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
      return false;
  }
  return true;
}

/* Equal but for one whole segment: {tenantid} at `at` in pattern. Gives that
 * segment of other. */
static bool same_around(const char *pattern, const char *at, const char *other,
                        const char **ret_segment, size_t *ret_len)
{
  size_t before = (size_t)(at - pattern);
  size_t len;

  if (strncmp(pattern, other, before) != 0)
    return false;
  len = strcspn(other + before, "/");
  if (strcmp(at + TENANT_LEN, other + before + len) != 0)
    return false;
  *ret_segment = other + before;
  *ret_len = len;
  return true;
}

bool issuer_fills(const char *pattern, const char *issuer)
{
  const char *at = find_tenant(pattern);
  const char *segment;
  size_t len;

  if (!at)
    return strcmp(pattern, issuer) == 0;
  return same_around(pattern, at, issuer, &segment, &len) &&
         is_uuid(segment, len);
}

static bool slash_apart(const char *a, const char *b)
{
  size_t a_len = strlen(a), b_len = strlen(b);

  if (a_len < b_len)
    return slash_apart(b, a);
  return b_len > 0 && a_len == b_len + 1 && a[b_len] == '/' &&
         b[b_len - 1] != '/' && memcmp(a, b, b_len) == 0;
}

static bool names_any_tenant(const char *segment, size_t len)
{
  for (size_t i = 0; i < ARRAY_LEN(any_tenant); i++)
    if (strlen(any_tenant[i]) == len &&
        memcmp(any_tenant[i], segment, len) == 0)
      return true;
  return false;
}

enum issuer_match issuer_compare(const char *expected, const char *found)
{
  const char *at = find_tenant(found);
  const char *segment;
  size_t len;

  if (strcmp(expected, found) == 0)
    return ISSUER_EXACT;
  if (slash_apart(expected, found))
    return ISSUER_SLASH;
  if (at && same_around(found, at, expected, &segment, &len) &&
      names_any_tenant(segment, len))
    return ISSUER_TENANT;
  return ISSUER_OTHER;
}

/* A profile that cannot be rewritten keeps the spelling of before the login:
 * `common`, {tenantid} or the other slash. */
bool issuer_still_bound(const char *said, const char *bound)
{
  const char *before;

  if (strcmp(said, bound) == 0 || slash_apart(said, bound) ||
      issuer_fills(said, bound))
    return true;
  for (size_t i = 0; i < ARRAY_LEN(any_tenant); i++) {
    size_t len = strlen(any_tenant[i]);
    size_t filled;

    before = find_segment(path_of(said), any_tenant[i], len);
    if (!before)
      continue;
    if (strncmp(said, bound, (size_t)(before - said)) != 0)
      continue;
    filled = strcspn(bound + (before - said), "/");
    if (is_uuid(bound + (before - said), filled) &&
        strcmp(before + len, bound + (before - said) + filled) == 0)
      return true;
  }
  return false;
}
