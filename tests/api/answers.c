#include "api/answers_case.h"

#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Test(answers, gives_back_what_was_kept)
{
  AUTO(answers) answers = open_of("acme");
  AUTO(found) found = NULL;
  const struct headers none = {0};
  struct err err = ERR_INIT;

  cr_expect_str_eq(found_body(answers, &get_user), "(none)");
  must_keep(answers, &get_user, "first");
  must_keep(answers, &get_user, "second");
  cr_expect_str_eq(found_body(answers, &get_user), "second");
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 1);
  cr_assert_eq(
      answers_find(answers, name_of(answers, &get_user), &none, &found, &err),
      E_OK);
  cr_expect_str_eq(headers_get(&found->kept.headers, "ETag"), "\"1\"");
  cr_expect_eq(found->kept.status, 200);
}

Test(answers, tells_requests_apart)
{
  struct answers_ask head = get_user, other = get_user, raw = get_user;
  AUTO(answers) answers = open_of("acme");

  head.method = "HEAD";
  other.url = "https://a.example/user?x=1";
  raw.raw = true;
  must_keep(answers, &get_user, "mine");
  cr_expect_str_eq(found_body(answers, &head), "(none)");
  cr_expect_str_eq(found_body(answers, &other), "(none)");
  cr_expect_str_eq(found_body(answers, &raw), "(none)");
}

/* Another's than get_user's. */
static struct answers_ask of(const char *profile, const char *login,
                             const struct secret *token)
{
  struct answers_ask ask = get_user;

  ask.profile = profile;
  ask.login = login;
  ask.token = token;
  return ask;
}

Test(answers, are_never_shared_between_two_identities)
{
  AUTO(secret) one = NULL;
  AUTO(secret) two = NULL;
  struct err err = ERR_INIT;
  AUTO(answers) answers = open_of("acme");

  cr_assert_eq(secret_new(&one, "test-1-not-real", 15, &err), E_OK);
  cr_assert_eq(secret_new(&two, "test-2-not-real", 15, &err), E_OK);
  const struct answers_ask asks[] = {
      of("acme", "bob", NULL),
      of("acme", NULL, NULL),
      of("other", "ann", NULL),
      of(NULL, "ann", NULL),
      of(NULL, NULL, NULL),
      of("acme", NULL, one),
      of("acme", NULL, two),
      of(NULL, NULL, two),
      of("acme", "ann&token=test-1-not-real", NULL),
  };
  must_keep(answers, &get_user, "ann's");
  for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
    AUTO_STR char *own = mem_printf("of %zu", i);

    cr_expect_str_eq(found_body(answers, &asks[i]), "(none)", "%zu", i);
    must_keep(answers, &asks[i], own);
    cr_expect_str_eq(found_body(answers, &asks[i]), own);
  }
  cr_expect_str_eq(found_body(answers, &get_user), "ann's");
  struct answers_ask renewed = of("acme", "ann", one);
  cr_expect_str_eq(found_body(answers, &renewed), "ann's",
                   "a token of the same login");
}

static void accepting(struct headers *headers, const char *accept)
{
  struct err err = ERR_INIT;

  headers_init(headers);
  cr_assert_eq(headers_add(headers, "Accept", accept, &err), E_OK);
}

Test(answers, have_four_variants_the_oldest_of_which_gives_way)
{
  AUTO(answers) answers = open_of("acme");
  struct err err = ERR_INIT;

  for (int i = 0; i < 6; i++) {
    AUTO_HEADERS struct headers headers;
    AUTO_STR char *accept = mem_printf("a/%d", i);

    accepting(&headers, accept);
    cr_assert_eq(keep(answers, &get_user, &headers, accept, "Accept", &err),
                 E_OK, "%s", err.message);
    cr_expect_str_eq(found_for(answers, &get_user, &headers), accept);
  }
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 4);
  AUTO_HEADERS struct headers last;
  accepting(&last, "a/5");
  cr_expect_str_eq(found_for(answers, &get_user, &last), "a/5");
  cr_expect_str_eq(found_body(answers, &get_user), "(none)");
  cr_assert_eq(answers_forget(answers, name_of(answers, &get_user), &err),
               E_OK);
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 0);
}

Test(answers, are_private_whatever_the_umask)
{
  static const char *const dirs[] = {"fob", "fob/answers", "fob/answers/acme"};
  static const char *const files[] = {"fob/answers/.key", "fob/answers/.size",
                                      "fob/answers/.lock"};
  struct stat st;
  AUTO(answers) answers = NULL;

  (void)umask(0);
  answers = open_of("acme");
  must_keep(answers, &get_user, "x");
  for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
    cr_assert_eq(lstat(scratch_path(dirs[i]), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0700, "%s", dirs[i]);
  }
  for (size_t i = 0; i < ARRAY_LEN(files); i++) {
    cr_assert_eq(lstat(scratch_path(files[i]), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0600, "%s", files[i]);
  }
  cr_assert_eq(lstat(answer_file(), &st), 0);
  cr_expect_eq(st.st_mode & 07777, 0600);
  (void)umask(0777);
  must_keep(answers, &get_user, "y");
  cr_expect_str_eq(found_body(answers, &get_user), "y");
}

static void expect_refused(const char *part)
{
  struct answers *answers = NULL;
  struct err err = ERR_INIT;

  (void)setenv("XDG_CACHE_HOME", scratch_dir(), 1);
  cr_expect_eq(answers_open(&answers, "acme", &err), E_LOCAL);
  cr_expect_not_null(strstr(err.message, part), "%s", err.message);
}

Test(answers, are_not_kept_behind_a_link)
{
  cr_assert_eq(mkdir(scratch_path("elsewhere"), 0700), 0);
  cr_assert_eq(mkdir(scratch_path("fob"), 0700), 0);
  cr_assert_eq(symlink("../elsewhere", scratch_path("fob/answers")), 0);
  expect_refused("is a link");
  cr_assert_eq(unlink(scratch_path("fob/answers")), 0);
  cr_assert_eq(mkdir(scratch_path("fob/answers"), 0700), 0);
  cr_assert_eq(symlink("../../elsewhere", scratch_path("fob/answers/acme")), 0);
  expect_refused("is a link");
  cr_assert_eq(unlink(scratch_path("fob/answers/acme")), 0);
  cr_assert_eq(mkdir(scratch_path("fob/answers/acme"), 0755), 0);
  cr_assert_eq(chmod(scratch_path("fob/answers/acme"), 0755), 0);
  expect_refused("open to others");
  cr_expect_eq(scratch_count(scratch_path("elsewhere")), 0);
}

Test(answers, are_no_links_themselves)
{
  AUTO(answers) answers = open_of("acme");
  char path[512];

  must_keep(answers, &get_user, "x");
  snprintf(path, sizeof path, "%s", answer_file());
  cr_assert_eq(rename(path, scratch_path("moved")), 0);
  cr_assert_eq(symlink(scratch_path("moved"), path), 0);
  cr_expect_str_eq(found_body(answers, &get_user), "(none)");
  cr_expect_neq(access(scratch_path("moved"), F_OK), -1, "what it led to");
  struct stat st;
  cr_expect_eq(lstat(path, &st), -1, "the link is removed");
}

Test(answers, that_are_damaged_are_none_and_are_removed)
{
  AUTO(answers) answers = open_of("acme");
  AUTO_BUF struct buf whole = BUF_INIT(64 * 1024);
  struct err err = ERR_INIT;
  char path[512];

  must_keep(answers, &get_user, "the body");
  snprintf(path, sizeof path, "%s", answer_file());
  cr_assert_eq(file_read(&whole, path, FILE_OWN, 65536, E_LOCAL, &err), E_OK);
  for (size_t i = 0; i < whole.len; i++) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char byte = (char)(whole.data[i] ^ 4);

    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, whole.data, whole.len), (ssize_t)whole.len);
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)i), 1);
    close(fd);
    cr_expect_str_eq(found_body(answers, &get_user), "(none)", "byte %zu", i);
    cr_expect_eq(access(path, F_OK), -1, "byte %zu", i);
  }
  for (size_t len = 0; len < whole.len; len++) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_eq(write(fd, whole.data, len), (ssize_t)len);
    close(fd);
    cr_expect_str_eq(found_body(answers, &get_user), "(none)", "cut %zu", len);
  }
}

Test(answers, say_nothing_of_who_asked_for_what)
{
  AUTO(answers) answers = open_of("acme");
  AUTO_BUF struct buf whole = BUF_INIT(64 * 1024);
  struct err err = ERR_INIT;

  must_keep(answers, &get_user, "the body");
  cr_assert_eq(file_read(&whole, answer_file(), FILE_OWN, 65536, E_LOCAL, &err),
               E_OK);
  cr_expect_null(strstr(buf_text(&whole), "a.example"));
  cr_expect_null(strstr(buf_text(&whole), "ann"));
}

Test(answers, that_are_given_up_leave_nothing)
{
  AUTO(answers) answers = open_of("acme");
  struct kept kept = kept_now();
  struct keeping *keeping = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(
      keeping_new(&keeping, answers, name_of(answers, &get_user), &kept, &err),
      E_OK);
  cr_assert_eq(keeping_write(keeping, "half", 4, &err), E_OK);
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 1);
  keeping_free(keeping);
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 0);
  cr_expect_str_eq(found_body(answers, &get_user), "(none)");
}

Test(answers, are_of_eight_mebibytes_at_most)
{
  enum { PART = 1024 * 1024 };
  AUTO(answers) answers = open_of("acme");
  AUTO_KEPT struct kept kept = kept_now();
  AUTO(keeping) keeping = NULL;
  AUTO_STR char *part = mem_zalloc(PART);
  struct err err = ERR_INIT;

  cr_assert_eq(
      keeping_new(&keeping, answers, name_of(answers, &get_user), &kept, &err),
      E_OK);
  for (int i = 0; i < 8; i++)
    cr_assert_eq(keeping_write(keeping, part, PART, &err), E_OK);
  cr_expect_eq(keeping_write(keeping, part, 1, &err), E_LOCAL);
}

Test(answers, fail_softly_where_there_is_no_room)
{
  struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
  AUTO(answers) answers = open_of("acme");
  AUTO_STR char *body = mem_zalloc(100001);
  struct err err = ERR_INIT;

  memset(body, 'a', 100000);
  must_keep(answers, &get_user, "small");
  signal(SIGXFSZ, SIG_IGN);
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
  cr_expect_eq(keep(answers, &get_user, NULL, body, NULL, &err), E_LOCAL);
  cr_expect_not_null(strstr(err.message, "File too large"), "%s", err.message);
  cr_expect_str_eq(found_body(answers, &get_user), "small");
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 1);
}

static int many(unsigned seed)
{
  AUTO(answers) answers = open_anew("acme");

  for (unsigned i = 0; i < 30; i++) {
    const char *body = found_body(answers, &get_user);
    struct err err = ERR_INIT;

    if (strcmp(body, "(none)") != 0 && strncmp(body, "body ", 5) != 0)
      return 1;
    AUTO_STR char *text = mem_printf("body %u.%u", seed, i);
    if (keep(answers, &get_user, NULL, text, NULL, &err) != E_OK)
      return 2;
  }
  return 0;
}

Test(answers, may_be_kept_by_many_processes_at_once)
{
  enum { PROCESSES = 8 };
  AUTO(answers) answers = open_of("acme");

  for (unsigned i = 0; i < PROCESSES; i++) {
    if (fork() == 0)
      _exit(many(i));
  }
  for (int i = 0; i < PROCESSES; i++) {
    int status = 0;

    cr_assert(wait(&status) > 0);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
  }
  cr_expect_eq(strncmp(found_body(answers, &get_user), "body ", 5), 0);
  cr_expect_eq(scratch_count(scratch_path("fob/answers/acme")), 1);
  cr_expect_eq(
      strncmp(scratch_read(scratch_path("fob/answers/.size")), "4096 ", 5), 0);
}

Test(answers, are_renewed_with_their_body)
{
  AUTO(answers) answers = open_of("acme");
  AUTO(found) found = NULL;
  const struct headers none = {0};
  AUTO_KEPT struct kept newer = kept_now();
  struct err err = ERR_INIT;

  must_keep(answers, &get_user, "the body");
  cr_assert_eq(
      answers_find(answers, name_of(answers, &get_user), &none, &found, &err),
      E_OK);
  cr_assert_eq(headers_add(&newer.headers, "X-Left", "2", &err), E_OK);
  cr_assert_eq(
      answers_renew(answers, name_of(answers, &get_user), found, &newer, &err),
      E_OK, "%s", err.message);
  found_free(found);
  cr_assert_eq(
      answers_find(answers, name_of(answers, &get_user), &none, &found, &err),
      E_OK);
  cr_expect_str_eq(headers_get(&found->kept.headers, "X-Left"), "2");
  cr_expect_str_eq(found_body(answers, &get_user), "the body");
}
