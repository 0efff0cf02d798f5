/* The head of a kept answer: whatever comes in, no crash, and what is read is
 * written back as it was. The first line likewise. */
#include "api/kept.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void try_head(const char *bytes, size_t len)
{
  AUTO_KEPT struct kept kept = {0};
  AUTO_KEPT struct kept again = {0};
  AUTO_BUF struct buf head = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;

  if (!kept_read(bytes, len, &kept))
    return;
  demand(kept.status >= 0 && kept.asked_at >= 0 && kept.received_at >= 0);
  if (kept_write(&kept, &head, &err) != E_OK)
    return;
  /* blanks around a value and zeros before a number are not kept */
  demand(head.len <= len);
  demand(kept_read(buf_text(&head), head.len, &again));
  demand(again.headers.count == kept.headers.count);
  demand(again.selecting.count == kept.selecting.count);
}

static void try_line(const char *bytes, size_t len)
{
  char again[KEPT_LINE + 1];
  struct kept_line line;

  if (len < KEPT_LINE || !kept_line_read(bytes, &line))
    return;
  demand(line.head_len <= KEPT_HEAD_MAX && line.body_len <= KEPT_BODY_MAX);
  kept_line_write(again, &line);
  demand(memcmp(again, bytes, KEPT_LINE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  AUTO_STR char *exact = mem_copy(data, size);

  demand(exact != NULL);
  try_line(exact, size);
  try_head(exact, size);
  return 0;
}
