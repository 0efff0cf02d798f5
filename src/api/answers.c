#include "api/answers.h"

#include "api/answers_parts.h"
#include "api/fresh.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "profile/name.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char nobody[] = "_"; /* no profile's name */

void answers_free(struct answers *answers)
{
  if (answers == NULL)
    return;
  mem_free(answers->top);
  mem_free(answers->dir);
  mem_free(answers);
}

/* --- places ----------------------------------------------------------------
 */

enum code answers_top(char **ret_top, bool make, bool *ret_there,
                      struct err *err)
{
  AUTO_STR char *base = NULL;
  AUTO_STR char *top = NULL;
  struct stat st;
  enum code code = file_dir(DIR_CACHE, &base, err);

  if (code == E_OK)
    code = file_join(&top, base, "answers", err);
  if (code != E_OK)
    return code;
  *ret_there = make || lstat(top, &st) == 0;
  if (*ret_there)
    code = file_mkdirs(base, true, E_LOCAL, err);
  if (code == E_OK && *ret_there)
    code = file_mkdirs(top, true, E_LOCAL, err);
  if (code != E_OK)
    return code;
  *ret_top = top;
  top = NULL;
  return E_OK;
}

enum code answers_dir(char **ret_dir, const char *top, const char *profile,
                      struct err *err)
{
  if (profile != NULL && !profile_name_valid(profile))
    return err_set(err, E_LOCAL, "'%s' is no profile's name", profile);
  return file_join(ret_dir, top, profile != NULL ? profile : nobody, err);
}

/* Two that make it at once: the later one's stays, and the other's first
 * answers are never found again. */
static enum code make_key(const char *path, struct err *err)
{
  uint8_t key[ANSWERS_MAC];
  enum code code = crypto_random(key, sizeof key, err);

  if (code == E_OK)
    code = file_replace(path, key, sizeof key, true, E_LOCAL, err);
  mem_wipe(key, sizeof key);
  return code;
}

static enum code read_key(struct answers *answers, struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = file_join(&path, answers->top, ".key", err);

  for (int tries = 0; code == E_OK && tries < 2; tries++) {
    AUTO_BUF struct buf key = BUF_INIT(ANSWERS_MAC);
    struct err failed = ERR_INIT;

    code = file_read(&key, path, FILE_OWN, ANSWERS_MAC, E_LOCAL, &failed);
    if (code == E_OK && key.len == ANSWERS_MAC) {
      memcpy(answers->key, key.data, ANSWERS_MAC);
      return E_OK;
    }
    if (code != E_OK && code != E_NOT_FOUND) {
      *err = failed;
      return code;
    }
    code = make_key(path, err);
  }
  return code != E_OK
             ? code
             : err_set(err, E_LOCAL, "'%s' does not stay as it is", path);
}

/* --- names -----------------------------------------------------------------
 */

static enum code mac_of(const uint8_t key[static ANSWERS_MAC],
                        const struct buf *text,
                        uint8_t ret_mac[static ANSWERS_MAC], struct err *err)
{
  uint8_t mac[CRYPTO_HASH_MAX];
  size_t len = 0;
  enum code code = buf_check(text, err);

  if (code == E_OK)
    code = crypto_hmac(CRYPTO_SHA256, key, ANSWERS_MAC, buf_text(text),
                       text->len, mac, &len, err);
  if (code == E_OK)
    memcpy(ret_mac, mac, ANSWERS_MAC);
  return code;
}

static void put_pair(struct buf *text, const char *name, const char *value)
{
  if (value != NULL)
    codec_form_pair(text, name, value);
}

enum code answers_name(const struct answers *answers,
                       const struct answers_ask *ask,
                       char ret_name[static KEPT_NAME + 1], struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(8 * BUF_URL);
  AUTO_BUF struct buf name = BUF_INIT(KEPT_NAME + 1);
  uint8_t mac[ANSWERS_MAC];
  enum code code;

  put_pair(&text, "profile", ask->profile);
  put_pair(&text, "login", ask->login);
  if (ask->login == NULL && ask->token != NULL)
    put_pair(&text, "token", secret_reveal(ask->token));
  put_pair(&text, "method", ask->method);
  put_pair(&text, "form", ask->raw ? "raw" : "decoded");
  put_pair(&text, "url", ask->url);
  code = mac_of(answers->key, &text, mac, err);
  if (code == E_OK) {
    codec_hex(&name, mac, ANSWERS_MAC);
    code = buf_check(&name, err);
  }
  if (code == E_OK)
    memcpy(ret_name, buf_text(&name), KEPT_NAME + 1);
  return code;
}

char *answers_path(const struct answers *answers, const char *name, int variant)
{
  return mem_printf("%s/%s.%d", answers->dir, name, variant);
}

enum code answers_open(struct answers **ret_answers, const char *profile,
                       struct err *err)
{
  AUTO(answers) answers = mem_zalloc(sizeof *answers);
  bool there;
  enum code code;

  if (answers == NULL)
    return err_nomem(err);
  code = answers_top(&answers->top, true, &there, err);
  if (code == E_OK)
    code = answers_dir(&answers->dir, answers->top, profile, err);
  if (code == E_OK)
    code = file_mkdirs(answers->dir, true, E_LOCAL, err);
  if (code == E_OK)
    code = read_key(answers, err);
  if (code != E_OK)
    return code;
  *ret_answers = answers;
  answers = NULL;
  return E_OK;
}

/* --- finding ---------------------------------------------------------------
 */

void found_free(struct found *found)
{
  if (found == NULL)
    return;
  if (found->fd >= 0)
    (void)close(found->fd);
  kept_clear(&found->kept);
  mem_free(found);
}

/* Reads len bytes at offset, all of them. */
static bool read_at(int fd, size_t offset, void *to, size_t len)
{
  char *at = to;

  while (len > 0) {
    ssize_t got = pread(fd, at, len, (off_t)offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += got;
    offset += (size_t)got;
    len -= (size_t)got;
  }
  return true;
}

static bool read_head(struct found *found, const char *name)
{
  struct kept_line *line = &found->line;
  char first[KEPT_LINE];
  struct stat st;

  if (!read_at(found->fd, 0, first, KEPT_LINE) ||
      !kept_line_read(first, line) || fstat(found->fd, &st) != 0 ||
      st.st_size != (off_t)(KEPT_LINE + line->head_len + line->body_len))
    return false;
  AUTO_STR char *head = mem_alloc(line->head_len + 1);
  return head != NULL && read_at(found->fd, KEPT_LINE, head, line->head_len) &&
         kept_read(head, line->head_len, &found->kept) &&
         strcmp(found->kept.name, name) == 0;
}

enum code answers_variant(const struct answers *answers, const char *name,
                          int variant, struct found **ret_found,
                          struct err *err)
{
  AUTO(found) found = mem_zalloc(sizeof *found);
  AUTO_STR char *path = answers_path(answers, name, variant);
  unsigned long short_before = mem_shortages();
  struct err failed = ERR_INIT;
  enum code code;

  *ret_found = NULL;
  if (found == NULL || path == NULL)
    return err_nomem(err);
  found->fd = -1;
  code = file_open(&found->fd, path, FILE_OWN, E_LOCAL, &failed);
  if (code == E_NOT_FOUND)
    return E_OK;
  if (code == E_SIGNAL || code == E_NOMEM) {
    *err = failed;
    return code;
  }
  if (code == E_OK && read_head(found, name)) {
    *ret_found = found;
    found = NULL;
    return E_OK;
  }
  if (mem_shortages() != short_before)
    return err_nomem(err);
  (void)unlink(path); /* a link too: it itself */
  return E_OK;
}

/* The sum of everything behind the first line. */
static enum code is_whole(const struct found *found, bool *ret_whole,
                          struct err *err)
{
  enum { CHUNK = 64 * 1024 };
  size_t left = found->line.head_len + found->line.body_len;
  size_t offset = KEPT_LINE;
  AUTO_STR char *chunk = mem_alloc(CHUNK);
  struct kept_sum sum;

  if (chunk == NULL)
    return err_nomem(err);
  kept_sum_start(&sum);
  while (left > 0) {
    size_t part = left < CHUNK ? left : CHUNK;

    if (!read_at(found->fd, offset, chunk, part))
      break;
    kept_sum_add(&sum, chunk, part);
    offset += part;
    left -= part;
  }
  *ret_whole = left == 0 && kept_sum_end(&sum) == found->line.sum;
  return E_OK;
}

/* The newest variant that fits, unchecked; *ret_variant is its number. */
static enum code best_variant(const struct answers *answers, const char *name,
                              const struct headers *headers,
                              struct found **ret_found, int *ret_variant,
                              struct err *err)
{
  AUTO(found) best = NULL;

  for (int i = 0; i < ANSWERS_VARIANTS; i++) {
    AUTO(found) found = NULL;
    bool fits = false;
    enum code code = answers_variant(answers, name, i, &found, err);

    if (code == E_OK && found != NULL)
      code = fresh_vary_matches(&fits, &found->kept.selecting, headers, err);
    if (code != E_OK)
      return code;
    if (!fits ||
        (best != NULL && best->kept.received_at > found->kept.received_at))
      continue;
    found_free(best);
    best = found;
    found = NULL;
    *ret_variant = i;
  }
  *ret_found = best;
  best = NULL;
  return E_OK;
}

enum code answers_find(const struct answers *answers, const char *name,
                       const struct headers *headers, struct found **ret_found,
                       struct err *err)
{
  enum code code = E_OK;

  *ret_found = NULL;
  for (int tries = 0; code == E_OK && tries <= ANSWERS_VARIANTS; tries++) {
    AUTO(found) found = NULL;
    int variant = 0;
    bool whole = false;

    code = best_variant(answers, name, headers, &found, &variant, err);
    if (code == E_OK && found == NULL)
      return E_OK;
    if (code == E_OK)
      code = is_whole(found, &whole, err);
    if (code == E_OK && whole) {
      *ret_found = found;
      found = NULL;
      return E_OK;
    }
    AUTO_STR char *path = answers_path(answers, name, variant);
    if (code == E_OK && path == NULL)
      return err_nomem(err);
    if (code == E_OK)
      (void)unlink(path);
  }
  return code;
}

enum code found_read(const struct found *found, size_t offset, void *to,
                     size_t size, size_t *ret_len, struct err *err)
{
  size_t left = found->line.body_len - offset;
  size_t len = size < left ? size : left;

  if (!read_at(found->fd, KEPT_LINE + found->line.head_len + offset, to, len))
    return err_set(err, E_LOCAL, "cannot read a kept answer: %s",
                   strerror(errno));
  *ret_len = len;
  return E_OK;
}

enum code answers_forget(const struct answers *answers, const char *name,
                         struct err *err)
{
  enum code code = E_OK;

  for (int i = 0; code == E_OK && i < ANSWERS_VARIANTS; i++) {
    AUTO_STR char *path = answers_path(answers, name, i);

    if (path == NULL)
      return err_nomem(err);
    if (unlink(path) != 0 && errno != ENOENT)
      code = err_set(err, E_LOCAL, "cannot remove '%s': %s", path,
                     strerror(errno));
  }
  return code;
}
