/* What the tests of clients that fob registers by itself share. */
#pragma once

#include "cli/stage.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define LOGIN "login $I -p p --api $A --browser"

/* The server has lost its clients: its settings begin anew. */
MAYBE_UNUSED static void forget_clients(const struct server *server)
{
  server_reset(server);
  server_order(server, "{'set': {'registration': 'open'}}");
}

/* A stage whose server registers whoever asks. */
MAYBE_UNUSED static void register_make(struct stage *stage)
{
  stage_make(stage);
  server_order(&stage->server, "{'set': {'registration': 'open'}}");
}

MAYBE_UNUSED static void log_in(struct stage *stage)
{
  stage_run(stage, 0, LOGIN);
  cli_has(stage->o.err, "!registered just now");
}

/* The token endpoint knows no client, so many times (-1: for ever). */
MAYBE_UNUSED static void refuse_client(const struct stage *stage, int times)
{
  server_order(&stage->server,
               "{'next': {'path': '/token', 'fault': 'status', 'times': %d, "
               "'status': 400, 'body': {'error': 'invalid_client'}}}",
               times);
}

MAYBE_UNUSED static void expect_nothing(const struct home *home)
{
  cr_expect_not(home_has(home, "config/fob/profiles/p.json"));
  cr_expect_not(home_has(home, "data/fob/credentials/p"));
}

/* That member of the profile's client; mem_free. */
MAYBE_UNUSED static char *client_member(const struct home *home,
                                        const char *member)
{
  json_t *profile = cli_profile_read(home, "p");
  char *text = mem_str(json_string_value(
      json_object_get(json_object_get(profile, "client"), member)));

  json_decref(profile);
  return text;
}

/* The first request of that method for a path; json_decref. */
MAYBE_UNUSED static json_t *request_of(const struct server *server,
                                       const char *method, const char *path)
{
  json_t *requests = server_journal(server, path);
  json_t *found = NULL;
  size_t i;
  json_t *entry;

  json_array_foreach(requests, i, entry)
  {
    const char *is = json_string_value(json_object_get(entry, "method"));
    if (found == NULL && strcmp(is, method) == 0)
      found = json_incref(entry);
  }
  json_decref(requests);
  return found;
}

MAYBE_UNUSED static size_t count_of(const struct server *server,
                                    const char *method, const char *below)
{
  json_t *requests = server_journal(server, NULL);
  size_t count = 0;
  size_t i;
  json_t *entry;

  json_array_foreach(requests, i, entry)
  {
    count += strcmp(json_string_value(json_object_get(entry, "method")),
                    method) == 0 &&
             strncmp(json_string_value(json_object_get(entry, "path")), below,
                     strlen(below)) == 0;
  }
  json_decref(requests);
  return count;
}
