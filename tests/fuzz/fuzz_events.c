/* Event streams: the same events wherever a chunk ends, each a line of JSON
 * that is UTF-8, and an id that may stand in a header. */
#include "api/events.h"

#include "api/scan.h"
#include "base/codec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static enum code collect(void *user, const struct event *event, struct err *err)
{
  struct buf *out = user;
  size_t before = out->len;

  (void)err;
  events_json(out, event);
  demand(out->failed == E_OK);
  demand(out->data[out->len - 1] == '\n');
  demand(memchr(out->data + before, '\n', out->len - before) ==
         out->data + out->len - 1);
  demand(scan_is_value(out->data + before, out->len - before));
  demand(codec_is_utf8(out->data + before, out->len - before));
  return E_OK;
}

static void read_stream(struct buf *out, const char *text, size_t len,
                        size_t split)
{
  AUTO(events) events = NULL;
  struct events_sink sink = {.event = collect, .user = out};
  struct err err = ERR_INIT;

  demand(events_new(&events, sink, &err) == E_OK);
  demand(events_feed(events, text, split, &err) == E_OK);
  demand(events_feed(events, text + split, len - split, &err) == E_OK);
  if (events_last_id(events) != NULL)
    demand(codec_is_line(events_last_id(events)));
  events_restart(events);
  demand(events_feed(events, text, len, &err) == E_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  AUTO_BUF struct buf again = BUF_INIT(BUF_BODY);
  const char *text = (const char *)data + 1;

  if (size == 0)
    return 0;
  size--;
  read_stream(&out, text, size, data[0] % (size + 1));
  read_stream(&again, text, size, size);
  demand(out.len == again.len &&
         memcmp(buf_text(&out), buf_text(&again), out.len) == 0);
  return 0;
}
