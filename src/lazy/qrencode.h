/* libqrencode: the address of a device authorization as a picture (cmd/qr.c
 * alone). */
#pragma once

#include "lazy/lazy.h"

#include <qrencode.h>

#define LAZY_QRENCODE(X) X(QRcode_encodeString8bit) X(QRcode_free)
LAZY_DECLARE(LAZY_QRENCODE)

NODISCARD enum code lazy_qrencode(struct err *err);
