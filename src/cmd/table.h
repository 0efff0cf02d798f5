/* A table on standard output: columns as wide as their widest cell, two blanks
 * between them. */
#pragma once

#include "base/err.h"
#include "cmd/ui.h"
#include "profile/profile.h"

/* cells: row by row, the titles first, a multiple of columns. Control
 * characters are made visible. styles: one a row behind the titles; NULL:
 * plain. */
NODISCARD enum code table_print(const struct text_list *cells, size_t columns,
                                const enum ui_style *styles, struct err *err);
