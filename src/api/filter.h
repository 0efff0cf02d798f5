/* JSON filtered by a jq expression (--jq, --wait-for), as documents arrive.
 *
 * libjq works in a process of its own (base/worker.h): an expression may never
 * end or want all memory, libjq ends its process when it is short of that, and
 * neither may reach the environment that holds FOB_TOKEN, a file, or the
 * credential, which that process never has where it is started before. It is
 * as well quicker: jq's built-ins are compiled (15 ms) while fob fetches the
 * token, and a document is parsed while it arrives.
 *
 * A document must be whole before it can be filtered, at most FILTER_DOCUMENT
 * bytes of it; of a row of documents (NDJSON) each is filtered by itself, and
 * what it gives is written before filter_feed() returns. Numbers come out as
 * libjq understood them (1.6: as doubles). What `debug` says is a note. */
#pragma once

#include "api/format.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
  FILTER_DOCUMENT = 256 * 1024 * 1024, /* bytes of text */
  FILTER_SECONDS = 600,                /* of computing, for one document */
};

struct filter;

struct filter_options {
  const char *expression;
  /* Strings are given as they are; else each value is a JSON text. A line end
   * behind each. */
  bool raw;
  struct format_sink sink;
};

/* Starts the process and does not wait for it. To be called before threads
 * are started. All is borrowed for the call but the sink. */
NODISCARD enum code filter_new(struct filter **ret_filter,
                               const struct filter_options *options,
                               struct err *err);

/* Waits until the expression is compiled: E_USAGE with jq's words where it
 * cannot be, E_LOCAL without libjq. To be called before anything is sent. */
NODISCARD enum code filter_ready(struct filter *filter, struct err *err);

/* E_FILTER: the expression failed on a document (`error`, null iterated over),
 * with its words; E_ANSWER: what comes is no JSON, or nested deeper than jq
 * reads; E_LOCAL: a document is too long, or the process has ended; E_SIGNAL.
 * Then the filter is of no more use. */
NODISCARD enum code filter_feed(struct filter *filter, const void *bytes,
                                size_t len, struct err *err);

/* The text ends here. E_NOT_FOUND when no document gave a value (pages of
 * NDJSON may be empty: filter_documents()); otherwise as filter_feed(). */
NODISCARD enum code filter_end(struct filter *filter, struct err *err);

/* Whether the last whole document gave a value, and none that is false or
 * null. */
bool filter_is_true(const struct filter *filter);
/* `halt` was met: whatever is fed from then on is passed over. */
bool filter_halted(const struct filter *filter);
/* How many whole documents there were. */
size_t filter_documents(const struct filter *filter);

void filter_free(struct filter *filter); /* NULL is fine */
DEFINE_AUTO(filter)
