/* Signals. Handlers for INT, TERM, HUP and QUIT are installed before any
 * library starts a thread; they only note the signal and write to a pipe.
 * Whoever waits, polls sig_fd() too and returns E_SIGNAL; main() puts the
 * default action back and re-raises at the end (128 + n).
 *
 * A signal may come between a look at sig_check() and a call that then waits
 * for ever: from the first one on, SIGALRM ends such calls (EINTR) each second.
 *
 * During a refresh the signals are held back: sig_caught() answers 0 until
 * sig_release(), so that nothing between sending and storing is cut short
 * (DESIGN §1.7). A second INT does not break the hold. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* SIGPIPE is ignored from here on, and SIGXFSZ: a write beyond the limit of a
 * file's size fails (EFBIG) as one to a full disk does. */
NODISCARD enum code sig_setup(struct err *err);

/* The signal that ended us, or 0. */
int sig_caught(void);

/* Readable once a signal was caught, also while held. -1 before sig_setup. */
int sig_fd(void);

/* Nest. While held for longer than 5 s after a signal, sig_overdue() is true:
 * network waits then give up (THREATS, refresh transaction 4). */
void sig_hold(void);
void sig_release(void);
bool sig_overdue(void);

/* Puts the signal that was caught off, so that what is under way can come to
 * its end: sig_caught() answers 0, and sig_fd() cannot be read, until another
 * one comes or sig_resume() is called. It ends fob all the same. */
void sig_defer(void);
void sig_resume(void);

/* E_SIGNAL with a message when a signal was caught and is not held, else
 * E_OK. */
NODISCARD enum code sig_check(struct err *err);

/* Notes that standard output's reader is gone (EPIPE): main ends by SIGPIPE. */
void sig_note_pipe(void);
bool sig_pipe_noted(void); /* whether it was */

/* Puts the default action of the noted signal back and raises it. Returns when
 * none was noted, and in a container's first process, which no signal of its
 * own can end: main then returns 128 + n. */
void sig_reraise(void);

/* In a child, before exec: the handlers, SIGPIPE, SIGXFSZ and SIGALRM as they
 * were before sig_setup. Safe between fork and exec. */
void sig_restore_child(void);
