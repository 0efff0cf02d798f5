#include "store/cache_payload.h"

#include "base/codec.h"
#include "base/mem.h"

#include <string.h>

static const char magic[4] = {'f', 'o', 'b', '3'};

/* --- writing ------------------------------------------------------------ */

struct writer {
  char *bytes;
  size_t len;
  bool failed;
};

static void put(struct writer *writer, const void *bytes, size_t len)
{
  if (writer->failed || len > CACHE_PAYLOAD_MAX - writer->len) {
    writer->failed = true;
    return;
  }
  memcpy(writer->bytes + writer->len, bytes, len);
  writer->len += len;
}

static void put_number(struct writer *writer, uint64_t number, size_t width)
{
  unsigned char bytes[8];
  for (size_t i = 0; i < width; i++)
    bytes[i] = (unsigned char)(number >> (8 * i));
  put(writer, bytes, width);
}

static void put_text(struct writer *writer, const char *text)
{
  if (text == NULL) {
    put_number(writer, 0, 2);
    return;
  }
  size_t len = strlen(text);
  if (len > CACHE_PAYLOAD_MAX || !codec_is_line(text)) {
    writer->failed = true;
    return;
  }
  put_number(writer, len + 1, 2);
  put(writer, text, len);
}

static bool is_text(const struct secret *secret)
{
  return secret_len(secret) > 0 &&
         strlen(secret_reveal(secret)) == secret_len(secret);
}

size_t cache_payload_write(char ret_bytes[static CACHE_PAYLOAD_MAX],
                           const char *stamp, const struct cache_entry *entry)
{
  if (entry->token == NULL || !is_text(entry->token) ||
      (entry->dpop_key != NULL && !is_text(entry->dpop_key)))
    return 0;
  struct writer writer = {.bytes = ret_bytes};
  put(&writer, magic, sizeof magic);
  put_number(&writer, entry->generation, 8);
  put_number(&writer, (uint64_t)entry->issued_at, 8);
  put_number(&writer, (uint64_t)entry->expires_at, 8);
  put_text(&writer, stamp);
  put_text(&writer, secret_reveal(entry->token));
  put_text(&writer, entry->token_type);
  put_text(&writer, entry->scope);
  put_text(&writer, entry->header_name);
  put_text(&writer, entry->header_value);
  put_text(&writer, entry->issuer);
  put_text(&writer, entry->login);
  put_text(&writer,
           entry->dpop_key != NULL ? secret_reveal(entry->dpop_key) : NULL);
  return writer.failed ? 0 : writer.len;
}

/* --- reading ------------------------------------------------------------ */

struct reader {
  const char *bytes;
  size_t left;
  bool failed;
};

static const char *take(struct reader *reader, size_t len)
{
  if (reader->failed || len > reader->left) {
    reader->failed = true;
    return NULL;
  }
  const char *bytes = reader->bytes;
  reader->bytes += len;
  reader->left -= len;
  return bytes;
}

static uint64_t take_number(struct reader *reader, size_t width)
{
  const char *bytes = take(reader, width);
  uint64_t number = 0;
  for (size_t i = 0; bytes != NULL && i < width; i++)
    number |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
  return number;
}

/* A copy to be freed; NULL for none, and when it fails. */
static char *take_text(struct reader *reader)
{
  size_t len = take_number(reader, 2);
  const char *bytes = len > 0 ? take(reader, len - 1) : NULL;
  if (bytes == NULL)
    return NULL;
  char *text = mem_copy(bytes, len - 1);
  if (text != NULL && strlen(text) == len - 1 && codec_is_line(text))
    return text;
  mem_free(text);
  reader->failed = true;
  return NULL;
}

/* NULL for none. */
static void take_secret(struct reader *reader, struct secret **secret)
{
  AUTO_STR char *text = take_text(reader);
  struct err err = ERR_INIT;
  if (text != NULL &&
      (*text == '\0' || secret_new(secret, text, strlen(text), &err) != E_OK))
    reader->failed = true;
}

bool cache_payload_read(const char *bytes, size_t len, const char *stamp,
                        struct cache_entry *ret_entry)
{
  struct reader reader = {.bytes = bytes, .left = len};
  const char *head = take(&reader, sizeof magic);
  if (head == NULL || memcmp(head, magic, sizeof magic) != 0)
    return false;
  struct cache_entry entry = {0};
  entry.generation = take_number(&reader, 8);
  entry.issued_at = (int64_t)take_number(&reader, 8);
  entry.expires_at = (int64_t)take_number(&reader, 8);
  AUTO_STR char *made_with = take_text(&reader);
  /* Another stamp: the token need not be copied into memory. */
  if (made_with == NULL || (stamp != NULL && strcmp(made_with, stamp) != 0))
    return false;
  take_secret(&reader, &entry.token);
  entry.token_type = take_text(&reader);
  entry.scope = take_text(&reader);
  entry.header_name = take_text(&reader);
  entry.header_value = take_text(&reader);
  entry.issuer = take_text(&reader);
  entry.login = take_text(&reader);
  take_secret(&reader, &entry.dpop_key);
  if (entry.token == NULL || reader.failed || reader.left > 0) {
    cache_entry_clear(&entry);
    return false;
  }
  *ret_entry = entry;
  return true;
}
