/* Follows the events of a JSON text (scan.h) to where an RFC 6901 pointer
 * leads. Memory: the pointer's length. */
#pragma once

#include "api/scan.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct path;

/* E_USAGE for what is no pointer. */
NODISCARD enum code path_new(struct path **ret_path, const char *text,
                             struct err *err);

const char *path_text(const struct path *path);

/* Another text begins. */
void path_restart(struct path *path);

/* To be called with every event that path_floor() lets through. true: the value
 * at the pointer begins with it; of duplicate members each that leads to a
 * value. A text of several documents is followed in each. */
bool path_follow(struct path *path, const struct scan *scan,
                 enum scan_event event, const struct scan_piece *piece);

/* Looks no further in this document. */
void path_stop(struct path *path);

/* What is inside of more containers than this need not be followed: a depth
 * for scan_leave(). */
unsigned path_floor(const struct path *path, const struct scan *scan);

/* E_NOMEM when memory was short while names were compared. */
NODISCARD enum code path_check(const struct path *path, struct err *err);

void path_free(struct path *path); /* NULL is fine */
DEFINE_AUTO(path)
