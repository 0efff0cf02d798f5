/* Presets: profiles that come with fob, data files in the same format, found
 * in $XDG_DATA_HOME/fob/presets, $XDG_DATA_DIRS/fob/presets and the
 * installation's own directory (FOB_PRESET_DIR at build time). */
#pragma once

#include "base/file.h"
#include "profile/list.h"

#include <jansson.h>

/* E_NO_PROFILE when there is no such preset (hint: the names). The stamp is
 * the file's. A tenant is its default, or its member is left out (tenant.h). */
NODISCARD enum code preset_load(json_t **ret_object, const char *name,
                                struct file_stamp *ret_stamp, struct err *err);

/* The members that --tenant fills, by their paths (tenant_fill). E_USAGE: it is
 * no tenant, or the preset has no place for one; E_NO_PROFILE. */
NODISCARD enum code preset_tenant(const char *name, const char *tenant,
                                  json_t **ret_members, struct err *err);

/* The address that a tenant of one's own is wanted for; NULL when none is.
 * Caller frees. */
NODISCARD enum code preset_tenant_wanted(const char *name, char **ret_text,
                                         struct err *err);

bool preset_exists(const char *name);
NODISCARD enum code preset_names(struct text_list *ret_names, struct err *err);
