/* Encodings: base64 (RFC 4648 §4, §5), hex, percent and form encoding
 * (RFC 3986 §2.1, WHATWG URL urlencoded), UTF-8, and text made safe to show. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends; base64 with padding, base64url without. */
void codec_base64(struct buf *out, const void *bytes, size_t len);
void codec_base64url(struct buf *out, const void *bytes, size_t len);

/* Strict: no white space, no stray bits; padding as the form demands. false
 * when text is not of that form; out may then hold a part. */
NODISCARD bool codec_unbase64(struct buf *out, const char *text, size_t len);
NODISCARD bool codec_unbase64url(struct buf *out, const char *text, size_t len);

void codec_hex(struct buf *out, const void *bytes, size_t len);
NODISCARD bool codec_unhex(struct buf *out, const char *text, size_t len);

/* Percent-encodes all but RFC 3986's unreserved characters. */
void codec_percent(struct buf *out, const void *bytes, size_t len);

/* application/x-www-form-urlencoded: a space becomes '+'. */
void codec_form(struct buf *out, const void *bytes, size_t len);

/* Undoes %XX, and '+' when plus is set. false for a bad escape. */
NODISCARD bool codec_unpercent(struct buf *out, const char *text, size_t len,
                               bool plus);

/* Appends name=value to a form or query that is being built, with '&' in
 * front when out is neither empty nor ends in '?'. value may be NULL (""). */
void codec_form_pair(struct buf *out, const char *name, const char *value);

/* Appends word as one word of a POSIX shell, quoted where it has to be: for
 * the lines that are shown to be pasted. */
void codec_shell(struct buf *out, const char *word);

bool codec_is_utf8(const char *text, size_t len);

/* Copies text with every C0 and C1 control (also \n, \r, \t), DEL, bidi
 * control, line separator, zero-width character and byte that is not UTF-8
 * shown as \xNN or \u{NNNN}. With keep_lines, \n and \t stay. A backslash stays
 * too, so that text which is visible already is not changed again. */
void codec_visible(struct buf *out, const char *text, size_t len,
                   bool keep_lines);

/* True when text has no control character (below 0x20, 0x7f): what may go
 * into a header value or a line protocol. Tab is refused too. */
bool codec_is_line(const char *text);
