/* Keeping an answer: into a file of its own, which takes its place once it is
 * whole. No fsync: after a crash of the machine the sum tells what is good. */
#include "api/answers_parts.h"

#include "api/fresh.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { PENDING = 32 * 1024 }; /* as api/save.c has it */

struct keeping {
  const struct answers *answers;
  char name[KEPT_NAME + 1];
  struct headers selecting;
  char *temporary; /* NULL: none, or it has its place */
  int fd;
  struct kept_line line;
  struct kept_sum sum;
  char *pending;
  size_t len;
};

void keeping_free(struct keeping *keeping)
{
  if (keeping == NULL)
    return;
  if (keeping->fd >= 0)
    (void)close(keeping->fd);
  if (keeping->temporary != NULL)
    (void)unlink(keeping->temporary);
  mem_free(keeping->temporary);
  mem_free(keeping->pending);
  headers_clear(&keeping->selecting);
  mem_free(keeping);
}

static enum code failed(const struct keeping *keeping, struct err *err)
{
  return err_set(err, E_LOCAL, "cannot write to '%s': %s",
                 keeping->answers->dir, strerror(errno));
}

static enum code open_temporary(struct keeping *keeping, struct err *err)
{
  uint64_t number = 0;

  do {
    if (getrandom(&number, sizeof number, 0) != sizeof number)
      return failed(keeping, err);
    mem_free(keeping->temporary);
    keeping->temporary = mem_printf("%s/%016llx~", keeping->answers->dir,
                                    (unsigned long long)number);
    if (keeping->temporary == NULL)
      return err_nomem(err);
    keeping->fd =
        open(keeping->temporary,
             O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  } while (keeping->fd < 0 && errno == EEXIST);
  if (keeping->fd < 0) {
    (void)failed(keeping, err);
    mem_free(keeping->temporary);
    keeping->temporary = NULL;
    return E_LOCAL;
  }
  /* whatever the umask */
  return fchmod(keeping->fd, 0600) == 0 ? E_OK : failed(keeping, err);
}

static enum code flush(struct keeping *keeping, struct err *err)
{
  enum code code =
      file_write_fd(keeping->fd, keeping->pending, keeping->len, "", err);

  if (code == E_OUTPUT) /* which is what standard output has */
    return failed(keeping, err);
  keeping->len = 0;
  return code;
}

static enum code put(struct keeping *keeping, const void *bytes, size_t len,
                     struct err *err)
{
  const char *from = bytes;

  while (len > 0) {
    size_t room = PENDING - keeping->len;
    size_t part = len < room ? len : room;

    memcpy(keeping->pending + keeping->len, from, part);
    keeping->len += part;
    from += part;
    len -= part;
    if (keeping->len == PENDING) {
      enum code code = flush(keeping, err);

      if (code != E_OK)
        return code;
    }
  }
  return E_OK;
}

/* Room for the first line, and the head. */
static enum code put_head(struct keeping *keeping, const struct kept *kept,
                          struct err *err)
{
  AUTO_BUF struct buf head = BUF_INIT(BUF_DOCUMENT);
  char first[KEPT_LINE + 1];
  enum code code = kept_write(kept, &head, err);

  if (code != E_OK)
    return code;
  keeping->line.head_len = head.len;
  kept_line_write(first, &keeping->line);
  kept_sum_start(&keeping->sum);
  kept_sum_add(&keeping->sum, buf_text(&head), head.len);
  code = put(keeping, first, KEPT_LINE, err);
  return code == E_OK ? put(keeping, buf_text(&head), head.len, err) : code;
}

enum code keeping_new(struct keeping **ret_keeping,
                      const struct answers *answers, const char *name,
                      struct kept *kept, struct err *err)
{
  AUTO(keeping) keeping = mem_zalloc(sizeof *keeping);
  enum code code;

  if (keeping == NULL)
    return err_nomem(err);
  keeping->fd = -1;
  keeping->answers = answers;
  keeping->pending = mem_alloc(PENDING);
  if (keeping->pending == NULL)
    return err_nomem(err);
  memcpy(keeping->name, name, sizeof keeping->name);
  memcpy(kept->name, name, sizeof kept->name);
  code = open_temporary(keeping, err);
  if (code == E_OK)
    code = put_head(keeping, kept, err);
  if (code != E_OK)
    return code;
  keeping->selecting = kept->selecting;
  kept->selecting = (struct headers){0};
  kept_clear(kept);
  *ret_keeping = keeping;
  keeping = NULL;
  return E_OK;
}

enum code keeping_write(struct keeping *keeping, const void *bytes, size_t len,
                        struct err *err)
{
  if (len > KEPT_BODY_MAX - keeping->line.body_len)
    return err_set(err, E_LOCAL, "it is larger than %d MiB",
                   KEPT_BODY_MAX / 1048576);
  keeping->line.body_len += len;
  kept_sum_add(&keeping->sum, bytes, len);
  return put(keeping, bytes, len, err);
}

/* --- its place -------------------------------------------------------------
 */

static bool same_selecting(const struct headers *a, const struct headers *b)
{
  bool same = a->count == b->count;

  for (size_t i = 0; same && i < a->count; i++) {
    const char *value = headers_get(b, a->items[i].name);

    same = value != NULL && strcmp(value, a->items[i].value) == 0;
  }
  return same;
}

/* That of the same variant, else a free one, else the oldest. Under the lock:
 * two variants that come at once take two places. */
static enum code choose_variant(const struct keeping *keeping, int *ret_variant,
                                struct err *err)
{
  int64_t oldest = INT64_MAX;

  *ret_variant = 0;
  for (int i = 0; i < ANSWERS_VARIANTS; i++) {
    AUTO(found) found = NULL;
    enum code code =
        answers_variant(keeping->answers, keeping->name, i, &found, err);

    if (code != E_OK)
      return code;
    if (found != NULL &&
        same_selecting(&keeping->selecting, &found->kept.selecting)) {
      *ret_variant = i;
      return E_OK;
    }
    int64_t since = found != NULL ? found->kept.received_at : -1;
    if (since < oldest) {
      oldest = since;
      *ret_variant = i;
    }
  }
  return E_OK;
}

static enum code take_place(struct keeping *keeping, struct err *err)
{
  AUTO_STR char *path = NULL;
  struct stat is, was;
  int variant = 0;
  int64_t more;
  enum code code = choose_variant(keeping, &variant, err);

  if (code != E_OK)
    return code;
  path = answers_path(keeping->answers, keeping->name, variant);
  if (path == NULL)
    return err_nomem(err);
  if (fstat(keeping->fd, &is) != 0)
    return failed(keeping, err);
  more = room_of(&is);
  if (lstat(path, &was) == 0 && S_ISREG(was.st_mode))
    more -= room_of(&was);
  if (rename(keeping->temporary, path) != 0)
    return failed(keeping, err);
  mem_free(keeping->temporary);
  keeping->temporary = NULL;
  return room_take(keeping->answers->top, more, err);
}

enum code keeping_commit(struct keeping *keeping, struct err *err)
{
  AUTO(lock) lock = NULL;
  char first[KEPT_LINE + 1];
  ssize_t written;
  enum code code = flush(keeping, err);

  if (code != E_OK)
    return code;
  keeping->line.sum = kept_sum_end(&keeping->sum);
  kept_line_write(first, &keeping->line);
  do {
    written = pwrite(keeping->fd, first, KEPT_LINE, 0);
  } while (written < 0 && errno == EINTR);
  if (written != KEPT_LINE)
    return failed(keeping, err);
  code = room_lock(&lock, keeping->answers->top, err);
  return code == E_OK ? take_place(keeping, err) : code;
}

enum code answers_renew(const struct answers *answers, const char *name,
                        const struct found *found, struct kept *kept,
                        struct err *err)
{
  AUTO(keeping) keeping = NULL;
  AUTO_STR char *chunk = mem_alloc(PENDING);
  size_t offset = 0, len = 0;
  enum code code;

  if (chunk == NULL)
    return err_nomem(err);
  code = keeping_new(&keeping, answers, name, kept, err);
  for (;;) {
    if (code == E_OK)
      code = found_read(found, offset, chunk, PENDING, &len, err);
    if (code != E_OK || len == 0)
      break;
    code = keeping_write(keeping, chunk, len, err);
    offset += len;
  }
  return code == E_OK ? keeping_commit(keeping, err) : code;
}
