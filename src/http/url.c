#include "http/url.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"
#include "http/url_check.h"
#include "http/url_split.h"

#include <string.h>

#define HTTPS_PORT 443
#define HTTP_PORT 80

/* What went wrong, and where: kept in one place so that each check is one
 * line. */
struct subject {
  const char *text;
  const char *what;
  enum code code;
};

/* Appends text as it may be shown: no query, no fragment, and nothing at all
 * where a password may be. */
static void show(struct buf *out, const char *text)
{
  size_t len = strcspn(text, "?#");
  const char *scheme_end = strstr(text, "://");
  const char *from = scheme_end != NULL ? scheme_end + 3 : text;
  size_t authority = scheme_end != NULL ? strcspn(from, "/?#") : len;

  if (memchr(from, '@', authority) != NULL) {
    buf_puts(out, "(not shown: it may hold a password)");
    return;
  }

  buf_putc(out, '\'');
  buf_put(out, text, len > 300 ? 300 : len);
  buf_puts(out, len > 300 || text[len] != '\0' ? "…'" : "'");
}

static enum code refuse(const struct subject *subject, enum code code,
                        const char *reason, struct err *err)
{
  AUTO_BUF struct buf shown = BUF_INIT(1024);

  show(&shown, subject->text);
  return err_set(err, code, "%s %s: %s", subject->what, buf_text(&shown),
                 reason);
}

bool url_is_loopback(const struct url *url)
{
  return url_host_is_loopback(url->host);
}

bool url_is_local(const struct url *url)
{
  static const char *const prefixes[] = {"169.254.",
                                         "[fe8",
                                         "[fe9",
                                         "[fea",
                                         "[feb",
                                         "[::ffff:127.",
                                         "[::ffff:169.254.",
                                         "[::ffff:7f",
                                         "[::ffff:a9fe:"};

  for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
    if (strncmp(url->host, prefixes[i], strlen(prefixes[i])) == 0)
      return true;
  return url_is_loopback(url);
}

/* --- building ----------------------------------------------------------- */

static enum code build_texts(struct url *url, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_URL);
  bool https = strcmp(url->scheme, "https") == 0;
  enum code code;

  buf_printf(&text, "%s://%s", url->scheme, url->host);
  if (url->port != (https ? HTTPS_PORT : HTTP_PORT))
    buf_printf(&text, ":%d", url->port);
  code = buf_check(&text, err);
  if (code != E_OK)
    return code;
  url->origin = mem_str(buf_text(&text));
  if (url->origin == NULL)
    return err_nomem(err);

  buf_puts(&text, url->path);
  if (url->query != NULL)
    buf_printf(&text, "?%s", url->query);
  return buf_detach(&text, &url->text, NULL, err);
}

static enum code escape_part(char **ret_text, const char *text, bool strict,
                             const struct subject *subject, struct err *err)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_URL);
  enum code code;

  if (!url_put_escaped(&out, text, strict))
    return refuse(subject, subject->code,
                  "a \"%\" must be followed by two hex digits (\"%25\" stands "
                  "for itself)",
                  err);
  code = buf_detach(&out, ret_text, NULL, err);
  if (code == E_LOCAL)
    return refuse(subject, subject->code, "it is too long", err);

  return code;
}

/* Moves what libcurl found into a struct url, checked. */
static enum code take_parts(struct url *url, struct url_parts *parts,
                            unsigned flags, const struct subject *subject,
                            struct err *err)
{
  bool strict = (flags & URL_STRICT_PATH) != 0;
  bool https = strcmp(parts->scheme, "https") == 0;
  uint64_t port = https ? HTTPS_PORT : HTTP_PORT;
  char address[URL_ADDRESS_SIZE];
  enum code code;

  if (!https && strcmp(parts->scheme, "http") != 0)
    return refuse(subject, subject->code,
                  "only https (and http to loopback) is spoken", err);
  if (!url_normalise_host(parts->host, address))
    return refuse(subject, subject->code, "the host name is not a valid one",
                  err);
  if (parts->port != NULL &&
      (!num_parse(parts->port, 65535, &port) || port == 0))
    return refuse(subject, subject->code,
                  "the port must be a number from 1 to 65535", err);
  if (parts->fragment && !(flags & URL_FRAGMENT_OK))
    return refuse(subject, subject->code, "it has a fragment (#…)", err);
  if (parts->query != NULL && (flags & URL_NO_QUERY))
    return refuse(subject, subject->code, "it has a query (?…)", err);

  url->port = (int)port;
  url->scheme = parts->scheme;
  parts->scheme = NULL;
  if (address[0] != '\0') {
    url->host = mem_str(address);
    if (url->host == NULL)
      return err_nomem(err);
  } else {
    url->host = parts->host;
    parts->host = NULL;
  }

  code = escape_part(&url->path, parts->path, strict, subject, err);
  if (code == E_OK && parts->query != NULL && parts->query[0] != '\0')
    code = escape_part(&url->query, parts->query, strict, subject, err);
  if (code != E_OK)
    return code;

  code = build_texts(url, err);
  if (code == E_LOCAL)
    return refuse(subject, subject->code, "it is too long", err);
  return code;
}

/* --- parsing ------------------------------------------------------------ */

/* The length of "scheme://" in front, or 0. */
static size_t scheme_length(const char *text)
{
  size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                            "YZ0123456789+-.");

  return len > 0 && strncmp(text + len, "://", 3) == 0 ? len + 3 : 0;
}

/* What can be said before the parts are known. spaces: they are the server's
 * and get escaped. */
static const char *text_fault(const char *text, unsigned flags, bool spaces)
{
  size_t scheme = scheme_length(text);
  const char *authority = text + scheme;
  size_t authority_len = strcspn(authority, "/?#\\");
  const char *path = authority + authority_len;

  if (text[0] == '\0')
    return "it is empty";
  if (strlen(text) > BUF_URL - 64)
    return "it is too long";
  for (const char *p = text; *p != '\0'; p++) {
    unsigned char c = (unsigned char)*p;

    if (c < 0x20 || c == 0x7f)
      return "it has a control character";
    if (c == ' ' && (!spaces || p < path))
      return "it has a space (\"%20\" stands for one)";
  }
  if (!codec_is_utf8(text, strlen(text)))
    return "it is not UTF-8";
  if (scheme == 0)
    return "it has no scheme (https://…)";
  if (memchr(authority, '@', authority_len) != NULL)
    return "it holds a user name or password, which fob never takes from a URL";
  if (memchr(authority, '%', authority_len) != NULL)
    return "the host name is not a valid one";
  if (authority_len == 0)
    return "it has no host";
  if (flags & URL_STRICT_PATH)
    return url_path_fault(path, strcspn(path, "?#"));

  return NULL;
}

static enum code parse(struct url **ret_url, const char *text, unsigned flags,
                       bool spaces, const struct subject *subject,
                       struct err *err)
{
  unsigned how = 0;
  AUTO_URL_PARTS struct url_parts parts = {0};
  AUTO(url) url = NULL;
  const char *reason = text_fault(text, flags, spaces);
  enum code code;

  if (reason != NULL)
    return refuse(subject, subject->code, reason, err);

  if (flags & URL_STRICT_PATH)
    how |= URL_SPLIT_AS_IS;
  if (spaces)
    how |= URL_SPLIT_SPACE;
  code = url_split(&parts, text, how, &reason, err);
  if (reason != NULL)
    return refuse(subject, subject->code, reason, err);
  if (code != E_OK)
    return code;

  url = mem_zalloc(sizeof(*url));
  if (url == NULL)
    return err_nomem(err);
  code = take_parts(url, &parts, flags, subject, err);
  if (code != E_OK)
    return code;

  if (strcmp(url->scheme, "http") == 0 && !url_is_loopback(url)) {
    code = subject->code;
    if (code != E_USAGE && code != E_PROFILE)
      code = E_PLAIN_HTTP;
    return refuse(subject, code,
                  "plain http is spoken to loopback only; use https", err);
  }

  *ret_url = url;
  url = NULL;
  return E_OK;
}

enum code url_parse(struct url **ret_url, const char *text, unsigned flags,
                    enum code code, const char *what, struct err *err)
{
  struct subject subject = {text, what, code};
  AUTO_STR char *full = NULL;
  bool bare = (flags & URL_ADD_HTTPS) && scheme_length(text) == 0;

  /* "https:/example.com" and "http:example.com" are slips of the hand, not a
   * host of that name. */
  if (bare &&
      (strncmp(text, "http:", 5) == 0 || strncmp(text, "https:", 6) == 0))
    return refuse(&subject, code, "two slashes follow the scheme (https://…)",
                  err);
  if (!bare || text[0] == '\0')
    return parse(ret_url, text, flags, false, &subject, err);

  full = mem_printf("https://%s", text);
  if (full == NULL)
    return err_nomem(err);
  return parse(ret_url, full, flags, false, &subject, err);
}

/* --- comparing and joining ---------------------------------------------- */

bool url_same_origin(const struct url *a, const struct url *b)
{
  return strcmp(a->origin, b->origin) == 0;
}

int url_below(const struct url *base, const struct url *url)
{
  size_t len = strlen(base->path);

  if (!url_same_origin(base, url))
    return -1;
  while (len > 0 && base->path[len - 1] == '/')
    len--;
  if (strncmp(base->path, url->path, len) != 0)
    return -1;

  return url->path[len] == '\0' || url->path[len] == '/' ? (int)len : -1;
}

enum code url_append(struct url **ret_url, const struct url *base,
                     const char *path, struct err *err)
{
  struct subject subject = {path, "path", E_USAGE};
  size_t len = strlen(base->path);
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_URL);
  const char *fault = url_path_fault(path, strcspn(path, "?#"));
  enum code code;

  if (fault != NULL)
    return refuse(&subject, E_USAGE, fault, err);

  while (len > 0 && base->path[len - 1] == '/')
    len--;
  buf_puts(&text, base->origin);
  buf_put(&text, base->path, len);
  if (path[0] != '/' && path[0] != '?' && path[0] != '\0')
    buf_putc(&text, '/');
  buf_puts(&text, path);
  code = buf_check(&text, err);
  if (code != E_OK)
    return code;

  return parse(ret_url, buf_text(&text), URL_STRICT_PATH, false, &subject, err);
}

enum code url_with_query(struct url **ret_url, const struct url *url,
                         const char *pairs, struct err *err)
{
  struct subject subject = {url->text, "URL", E_USAGE};
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_URL);
  enum code code;

  buf_puts(&text, url->text);
  if (pairs[0] != '\0')
    buf_printf(&text, "%c%s", url->query != NULL ? '&' : '?', pairs);
  code = buf_check(&text, err);
  if (code != E_OK)
    return code;

  return parse(ret_url, buf_text(&text), URL_PLAIN, false, &subject, err);
}

/* RFC 3986 §5.2.2, for a reference without a scheme; dot segments are left to
 * the parser. */
static void put_target(struct buf *out, const struct url *from,
                       const char *reference)
{
  const char *slash = strrchr(from->path, '/');
  size_t directory = slash != NULL ? (size_t)(slash - from->path) + 1 : 0;

  if (strncmp(reference, "//", 2) == 0) {
    buf_printf(out, "%s:%s", from->scheme, reference);
    return;
  }

  buf_puts(out, from->origin);
  if (reference[0] == '/') {
    buf_puts(out, reference);
  } else if (reference[0] == '?') {
    buf_printf(out, "%s%s", from->path, reference);
  } else if (reference[0] == '#' || reference[0] == '\0') {
    buf_puts(out, from->path);
    if (from->query != NULL)
      buf_printf(out, "?%s", from->query);
  } else {
    buf_put(out, from->path, directory);
    buf_puts(out, reference);
  }
}

enum code url_resolve(struct url **ret_url, const struct url *from,
                      const char *reference, struct err *err)
{
  struct subject subject = {reference, "the server's link", E_ANSWER};
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_URL);
  size_t colon = strcspn(reference, ":/?#");
  enum code code;

  if (reference[colon] == ':' && scheme_length(reference) == 0)
    return refuse(&subject, E_ANSWER,
                  "only https (and http to loopback) is spoken", err);

  if (scheme_length(reference) > 0)
    buf_puts(&text, reference);
  else
    put_target(&text, from, reference);
  code = buf_check(&text, err);
  if (code != E_OK)
    return code;

  return parse(ret_url, buf_text(&text), URL_FRAGMENT_OK, true, &subject, err);
}

/* --- life --------------------------------------------------------------- */

enum code url_copy(struct url **ret_url, const struct url *url, struct err *err)
{
  AUTO(url) copy = mem_zalloc(sizeof(*copy));

  if (copy == NULL)
    return err_nomem(err);
  copy->scheme = mem_str(url->scheme);
  copy->host = mem_str(url->host);
  copy->port = url->port;
  copy->path = mem_str(url->path);
  copy->query = mem_str(url->query);
  copy->text = mem_str(url->text);
  copy->origin = mem_str(url->origin);
  if (copy->scheme == NULL || copy->host == NULL || copy->path == NULL ||
      (copy->query == NULL && url->query != NULL) || copy->text == NULL ||
      copy->origin == NULL)
    return err_nomem(err);

  *ret_url = copy;
  copy = NULL;
  return E_OK;
}

void url_free(struct url *url)
{
  if (url == NULL)
    return;

  mem_free(url->scheme);
  mem_free(url->host);
  mem_free(url->path);
  mem_free(url->query);
  mem_free(url->text);
  mem_free(url->origin);
  mem_free(url);
}
