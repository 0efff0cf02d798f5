/* Options are tables. The same table feeds the parser, --help, the
 * completions (cmd/complete) and the check against the man page.
 *
 * Grammar: long options with "=" or a following word, unambiguous names in
 * full only; short ones bundle (-is); "--" ends them; options and operands mix.
 * An option that takes an optional value takes it with "=" only
 * (--browser, --browser=firefox; -Z, -Z=4). */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_type {
  OPT_FLAG,     /* bool */
  OPT_NEGATE,   /* bool *, set to false: --no-offline beside --offline */
  OPT_COUNT,    /* int, grows: -vv */
  OPT_TEXT,     /* const char * (borrowed from argv) */
  OPT_OPTIONAL, /* const char *, "" when given without a value */
  OPT_LIST,     /* struct opt_list, in order */
  OPT_DURATION, /* int64_t seconds; table default -1 by opt_defaults */
  OPT_NUMBER,   /* int64_t; likewise */
  OPT_CHOICE,   /* const char *, one of .choices */
  OPT_ACCEPTED, /* nothing: taken for habit's sake, as -L */
  OPT_REFUSED,  /* E_USAGE with .help as the fob way to do it */
  OPT_HEADING,  /* no option: .help stands above those that follow */
};

enum opt_flags {
  OPT_HIDDEN = 1,       /* not in --help and the completions */
  OPT_ONCE = 2,         /* a second one is E_USAGE (all but lists, by default
                           the last wins) */
  OPT_METHOD = 4,       /* at most one of these: login methods */
  OPT_VALUE_SECRET = 8, /* a value that is no file and looks like a token is
                           refused, never echoed (DESIGN §1.1) */
};

/* What a value completes as. */
enum opt_complete {
  COMPLETE_NONE,
  COMPLETE_FILE,
  COMPLETE_PROFILE,
  COMPLETE_CHOICE,
  COMPLETE_PRESET,
  COMPLETE_OPERATION /* an id of the API's description */
};

struct opt {
  const char *name; /* without dashes; NULL: a short one only */
  char letter;      /* 0: none */
  enum opt_type type;
  size_t offset;    /* offsetof in the command's options */
  const char *arg;  /* how --help names the value: "FILE" */
  const char *help; /* one line, no full stop */
  unsigned flags;
  const char *choices; /* "auto|always|never" */
  enum opt_complete complete;
};
#define OPT_GROUP(heading)                                                     \
  {                                                                            \
    .type = OPT_HEADING, .help = (heading)                                     \
  }
#define OPT_END                                                                \
  {                                                                            \
    .name = NULL, .letter = 0                                                  \
  }

static inline bool opt_is_end(const struct opt *opt)
{
  return opt->name == NULL && opt->letter == 0 && opt->type != OPT_HEADING;
}

struct opt_list {
  const char **items; /* freed by opt_release */
  size_t count;
};

/* Positional arguments, borrowed from argv. */
struct operands {
  const char **items;
  size_t count;
};

/* Sets durations and numbers to -1; the rest is zeroed by the caller. */
void opt_defaults(const struct opt *opts, void *target);

/* Parses argv[0..argc) (no program or command name) by two tables: the
 * command's into target, the global one into globals. E_USAGE: names the
 * option, suggests the nearest. A secret value is never echoed. */
NODISCARD enum code opt_parse(const struct opt *opts, void *target,
                              const struct opt *global_opts, void *globals,
                              int argc, char **argv,
                              struct operands *ret_operands, struct err *err);

/* The words in front of a command's name: parses global options until the
 * first operand and says where that stands (argc when there is none). */
NODISCARD enum code opt_parse_leading(const struct opt *global_opts,
                                      void *globals, int argc, char **argv,
                                      int *ret_index, struct err *err);

void opt_release(const struct opt *opts, void *target);
void operands_clear(struct operands *operands);

/* By letter, or where that is 0 by name; NULL: no such one. opts NULL: none. */
const struct opt *opt_find(const struct opt *opts, const char *name, size_t len,
                           char letter);

/* The nearest of names within a distance of 2, or NULL. */
const char *opt_nearest(const char *word, const char *const names[]);

/* "looks like a token": known prefixes (ghp_, glpat-, xoxb-, eyJ…, …) or 32 or
 * more characters of mixed classes without a path separator. */
bool opt_looks_secret(const char *text);

/* Finds contradictions in a table; NULL when it is sound. For a unit test. */
const char *opt_check_table(const struct opt *opts);
