/* A client that an earlier login registered (RFC 7592): it is looked at, used
 * again while it serves, and made anew, once, where it does not. */
#include "cli/register.h"

Test(login_register_again, is_made_anew_once_when_the_server_has_lost_it)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  log_in(&s);
  AUTO_STR char *old = client_member(&s.home, "id");
  forget_clients(&s.server);
  stage_run(&s, 0, "login -p p --browser");
  cli_has(s.o.err, old);
  cli_has(s.o.err, "registered just now: the server does not know it any more");
  AUTO_STR char *new = client_member(&s.home, "id");
  cr_assert_str_neq(old, new);
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
  cr_assert_eq(count_of(&s.server, "GET", "/authorize"), 1);
}

/* Not managed: found out by the token endpoint's answer alone. */
Test(login_register_again, is_made_anew_once_when_the_server_refuses_it)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'registration_management': false}}");
  log_in(&s);
  refuse_client(&s, 1);
  stage_run(&s, 0, "login -p p --browser");
  cli_has(s.o.err, "the server does not take it any more");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 2);

  /* … and never in a loop. */
  refuse_client(&s, -1);
  AUTO_STR char *before = client_member(&s.home, "id");
  stage_run(&s, 8, "login -p p --browser");
  cli_has(s.o.err, "invalid_client");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 3);
  AUTO_STR char *after = client_member(&s.home, "id");
  cr_assert_str_eq(before, after);
}

Test(login_register_again,
     is_made_anew_for_another_redirect_and_the_old_one_goes)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  log_in(&s);
  AUTO_STR char *old = client_member(&s.home, "id");

  /* A login that does not come about leaves everything as it was. */
  server_order(&s.server, "{'set': {'consent': 'deny'}}");
  stage_run(&s, 8, "login -p p --browser --redirect-uri http://127.0.0.1/cb");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 2);
  cr_assert_eq(count_of(&s.server, "DELETE", "/register/"), 1);
  AUTO_STR char *place = mem_printf("/register/%s", old);
  json_t *deleted = request_of(&s.server, "DELETE", place);
  cr_assert_null(deleted);
  AUTO_STR char *same = client_member(&s.home, "id");
  cr_assert_str_eq(same, old);

  server_order(&s.server, "{'set': {'consent': 'auto'}}");
  stage_run(&s, 0, "login -p p --browser --redirect-uri http://127.0.0.1/cb");
  cli_has(s.o.err, "another redirect URI");
  deleted = request_of(&s.server, "DELETE", place);
  cr_assert_not_null(deleted);
  json_decref(deleted);
}

Test(login_register_again, is_made_anew_when_its_secret_has_expired)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'registration_auth': 'client_secret_post', "
                          "'patch': {'registration': "
                          "{'client_secret_expires_at': 1000000000}}}}");
  log_in(&s);
  server_order(&s.server, "{'set': {'patch': {'registration': {}}}}");
  stage_run(&s, 0, "login -p p --browser");
  cli_has(s.o.err, "its secret expired");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 2);
}

/* What cannot be asked is not held against it. */
Test(login_register_again, goes_on_when_its_management_does_not_answer)
{
  static const char *const faults[] = {
      "'fault': 'cut', 'times': -1", "'fault': 'status', 'status': 500",
      "'fault': 'status', 'status': 403", "'fault': 'status', 'status': 405"};
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  log_in(&s);
  for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
    server_order(&s.server, "{'next': {'path': '/register/*', %s}}", faults[i]);
    stage_run(&s, 0, "login -p p --browser");
  }
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
}

/* A client of the person's own is not replaced, whoever had registered the one
 * before it. */
Test(login_register_again, gives_way_to_a_client_of_the_persons_own)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'registration_auth': "
                          "'client_secret_basic'}}");
  log_in(&s);
  stage_run(&s, 0, "login -p p --browser --client-id fob-demo");
  AUTO_STR char *file = home_read(&s.home, "config/fob/profiles/p.json", NULL);
  cli_has(file, "!registration");
  cli_has(file, "!client_secret");
  refuse_client(&s, 1);
  stage_run(&s, 8, "login -p p --browser");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 1);
}

/* Without its secret a client is of no use. */
Test(login_register_again,
     is_made_anew_when_its_secret_went_with_a_local_logout)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  server_order(&s.server, "{'set': {'registration_auth': "
                          "'client_secret_basic'}}");
  stage_run(&s, 0, LOGIN);
  stage_run(&s, 0, "logout -p p --local");
  stage_run(&s, 0, "login -p p --browser");
  cli_has(s.o.err, "its secret is not here any more");
}
