/* Files, directories and the places of CONTRACT §5.
 *
 * Two kinds are told apart. fob's own secret files are 0600 in directories of
 * 0700 whatever the umask, never links, owned by this user. Files that the
 * user names (secrets, keys, CA files, profiles) may be links, root's and
 * group-readable, but not writable by others. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum file_kind {
  FILE_OWN,  /* fob's secret file: O_NOFOLLOW, ours, no bits for others */
  FILE_USER, /* the user's: ours or root's, not writable by group or others */
  FILE_ANY,  /* a body to upload: anything readable */
};

/* The base directories; created by nobody here. HOME unset or relative falls
 * back to the passwd entry; a relative XDG variable is ignored, as its
 * specification says. The caller frees. */
enum file_dir {
  DIR_CONFIG, /* FOB_CONFIG_DIR, or $XDG_CONFIG_HOME/fob */
  DIR_DATA,   /* $XDG_DATA_HOME/fob */
  DIR_STATE,  /* $XDG_STATE_HOME/fob */
  DIR_CACHE,  /* $XDG_CACHE_HOME/fob */
  DIR_LOCKS,  /* .local/state/fob/locks below the *passwd* home, always */
};
NODISCARD enum code file_dir(enum file_dir which, char **ret_path,
                             struct err *err);

/* dir + "/" + name. */
NODISCARD enum code file_join(char **ret_path, const char *dir,
                              const char *name, struct err *err);

/* Reads a whole file of at most max bytes into out. E_NOT_FOUND when there is
 * none (ENOENT, ENOTDIR; err is filled all the same); otherwise `code`, with
 * the reason. Checks are made on the open descriptor. "-" is not special. */
NODISCARD enum code file_read(struct buf *out, const char *path,
                              enum file_kind kind, size_t max, enum code code,
                              struct err *err);

/* Reads fd to its end, at most max bytes. */
NODISCARD enum code file_read_fd(struct buf *out, int fd, const char *what,
                                 size_t max, struct err *err);

/* Opens for reading with the checks of kind. */
NODISCARD enum code file_open(int *ret_fd, const char *path,
                              enum file_kind kind, enum code code,
                              struct err *err);

/* Makes path and its missing parents, 0700. An existing last component must
 * be a directory, ours, and (when secret) without bits for others. */
NODISCARD enum code file_mkdirs(const char *path, bool secret, enum code code,
                                struct err *err);

/* Replaces path: temporary file beside it, write, fsync, rename, fsync of the
 * directory. A secret file is 0600; another keeps the old one's mode, or is
 * 0666 less the umask. A link is followed for non-secret files: its target is
 * replaced. Until the rename nothing is changed. Disk full gives `code`. */
NODISCARD enum code file_replace(const char *path, const void *bytes,
                                 size_t len, bool secret, enum code code,
                                 struct err *err);

/* Removes; E_OK when there is none. The directory is synced. */
NODISCARD enum code file_remove(const char *path, enum code code,
                                struct err *err);

/* Writes all of it, going on after EINTR and short writes. E_OUTPUT. */
NODISCARD enum code file_write_fd(int fd, const void *bytes, size_t len,
                                  const char *what, struct err *err);

/* Opens /dev/null in the place of any of the descriptors 0 to 2 that is
 * closed, so that no file of ours ever gets one of those numbers. */
void file_fix_standard_fds(void);

/* Identity of a file's content as of now: device, inode, size, mtime and ctime
 * in nanoseconds. Any edit or replacement changes the ctime, which no
 * unprivileged process can set. "" for a file that is not there. */
struct file_stamp {
  char text[128];
};
void file_stamp(struct file_stamp *ret_stamp, const char *path);
