/* Starting other programs: never through a shell, never from the current
 * directory, without fob's secrets in their environment. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Finds name in PATH as execvp would, except that empty and relative entries
 * of PATH are passed over. A name with a slash must be absolute. E_NOT_FOUND.
 */
NODISCARD enum code run_find(char **ret_path, const char *name,
                             struct err *err);

/* Starts argv[0] (an absolute path) detached: its own session, standard streams
 * on /dev/null, default signals, FOB_TOKEN, FOB_CLIENT_SECRET and FOB_STORE_KEY
 * removed from its environment, all other descriptors closed. Not waited for,
 * and no zombie stays. */
NODISCARD enum code run_detached(char *const argv[], struct err *err);

/* Runs argv[0] (an absolute path) to its end and appends what it writes to
 * standard output, as far as out's ceiling goes. Its standard input is
 * /dev/null, its standard error is ours, all else as above; it has a process
 * group of its own, which is killed at a signal, after timeout_ms and when it
 * writes too much. E_LOCAL when it cannot be started, ends with another status
 * than 0, or writes too much; E_TIMEOUT, E_SIGNAL. What it wrote is quoted in
 * no message. */
NODISCARD enum code run_output(struct buf *out, char *const argv[],
                               int timeout_ms, struct err *err);

/* Undoes in a child, between fork and exec, what fob did to its own process:
 * SIGPIPE, signal handlers and mask, soft RLIMIT_CORE. */
void run_restore_child(void);
void run_remember_limits(void); /* once, in main, before RLIMIT_CORE is set */

/* The environment for a child, in one block: without the variables above and
 * without what a CI platform proves its jobs by (GitHub's request token,
 * CircleCI's identity tokens). */
NODISCARD enum code run_environment(char ***ret_environment, struct err *err);
