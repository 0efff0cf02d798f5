/* WWW-Authenticate is a list of challenges, each a scheme with a list of
 * parameters, and both lists are separated by commas (RFC 9110 §11.6.1): only
 * the "=" behind a token tells a parameter from the next scheme. */
#include "http/header.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

#define TOKEN                                                                  \
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW" \
  "XYZ"
#define TOKEN68                                                                \
  "-._~+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BLANK " \t"

struct word {
  const char *at;
  size_t len;
};

static bool word_is(struct word word, const char *text)
{
  return strlen(text) == word.len && strncasecmp(word.at, text, word.len) == 0;
}

static struct word take(const char **cursor, const char *accepted)
{
  struct word word = {*cursor, strspn(*cursor, accepted)};

  *cursor += word.len;
  return word;
}

/* Reads a token or quoted-string; appends it, unquoted, when out is given.
 * false at a string that does not end. */
static bool take_value(const char **cursor, struct buf *out)
{
  struct word word;

  if (**cursor != '"') {
    word = take(cursor, TOKEN);
    if (out != NULL)
      buf_put(out, word.at, word.len);
    return word.len > 0;
  }

  for (const char *p = *cursor + 1; *p != '\0'; p++) {
    if (*p == '"') {
      *cursor = p + 1;
      return true;
    }
    if (*p == '\\' && p[1] != '\0')
      p++;
    if (out != NULL)
      buf_putc(out, *p);
  }

  return false;
}

/* The token68 that Basic's and Negotiate's relatives have instead of
 * parameters. */
static void skip_token68(const char **cursor)
{
  const char *p = *cursor;

  if (take(&p, TOKEN68).len == 0)
    return;
  take(&p, "=");
  take(&p, BLANK);
  if (*p == ',' || *p == '\0')
    *cursor = p;
}

/* Looks through one field. true: found, and its value is in out. */
static bool find(const char *field, const char *scheme, const char *parameter,
                 struct buf *out)
{
  const char *p = field;
  bool within = false; /* a challenge of that scheme */

  for (;;) {
    struct word word;

    take(&p, BLANK ",");
    word = take(&p, TOKEN);
    if (word.len == 0)
      return false;

    if (*p == ' ' || *p == '\t' || *p == ',' || *p == '\0') {
      const char *after = p + strspn(p, BLANK);

      if (*after != '=') {
        within = word_is(word, scheme);
        if (within && parameter == NULL)
          return true;
        p = after;
        skip_token68(&p);
        continue;
      }
      p = after;
    }
    if (*p != '=')
      return false;

    p++;
    take(&p, BLANK);
    if (within && parameter != NULL && word_is(word, parameter))
      return take_value(&p, out);
    if (!take_value(&p, NULL))
      return false;
    take(&p, BLANK);
    if (*p != ',' && *p != '\0')
      return false;
  }
}

enum code header_challenge(char **ret_value, const struct headers *headers,
                           const char *scheme, const char *parameter,
                           struct err *err)
{
  for (size_t i = 0; i < headers->count; i++) {
    const struct header *header = &headers->items[i];
    AUTO_BUF struct buf value = BUF_INIT(BUF_DOCUMENT);

    if (header->value == NULL ||
        strcasecmp(header->name, "WWW-Authenticate") != 0 ||
        !find(header->value, scheme, parameter, &value))
      continue;
    return buf_detach(&value, ret_value, NULL, err);
  }

  *ret_value = NULL;
  return E_OK;
}
