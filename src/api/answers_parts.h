/* What the files of api/answers share. */
#pragma once

#include "api/answers.h"

#include <sys/stat.h>

enum {
  ANSWERS_VARIANTS = 4,
  ANSWERS_MAC = 32,
  ANSWERS_FILE = KEPT_NAME + 2, /* characters of a file's name: NAME.0 */
};

/* In top lie .key, .lock and .size, which no profile is named like. */
struct answers {
  char *top; /* …/fob/answers */
  char *dir; /* …/fob/answers/PROFILE; "_" for none */
  uint8_t key[ANSWERS_MAC];
};

/* The directory of all answers; *ret_there: it exists. make: makes it. What
 * cannot be trusted is E_LOCAL. */
NODISCARD enum code answers_top(char **ret_top, bool make, bool *ret_there,
                                struct err *err);

/* Where a profile's answers are; NULL: those of no profile. */
NODISCARD enum code answers_dir(char **ret_dir, const char *top,
                                const char *profile, struct err *err);

/* Opens variant i of name and reads its head. *ret_found NULL: there is none,
 * or it was damaged and is removed. The body is not checked. */
NODISCARD enum code answers_variant(const struct answers *answers,
                                    const char *name, int variant,
                                    struct found **ret_found, struct err *err);

/* dir/NAME.VARIANT */
char *answers_path(const struct answers *answers, const char *name,
                   int variant);

/* --- answers_room.c: how much is kept ------------------------------------- */

struct lock;

/* Held while files take their places. */
NODISCARD enum code room_lock(struct lock **ret_lock, const char *top,
                              struct err *err);

/* How much a file takes up of the room. */
int64_t room_of(const struct stat *st);

/* more is kept (less than 0: less) by now; makes room where that is too much,
 * and looks through the files once a day. Under the lock. */
NODISCARD enum code room_take(const char *top, int64_t more, struct err *err);
