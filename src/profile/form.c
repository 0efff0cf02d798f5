#include "profile/form.h"

#include "base/attr.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/num.h"
#include "profile/name.h"

#include <string.h>
#include <strings.h>

enum { URL_PATH_STRICT = 1, URL_QUERY = 2 };

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool all_of(const char *text, const char *more)
{
  for (; *text; text++)
    if (!is_alnum(*text) && !strchr(more, *text))
      return false;
  return true;
}

int form_word(const char *words, const char *text)
{
  size_t len = strlen(text);
  int index = 0;

  for (const char *word = words; word; index++) {
    const char *end = strchr(word, '|');
    size_t word_len = end ? (size_t)(end - word) : strlen(word);
    if (word_len == len && memcmp(word, text, len) == 0)
      return index;
    word = end ? end + 1 : NULL;
  }
  return -1;
}

/* --- URLs ---------------------------------------------------------------- */

static bool is_loopback_address(const char *host)
{
  unsigned part = 0, parts = 0, digits = 0;

  if (strncmp(host, "127.", 4) != 0)
    return false;
  for (const char *c = host;; c++) {
    if (is_digit(*c)) {
      part = part * 10 + (unsigned)(*c - '0');
      if (++digits > 3 || part > 255)
        return false;
    } else if ((*c == '.' || !*c) && digits > 0) {
      parts++;
      if (!*c)
        return parts == 4;
      part = digits = 0;
    } else {
      return false;
    }
  }
}

bool form_is_loopback(const char *host)
{
  static const char name[] = "localhost";
  size_t len = strlen(host), name_len = sizeof(name) - 1;

  if (strcmp(host, "[::1]") == 0 || is_loopback_address(host))
    return true;
  if (len < name_len || strcasecmp(host + len - name_len, name) != 0)
    return false;
  return len == name_len || (len > name_len + 1 && host[0] != '.' &&
                             host[len - name_len - 1] == '.');
}

static bool port_is_valid(const char *text, size_t len)
{
  unsigned port = 0;

  if (len == 0 || len > 5)
    return false;
  for (size_t i = 0; i < len; i++) {
    if (!is_digit(text[i]))
      return false;
    port = port * 10 + (unsigned)(text[i] - '0');
  }
  return port >= 1 && port <= 65535;
}

/* The part between "//" and the path: host, or host:port. */
static const char *check_authority(const char *text, size_t len, bool plain)
{
  char host[256];
  const char *colon = NULL;

  if (memchr(text, '@', len))
    return "must be a URL without a user name or password";
  if (len > 0 && text[0] == '[') {
    const char *close = memchr(text, ']', len);
    if (!close)
      return "must be a URL whose [address] is closed";
    if (close + 1 < text + len) {
      colon = close + 1;
      if (*colon != ':')
        return "must be a URL with a valid port";
    }
  } else {
    colon = memchr(text, ':', len);
  }
  size_t host_len = colon ? (size_t)(colon - text) : len;
  if (colon && !port_is_valid(colon + 1, len - host_len - 1))
    return "must be a URL with a valid port";
  if (host_len == 0 || memchr(text, '%', host_len))
    return "must be a URL that names a host";
  if (host_len >= sizeof(host))
    return "must be a URL with a host of at most 255 bytes";
  memcpy(host, text, host_len);
  host[host_len] = '\0';
  if (plain && !form_is_loopback(host))
    return "must be an https URL (plain http goes to loopback alone)";
  return NULL;
}

/* The length of a dot at text, as it is or encoded; 0 when there is none. */
static size_t dot_len(const char *text)
{
  if (*text == '.')
    return 1;
  return strncasecmp(text, "%2e", 3) == 0 ? 3 : 0;
}

/* path begins behind the authority and ends at '?', '#' or the end. */
static const char *check_segments(const char *path)
{
  for (const char *c = path; *c && !strchr("?#", *c); c++) {
    if (strncasecmp(c, "%5c", 3) == 0)
      return "must not have a backslash in its path";
    if (*c != '/')
      continue;
    if (c[1] == '/')
      return "must not have \"//\" in its path";
    const char *segment = c + 1;
    size_t dots = 0, step;
    while (dots < 2 && (step = dot_len(segment)) > 0) {
      segment += step;
      dots++;
    }
    if (dots > 0 && (!*segment || strchr("/?#", *segment)))
      return "must not have \".\" or \"..\" as a part of its path";
  }
  return NULL;
}

static const char *check_characters(const char *text)
{
  for (const char *c = text; *c; c++)
    if ((unsigned char)*c <= 0x20 || *c == 0x7f || *c == '\\')
      return "must be a URL without blanks, backslashes or control characters";
  return NULL;
}

static const char *check_url(const char *text, unsigned flags)
{
  const char *reason = check_characters(text);
  bool plain = strncasecmp(text, "http://", 7) == 0;

  if (reason)
    return reason;
  if (!plain && strncasecmp(text, "https://", 8) != 0)
    return "must be an https URL";

  const char *authority = text + (plain ? 7 : 8);
  size_t len = strcspn(authority, "/?#");
  reason = check_authority(authority, len, plain);
  if (reason)
    return reason;
  if (strchr(authority + len, '#'))
    return "must be a URL without a fragment";
  if (!(flags & URL_QUERY) && strchr(authority + len, '?'))
    return "must be a URL without a query";
  return flags & URL_PATH_STRICT ? check_segments(authority + len) : NULL;
}

static const char *check_proxy(const char *text)
{
  static const char *const schemes[] = {"http://", "https://", "socks5://",
                                        "socks5h://"};
  const char *reason = check_characters(text);

  if (!*text) /* none, whatever the environment says */
    return NULL;
  if (reason)
    return reason;
  for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
    size_t scheme_len = strlen(schemes[i]);
    if (strncasecmp(text, schemes[i], scheme_len) != 0)
      continue;
    const char *authority = text + scheme_len;
    size_t len = strcspn(authority, "/?#");
    if (authority[len] && strcmp(authority + len, "/") != 0)
      return "must be a proxy's URL without a path";
    return check_authority(authority, len, /* plain= */ false);
  }
  return "must be an http, https, socks5 or socks5h URL, or \"\" for no proxy";
}

static const char *check_uri(const char *text)
{
  const char *colon = strchr(text, ':');

  if (check_characters(text))
    return "must be a URI without blanks or control characters";
  if (!colon || colon == text || !colon[1] || is_digit(text[0]))
    return "must be an absolute URI";
  for (const char *c = text; c < colon; c++)
    if (!is_alnum(*c) && !strchr("+-.", *c))
      return "must be an absolute URI";
  return strchr(text, '#') ? "must be a URI without a fragment" : NULL;
}

static const char *check_api_path(const char *text)
{
  const char *scheme = strstr(text, "://");

  if (check_characters(text))
    return "must be a path without blanks, backslashes or control characters";
  if (!*text || (scheme && scheme < text + strcspn(text, "/?")))
    return "must be a path below the API's base, like \"/user\"";
  if (strncmp(text, "//", 2) == 0)
    return "must not begin with \"//\"";
  if (strchr(text, '#'))
    return "must be a path without a fragment";
  const char *reason = check_segments(text);
  if (reason)
    return reason;
  size_t dots = dot_len(text); /* a first segment without a slash before it */
  if (dots > 0)
    dots += dot_len(text + dots);
  if (dots > 0 && (!text[dots] || strchr("/?", text[dots])))
    return "must not have \".\" or \"..\" as a part of its path";
  return NULL;
}

/* --- other texts --------------------------------------------------------- */

static const char *check_header(const char *text)
{
  if (!*text || !all_of(text, "!#$%&'*+-.^_`|~"))
    return "must be a header's name";
  return NULL;
}

static const char *check_token_format(const char *text)
{
  static const char mark[] = "{token}";
  const char *first = strstr(text, mark);

  if (!codec_is_line(text))
    return "must not have control characters";
  if (!first || strstr(first + sizeof(mark) - 1, mark))
    return "must have {token} in it once";
  return NULL;
}

static const char *check_scope(const char *text)
{
  for (const char *c = text; *c; c++)
    if (*c < 0x21 || *c > 0x7e || *c == '"' || *c == '\\')
      return "must be scopes, one a word (RFC 6749, section 3.3)";
  return NULL;
}

static const char *check_host(const char *text)
{
  bool start = true;

  if (strlen(text) > 253)
    return "must be a domain";
  for (const char *c = text; *c; c++) {
    if (*c == '.' ? start : !is_alnum(*c) && *c != '-')
      return "must be a domain, like \"my.example.com\"";
    start = *c == '.';
  }
  if (start || !strchr(text, '.'))
    return "must be a domain, like \"my.example.com\"";
  return NULL;
}

static const char *check_rate(const char *text)
{
  size_t digits = strspn(text, "0123456789");

  if (digits == 0 || digits > 9 || text[0] == '0' || text[digits] != '/' ||
      !text[digits + 1] || !strchr("smh", text[digits + 1]) || text[digits + 2])
    return "must be a rate, like \"10/s\", \"100/m\" or \"5000/h\"";
  return NULL;
}

static const char *check_store(const char *text)
{
  static const char prefix[] = "external:";

  if (strncmp(text, prefix, sizeof(prefix) - 1) == 0 &&
      profile_name_valid(text + sizeof(prefix) - 1))
    return NULL;
  return "must be \"keyring\", \"file\" or \"external:NAME\"";
}

static const char *check_separator(const char *text)
{
  return codec_is_line(text) && strlen(text) <= 8
             ? NULL
             : "must be 1 to 8 characters, none of them a control character";
}

static const char *check_text(enum form form, const char *text)
{
  switch (form) {
  case FORM_NAME:
    return profile_name_valid(text)
               ? NULL
               : "must be a name: 1 to 64 of letters, digits and \"._-\", "
                 "beginning with a letter or digit";
  case FORM_URL_OR_PATH:
    return text[0] == '/' ? NULL : check_url(text, URL_QUERY);
  case FORM_PATH:
    return text[0] == '/' ? NULL : "must be an absolute file name";
  case FORM_API_PATH:
    return check_api_path(text);
  case FORM_POINTER:
    return json_pointer_valid(text)
               ? NULL
               : "must be a JSON pointer, like \"/a/b\" (RFC 6901)";
  case FORM_HEADER:
    return check_header(text);
  case FORM_PARAMETER:
    return all_of(text, "._-~:[]") ? NULL : "must be a parameter's name";
  case FORM_TOKEN_FORMAT:
    return check_token_format(text);
  case FORM_USER:
    return strchr(text, ':') ? "must not have a colon" : NULL;
  case FORM_SCOPE:
    return check_scope(text);
  case FORM_HOST:
    return check_host(text);
  case FORM_RATE:
    return check_rate(text);
  case FORM_STORE:
    return check_store(text);
  case FORM_SEPARATOR:
    return check_separator(text);
  default:
    return NULL;
  }
}

static bool may_be_empty(enum form form)
{
  return form == FORM_TEXT || form == FORM_POINTER || form == FORM_PROXY ||
         form == FORM_USER;
}

const char *form_check(enum form form, const char *text)
{
  if (!*text && !may_be_empty(form))
    return "must not be empty";
  switch (form) {
  case FORM_BASE:
    return check_url(text, URL_PATH_STRICT);
  case FORM_ISSUER:
    return check_url(text, 0);
  case FORM_URL:
  case FORM_REDIRECT:
    return check_url(text, URL_QUERY);
  case FORM_URI:
    return check_uri(text);
  case FORM_PROXY:
    return check_proxy(text);
  default:
    break;
  }
  if (!codec_is_line(text))
    return "must not have control characters";
  return check_text(form, text);
}
