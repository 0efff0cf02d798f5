#include "api/events.h"

#include "api/quote.h"
#include "api/scan.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

static const char bom[] = "\xef\xbb\xbf";

struct events {
  struct events_sink sink;
  struct buf line; /* the beginning of one that is not whole */
  struct buf type, data;
  bool has_data; /* an empty line of data is data too */
  struct buf id; /* as it is read; */
  char *last_id; /* and as of the last event */
  int64_t retry_ms;
  bool began;    /* a first line was looked at for a byte order mark */
  bool after_cr; /* a LF that follows belongs to it */
};

enum code events_new(struct events **ret_events, struct events_sink sink,
                     struct err *err)
{
  struct events *events = mem_zalloc(sizeof *events);

  if (events == NULL)
    return err_nomem(err);
  events->sink = sink;
  events->retry_ms = -1;
  buf_init(&events->line, EVENTS_LINE);
  buf_init(&events->type, EVENTS_LINE);
  buf_init(&events->data, EVENTS_DATA);
  buf_init(&events->id, EVENTS_ID);
  *ret_events = events;
  return E_OK;
}

void events_free(struct events *events)
{
  if (events == NULL)
    return;
  buf_clear(&events->line);
  buf_clear(&events->type);
  buf_clear(&events->data);
  buf_clear(&events->id);
  mem_free(events->last_id);
  mem_free(events);
}

static void drop_event(struct events *events)
{
  buf_truncate(&events->type, 0);
  buf_truncate(&events->data, 0);
  events->has_data = false;
}

void events_restart(struct events *events)
{
  drop_event(events);
  buf_truncate(&events->line, 0);
  buf_truncate(&events->id, 0);
  buf_puts(&events->id, events->last_id != NULL ? events->last_id : "");
  events->began = events->after_cr = false;
}

const char *events_last_id(const struct events *events)
{
  return events->last_id;
}

int64_t events_retry_ms(const struct events *events)
{
  return events->retry_ms;
}

/* --- fields ----------------------------------------------------------------
 */

static bool is_id(const char *value, size_t len)
{
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)value[i];

    if (c < 0x20 || c == 0x7f)
      return false;
  }
  return len <= EVENTS_ID;
}

static void set_retry(struct events *events, const char *value, size_t len)
{
  enum { DIGITS = 15 }; /* of milliseconds: 30,000 years */
  int64_t ms = 0;

  if (len == 0 || len > DIGITS)
    return;
  for (size_t i = 0; i < len; i++) {
    if (value[i] < '0' || value[i] > '9')
      return;
    ms = ms * 10 + (value[i] - '0');
  }
  events->retry_ms = ms;
}

static bool is(const char *name, size_t len, const char *field)
{
  return len == strlen(field) && memcmp(name, field, len) == 0;
}

static void take_field(struct events *events, const char *name, size_t name_len,
                       const char *value, size_t len)
{
  if (is(name, name_len, "data")) {
    if (events->has_data)
      buf_putc(&events->data, '\n');
    buf_put(&events->data, value, len);
    events->has_data = true;
  } else if (is(name, name_len, "event")) {
    buf_truncate(&events->type, 0);
    buf_put(&events->type, value, len);
  } else if (is(name, name_len, "id")) {
    if (!is_id(value, len))
      return;
    buf_truncate(&events->id, 0);
    buf_put(&events->id, value, len);
  } else if (is(name, name_len, "retry")) {
    set_retry(events, value, len);
  }
}

static enum code keep_id(struct events *events, struct err *err)
{
  const char *id = buf_text(&events->id);
  char *copy;

  if (events->last_id != NULL && strcmp(events->last_id, id) == 0)
    return E_OK;
  copy = *id != '\0' ? mem_str(id) : NULL;
  if (*id != '\0' && copy == NULL)
    return err_nomem(err);
  mem_free(events->last_id);
  events->last_id = copy;
  return E_OK;
}

static enum code give_event(struct events *events, struct err *err)
{
  struct event event;
  enum code code = keep_id(events, err);

  if (code != E_OK)
    return code;
  if (!events->has_data) {
    drop_event(events);
    return E_OK;
  }
  event = (struct event){
      .type = events->type.len > 0 ? events->type.data : "message",
      .type_len =
          events->type.len > 0 ? events->type.len : sizeof "message" - 1,
      .id = events->last_id,
      .data = buf_text(&events->data),
      .data_len = events->data.len,
  };
  code = events->sink.event(events->sink.user, &event, err);
  drop_event(events);
  return code;
}

/* --- lines -----------------------------------------------------------------
 */

static enum code too_long(const struct buf *buf, const char *what,
                          struct err *err)
{
  if (buf->failed == E_NOMEM)
    return err_nomem(err);
  return err_set(err, E_ANSWER, "%s in the event stream is longer than %zu KiB",
                 what, buf->max / 1024);
}

static enum code take_line(struct events *events, const char *line, size_t len,
                           struct err *err)
{
  const char *colon;
  size_t name_len;

  if (!events->began && len >= SCAN_BOM && memcmp(line, bom, SCAN_BOM) == 0) {
    line += SCAN_BOM;
    len -= SCAN_BOM;
  }
  events->began = true;
  if (len == 0)
    return give_event(events, err);
  colon = memchr(line, ':', len);
  name_len = colon != NULL ? (size_t)(colon - line) : len;
  if (name_len == 0) /* a comment */
    return E_OK;
  line += name_len;
  len -= name_len;
  if (colon != NULL) {
    line++;
    len--;
  }
  if (len > 0 && *line == ' ') {
    line++;
    len--;
  }
  take_field(events, colon != NULL ? colon - name_len : line - name_len,
             name_len, line, len);
  if (events->data.failed != E_OK)
    return too_long(&events->data, "the data of an event", err);
  if (events->type.failed != E_OK)
    return too_long(&events->type, "the type of an event", err);
  return buf_check(&events->id, err);
}

/* The bytes in front of the next CR or LF. */
static size_t until_end(const char *at, size_t len)
{
  const char *lf = memchr(at, '\n', len);
  const char *cr;

  if (lf != NULL)
    len = (size_t)(lf - at);
  cr = memchr(at, '\r', len);
  return cr != NULL ? (size_t)(cr - at) : len;
}

enum code events_feed(struct events *events, const void *bytes, size_t len,
                      struct err *err)
{
  const char *at = bytes;
  const char *end = at + len;
  enum code code = E_OK;

  while (code == E_OK && at < end) {
    size_t part;

    if (events->after_cr && *at == '\n') {
      events->after_cr = false;
      at++;
      continue;
    }
    events->after_cr = false;
    part = until_end(at, (size_t)(end - at));
    if (at + part == end || events->line.len > 0) {
      buf_put(&events->line, at, part);
      if (events->line.failed != E_OK)
        return too_long(&events->line, "a line", err);
    }
    if (at + part == end)
      return E_OK;
    if (events->line.len > 0) {
      code = take_line(events, events->line.data, events->line.len, err);
      buf_truncate(&events->line, 0);
    } else {
      code = take_line(events, at, part, err);
    }
    events->after_cr = at[part] == '\r';
    at += part + 1;
  }
  return code;
}

/* --- NDJSON ----------------------------------------------------------------
 */

/* What is not UTF-8 becomes U+FFFD, a byte at a time. */
static void put_utf8(struct buf *out, const char *text, size_t len)
{
  size_t from = 0, at = 0;

  while (at < len) {
    uint32_t ignored;
    size_t taken = utf8_decode(text + at, len - at, &ignored);

    if (taken > 0) {
      at += taken;
      continue;
    }
    buf_put(out, text + from, at - from);
    buf_puts(out, "\xef\xbf\xbd");
    from = ++at;
  }
  buf_put(out, text + from, len - from);
}

static void put_string(struct buf *out, const char *text, size_t len)
{
  AUTO_BUF struct buf clean = BUF_INIT(3 * EVENTS_DATA);

  put_utf8(&clean, text, len);
  if (clean.failed != E_OK)
    out->failed = clean.failed;
  quote_json(out, buf_text(&clean), clean.len);
}

static void put_data(struct buf *out, const struct event *event)
{
  AUTO_BUF struct buf clean = BUF_INIT(3 * EVENTS_DATA);

  put_utf8(&clean, event->data, event->data_len);
  if (clean.failed != E_OK)
    out->failed = clean.failed;
  /* The scanner takes a byte order mark, which may not stand within JSON. */
  if (!scan_is_value(buf_text(&clean), clean.len) || clean.data[0] == bom[0]) {
    quote_json(out, buf_text(&clean), clean.len);
    return;
  }
  /* Within JSON a line ends between tokens only. */
  for (size_t i = 0; i < clean.len; i++) {
    if (clean.data[i] == '\n')
      clean.data[i] = ' ';
  }
  buf_put(out, clean.data, clean.len);
}

void events_json(struct buf *out, const struct event *event)
{
  buf_puts(out, "{\"event\":");
  put_string(out, event->type, event->type_len);
  buf_puts(out, ",\"id\":");
  if (event->id != NULL)
    put_string(out, event->id, strlen(event->id));
  else
    buf_puts(out, "null");
  buf_puts(out, ",\"data\":");
  put_data(out, event);
  buf_puts(out, "}\n");
}
