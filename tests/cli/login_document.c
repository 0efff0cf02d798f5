/* A client that is described by a document, whose URL is its id. */
#include "cli/cli.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define LINE "login $I -p p --api $A --browser --client-id %s/client.json"

static void make(struct home *home, struct server *server)
{
  home_make(home);
  home_setenv(home, "FOB_STORE", "file");
  server_start(server, NULL);
}

/* members: what the document has beside its id, with ' for ". */
static void publish(const struct server *server, const char *id,
                    const char *members)
{
  server_reset(server);
  server_order(server,
               "{'set': {'client_documents': true, 'client_document': "
               "{'client_id': '%s%s', %s}}}",
               server->base, id, members);
}

#define GOOD "'redirect_uris': ['http://127.0.0.1/callback']"

Test(login_document, is_looked_at_and_taken)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;
  AUTO_OUTCOME struct outcome request;

  make(&home, &server);
  publish(&server, "/client.json", GOOD);
  AUTO_STR char *line = mem_printf(LINE, server.base);
  cli_line(&home, &server, &o, NULL, line);
  cli_expect(&o, 0);
  cr_assert_eq(server_count(&server, "/client.json"), 1);
  cli_line(&home, &server, &request, NULL, "request $A/user");
  cli_expect(&request, 0);
  cli_has(request.out, "/client.json");
}

static const struct {
  const char *id, *members;
  int status;
  const char *says;
} wrong[] = {
    {"/other.json", GOOD, 13, "describes another client"},
    {"/client.json", GOOD ", 'client_secret': 'test-not-real'", 13,
     "has to do with a secret"},
    {"/client.json", "'redirect_uris': ['http://127.0.0.1/other']", 13,
     "does not have the redirect URI"},
    {"/client.json", "'redirect_uris': 7", 13, "not a list"},
    {"/client.json", GOOD ", 'grant_types': ['client_credentials']", 13,
     "does not have the grant"},
};

Test(login_document, ends_the_login_before_the_browser_when_it_is_wrong,
     .timeout = 300)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome gone;
  AUTO_OUTCOME struct outcome secret;
  AUTO_OUTCOME struct outcome moved;

  make(&home, &server);
  AUTO_STR char *line = mem_printf(LINE, server.base);
  for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
    AUTO_OUTCOME struct outcome o;

    publish(&server, wrong[i].id, wrong[i].members);
    cli_line(&home, &server, &o, NULL, line);
    cr_expect_eq(o.status, wrong[i].status, "%s: %d %s", wrong[i].members,
                 o.status, o.err);
    cli_has(o.err, wrong[i].says);
    cr_expect_eq(server_count(&server, "/authorize"), 0);
    cr_expect_not(home_has(&home, "config/fob/profiles"));
  }
  publish(&server, "/client.json", GOOD);
  server_order(&server, "{'set': {'client_document': null}}");
  cli_line(&home, &server, &gone, NULL, line);
  cli_expect(&gone, 13);
  cli_has(gone.err, "answers 404");
  server_order(&server, "{'next': {'path': '/client.json', 'fault': 'status', "
                        "'status': 302, 'headers': {'Location': '/x'}}}");
  cli_line(&home, &server, &moved, NULL, line);
  cli_expect(&moved, 13);

  publish(&server, "/client.json", GOOD);
  AUTO_STR char *basic = mem_printf(LINE " --client-auth client_secret_basic "
                                         "--client-secret-file -",
                                    server.base);
  cli_line(&home, &server, &secret, "test-secret-not-real\n", basic);
  cli_expect(&secret, 2);
  cli_has(secret.err, "has no secret");
  cr_assert_eq(server_count(&server, "/authorize"), 0);
}

/* What this machine does not reach, the server may. */
Test(login_document, is_not_missed_where_it_cannot_be_reached)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  publish(&server, "/client.json", GOOD);
  server_order(&server, "{'next': {'path': '/client.json', 'fault': 'cut', "
                        "'times': -1}}");
  AUTO_STR char *line = mem_printf(LINE, server.base);
  cli_line(&home, &server, &o, NULL, line);
  cli_expect(&o, 0);
}

Test(login_document, is_said_to_be_unknown_to_a_server_that_does_not_take_any)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};
  AUTO_OUTCOME struct outcome o;

  make(&home, &server);
  AUTO_STR char *line = mem_printf(LINE " --timeout 1", server.base);
  cli_line(&home, &server, &o, NULL, line);
  cli_expect(&o, 7);
  cli_has(o.err, "does not say that it takes the URL");
  cr_assert_eq(server_count(&server, "/client.json"), 0);
}
