#include "api/line.h"

#include "http/header.h"

#include <string.h>
#include <strings.h>

/* The method of the RFCs that word is in any case, in capitals; or NULL. */
static const char *known_method(const char *word)
{
  static const char *const methods[] = {"GET",    "HEAD",  "POST",    "PUT",
                                        "DELETE", "PATCH", "OPTIONS", "TRACE"};

  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    if (strcasecmp(word, methods[i]) == 0)
      return methods[i];
  }
  return NULL;
}

const char *line_method(const char *word)
{
  const char *known = known_method(word);

  return known != NULL ? known : word;
}

static bool in_capitals(const char *word)
{
  size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

  return len > 0 && word[len] == '\0' && word[0] != '-';
}

static bool leads(const char *const words[], size_t count)
{
  if (count == 0)
    return false;
  return in_capitals(words[0]) ||
         (known_method(words[0]) != NULL && count > 1 && !item_is(words[1]));
}

static enum code no_target(const char *method, struct err *err)
{
  enum code code =
      method != NULL
          ? err_set(err, E_USAGE,
                    "'%s' is the method; a PATH or URL is missing", method)
          : err_set(err, E_USAGE, "a PATH or URL is missing");

  if (method != NULL)
    err_hint(err, "a path in capitals: /%s", method);
  else
    err_hint(err, "fob request [METHOD] PATH|URL [ITEM...]");
  return code;
}

enum code line_parse(struct line *ret_line, const char *option,
                     const char *const words[], size_t count, struct err *err)
{
  AUTO_LINE struct line line = {.method = option};
  size_t at = 0;
  enum code code = E_OK;

  if (leads(words, count)) {
    if (option != NULL)
      return err_set(err, E_USAGE, "the method is given twice: -X %s and %s",
                     option, words[0]);
    line.method = words[at++];
  }
  if (line.method != NULL)
    line.method = line_method(line.method);
  if (line.method != NULL && !header_name_valid(line.method))
    return err_set(err, E_USAGE, "'%s' is no method", line.method);
  if (at == count || *words[at] == '\0')
    return no_target(at > 0 ? line.method : NULL, err);
  line.target = words[at++];
  for (; code == E_OK && at < count; at++)
    code = item_parse(&line.items, words[at], err);
  if (code != E_OK)
    return code;
  *ret_line = line;
  line = (struct line){0};
  return E_OK;
}

void line_clear(struct line *line)
{
  item_list_clear(&line->items);
  *line = (struct line){0};
}
