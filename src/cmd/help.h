/* What --help and --version print, to standard output, from the tables. */
#pragma once

#include "base/err.h"
#include "cmd/cmd.h"

#include <stdbool.h>

NODISCARD enum code help_overview(struct err *err);
NODISCARD enum code help_command(const struct cmd *cmd, struct err *err);
NODISCARD enum code help_version(bool libraries, struct err *err);
