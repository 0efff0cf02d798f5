/* text/event-stream (WHATWG HTML §9.2) taken apart as it arrives, and its
 * events as NDJSON.
 *
 * A stream is UTF-8, perhaps with a byte order mark; lines end in CR LF, LF or
 * CR. An event is given when the empty line behind it is there; one that the
 * stream's end cuts is dropped, and one without data is none. An id that could
 * not be sent back in a header (with a control character, or longer than
 * EVENTS_ID) is passed over, as the standard has it for NUL. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  EVENTS_LINE = 1024 * 1024,      /* bytes of a line */
  EVENTS_DATA = 16 * 1024 * 1024, /* bytes of an event's data */
  EVENTS_ID = 4096,               /* bytes of an id */
};

struct events;

/* Valid until the sink returns. data has its lines joined by LF; nothing of it
 * is known to be UTF-8. */
struct event {
  const char *type; /* "message" where the event names none */
  size_t type_len;
  const char *id; /* the last that the stream gave; NULL: none so far */
  const char *data;
  size_t data_len;
};

struct events_sink {
  enum code (*event)(void *user, const struct event *event, struct err *err);
  void *user;
};

NODISCARD enum code events_new(struct events **ret_events,
                               struct events_sink sink, struct err *err);

/* Every event that bytes complete is given before it returns. E_ANSWER for a
 * line or an event beyond the bounds; the sink's code. */
NODISCARD enum code events_feed(struct events *events, const void *bytes,
                                size_t len, struct err *err);

/* Another stream follows: what is not whole is dropped, the last id and the
 * time for reconnecting stay. */
void events_restart(struct events *events);

/* What to send as Last-Event-ID; NULL: nothing. */
const char *events_last_id(const struct events *events);
/* How long the server wants clients to wait before they reconnect, in
 * milliseconds; -1: it has not said. */
int64_t events_retry_ms(const struct events *events);

void events_free(struct events *events); /* NULL is fine */
DEFINE_AUTO(events)

/* Appends the event as one line of JSON:
 *
 *     {"event":"message","id":"7","data":{"n":1.10}}
 *
 * data is the JSON value that the event's data is, byte for byte but for the
 * ends of its lines, which become spaces; else it is a string. id is null where
 * there is none. Bytes that are not UTF-8 become U+FFFD. */
void events_json(struct buf *out, const struct event *event);
