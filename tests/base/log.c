#include "base/log.h"

#include "base/secret.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int saved = -1;

/* What is printed from here to printed() goes to a file. */
static void capture(void)
{
  const char *path = scratch_path("stderr");
  (void)fflush(stderr);
  saved = dup(STDERR_FILENO);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  cr_assert(saved >= 0 && fd >= 0);
  cr_assert_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
  (void)close(fd);
}

static const char *printed(void)
{
  (void)dup2(saved, STDERR_FILENO);
  (void)close(saved);
  return scratch_read(scratch_path("stderr"));
}

static void print_all(void)
{
  log_line(LOG_TRACE, "trace");
  log_line(LOG_VERBOSE, "verbose");
  log_raw(LOG_VERBOSE, "> GET %s", "/");
  log_note("note");
  log_warn("warn %d", 1);
}

Test(log, shows_what_the_level_lets_through)
{
  static const struct {
    enum log_level level;
    const char *text;
  } rows[] = {
      {LOG_QUIET, ""},
      {LOG_NORMAL, "fob: note\nfob: warning: warn 1\n"},
      {LOG_VERBOSE, "fob: verbose\n> GET /\nfob: note\nfob: warning: warn 1\n"},
      {LOG_TRACE, "fob: trace\nfob: verbose\n> GET /\nfob: note\nfob: warning: "
                  "warn 1\n"},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    log_setup(rows[i].level);
    cr_assert_eq(log_level(), rows[i].level);
    capture();
    print_all();
    cr_assert_str_eq(printed(), rows[i].text);
  }
}

Test(log, is_normal_before_anyone_says)
{
  capture();
  print_all();
  cr_assert_str_eq(printed(), "fob: note\nfob: warning: warn 1\n");
}

Test(log, hides_secrets_and_control_characters)
{
  struct secret *secret;
  const char *value = "test-token\x1b-not-real";
  cr_assert_eq(secret_new(&secret, value, strlen(value), NULL), E_OK);
  capture();
  log_note("a %s b\x1b[31m\nfob: forged", value);
  log_raw(LOG_NORMAL, "< %s", value);
  cr_assert_str_eq(printed(),
                   "fob: a [hidden, 20 bytes] b\\x1b[31m\\x0afob: forged\n"
                   "< [hidden, 20 bytes]\n");
  secret_free(secret);
}

Test(log, shows_nothing_of_what_is_too_long)
{
  size_t len = 3 * 1024 * 1024;
  char *text = malloc(len + 1);
  memset(text, 'x', len);
  text[len] = '\0';
  capture();
  log_note("%s", text);
  cr_assert_str_eq(printed(), "[a line could not be shown safely: too long]\n");
  free(text);
}

static void count(void *user)
{
  ++*(int *)user;
}

Test(log, calls_before_each_line_that_is_shown)
{
  int calls = 0;
  log_before_line(count, &calls);
  capture();
  log_line(LOG_TRACE, "not shown");
  cr_assert_eq(calls, 0);
  log_note("one");
  log_raw(LOG_NORMAL, "two");
  cr_assert_eq(calls, 2);
  log_clear_line();
  cr_assert_eq(calls, 3);
  log_before_line(NULL, NULL);
  log_clear_line();
  log_note("three");
  cr_assert_eq(calls, 3);
  cr_assert_str_eq(printed(), "fob: one\ntwo\nfob: three\n");
}

Test(log, does_without_standard_error)
{
  (void)fflush(stderr);
  int before = dup(STDERR_FILENO);
  (void)close(STDERR_FILENO);
  log_note("to nobody");
  cr_assert_eq(dup2(before, STDERR_FILENO), STDERR_FILENO);
}
