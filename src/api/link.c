#include "api/link.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

#define BLANK " \t"
#define TOKEN                                                                  \
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW" \
  "XYZ"

/* One link of a field. */
struct link {
  const char *target;
  size_t target_len;
  struct buf rel, anchor;
  bool with_rel, with_anchor;
};

static void link_clear(struct link *link)
{
  buf_clear(&link->rel);
  buf_clear(&link->anchor);
}
#define AUTO_LINK __attribute__((cleanup(link_clear)))

void link_pages_clear(struct link_pages *pages)
{
  mem_free(pages->next);
  mem_free(pages->last);
  *pages = (struct link_pages){0};
}

/* A token, or a quoted-string whose text is appended; servers also leave
 * quotes off where the grammar wants them, so whatever stands there up to the
 * next separator is taken. false at a string that does not end. */
static bool take_value(const char **cursor, struct buf *out)
{
  const char *p = *cursor;

  if (*p != '"') {
    size_t len = strcspn(p, BLANK ",;");

    buf_put(out, p, len);
    *cursor = p + len;
    return true;
  }
  for (p++; *p != '\0' && *p != '"'; p++) {
    if (*p == '\\' && p[1] != '\0')
      p++;
    buf_putc(out, *p);
  }
  if (*p == '\0')
    return false;
  *cursor = p + 1;
  return true;
}

static bool is_name(const char *name, size_t len, const char *want)
{
  return strlen(want) == len && strncasecmp(name, want, len) == 0;
}

/* "; name=value", "; name" or an empty ";". */
static bool take_parameter(const char **cursor, struct link *link)
{
  AUTO_BUF struct buf other = BUF_INIT(BUF_DOCUMENT);
  const char *name = *cursor;
  size_t len = strspn(name, TOKEN);
  const char *p = name + len + strspn(name + len, BLANK);
  struct buf *out = &other;

  *cursor = p;
  if (*p != '=')
    return true;
  p += 1 + strspn(p + 1, BLANK);
  if (is_name(name, len, "rel") && !link->with_rel) {
    out = &link->rel;
    link->with_rel = true;
  } else if (is_name(name, len, "anchor") && !link->with_anchor) {
    out = &link->anchor;
    link->with_anchor = true;
  }
  if (!take_value(&p, out))
    return false;
  *cursor = p;
  return true;
}

/* The next link of a field. false: none is left, or what comes is none. */
static bool take_link(const char **cursor, struct link *link)
{
  const char *p = *cursor + strspn(*cursor, BLANK ",");

  if (*p != '<')
    return false;
  link->target = p + 1;
  link->target_len = strcspn(p + 1, ">");
  p = link->target + link->target_len;
  if (*p != '>')
    return false;
  p += 1 + strspn(p + 1, BLANK);
  while (*p == ';') {
    p += 1 + strspn(p + 1, BLANK);
    if (!take_parameter(&p, link))
      return false;
    p += strspn(p, BLANK);
  }
  *cursor = p;
  return *p == ',' || *p == '\0';
}

static bool has_type(const char *list, const char *type)
{
  while (*(list += strspn(list, BLANK)) != '\0') {
    size_t len = strcspn(list, BLANK);

    if (is_name(list, len, type))
      return true;
    list += len;
  }
  return false;
}

/* §3.2: the link's context is the answer itself. A fragment of it is not. */
static bool is_ours(const struct link *link, const struct url *from)
{
  const char *anchor = buf_text(&link->anchor);
  struct err ignored = ERR_INIT;
  AUTO(url) context = NULL;

  if (!link->with_anchor || *anchor == '\0')
    return true;
  return strchr(anchor, '#') == NULL &&
         url_resolve(&context, from, anchor, &ignored) == E_OK &&
         strcmp(context->text, from->text) == 0;
}

static enum code keep(char **target, const struct link *link, struct err *err)
{
  if (*target != NULL)
    return E_OK;
  *target = mem_copy(link->target, link->target_len);
  return *target != NULL ? E_OK : err_nomem(err);
}

static enum code use(struct link_pages *pages, const struct link *link,
                     const struct url *from, struct err *err)
{
  const char *rel = buf_text(&link->rel);
  enum code code = buf_check(&link->rel, err);

  if (code == E_OK)
    code = buf_check(&link->anchor, err);
  if (code != E_OK || !is_ours(link, from))
    return code;
  pages->spoken = pages->spoken || has_type(rel, "first") ||
                  has_type(rel, "prev") || has_type(rel, "previous") ||
                  has_type(rel, "next") || has_type(rel, "last");
  if (has_type(rel, "next"))
    code = keep(&pages->next, link, err);
  if (code == E_OK && has_type(rel, "last"))
    code = keep(&pages->last, link, err);
  return code;
}

static enum code read_field(struct link_pages *pages, const char *field,
                            const struct url *from, struct err *err)
{
  enum code code = E_OK;

  for (bool more = true; more && code == E_OK;) {
    AUTO_LINK struct link link = {.rel = BUF_INIT(BUF_DOCUMENT),
                                  .anchor = BUF_INIT(BUF_DOCUMENT)};

    more = take_link(&field, &link);
    if (more)
      code = use(pages, &link, from, err);
  }
  return code;
}

enum code link_read(struct link_pages *ret_pages, const struct headers *headers,
                    const struct url *from, struct err *err)
{
  AUTO_LINK_PAGES struct link_pages pages = {0};
  enum code code = E_OK;

  for (size_t i = 0; headers != NULL && code == E_OK && i < headers->count;
       i++) {
    const struct header *header = &headers->items[i];

    if (header->value != NULL && strcasecmp(header->name, "Link") == 0)
      code = read_field(&pages, header->value, from, err);
  }
  if (code != E_OK)
    return code;
  *ret_pages = pages;
  pages = (struct link_pages){0};
  return E_OK;
}
