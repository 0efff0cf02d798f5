/* An answer's body in a file (-o): written beside it and renamed at the end,
 * so that FILE is the whole answer or what it was before. The umask, or the
 * mode of the file that is replaced, holds; a link is followed.
 *
 * What is no regular file (a device, a pipe, /dev/fd/N), and a file in a
 * directory where nothing can be made, is written in place, opened with the
 * first byte. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct save;

/* Before anything is sent: E_USAGE for a directory, E_OUTPUT when it cannot be
 * written. */
NODISCARD enum code save_open(struct save **ret_save, const char *path,
                              struct err *err);

/* In writes of 32 KiB. E_OUTPUT. */
NODISCARD enum code save_write(struct save *save, const void *bytes, size_t len,
                               struct err *err);

/* Puts the file in its place. Without it the old one stays. */
NODISCARD enum code save_commit(struct save *save, struct err *err);

void save_free(struct save *save); /* NULL is fine */
DEFINE_AUTO(save)
