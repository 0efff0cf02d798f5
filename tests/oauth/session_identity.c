/* A session's fourth source: a job's identity. The rest is in tests/cli/ci.c.
 */
#include "oauth/session_identity.h"

#include "base/clock.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define JOB                                                                    \
  "{'schema': 1, 'issuer': '%s', 'identity': {'audience': 'https://a.example'" \
  "}}"

static void start(struct flow *flow)
{
  AUTO_STR char *url = NULL;

  flow_start(flow, "");
  flow_profile(flow, JOB);
  server_order(&flow->server,
               "{'set': {'identity': {'audience': 'https://a.example'}}}");
  url = mem_printf("%s/identity/github?api-version=2.0", flow->server.base);
  setenv("ACTIONS_ID_TOKEN_REQUEST_URL", url, 1);
  setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "test-request-token-not-real", 1);
  unsetenv("GITLAB_CI");
  unsetenv("BUILDKITE");
  unsetenv("CIRCLECI");
}

Test(session_identity, comes_before_the_store)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token token = {0};
  struct err err = ERR_INIT;

  start(&f);
  cr_assert_eq(flow_token(&f, NULL, &token, &err), E_OK, "%s", err.message);
  cr_expect(token.by_identity);
  cr_expect_str_eq(token.issuer, f.server.issuer);
  cr_expect_eq(token.expires_at - token.issued_at, 3600);
  cr_expect_eq(server_count(&f.server, "/identity/github"), 1);

  session_token_clear(&token);
  unsetenv("ACTIONS_ID_TOKEN_REQUEST_URL");
  unsetenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
  unsetenv("GITHUB_ACTIONS");
  cr_assert_eq(flow_token(&f, NULL, &token, &err), E_NO_CREDENTIAL);
  cr_expect_not_null(strstr(err.hint, "or run it in a job"), "%s", err.hint);
  cr_expect_eq(server_count(&f.server, "/identity/github"), 1);
}

/* CONTRACT §2, "On 401": a token that was older than 30 s gives way to one that
 * is minted anew; a new one would be refused again. */
Test(session_identity, mints_again_for_an_old_token_that_was_refused)
{
  AUTO_FLOW struct flow f;
  AUTO_TOKEN struct session_token first = {0};
  AUTO_TOKEN struct session_token second = {0};
  struct session_ask ask = {.min_valid = -1};
  struct err err = ERR_INIT;

  start(&f);
  cr_assert_eq(flow_token(&f, NULL, &first, &err), E_OK, "%s", err.message);
  ask.rejected = first.token;
  ask.rejected_at = clock_wall() - 31;
  cr_assert_eq(flow_token(&f, &ask, &second, &err), E_OK, "%s", err.message);
  cr_expect_not(secret_equal(first.token, second.token));
  cr_expect_eq(server_count(&f.server, "/identity/github"), 2);

  ask.rejected_at = clock_wall();
  flow_expect(&f, &ask, E_UNAUTHORIZED);
  cr_expect_eq(server_count(&f.server, "/identity/github"), 2);
}
