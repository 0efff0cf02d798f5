#include "http/redact.h"

#include "base/attr.h"

#include <string.h>
#include <strings.h>

static bool name_is(const char *name, size_t len, const char *text)
{
  return strlen(text) == len && strncasecmp(name, text, len) == 0;
}

static bool name_ends(const char *name, size_t len, const char *text)
{
  size_t tail = strlen(text);

  return len >= tail && strncasecmp(name + len - tail, text, tail) == 0;
}

static bool is_secret_name(const char *name, size_t len)
{
  static const char *const whole[] = {"code",   "sig",    "key", "pwd",
                                      "passwd", "ticket", "jwt", "session",
                                      "sid",    "auth"};
  static const char *const tails[] = {
      "token",         "secret",  "signature",   "password",
      "assertion",     "apikey",  "api_key",     "api-key",
      "authorization", "cookie",  "_code",       "_verifier",
      "-key",          "cookie2", "request_uri", "passphrase"};

  for (size_t i = 0; i < ARRAY_LEN(whole); i++)
    if (name_is(name, len, whole[i]))
      return true;
  for (size_t i = 0; i < ARRAY_LEN(tails); i++)
    if (name_ends(name, len, tails[i]))
      return true;

  return false;
}

/* link: a URL that a server sends. In one that a user writes, `state` is a
 * filter of GitHub's. */
static void put_url(struct buf *out, const char *url, bool link)
{
  const char *p = url + strcspn(url, "?#");

  buf_put(out, url, (size_t)(p - url));
  while (*p != '\0') {
    const char *name = p + 1;
    size_t pair = strcspn(name, "?#&;");
    const char *equals = memchr(name, '=', pair);
    size_t len = equals != NULL ? (size_t)(equals - name) : 0;

    buf_putc(out, *p);
    if (is_secret_name(name, len) ||
        (link &&
         (name_is(name, len, "state") || name_is(name, len, "response")))) {
      buf_put(out, name, len + 1);
      buf_puts(out, "[hidden]");
    } else {
      buf_put(out, name, pair);
    }
    p = name + pair;
  }
}

void redact_url(struct buf *out, const char *url)
{
  put_url(out, url, false);
}

const char *redact_shown(struct buf *out, const char *url)
{
  buf_truncate(out, 0);
  redact_url(out, url);
  return buf_text(out);
}

static void put_hidden(struct buf *out, size_t len)
{
  buf_printf(out, "[hidden, %zu bytes]", len);
}

void redact_header(struct buf *out, const char *name, const char *value)
{
  static const char *const links[] = {"Location", "Content-Location", "Refresh",
                                      "Link", "Referer"};

  if (is_secret_name(name, strlen(name))) {
    redact_secret(out, name, value, strlen(value));
    return;
  }
  for (size_t i = 0; i < ARRAY_LEN(links); i++)
    if (strcasecmp(name, links[i]) == 0) {
      put_url(out, value, true);
      return;
    }

  buf_puts(out, value);
}

void redact_secret(struct buf *out, const char *name, const char *value,
                   size_t len)
{
  static const char *const schemes[] = {
      "Basic", "Bearer", "DPoP", "Digest", "Negotiate", "Token", "ApiKey"};

  for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
    size_t scheme = strlen(schemes[i]);

    if (name_ends(name, strlen(name), "authorization") && len > scheme + 1 &&
        strncasecmp(value, schemes[i], scheme) == 0 && value[scheme] == ' ') {
      buf_put(out, value, scheme + 1);
      put_hidden(out, len - scheme - 1);
      return;
    }
  }

  put_hidden(out, len);
}
