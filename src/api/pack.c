#include "api/pack.h"

#include <string.h>

enum {
  NEAR = 32, /* copied as one, whatever the length up to it */
  /* A value takes a byte at least, and the caller may put two to it. */
  TIMES = 3,
  SPARE = 64,
};

void pack_init(struct pack *pack)
{
  memset(pack, 0, sizeof *pack);
  buf_init(&pack->buf, PACK_HELD + TIMES * PACK_CHUNK + SPARE);
}

void pack_clear(struct pack *pack)
{
  buf_clear(&pack->buf);
}

const char *pack_text(const struct pack *pack)
{
  return buf_text(&pack->buf);
}

enum code pack_chunk(struct pack *pack, const char *bytes, const char *end,
                     struct err *err)
{
  size_t room = TIMES * (size_t)(end - bytes) + SPARE;

  if (pack->buf.len - pack->ready > PACK_HELD)
    return err_set(err, E_ANSWER, "has more than %d bytes in one item",
                   PACK_HELD);
  pack->from = pack->until = bytes;
  pack->end = end;
  return buf_room(&pack->buf, room) != NULL ? E_OK : buf_check(&pack->buf, err);
}

void pack_settle(struct pack *pack)
{
  size_t len = (size_t)(pack->until - pack->from);
  char *to;

  if (len == 0)
    return;
  to = pack->buf.data + pack->buf.len;
  if (len <= NEAR && pack->end - pack->from >= NEAR)
    memcpy(to, pack->from, NEAR);
  else
    memcpy(to, pack->from, len);
  pack->buf.len += len;
  pack->from = pack->until;
}

void pack_put(struct pack *pack, const char *text)
{
  pack_settle(pack);
  while (*text != '\0')
    pack->buf.data[pack->buf.len++] = *text++;
}

void pack_keep(struct pack *pack)
{
  pack_settle(pack);
  pack->ready = pack->buf.len;
}

void pack_drop(struct pack *pack)
{
  pack->buf.len = pack->ready;
  pack->from = pack->until;
}

void pack_taken(struct pack *pack)
{
  size_t rest = pack->buf.len - pack->ready;

  if (rest > 0)
    memmove(pack->buf.data, pack->buf.data + pack->ready, rest);
  pack->buf.len = rest;
  pack->ready = 0;
}
