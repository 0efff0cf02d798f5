#include "base/file.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- opening ----------------------------------------------------------- */

static enum code bad_mode(const struct stat *st, const char *path,
                          const char *what, const char *remedy, enum code code,
                          struct err *err)
{
  err_set(err, code, "'%s' %s (mode %04o)", path, what,
          (unsigned)st->st_mode & 07777);
  AUTO_BUF struct buf word = BUF_INIT(BUF_URL);
  codec_shell(&word, path);
  if (word.failed == E_OK)
    err_hint(err, "chmod %s %s", remedy, buf_text(&word));
  return code;
}

/* Whether an open file may be trusted, as kind demands. */
static enum code check_file(const struct stat *st, const char *path,
                            enum file_kind kind, enum code code,
                            struct err *err)
{
  if (S_ISDIR(st->st_mode))
    return err_set(err, code, "'%s' is a directory", path);
  if (kind == FILE_OWN && !S_ISREG(st->st_mode))
    return err_set(err, code, "'%s' is not a regular file", path);

  /* A terminal or /dev/null has a mode of its own kind: what comes from
   * there is this user's doing. */
  bool is_content = S_ISREG(st->st_mode) || S_ISFIFO(st->st_mode);
  if (kind == FILE_ANY || !is_content)
    return E_OK;
  bool is_ours =
      st->st_uid == geteuid() || (kind == FILE_USER && st->st_uid == 0);
  if (!is_ours)
    return err_set(err, code, "'%s' belongs to user %u, not to you%s", path,
                   (unsigned)st->st_uid,
                   kind == FILE_USER ? " or to root" : "");
  if (kind == FILE_OWN && (st->st_mode & 0077) != 0)
    return bad_mode(st, path, "is open to others", "600", code, err);
  if (kind == FILE_USER && (st->st_mode & 0022) != 0)
    return bad_mode(st, path, "can be changed by others", "go-w", code, err);
  return E_OK;
}

enum code file_open(int *ret_fd, const char *path, enum file_kind kind,
                    enum code code, struct err *err)
{
  int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  if (kind == FILE_OWN)
    flags |= O_NOFOLLOW | O_NONBLOCK; /* a FIFO is refused, not waited for */
  int fd;
  do {
    fd = open(path, flags);
  } while (fd < 0 && errno == EINTR && sig_caught() == 0);
  if (fd < 0) {
    int why = errno;
    if (why == EINTR)
      return sig_check(err);
    if (why == ELOOP && kind == FILE_OWN)
      return err_set(err, code, "'%s' is a link, which it never is by itself",
                     path);
    if (why == ENOENT || why == ENOTDIR)
      code = E_NOT_FOUND;
    return err_set(err, code, "cannot open '%s': %s", path, strerror(why));
  }

  struct stat st;
  enum code checked;
  if (fstat(fd, &st) != 0)
    checked =
        err_set(err, code, "cannot look at '%s': %s", path, strerror(errno));
  else
    checked = check_file(&st, path, kind, code, err);
  if (checked != E_OK) {
    (void)close(fd);
    return checked;
  }
  *ret_fd = fd;
  return E_OK;
}

/* --- reading ----------------------------------------------------------- */

/* Waits until fd can be read or a signal comes. While signals are held, their
 * descriptor says nothing new. */
static enum code wait_readable(int fd, struct err *err)
{
  enum { SLICE_MS = 200 };

  for (;;) {
    enum code code = sig_check(err);
    if (code != E_OK)
      return code;
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = sig_fd(), .events = POLLIN}};
    bool is_held = fds[1].fd >= 0 && poll(fds + 1, 1, 0) > 0;
    int ready = poll(fds, is_held ? 1 : 2, is_held ? SLICE_MS : -1);
    /* Where poll itself fails, read() says why. */
    if ((ready < 0 && errno != EINTR) || (ready > 0 && fds[0].revents != 0))
      return E_OK;
  }
}

static enum code read_all(struct buf *out, int fd, const char *what, size_t max,
                          enum code code, struct err *err)
{
  char chunk[16 * 1024];
  size_t total = 0;
  enum code result = E_OK;
  for (;;) {
    result = wait_readable(fd, err);
    if (result != E_OK)
      break;
    ssize_t got = read(fd, chunk, sizeof(chunk));
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (got < 0) {
      result = err_set(err, code, "cannot read %s: %s", what, strerror(errno));
      break;
    }
    if (got == 0)
      break;
    if ((size_t)got > max - total) {
      result = err_set(err, code, "%s is larger than %zu bytes", what, max);
      break;
    }
    total += (size_t)got;
    buf_put(out, chunk, (size_t)got);
    result = buf_check(out, err);
    if (result != E_OK)
      break;
  }
  mem_wipe(chunk, sizeof(chunk));
  return result;
}

enum code file_read_fd(struct buf *out, int fd, const char *what, size_t max,
                       struct err *err)
{
  return read_all(out, fd, what, max, E_LOCAL, err);
}

enum code file_read(struct buf *out, const char *path, enum file_kind kind,
                    size_t max, enum code code, struct err *err)
{
  int fd;
  enum code opened = file_open(&fd, path, kind, code, err);
  if (opened != E_OK)
    return opened;
  AUTO_STR char *what = mem_printf("'%s'", path);
  enum code read =
      what == NULL ? err_nomem(err) : read_all(out, fd, what, max, code, err);
  (void)close(fd);
  return read;
}

/* --- writing, descriptors ---------------------------------------------- */

enum code file_write_fd(int fd, const void *bytes, size_t len, const char *what,
                        struct err *err)
{
  const char *next = bytes;
  while (len > 0) {
    /* A signal also shows in a write that ends early. */
    enum code code = sig_check(err);
    if (code != E_OK)
      return code;
    ssize_t written = write(fd, next, len);
    if (written >= 0) {
      next += written;
      len -= (size_t)written;
      continue;
    }
    int why = errno;
    if (why == EAGAIN) {
      struct pollfd wait = {.fd = fd, .events = POLLOUT};
      (void)poll(&wait, 1, 200);
    } else if (why != EINTR) {
      if (why == EPIPE && fd == STDOUT_FILENO)
        sig_note_pipe();
      return err_set(err, E_OUTPUT, "cannot write to %s: %s", what,
                     strerror(why));
    }
  }
  return E_OK;
}

void file_fix_standard_fds(void)
{
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
      continue;
    /* Opened the wrong way round, so that using it fails instead of losing
     * what was to be shown. The lowest free number is fd. */
    int opened = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    if (opened < 0)
      (void)open("/", O_RDONLY | O_DIRECTORY);
  }
}

void file_stamp(struct file_stamp *ret_stamp, const char *path)
{
  struct stat st;
  ret_stamp->text[0] = '\0';
  if (stat(path, &st) != 0)
    return;
  (void)snprintf(ret_stamp->text, sizeof(ret_stamp->text),
                 "%jx:%jx:%jx:%jx.%lx:%jx.%lx", (uintmax_t)st.st_dev,
                 (uintmax_t)st.st_ino, (uintmax_t)st.st_size,
                 (uintmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                 (uintmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}
