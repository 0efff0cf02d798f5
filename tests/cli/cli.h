/* What the tests of the binary share. */
#pragma once

#include "support/home.h"
#include "support/program.h"
#include "support/server.h"

#include <jansson.h>

/* Logs in through the listener and the test browser, as fob-demo, into the
 * file store, with the API's base; the test fails when that does not work. */
void cli_login(const struct home *home, const struct server *server,
               const char *profile);

/* Gives the profile an access token that has expired, and a refresh token that
 * is good. The server's tokens live an hour again after it; its journal holds
 * what it held before. */
void cli_expire(const struct home *home, const struct server *server,
                const char *profile);

/* How many of the journal's token requests were refreshes. */
size_t cli_refreshes(const struct server *server);

/* Asserts the exit status, showing what was said. */
void cli_expect(const struct outcome *outcome, int status);

/* The profile's file, parsed and written back. json_decref. */
json_t *cli_profile_read(const struct home *home, const char *profile);
void cli_profile_write(const struct home *home, const char *profile,
                       const json_t *json);
/* The profile's file, on one line; mem_free. */
char *cli_profile_text(const struct home *home, const char *profile);

/* fob with the words of a line: separated by blanks, 'quoted' where they have
 * some; $I is the issuer, $A the API, $H the home's directory, in any word.
 * server may be NULL. input NULL: /dev/null. */
void cli_line(const struct home *home, const struct server *server,
              struct outcome *ret_outcome, const char *input, const char *line);
/* The same, running. */
struct program *cli_line_start(const struct home *home,
                               const struct server *server,
                               enum terminal terminal, const char *line);

/* Asserts that text holds part (or, from !: does not). */
void cli_has(const char *text, const char *part);

/* Lets the home find the presets as the source has them. */
void cli_presets(const struct home *home);

/* No keyring answers: neither the tests' own nor the developer's. */
void cli_no_keyring(struct home *home);

/* For in_child: root loses what lets it pass over file modes. */
void cli_obey_modes(void);

/* What the test browser wrote down, once it is whole; json_decref. */
json_t *cli_browser_log(const struct home *home);
