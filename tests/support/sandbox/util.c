#include "support/sandbox/sandbox.h"

#include "base/codec.h"
#include "base/mem.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void *need(void *pointer, const char *what)
{
  must(pointer != NULL, what);
  return pointer;
}

void must(bool good, const char *what)
{
  if (!good) {
    fprintf(stderr, "sandbox: %s failed\n", what);
    abort();
  }
}

char *random_text(const char *prefix, const char *suffix)
{
  unsigned char bytes[24];
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;
  char *text = NULL;

  must(psa_generate_random(bytes, sizeof(bytes)) == PSA_SUCCESS, "randomness");
  buf_puts(&out, prefix);
  codec_base64url(&out, bytes, sizeof(bytes));
  buf_puts(&out, suffix);
  must(buf_detach(&out, &text, NULL, &err) == E_OK, "memory");
  return text;
}

int64_t now(void)
{
  return (int64_t)time(NULL);
}

int64_t mono_ms(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool text_is(const char *a, const char *b)
{
  return a != NULL && b != NULL && strcmp(a, b) == 0;
}

char *hash_text(const char *text, size_t bits, size_t keep)
{
  psa_algorithm_t alg = bits == 384 ? PSA_ALG_SHA_384 : PSA_ALG_SHA_256;
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
  struct err err = ERR_INIT;
  unsigned char hash[PSA_HASH_MAX_SIZE];
  size_t len;
  char *encoded = NULL;

  must(psa_hash_compute(alg, (const unsigned char *)text, strlen(text), hash,
                        sizeof(hash), &len) == PSA_SUCCESS,
       "hashing");
  codec_base64url(&out, hash, keep < len ? keep : len);
  must(buf_detach(&out, &encoded, NULL, &err) == E_OK, "memory");
  return encoded;
}

json_t *merge_patch(json_t *target, const json_t *patch)
{
  const char *name;
  json_t *value;

  if (!json_is_object(patch)) {
    json_decref(target);
    return need(json_deep_copy(patch), "memory");
  }
  if (!json_is_object(target)) {
    json_decref(target);
    target = need(json_object(), "memory");
  }
  json_object_foreach((json_t *)patch, name, value)
  {
    if (json_is_null(value)) {
      json_object_del(target, name);
      continue;
    }
    json_t *old = json_incref(json_object_get(target, name));
    must(json_object_set_new(target, name, merge_patch(old, value)) == 0,
         "merging");
  }
  return target;
}

/* Takes value over. A name that comes again is a fault (RFC 6749 §3.1), but for
 * those that may (RFC 8707 §2), whose values become a list. */
static bool put_pair(json_t *object, const char *name, json_t *value)
{
  bool may = strcmp(name, "resource") == 0 || strcmp(name, "audience") == 0;
  json_t *old = json_object_get(object, name);

  if (old != NULL && may && json_is_array(old)) {
    must(json_array_append_new(old, value) == 0, "memory");
  } else if (old != NULL && may) {
    must(json_object_set_new(object, name, json_pack("[Oo]", old, value)) == 0,
         "memory");
  } else {
    must(json_object_set_new(object, name, value) == 0, "memory");
    return old == NULL;
  }
  return true;
}

bool parse_form(json_t *object, const char *text, size_t len)
{
  bool repeated = false;
  const char *end = text + len;

  while (text < end) {
    const char *next = memchr(text, '&', (size_t)(end - text));
    next = next ? next : end;
    const char *equals = memchr(text, '=', (size_t)(next - text));
    equals = equals ? equals : next;
    const char *from = equals < next ? equals + 1 : next;

    AUTO_BUF struct buf name = BUF_INIT(BODY_KEPT);
    AUTO_BUF struct buf value = BUF_INIT(BODY_KEPT);
    if (codec_unpercent(&name, text, (size_t)(equals - text), true) &&
        codec_unpercent(&value, from, (size_t)(next - from), true) &&
        name.len > 0) {
      json_t *string = json_stringn(buf_text(&value), value.len);
      /* What is not UTF-8 is kept as a fact, not as a value. */
      repeated |=
          !put_pair(object, buf_text(&name), string ? string : json_true());
    }
    text = next + 1;
  }
  return repeated;
}

bool scope_has(const char *scope, const char *word)
{
  size_t len = strlen(word);

  while (scope != NULL && *scope != '\0') {
    size_t n = strcspn(scope, " ");
    if (n == len && memcmp(scope, word, n) == 0)
      return true;
    scope += n + strspn(scope + n, " ");
  }
  return false;
}

bool scope_within(const char *part, const char *whole)
{
  while (*part != '\0') {
    size_t n = strcspn(part, " ");
    AUTO_STR char *word = need(mem_copy(part, n), "memory");
    if (n > 0 && !scope_has(whole, word))
      return false;
    part += n + strspn(part + n, " ");
  }
  return true;
}

const json_t *setting_json(const struct sandbox *sb, const char *name)
{
  return json_object_get(sb->settings, name);
}

const char *setting(const struct sandbox *sb, const char *name)
{
  return json_string_value(setting_json(sb, name));
}

int64_t setting_int(const struct sandbox *sb, const char *name)
{
  return json_integer_value(setting_json(sb, name));
}

bool setting_on(const struct sandbox *sb, const char *name)
{
  return json_is_true(setting_json(sb, name));
}

const char *param(const struct request *rq, const char *name)
{
  return json_string_value(json_object_get(rq->params, name));
}

const char *form(const struct request *rq, const char *name)
{
  return json_string_value(json_object_get(rq->form, name));
}

const char *header(const struct request *rq, const char *name)
{
  size_t i;
  json_t *pair;

  json_array_foreach(rq->headers, i, pair)
  {
    if (strcasecmp(json_string_value(json_array_get(pair, 0)), name) == 0)
      return json_string_value(json_array_get(pair, 1));
  }
  return NULL;
}

void answer_header(struct answer *an, const char *name, const char *value)
{
  json_t *pair = need(json_pack("[ss]", name, value), "a header");

  must(json_array_append_new(an->headers, pair) == 0, "memory");
}

void answer_text(struct answer *an, int status, const char *type,
                 const char *text)
{
  an->status = status;
  answer_header(an, "Content-Type", type);
  buf_clear(&an->body);
  buf_puts(&an->body, text);
}

void answer_json(struct answer *an, int status, json_t *value)
{
  char *text = need(json_dumps(need(value, "memory"), JSON_COMPACT), "memory");

  answer_text(an, status, "application/json", text);
  free(text);
  json_decref(value);
}

void answer_error(struct answer *an, int status, const char *error,
                  const char *description)
{
  answer_header(an, "Cache-Control", "no-store");
  answer_json(
      an, status,
      json_pack("{ss ss}", "error", error, "error_description", description));
}

void answer_redirect(struct answer *an, int status, const char *location)
{
  an->status = status;
  answer_header(an, "Location", location);
  answer_header(an, "Cache-Control", "no-store");
}
