/* The head's lines:
 *
 *     NAME                                 KEPT_NAME hexadecimal digits
 *     ASKED_AT RECEIVED_AT STATUS VERSION
 *     REASON
 *     ?Accept:=text/csv                    selecting, any number
 *     !Content-Type:text/csv               headers, any number
 *     (empty)
 */
#include "api/kept.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void kept_clear(struct kept *kept)
{
  mem_free(kept->version);
  mem_free(kept->reason);
  headers_clear(&kept->selecting);
  headers_clear(&kept->headers);
  *kept = (struct kept){0};
}

/* --- the sum ---------------------------------------------------------------
 *
 * Words of 8 bytes, each mixed in by a multiplication that is one to one (the
 * factor is odd), so that a change within one word is always seen.
 */

static uint64_t mix(uint64_t state, uint64_t word)
{
  state = (state ^ word) * 0x9e3779b97f4a7c15u;
  return state ^ (state >> 32);
}

void kept_sum_start(struct kept_sum *sum)
{
  *sum = (struct kept_sum){.state = 0x6b657074u};
}

void kept_sum_add(struct kept_sum *sum, const void *bytes, size_t len)
{
  const unsigned char *at = bytes;

  while (len > 0 && (sum->len % 8 != 0 || len < 8)) {
    sum->tail |= (uint64_t)*at++ << (sum->len % 8 * 8);
    len--;
    if (++sum->len % 8 == 0) {
      sum->state = mix(sum->state, sum->tail);
      sum->tail = 0;
    }
  }
  for (; len >= 8; len -= 8, at += 8, sum->len += 8) {
    uint64_t word = 0;

    for (int i = 0; i < 8; i++) /* one load, where bytes are in this order */
      word |= (uint64_t)at[i] << (i * 8);
    sum->state = mix(sum->state, word);
  }
  for (; len > 0; len--, sum->len++)
    sum->tail |= (uint64_t)*at++ << (sum->len % 8 * 8);
}

uint64_t kept_sum_end(const struct kept_sum *sum)
{
  return mix(mix(sum->state, sum->tail), sum->len);
}

/* --- writing ---------------------------------------------------------------
 */

static void put_fields(struct buf *out, char mark,
                       const struct headers *headers)
{
  for (size_t i = 0; i < headers->count; i++) {
    const struct header *header = &headers->items[i];

    if (header->value != NULL)
      buf_printf(out, "%c%s:%s\n", mark, header->name, header->value);
  }
}

/* A reason that a line cannot hold is none. */
static const char *line_of(const char *text)
{
  return text != NULL && codec_is_line(text) ? text : "";
}

enum code kept_write(const struct kept *kept, struct buf *out, struct err *err)
{
  buf_printf(out, "%s\n%" PRId64 " %" PRId64 " %d %s\n%s\n", kept->name,
             kept->asked_at, kept->received_at, kept->status,
             line_of(kept->version), line_of(kept->reason));
  put_fields(out, '?', &kept->selecting);
  put_fields(out, '!', &kept->headers);
  buf_putc(out, '\n');
  if (buf_check(out, err) == E_OK && out->len > KEPT_HEAD_MAX)
    return err_set(err, E_LOCAL, "its head is longer than %d bytes",
                   KEPT_HEAD_MAX);
  return buf_check(out, err);
}

void kept_line_write(char ret_line[static KEPT_LINE + 1],
                     const struct kept_line *line)
{
  (void)snprintf(
      ret_line, KEPT_LINE + 1, "fob answer 1 %08zx %08zx %016" PRIx64 "\n",
      line->head_len & 0xffffffff, line->body_len & 0xffffffff, line->sum);
}

/* --- reading ---------------------------------------------------------------
 */

static bool read_hex(const char *text, size_t digits, uint64_t *ret_value)
{
  uint64_t value = 0;

  for (size_t i = 0; i < digits; i++) {
    const char *digit =
        text[i] != '\0' ? strchr("0123456789abcdef", text[i]) : NULL;

    if (digit == NULL)
      return false;
    value = value << 4 | (uint64_t)(digit - "0123456789abcdef");
  }
  *ret_value = value;
  return true;
}

bool kept_line_read(const char bytes[static KEPT_LINE],
                    struct kept_line *ret_line)
{
  char again[KEPT_LINE + 1];
  struct kept_line line = {0};
  uint64_t head = 0, body = 0;

  if (!read_hex(bytes + 13, 8, &head) || !read_hex(bytes + 22, 8, &body) ||
      !read_hex(bytes + 31, 16, &line.sum) || head > KEPT_HEAD_MAX ||
      body > KEPT_BODY_MAX)
    return false;
  line.head_len = (size_t)head;
  line.body_len = (size_t)body;
  kept_line_write(again, &line);
  if (memcmp(again, bytes, KEPT_LINE) != 0)
    return false;
  *ret_line = line;
  return true;
}

/* The lines of a copy, cut one by one. */
struct lines {
  char *next;
  bool failed;
};

static char *next_line(struct lines *lines)
{
  char *line = lines->next;
  char *end = line != NULL ? strchr(line, '\n') : NULL;

  if (end == NULL) {
    lines->failed = true;
    lines->next = NULL;
    return NULL;
  }
  *end = '\0';
  lines->next = end + 1;
  return line;
}

/* Cuts the word off that text begins with; "" where no blank ends one. */
static const char *next_word(char **text)
{
  char *word = *text;
  char *space = strchr(word, ' ');

  if (space == NULL)
    return "";
  *space = '\0';
  *text = space + 1;
  return word;
}

static bool read_times(char *line, struct kept *kept)
{
  uint64_t asked, received, status;

  if (!num_parse(next_word(&line), INT64_MAX, &asked) ||
      !num_parse(next_word(&line), INT64_MAX, &received) ||
      !num_parse(next_word(&line), 999, &status))
    return false;
  kept->asked_at = (int64_t)asked;
  kept->received_at = (int64_t)received;
  kept->status = (int)status;
  kept->version = mem_str(line);
  return kept->version != NULL && codec_is_line(line);
}

static bool read_field(char *line, struct kept *kept)
{
  struct headers *to = *line == '?' ? &kept->selecting : &kept->headers;
  char *colon = strchr(line, ':');
  struct err ignored = ERR_INIT;

  if ((*line != '?' && *line != '!') || colon == NULL)
    return false;
  *colon = '\0';
  return headers_add(to, line + 1, colon + 1, &ignored) == E_OK;
}

static bool read_lines(struct lines *lines, struct kept *kept)
{
  char *name = next_line(lines);
  char *times = next_line(lines);
  char *reason = next_line(lines);
  uint64_t part;
  bool good = !lines->failed && strlen(name) == KEPT_NAME &&
              read_times(times, kept) && codec_is_line(reason);

  for (size_t i = 0; good && i < KEPT_NAME; i += 16)
    good = read_hex(name + i, 16, &part);
  if (!good)
    return false;
  memcpy(kept->name, name, KEPT_NAME + 1);
  kept->reason = mem_str(reason);
  if (kept->reason == NULL)
    return false;
  for (;;) {
    char *line = next_line(lines);

    if (line == NULL)
      return false;
    if (*line == '\0')
      return *lines->next == '\0';
    if (!read_field(line, kept))
      return false;
  }
}

bool kept_read(const char *bytes, size_t len, struct kept *ret_kept)
{
  AUTO_STR char *copy = mem_copy(bytes, len);
  AUTO_KEPT struct kept kept = {0};
  struct lines lines = {.next = copy};

  if (copy == NULL || strlen(copy) != len || !read_lines(&lines, &kept))
    return false;
  *ret_kept = kept;
  kept = (struct kept){0};
  return true;
}
