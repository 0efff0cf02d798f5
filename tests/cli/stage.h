/* A home with the file store, a sandbox, and what the last line came to: for
 * tests that run one fob after another in the same place. */
#pragma once

#include "cli/cli.h"

struct stage {
  struct home home;
  struct server server;
  struct outcome o; /* the last line's; the next one replaces it */
};

MAYBE_UNUSED static void stage_clear(struct stage *stage)
{
  outcome_clear(&stage->o);
  server_stop(&stage->server);
  home_clear(&stage->home);
}
#define AUTO_STAGE __attribute__((cleanup(stage_clear)))

/* Over one that is zero. */
MAYBE_UNUSED static void stage_make(struct stage *stage)
{
  home_make(&stage->home);
  home_setenv(&stage->home, "FOB_STORE", "file");
  home_setenv(&stage->home, "NO_COLOR", "1");
  server_start(&stage->server, NULL);
}

/* cli_line, with nothing to read. */
MAYBE_UNUSED static void stage_line(struct stage *stage, const char *line)
{
  outcome_clear(&stage->o);
  cli_line(&stage->home, &stage->server, &stage->o, NULL, line);
}

/* The same, and asserts its exit status. */
MAYBE_UNUSED static void stage_run(struct stage *stage, int status,
                                   const char *line)
{
  stage_line(stage, line);
  cli_expect(&stage->o, status);
}

MAYBE_UNUSED static struct program *stage_start(const struct stage *stage,
                                                const char *line)
{
  return cli_line_start(&stage->home, &stage->server, TERMINAL_ALL, line);
}

MAYBE_UNUSED static void stage_finish(struct stage *stage,
                                      struct program *program)
{
  outcome_clear(&stage->o);
  program_finish(program, &stage->o);
}
