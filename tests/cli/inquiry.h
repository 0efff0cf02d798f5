/* A login `p` at a sandbox, and fob asked about it. */
#pragma once

#include "cli/cli.h"

#include <criterion/criterion.h>
#include <string.h>

struct inquiry {
  struct home home;
  struct server server;
};

MAYBE_UNUSED static void inquiry_clear(struct inquiry *inquiry)
{
  server_stop(&inquiry->server);
  home_clear(&inquiry->home);
}
#define AUTO_INQUIRY __attribute__((cleanup(inquiry_clear)))

/* set: what the server is told before the login, as server_order()'s. */
MAYBE_UNUSED static void inquiry_start(struct inquiry *ret_inquiry,
                                       const char *set)
{
  memset(ret_inquiry, 0, sizeof *ret_inquiry);
  home_make(&ret_inquiry->home);
  home_setenv(&ret_inquiry->home, "NO_COLOR", "1");
  server_start(&ret_inquiry->server, NULL);
  server_order(&ret_inquiry->server, "{'set': %s}", set);
  cli_login(&ret_inquiry->home, &ret_inquiry->server, "p");
}

/* fob with the words of a line, which must exit so. */
MAYBE_UNUSED static void inquiry_ask(const struct inquiry *inquiry, int status,
                                     const char *line,
                                     struct outcome *ret_outcome)
{
  cli_line(&inquiry->home, &inquiry->server, ret_outcome, NULL, line);
  cli_expect(ret_outcome, status);
}

/* The same, of which only the status matters. */
MAYBE_UNUSED static void inquiry_expect(const struct inquiry *inquiry,
                                        int status, const char *line)
{
  AUTO_OUTCOME struct outcome o;

  inquiry_ask(inquiry, status, line, &o);
}

/* The server is asked once, and nothing is printed of what it answers, which
 * fault names. */
MAYBE_UNUSED static void inquiry_disbelieve(const struct inquiry *inquiry,
                                            int status, const char *line,
                                            const char *fault)
{
  AUTO_OUTCOME struct outcome o;
  size_t before = server_count(&inquiry->server, NULL);

  cli_line(&inquiry->home, &inquiry->server, &o, NULL, line);
  cr_expect_eq(o.status, status, "%s: exit %d: %s", fault, o.status, o.err);
  cr_expect_eq(o.out_len, 0, "%s: %s", fault, o.out);
  cr_expect_eq(server_count(&inquiry->server, NULL), before + 1, "%s", fault);
}

/* What was printed; json_decref. */
MAYBE_UNUSED static json_t *inquiry_json(const struct outcome *o)
{
  json_t *json = json_loads(o->out, JSON_REJECT_DUPLICATES, NULL);

  cr_assert_not_null(json, "%s", o->out);
  return json;
}

/* A member of the profile set anew; value is taken over. */
MAYBE_UNUSED static void inquiry_set_profile(const struct inquiry *inquiry,
                                             const char *member, json_t *value)
{
  json_t *profile = cli_profile_read(&inquiry->home, "p");

  json_object_set_new(profile, member, value);
  cli_profile_write(&inquiry->home, "p", profile);
  json_decref(profile);
}
