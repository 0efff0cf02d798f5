/* How much is kept, in a file of one line under a lock: a sum that each process
 * adds to, so that the files need not be looked through each time. Once a day,
 * and when there is too much, they are; then the sum is right again, whatever a
 * crash or a person has done. */
#include "api/answers_parts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "profile/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  ROOM_MAX = 64 * 1048576,
  ROOM_LESS =
      48 * 1048576, /* down to, so that it is not looked for each time */
  BLOCK = 4096,
  LOCK_MS = 2000,
  LOOK_EVERY = 24 * 3600,
  AGE_MAX = 30 * 24 * 3600,
  LEFT_BEHIND = 3600, /* a temporary file of a process that was killed */
};

int64_t room_of(const struct stat *st)
{
  return ((int64_t)st->st_size / BLOCK + 1) * BLOCK;
}

enum code room_lock(struct lock **ret_lock, const char *top, struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = file_join(&path, top, ".lock", err);

  return code == E_OK ? lock_take(ret_lock, path, LOCK_MS, err) : code;
}

/* --- the files -------------------------------------------------------------
 */

struct one {
  char *path;
  int64_t changed, room;
};

struct all {
  struct one *items;
  size_t count, cap;
  int64_t room;
  /* What is looked for: removed at once, and counted. */
  bool remove;
  struct answers_sum removed;
};

static void all_clear(struct all *all)
{
  for (size_t i = 0; i < all->count; i++)
    mem_free(all->items[i].path);
  mem_free(all->items);
  *all = (struct all){0};
}
#define AUTO_ALL __attribute__((cleanup(all_clear)))

static bool is_answer(const char *name)
{
  return strlen(name) == ANSWERS_FILE &&
         strspn(name, "0123456789abcdef") == KEPT_NAME &&
         name[KEPT_NAME] == '.';
}

static bool is_temporary(const char *name)
{
  size_t digits = strspn(name, "0123456789abcdef");

  return digits == 16 && strcmp(name + digits, "~") == 0;
}

static enum code add(struct all *all, char **path, const struct stat *st,
                     struct err *err)
{
  if (all->count == all->cap) {
    size_t cap = all->cap == 0 ? 64 : all->cap * 2;
    struct one *items = mem_realloc(all->items, cap * sizeof *items);

    if (items == NULL)
      return err_nomem(err);
    all->items = items;
    all->cap = cap;
  }
  all->items[all->count++] = (struct one){
      .path = *path, .changed = st->st_mtim.tv_sec, .room = room_of(st)};
  *path = NULL;
  all->room += room_of(st);
  return E_OK;
}

static enum code look_at(struct all *all, const char *dir, const char *name,
                         struct err *err)
{
  bool temporary = is_temporary(name);
  AUTO_STR char *path = NULL;
  struct stat st;
  enum code code;

  if (!temporary && !is_answer(name))
    return E_OK;
  code = file_join(&path, dir, name, err);
  if (code != E_OK)
    return code;
  if (lstat(path, &st) != 0)
    return E_OK;
  int64_t age = clock_wall() - st.st_mtim.tv_sec;
  if (all->remove || age > (temporary ? LEFT_BEHIND : AGE_MAX)) {
    if (unlink(path) == 0 && !temporary) {
      all->removed.count++;
      all->removed.bytes += st.st_size;
    }
    return E_OK;
  }
  /* One that is being written is counted when it has its place. */
  return temporary ? E_OK : add(all, &path, &st, err);
}

static enum code look_through_dir(struct all *all, const char *dir,
                                  struct err *err)
{
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  enum code code = E_OK;

  if (stream == NULL) {
    bool gone = errno == ENOENT;

    if (!gone)
      code =
          err_set(err, E_LOCAL, "cannot read '%s': %s", dir, strerror(errno));
    if (fd >= 0)
      (void)close(fd);
    return code;
  }
  for (struct dirent *entry = readdir(stream); code == E_OK && entry != NULL;
       entry = readdir(stream))
    code = look_at(all, dir, entry->d_name, err);
  (void)closedir(stream);
  return code;
}

static enum code look_through(struct all *all, const char *top, struct err *err)
{
  int fd = open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
  enum code code = E_OK;

  if (stream == NULL) {
    (void)err_set(err, E_LOCAL, "cannot read '%s': %s", top, strerror(errno));
    if (fd >= 0)
      (void)close(fd);
    return E_LOCAL;
  }
  for (struct dirent *entry = readdir(stream); code == E_OK && entry != NULL;
       entry = readdir(stream)) {
    AUTO_STR char *dir = NULL;
    struct stat st;

    if (strcmp(entry->d_name, "_") != 0 && !profile_name_valid(entry->d_name))
      continue;
    code = file_join(&dir, top, entry->d_name, err);
    if (code == E_OK && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode))
      code = look_through_dir(all, dir, err);
    if (code == E_OK && all->remove)
      (void)rmdir(dir); /* stays where somebody is just writing */
  }
  (void)closedir(stream);
  return code;
}

static int by_age(const void *a, const void *b)
{
  const struct one *x = a, *y = b;

  return (x->changed > y->changed) - (x->changed < y->changed);
}

/* The oldest go. A file that another process has just put in its place is new,
 * and goes last. */
static void make_room(struct all *all)
{
  if (all->room <= ROOM_MAX)
    return;
  qsort(all->items, all->count, sizeof *all->items, by_age);
  for (size_t i = 0; i < all->count && all->room > ROOM_LESS; i++) {
    if (unlink(all->items[i].path) == 0)
      all->room -= all->items[i].room;
  }
}

/* --- the sum ---------------------------------------------------------------
 */

struct tally {
  int64_t room, looked_at;
};

/* What cannot be read is as if it was never looked through. */
static void read_tally(const char *path, struct tally *ret_tally)
{
  AUTO_BUF struct buf text = BUF_INIT(64);
  struct err ignored = ERR_INIT;
  uint64_t room, looked_at;
  char *space;

  *ret_tally = (struct tally){0};
  if (file_read(&text, path, FILE_OWN, 63, E_LOCAL, &ignored) != E_OK ||
      text.len == 0 || text.data[text.len - 1] != '\n')
    return;
  text.data[text.len - 1] = '\0';
  space = strchr(text.data, ' ');
  if (space == NULL)
    return;
  *space = '\0';
  if (num_parse(text.data, INT64_MAX / 2, &room) &&
      num_parse(space + 1, INT64_MAX / 2, &looked_at))
    *ret_tally = (struct tally){(int64_t)room, (int64_t)looked_at};
}

/* In place: it is one short line, and one that is cut is read as none. */
static enum code write_tally(const char *path, const struct tally *tally,
                             struct err *err)
{
  char line[64];
  int len = snprintf(line, sizeof line, "%" PRId64 " %" PRId64 "\n",
                     tally->room, tally->looked_at);
  int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool good = fd >= 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0 &&
              pwrite(fd, line, (size_t)len, 0) == len;
  int why = errno;

  if (fd >= 0)
    (void)close(fd);
  return good ? E_OK
              : err_set(err, E_LOCAL, "cannot write '%s': %s", path,
                        strerror(why));
}

enum code room_take(const char *top, int64_t more, struct err *err)
{
  AUTO_STR char *path = NULL;
  AUTO_ALL struct all all = {0};
  struct tally tally;
  int64_t now = clock_wall();
  enum code code = file_join(&path, top, ".size", err);

  if (code != E_OK)
    return code;
  read_tally(path, &tally);
  tally.room += more;
  if (tally.room < 0 || tally.room > ROOM_MAX || tally.looked_at > now ||
      now - tally.looked_at > LOOK_EVERY) {
    code = look_through(&all, top, err);
    if (code != E_OK)
      return code;
    make_room(&all);
    tally = (struct tally){all.room, now};
  }
  return write_tally(path, &tally, err);
}

/* --- all of them -----------------------------------------------------------
 */

static enum code clear_dir(struct all *all, const char *top,
                           const char *profile, struct err *err)
{
  AUTO_STR char *dir = NULL;
  struct stat st;
  enum code code = answers_dir(&dir, top, profile, err);

  if (code != E_OK || lstat(dir, &st) != 0)
    return code;
  if (!S_ISDIR(st.st_mode))
    return err_set(err, E_LOCAL, "'%s' is no directory", dir);
  code = look_through_dir(all, dir, err);
  if (code == E_OK)
    (void)rmdir(dir);
  return code;
}

enum code answers_clear(const char *profile, struct answers_sum *ret_sum,
                        struct err *err)
{
  AUTO_STR char *top = NULL;
  AUTO(lock) lock = NULL;
  AUTO_ALL struct all all = {.remove = true};
  bool there = false;
  enum code code = answers_top(&top, false, &there, err);

  if (code == E_OK && there)
    code = room_lock(&lock, top, err);
  if (code == E_OK && there)
    code = profile != NULL ? clear_dir(&all, top, profile, err)
                           : look_through(&all, top, err);
  if (code == E_OK && there) /* less than nothing: looked through anew */
    code = room_take(top, INT64_MIN / 4, err);
  if (code == E_OK)
    *ret_sum = all.removed;
  return code;
}

void answers_drop(const char *profile)
{
  struct answers_sum sum = {0};
  struct err err = ERR_INIT;

  if (answers_clear(profile, &sum, &err) != E_OK)
    log_warn("cached answers of '%s' are left: %s", profile, err.message);
}
