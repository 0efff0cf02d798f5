/* The page that the browser shows at the end of a login. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* Nothing but the style within the page is allowed, by its hash: no script, no
 * picture, no frame, no form. The hash is that of page.c's style; a test holds
 * them together. */
#define PAGE_STYLE_HASH "sha256-77W9I2zF3OyKpu9MSIitkVQr3vv7g43RD+MXe2V4zq4="
#define PAGE_POLICY                                                            \
  "default-src 'none'; style-src '" PAGE_STYLE_HASH "'; base-uri 'none'; "     \
  "form-action 'none'; frame-ancestors 'none'"

/* Appends constant HTML with title and text in it, escaped; line breaks in text
 * are kept. */
void page_render(struct buf *out, bool success, const char *title,
                 const char *text);
