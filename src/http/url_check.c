#include "http/url_check.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

/* 0 when text does not begin with an escape, else its byte plus 256. */
static unsigned escape_at(const char *text)
{
  unsigned value = 0;

  if (text[0] != '%' || !is_hex(text[1]) || !is_hex(text[2]))
    return 0;
  for (int i = 1; i <= 2; i++) {
    char c = text[i];
    unsigned digit =
        c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);

    value = value * 16 + digit;
  }

  return value + 256;
}

const char *url_path_fault(const char *path, size_t len)
{
  size_t segment = 0; /* length of the current one, unescaped */
  bool dots = true;   /* nothing but dots so far */
  const char *end = path + len;

  for (const char *p = path;; p++) {
    unsigned escape = p < end ? escape_at(p) : 0;
    char c =
        p < end ? (char)(escape != 0 ? escape & 0xff : (unsigned char)*p) : '/';

    if (c == '\\')
      return "a backslash is refused in a path";
    if (c == '/') {
      if (dots && (segment == 1 || segment == 2))
        return "\".\" and \"..\" are refused in a path, escaped or not";
      segment = 0;
      dots = true;
    } else {
      segment++;
      dots = dots && c == '.';
    }
    if (p >= end)
      break;
    if (escape != 0)
      p += 2;
    else if (*p == '/' && p + 1 < end && p[1] == '/')
      return "\"//\" is refused in a path";
  }

  return NULL;
}

bool url_put_escaped(struct buf *out, const char *text, bool strict)
{
  for (const char *p = text; *p != '\0'; p++) {
    unsigned char c = (unsigned char)*p;

    if (c == '%' && escape_at(p) == 0 && strict)
      return false;
    if (c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL)
      buf_printf(out, "%%%02X", c);
    else
      buf_putc(out, (char)c);
  }

  return true;
}

static bool is_name_label(const char *label, size_t len)
{
  if (len == 0 || len > 63)
    return false;
  for (size_t i = 0; i < len; i++) {
    char c = label[i];

    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
          c == '_'))
      return false;
  }

  return true;
}

/* Refuses what one program reads as a number and another as a name. */
static bool is_name(const char *host)
{
  const char *label = host;

  if (strlen(host) > 254)
    return false;
  for (;;) {
    size_t len = strcspn(label, ".");
    bool last = label[len] == '\0' || label[len + 1] == '\0';

    if (!is_name_label(label, len))
      return false;
    if (last)
      return strspn(label, "0123456789") != len &&
             !(label[0] == '0' && label[1] == 'x');
    label += len + 1;
  }
}

bool url_normalise_host(char *host, char address[URL_ADDRESS_SIZE])
{
  size_t len = strlen(host);
  struct in6_addr six;
  struct in_addr four;

  for (char *p = host; *p != '\0'; p++)
    if (*p >= 'A' && *p <= 'Z')
      *p = (char)(*p + ('a' - 'A'));

  if (host[0] == '[') {
    if (len < 4 || len > INET6_ADDRSTRLEN + 1 || host[len - 1] != ']')
      return false;
    host[len - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &six) != 1)
      return false;
    address[0] = '[';
    if (inet_ntop(AF_INET6, &six, address + 1, URL_ADDRESS_SIZE - 2) == NULL)
      return false;
    len = strlen(address);
    memcpy(address + len, "]", 2);
    return true;
  }

  address[0] = '\0';
  return inet_pton(AF_INET, host, &four) == 1 || is_name(host);
}

bool url_host_is_loopback(const char *host)
{
  size_t len = strlen(host);
  struct in_addr four;

  if (inet_pton(AF_INET, host, &four) == 1)
    return ntohl(four.s_addr) >> 24 == 127;
  if (strcmp(host, "[::1]") == 0 || strcmp(host, "localhost") == 0)
    return true;

  return len > strlen(".localhost") &&
         strcmp(host + len - strlen(".localhost"), ".localhost") == 0;
}
