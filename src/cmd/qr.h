/* A QR code on the terminal: two modules to a character, by half blocks.
 *
 * With colour it is black on white, whatever the terminal's own colours are.
 * Without, the light modules are drawn in the terminal's colour: right where
 * that is light on dark, and the other way round elsewhere, which most cameras
 * take too. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct qr {
  int width;           /* modules a side */
  int quiet;           /* light ones around it, to draw */
  unsigned char *dark; /* width × width, 1 or 0; mem_free */
};

/* E_LOCAL: libqrencode is not there, or text is too long for it (2 KiB are
 * not). */
NODISCARD enum code qr_make(struct qr *ret_qr, const char *text,
                            struct err *err);
void qr_clear(struct qr *qr);
#define AUTO_QR __attribute__((cleanup(qr_clear)))

/* What it takes on the terminal with qr->quiet. */
int qr_columns(const struct qr *qr);
int qr_rows(const struct qr *qr);

/* Chooses quiet: 4, as ISO/IEC 18004 has it, or 2, which cameras take; false
 * when even that does not fit. */
bool qr_fit(struct qr *qr, int columns, int rows);

/* Appends the lines, a newline behind each. */
void qr_draw(struct buf *out, const struct qr *qr, bool color);
