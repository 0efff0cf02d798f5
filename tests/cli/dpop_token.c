/* fob token --for: a DPoP token for a program that sends the request itself;
 * and what fob shows of a request instead of sending it. */
#include "cli/dpop_scene.h"
#include "support/fetch.h"

/* What fob printed, as the header lines of a request by another program: its
 * status. */
static int sent(const struct scene *s, const char *method, const char *path,
                const char *lines)
{
  AUTO_FETCH struct fetch_answer answer = {0};
  AUTO_STR char *url = mem_printf("%s/%s", s->server.api, path);
  AUTO_BUF struct buf head = BUF_INIT(BUF_LINE);

  for (const char *c = lines; *c != '\0'; c++)
    buf_puts(&head, *c == '\n' ? "\r\n" : (char[]){*c, '\0'});
  cr_assert(fetch(method, url, buf_text(&head), NULL, 0, 10000, &answer));
  return answer.status;
}

Test(dpop_token, is_given_with_a_proof_for_one_request)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, header;

  scene_bound(&s);
  cli_line(&s.home, &s.server, &o, NULL, "token --for GET $A/user");
  cli_expect(&o, 0);
  cr_expect_eq(strncmp(o.out, "Authorization: DPoP access-not-real-", 36), 0,
               "%s", o.out);
  cli_has(o.out, "\nDPoP: eyJ");
  cr_expect_eq(sent(&s, "GET", "user", o.out), 200);
  cr_expect_eq(sent(&s, "GET", "user", o.out), 401, "it is good once");

  cli_line(&s.home, &s.server, &header, NULL,
           "token --header --for HEAD '$A/user?x=y'");
  cli_expect(&header, 0);
  cr_expect_eq(sent(&s, "GET", "user", header.out), 401);
  cr_expect_eq(sent(&s, "HEAD", "user", header.out), 200);
}

Test(dpop_token, takes_the_nonce_that_the_api_has_given)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome without, with, bad;

  scene_bound(&s);
  server_order(&s.server, "{'set': {'dpop': {'nonce': 'api'}}}");
  cli_line(&s.home, &s.server, &without, NULL, "token --for GET $A/user");
  cr_expect_eq(sent(&s, "GET", "user", without.out), 401);
  cli_line(&s.home, &s.server, &with, NULL,
           "token --for GET --nonce nonce-not-real-api-0 $A/user");
  cli_expect(&with, 0);
  cr_expect_eq(sent(&s, "GET", "user", with.out), 200);
  cli_line(&s.home, &s.server, &bad, NULL,
           "token --for GET --nonce 'a b' $A/user");
  cli_expect(&bad, 2);
}

Test(dpop_token, is_of_no_use_alone)
{
  static const struct {
    const char *line;
    int status;
    const char *says;
  } rows[] = {
      {"token", 2, "fob token -p svc --for GET URL"},
      {"token --header", 2, "--for GET URL"},
      {"token $A", 2, "--for GET URL"},
      {"token --for GET", 2, "takes a method and a URL"},
      {"token --for get $A", 2, "no method"},
      {"token --for 'GET ' $A", 2, "no method"},
      {"token --for GET https://other.example.test/", 11, "not an origin"},
      {"token --nonce x $A", 2, "--for METHOD URL"},
  };
  AUTO_SCENE struct scene s;

  scene_bound(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    cli_line(&s.home, &s.server, &o, NULL, rows[i].line);
    cr_expect_eq(o.status, rows[i].status, "%s: %d", rows[i].line, o.status);
    cr_expect(has(o.err, rows[i].says), "%s: %s", rows[i].line, o.err);
    cr_expect_str_eq(o.out, "", "%s", rows[i].line);
  }
}

Test(dpop_token, says_its_type_as_json)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome alone, whole;

  scene_bound(&s);
  cli_line(&s.home, &s.server, &alone, NULL, "token --json");
  cli_expect(&alone, 0);
  cli_has(alone.out, "\"token_type\":\"DPoP\"");
  cli_has(alone.out, "!\"dpop\"");
  cli_line(&s.home, &s.server, &whole, NULL, "token --json --for GET $A/user");
  cli_expect(&whole, 0);
  cli_has(whole.out, "\"dpop\":\"eyJ");
}

Test(dpop_token, is_a_plain_header_where_nothing_is_bound)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  cli_line(&s.home, &s.server, &o, NULL, "token --for GET $A/user");
  cli_expect(&o, 0);
  cr_expect_eq(strncmp(o.out, "Authorization: Bearer ", 22), 0, "%s", o.out);
  cr_expect_null(strstr(o.out, "DPoP"));
  cr_expect_eq(sent(&s, "GET", "user", o.out), 200);
}

/* --- instead of sending ------------------------------------------------------
 */

Test(dpop_token, is_in_the_line_for_curl)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, run;

  scene_bound(&s);
  cli_line(&s.home, &s.server, &o, NULL, "request PUT echo a=1 b==2 --curl");
  cli_expect(&o, 0);
  cli_has(o.out, "h=$(fob token --for PUT ");
  cli_has(o.out, "!eyJ");
  run_shell(&s, &run, o.out);
  cr_expect_eq(run.status, 0, "%s", run.err);
  cli_has(run.out, "\"authorized\":true");
}

Test(dpop_token, is_hidden_in_a_dry_run)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome required, set, either;

  scene_bound(&s);
  server_reset(&s.server);
  cli_line(&s.home, &s.server, &required, NULL, "request user --dry-run");
  cli_expect(&required, 0);
  cli_has(required.out, "Authorization: DPoP [hidden]\nDPoP: [made when it");
  cli_line(&s.home, &s.server, &set, NULL, "profile set svc dpop auto");
  cli_expect(&set, 0);
  cli_line(&s.home, &s.server, &either, NULL, "request user --dry-run");
  cli_has(either.out, "Authorization: Bearer or DPoP [hidden]\n");
  cr_expect_eq(server_count(&s.server, "/api/user"), 0);
}
