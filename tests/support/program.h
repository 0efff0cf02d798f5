/* Runs a program as a user would and tells everything that came of it: output,
 * errors, status or signal, within a deadline. Output goes to memory files, so
 * that a grandchild which keeps them open holds up nothing. */
#pragma once

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct home;
struct program; /* one that runs */

enum terminal {
  TERMINAL_NONE,
  TERMINAL_ALL,        /* a pseudo-terminal for all three */
  TERMINAL_BUT_OUTPUT, /* standard output is captured: $(fob …) at a prompt */
};

/* All members may be left zero but argv and env. Strings are borrowed. */
struct program_options {
  const char *const *argv; /* NULL-terminated; searched in the PATH of env */
  char *const *env;
  const char *input; /* NULL: /dev/null; with a terminal: nothing is typed */
  size_t input_len;  /* 0: strlen */
  const char *dir;   /* NULL: as we are */
  enum terminal terminal;
  int timeout_ms;         /* 0: 60,000; then the whole group is killed */
  int out_fd;             /* > 0: standard output goes there instead */
  void (*in_child)(void); /* called just before exec; NULL */
};

struct outcome {
  int status; /* of exit; -1 when a signal or the deadline ended it */
  int signal; /* 0: none */
  bool timed_out;
  char *out, *err; /* NUL behind them. A terminal: in err.  */
  size_t out_len, err_len;
  int64_t ms;
};

struct program *program_start(const struct program_options *options);
pid_t program_pid(const struct program *program);

/* Waits for its end and frees it. ret_outcome may be NULL. */
void program_finish(struct program *program, struct outcome *ret_outcome);
void program_run(const struct program_options *options,
                 struct outcome *ret_outcome);
void outcome_clear(struct outcome *outcome);
#define AUTO_OUTCOME __attribute__((cleanup(outcome_clear)))

/* True once what it wrote to standard error (or its terminal) holds text;
 * false when it ended or timeout_ms passed first. */
bool program_await(struct program *program, const char *text, int timeout_ms);
/* Types on its terminal. "\x03" is ^C, "\x04" ^D. */
void program_type(struct program *program, const char *text);
/* The terminal's echo, as it is now. */
bool program_echoes(const struct program *program);
/* What standard error (or the terminal) holds so far; mem_free. */
char *program_seen(struct program *program);

/* A program of the same build as this test: build/VARIANT/tests/NAME;
 * mem_free. */
char *program_sibling(const char *name);
/* The program under test: FOB_BIN, or that of the same build. mem_free. */
char *program_fob(void);

/* fob with these arguments in a home: `fob(&home, &o, "token", "-p", "x",
 * NULL)`. input NULL: /dev/null. */
void fob(const struct home *home, struct outcome *ret_outcome, ...)
    __attribute__((sentinel));
void fob_input(const struct home *home, struct outcome *ret_outcome,
               const char *input, ...) __attribute__((sentinel));
/* The same, running. */
struct program *fob_start(const struct home *home, enum terminal terminal, ...)
    __attribute__((sentinel));
