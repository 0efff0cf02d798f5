/* A growing byte buffer with a ceiling, NUL-terminated at all times.
 *
 * Appending cannot be forgotten to check: an append that fails (no memory, or
 * more than the ceiling) wipes the buffer and makes it fail for good, further
 * appends do nothing, and the ways out, buf_detach() and buf_text(), report
 * it. So a text is built in a row and checked once:
 *
 *     AUTO_BUF struct buf b = BUF_INIT(BUF_URL);
 *     buf_puts(&b, "https://");
 *     buf_puts(&b, host);
 *     code = buf_detach(&b, &text, NULL, err);
 *
 * The memory is wiped when it grows and when it is freed. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Every ceiling in one list, in bytes. */
enum {
  BUF_LINE = 16 * 1024,        /* a header line, a prompt's answer */
  BUF_URL = 64 * 1024,         /* a URL with its query */
  BUF_PROFILE = 64 * 1024,     /* a profile or config file, CONTRACT §6 */
  BUF_SECRET = 64 * 1024,      /* a secret read from a file or stdin */
  BUF_DOCUMENT = 1024 * 1024,  /* a protocol answer, counted decompressed */
  BUF_RECORD = 1024 * 1024,    /* a credential record */
  BUF_BODY = 64 * 1024 * 1024, /* a request body built in memory */
};

struct buf {
  char *data; /* NULL until the first append */
  size_t len; /* without the NUL */
  size_t cap;
  size_t max;
  enum code failed; /* E_OK, E_NOMEM, or E_LOCAL for the ceiling */
};

#define BUF_INIT(ceiling)                                                      \
  {                                                                            \
    .max = (ceiling)                                                           \
  }

void buf_init(struct buf *buf, size_t ceiling);

/* bytes must not lie in the buffer itself. */
void buf_put(struct buf *buf, const void *bytes, size_t len);
void buf_putc(struct buf *buf, char c);
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    PRINTF_LIKE(2, 0);

/* Room for len more bytes; NULL when there is none. The caller writes there
 * and then says how many bytes it were, none included, with buf_grown(). */
NODISCARD char *buf_room(struct buf *buf, size_t len);
void buf_grown(struct buf *buf, size_t len);

/* Forgets all behind the first len bytes. */
void buf_truncate(struct buf *buf, size_t len);

/* E_OK, E_NOMEM or E_LOCAL ("longer than N bytes"). */
NODISCARD enum code buf_check(const struct buf *buf, struct err *err);

/* The text so far, never NULL; "" when the buffer is empty or has failed. */
const char *buf_text(const struct buf *buf);

/* Hands the memory over (mem_free) and leaves an empty buffer. ret_len may be
 * NULL. */
NODISCARD enum code buf_detach(struct buf *buf, char **ret_text,
                               size_t *ret_len, struct err *err);

void buf_clear(struct buf *buf); /* wipes and frees; may be used again */

#define AUTO_BUF __attribute__((cleanup(buf_clear)))
