#include "api/fresh.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"
#include "http/redact.h"

#include <string.h>
#include <strings.h>

enum {
  NAMES_MAX = 32,         /* that an answer may vary by */
  SECONDS_MAX = INT32_MAX /* §1.2.2: more is taken for that */
};

/* --- lists of words (RFC 9110 §5.6.1) --------------------------------------
 */

/* One element: name, or name=value; a quoted value without its quotes, escapes
 * left as they are. */
struct element {
  const char *name, *value; /* value NULL: none */
  size_t name_len, value_len;
};

static const char *skip(const char *at, const char *set)
{
  return at + strspn(at, set);
}

static const char *quoted_end(const char *at)
{
  while (*at != '\0' && *at != '"')
    at += *at == '\\' && at[1] != '\0' ? 2 : 1;
  return at;
}

/* The next element of a field's value; *at moves behind it. false: no more. */
static bool next_element(const char **at, struct element *ret)
{
  const char *p = skip(*at, " \t,");

  *ret = (struct element){.name = p, .name_len = strcspn(p, " \t,=")};
  if (*p == '\0')
    return false;
  p = skip(p + ret->name_len, " \t");
  if (*p == '=') {
    p = skip(p + 1, " \t");
    bool quoted = *p == '"';
    const char *end = quoted ? quoted_end(p + 1) : p + strcspn(p, " \t,");

    ret->value = p + quoted;
    ret->value_len = (size_t)(end - ret->value);
    p = end + (quoted && *end == '"');
  }
  *at = p + strcspn(p, ",");
  return true;
}

static bool is_named(const struct element *element, const char *name)
{
  return strlen(name) == element->name_len &&
         strncasecmp(element->name, name, element->name_len) == 0;
}

/* Calls visit for each element of all fields of that name; false from it ends
 * the search, and is returned. */
static bool each_element(const struct headers *headers, const char *name,
                         bool (*visit)(void *user, const struct element *),
                         void *user)
{
  for (size_t i = 0; i < headers->count; i++) {
    const char *at = headers->items[i].value;
    struct element element;

    if (at == NULL || strcasecmp(headers->items[i].name, name) != 0)
      continue;
    while (next_element(&at, &element)) {
      if (!visit(user, &element))
        return false;
    }
  }
  return true;
}

static bool has_field(const struct headers *headers, const char *name)
{
  for (size_t i = 0; i < headers->count; i++) {
    if (strcasecmp(headers->items[i].name, name) == 0)
      return true;
  }
  return false;
}

/* --- Cache-Control ---------------------------------------------------------
 */

/* §1.2.2, §4.2.1: too large is large, malformed is stale. */
static int64_t seconds_of(const char *text, size_t len)
{
  int64_t seconds = 0;

  if (text == NULL || len == 0)
    return 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return 0;
    seconds = seconds * 10 + (text[i] - '0');
    if (seconds > SECONDS_MAX)
      seconds = SECONDS_MAX;
  }
  return seconds;
}

static bool read_directive(void *user, const struct element *element)
{
  struct fresh_control *control = user;
  int64_t age;

  if (is_named(element, "no-store"))
    control->no_store = true;
  if (is_named(element, "no-cache"))
    control->no_cache = true;
  if (!is_named(element, "max-age"))
    return true;
  age = seconds_of(element->value, element->value_len);
  if (control->max_age < 0 || age < control->max_age)
    control->max_age = age;
  return true;
}

void fresh_control_read(struct fresh_control *ret_control,
                        const struct headers *headers)
{
  bool stated = has_field(headers, "Cache-Control");

  *ret_control = (struct fresh_control){.max_age = -1};
  (void)each_element(headers, stated ? "Cache-Control" : "Pragma",
                     read_directive, ret_control);
  if (!stated) { /* Pragma has this one directive (§5.4) */
    ret_control->no_store = false;
    ret_control->max_age = -1;
  }
}

int64_t fresh_limit(const struct headers *request, int64_t ttl)
{
  struct fresh_control control;

  fresh_control_read(&control, request);
  if (control.no_cache)
    return 0;
  return control.max_age >= 0 && control.max_age < ttl ? control.max_age : ttl;
}

/* --- what may be kept ------------------------------------------------------
 */

/* By its name; what it says would stand in a file. */
static bool looks_secret(const struct header *header)
{
  AUTO_BUF struct buf shown = BUF_INIT(BUF_DOCUMENT);

  redact_header(&shown, header->name, header->value);
  return strcmp(buf_text(&shown), header->value) != 0;
}

const char *fresh_bars_request(const char *method,
                               const struct headers *request)
{
  static const char *const conditions[] = {
      "Range",         "If-Range",          "If-None-Match",
      "If-Match",      "If-Modified-Since", "If-Unmodified-Since",
      "Last-Event-ID",
  };
  struct fresh_control control;

  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
    return "only what GET and HEAD ask for is kept";
  for (size_t i = 0; i < request->count; i++) {
    const struct header *header = &request->items[i];

    if (header->secret != NULL || looks_secret(header))
      return "it carries a secret of its own";
  }
  for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
    if (has_field(request, conditions[i]))
      return "it has a condition or a range of its own";
  }
  fresh_control_read(&control, request);
  return control.no_store ? "the request says no-store" : NULL;
}

static bool is_not_star(void *user, const struct element *element)
{
  size_t *count = user;
  AUTO_STR char *name = mem_copy(element->name, element->name_len);

  return ++*count <= NAMES_MAX && element->value == NULL && name != NULL &&
         strcmp(name, "*") != 0 && header_name_valid(name);
}

const char *fresh_bars_answer(int status, const struct headers *answer)
{
  const char *type = headers_get(answer, "Content-Type");
  struct fresh_control control;
  size_t count = 0;

  if (status != 200 && status != 203 && status != 204)
    return "of that status nothing is kept";
  fresh_control_read(&control, answer);
  if (control.no_store)
    return "the answer says no-store";
  if (type != NULL && strncasecmp(type, "text/event-stream", 17) == 0)
    return "it is a stream";
  if (has_field(answer, "Content-Range"))
    return "it is a part";
  if (!each_element(answer, "Vary", is_not_star, &count))
    return "it varies by more than the request says";
  return NULL;
}

struct naming {
  const char *name;
};

static bool is_another(void *user, const struct element *element)
{
  const struct naming *naming = user;

  return !is_named(element, naming->name);
}

/* §3.1, and Set-Cookie. answer's Connection names more. */
static bool is_kept_field(const char *name, const struct headers *answer)
{
  static const char *const left_out[] = {
      "Connection",
      "Keep-Alive",
      "Proxy-Connection",
      "TE",
      "Transfer-Encoding",
      "Upgrade",
      "Proxy-Authenticate",
      "Proxy-Authorization",
      "Proxy-Authentication-Info",
      "WWW-Authenticate",
      "Authentication-Info",
      "Set-Cookie",
      "Set-Cookie2",
      "DPoP-Nonce",
  };
  struct naming naming = {.name = name};

  for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
    if (strcasecmp(name, left_out[i]) == 0)
      return false;
  }
  return each_element(answer, "Connection", is_another, &naming);
}

enum code fresh_keep(struct headers *ret_kept, const struct headers *answer,
                     struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < answer->count; i++) {
    const struct header *header = &answer->items[i];

    if (header->value != NULL && is_kept_field(header->name, answer))
      code = headers_add(ret_kept, header->name, header->value, err);
  }
  return code;
}

/* --- Vary ------------------------------------------------------------------
 */

/* Appends "=" and all fields of that name as one list, or nothing. A secret
 * never gets here: such a request is not kept (fresh_bars_request). */
static void put_selected(struct buf *out, const struct headers *request,
                         const char *name)
{
  for (size_t i = 0; i < request->count; i++) {
    const struct header *header = &request->items[i];

    if (header->value == NULL || strcasecmp(header->name, name) != 0)
      continue;
    buf_puts(out, out->len == 0 ? "=" : ", ");
    buf_puts(out, header->value);
  }
}

/* Fields that tell nothing of what is asked for, unless Vary names them. */
static bool is_sent_for_all(const char *name)
{
  static const char *const names[] = {
      "Cache-Control", "Pragma",     "User-Agent",          "Date",
      "X-Request-Id",  "Request-Id", "X-Correlation-Id",    "Correlation-Id",
      "traceparent",   "tracestate", "X-Client-Request-Id",
  };

  for (size_t i = 0; i < ARRAY_LEN(names); i++) {
    if (strcasecmp(name, names[i]) == 0)
      return true;
  }
  return false;
}

static void put_sent(struct buf *out, const struct headers *request)
{
  for (size_t i = 0; i < request->count; i++) {
    const struct header *header = &request->items[i];

    if (header->value != NULL && !is_sent_for_all(header->name))
      codec_form_pair(out, header->name, header->value);
  }
}

static void put_field(struct buf *out, const struct headers *request,
                      const char *name)
{
  if (strcmp(name, "*") == 0)
    put_sent(out, request);
  else
    put_selected(out, request, name);
}

struct varying {
  struct headers *selecting;
  const struct headers *request;
  enum code code;
  struct err *err;
};

static bool note_selecting(void *user, const struct element *element)
{
  struct varying *varying = user;
  AUTO_BUF struct buf value = BUF_INIT(BUF_DOCUMENT);
  AUTO_STR char *name = mem_copy(element->name, element->name_len);

  if (name == NULL) {
    varying->code = err_nomem(varying->err);
    return false;
  }
  put_selected(&value, varying->request, name);
  varying->code = buf_check(&value, varying->err);
  if (varying->code == E_OK)
    varying->code =
        headers_set(varying->selecting, name, buf_text(&value), varying->err);
  return varying->code == E_OK;
}

enum code fresh_vary(struct headers *ret_selecting,
                     const struct headers *answer,
                     const struct headers *request, struct err *err)
{
  AUTO_BUF struct buf sent = BUF_INIT(BUF_DOCUMENT);
  struct varying varying = {
      .selecting = ret_selecting, .request = request, .err = err};
  enum code code;

  put_sent(&sent, request);
  code = buf_check(&sent, err);
  if (code == E_OK)
    code = headers_add(ret_selecting, "*", buf_text(&sent), err);
  if (code != E_OK)
    return code;
  (void)each_element(answer, "Vary", note_selecting, &varying);
  return varying.code;
}

enum code fresh_vary_matches(bool *ret_matches, const struct headers *selecting,
                             const struct headers *request, struct err *err)
{
  bool matches = true;

  for (size_t i = 0; matches && i < selecting->count; i++) {
    AUTO_BUF struct buf value = BUF_INIT(BUF_DOCUMENT);
    enum code code;

    put_field(&value, request, selecting->items[i].name);
    code = buf_check(&value, err);
    if (code != E_OK)
      return code;
    matches = strcmp(buf_text(&value), selecting->items[i].value) == 0;
  }
  *ret_matches = matches;
  return E_OK;
}

/* --- age and confirming ----------------------------------------------------
 */

/* The apparent age by Date is left out: it would add the difference between
 * two clocks, and what Date could tell more is told by Age where caches in
 * between are of HTTP/1.1 (§4.2.3). */
int64_t fresh_age(const struct headers *kept, int64_t asked_at,
                  int64_t received_at, int64_t now)
{
  const char *age = headers_get(kept, "Age");

  if (asked_at > received_at || received_at > now || asked_at < 0)
    return -1;
  return (age != NULL ? seconds_of(age, strlen(age)) : 0) + (now - asked_at);
}

enum code fresh_condition(struct headers *request, const struct headers *kept,
                          bool *ret_can, struct err *err)
{
  const char *etag = headers_get(kept, "ETag");
  const char *modified = headers_get(kept, "Last-Modified");
  enum code code = E_OK;

  *ret_can = false;
  if (etag != NULL && *etag != '\0') {
    code = headers_add(request, "If-None-Match", etag, err);
    *ret_can = true;
  }
  if (code == E_OK && modified != NULL && *modified != '\0') {
    code = headers_add(request, "If-Modified-Since", modified, err);
    *ret_can = true;
  }
  return code;
}

/* RFC 9110 §8.8.3.2: weak comparison. */
static bool same_etag(const char *a, const char *b)
{
  a += strncmp(a, "W/", 2) == 0 ? 2 : 0;
  b += strncmp(b, "W/", 2) == 0 ? 2 : 0;
  return strcmp(a, b) == 0;
}

bool fresh_confirms(const struct headers *kept,
                    const struct headers *confirmation)
{
  const char *had = headers_get(kept, "ETag");
  const char *has = headers_get(confirmation, "ETag");

  return had == NULL || has == NULL || same_etag(had, has);
}

/* §3.2: what describes the body as it is kept stays; so does the validator,
 * which may have become weak on its way. */
static bool is_updated(const char *name, const struct headers *confirmation)
{
  static const char *const stay[] = {"Content-Encoding", "Content-Length",
                                     "Content-Range", "Content-Type", "ETag"};

  for (size_t i = 0; i < ARRAY_LEN(stay); i++) {
    if (strcasecmp(name, stay[i]) == 0)
      return false;
  }
  return is_kept_field(name, confirmation);
}

enum code fresh_update(struct headers *kept, const struct headers *confirmation,
                       struct err *err)
{
  enum code code = E_OK;

  /* The old age is that of an answer which has just been confirmed. */
  headers_remove(kept, "Age");
  for (size_t i = 0; i < confirmation->count; i++) {
    if (confirmation->items[i].value != NULL &&
        is_updated(confirmation->items[i].name, confirmation))
      headers_remove(kept, confirmation->items[i].name);
  }
  for (size_t i = 0; code == E_OK && i < confirmation->count; i++) {
    const struct header *header = &confirmation->items[i];

    if (header->value != NULL && is_updated(header->name, confirmation))
      code = headers_add(kept, header->name, header->value, err);
  }
  return code;
}
