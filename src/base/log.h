/* What goes to standard error beside errors: notes, warnings, -v lines.
 *
 * The only place outside cmd/ that prints. Each line is "fob: …", made
 * visible (codec_visible) and redacted by value (secret_redact) first. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum log_level {
  LOG_QUIET = -1, /* --quiet: errors only */
  LOG_NORMAL = 0, /* notes and warnings */
  LOG_VERBOSE,    /* -v: what was chosen and why, request and answer heads */
  LOG_TRACE,      /* -vv: protocol exchanges, redacted */
};

void log_setup(enum log_level level);
enum log_level log_level(void);

/* Prints one line at or above a level. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
void log_note(const char *format, ...) PRINTF_LIKE(1, 2); /* LOG_NORMAL */
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2); /* also "warning:" */

/* A line without the "fob: " in front: -v's "> " and "< ". */
void log_raw(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* Called before each line is written, so that a progress line on the terminal
 * can be taken away first. NULL: none. */
void log_before_line(void (*callback)(void *user), void *user);

/* Calls it now: for whoever writes to standard error by another way. */
void log_clear_line(void);
