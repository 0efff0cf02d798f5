/* The refresh transaction, by every way in which it can fail: what was sent,
 * and what the store holds afterwards. */
#include "oauth/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "oauth/flow.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- refusals ---------------------------------------------------------- */

Test(refresh, never_asks_again_after_a_refusal)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) record = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  server_order(&f.server, "{'revoke_logins': true}");
  flow_expire(&f);
  cr_expect_eq(flow_token(&f, NULL, &token, &err), E_REFRESH_REJECTED, "%s",
               err.message);
  cr_expect_str_eq(err.oauth_error, "invalid_grant");
  cr_expect_eq(flow_requests(&f), 1);
  record = flow_get(&f);
  cr_expect_neq(record->refresh_refused_at, 0);
  cr_expect_str_eq(record->refresh_refused_error, "invalid_grant");
  cr_expect_eq(record->pending_at, 0);
  cr_expect_not_null(record->refresh_token); /* never deleted */

  for (int i = 0; i < 20; i++) {
    err_clear(&err);
    cr_expect_eq(flow_token(&f, NULL, &token, &err), E_REFRESH_REJECTED);
  }
  cr_expect_eq(flow_requests(&f), 1);
  cr_expect_not_null(strstr(err.message, "cannot refresh 'acme': 127.0.0.1:"),
                     "%s", err.message);
  cr_expect_not_null(strstr(err.message, "says invalid_grant (\"the refresh "
                                         "token is expired or revoked\"), "
                                         "since "),
                     "%s", err.message);
  cr_expect_not_null(strstr(err.message, "; nothing more is sent"));
  cr_expect_str_eq(err.oauth_error, "invalid_grant");
  cr_expect_not_null(strstr(err.hint, "fob login -p acme"));
}

/* A login takes the note away. */
Test(refresh, asks_again_after_a_new_login)
{
  AUTO_FLOW struct flow f;

  flow_logged_in(&f);
  server_order(&f.server, "{'revoke_logins': true}");
  flow_expire(&f);
  flow_expect(&f, NULL, E_REFRESH_REJECTED);
  flow_log_in(&f);
  flow_expire(&f);
  flow_expect(&f, NULL, E_OK);
}

Test(refresh, keeps_a_refusal_free_of_what_was_sent)
{
  AUTO_FLOW struct flow f;
  AUTO(record) record = NULL;
  AUTO_TOKEN struct session_token token = {0};
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  flow_expire(&f);
  record = flow_get(&f);
  server_order(&f.server,
               "{'next': {'path': '/token', 'fault': 'status', 'status': 400,"
               " 'body': {'error': 'invalid_grant', "
               "'error_description': 'unknown token %s'}}}",
               secret_reveal(record->refresh_token));
  cr_expect_eq(flow_token(&f, NULL, &token, &err), E_REFRESH_REJECTED);
  cr_expect_null(strstr(err.message, secret_reveal(record->refresh_token)),
                 "%s", err.message);
  {
    AUTO(record) after = flow_get(&f);

    cr_expect_null(strstr(after->refresh_refused_text,
                          secret_reveal(record->refresh_token)),
                   "%s", after->refresh_refused_text);
    cr_expect_not_null(strstr(after->refresh_refused_text, "[hidden"));
  }
}

/* What says nothing about the refresh token is not noted, and leaves no mark
 * when the server cannot have acted on it. */
Test(refresh, does_not_note_what_will_pass)
{
  static const struct {
    const char *order;
    enum code code;
    bool mark;
  } rows[] = {
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 401, "
       "'body': {'error': 'invalid_client'}}}",
       E_OAUTH, false},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 400, "
       "'body': {'error': 'invalid_scope'}}}",
       E_OAUTH, false},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 429}}", E_RATE,
       false},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 404, "
       "'body': 'no'}}",
       E_ANSWER, false},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 302, "
       "'headers': {'Location': 'http://127.0.0.1:9/'}}}",
       E_ANSWER, false},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 500, "
       "'body': {'error': 'invalid_grant'}}}",
       E_ISSUER_5XX, true},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 200, "
       "'body': ''}}",
       E_ANSWER, true},
      {"{'next': {'path': '/token', 'fault': 'status', 'status': 200, "
       "'body': '<html>'}}",
       E_ANSWER, true},
      {"{'next': {'path': '/token', 'fault': 'cut'}}", E_CUT, true},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_FLOW struct flow f;
    AUTO(record) before = NULL;
    AUTO(record) after = NULL;

    flow_logged_in(&f);
    flow_expire(&f);
    before = flow_get(&f);
    server_order(&f.server, "%s", rows[i].order);
    flow_expect(&f, NULL, rows[i].code);
    cr_expect_eq(flow_requests(&f), 1, "%s", rows[i].order);
    after = flow_get(&f);
    cr_expect_eq(after->refresh_refused_at, 0, "%s", rows[i].order);
    cr_expect_eq(after->pending_at != 0, rows[i].mark, "%s", rows[i].order);
    cr_expect_eq(after->generation, before->generation);
    cr_expect(secret_equal(after->refresh_token, before->refresh_token));
    flow_expect(&f, NULL, E_OK); /* the server had not acted */
    cr_expect_eq(flow_requests(&f), 2);
  }
}

Test(refresh, sends_nothing_to_a_server_that_is_not_there)
{
  AUTO_FLOW struct flow f;
  AUTO(record) record = NULL;

  flow_logged_in(&f);
  flow_expire(&f);
  record = flow_get(&f);
  cr_assert_eq(record_set_text(&record->bound.token_endpoint,
                               "http://127.0.0.1:1/token", NULL),
               E_OK);
  flow_put(&f, record);
  flow_expect(&f, NULL, E_CONNECT);
  {
    AUTO(record) after = flow_get(&f);

    cr_expect_eq(after->pending_at, 0);
    cr_expect_eq(after->refresh_refused_at, 0);
  }
}

/* The server has rotated, and its answer never came. */
Test(refresh, explains_a_refusal_after_an_answer_that_was_lost)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) before = NULL;
  AUTO(record) after = NULL;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  flow_expire(&f);
  before = flow_get(&f);
  server_order(&f.server,
               "{'next': {'path': '/token', 'fault': 'cut_after_commit'}}");
  cr_expect_eq(flow_token(&f, NULL, &token, &err), E_CUT, "%s", err.message);
  cr_expect_eq(flow_requests(&f), 1); /* one request only */
  after = flow_get(&f);
  cr_expect(secret_equal(after->refresh_token, before->refresh_token));
  cr_expect_neq(after->pending_at, 0);

  for (int i = 0; i < 2; i++) {
    err_clear(&err);
    cr_expect_eq(flow_token(&f, NULL, &token, &err), E_REFRESH_REJECTED);
    cr_expect_not_null(strstr(err.hint, "ended before its answer was stored"),
                       "%s", err.hint);
  }
  cr_expect_eq(flow_requests(&f), 2);
}

/* A process that died in its refresh left a mark: it holds up nothing. */
Test(refresh, goes_on_where_another_was_interrupted)
{
  AUTO_FLOW struct flow f;
  AUTO(record) record = NULL;
  AUTO(record) after = NULL;

  flow_logged_in(&f);
  flow_expire(&f);
  record = flow_get(&f);
  record->pending_at = clock_wall() - 60;
  flow_put(&f, record);
  flow_expect(&f, NULL, E_OK);
  after = flow_get(&f);
  cr_expect_eq(after->pending_at, 0);
}

/* A mark whose meaning nobody knows outlives a failure that is clear. */
Test(refresh, keeps_an_older_mark_through_a_clear_failure)
{
  AUTO_FLOW struct flow f;
  AUTO(record) record = NULL;
  AUTO(record) after = NULL;
  int64_t then = clock_wall() - 60;

  flow_logged_in(&f);
  flow_expire(&f);
  record = flow_get(&f);
  record->pending_at = then;
  flow_put(&f, record);
  server_order(
      &f.server,
      "{'next': {'path': '/token', 'fault': 'status', 'status': 429}}");
  flow_expect(&f, NULL, E_RATE);
  after = flow_get(&f);
  cr_expect_eq(after->pending_at, then);
}

/* A full disk, as a limit on the size of files. */
Test(refresh, sends_nothing_when_the_store_cannot_be_written)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) before = NULL;
  AUTO(record) after = NULL;
  struct rlimit limit;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  flow_expire(&f);
  before = flow_get(&f);
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = 64;
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  cr_expect_eq(err_status(flow_token(&f, NULL, &token, &err)), 12, "%s",
               err.message);
  cr_expect_not_null(strstr(err.message, "nothing was sent"), "%s",
                     err.message);
  cr_expect_eq(flow_requests(&f), 0);
  limit.rlim_cur = limit.rlim_max;
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  after = flow_get(&f);
  cr_expect(secret_equal(after->refresh_token, before->refresh_token));
  flow_expect(&f, NULL, E_OK);
}

/* The disk fills up between the mark and the answer: the new tokens are longer
 * than what still fits. */
Test(refresh, says_that_what_came_could_not_be_stored)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  AUTO(record) before = NULL;
  AUTO(record) after = NULL;
  struct rlimit limit;
  struct stat file;
  struct err err = ERR_INIT;

  flow_logged_in(&f);
  flow_expire(&f);
  before = flow_get(&f);
  server_order(&f.server, "{'set': {'token_suffix': '%0500d'}}", 0);
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(stat(scratch_path("data/fob/credentials/acme"), &file), 0);
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = (rlim_t)file.st_size + 100;
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  cr_expect_eq(err_status(flow_token(&f, NULL, &token, &err)), 12, "%s",
               err.message);
  cr_expect_eq(
      strncmp(err.message, "the new token of 'acme' could not be stored: ", 45),
      0, "%s", err.message);
  cr_expect_null(token.token);
  cr_expect_eq(flow_requests(&f), 1);
  after = flow_get(&f);
  cr_expect(secret_equal(after->refresh_token, before->refresh_token));
  cr_expect_neq(after->pending_at, 0);
}

Test(refresh, believes_no_refreshed_id_token_of_somebody_else)
{
  static const char *const orders[] = {
      "{'set': {'patch': {'id_token': {'sub': 'user-2'}}}}",
      "{'set': {'patch': {'id_token': {'iss': 'https://evil.example'}}}}",
      "{'set': {'patch': {'id_token': {'aud': 'other'}}}}",
  };

  for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
    AUTO_FLOW struct flow f;
    AUTO(record) before = NULL;
    AUTO(record) after = NULL;

    flow_logged_in(&f);
    flow_expire(&f);
    before = flow_get(&f);
    server_order(&f.server, "%s", orders[i]);
    flow_expect(&f, NULL, E_CHECK);
    after = flow_get(&f);
    cr_expect_eq(after->generation, before->generation);
    cr_expect(secret_equal(after->refresh_token, before->refresh_token));
    cr_expect_eq(server_count(&f.server, "/jwks"), 0);
  }
}

Test(refresh, ends_with_a_login_that_cannot_be_renewed)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  struct err err = ERR_INIT;

  flow_start(&f, FLOW_SCOPE);
  server_order(&f.server, "{'set': {'refresh_tokens': false}}");
  flow_log_in(&f);
  flow_expire(&f);
  server_reset(&f.server);
  cr_expect_eq(flow_token(&f, NULL, &token, &err), E_NO_CREDENTIAL, "%s",
               err.message);
  cr_expect_not_null(strstr(err.hint, "fob login -p acme"));
  cr_expect_eq(flow_requests(&f), 0);
}

/* --- several at once --------------------------------------------------- */

Test(refresh, refreshes_once_for_many_processes)
{
  enum { PROCESSES = 8 };
  AUTO_FLOW struct flow f;
  AUTO(record) record = NULL;
  pid_t children[PROCESSES];

  flow_logged_in(&f);
  flow_expire(&f);
  for (int i = 0; i < PROCESSES; i++) {
    children[i] = fork();
    cr_assert_geq(children[i], 0);
    if (children[i] == 0) {
      struct session_token token = {0};
      struct err err = ERR_INIT;

      _exit(flow_token(&f, NULL, &token, &err) == E_OK ? 0 : 1);
    }
  }
  for (int i = 0; i < PROCESSES; i++) {
    int status = -1;

    cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
    cr_expect_eq(status, 0);
  }
  cr_expect_eq(flow_requests(&f), 1);
  record = flow_get(&f);
  cr_expect_eq(record->generation, 2);
}
