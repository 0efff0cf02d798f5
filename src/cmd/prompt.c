/* Questions to the person at the terminal.
 *
 * A hidden value, or an address that is pasted, is read in non-canonical mode:
 * the terminal's own line buffer ends at 4,095 bytes and would cut a longer one
 * short without a word.
 * Signals stay on; they are noticed through sig_fd() between two bytes, so that
 * the terminal is put back before fob ends. Suspension puts it back too, and
 * asks anew when fob goes on. */
#include "cmd/ui.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t suspended;
static int suspend_fd = -1; /* an eventfd: readable once SIGTSTP has come */
static struct sigaction suspend_before;

static void on_suspend(int signo)
{
  int saved = errno;
  uint64_t one = 1;

  (void)signo;
  suspended = 1;
  IGNORE(write(suspend_fd, &one, sizeof(one)));
  errno = saved;
}

/* From here on SIGTSTP is noted, whenever it comes and to whichever thread. A
 * shell without job control has it ignored, and that stays so. */
static void watch_suspend(void)
{
  struct sigaction action = {.sa_handler = on_suspend};
  uint64_t count;

  if (suspend_fd < 0)
    suspend_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  suspended = 0;
  IGNORE(read(suspend_fd, &count, sizeof(count)));
  (void)sigaction(SIGTSTP, NULL, &suspend_before);
  if (suspend_before.sa_handler != SIG_IGN)
    (void)sigaction(SIGTSTP, &action, NULL);
}

static void unwatch_suspend(void)
{
  (void)sigaction(SIGTSTP, &suspend_before, NULL);
}

static void put(const char *text, size_t len)
{
  struct err ignored = ERR_INIT;

  log_clear_line();
  IGNORE(file_write_fd(STDERR_FILENO, text, len, "standard error", &ignored));
}

/* A question may repeat what a server has said. */
static void say_prompt(const char *prompt)
{
  AUTO_BUF struct buf redacted = BUF_INIT(BUF_DOCUMENT);
  AUTO_BUF struct buf shown = BUF_INIT(BUF_DOCUMENT);

  secret_redact(&redacted, prompt, strlen(prompt));
  codec_visible(&shown, buf_text(&redacted), redacted.len, false);
  put(buf_text(&shown), shown.len);
}

static enum code not_askable(struct err *err, const char *prompt)
{
  AUTO_STR char *question = mem_str(prompt);

  if (question == NULL)
    return err_nomem(err);
  question[strcspn(question, ":[")] = '\0';
  return err_set(err, E_USAGE,
                 "nobody is here to answer '%s': that takes a terminal, "
                 "and CI must be unset",
                 question);
}

/* Waits for a byte. *ret_byte is one of these when there is none. */
enum { BYTE_END = -1, BYTE_SUSPENDED = -2, BYTE_NONE = -3 };

/* Reads the byte that poll() has announced. The key that raises a signal takes
 * all that was typed before it away, if it must between poll() and read(): so
 * the terminal is set not to wait (take_bytes), and nothing read is the end
 * only where the line is closed, or its buffer is the terminal's. */
static int take_byte(short revents, bool buffered)
{
  unsigned char byte;
  ssize_t got = read(STDIN_FILENO, &byte, 1);

  if (got == 1)
    return byte;
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return BYTE_NONE;
  return got == 0 && !buffered && (revents & (POLLHUP | POLLERR)) == 0
             ? BYTE_NONE
             : BYTE_END;
}

/* buffered: the terminal has its line buffer. */
static enum code read_byte(bool buffered, int *ret_byte, struct err *err)
{
  for (;;) {
    struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0},
                           {sig_fd(), POLLIN, 0},
                           {suspend_fd, POLLIN, 0}};
    int n = poll(fds, ARRAY_LEN(fds), -1);

    enum code code = sig_check(err);
    if (code != E_OK)
      return code;
    if (suspended) {
      *ret_byte = BYTE_SUSPENDED;
      return E_OK;
    }
    if (n < 0 && errno != EINTR)
      return err_set(err, E_LOCAL, "cannot wait for the terminal: %s",
                     strerror(errno));
    if (n <= 0 || fds[0].revents == 0)
      continue;
    *ret_byte = take_byte(fds[0].revents, buffered);
    if (*ret_byte != BYTE_NONE)
      return E_OK;
  }
}

/* The terminal without its line buffer, and without echo when that is hidden.
 */
static void take_bytes(const struct termios *normal, bool hidden, int when)
{
  struct termios bytes = *normal;

  bytes.c_lflag &= ~(tcflag_t)(ICANON | (hidden ? ECHO | ECHONL : 0));
  bytes.c_cc[VMIN] = 0;
  bytes.c_cc[VTIME] = 0;
  (void)tcsetattr(STDIN_FILENO, when, &bytes);
}

/* What was typed before the question is no answer to it. */
static void hide(const struct termios *normal)
{
  take_bytes(normal, /* hidden= */ true, TCSAFLUSH);
}

/* The usual editing keys. false: byte is none of them. */
static bool edit(const struct termios *normal, int byte, struct buf *line)
{
  if (byte == normal->c_cc[VERASE] || byte == 0x7f || byte == '\b') {
    /* A whole UTF-8 character, not a part of one. */
    while (line->len > 0 && (line->data[line->len - 1] & 0xc0) == 0x80)
      buf_truncate(line, line->len - 1);
    if (line->len > 0)
      buf_truncate(line, line->len - 1);
    return true;
  }
  /* What has no blanks is one word. */
  if (byte != normal->c_cc[VKILL] && byte != normal->c_cc[VWERASE])
    return false;
  buf_truncate(line, 0);
  return true;
}

/* Stops as the shell expects it, with the terminal as it was, and goes on. */
static void suspend(const struct termios *normal, const char *prompt)
{
  (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, normal);
  unwatch_suspend();
  (void)raise(SIGTSTP);
  watch_suspend();
  hide(normal);
  say_prompt(prompt);
}

/* One line without echo; the usual editing keys work. */
static enum code read_hidden(const struct termios *normal, const char *prompt,
                             struct buf *line, struct err *err)
{
  for (;;) {
    int byte;
    enum code code = read_byte(/* buffered= */ false, &byte, err);

    if (code != E_OK)
      return code;
    if (byte == BYTE_SUSPENDED) {
      suspend(normal, prompt);
      buf_truncate(line, 0);
    } else if (byte == '\n' || byte == '\r') {
      return buf_check(line, err);
    } else if (byte == BYTE_END || byte == normal->c_cc[VEOF]) {
      if (byte != BYTE_END && line->len > 0)
        return buf_check(line, err);
      return err_set(err, E_USAGE, "nothing was entered");
    } else if (!edit(normal, byte, line)) {
      buf_putc(line, (char)byte);
    }
  }
}

/* Spaces around a pasted value are never part of it. */
static void trim(struct buf *line)
{
  size_t start = 0;

  while (line->len > 0 && strchr(" \t\r\n", line->data[line->len - 1]) != NULL)
    buf_truncate(line, line->len - 1);
  while (start < line->len && strchr(" \t", line->data[start]) != NULL)
    start++;
  if (start > 0) {
    memmove(line->data, line->data + start, line->len - start);
    buf_truncate(line, line->len - start);
  }
}

enum code ui_ask_secret(const char *prompt, struct secret **ret_secret,
                        struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_SECRET);
  struct termios normal;

  if (!ui_can_ask())
    return not_askable(err, prompt);
  if (tcgetattr(STDIN_FILENO, &normal) != 0)
    return err_set(err, E_LOCAL, "cannot hide what is typed: %s",
                   strerror(errno));

  watch_suspend();
  hide(&normal);
  say_prompt(prompt);
  enum code code = read_hidden(&normal, prompt, &line, err);
  (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &normal);
  unwatch_suspend();
  put("\n", 1);
  if (code != E_OK)
    return code;

  trim(&line);
  if (line.len == 0)
    return err_set(err, E_USAGE, "nothing was entered");
  if (strlen(buf_text(&line)) != line.len || !codec_is_line(buf_text(&line)) ||
      !codec_is_utf8(buf_text(&line), line.len))
    return err_set(err, E_USAGE,
                   "what was entered has control characters or is not UTF-8");
  return secret_from_buf(ret_secret, &line, err);
}

enum code ui_ask_line(const char *prompt, char **ret_line, struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_URL);

  if (!ui_can_ask())
    return not_askable(err, prompt);

  say_prompt(prompt);
  for (;;) {
    int byte;
    enum code code = read_byte(/* buffered= */ true, &byte, err);
    if (code != E_OK)
      return code;
    if (byte == '\n')
      break;
    if (byte == BYTE_END)
      return err_set(err, E_USAGE, "nothing was entered");
    buf_putc(&line, (char)byte);
  }
  enum code code = buf_check(&line, err);
  if (code != E_OK)
    return code;
  trim(&line);
  return buf_detach(&line, ret_line, NULL, err);
}

static struct {
  struct termios normal;
  bool on;
  struct buf line;
} paste = {.line = BUF_INIT(BUF_URL)};

void ui_paste_begin(void)
{
  paste.on = ui_can_ask() && tcgetattr(STDIN_FILENO, &paste.normal) == 0;
  if (paste.on)
    take_bytes(&paste.normal, /* hidden= */ false, TCSADRAIN);
}

void ui_paste_end(void)
{
  if (paste.on)
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &paste.normal);
  paste.on = false;
  buf_clear(&paste.line);
}

enum code ui_paste_take(char **ret_line, struct err *err)
{
  struct pollfd fd = {STDIN_FILENO, POLLIN, 0};

  *ret_line = NULL;
  while (poll(&fd, 1, 0) > 0) {
    int byte = take_byte(fd.revents, /* buffered= */ false);

    if (byte == BYTE_NONE)
      return E_OK; /* whoever waits looks at signals */
    if (byte == BYTE_END ||
        (byte == paste.normal.c_cc[VEOF] && paste.line.len == 0))
      return err_set(err, E_USAGE, "nothing was entered");
    if (byte == '\n' || byte == '\r') {
      enum code code = buf_check(&paste.line, err);
      trim(&paste.line);
      return code == E_OK ? buf_detach(&paste.line, ret_line, NULL, err) : code;
    }
    if (!edit(&paste.normal, byte, &paste.line))
      buf_putc(&paste.line, (char)byte);
  }
  return E_OK;
}

enum code ui_confirm(const char *question, bool *ret_yes, struct err *err)
{
  AUTO_STR char *prompt = mem_printf("%s [y/N] ", question);
  AUTO_STR char *answer = NULL;

  if (prompt == NULL)
    return err_nomem(err);
  enum code code = ui_ask_line(prompt, &answer, err);
  if (code != E_OK)
    return code;
  *ret_yes = strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
  return E_OK;
}

enum code ui_read_secret_file(const char *file, const char *what, bool json_ok,
                              struct secret **ret_secret, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_SECRET);
  bool is_stdin = strcmp(file, "-") == 0;
  const char *where = is_stdin ? "standard input" : file;
  enum code code;

  /* At a terminal "-" means the keyboard, and that must not be seen. */
  if (is_stdin && ui_can_ask()) {
    AUTO_STR char *prompt = mem_printf("%s: ", what);
    if (prompt == NULL)
      return err_nomem(err);
    return ui_ask_secret(prompt, ret_secret, err);
  }
  if (is_stdin)
    code = file_read_fd(&text, STDIN_FILENO, where, BUF_SECRET, err);
  else
    code = file_read(&text, file, FILE_USER, BUF_SECRET, E_USAGE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_USAGE;
  if (code != E_OK)
    return code;

  trim(&text);
  if (text.len == 0)
    return err_set(err, E_USAGE, "%s: '%s' is empty", what, where);
  bool whole = strlen(buf_text(&text)) == text.len;
  bool json = json_ok && buf_text(&text)[0] == '{';
  if (!whole || (!json && !codec_is_line(buf_text(&text))))
    return err_set(err, E_USAGE,
                   "%s: '%s' has control characters or more than one line",
                   what, where);
  if (!codec_is_utf8(buf_text(&text), text.len))
    return err_set(err, E_USAGE, "%s: '%s' is not UTF-8", what, where);
  return secret_from_buf(ret_secret, &text, err);
}
