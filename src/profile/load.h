/* Making a struct profile of a document, for the files of this room. */
#pragma once

#include "profile/check.h"
#include "profile/profile.h"

enum load_check {
  LOAD_CHECKED,
  LOAD_EDITED,   /* checked; what is wrong is not in the file yet */
  LOAD_AS_IT_IS, /* for editing: what is wrong in it is to be mended */
};

/* Where a document comes from; all may be NULL or false. */
struct load_origin {
  const char *path;
  bool read_only;
  const struct file_stamp *stamp;
};

/* own is borrowed. With LOAD_AS_IT_IS only name, path, own, read_only and stamp
 * are set. Warnings are kept in the profile, not printed. */
NODISCARD enum code load_profile(struct profile **ret_profile, const char *name,
                                 json_t *own, const struct load_origin *origin,
                                 enum load_check check, struct err *err);

/* Finds NAME.json and reads it, without printing warnings. */
NODISCARD enum code load_by_name(struct profile **ret_profile, const char *name,
                                 enum load_check check, struct err *err);

/* FOB_PROFILE_FILE, without printing warnings; and the name that its path gives
 * it (E_ENVIRONMENT). */
NODISCARD enum code load_file(struct profile **ret_profile, const char *path,
                              struct err *err);
NODISCARD enum code load_file_name(const char *path, char **ret_name,
                                   struct err *err);

/* Prints (base/log) what reading it gave rise to. */
void load_warn(const struct profile *profile);
