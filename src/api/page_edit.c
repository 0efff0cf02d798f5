/* Requests changed in one place, everything else byte for byte as it is. */
#include "api/page_part.h"

#include "api/quote.h"
#include "api/scan.h"
#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

/* --- queries and forms ------------------------------------------------------
 */

struct pair {
  const char *at; /* "name=value" */
  size_t len, name_len;
};

/* The next pair; false: none is left. */
static bool next_pair(const char **cursor, const char *end, struct pair *pair)
{
  const char *p = *cursor;
  const char *stop, *equals;

  if (p >= end)
    return false;
  stop = memchr(p, '&', (size_t)(end - p));
  if (stop == NULL)
    stop = end;
  equals = memchr(p, '=', (size_t)(stop - p));
  pair->at = p;
  pair->len = (size_t)(stop - p);
  pair->name_len = equals != NULL ? (size_t)(equals - p) : pair->len;
  *cursor = stop + 1;
  return true;
}

static bool name_is(const struct pair *pair, const char *name)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_URL);

  return codec_unpercent(&plain, pair->at, pair->name_len, true) &&
         plain.failed == E_OK && strcmp(buf_text(&plain), name) == 0 &&
         strlen(name) == plain.len;
}

static bool pair_value(struct buf *out, const struct pair *pair)
{
  size_t skip = pair->name_len + (pair->name_len < pair->len);

  return codec_unpercent(out, pair->at + skip, pair->len - skip, true);
}

bool page_query_get(struct buf *out, const char *query, const char *name)
{
  const char *at = query;
  struct pair pair;

  if (query == NULL)
    return false;
  while (next_pair(&at, query + strlen(query), &pair)) {
    if (name_is(&pair, name))
      return pair_value(out, &pair);
  }
  return false;
}

/* Puts the value where the first of that name stood, else behind all. */
static void set_pair(struct buf *out, const char *text, size_t len,
                     const char *name, const char *value)
{
  const char *at = text;
  size_t start = out->len;
  bool done = value == NULL;
  struct pair pair;

  while (next_pair(&at, text + len, &pair)) {
    if (!name_is(&pair, name)) {
      if (out->len > start)
        buf_putc(out, '&');
      buf_put(out, pair.at, pair.len);
      continue;
    }
    if (done)
      continue;
    if (out->len > start)
      buf_putc(out, '&');
    /* The name as it was spelt: "page[number]" is not always escaped. */
    buf_put(out, pair.at, pair.name_len);
    buf_putc(out, '=');
    codec_form(out, value, strlen(value));
    done = true;
  }
  if (done)
    return;
  if (out->len > start)
    buf_putc(out, '&');
  codec_form(out, name, strlen(name));
  buf_putc(out, '=');
  codec_form(out, value, strlen(value));
}

enum code page_query_set(struct url **ret_url, const struct url *url,
                         const char *name, const char *value, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_URL);
  size_t before;
  enum code code;

  buf_printf(&text, "%s%s?", url->origin, url->path);
  before = text.len;
  if (url->query != NULL)
    set_pair(&text, url->query, strlen(url->query), name, value);
  else
    set_pair(&text, "", 0, name, value);
  if (text.len == before && before > 0)
    buf_truncate(&text, before - 1);
  code = buf_check(&text, err);
  if (code == E_LOCAL)
    code = err->code = E_ANSWER;
  return code == E_OK ? url_parse(ret_url, buf_text(&text), URL_PLAIN, E_ANSWER,
                                  "the next page", err)
                      : code;
}

void page_form_set(struct buf *out, const char *text, size_t len,
                   const char *name, const char *value)
{
  set_pair(out, text, len, name, value);
}

static bool number_of(const struct pair *pair, uint64_t *ret_number)
{
  AUTO_BUF struct buf value = BUF_INIT(64);

  return pair_value(&value, pair) && value.failed == E_OK &&
         num_parse(buf_text(&value), UINT32_MAX, ret_number);
}

static enum code copy_name(char **ret_name, const struct pair *pair,
                           struct err *err)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_URL);

  IGNORE(codec_unpercent(&plain, pair->at, pair->name_len, true));
  return buf_detach(&plain, ret_name, NULL, err);
}

enum code page_query_differ(const struct url *a, const struct url *b,
                            bool *ret_one, char **ret_name, uint64_t *ret_a,
                            uint64_t *ret_b, struct err *err)
{
  const char *at_a = a->query, *at_b = b->query;
  struct pair one = {0}, other = {0}, found = {0};
  bool more_a, more_b;

  *ret_one = false;
  if (strcmp(a->origin, b->origin) != 0 || strcmp(a->path, b->path) != 0 ||
      at_a == NULL || at_b == NULL)
    return E_OK;
  for (;;) {
    more_a = next_pair(&at_a, a->query + strlen(a->query), &one);
    more_b = next_pair(&at_b, b->query + strlen(b->query), &other);
    if (!more_a || !more_b)
      break;
    if (one.len == other.len && memcmp(one.at, other.at, one.len) == 0)
      continue;
    if (found.at != NULL || one.name_len != other.name_len ||
        memcmp(one.at, other.at, one.name_len) != 0 ||
        !number_of(&one, ret_a) || !number_of(&other, ret_b))
      return E_OK;
    found = one;
  }
  if (more_a || more_b || found.at == NULL)
    return E_OK;
  *ret_one = true;
  return copy_name(ret_name, &found, err);
}

/* --- JSON ------------------------------------------------------------------
 */

/* Where a member's value stands in an object, and where another would go. */
struct member {
  bool found, is_object;
  const char *from, *to; /* the value */
  const char *end;       /* the closing brace */
  bool empty;
};

/* Follows one event of the scan; wanted: the last key at the top was `name`. */
struct search {
  const char *name;
  struct buf key;
  bool wanted;
};

static void see_key(struct search *search, const struct scan_piece *piece)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_BODY);

  if (piece->first)
    buf_truncate(&search->key, 0);
  buf_put(&search->key, piece->bytes, piece->len);
  if (!piece->last)
    return;
  quote_undo(&plain, buf_text(&search->key), search->key.len);
  search->wanted = plain.len == strlen(search->name) &&
                   memcmp(buf_text(&plain), search->name, plain.len) == 0;
}

/* Of several members of that name the last, which is the one that most
 * servers take. */
static enum code find_member(const char *text, size_t len, const char *name,
                             struct member *ret_member, struct err *err)
{
  struct search search = {.name = name, .key = BUF_INIT(BUF_BODY)};
  struct member member = {.empty = true};
  const char *at = text;
  struct scan_piece piece;
  enum scan_event event;
  struct scan scan;
  bool object = false;
  enum code code;

  scan_init(&scan);
  while ((event = scan_next(&scan, &at, text + len, &piece)) > SCAN_BAD) {
    if (event == SCAN_OPEN && scan.depth == 1)
      object = !scan_is_array(&scan, 1);
    if (event == SCAN_CLOSE && scan.depth == 0)
      member.end = piece.bytes;
    if (event == SCAN_KEY && scan.depth == 1) {
      member.empty = false;
      see_key(&search, &piece);
      continue;
    }
    if (!search.wanted || event == SCAN_COLON)
      continue;
    if (event == SCAN_OPEN && scan.depth == 2) {
      member.from = piece.bytes;
      member.is_object = !scan_is_array(&scan, 2);
    } else if (event >= SCAN_STRING && scan.depth == 1 && piece.first) {
      member.from = piece.bytes;
      member.is_object = false;
    }
    if ((event == SCAN_CLOSE || event >= SCAN_STRING) && scan.depth == 1 &&
        (event == SCAN_CLOSE || piece.last)) {
      member.to = at;
      member.found = true;
      search.wanted = false;
    }
  }
  code = buf_check(&search.key, err);
  buf_clear(&search.key);
  if (code != E_OK)
    return code;
  if (event == SCAN_BAD || !scan_may_end(&scan) || !object ||
      member.end == NULL)
    return err_set(
        err, E_USAGE,
        "the body is no JSON object, so that '%s' cannot be put into "
        "it for the next page",
        name);
  *ret_member = member;
  return E_OK;
}

static void put_member(struct buf *out, const char *name, const char *json)
{
  quote_json(out, name, strlen(name));
  buf_putc(out, ':');
  buf_puts(out, json);
}

enum code page_json_set(struct buf *out, const char *text, size_t len,
                        const char *name, const char *inner, const char *json,
                        struct err *err)
{
  struct member member = {0};
  const char *end = text + len;
  enum code code = find_member(text, len, name, &member, err);

  if (code != E_OK)
    return code;
  if (!member.found) {
    AUTO_BUF struct buf made = BUF_INIT(BUF_BODY);

    if (inner != NULL) {
      buf_putc(&made, '{');
      put_member(&made, inner, json);
      buf_putc(&made, '}');
    }
    buf_put(out, text, (size_t)(member.end - text));
    if (!member.empty)
      buf_putc(out, ',');
    put_member(out, name, inner != NULL ? buf_text(&made) : json);
    buf_put(out, member.end, (size_t)(end - member.end));
    return buf_check(&made, err);
  }
  buf_put(out, text, (size_t)(member.from - text));
  if (inner == NULL) {
    buf_puts(out, json);
  } else if (member.is_object) {
    code = page_json_set(out, member.from, (size_t)(member.to - member.from),
                         inner, NULL, json, err);
  } else {
    buf_putc(out, '{');
    put_member(out, inner, json);
    buf_putc(out, '}');
  }
  buf_put(out, member.to, (size_t)(end - member.to));
  return code;
}

bool page_json_get(struct buf *out, const char *text, size_t len,
                   const char *name)
{
  struct member member = {0};
  struct err ignored = ERR_INIT;

  if (find_member(text, len, name, &member, &ignored) != E_OK || !member.found)
    return false;
  if (*member.from == '"')
    quote_undo(out, member.from, (size_t)(member.to - member.from));
  else if (*member.from == '-' || (*member.from >= '0' && *member.from <= '9'))
    buf_put(out, member.from, (size_t)(member.to - member.from));
  else
    return false;
  return true;
}
