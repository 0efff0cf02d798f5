/* Questions to the person at the terminal.
 *
 * A hidden value is read in non-canonical mode: the terminal's own line
 * buffer ends at 4,095 bytes and would cut a longer token short without a word.
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
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t suspended;

static void on_suspend(int signo)
{
  (void)signo;
  suspended = 1;
}

static void catch_suspend(void (*handler)(int))
{
  struct sigaction action = {.sa_handler = handler};

  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGTSTP, &action, NULL);
}

static void say_prompt(const char *prompt)
{
  struct err ignored = ERR_INIT;

  log_clear_line();
  IGNORE(file_write_fd(STDERR_FILENO, prompt, strlen(prompt), "standard error",
                       &ignored));
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

/* Waits for a byte. *ret_byte < 0: end of input; 0 is returned as E_OK with
 * *ret_byte -2 when the process was suspended meanwhile. */
enum { BYTE_END = -1, BYTE_SUSPENDED = -2 };

static enum code read_byte(int *ret_byte, struct err *err)
{
  for (;;) {
    struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {sig_fd(), POLLIN, 0}};
    int n = poll(fds, 2, -1);

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

    unsigned char byte;
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR)
      continue;
    *ret_byte = got == 1 ? byte : BYTE_END;
    return E_OK;
  }
}

static void hide(const struct termios *normal)
{
  struct termios hidden = *normal;

  hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
  hidden.c_cc[VMIN] = 1;
  hidden.c_cc[VTIME] = 0;
  (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

/* Stops as the shell expects it, with the terminal as it was, and goes on. */
static void suspend(const struct termios *normal, const char *prompt)
{
  suspended = 0;
  (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, normal);
  catch_suspend(SIG_DFL);
  (void)raise(SIGTSTP);
  catch_suspend(on_suspend);
  hide(normal);
  say_prompt(prompt);
}

/* One line without echo; the usual editing keys work. */
static enum code read_hidden(const struct termios *normal, const char *prompt,
                             struct buf *line, struct err *err)
{
  for (;;) {
    int byte;
    enum code code = read_byte(&byte, err);

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
    } else if (byte == normal->c_cc[VERASE] || byte == 0x7f || byte == '\b') {
      /* A whole UTF-8 character, not a part of one. */
      while (line->len > 0 && (buf_text(line)[line->len - 1] & 0xc0) == 0x80)
        buf_truncate(line, line->len - 1);
      if (line->len > 0)
        buf_truncate(line, line->len - 1);
    } else if (byte == normal->c_cc[VKILL]) {
      buf_truncate(line, 0);
    } else {
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

  suspended = 0;
  catch_suspend(on_suspend);
  hide(&normal);
  say_prompt(prompt);
  enum code code = read_hidden(&normal, prompt, &line, err);
  (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &normal);
  catch_suspend(SIG_DFL);
  say_prompt("\n");
  if (code != E_OK)
    return code;

  trim(&line);
  if (line.len == 0)
    return err_set(err, E_USAGE, "nothing was entered");
  if (strlen(buf_text(&line)) != line.len || !codec_is_line(buf_text(&line)))
    return err_set(err, E_USAGE, "what was entered has control characters");
  return secret_from_buf(ret_secret, &line, err);
}

enum code ui_ask_line(const char *prompt, char **ret_line, struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(BUF_URL);

  if (!ui_can_ask())
    return not_askable(err, prompt);

  suspended = 0;
  say_prompt(prompt);
  for (;;) {
    int byte;
    enum code code = read_byte(&byte, err);
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
  enum code code;

  if (strcmp(file, "-") == 0)
    code = file_read_fd(&text, STDIN_FILENO, "standard input", BUF_SECRET, err);
  else
    code = file_read(&text, file, FILE_USER, BUF_SECRET, E_USAGE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_USAGE;
  if (code != E_OK)
    return code;

  trim(&text);
  if (text.len == 0)
    return err_set(err, E_USAGE, "%s in '%s' is empty", what, file);
  bool whole = strlen(buf_text(&text)) == text.len;
  bool json = json_ok && buf_text(&text)[0] == '{';
  if (!whole || (!json && !codec_is_line(buf_text(&text))))
    return err_set(err, E_USAGE,
                   "%s in '%s' has control characters or more than one line",
                   what, file);
  return secret_from_buf(ret_secret, &text, err);
}
