/* Parts of `fob request --paginate`: the rules for it (request_pages_plan),
 * fetching pages, some of them ahead of their turn (request_pages_fetch), one
 * page on its way to the output (request_pages_take), and the run over all of
 * them (request_pages). */
#pragma once

#include "api/checkpoint.h"
#include "api/merge.h"
#include "api/page.h"
#include "api/refusal.h"
#include "cmd/request.h"

enum {
  PAGES_HELD = 1024 * 1024, /* bytes of a page that are held until it is whole;
                               of a longer one nothing is, once it is there */
  PAGES_AHEAD = 8,          /* pages in flight, or held, before their turn */
};

/* One page's request. */
struct fetch {
  struct pages *pages;
  struct url *url;
  struct body *body; /* its own; NULL: the first request's */
  struct call *call; /* NULL: over */
  int tries;
  bool guess;    /* it was asked for before its turn */
  bool current;  /* its turn has come */
  bool refused;  /* by its status */
  bool too_long; /* it was ahead, and is to be fetched in its turn */
  bool released; /* its bytes go on as they come */
  bool capped;   /* --max-items: no more of it is wanted */
  struct http_answer answer; /* what of it is needed: no address, no timing */
  struct url *from;
  struct buf held;
  enum code code;
  struct err err;
};

struct pages {
  struct ctx *ctx;
  const struct request *request;
  struct request_link link;
  struct retry_policy retry; /* for a page that broke off while it was held */
  struct pager *pager;
  struct merge *merge; /* NULL: no page yet */
  const char *items;   /* named; NULL: found */
  struct buf body;     /* the first request's, when it is to be changed */

  struct checkpoint begun; /* where this run began */
  bool resumed;
  char *hash;

  struct fetch *now;
  struct fetch *ahead[PAGES_AHEAD];
  size_t ahead_count;
  size_t most; /* how many of those there may be */
  bool blind;  /* a guess was wrong: nothing is fetched ahead any more */

  /* The output as it looks to request_output.c: api_error is looked at here,
   * page by page. */
  struct request shown;
  struct output *output;
  bool output_begun;
  struct buf out;          /* on its way there: a page in one piece */
  struct refusal *refusal; /* of this page; NULL: no api_error */

  bool ended;     /* no page follows */
  int64_t done;   /* pages, in this run */
  int64_t skip;   /* of this page's items: out already */
  int64_t before; /* merge_items() when it began */
  int64_t bytes;  /* received in all */
  struct err *err;
};

/* --- request_pages_plan.c --- */

/* The pager, by the options and the profile; the checkpoint, when there is
 * one. */
NODISCARD enum code pages_plan(struct pages *pages, struct err *err);

/* --- request_pages_fetch.c --- */

/* The page that the pager stands at: begun, or taken of those ahead. */
NODISCARD enum code pages_fetch(struct pages *pages, struct err *err);

/* Until the current page is over. E_SIGNAL and the like. */
NODISCARD enum code pages_await(struct pages *pages, struct err *err);

/* Behind pager_turn(): begins what can be foreseen. */
NODISCARD enum code pages_look_ahead(struct pages *pages, struct err *err);
/* Behind pager_whole(): begins the next page, where what follows is known
 * before this one's items are counted, so that the server works meanwhile. */
NODISCARD enum code pages_ask_early(struct pages *pages, struct err *err);

void fetch_free(struct fetch *fetch); /* NULL is fine */
void pages_drop_ahead(struct pages *pages);

/* --- request_pages_take.c --- */

/* What is held goes on, and all that comes from now on. */
NODISCARD enum code pages_release(struct pages *pages, struct fetch *fetch,
                                  struct err *err);
NODISCARD enum code pages_bytes(struct pages *pages, struct fetch *fetch,
                                const void *bytes, size_t len, struct err *err);

/* What merge.h gave goes to the output. */
NODISCARD enum code pages_write_out(struct pages *pages, struct err *err);

/* The current page is whole: E_OK when it is out. */
NODISCARD enum code pages_take(struct pages *pages, struct err *err);

/* Its items that are out, of earlier runs too. */
int64_t pages_out(const struct pages *pages);
/* --max-items has left some of them out. */
bool pages_left_out(const struct pages *pages);

/* A failure's answer to standard error: err says what it is. */
void pages_complain(struct pages *pages, const struct fetch *fetch);
