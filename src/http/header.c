#include "http/header.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

/* More than any server or user sends; a bound on what one may. */
#define HEADERS_MAX 1000

static bool is_token_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool header_name_valid(const char *name)
{
  const char *p = name;

  while (is_token_char(*p))
    p++;
  return p != name && *p == '\0';
}

static bool is_one_of(const char *name, const char *const *names)
{
  for (; *names != NULL; names++)
    if (strcasecmp(name, *names) == 0)
      return true;

  return false;
}

bool header_is_credential(const char *name)
{
  static const char *const names[] = {"Authorization", "Proxy-Authorization",
                                      "Cookie", NULL};

  return is_one_of(name, names);
}

/* Another value would make the server read the request's end elsewhere than
 * where it is. */
bool header_is_framing(const char *name)
{
  static const char *const names[] = {"Content-Length", "Transfer-Encoding",
                                      NULL};

  return is_one_of(name, names);
}

bool header_is_portable(const char *name)
{
  static const char *const names[] = {"Range", "User-Agent", "Accept", NULL};

  return is_one_of(name, names) || strncasecmp(name, "Accept-", 7) == 0;
}

void headers_init(struct headers *headers)
{
  *headers = (struct headers){0};
}

static void header_clear(struct header *header)
{
  mem_free(header->name);
  mem_free(header->value);
  secret_free(header->secret);
  *header = (struct header){0};
}

void headers_clear(struct headers *headers)
{
  for (size_t i = 0; i < headers->count; i++)
    header_clear(&headers->items[i]);
  mem_free(headers->items);
  headers_init(headers);
}

/* The reason why a value cannot be sent, or NULL (RFC 9110 §5.5). */
static const char *value_fault(const char *value, size_t len)
{
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)value[i];

    if ((c < 0x20 && c != '\t') || c == 0x7f)
      return c == '\r' || c == '\n' ? "its value has a line break"
                                    : "its value has a control character";
  }

  return NULL;
}

/* Room for one more at the end, with its name checked and set. */
static enum code grow(struct headers *headers, const char *name,
                      struct header **ret_header, struct err *err)
{
  struct header *items;

  if (!header_name_valid(name))
    return err_set(err, E_USAGE, "'%s' is not a header name", name);
  if (headers->count >= HEADERS_MAX)
    return err_set(err, E_USAGE, "more than %d headers", HEADERS_MAX);

  items = mem_realloc(headers->items, (headers->count + 1) * sizeof(*items));
  if (items == NULL)
    return err_nomem(err);
  headers->items = items;
  items += headers->count;
  *items = (struct header){.portable = header_is_portable(name)};
  items->name = mem_str(name);
  if (items->name == NULL)
    return err_nomem(err);

  *ret_header = items;
  return E_OK;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

enum code headers_add(struct headers *headers, const char *name,
                      const char *value, struct err *err)
{
  const char *fault = value_fault(value, strlen(value));
  struct header *header;
  size_t len;
  enum code code;

  if (fault != NULL)
    return err_set(err, E_USAGE, "header '%s': %s", name, fault);

  code = grow(headers, name, &header, err);
  if (code != E_OK)
    return code;
  while (is_blank(*value))
    value++;
  len = strlen(value);
  while (len > 0 && is_blank(value[len - 1]))
    len--;
  header->value = mem_copy(value, len);
  if (header->value == NULL) {
    header_clear(header);
    return err_nomem(err);
  }

  headers->count++;
  return E_OK;
}

enum code headers_set(struct headers *headers, const char *name,
                      const char *value, struct err *err)
{
  size_t before = headers->count;
  struct header added;
  enum code code = headers_add(headers, name, value, err);

  if (code != E_OK)
    return code;

  /* Only now that nothing can fail any more do the old ones go. */
  added = headers->items[before];
  headers->count = before;
  headers_remove(headers, name);
  headers->items[headers->count++] = added;
  return E_OK;
}

enum code headers_add_secret(struct headers *headers, const char *name,
                             const struct secret *value, struct err *err)
{
  const char *bytes = secret_reveal(value);
  size_t len = secret_len(value);
  const char *fault = value_fault(bytes, len);
  struct header *header;
  enum code code;

  /* libcurl would drop white space at the ends and turn "" into no header. */
  if (fault == NULL &&
      (len == 0 || is_blank(bytes[0]) || is_blank(bytes[len - 1])))
    fault = "its value is empty or begins or ends with a space";
  if (fault != NULL)
    return err_set(err, E_USAGE, "header '%s': %s (not shown: it is secret)",
                   name, fault);

  code = grow(headers, name, &header, err);
  if (code != E_OK)
    return code;
  code = secret_copy(&header->secret, value, err);
  if (code != E_OK) {
    header_clear(header);
    return code;
  }

  headers->count++;
  return E_OK;
}

void headers_remove(struct headers *headers, const char *name)
{
  size_t kept = 0;

  for (size_t i = 0; i < headers->count; i++) {
    if (strcasecmp(headers->items[i].name, name) == 0)
      header_clear(&headers->items[i]);
    else
      headers->items[kept++] = headers->items[i];
  }

  headers->count = kept;
}

const char *headers_get(const struct headers *headers, const char *name)
{
  for (size_t i = 0; i < headers->count; i++)
    if (strcasecmp(headers->items[i].name, name) == 0 &&
        headers->items[i].value != NULL)
      return headers->items[i].value;

  return NULL;
}

enum code headers_add_line(struct headers *headers, const char *line,
                           struct err *err)
{
  const char *colon = strchr(line, ':');
  AUTO_STR char *name = NULL;

  /* Without a colon the line may be anything, a token too: not shown. */
  if (colon == NULL) {
    err_set(err, E_USAGE, "a header without a colon (not shown)");
    err_hint(err, "write it as 'Name: value'");
    return E_USAGE;
  }

  name = mem_copy(line, (size_t)(colon - line));
  if (name == NULL)
    return err_nomem(err);
  if (header_is_framing(name))
    return err_set(err, E_USAGE,
                   "header '%s' is set by fob, from the body that it sends",
                   name);

  return headers_add(headers, name, colon + 1, err);
}
