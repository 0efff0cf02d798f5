#include "api/format.h"

#include "api/scan.h"
#include "api/visible.h"
#include "base/mem.h"

#include <string.h>

/* Tokens are copied from the chunk into one output buffer, which is written
 * when it is full and at the end of each chunk. The line break behind an
 * opening bracket waits for the next token, so that {} and [] stay together.
 */

enum {
  OUT_SIZE = 64 * 1024,
  NEAR = 32, /* copied as one, whatever the length up to it */
  INDENT = 2,
  SLICE = 16 * 1024, /* of text that is made visible, at once */
};

struct sequence {
  const char *text;
  size_t len;
};

struct format {
  struct scan scan;
  struct visible visible;
  struct format_sink sink;
  struct sequence colors[SCAN_WORD + 1]; /* by token */
  struct sequence reset;
  bool terminal;
  bool colored;
  bool opened; /* the last token was { or [ */
  bool raw;    /* this is no JSON any more */
  bool line;   /* the last byte that went out ended a line, or none has */
  struct buf shown;
  enum code failed;
  struct err *err;
  size_t out_len;
  const char *end;                      /* of the chunk that is being read */
  char margin[1 + SCAN_DEPTH * INDENT]; /* \n and spaces */
  char out[OUT_SIZE + NEAR];
};

static struct sequence sequence_of(const char *text)
{
  struct sequence none = {.text = "", .len = 0};

  return text == NULL ? none
                      : (struct sequence){.text = text, .len = strlen(text)};
}

static void set_colors(struct format *format,
                       const struct format_colors *colors)
{
  static const struct format_colors no_colors;

  if (colors == NULL)
    colors = &no_colors;
  format->colors[SCAN_KEY] = sequence_of(colors->key);
  format->colors[SCAN_STRING] = sequence_of(colors->string);
  format->colors[SCAN_NUMBER] = sequence_of(colors->number);
  format->colors[SCAN_WORD] = sequence_of(colors->word);
  format->reset = sequence_of(colors->reset);
  for (size_t i = 0; i < ARRAY_LEN(format->colors); i++)
    format->colored |= format->colors[i].len > 0;
}

enum code format_new(struct format **ret_format, bool terminal,
                     const struct format_colors *colors,
                     struct format_sink sink, struct err *err)
{
  struct format *format = mem_alloc(sizeof *format);

  if (format == NULL)
    return err_nomem(err);
  memset(format, 0, offsetof(struct format, margin));
  memset(format->margin, ' ', sizeof format->margin);
  format->margin[0] = '\n';
  scan_init(&format->scan);
  format->sink = sink;
  format->terminal = terminal;
  format->visible.json = true;
  format->line = true;
  buf_init(&format->shown, BUF_BODY);
  set_colors(format, colors);
  *ret_format = format;
  return E_OK;
}

void format_free(struct format *format)
{
  if (format == NULL)
    return;
  buf_clear(&format->shown);
  mem_free(format);
}

/* --- output -------------------------------------------------------------- */

static void send(struct format *format, const void *bytes, size_t len)
{
  if (format->failed == E_OK && len > 0)
    format->failed =
        format->sink.write(format->sink.user, bytes, len, format->err);
}

static void flush(struct format *format)
{
  size_t len = format->out_len;

  if (len > 0)
    format->line = format->out[len - 1] == '\n';
  format->out_len = 0;
  send(format, format->out, len);
}

/* A text longer than the buffer goes out past it. */
static void put_long(struct format *format, const char *bytes, size_t len)
{
  flush(format);
  if (len < OUT_SIZE) {
    memcpy(format->out, bytes, len);
    format->out_len = len;
    return;
  }
  format->line = bytes[len - 1] == '\n';
  send(format, bytes, len);
}

static inline void put(struct format *format, const char *bytes, size_t len)
{
  if (len > OUT_SIZE - format->out_len) {
    put_long(format, bytes, len);
    return;
  }
  memcpy(format->out + format->out_len, bytes, len);
  format->out_len += len;
}

static inline void put_char(struct format *format, char c)
{
  if (format->out_len == OUT_SIZE)
    flush(format);
  format->out[format->out_len++] = c;
}

/* A part of the chunk. Most are short: these are copied with what stands
 * behind them, which the next part overwrites. */
static inline void put_near(struct format *format, const char *bytes,
                            size_t len)
{
  if (len > NEAR || format->end - bytes < NEAR ||
      len > OUT_SIZE - format->out_len) {
    put(format, bytes, len);
    return;
  }
  memcpy(format->out + format->out_len, bytes, NEAR);
  format->out_len += len;
}

static void put_visible(struct format *format, const char *bytes, size_t len)
{
  while (len > 0) {
    size_t slice = len < SLICE ? len : SLICE;

    visible_feed(&format->visible, &format->shown, bytes, slice);
    put(format, buf_text(&format->shown), format->shown.len);
    if (format->shown.failed != E_OK && format->failed == E_OK)
      format->failed = buf_check(&format->shown, format->err);
    buf_truncate(&format->shown, 0);
    bytes += slice;
    len -= slice;
  }
}

static void put_held(struct format *format)
{
  visible_end(&format->visible, &format->shown);
  put(format, buf_text(&format->shown), format->shown.len);
  buf_truncate(&format->shown, 0);
}

/* --- tokens -------------------------------------------------------------- */

static inline void new_line(struct format *format, unsigned depth)
{
  size_t len = 1 + (size_t)depth * INDENT;

  format->opened = false;
  if (len > NEAR || len > OUT_SIZE - format->out_len) {
    put(format, format->margin, len);
    return;
  }
  memcpy(format->out + format->out_len, format->margin, NEAR);
  format->out_len += len;
}

static void document_ended(struct format *format)
{
  if (format->scan.depth == 0)
    put_char(format, '\n');
}

static void put_text(struct format *format, enum scan_event event,
                     const struct scan_piece *piece)
{
  size_t plain;

  if (!format->terminal || event > SCAN_STRING) {
    put(format, piece->bytes, piece->len);
    return;
  }
  plain = format->visible.held_len > 0
              ? 0
              : visible_plain(piece->bytes, piece->len);
  put(format, piece->bytes, plain);
  put_visible(format, piece->bytes + plain, piece->len - plain);
}

static void put_token(struct format *format, enum scan_event event,
                      const struct scan_piece *piece)
{
  struct sequence color = format->colors[event];

  if (piece->first) {
    if (format->opened)
      new_line(format, format->scan.depth);
    put(format, color.text, color.len);
  }
  put_text(format, event, piece);
  if (!piece->last)
    return;
  if (color.len > 0)
    put(format, format->reset.text, format->reset.len);
  if (event != SCAN_KEY)
    document_ended(format);
}

/* The same for a token that is copied. */
static inline void put_plain(struct format *format, enum scan_event event,
                             const struct scan_piece *piece)
{
  if (piece->first && format->opened)
    new_line(format, format->scan.depth);
  put_near(format, piece->bytes, piece->len);
  if (piece->last && event != SCAN_KEY)
    document_ended(format);
}

static inline void put_event(struct format *format, enum scan_event event,
                             const struct scan_piece *piece)
{
  unsigned depth = format->scan.depth;

  switch (event) {
  case SCAN_OPEN:
    if (format->opened)
      new_line(format, depth - 1);
    put_char(format, *piece->bytes);
    format->opened = true;
    break;
  case SCAN_CLOSE:
    if (!format->opened)
      new_line(format, depth);
    format->opened = false;
    put_char(format, *piece->bytes);
    document_ended(format);
    break;
  case SCAN_COMMA:
    put_char(format, ',');
    new_line(format, depth);
    break;
  case SCAN_COLON:
    put_char(format, ':');
    put_char(format, ' ');
    break;
  default:
    if (format->terminal || format->colored)
      put_token(format, event, piece);
    else
      put_plain(format, event, piece);
    break;
  }
}

/* From here on nothing is JSON. */
static void give_up(struct format *format)
{
  put_held(format);
  put(format, format->reset.text, format->reset.len);
  format->visible.json = false;
  format->raw = true;
  if (format->scan.bom % SCAN_BOM != 0) {
    size_t len = format->scan.bom;

    if (format->terminal)
      put_visible(format, "\xef\xbb", len);
    else
      put(format, "\xef\xbb", len);
  }
}

void format_as_text(struct format *format)
{
  format->visible.json = false;
  format->raw = true;
}

enum code format_feed(struct format *format, const void *bytes, size_t len,
                      struct err *err)
{
  const char *at = bytes;
  const char *end = at + len;
  struct scan_piece piece;
  enum scan_event event = SCAN_MORE;

  format->err = err;
  format->end = end;
  while (!format->raw && format->failed == E_OK &&
         (event = scan_next(&format->scan, &at, end, &piece)) > SCAN_BAD)
    put_event(format, event, &piece);
  if (event == SCAN_BAD)
    give_up(format);
  if (format->raw && format->terminal)
    put_visible(format, at, (size_t)(end - at));
  else if (format->raw)
    put(format, at, (size_t)(end - at));
  flush(format);
  return format->failed;
}

enum code format_end(struct format *format, bool *ret_whole, struct err *err)
{
  bool whole = !format->raw && scan_may_end(&format->scan);

  format->err = err;
  if (!format->raw && format->scan.token == SCAN_NUMBER &&
      format->scan.depth == 0) {
    put(format, format->reset.text, format->reset.len);
    put_char(format, '\n');
  } else if (!whole) {
    if (!format->raw)
      give_up(format);
    put_held(format);
    flush(format);
    if (format->terminal && !format->line)
      put_char(format, '\n');
  }
  flush(format);
  if (ret_whole != NULL)
    *ret_whole = whole;
  return format->failed;
}
