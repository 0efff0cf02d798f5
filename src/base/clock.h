/* Time. Wall time is in seconds since the epoch and serves what crosses
 * machines (expiry); the monotonic clock, in milliseconds, serves waiting. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_NEVER INT64_MAX /* no expiry stated */

int64_t clock_wall(void);
int64_t clock_mono_ms(void);

/* Sleeps; returns early (false) once a signal was caught (base/sig.h). */
bool clock_sleep_ms(int64_t ms);

/* Appends 2026-12-24T10:00:00Z (RFC 3339, UTC). */
void clock_rfc3339(struct buf *out, int64_t wall);

/* Appends the local date, 2026-12-24, or with the time when it is within a
 * day of now: 14:05. */
void clock_local(struct buf *out, int64_t wall, int64_t now);

/* Appends a length for people: "45 s", "41 min", "12 h", "9 days". */
void clock_span(struct buf *out, int64_t seconds);

/* RFC 9110 §5.6.7, all three forms; RFC 3339. */
NODISCARD bool clock_parse_http(const char *text, int64_t *ret_wall);
NODISCARD bool clock_parse_rfc3339(const char *text, int64_t *ret_wall);
