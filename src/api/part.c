#include "api/part.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  WRITE_SIZE = 32 * 1024, /* as in save.c */
  NOTE_MAX = 8 * 1024,
  ATTACH_TRIES = 10,
};

struct part {
  char *path; /* as it was given, for messages */
  char *target;
  char *file;         /* target.part */
  char *note;         /* target.part.json */
  struct buf address; /* the hash */
  int fd;             /* file, locked; -1: there is none */
  bool begun;         /* by us */
  mode_t mode;        /* of the target; 0: there is none */
  int64_t finished;
  struct range range;
};

static enum code failed(const char *what, const char *path, struct err *err)
{
  return err_set(err, E_OUTPUT, "cannot %s '%s': %s", what, path,
                 strerror(errno));
}

static enum code not_ours(const struct part *part, const char *why,
                          struct err *err)
{
  AUTO_BUF struct buf word = BUF_INIT(BUF_LINE);
  enum code code =
      err_set(err, E_USAGE, "'%s' is in the way: %s", part->file, why);

  codec_shell(&word, part->file);
  err_hint(err, "mv %s ELSEWHERE, or another name with -o", buf_text(&word));
  return code;
}

/* --- what it is of ----------------------------------------------------------
 */

static enum code hash_address(struct part *part, const char *url,
                              struct err *err)
{
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t len;
  enum code code =
      crypto_hash(CRYPTO_SHA256, url, strlen(url), hash, &len, err);

  if (code != E_OK)
    return code;
  codec_hex(&part->address, hash, len);
  return buf_check(&part->address, err);
}

/* validator NULL: nothing is known of the bytes. */
static enum code write_note(const struct part *part, const struct range *range,
                            struct err *err)
{
  AUTO_JSON json_t *note = json_object();
  AUTO_BUF struct buf text = BUF_INIT(NOTE_MAX);
  enum code code = note == NULL ? err_nomem(err) : E_OK;

  if (code == E_OK)
    code = json_put_int(note, "fob_part", 1, err);
  if (code == E_OK)
    code = json_put_text(note, "url_sha256", buf_text(&part->address), err);
  if (code == E_OK && range->validator != NULL)
    code = json_put_text(note, "validator", range->validator, err);
  if (code == E_OK && range->validator != NULL && range->end >= 0)
    code = json_put_int(note, "length", range->end, err);
  if (code == E_OK)
    code = json_write(&text, note, 2, err);
  if (code != E_OK)
    return code;
  return file_replace(part->note, buf_text(&text), text.len, true, E_OUTPUT,
                      err);
}

/* What the note says goes to *range. false: it is none of fob's. */
static enum code read_note(const struct part *part, struct range *range,
                           bool *ret_ours, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(NOTE_MAX);
  AUTO_JSON json_t *note = NULL;
  const json_t *length;
  const char *validator, *address;
  struct err why = ERR_INIT;
  enum code code =
      file_read(&text, part->note, FILE_OWN, NOTE_MAX, E_USAGE, &why);

  *ret_ours = false;
  if (code == E_OK)
    code = json_read(&note, buf_text(&text), text.len, 2, E_USAGE, "", &why);
  if (code == E_NOMEM)
    return err_nomem(err);
  if (code != E_OK ||
      json_integer_value(json_object_get(note, "fob_part")) != 1)
    return E_OK;
  *ret_ours = true;
  validator = json_text(note, "validator");
  address = json_text(note, "url_sha256");
  length = json_object_get(note, "length");
  if (validator == NULL || !range_is_validator(validator))
    return E_OK;
  if (address == NULL || strcmp(address, buf_text(&part->address)) != 0) {
    log_note("'%s' is of another address: it is begun anew", part->file);
    return E_OK;
  }
  if (json_is_integer(length) && json_integer_value(length) >= 0)
    range->end = range->total = json_integer_value(length);
  range->validator = mem_str(validator);
  return range->validator != NULL ? E_OK : err_nomem(err);
}

/* --- what is there ----------------------------------------------------------
 */

/* fd is still what the name leads to: whoever had the lock before may have
 * renamed it. */
static bool is_there(const struct part *part, const struct stat *st)
{
  struct stat now;

  return lstat(part->file, &now) == 0 && now.st_dev == st->st_dev &&
         now.st_ino == st->st_ino;
}

/* Opens and locks what is there. part->fd stays -1 when nothing is. */
static enum code attach(struct part *part, struct stat *st, struct err *err)
{
  for (int tries = 0; tries < ATTACH_TRIES; tries++) {
    part->fd = open(part->file, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (part->fd < 0 && errno == ENOENT)
      return E_OK;
    if (part->fd < 0)
      return errno == ELOOP ? not_ours(part, "it is a link", err)
                            : failed("write", part->file, err);
    if (fstat(part->fd, st) != 0)
      return failed("look at", part->file, err);
    if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || st->st_nlink > 1)
      return not_ours(part, "it is not a file that fob made", err);
    /* Where there are no locks, none is needed badly enough to fail. */
    if (flock(part->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      return err_set(err, E_LOCAL, "another process is writing '%s'",
                     part->file);
    if (is_there(part, st))
      return E_OK;
    (void)close(part->fd);
    part->fd = -1;
  }
  return err_set(err, E_LOCAL, "another process is writing '%s'", part->file);
}

static enum code look(struct part *part, struct err *err)
{
  struct range range = {.end = -1, .total = -1};
  struct stat st;
  bool ours;
  enum code code = attach(part, &st, err);

  if (code != E_OK || part->fd < 0)
    return code;
  part->finished = -1;
  code = read_note(part, &range, &ours, err);
  if (code != E_OK)
    return code;
  if (!ours)
    return not_ours(part, "fob did not make it", err);
  range.at = st.st_size;
  if (range.at == 0 || (range.end >= 0 && range.at > range.end))
    range_clear(&range);
  if (range.validator == NULL)
    range = (struct range){.end = -1, .total = -1};
  part->range = range;
  return E_OK;
}

/* The directory must take new files. */
static enum code check_dir(const struct part *part, struct err *err)
{
  const char *slash = strrchr(part->target, '/');
  AUTO_STR char *dir =
      slash != NULL ? mem_copy(part->target, (size_t)(slash - part->target) + 1)
                    : mem_str(".");

  if (dir == NULL)
    return err_nomem(err);
  return access(dir, W_OK | X_OK) == 0 ? E_OK
                                       : failed("write", part->path, err);
}

/* /dev/stdout, say, leads to a file that is open already. */
static bool is_device_name(const char *path)
{
  return strncmp(path, "/proc/", 6) == 0 ||
         (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0);
}

static enum code find_target(struct part *part, struct err *err)
{
  char resolved[PATH_MAX];
  struct stat st;

  if (stat(part->path, &st) != 0) {
    if (lstat(part->path, &st) == 0)
      return err_set(err, E_USAGE, "'%s' is a link to what is not there",
                     part->path);
    part->target = mem_str(part->path);
    return part->target != NULL ? E_OK : err_nomem(err);
  }
  if (!S_ISREG(st.st_mode) || is_device_name(part->path))
    return err_set(err, E_USAGE,
                   "'%s' is not a regular file, so a download cannot go on "
                   "there (-C)",
                   part->path);
  if (access(part->path, W_OK) != 0)
    return failed("write", part->path, err);
  if (realpath(part->path, resolved) == NULL)
    return failed("resolve", part->path, err);
  part->mode = st.st_mode & 0777;
  part->finished = st.st_size;
  part->target = mem_str(resolved);
  return part->target != NULL ? E_OK : err_nomem(err);
}

enum code part_open(struct part **ret_part, const char *path, const char *url,
                    struct err *err)
{
  AUTO(part) part = mem_zalloc(sizeof *part);
  enum code code;

  if (part == NULL)
    return err_nomem(err);
  part->fd = -1;
  part->finished = -1;
  part->range = (struct range){.end = -1, .total = -1};
  buf_init(&part->address, BUF_LINE);
  part->path = mem_str(path);
  if (part->path == NULL)
    return err_nomem(err);
  code = hash_address(part, url, err);
  if (code == E_OK)
    code = find_target(part, err);
  if (code == E_OK)
    code = check_dir(part, err);
  if (code != E_OK)
    return code;
  part->file = mem_printf("%s.part", part->target);
  part->note = mem_printf("%s.part.json", part->target);
  if (part->file == NULL || part->note == NULL)
    return err_nomem(err);
  code = look(part, err);
  if (code != E_OK)
    return code;
  *ret_part = part;
  part = NULL;
  return E_OK;
}

struct range *part_range(struct part *part)
{
  return &part->range;
}

int64_t part_finished(const struct part *part)
{
  return part->finished;
}

/* --- writing ----------------------------------------------------------------
 */

/* As the file that it will replace, before there is anything to read. */
static enum code make(struct part *part, struct err *err)
{
  part->fd = open(part->file,
                  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (part->fd < 0)
    return failed("write", part->file, err);
  part->begun = true;
  if (part->mode != 0)
    IGNORE(fchmod(part->fd, part->mode));
  if (flock(part->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return err_set(err, E_LOCAL, "another process is writing '%s'", part->file);
  return E_OK;
}

/* What is there is forgotten before it is taken away, so that the note never
 * tells of other bytes. */
static enum code forget(struct part *part, struct err *err)
{
  const struct range nothing = {.end = -1};
  enum code code = write_note(part, &nothing, err);

  if (code != E_OK)
    return code;
  part->begun = true;
  return ftruncate(part->fd, 0) == 0 && lseek(part->fd, 0, SEEK_SET) == 0
             ? E_OK
             : failed("write", part->file, err);
}

enum code part_begin(struct part *part, struct range *now, struct err *err)
{
  enum code code = part->fd >= 0 ? forget(part, err) : E_OK;

  range_clear(&part->range);
  part->range = *now;
  *now = (struct range){0};
  if (code == E_OK)
    code = write_note(part, &part->range, err);
  if (code == E_OK && part->fd < 0)
    code = make(part, err);
  return code;
}

enum code part_go_on(struct part *part, struct err *err)
{
  return lseek(part->fd, part->range.at, SEEK_SET) >= 0
             ? E_OK
             : failed("write", part->file, err);
}

enum code part_write(struct part *part, const void *bytes, size_t len,
                     struct err *err)
{
  struct range *range = &part->range;
  const char *from = bytes;

  if (range->end >= 0 && (int64_t)len > range->end - range->at)
    return err_set(err, E_ANSWER,
                   "the answer is longer than the %" PRId64
                   " bytes that were stated",
                   range->end);
  while (len > 0) {
    size_t size = len < WRITE_SIZE ? len : WRITE_SIZE;
    enum code code = file_write_fd(part->fd, from, size, part->file, err);

    if (code != E_OK)
      return code;
    range->at += (int64_t)size;
    from += size;
    len -= size;
  }
  return E_OK;
}

/* NFS and quotas speak up at a close; the lock is held until the file has its
 * name, lest another process goes on with what is whole. */
static bool is_written(int fd)
{
  int same = fcntl(fd, F_DUPFD_CLOEXEC, 3);

  return same >= 0 && close(same) == 0;
}

enum code part_commit(struct part *part, struct err *err)
{
  if (!range_is_whole(&part->range))
    return err_set(err, E_INCOMPLETE,
                   "the answer ended after %" PRId64 " of %" PRId64 " bytes",
                   part->range.at, part->range.end);
  if (!is_written(part->fd))
    return failed("write", part->file, err);
  if (rename(part->file, part->target) != 0)
    return failed("replace", part->path, err);
  (void)unlink(part->note);
  (void)close(part->fd);
  part->fd = -1;
  return E_OK;
}

int64_t part_kept(const struct part *part)
{
  return part->fd >= 0 && part->range.validator != NULL ? part->range.at : 0;
}

const char *part_file(const struct part *part)
{
  return part->file;
}

void part_free(struct part *part)
{
  if (part == NULL)
    return;
  if (part->fd >= 0 && part->begun && part_kept(part) == 0) {
    (void)unlink(part->file);
    (void)unlink(part->note);
  }
  if (part->fd >= 0)
    (void)close(part->fd);
  range_clear(&part->range);
  buf_clear(&part->address);
  mem_free(part->path);
  mem_free(part->target);
  mem_free(part->file);
  mem_free(part->note);
  mem_free(part);
}
