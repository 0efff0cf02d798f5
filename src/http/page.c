#include "http/page.h"

#include "base/codec.h"

#include <string.h>

static const char STYLE[] =
    ":root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--line:#dfe2e7;"
    "--text:#1d2430;--soft:#5a6473;--mark:#1a7f4b}"
    "@media (prefers-color-scheme:dark){:root{--page:#14171c;--card:#1d2128;"
    "--line:#2f353f;--text:#e8eaee;--soft:#a2abb8;--mark:#4cc38a}}"
    ".failed{--mark:#b3261e}"
    "@media (prefers-color-scheme:dark){.failed{--mark:#f2867e}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;"
    "padding:1.5rem;background:var(--page);color:var(--text);"
    "font:1rem/1.55 system-ui,sans-serif}"
    "main{width:100%;max-width:30rem;padding:2.25rem 2rem;text-align:center;"
    "background:var(--card);border:1px solid var(--line);border-radius:.75rem}"
    "svg{width:3rem;height:3rem;fill:none;stroke:var(--mark);stroke-width:2.5;"
    "stroke-linecap:round;stroke-linejoin:round}"
    "h1{margin:1rem 0 .5rem;font-size:1.35rem;line-height:1.3;"
    "overflow-wrap:anywhere}"
    "p{margin:0;color:var(--soft);white-space:pre-line;overflow-wrap:anywhere}";

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n";

/* A tick and a cross, in a ring. */
static const char DONE[] = "<path d=\"M14 24.5l7 7 13-15\"/>";
static const char FAILED[] = "<path d=\"M16 16l16 16M32 16L16 32\"/>";

static void put_escaped(struct buf *out, const char *text, bool keep_lines)
{
  AUTO_BUF struct buf visible = BUF_INIT(BUF_URL);

  codec_visible(&visible, text, strlen(text), keep_lines);
  for (const char *p = buf_text(&visible); *p != '\0'; p++) {
    switch (*p) {
    case '&':
      buf_puts(out, "&amp;");
      break;
    case '<':
      buf_puts(out, "&lt;");
      break;
    case '>':
      buf_puts(out, "&gt;");
      break;
    case '"':
      buf_puts(out, "&quot;");
      break;
    case '\'':
      buf_puts(out, "&#39;");
      break;
    default:
      buf_putc(out, *p);
    }
  }
}

void page_render(struct buf *out, bool success, const char *title,
                 const char *text)
{
  buf_puts(out, HEAD);
  buf_puts(out, "<title>");
  put_escaped(out, title, false);
  buf_puts(out, "</title>\n<style>");
  buf_puts(out, STYLE);
  buf_puts(out, "</style>\n</head>\n<body>\n<main class=\"");
  buf_puts(out, success ? "done" : "failed");
  buf_puts(out, "\">\n<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\">"
                "<circle cx=\"24\" cy=\"24\" r=\"21\"/>");
  buf_puts(out, success ? DONE : FAILED);
  buf_puts(out, "</svg>\n<h1>");
  put_escaped(out, title, false);
  buf_puts(out, "</h1>\n<p>");
  put_escaped(out, text, true);
  buf_puts(out, "</p>\n</main>\n</body>\n</html>\n");
}
