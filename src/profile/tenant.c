#include "profile/tenant.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static bool is_alnum(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

bool tenant_valid(const char *text)
{
  size_t label = 0;

  if (strlen(text) > 253)
    return false;
  for (const char *c = text; *c != '\0'; c++) {
    bool last = c[1] == '.' || c[1] == '\0';
    if (*c == '.' ? label == 0 : !is_alnum(*c) && *c != '-')
      return false;
    if (*c == '-' && (label == 0 || last))
      return false;
    label = *c == '.' ? 0 : label + 1;
    if (label > 63)
      return false;
  }
  return label > 0;
}

/* --- one text ------------------------------------------------------------- */

static const char open_mark[] = "{tenant";

/* The next mark in text: where it begins, its default (NULL: none; len), and
 * what comes behind. */
struct mark {
  const char *begin, *fallback, *behind;
  size_t fallback_len;
};

static bool find_mark(const char *text, struct mark *ret_mark)
{
  for (const char *at = text; (at = strstr(at, open_mark)) != NULL; at++) {
    const char *rest = at + sizeof(open_mark) - 1;
    const char *end = strchr(rest, '}');
    if (end == NULL || (rest != end && *rest != ':'))
      continue; /* {tenantid} is the issuer's own, and stays */
    *ret_mark = (struct mark){.begin = at, .behind = end + 1};
    if (*rest == ':') {
      ret_mark->fallback = rest + 1;
      ret_mark->fallback_len = (size_t)(end - rest - 1);
    }
    return true;
  }
  return false;
}

/* Is there a mark, or one without a default? */
static bool has_mark(const char *text, bool wanted)
{
  struct mark mark;

  for (; find_mark(text, &mark); text = mark.behind) {
    if (!wanted || mark.fallback == NULL)
      return true;
  }
  return false;
}

/* tenant NULL: the defaults, which are there. */
static json_t *fill_text(const char *text, const char *tenant)
{
  AUTO_BUF struct buf filled = BUF_INIT(BUF_PROFILE);
  struct mark mark;

  for (; find_mark(text, &mark); text = mark.behind) {
    buf_put(&filled, text, (size_t)(mark.begin - text));
    for (const char *c = tenant; c != NULL && *c != '\0'; c++)
      buf_putc(&filled, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    if (tenant == NULL)
      buf_put(&filled, mark.fallback, mark.fallback_len);
  }
  buf_puts(&filled, text);
  return filled.failed == E_OK ? json_string(buf_text(&filled)) : NULL;
}

/* "x-source" and the like: nobody's but the reader's. */
static bool is_note(const char *name)
{
  return strncmp(name, "x-", 2) == 0;
}

/* --- values --------------------------------------------------------------- */

/* A text with a mark, or a list that has one. */
static bool holds(const json_t *value, bool wanted)
{
  size_t i;
  json_t *item;

  if (json_is_string(value))
    return has_mark(json_string_value(value), wanted);
  json_array_foreach(value, i, item)
  {
    if (json_is_string(item) && has_mark(json_string_value(item), wanted))
      return true;
  }
  return false;
}

/* A new value: the text, or the whole list. */
static json_t *fill_value(const json_t *value, const char *tenant)
{
  AUTO_JSON json_t *list = NULL;
  size_t i;
  json_t *item;

  if (json_is_string(value))
    return fill_text(json_string_value(value), tenant);
  list = json_array();
  json_array_foreach(value, i, item)
  {
    json_t *filled = json_is_string(item)
                         ? fill_text(json_string_value(item), tenant)
                         : json_incref(item);
    if (list == NULL || json_array_append_new(list, filled) != 0)
      return NULL;
  }
  return json_incref(list);
}

enum code tenant_defaults(json_t *preset, struct err *err)
{
  const char *name;
  json_t *value;
  void *next;

  json_object_foreach_safe(preset, next, name, value)
  {
    enum code code = E_OK;
    if (is_note(name))
      continue;
    if (json_is_object(value))
      code = tenant_defaults(value, err);
    else if (holds(value, /* wanted= */ true))
      (void)json_object_del(preset, name);
    else if (holds(value, /* wanted= */ false) &&
             json_object_set_new(preset, name, fill_value(value, NULL)) != 0)
      return err_nomem(err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

static enum code fill_object(json_t *members, const char *path,
                             const json_t *object, const char *tenant,
                             struct err *err)
{
  const char *name;
  json_t *value;
  enum code code = E_OK;

  json_object_foreach((json_t *)object, name, value)
  {
    if (is_note(name))
      continue;
    AUTO_STR char *member =
        mem_printf("%s%s%s", path, *path != '\0' ? "." : "", name);
    if (member == NULL)
      return err_nomem(err);
    if (json_is_object(value))
      code = fill_object(members, member, value, tenant, err);
    else if (holds(value, /* wanted= */ false) &&
             json_object_set_new(members, member, fill_value(value, tenant)) !=
                 0)
      return err_nomem(err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

enum code tenant_fill(const json_t *preset, const char *tenant,
                      json_t **ret_members, struct err *err)
{
  AUTO_JSON json_t *members = json_object();

  if (members == NULL)
    return err_nomem(err);
  enum code code = fill_object(members, "", preset, tenant, err);
  if (code != E_OK)
    return code;
  *ret_members = json_incref(members);
  return E_OK;
}

/* The first text for which is says so, in the schema's members alone. */
static const char *find_text(const json_t *value, bool (*is)(const char *text))
{
  const char *found = NULL;
  const char *name;
  json_t *member;
  size_t i;

  if (json_is_string(value) && is(json_string_value(value)))
    return json_string_value(value);
  json_object_foreach((json_t *)value, name, member)
  {
    if (found == NULL && !is_note(name))
      found = find_text(member, is);
  }
  json_array_foreach(value, i, member)
  {
    if (found == NULL)
      found = find_text(member, is);
  }
  return found;
}

static bool is_wanted(const char *text)
{
  return has_mark(text, /* wanted= */ true);
}

static bool is_host(const char *text)
{
  const char *host = strstr(text, "://");
  struct mark mark;

  return host != NULL && find_mark(text, &mark) && mark.begin == host + 3 &&
         strchr("/:", *mark.behind) != NULL; /* or the end */
}

const char *tenant_wanted(const json_t *preset)
{
  return find_text(preset, is_wanted);
}

bool tenant_is_host(const json_t *preset)
{
  return find_text(preset, is_host) != NULL;
}
