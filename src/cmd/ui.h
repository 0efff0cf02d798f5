/* The person at the terminal: what they see, type and open.
 *
 * Standard output carries results only; prompts, notes and progress go to
 * the terminal by standard error. Nothing is asked without a terminal or with
 * CI set. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "profile/config.h"

#include <stdbool.h>
#include <stdint.h>

/* Colours; "" when colour is off. */
enum ui_style {
  UI_PLAIN,
  UI_BOLD,
  UI_DIM,
  UI_RED,
  UI_GREEN,
  UI_YELLOW,
  UI_CYAN
};

/* Decides colour (--color, NO_COLOR, CLICOLOR_FORCE, TERM, config.json) and
 * plainness (ACCESSIBLE, TERM=dumb, config.json). config may be NULL. */
void ui_setup(const char *color_option, const struct config *config);

bool ui_stdout_is_terminal(void);
bool ui_stderr_is_terminal(void);
bool ui_color_stdout(void);
bool ui_color_stderr(void);
bool ui_plain(void);
int ui_width(void);  /* columns of the terminal; 80 when unknown */
int ui_height(void); /* rows; 24 when unknown */

/* Somebody is there to be asked: a terminal on standard input and error, no
 * CI. */
bool ui_can_ask(void);

/* Writes to standard output; a lost byte is E_OUTPUT, a gone reader ends fob by
 * SIGPIPE (noted; E_OUTPUT is returned). Flushed by ui_flush at the end. */
NODISCARD enum code ui_out(const void *bytes, size_t len, struct err *err);
NODISCARD enum code ui_outf(struct err *err, const char *format, ...)
    PRINTF_LIKE(2, 3);
/* E_SIGNAL: what the reader has not taken yet stays for another try. */
NODISCARD enum code ui_flush(struct err *err);
/* Drops what is not out yet. */
void ui_forget(void);

/* A line for the person on standard error, not silenced by --quiet only when it
 * is part of a question. Visible-escaped. */
void ui_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same with a few words of fob's own in front, in a style. */
void ui_say_lead(enum ui_style style, const char *lead, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Asks for a hidden value; the terminal is put back on any way out, also by
 * signal and suspension. E_SIGNAL; E_USAGE at end of input. */
NODISCARD enum code ui_ask_secret(const char *prompt,
                                  struct secret **ret_secret, struct err *err);
NODISCARD enum code ui_ask_line(const char *prompt, char **ret_line,
                                struct err *err);
/* "[y/N]"; anything but y or yes is no. */
NODISCARD enum code ui_confirm(const char *question, bool *ret_yes,
                               struct err *err);

/* A line that may be pasted on the terminal while fob waits for something else
 * too. Between begin and end the terminal hands over each byte as it comes: in
 * its own line buffer an address longer than 4,095 bytes would be cut. Call
 * take when standard input is readable; *ret_line is NULL until the line is
 * whole. E_USAGE at end of input. Nothing happens where nobody can be asked. */
void ui_paste_begin(void);
NODISCARD enum code ui_paste_take(char **ret_line, struct err *err);
void ui_paste_end(void);

/* Reads a secret from FILE or "-" (standard input; asked for hidden where that
 * is a terminal): one line of UTF-8, blanks around it removed, control
 * characters refused, at most BUF_SECRET. With json_ok a text that begins with
 * "{" may have several. what names it, as a prompt does: "Token". */
NODISCARD enum code ui_read_secret_file(const char *file, const char *what,
                                        bool json_ok,
                                        struct secret **ret_secret,
                                        struct err *err);

/* Is there a browser to open (a display, WSL, or BROWSER), and which. command:
 * --browser=CMD, profile or config; NULL. BROWSER=none: never. */
bool ui_browser_available(const struct text_list *command);
/* http(s) URLs without controls only, execv, detached (base/run). */
NODISCARD enum code ui_browser_open(const struct text_list *command,
                                    const char *url, struct err *err);

/* A progress line on the terminal's standard error: shown after a second,
 * repainted ten times a second, taken away before any other line and at the
 * end. Nothing when it is no terminal, plain or quiet. */
struct ui_progress {
  int64_t started_ms, shown_ms;
  bool visible;
  const char *label;
};
void ui_progress_start(struct ui_progress *progress, const char *label);
void ui_progress_show(struct ui_progress *progress, int64_t done,
                      int64_t total);
/* The same with a text of one's own, as it stands; due: it would be shown. */
bool ui_progress_due(const struct ui_progress *progress);
void ui_progress_text(struct ui_progress *progress, const char *text);
void ui_progress_end(struct ui_progress *progress);

/* The same for what takes its time and has no size: "waiting for WHAT, 12 s",
 * repainted each second. what is borrowed. */
struct ui_wait {
  int64_t started_ms, shown_s;
  bool visible;
  const char *what;
};
void ui_wait_start(struct ui_wait *wait, const char *what);
void ui_wait_show(struct ui_wait *wait);
void ui_wait_end(struct ui_wait *wait);

/* Writes text to the terminal on standard error as it stands: fob's own control
 * sequences, nothing from elsewhere. Works after a signal too. */
void ui_paint(const char *text);

const char *ui_style(enum ui_style style, bool for_stdout);
