/* Credential records as a store gives them back: whatever comes in, no crash;
 * what is accepted is written and read again without loss. */
#include "base/mem.h"
#include "store/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void write_it(const struct record *record, struct buf *out)
{
  struct err err = ERR_INIT;
  demand(record_write(record, out, &err) == E_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct err err = ERR_INIT;
  AUTO(record) record = NULL;
  AUTO_STR char *exact = mem_copy(data, size);
  demand(exact != NULL);
  enum code code = record_parse(&record, exact, size, "acme", &err);
  if (code != E_OK) {
    demand(code == E_STORE_BROKEN && err.message[0] != '\0' && record == NULL);
    return 0;
  }
  demand(strcmp(record->profile, "acme") == 0);

  AUTO(record) copy = NULL;
  AUTO(record) again = NULL;
  AUTO_BUF struct buf once = BUF_INIT(2 * BUF_RECORD);
  AUTO_BUF struct buf twice = BUF_INIT(2 * BUF_RECORD);
  AUTO_BUF struct buf copied = BUF_INIT(2 * BUF_RECORD);
  write_it(record, &once);
  demand(record_copy(&copy, record, &err) == E_OK);
  write_it(copy, &copied);
  demand(strcmp(buf_text(&once), buf_text(&copied)) == 0);
  /* Escapes may make it longer than what was read. */
  if (once.len > BUF_RECORD)
    return 0;
  demand(record_parse(&again, once.data, once.len, "acme", &err) == E_OK);
  write_it(again, &twice);
  demand(strcmp(buf_text(&once), buf_text(&twice)) == 0);
  return 0;
}
