/* libjq at work, in whatever process it is called in (api/filter.h puts it into
 * one of its own). For filter.c and its tests alone.
 *
 * jq's own doors are shut: no module and no ~/.jq is read where HOME is unset,
 * `input` fails, and what `debug` says goes to the sink, as what `stderr` says
 * does (jq 1.6; later ones let it fall). Lack of memory inside libjq comes back
 * as E_LOCAL; the object is of no use then. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct filter_run;

/* Where results go. Non-OK ends the evaluation as if there were no more. */
struct filter_run_sink {
  enum code (*text)(void *user, const char *bytes, size_t len);
  /* A line that `debug` or `stderr` gave, without its end. */
  void (*note)(void *user, const char *bytes, size_t len);
  void *user;
};

/* What one document came to. */
struct filter_outcome {
  bool gave;    /* at least one value */
  bool is_true; /* and none of them is false or null */
  bool halted;  /* by `halt`: nothing more is to be filtered */
};

/* Compiles. E_USAGE with jq's words; E_LOCAL without libjq. raw: strings are
 * given as they are. */
NODISCARD enum code filter_run_new(struct filter_run **ret_run,
                                   const char *expression, bool raw,
                                   const struct filter_run_sink *sink,
                                   struct err *err);

/* A part of one document of JSON. E_ANSWER: jq cannot read it. */
NODISCARD enum code filter_run_feed(struct filter_run *run, const char *bytes,
                                    size_t len, struct err *err);

/* The document is whole: the expression is evaluated, each value in a line of
 * its own. E_FILTER with the expression's own error; what came before it has
 * been given. */
NODISCARD enum code filter_run_end(struct filter_run *run,
                                   struct filter_outcome *ret_outcome,
                                   struct err *err);

void filter_run_free(struct filter_run *run); /* NULL is fine */
DEFINE_AUTO(filter_run)
