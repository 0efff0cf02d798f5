/* A home directory that is made for one test and removed after it, and the
 * environment that goes with it: nothing of the developer's own is reached,
 * neither files nor keyring nor browser. Everything here fails the test when
 * it does not work. */
#pragma once

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct home {
  char *dir;  /* absolute */
  char **env; /* NULL-terminated "NAME=value" */
};

/* HOME, every XDG directory, a PATH of the system's, the test browser, the
 * keyring as a file (libsecret's own test backend), no session bus, and the
 * kernel's token cache off, since all tests of a user share it. */
void home_make(struct home *home);
void home_clear(struct home *home);
#define AUTO_HOME __attribute__((cleanup(home_clear)))

/* Sets a variable for the programs to come; format NULL removes it. */
void home_setenv(struct home *home, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);
const char *home_getenv(const struct home *home, const char *name);

/* dir + "/" + relative; mem_free. */
char *home_path(const struct home *home, const char *relative);

/* Writes a file, making the directories above it (0700). */
void home_write(const struct home *home, const char *relative, mode_t mode,
                const char *format, ...) PRINTF_LIKE(4, 5);
/* The whole file, NUL behind it; NULL when there is none; mem_free. */
char *home_read(const struct home *home, const char *relative, size_t *ret_len);
bool home_has(const struct home *home, const char *relative);

/* Calls visit for each regular file below dir. */
void home_walk(const struct home *home,
               void (*visit)(void *user, const char *path), void *user);

/* A self-signed certificate for 127.0.0.1 and localhost, by openssl: cert.pem
 * and key.pem in the home. */
void home_make_cert(const struct home *home);
