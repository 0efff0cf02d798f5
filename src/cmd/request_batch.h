/* The parts of `fob request --batch`: what the command line says about all
 * items (request_batch_item), the run (request_batch), what became of an item
 * (request_batch_done), and what is said of the whole (request_batch_end). */
#pragma once

#include "api/batch_item.h"
#include "api/batch_lines.h"
#include "api/batch_order.h"
#include "api/batch_result.h"
#include "cmd/request.h"
#include "cmd/ui.h"

/* --- request_batch_item.c ------------------------------------------------- */

/* What the command line says about every item. */
struct batch_plan {
  struct request request; /* its url is the base and the query of all */
  struct url *base;       /* what paths are below; NULL: items have URLs */
  const char *method;     /* of items that name none; NULL */
  struct headers json;    /* the request's headers for a body of JSON */
  struct headers typed;   /* the same for the body of the command line */
};
NODISCARD enum code batch_plan_make(struct ctx *ctx,
                                    const struct request_options *options,
                                    const struct operands *operands,
                                    struct batch_plan *ret_plan,
                                    struct err *err);
void batch_plan_clear(struct batch_plan *plan);
#define AUTO_BATCH_PLAN __attribute__((cleanup(batch_plan_clear)))

/* One item's request. What is its own is kept beside it; the rest is the
 * plan's. */
struct batch_request {
  struct request request; /* never cleared */
  char *method;
  struct url *url;
  struct headers headers;
  struct body *body;
};
/* E_USAGE, E_ORIGIN and so on, as request_plan() says it of a command line. */
NODISCARD enum code batch_request_make(struct batch_request *ret_request,
                                       const struct batch_plan *plan,
                                       const struct batch_item *item,
                                       struct err *err);
void batch_request_clear(struct batch_request *request);
#define AUTO_BATCH_REQUEST __attribute__((cleanup(batch_request_clear)))

/* --- the run -------------------------------------------------------------- */

/* What came of all items so far. */
struct batch_tally {
  uint64_t done, failed;
  uint64_t by_code[E_SIGNAL + 1];
  enum code first; /* failure */
};

struct batch {
  struct ctx *ctx;
  const struct request_options *options;
  struct batch_plan plan;
  struct request_link link;
  struct batch_lines *lines;
  struct batch_order *order; /* NULL: as they finish */
  struct batch_call *calls;  /* under way */
  size_t busy, limit;
  size_t held;   /* bytes of answers under way */
  bool waiting;  /* no line is there yet */
  bool ended;    /* nor will be */
  bool stopping; /* nothing more is begun */
  bool interrupted;
  int64_t deadline; /* of what is under way after a signal; -1: none */
  bool flush_each;  /* somebody may read the output while it grows */
  bool terminal;
  enum code code; /* ends the run at once */
  struct err err;
  enum code fatal; /* it would be every item's end */
  struct err fatal_err;
  struct batch_tally tally;
  struct ui_progress progress;
  int64_t started_ms;
};

/* An item under way. */
struct batch_call {
  struct batch *batch;
  struct batch_call *next, **slot;
  uint64_t line, ticket;
  char *id; /* NULL: the line's number */
  size_t id_len;
  struct batch_request request;
  struct call *call;
  struct buf answer;
};

/* --- request_batch.c --- */

/* E_OK, one code that all failures have in common, or E_INCOMPLETE. */
NODISCARD enum code request_batch(struct ctx *ctx,
                                  const struct request_options *options,
                                  const struct operands *operands,
                                  struct err *err);

/* Begins items until enough are under way or no line is there. What ends the
 * run goes to batch->code. */
void batch_fill(struct batch *batch);

/* A signal came: nothing more is begun, and what is under way has a few seconds
 * to end. false: it is not the first. */
bool batch_interrupt(struct batch *batch);

void batch_call_free(struct batch_call *call);
DEFINE_AUTO(batch_call)

/* --- request_batch_done.c --- */

/* Where an item's answer goes; user is the batch_call. */
extern const struct call_sink batch_sink;

/* An item that was never sent, or is given up: result says which; code and err
 * why. */
void batch_failed(struct batch *batch, struct batch_result *result,
                  uint64_t ticket, enum code code, struct err *err);

/* Hands over what is held back for want of bytes. */
void batch_flush(struct batch *batch);

/* --- request_batch_end.c --- */

void batch_progress(struct batch *batch);

/* What all of it comes to. */
NODISCARD enum code batch_conclude(struct batch *batch, struct err *err);
