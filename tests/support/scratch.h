/* A directory of its own for a test, and looks at what became of memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A fresh directory, 0700, below TMPDIR or /tmp. It is removed with all that
 * is in it when the process that asked ends. Fails the test when it cannot. */
const char *scratch_dir(void);

/* scratch_dir() + "/" + name; one of a few strings used in turn. */
const char *scratch_path(const char *name);

/* Makes a file of the given mode, whatever the umask. */
void scratch_write(const char *path, const char *text, unsigned mode);

/* A file's text, at most 4095 bytes; one string, used again and again. "(none)"
 * when there is no such file. */
const char *scratch_read(const char *path);

/* How many names are in a directory. */
size_t scratch_count(const char *dir);

/* Whether text is found in len bytes at an address, which may be freed. */
bool scratch_memory_has(const void *address, size_t len, const char *text);
