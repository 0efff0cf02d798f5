/* Living secrets form a list, so that redaction can look for their values
 * without being told which of them a text may hold. fob uses secrets on its
 * main thread alone.
 *
 * A value is looked for as it is written down in the places that fob shows:
 * plain, percent-encoded (in whole or in part), with JSON's backslashes, and
 * inside base64. The bits of a secret inside a larger base64 text ("user:" in
 * front of it, say) begin at one of three places in a digit, so three readings
 * cover every neighbour, and nothing has to be encoded or allocated. */
#include "base/secret.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

struct secret {
  struct secret *next, *previous;
  char *bytes;
  size_t len;
};

enum { SHORTEST_REDACTED = 6 };

static struct secret *living;

/* Owns bytes from here on, also when it fails. */
static enum code adopt(struct secret **ret_secret, char *bytes, size_t len,
                       struct err *err)
{
  struct secret *secret = bytes == NULL ? NULL : mem_zalloc(sizeof(*secret));
  if (secret == NULL) {
    mem_free(bytes);
    return err_nomem(err);
  }
  secret->bytes = bytes;
  secret->len = len;
  secret->next = living;
  if (living != NULL)
    living->previous = secret;
  living = secret;
  *ret_secret = secret;
  return E_OK;
}

enum code secret_new(struct secret **ret_secret, const void *bytes, size_t len,
                     struct err *err)
{
  return adopt(ret_secret, mem_copy(bytes, len), len, err);
}

enum code secret_from_buf(struct secret **ret_secret, struct buf *buf,
                          struct err *err)
{
  char *bytes;
  size_t len;
  enum code code = buf_detach(buf, &bytes, &len, err);
  if (code != E_OK)
    return code;
  return adopt(ret_secret, bytes, len, err);
}

enum code secret_copy(struct secret **ret_copy, const struct secret *secret,
                      struct err *err)
{
  return secret_new(ret_copy, secret->bytes, secret->len, err);
}

const char *secret_reveal(const struct secret *secret)
{
  return secret->bytes;
}

size_t secret_len(const struct secret *secret)
{
  return secret->len;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (a->len != b->len)
    return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a->len; i++)
    difference |= (unsigned char)(a->bytes[i] ^ b->bytes[i]);
  return difference == 0;
}

void secret_free(struct secret *secret)
{
  if (secret == NULL)
    return;
  if (secret->next != NULL)
    secret->next->previous = secret->previous;
  if (secret->previous != NULL)
    secret->previous->next = secret->next;
  else
    living = secret->next;
  mem_free(secret->bytes);
  mem_free(secret);
}

/* --- redaction --------------------------------------------------------- */

struct text {
  const char *at, *end;
};

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes %XX off text when it stands for byte. */
static bool take_percent(struct text *text, unsigned char byte)
{
  if (text->end - text->at < 3 || text->at[0] != '%')
    return false;
  if (hex_digit(text->at[1]) != byte >> 4 ||
      hex_digit(text->at[2]) != (byte & 15))
    return false;
  text->at += 3;
  return true;
}

/* A text can often be read in several ways: "%25" may be three characters or
 * an escaped one. These are tried in turn. */
enum {
  IN_JSON = 1, /* a backslash is doubled, and may stand before '/' and '"' */
  IN_URL = 2,  /* a percent sign is always the beginning of an escape */
  READINGS = 4,
};

/* Takes byte off text, in whichever way it is written. */
static bool take_byte(struct text *text, unsigned char byte, unsigned reading)
{
  if (text->at == text->end)
    return false;
  bool may_escape = byte == '/' || byte == '"' || byte == '\\';
  if ((reading & IN_JSON) && may_escape && text->end - text->at >= 2 &&
      text->at[0] == '\\' && (unsigned char)text->at[1] == byte) {
    text->at += 2;
    return true;
  }
  if ((reading & IN_URL) && take_percent(text, byte))
    return true;
  if ((unsigned char)text->at[0] == byte ||
      (text->at[0] == '+' && byte == ' ')) {
    text->at++;
    return true;
  }
  return take_percent(text, byte);
}

/* What cuts a text off (err_set) may have cut a secret in two. */
static bool is_cut(struct text text, size_t taken)
{
  static const char mark[] = "…";
  return taken >= 2 * SHORTEST_REDACTED &&
         (size_t)(text.end - text.at) == sizeof(mark) - 1 &&
         memcmp(text.at, mark, sizeof(mark) - 1) == 0;
}

static size_t match_plain(const struct secret *secret, unsigned reading,
                          struct text text)
{
  const char *start = text.at;
  for (size_t i = 0; i < secret->len; i++) {
    if (!take_byte(&text, (unsigned char)secret->bytes[i], reading)) {
      if (!is_cut(text, i))
        return 0;
      break;
    }
  }
  return (size_t)(text.at - start);
}

/* Takes a digit of either alphabet with the given value off text. */
static bool take_digit64(struct text *text, unsigned value)
{
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (take_byte(text, (unsigned char)digits[value], IN_JSON))
    return true;
  return value >= 62 && take_byte(text, value == 62 ? '-' : '_', IN_JSON);
}

/* The digits that lie wholly within the secret, from its bit first_bit on. */
static size_t match_base64(const struct secret *secret, size_t first_bit,
                           struct text text)
{
  const char *start = text.at;
  size_t taken = 0;
  for (size_t bit = first_bit; bit + 6 <= secret->len * 8; bit += 6) {
    size_t byte = bit / 8;
    unsigned pair = (unsigned)(unsigned char)secret->bytes[byte] << 8;
    if (byte + 1 < secret->len)
      pair |= (unsigned char)secret->bytes[byte + 1];
    if (!take_digit64(&text, pair >> (10 - bit % 8) & 63)) {
      if (!is_cut(text, taken))
        return 0;
      break;
    }
    taken++;
  }
  return (size_t)(text.at - start);
}

static bool is_digit64(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("+/-_", c) != NULL);
}

/* How much of text, from its beginning, is this secret; *ret_before says how
 * many digits in front hold bits of it too. */
static size_t match(const struct secret *secret, const char *begin,
                    struct text text, size_t *ret_before)
{
  *ret_before = 0;
  size_t longest = 0;
  for (unsigned reading = 0; reading < READINGS; reading++) {
    size_t len = match_plain(secret, reading, text);
    if (len > longest)
      longest = len;
  }
  for (size_t first_bit = 0; first_bit <= 4; first_bit += 2) {
    size_t len = match_base64(secret, first_bit, text);
    if (len <= longest)
      continue;
    longest = len;
    *ret_before =
        first_bit > 0 && text.at > begin && is_digit64(text.at[-1]) ? 1 : 0;
    if ((secret->len * 8 - first_bit) % 6 != 0 && text.at + len < text.end &&
        is_digit64(text.at[len]))
      longest++;
  }
  return longest;
}

void secret_redact(struct buf *out, const char *text, size_t len)
{
  struct text rest = {text, text + len};
  const char *copied = text; /* up to here it is in out */
  while (rest.at < rest.end) {
    const struct secret *found = NULL;
    size_t longest = 0, before = 0;
    for (const struct secret *s = living; s != NULL; s = s->next) {
      size_t s_before;
      size_t s_len =
          s->len < SHORTEST_REDACTED ? 0 : match(s, copied, rest, &s_before);
      if (s_len > longest) {
        found = s;
        longest = s_len;
        before = s_before;
      }
    }
    if (found == NULL) {
      rest.at++;
      continue;
    }
    buf_put(out, copied, (size_t)(rest.at - copied) - before);
    buf_printf(out, "[hidden, %zu bytes]", found->len);
    rest.at += longest;
    copied = rest.at;
  }
  buf_put(out, copied, (size_t)(rest.end - copied));
}
