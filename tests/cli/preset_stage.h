/* A home and the sandbox in the part of the server of a preset that comes with
 * fob: the preset's file as it is installed, but for the addresses. */
#pragma once

#include "cli/cli.h"

struct stage {
  struct home home;
  struct server server;
};

void stage_clear(struct stage *stage);
#define AUTO_STAGE __attribute__((cleanup(stage_clear)))

/* What is at another place in the sandbox. $B is its base. */
struct move {
  const char *from, *to;
};

enum { MOVES_MAX = 5 };

struct part {
  const char *preset;
  struct move moves[MOVES_MAX]; /* a NULL ends them; longer addresses first */
  const char *settings;         /* as server_order()'s */
};

/* Starts the server, puts the preset into a new home, and lets the server's
 * clients have any redirect URI that a preset names. */
void stage_play(struct stage *ret_stage, const struct part *part);
/* The same, with a path in the server's issuer; NULL: none. */
void stage_play_at(struct stage *ret_stage, const struct part *part,
                   const char *issuer_path);

/* fob with the words of a line, which exits so and says that (cli_has). */
void stage_run(const struct stage *stage, int status, const char *line,
               const char *says);

bool stage_unstored(const struct stage *stage);

/* The index-th request for a path; json_decref. */
json_t *stage_request(const struct stage *stage, const char *path,
                      size_t index);

/* The scope that the browser asked for first; mem_free. */
char *stage_scope(const struct stage *stage);
