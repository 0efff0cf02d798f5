/* Opening the person's browser: by execv, never a shell, never a program of the
 * current directory, and only for http and https. */
#include "cmd/ui.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/env.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"

#include <string.h>

/* Takes the next command of a BROWSER list ("firefox:w3m %s") apart. */
static enum code split_words(const char **at, struct text_list *words,
                             struct err *err)
{
  size_t len = strcspn(*at, ":");
  const char *end = *at + len;
  enum code code = E_OK;

  for (const char *p = *at; p < end && code == E_OK;) {
    size_t word = strcspn(p, " \t:");
    if (word > 0) {
      AUTO_STR char *copy = mem_copy(p, word);
      code = copy == NULL ? err_nomem(err) : text_list_add(words, copy, err);
    }
    p += word;
    while (p < end && (*p == ' ' || *p == '\t'))
      p++;
  }
  *at = *end == ':' ? end + 1 : end;
  return code;
}

static bool is_wsl(void)
{
  return env_text("WSL_DISTRO_NAME") != NULL || env_text("WSL_INTEROP") != NULL;
}

/* The first of the known programs that is installed; with a display only,
 * since xdg-open would start a text browser in this very terminal. */
static const char *known_program(void)
{
  struct err ignored = ERR_INIT;
  AUTO_STR char *path = NULL;

  if (is_wsl() && run_find(&path, "wslview", &ignored) == E_OK)
    return "wslview";
  if ((env_text("DISPLAY") != NULL || env_text("WAYLAND_DISPLAY") != NULL) &&
      run_find(&path, "xdg-open", &ignored) == E_OK)
    return "xdg-open";
  return NULL;
}

/* These need the terminal that fob has, and would show nothing where they are
 * started: what BROWSER says for reading pages is not meant for logging in. */
static bool needs_terminal(const char *program)
{
  static const char *const known[] = {
      "w3m", "lynx", "links", "links2", "elinks", "www-browser", "browsh"};
  const char *slash = strrchr(program, '/');
  const char *name = slash != NULL ? slash + 1 : program;

  for (size_t i = 0; i < ARRAY_LEN(known); i++)
    if (strcmp(name, known[i]) == 0)
      return true;
  return false;
}

/* Whom to start: --browser, profile or config; BROWSER; what is installed.
 * Empty words: nobody. */
static enum code choose(const struct text_list *command,
                        struct text_list *words, struct err *err)
{
  const char *variable = env_text("BROWSER");
  enum code code = E_OK;

  if (env_text("CI") != NULL)
    return E_OK;
  if (command != NULL && command->count > 0) {
    for (size_t i = 0; i < command->count && code == E_OK; i++)
      code = text_list_add(words, command->items[i], err);
    return code;
  }
  if (variable != NULL) {
    if (strcmp(variable, "none") == 0)
      return E_OK;
    for (const char *at = variable; *at != '\0' && code == E_OK;) {
      AUTO_STR char *path = NULL;
      struct err ignored = ERR_INIT;

      text_list_clear(words);
      code = split_words(&at, words, err);
      if (code == E_OK && words->count > 0 &&
          !needs_terminal(words->items[0]) &&
          run_find(&path, words->items[0], &ignored) == E_OK)
        return E_OK;
    }
    text_list_clear(words);
    return code;
  }
  const char *known = known_program();
  return known != NULL ? text_list_add(words, known, err) : E_OK;
}

bool ui_browser_available(const struct text_list *command)
{
  AUTO_LIST struct text_list words = {0};
  AUTO_STR char *path = NULL;
  struct err ignored = ERR_INIT;

  return choose(command, &words, &ignored) == E_OK && words.count > 0 &&
         !(words.count == 1 && strcmp(words.items[0], "none") == 0) &&
         run_find(&path, words.items[0], &ignored) == E_OK;
}

static enum code check_url(const char *url, struct err *err)
{
  bool http =
      strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;

  if (!http || !codec_is_line(url) || strpbrk(url, " \"'<>\\^`{|}") != NULL)
    return err_set(err, E_CHECK,
                   "the browser is not started: not a plain http(s) address");
  return E_OK;
}

/* A word of the command with each "%s" in it replaced by the URL. */
static enum code place_url(const char *word, const char *url, char **ret_word,
                           bool *placed, struct err *err)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_URL);

  for (const char *at = word; *at != '\0';) {
    if (at[0] == '%' && at[1] == 's') {
      buf_puts(&out, url);
      *placed = true;
      at += 2;
    } else {
      buf_putc(&out, *at++);
    }
  }
  return buf_detach(&out, ret_word, NULL, err);
}

/* "%s" in the command stands for the URL; without one it goes behind. */
enum code ui_browser_open(const struct text_list *command, const char *url,
                          struct err *err)
{
  AUTO_LIST struct text_list words = {0};
  AUTO_LIST struct text_list placed = {0};
  AUTO_STR char *path = NULL;
  bool has_url = false;

  enum code code = check_url(url, err);
  if (code == E_OK)
    code = choose(command, &words, err);
  if (code != E_OK)
    return code;
  if (words.count == 0)
    return err_set(err, E_NOT_FOUND, "no browser was found");
  code = run_find(&path, words.items[0], err);
  if (code == E_OK)
    code = text_list_add(&placed, path, err);
  for (size_t i = 1; code == E_OK && i < words.count; i++) {
    AUTO_STR char *word = NULL;
    code = place_url(words.items[i], url, &word, &has_url, err);
    if (code == E_OK)
      code = text_list_add(&placed, word, err);
  }
  if (code == E_OK && !has_url)
    code = text_list_add(&placed, url, err);
  if (code != E_OK)
    return code;

  char **argv = mem_array(placed.count + 1, sizeof(*argv));
  if (argv == NULL)
    return err_nomem(err);
  for (size_t i = 0; i < placed.count; i++)
    argv[i] = placed.items[i];
  code = run_detached(argv, err);
  mem_free(argv);
  return code;
}
