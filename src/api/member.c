#include "api/member.h"

#include "api/quote.h"

#include <string.h>

void members_open(struct members *members, const char *text, size_t len)
{
  struct scan_piece piece;

  *members = (struct members){.at = text, .end = text + len};
  scan_init(&members->scan);
  members->bad = scan_next(&members->scan, &members->at, members->end,
                           &piece) != SCAN_OPEN;
}

static enum member_next bad(struct members *members)
{
  members->bad = true;
  return MEMBER_BAD;
}

/* The text is whole, so that each token but a number at its very end, which no
 * container has, comes in one piece. */
static enum scan_event step(struct members *members, struct scan_piece *piece)
{
  return scan_next(&members->scan, &members->at, members->end, piece);
}

static enum member_kind kind_of(char first)
{
  switch (first) {
  case '{':
    return MEMBER_OBJECT;
  case '[':
    return MEMBER_ARRAY;
  case '"':
    return MEMBER_STRING;
  case 't':
    return MEMBER_TRUE;
  case 'f':
    return MEMBER_FALSE;
  case 'n':
    return MEMBER_NULL;
  default:
    return MEMBER_NUMBER;
  }
}

/* From the value's first token on to its end. */
static enum member_next take_value(struct members *members,
                                   enum scan_event event,
                                   struct scan_piece *piece,
                                   struct member *ret_member)
{
  const char *start = piece->bytes;
  enum scan_event last = event;

  while (members->scan.depth > 1 && last > SCAN_BAD)
    last = step(members, piece);
  if (last <= SCAN_BAD || (event >= SCAN_STRING && !piece->last))
    return bad(members);
  ret_member->kind = kind_of(*start);
  ret_member->value = start;
  ret_member->len = (size_t)(members->at - start);
  return MEMBER;
}

enum member_next members_next(struct members *members,
                              struct member *ret_member)
{
  struct scan_piece piece = {0};
  enum scan_event event;

  if (members->bad)
    return MEMBER_BAD;
  *ret_member = (struct member){0};
  while ((event = step(members, &piece)) > SCAN_BAD) {
    if (event == SCAN_COMMA || event == SCAN_COLON)
      continue;
    if (event == SCAN_CLOSE)
      break;
    if (event != SCAN_KEY)
      return take_value(members, event, &piece, ret_member);
    if (!piece.last)
      return bad(members);
    ret_member->key = piece.bytes;
    ret_member->key_len = piece.len;
  }
  if (event != SCAN_CLOSE || step(members, &piece) != SCAN_MORE)
    return bad(members);
  return MEMBER_END;
}

void member_put_key(struct buf *out, const struct member *member)
{
  quote_undo(out, member->key, member->key_len);
}

bool member_is(const struct member *member, const char *name)
{
  size_t len = strlen(name);
  AUTO_BUF struct buf key = BUF_INIT(BUF_BODY);

  if (memchr(member->key, '\\', member->key_len) == NULL)
    return member->key_len == len + 2 &&
           memcmp(member->key + 1, name, len) == 0;
  member_put_key(&key, member);
  return key.len == len && memcmp(buf_text(&key), name, len) == 0;
}

void member_put_text(struct buf *out, const struct member *member)
{
  if (member->kind == MEMBER_STRING)
    quote_undo(out, member->value, member->len);
  else
    buf_put(out, member->value, member->len);
}
