/* What it took: every exchange of a command's requests, kept for --timing and
 * --meta. What is kept is redacted when it is noted, while the secrets that it
 * might show are known. */
#pragma once

#include "api/limit.h"
#include "cmd/request.h"

enum {
  TRACE_EXCHANGES = 64, /* those kept in full: the first ones and the last */
  TRACE_NOTES = 16,
  TRACE_TOKENS = 4,
};

struct trace_exchange {
  char *method, *url, *version, *address;
  int status;        /* 0: there was no answer */
  const char *error; /* its machine name; NULL: none */
  int try, hop;
  int64_t waited_ms;
  struct http_timing timing; /* started: from the trace's beginning */
  struct http_traffic traffic;
};

/* A fact that another part of the command adds. */
struct trace_fact {
  const char *name;
  const char *text; /* NULL: number is it */
  int64_t number;
};

struct trace {
  bool wanted;     /* --timing or --meta; else tokens alone are kept */
  char *url;       /* what was asked for; NULL: many, or none */
  int64_t started; /* clock_mono_ms() */
  struct trace_exchange exchanges[TRACE_EXCHANGES];
  size_t count;  /* of all exchanges; more than are kept */
  int64_t tries; /* of them without redirects */
  int64_t waited_ms;
  int64_t connections;
  struct http_traffic traffic; /* in all */
  int64_t statuses[600];       /* how often each came; [0]: no answer */
  /* Of the call that ended last: the answer that stands. */
  int status; /* 0: none */
  char *version, *answer_url, *address;
  json_t *headers; /* name → value; NULL: none */
  struct limit limit;
  int64_t calls;
  bool with_cache; /* --cache */
  bool no_memory;
  struct trace_fact facts[TRACE_NOTES];
  size_t fact_count;
  struct secret *tokens[TRACE_TOKENS]; /* kept known to redaction */
  struct save *meta;                   /* --meta FILE; NULL */
};

/* How many of exchanges[] are in use; exchanges[trace_kept() - 1] is the last
 * one that came. */
size_t trace_kept(const struct trace *trace);

/* For sender_options. */
void trace_observe(void *trace, const struct call_exchange *exchange);
void trace_ended(void *trace, const struct call *call, enum code code);

/* --- request_timing.c --- */

/* --timing: the waterfall, on standard error. */
NODISCARD enum code trace_draw(const struct trace *trace, struct err *err);

/* --- request_meta.c --- */

/* --meta: everything as one JSON object. failed: what became of the command. */
NODISCARD enum code trace_write(const struct request *request,
                                const struct trace *trace,
                                const struct err *failed, struct buf *out,
                                struct err *err);
