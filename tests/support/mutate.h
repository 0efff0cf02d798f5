/* A server's answer made wrong in every way that a client must survive: each
 * member, at any depth, removed, of another type, huge, with control
 * characters, given twice.
 *
 * The sandbox mutates what it really answers (signed, fresh) when it is told
 * to; the test says which member and how (server.h, sandbox/control.c):
 *
 *     for (size_t how = 0; how < MUTATE_COUNT; how += mutate_step()) {
 *       server_order(&s, "{'next': {'path': '/token', 'fault': 'mutate',"
 *                        " 'member': '/access_token', 'how': '%s'}}",
 *                    mutate_name(how));
 *       … fob login; 13; nothing stored; nothing more in the journal
 *     }
 *
 * A document that is made in the test goes through all of them in one loop:
 *
 *     for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, object);)
 *       code = parse(m.text, m.len);   cr_assert(…, "%s", m.name);
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum mutate_kind {
  MUTATE_REMOVED,
  MUTATE_TYPE,    /* another JSON type, or a number for a text */
  MUTATE_EMPTY,   /* "" */
  MUTATE_CONTROL, /* CR LF, ESC, NUL, C1, bidi in a text */
  MUTATE_HUGE,    /* a text of 100 KiB */
  MUTATE_TWICE,   /* the member is there twice: no JSON for fob */
  MUTATE_BROKEN,  /* the document is no JSON */
};

enum { MUTATE_COUNT = 25, MUTATE_HUGE_LEN = 100 * 1024 };

/* How far a loop goes on in which each way is a run of fob: 1; where that is
 * slow (FOB_SLOW) a step that still meets every kind. */
size_t mutate_step(void);

/* "removed", "null", "true", "1", "a huge text", …: for orders and messages. */
const char *mutate_name(size_t how);
enum mutate_kind mutate_kind(size_t how);

/* object as JSON text, with the member at that JSON pointer mutated. NULL: it
 * is not there, how is unknown, or the mutation would change nothing or means
 * nothing there (twice in an array). mem_free. */
char *mutate_text(const json_t *object, const char *member, const char *how);

struct mutation {
  char *name;   /* "/access_token: null" */
  char *member; /* the pointer */
  char *text;   /* the document */
  size_t len;
  size_t how;
  enum mutate_kind kind;

  size_t at; /* the iterator's own */
};

/* The next one, in a fixed order; false (and cleared) behind the last. */
bool mutate_next(struct mutation *mutation, const json_t *object);
void mutation_clear(struct mutation *mutation);
#define AUTO_MUTATION __attribute__((cleanup(mutation_clear)))
