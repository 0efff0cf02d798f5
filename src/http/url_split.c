#include "http/url_split.h"

#include "base/mem.h"
#include "lazy/curl.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"
/* RFC 3986 §3.3, less "%", which is looked at by url.c anyway. */
#define PATH_PLAIN LOWER UPPER DIGIT "-._~!$&'()*+,;=:@/%"

struct span {
  const char *at;
  size_t len;
};

static struct span take(const char **cursor, const char *accepted)
{
  struct span span = {*cursor, strspn(*cursor, accepted)};

  *cursor += span.len;
  return span;
}

/* "1.2.3.4" without leading zeros. */
static bool is_ipv4(struct span host)
{
  const char *p = host.at;
  const char *end = host.at + host.len;

  for (int octet = 0; octet < 4; octet++) {
    unsigned value = 0;
    const char *start = p;

    while (p < end && *p >= '0' && *p <= '9' && p - start < 3)
      value = value * 10 + (unsigned)(*p++ - '0');
    if (p == start || value > 255 || (*start == '0' && p - start > 1))
      return false;
    if (octet < 3 && (p == end || *p++ != '.'))
      return false;
  }

  return p == end;
}

/* Labels of letters, digits and inner hyphens; the last begins with a letter,
 * so that no reading as a number is possible. */
static bool is_plain_name(struct span host)
{
  const char *end = host.at + host.len;
  const char *label = host.at;

  for (;;) {
    const char *dot = memchr(label, '.', (size_t)(end - label));
    const char *stop = dot != NULL ? dot : end;

    if (stop == label || stop - label > 63 || *label == '-' || stop[-1] == '-')
      return false;
    if (dot == NULL)
      return *label >= 'a' && *label <= 'z';
    label = dot + 1;
  }
}

static bool has_dot_segment(struct span path)
{
  const char *end = path.at + path.len;
  const char *p = path.at;

  while (p < end) {
    const char *slash = memchr(p, '/', (size_t)(end - p));
    size_t len = (size_t)((slash != NULL ? slash : end) - p);

    if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
      return true;
    if (slash == NULL)
      break;
    p = slash + 1;
  }

  return false;
}

enum code url_split_plain(struct url_parts *ret_parts, const char *text,
                          bool *ret_plain, struct err *err)
{
  struct span host, port = {NULL, 0}, path, query = {NULL, 0};
  AUTO_URL_PARTS struct url_parts parts = {0};
  bool https = strncmp(text, "https://", 8) == 0;
  const char *p = text + 8;

  *ret_plain = false;
  if (!https && strncmp(text, "http://", 7) != 0)
    return E_OK;
  if (!https)
    p = text + 7;

  host = take(&p, LOWER DIGIT "-.");
  if (host.len == 0 || host.len > 253 ||
      (!is_plain_name(host) && !is_ipv4(host)))
    return E_OK;
  if (*p == ':') {
    p++;
    port = take(&p, DIGIT);
    if (port.len == 0 || port.len > 5 || *port.at == '0' ||
        (port.len == 5 && strncmp(port.at, "65535", 5) > 0))
      return E_OK;
  }
  path = (struct span){"/", 1};
  if (*p == '/') {
    path = take(&p, PATH_PLAIN);
    if (has_dot_segment(path))
      return E_OK;
  }
  if (*p == '?') {
    p++;
    query = take(&p, PATH_PLAIN "?[]");
  }
  if (*p != '\0')
    return E_OK;

  parts.scheme = mem_str(https ? "https" : "http");
  parts.host = mem_copy(host.at, host.len);
  parts.port = port.len > 0 ? mem_copy(port.at, port.len) : NULL;
  parts.path = mem_copy(path.at, path.len);
  parts.query = query.len > 0 ? mem_copy(query.at, query.len) : NULL;
  if (parts.scheme == NULL || parts.host == NULL || parts.path == NULL ||
      (parts.port == NULL && port.len > 0) ||
      (parts.query == NULL && query.len > 0))
    return err_nomem(err);

  *ret_parts = parts;
  parts = (struct url_parts){0};
  *ret_plain = true;
  return E_OK;
}

static const char *reason_of(CURLUcode result)
{
  switch (result) {
  case CURLUE_USER_NOT_ALLOWED:
    return "it holds a user name or password, which fob never takes from a URL";
  case CURLUE_UNSUPPORTED_SCHEME:
    return "only https (and http to loopback) is spoken";
  case CURLUE_BAD_PORT_NUMBER:
    return "the port must be a number from 1 to 65535";
  case CURLUE_NO_HOST:
  case CURLUE_BAD_HOSTNAME:
    return "the host name is not a valid one";
  case CURLUE_LACKS_IDN:
    return "the host name has no ASCII form (or the locale is not a UTF-8 one)";
  case CURLUE_BAD_IPV6:
    return "the IPv6 address is not a valid one";
  case CURLUE_BAD_SCHEME:
    return "it has no scheme";
  default:
    return "it is not a URL";
  }
}

/* libcurl's memory is the wiped kind (lazy_curl), so a part is kept as it
 * is. An absent part is not a failure. */
static CURLUcode get(char **slot, CURLU *handle, CURLUPart part, unsigned flags)
{
  CURLUcode result = sym_curl_url_get(handle, part, slot, flags);

  switch (result) {
  case CURLUE_NO_PORT:
  case CURLUE_NO_QUERY:
  case CURLUE_NO_FRAGMENT:
    *slot = NULL;
    return CURLUE_OK;
  default:
    return result;
  }
}

static bool has_high_byte(const char *text)
{
  for (; *text != '\0'; text++)
    if ((unsigned char)*text >= 0x80)
      return true;

  return false;
}

/* libcurl calls every failure of its IDN library a lack of memory. */
static CURLUcode get_host(char **slot, CURLU *handle)
{
  CURLUcode result = get(slot, handle, CURLUPART_HOST, 0);

  if (result != CURLUE_OK || !has_high_byte(*slot))
    return result;

  mem_free(*slot);
  *slot = NULL;
  return get(slot, handle, CURLUPART_HOST, CURLU_PUNYCODE) == CURLUE_OK
             ? CURLUE_OK
             : CURLUE_LACKS_IDN;
}

static CURLUcode get_all(struct url_parts *parts, CURLU *handle)
{
  char *fragment = NULL;
  CURLUcode result = get(&parts->scheme, handle, CURLUPART_SCHEME, 0);

  if (result == CURLUE_OK)
    result = get_host(&parts->host, handle);
  if (result == CURLUE_OK)
    result = get(&parts->port, handle, CURLUPART_PORT, 0);
  if (result == CURLUE_OK)
    result = get(&parts->path, handle, CURLUPART_PATH, 0);
  if (result == CURLUE_OK)
    result = get(&parts->query, handle, CURLUPART_QUERY, 0);
  if (result == CURLUE_OK)
    result = get(&fragment, handle, CURLUPART_FRAGMENT, 0);

  if (parts->query != NULL && parts->query[0] == '\0') {
    mem_free(parts->query);
    parts->query = NULL;
  }
  parts->fragment = fragment != NULL;
  mem_free(fragment);
  return result;
}

enum code url_split_curl(struct url_parts *ret_parts, const char *text,
                         unsigned flags, const char **ret_reason,
                         struct err *err)
{
  AUTO_URL_PARTS struct url_parts parts = {0};
  unsigned how = CURLU_DISALLOW_USER;
  CURLUcode result;
  CURLU *handle;
  enum code code;

  *ret_reason = NULL;
  code = lazy_curl(err);
  if (code != E_OK)
    return code;
  handle = sym_curl_url();
  if (handle == NULL)
    return err_nomem(err);

  if (flags & URL_SPLIT_AS_IS)
    how |= CURLU_PATH_AS_IS;
  if (flags & URL_SPLIT_SPACE)
    how |= CURLU_ALLOW_SPACE;
  result = sym_curl_url_set(handle, CURLUPART_URL, text, how);
  if (result == CURLUE_OK)
    result = get_all(&parts, handle);
  sym_curl_url_cleanup(handle);

  if (result == CURLUE_OUT_OF_MEMORY)
    return err_nomem(err);
  if (result != CURLUE_OK) {
    *ret_reason = reason_of(result);
    return E_USAGE;
  }

  *ret_parts = parts;
  parts = (struct url_parts){0};
  return E_OK;
}

enum code url_split(struct url_parts *ret_parts, const char *text,
                    unsigned flags, const char **ret_reason, struct err *err)
{
  bool plain;
  enum code code;

  *ret_reason = NULL;
  code = url_split_plain(ret_parts, text, &plain, err);
  if (code != E_OK || plain)
    return code;

  return url_split_curl(ret_parts, text, flags, ret_reason, err);
}

void url_parts_clear(struct url_parts *parts)
{
  mem_free(parts->scheme);
  mem_free(parts->host);
  mem_free(parts->port);
  mem_free(parts->path);
  mem_free(parts->query);
  *parts = (struct url_parts){0};
}
