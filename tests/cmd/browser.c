/* What is given to a browser, and what is not. */
#include "base/mem.h"
#include "cmd/ui.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A browser that would be found, and does nothing. */
static char true_word[] = "/bin/true", relative_word[] = "./true",
            none_word[] = "none";
static char *true_words[] = {true_word}, *relative_words[] = {relative_word},
            *none_words[] = {none_word};
static const struct text_list command = {true_words, 1};
static const struct text_list relative = {relative_words, 1};
static const struct text_list none = {none_words, 1};
static const struct text_list empty;

static void setup(void)
{
  unsetenv("CI");
  unsetenv("BROWSER");
}

Test(ui_browser, opens_plain_web_addresses_alone, .init = setup)
{
  static const struct {
    const char *url;
    enum code code;
  } rows[] = {
      {"https://login.example.test/authorize?a=b&c=%20d", E_OK},
      {"http://127.0.0.1:1/authorize", E_OK},
      {"file:///etc/passwd", E_CHECK},
      {"javascript:alert(1)", E_CHECK},
      {"ftp://example.test/", E_CHECK},
      {"HTTPS://example.test/", E_CHECK}, /* fob writes schemes small */
      {"-psn", E_CHECK},
      {"--remote-allow-origins=*", E_CHECK},
      {"", E_CHECK},
      {"https://example.test/\n--flag", E_CHECK},
      {"https://example.test/\x1b]0;x", E_CHECK},
      {"https://example.test/ --flag", E_CHECK},
      {"https://example.test/\"", E_CHECK},
      {"https://example.test/'", E_CHECK},
      {"https://example.test/`id`", E_CHECK},
      {"https://example.test/<x>", E_CHECK},
      {"https://example.test/\\x", E_CHECK},
      {"https://example.test/|x", E_CHECK},
      /* Data to a browser that no shell comes before. */
      {"https://example.test/$(id);x", E_OK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;
    enum code code = ui_browser_open(&command, rows[i].url, &err);
    cr_expect_eq(code, rows[i].code, "%s: %s", rows[i].url, err.message);
  }
}

/* w3m would be started without the terminal that it needs. */
Test(ui_browser, is_none_that_needs_the_terminal, .init = setup)
{
  const char *dir = scratch_dir();
  AUTO_STR char *path = mem_printf("%s:/usr/bin:/bin", dir);

  scratch_write(scratch_path("w3m"), "#!/bin/sh\n", 0700);
  setenv("PATH", path, 1);
  setenv("BROWSER", "w3m", 1);
  cr_expect_not(ui_browser_available(NULL));
  setenv("BROWSER", scratch_path("w3m"), 1);
  cr_expect_not(ui_browser_available(NULL));
  setenv("BROWSER", "w3m %s:true", 1);
  cr_expect(ui_browser_available(NULL));
}

Test(ui_browser, is_chosen_by_command_then_variable, .init = setup)
{
  setenv("BROWSER", "/bin/false-not-there:true", 1);
  cr_expect(ui_browser_available(&command));
  cr_expect(ui_browser_available(NULL));
  cr_expect(ui_browser_available(&empty));
  cr_expect_not(ui_browser_available(&relative));
  cr_expect_not(ui_browser_available(&none));
  setenv("BROWSER", "none", 1);
  cr_expect_not(ui_browser_available(NULL));
  cr_expect(ui_browser_available(&command));
  setenv("CI", "true", 1);
  cr_expect_not(ui_browser_available(&command));
}
