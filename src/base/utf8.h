/* One character of UTF-8 at a time, without memory: what err and codec share.
 */
#pragma once

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of the character that text begins with (1 to 4), or 0 when it is
 * not well-formed (RFC 3629: no overlong forms, surrogates, above U+10FFFF) or
 * cut short. */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_char);

/* The bytes that utf8_show() writes at most. */
enum { UTF8_SHOWN = 12 };

/* Takes the first character (or, where it is not UTF-8, byte) off text, which
 * is not empty, and writes what codec_visible() shows for it, without a NUL.
 * Returns how many bytes were written; *ret_taken says how many were read.
 * What is shown is never shorter than what was taken. */
size_t utf8_show(char shown[UTF8_SHOWN], const char *text, size_t len,
                 bool keep_lines, size_t *ret_taken);
