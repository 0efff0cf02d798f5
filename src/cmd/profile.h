/* The subcommands of `fob profile`, a file each group of them. */
#pragma once

#include "cmd/cmd.h"

extern const struct cmd cmd_profile_list, cmd_profile_show, cmd_profile_set,
    cmd_profile_remove, cmd_profile_default, cmd_profile_trust;

/* The NAME of a subcommand: -p, or the first operand, which is then taken off
 * *operands. E_USAGE with the usage when there is none. */
NODISCARD enum code profile_operand(const struct ctx *ctx,
                                    const struct cmd *cmd,
                                    struct operands *operands,
                                    const char **ret_name, struct err *err);

/* E_USAGE when operands are left. */
NODISCARD enum code profile_no_more(const struct cmd *cmd,
                                    const struct operands *operands,
                                    struct err *err);

/* Removes a profile's file and what is named after it: cached tokens, the
 * default_profile of config.json. */
NODISCARD enum code profile_remove_file(struct ctx *ctx, const char *name,
                                        struct err *err);
