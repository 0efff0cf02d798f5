/* flock() on a file that stays: the lock goes with its holder, however that
 * dies, and works across NFS and in containers where OFD locks are missing.
 * It is asked for again and again instead of waited for, so that the wait has
 * an end and a signal is heard. */
#include "base/lock.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct lock {
  int fd;
};

void lock_free(struct lock *lock)
{
  if (lock == NULL)
    return;
  if (lock->fd >= 0) {
    /* Nobody is named once nobody holds it. */
    IGNORE(ftruncate(lock->fd, 0));
    (void)close(lock->fd);
  }
  mem_free(lock);
}

static enum code open_file(int *ret_fd, const char *path, struct err *err)
{
  mode_t umask_before = umask(0077);
  int fd =
      open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  int why = errno;
  (void)umask(umask_before);
  if (fd < 0)
    return err_set(err, E_LOCK, "cannot open the lock '%s': %s", path,
                   why == ELOOP ? "it is a link" : strerror(why));

  struct stat st;
  enum code code = E_OK;
  if (fstat(fd, &st) != 0)
    code = err_set(err, E_LOCK, "cannot look at the lock '%s': %s", path,
                   strerror(errno));
  else if (!S_ISREG(st.st_mode))
    code = err_set(err, E_LOCK, "the lock '%s' is not a regular file", path);
  else if (st.st_uid != geteuid())
    code = err_set(err, E_LOCK, "the lock '%s' belongs to user %u, not to you",
                   path, (unsigned)st.st_uid);
  if (code != E_OK) {
    (void)close(fd);
    return code;
  }
  *ret_fd = fd;
  return E_OK;
}

/* Another file may lie at path by now, with a lock of its own. */
static bool is_same_file(int fd, const char *path)
{
  struct stat ours, theirs;
  return fstat(fd, &ours) == 0 && lstat(path, &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Tells the others who is to blame; they can do without. */
static void write_holder(int fd)
{
  char line[32];
  int len = snprintf(line, sizeof(line), "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) == 0)
    IGNORE(pwrite(fd, line, (size_t)len, 0));
}

/* The holder's pid, 0 when it is not known. */
static uint64_t read_holder(int fd)
{
  char line[32];
  uint64_t pid;
  ssize_t len = pread(fd, line, sizeof(line) - 1, 0);
  if (len < 2 || line[len - 1] != '\n')
    return 0;
  line[len - 1] = '\0';
  return num_parse(line, INT32_MAX, &pid) ? pid : 0;
}

static enum code say_timeout(int fd, const char *path, int64_t timeout_ms,
                             struct err *err)
{
  char holder[48] = "another process";
  uint64_t pid = read_holder(fd);
  if (pid != 0)
    (void)snprintf(holder, sizeof(holder), "process %llu",
                   (unsigned long long)pid);
  err_set(err, E_LOCK_TIMEOUT, "%s holds the lock '%s' (waited %lld s)", holder,
          path, (long long)(timeout_ms / 1000));
  if (pid != 0)
    err_hint(err, "ps -p %llu -o pid,etime,args", (unsigned long long)pid);
  return E_LOCK_TIMEOUT;
}

static enum code say_impossible(const char *path, int why, struct err *err)
{
  return err_set(err, E_LOCK, "cannot lock '%s': %s", path, strerror(why));
}

/* The waits differ between processes, or those that were woken together would
 * go on meeting. */
static int64_t next_wait(int64_t wait)
{
  enum { LONGEST_MS = 25 };

  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  unsigned long long mixed =
      ((unsigned long long)now.tv_nsec + (unsigned long long)getpid() * 7919) *
      0x9e3779b97f4a7c15ull;
  int64_t doubled = wait * 2 < LONGEST_MS ? wait * 2 : LONGEST_MS;
  return doubled / 2 + 1 +
         (int64_t)((mixed >> 33) % (uint64_t)(doubled / 2 + 1));
}

/* Waits for fd's lock until the moment given. E_NOT_FOUND: time is up. */
static enum code wait_for(int fd, const char *path, int64_t end,
                          struct err *err)
{
  int64_t wait = 1;
  for (;;) {
    enum code code = sig_check(err);
    if (code != E_OK)
      return code;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
      return E_OK;
    if (errno == EINTR)
      continue;
    if (errno != EWOULDBLOCK)
      return say_impossible(path, errno, err);
    int64_t left = end - clock_mono_ms();
    if (left <= 0)
      return E_NOT_FOUND;
    (void)clock_sleep_ms(wait < left ? wait : left);
    wait = next_wait(wait);
  }
}

static enum code make_dir_of(const char *path, struct err *err)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL || slash == path)
    return E_OK;
  AUTO_STR char *dir = mem_copy(path, (size_t)(slash - path));
  if (dir == NULL)
    return err_nomem(err);
  return file_mkdirs(dir, true, E_LOCK, err);
}

enum code lock_take(struct lock **ret_lock, const char *path,
                    int64_t timeout_ms, struct err *err)
{
  int64_t end = clock_mono_ms() + timeout_ms;
  enum code code = make_dir_of(path, err);
  if (code != E_OK)
    return code;

  AUTO(lock) lock = mem_zalloc(sizeof(*lock));
  if (lock == NULL)
    return err_nomem(err);
  lock->fd = -1;
  for (;;) {
    code = open_file(&lock->fd, path, err);
    if (code != E_OK)
      return code;
    code = wait_for(lock->fd, path, end, err);
    if (code == E_OK && is_same_file(lock->fd, path))
      break;
    if (code == E_NOT_FOUND)
      code = say_timeout(lock->fd, path, timeout_ms, err);
    /* Not ours, so not to be emptied by lock_free(). */
    (void)close(lock->fd);
    lock->fd = -1;
    if (code != E_OK)
      return code;
  }
  write_holder(lock->fd);
  *ret_lock = lock;
  lock = NULL;
  return E_OK;
}
