/* Logout where fob registered the client: it goes away with the login, or it is
 * said that it stays. */
#include "cli/register.h"

Test(logout_register, ends_with_the_logout_and_begins_with_the_next_login)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  stage_run(&s, 0, LOGIN);
  stage_run(&s, 0, "logout -p p");
  cli_has(s.o.err, "Logged out:");
  cli_has(s.o.err, "is deleted there too");
  cr_assert_eq(count_of(&s.server, "DELETE", "/register/"), 1);
  AUTO_STR char *file = home_read(&s.home, "config/fob/profiles/p.json", NULL);
  cli_has(file, "!client-");
  cli_has(file, "!registration");

  stage_run(&s, 0, "login -p p --browser");
  cr_assert_eq(count_of(&s.server, "POST", "/register"), 2);
  stage_run(&s, 0, "profile remove p --logout");
  cr_assert_eq(count_of(&s.server, "DELETE", "/register/"), 2);
  expect_nothing(&s.home);
}

static const struct {
  const char *line, *fault;
  int status;
  const char *says;
} logouts[] = {
    {"logout -p p", "'fault': 'status', 'status': 500", 5,
     "but its client stays registered"},
    {"logout -p p --purge", "'fault': 'cut', 'times': -1", 6,
     "but its client stays registered"},
    {"logout -p p", "'fault': 'status', 'status': 405", 0, "stays registered"},
    {"logout -p p", "'fault': 'status', 'status': 401", 0, "deleted there too"},
    {"logout -p p --local", "'fault': 'status', 'status': 500", 0,
     "stays registered"},
};

Test(logout_register, tells_what_a_logout_left_behind, .timeout = 300)
{
  for (size_t i = 0; i < ARRAY_LEN(logouts); i++) {
    AUTO_STAGE struct stage s = {0};

    register_make(&s);
    stage_run(&s, 0, LOGIN);
    server_order(&s.server, "{'next': {'path': '/register/*', %s}}",
                 logouts[i].fault);
    stage_line(&s, logouts[i].line);
    cr_expect_eq(s.o.status, logouts[i].status, "%s: %d %s", logouts[i].fault,
                 s.o.status, s.o.err);
    cli_has(s.o.err, logouts[i].says);
    stage_line(&s, "token -p p");
    cr_expect_eq(s.o.status, 8, "%d %s", s.o.status, s.o.err);
  }
}

/* Half a logout is finished by another: its client is gone by then. */
Test(logout_register, can_be_logged_out_of_without_its_client)
{
  AUTO_STAGE struct stage s = {0};

  register_make(&s);
  stage_run(&s, 0, LOGIN);
  forget_clients(&s.server);
  stage_run(&s, 0, "logout -p p");
  cli_has(s.o.err, "Logged out: p");
  cli_has(s.o.err, "is deleted there too");
}
