/* Makes one allocation fail. Linked into the program of VARIANT=torture with
 * --wrap, so every call of malloc, calloc and realloc in fob's own objects
 * comes here: those of mem.c, through which jansson and libcurl allocate too.
 *
 * FAULT_AT=N           the N-th allocation fails, counted from 1; no other
 * FAULT_COUNT_FILE=F   F gets the number of allocations when the program ends
 * FAULT_TRACE=1        the stack of the one that fails goes to standard error
 *
 * A run with FAULT_COUNT_FILE alone says how many runs with FAULT_AT there are
 * to make. */
#include <errno.h>
#include <fcntl.h>
#include <sanitizer/common_interface_defs.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static atomic_ulong calls;
static unsigned long fault_at; /* 0: none fails */
static pid_t counted;          /* not a child that was forked */
static bool trace;

__attribute__((constructor)) static void begin(void)
{
  const char *at = getenv("FAULT_AT");
  counted = getpid();
  trace = getenv("FAULT_TRACE") != NULL;
  if (at == NULL || *at == '\0')
    return;
  char *end;
  errno = 0;
  fault_at = strtoul(at, &end, 10);
  if (errno != 0 || *end != '\0' || fault_at == 0) {
    (void)dprintf(STDERR_FILENO, "FAULT_AT=%s is not a count from 1\n", at);
    _exit(99);
  }
}

__attribute__((destructor)) static void end(void)
{
  const char *path = getenv("FAULT_COUNT_FILE");
  if (path == NULL || *path == '\0' || getpid() != counted)
    return;
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || dprintf(fd, "%lu\n", atomic_load(&calls)) < 0) {
    (void)dprintf(STDERR_FILENO, "cannot write FAULT_COUNT_FILE=%s\n", path);
    _exit(99);
  }
  (void)close(fd);
}

static bool is_to_fail(void)
{
  if (atomic_fetch_add(&calls, 1) + 1 != fault_at)
    return false;
  if (trace)
    __sanitizer_print_stack_trace();
  errno = ENOMEM;
  return true;
}

void *__wrap_malloc(size_t size)
{
  return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
  return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
  return is_to_fail() ? NULL : __real_realloc(block, size);
}
