/* A part of fob in a process of its own: for a library that may end the process
 * it works in, never come back, or fill all memory.
 *
 * The child is a fork that runs one function. It can open no file and no
 * socket, has neither fob's secrets nor HOME in its environment, nothing but
 * /dev/null as standard streams, no signal handlers, and bounds for memory and
 * time; it is killed when we end, and only then: what the terminal sends to
 * everybody is ours to act on. Both talk in frames, a kind and at most
 * WORKER_FRAME bytes. Start it before a library starts a thread. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORKER_FRAME = 64 * 1024 };

struct worker;

struct worker_options {
  const char *name; /* for messages: "jq"; borrowed */
  /* In the child. before: while files can still be opened. E_OK, or why the
   * child is of no use, which worker_tell() and worker_hear() then return.
   * Both are given the child's end of the line. */
  enum code (*before)(void *user, int line, struct err *err);
  void (*work)(void *user, int line);
  void *user;
  uint64_t memory;      /* address space, bytes; 0: no bound */
  unsigned cpu_seconds; /* 0: no bound; see worker_renew() */
};

/* Does not wait for the child. */
NODISCARD enum code worker_start(struct worker **ret_worker,
                                 const struct worker_options *options,
                                 struct err *err);

/* Called with each frame of the child. Non-OK ends the call that met it. */
struct worker_ear {
  enum code (*frame)(void *user, unsigned kind, const char *bytes, size_t len,
                     struct err *err);
  void *user;
};

/* Sends frames of one kind, as many as it takes (one for no bytes). While that
 * has to wait, what the child says is heard. E_SIGNAL; E_LOCAL when the child
 * has ended, with the reason. */
NODISCARD enum code worker_tell(struct worker *worker, unsigned kind,
                                const void *bytes, size_t len,
                                const struct worker_ear *ear, struct err *err);

/* Waits until at least one frame was heard. */
NODISCARD enum code worker_hear(struct worker *worker,
                                const struct worker_ear *ear, struct err *err);

/* Ends the child, whatever it does. NULL is fine. */
void worker_free(struct worker *worker);
DEFINE_AUTO(worker)

/* --- in the child --- */

/* false: nobody listens any more. */
NODISCARD bool worker_say(int line, unsigned kind, const void *bytes,
                          size_t len);
/* Waits for a frame; bytes holds WORKER_FRAME. false: it is over. */
NODISCARD bool worker_listen(int line, unsigned *ret_kind, char *bytes,
                             size_t *ret_len);
/* From now on there are cpu_seconds again. */
void worker_renew(unsigned cpu_seconds);
