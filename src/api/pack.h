/* JSON values without the white space between their tokens, gathered until they
 * are whole; for merge.c.
 *
 *     code = pack_chunk(&pack, bytes, end, err);
 *     while (… scan_next(…)) {
 *       pack_token(&pack, &piece);
 *       if (a value has ended)
 *         pack_keep(&pack);
 *     }
 *     pack_settle(&pack);   the chunk's bytes are not needed any more
 *     … pack->ready bytes of pack_text(&pack) may be written …
 *     pack_taken(&pack);
 */
#pragma once

#include "api/scan.h"
#include "base/buf.h"

enum {
  PACK_CHUNK = 64 * 1024,       /* at most as much at a time */
  PACK_HELD = 16 * 1024 * 1024, /* a value may be as long as this */
};

struct pack {
  struct buf buf;
  size_t ready;             /* so many bytes are of whole values */
  const char *from, *until; /* in the chunk: what comes next into buf */
  const char *end;          /* of the chunk */
};

void pack_init(struct pack *pack);
void pack_clear(struct pack *pack);

/* A chunk begins. E_ANSWER: the value that is being gathered is too long. */
NODISCARD enum code pack_chunk(struct pack *pack, const char *bytes,
                               const char *end, struct err *err);

/* Copies what stands there in one piece. */
void pack_settle(struct pack *pack);

/* The next token. */
static inline void pack_token(struct pack *pack, const struct scan_piece *piece)
{
  if (piece->bytes != pack->until) {
    pack_settle(pack);
    pack->from = piece->bytes;
  }
  pack->until = piece->bytes + piece->len;
}

/* Text of the caller's own: at most two bytes a value. */
void pack_put(struct pack *pack, const char *text);

void pack_keep(struct pack *pack); /* all so far is whole */
void pack_drop(struct pack *pack); /* what is not whole is not wanted */

const char *pack_text(const struct pack *pack);
void pack_taken(struct pack *pack); /* the whole ones are written */
