/* Where profiles and presets lie: an ordered list of directories, the first
 * that has a file wins. */
#pragma once

#include "base/err.h"
#include "profile/list.h"

#include <stdbool.h>

/* The config directory's profiles, then those of $XDG_CONFIG_DIRS, which are
 * never written to. */
NODISCARD enum code places_profiles(struct text_list *ret_dirs,
                                    struct err *err);

/* $XDG_DATA_HOME/fob/presets, those of $XDG_DATA_DIRS, FOB_PRESET_DIR. */
NODISCARD enum code places_presets(struct text_list *ret_dirs, struct err *err);

/* The first DIR/NAME.json that is there, if only as a link to nowhere.
 * E_NOT_FOUND leaves err untouched. ret_index: which directory; may be NULL. */
NODISCARD enum code places_find(const struct text_list *dirs, const char *name,
                                char **ret_path, size_t *ret_index,
                                struct err *err);

/* The names of all files NAME.json in them, sorted, each once. E_PROFILE for a
 * directory that is there and cannot be read. */
NODISCARD enum code places_names(const struct text_list *dirs,
                                 struct text_list *ret_names, struct err *err);
