#include "api/answers_case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that counts as an answer of that size and age. */
static void put_sparse(const char *relative, off_t size, int64_t age)
{
  const char *path = scratch_path(relative);
  struct timespec times[2] = {{.tv_sec = clock_wall() - age},
                              {.tv_sec = clock_wall() - age}};
  int fd = open(path, O_WRONLY | O_CREAT, 0600);

  cr_assert(fd >= 0 && ftruncate(fd, size) == 0, "%s", path);
  cr_assert_eq(futimens(fd, times), 0);
  close(fd);
}

#define NAME "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

Test(answers_room, give_way_the_oldest_first)
{
  AUTO(answers) answers = open_of("acme");

  put_sparse("fob/answers/acme/" NAME "1.0", 30 * 1048576, 500);
  put_sparse("fob/answers/acme/" NAME "2.0", 20 * 1048576, 400);
  put_sparse("fob/answers/acme/" NAME "3.0", 20 * 1048576, 300);
  put_sparse("fob/answers/acme/" NAME "4.0", 100, 31 * 86400);
  put_sparse("fob/answers/acme/0123456789abcdef~", 100, 7200);
  put_sparse("fob/answers/acme/0123456789abcdee~", 100, 60);
  put_sparse("fob/answers/acme/notes", 100, 40 * 86400);
  must_keep(answers, &get_user, "new"); /* the first: all is looked at */
  cr_expect_eq(access(scratch_path("fob/answers/acme/" NAME "1.0"), F_OK), -1);
  cr_expect_eq(access(scratch_path("fob/answers/acme/" NAME "2.0"), F_OK), 0);
  cr_expect_eq(access(scratch_path("fob/answers/acme/" NAME "3.0"), F_OK), 0);
  cr_expect_eq(access(scratch_path("fob/answers/acme/" NAME "4.0"), F_OK), -1,
               "too old");
  cr_expect_eq(access(scratch_path("fob/answers/acme/0123456789abcdef~"), F_OK),
               -1, "left behind");
  cr_expect_eq(access(scratch_path("fob/answers/acme/0123456789abcdee~"), F_OK),
               0, "being written");
  cr_expect_eq(access(scratch_path("fob/answers/acme/notes"), F_OK), 0,
               "not fob's");
  cr_expect_str_eq(found_body(answers, &get_user), "new");
}

Test(answers_room, are_counted_without_looking_at_each)
{
  AUTO(answers) answers = open_of("acme");
  struct answers_ask other = get_user;

  other.url = "https://a.example/other";
  must_keep(answers, &get_user, "one");
  put_sparse("fob/answers/acme/" NAME "1.0", 70 * 1048576, 500);
  must_keep(answers, &other, "two");
  cr_expect_eq(access(scratch_path("fob/answers/acme/" NAME "1.0"), F_OK), 0,
               "nobody has told of it");
  cr_expect_eq(
      strncmp(scratch_read(scratch_path("fob/answers/.size")), "8192 ", 5), 0);
  scratch_write(scratch_path("fob/answers/.size"), "rubbish", 0600);
  must_keep(answers, &other, "three");
  cr_expect_eq(access(scratch_path("fob/answers/acme/" NAME "1.0"), F_OK), -1);
}

Test(answers_room, are_cleared_by_profile_or_all)
{
  AUTO(answers) one = open_of("acme");
  AUTO(answers) two = open_anew("other");
  AUTO(answers) three = open_anew(NULL);
  struct answers_sum sum = {0};
  struct err err = ERR_INIT;

  must_keep(one, &get_user, "one");
  must_keep(two, &get_user, "two");
  must_keep(three, &get_user, "three");
  cr_assert_eq(answers_clear("acme", &sum, &err), E_OK, "%s", err.message);
  cr_expect_eq(sum.count, 1);
  cr_expect(sum.bytes > 3 && sum.bytes < 4096);
  cr_expect_str_eq(found_body(one, &get_user), "(none)");
  cr_expect_str_eq(found_body(two, &get_user), "two");
  cr_assert_eq(answers_clear("nowhere", &sum, &err), E_OK);
  cr_expect_eq(sum.count, 0);
  cr_assert_eq(answers_clear(NULL, &sum, &err), E_OK, "%s", err.message);
  cr_expect_eq(sum.count, 2);
  cr_expect_str_eq(found_body(two, &get_user), "(none)");
  cr_expect_eq(
      strncmp(scratch_read(scratch_path("fob/answers/.size")), "0 ", 2), 0);
}

Test(answers_room, need_no_cache_to_be_cleared)
{
  struct answers_sum sum = {.count = 1};
  struct err err = ERR_INIT;

  (void)setenv("XDG_CACHE_HOME", scratch_dir(), 1);
  cr_assert_eq(answers_clear(NULL, &sum, &err), E_OK);
  cr_expect_eq(sum.count, 0);
  cr_expect_eq(scratch_count(scratch_dir()), 0, "nothing is made");
}
