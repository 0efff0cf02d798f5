/* The answers of introspection and userinfo made wrong, member by member: 13
 * with one line, nothing printed, one request; or the member means nothing to
 * fob and is printed as it came. */
#include "cli/cli.h"

#include "support/mutate.h"

#include <criterion/criterion.h>
#include <string.h>

struct subject {
  const char *path;   /* at the server */
  const char *line;   /* fob's */
  const char *member; /* the only one that fob looks at */
};

static const struct subject introspection = {"/introspect",
                                             "token --introspect", "/active"};
static const struct subject userinfo = {"/userinfo", "status --userinfo",
                                        "/sub"};

static size_t lines_of(const char *text)
{
  size_t lines = 0;

  for (; (text = strchr(text, '\n')) != NULL; text++)
    lines++;
  return lines;
}

/* What is no document as a whole is nobody's. */
static bool is_fine(const struct subject *subject, const char *member,
                    size_t how)
{
  enum mutate_kind kind = mutate_kind(how);

  if (strcmp(member, subject->member) == 0) /* false is not active */
    return strcmp(mutate_name(how), "false") == 0;
  return kind != MUTATE_TWICE && kind != MUTATE_BROKEN;
}

static void one(const struct home *home, const struct server *server,
                const struct subject *subject, const char *member, size_t how)
{
  AUTO_OUTCOME struct outcome o;
  const char *way = mutate_name(how);
  bool fine = is_fine(subject, member, how);

  if (strcmp(member, "/active") == 0 && strcmp(way, "true") == 0)
    return; /* it is true */
  server_reset(server);
  server_order(server,
               "{'next': {'path': '%s', 'fault': 'mutate', 'member': '%s',"
               " 'how': '%s'}}",
               subject->path, member, way);
  cli_line(home, server, &o, NULL, subject->line);
  cr_expect_eq(server_count(server, NULL), 1, "%s: %s", member, way);
  cr_expect_null(strpbrk(o.err, "\x1b\x9b\r"), "%s: %s: %s", member, way,
                 o.err);
  if (fine && o.status == 0) {
    cr_expect_gt(o.out_len, 0, "%s: %s", member, way);
    return;
  }
  cr_expect(o.status == 13 || (o.status == 8 && fine), "%s: %s: %d %s", member,
            way, o.status, o.err);
  if (o.status == 13) {
    cr_expect_eq(o.out_len, 0, "%s: %s: %s", member, way, o.out);
    cr_expect_eq(lines_of(o.err), 1, "%s: %s: %s", member, way, o.err);
  }
}

static void every(const struct subject *subject, const char *member)
{
  AUTO_HOME struct home home;
  AUTO_SERVER struct server server = {0};

  home_make(&home);
  server_start(&server, NULL);
  cli_login(&home, &server, "p");
  for (size_t how = 0; how < MUTATE_COUNT; how += mutate_step())
    one(&home, &server, subject, member, how);
}

Test(inspect_mutated, active, .timeout = 300)
{
  every(&introspection, "/active");
}

Test(inspect_mutated, another_member_of_the_introspection, .timeout = 300)
{
  every(&introspection, "/scope");
}

Test(inspect_mutated, sub, .timeout = 300)
{
  every(&userinfo, "/sub");
}

Test(inspect_mutated, another_member_of_the_userinfo, .timeout = 300)
{
  every(&userinfo, "/email");
}
