/* Stands in for Criterion where starting a process is dear. Criterion runs each
 * test in a process that it starts afresh: under valgrind a second each, most
 * of it the dynamic linker's. Here each test is a fork of one process. Linked
 * instead of -lcriterion, with the very objects of the tests; what they need of
 * Criterion is below, and a new need is an undefined symbol.
 *
 * usage: PROGRAM [--jobs N] [--filter PATTERN]
 *
 * Says what tests/run.sh reads. A deadline of a test's own does not count. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <criterion/options.h>
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
__attribute__((weak)) extern struct criterion_suite *__start_cr_sts[],
    *__stop_cr_sts[];

enum { JOBS_MAX = 64, MINUTES = 5, STATUS_FAILED = 70, STATUS_SKIPPED = 71 };

static const struct criterion_test_extra_data nothing;

static const struct criterion_test_extra_data *
suite_of(const struct criterion_test *test)
{
  for (struct criterion_suite **s = __start_cr_sts; s < __stop_cr_sts; s++)
    if (*s != NULL && (*s)->data != NULL &&
        strcmp((*s)->name, test->category) == 0)
      return (*s)->data;
  return &nothing;
}

/* --- in the test's process -------------------------------------------------
 */

struct criterion_options criterion_options;

static const struct criterion_test *current;
static jmp_buf end;
static bool failed;

void criterion_internal_test_setup(void)
{
  const struct criterion_test_extra_data *suite = suite_of(current);

  if (suite->init != NULL)
    suite->init();
  if (current->data->init != NULL)
    current->data->init();
}

void criterion_internal_test_main(void (*body)(void))
{
  if (setjmp(end) == 0)
    body();
}

void criterion_internal_test_teardown(void)
{
  const struct criterion_test_extra_data *suite = suite_of(current);

  if (current->data->fini != NULL)
    current->data->fini();
  if (suite->fini != NULL)
    suite->fini();
}

void criterion_abort_test(void)
{
  longjmp(end, 1);
}

void criterion_continue_test(void)
{
}

void criterion_skip_test(const char *format, ...)
{
  (void)format;
  _exit(STATUS_SKIPPED);
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
  if (stats->passed)
    return;
  failed = true;
  (void)printf("[----] %s:%u: Assertion failed: %s\n", stats->file, stats->line,
               stats->message);
}

void cri_asserts_passed_incr(void)
{
}

char *cr_translate_assert_msg(int message, ...)
{
  va_list args;
  char *text = NULL;

  (void)message;
  va_start(args, message);
  (void)cr_asprintf(&text, "%s", va_arg(args, const char *));
  va_end(args);
  return text;
}

int cr_asprintf(char **ret_text, const char *format, ...)
{
  va_list args;

  va_start(args, format);
  int len = vasprintf(ret_text, format, args);
  va_end(args);
  return len;
}

void cr_asprintf_free(char *text)
{
  free(text);
}

void cr_log(enum criterion_severity severity, const char *format, ...)
{
  va_list args;

  (void)severity;
  va_start(args, format);
  (void)printf("[----] %s::%s: ", current->category, current->name);
  (void)vprintf(format, args);
  (void)putchar('\n');
  va_end(args);
}

static int run(const struct criterion_test *test)
{
  alarm(MINUTES * 60);
  current = test;
  test->test();
  return failed ? STATUS_FAILED : 0;
}

/* --- in ours ---------------------------------------------------------------
 */

static struct {
  pid_t pid; /* 0: free */
  const struct criterion_test *test;
} running[JOBS_MAX];

static unsigned tested, failing, crashing;

static void judge(const struct criterion_test *test, int status)
{
  bool by_signal = WIFSIGNALED(status);
  int number = by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
  const struct criterion_test_extra_data *data = test->data;

  if (number == (by_signal ? data->signal : data->exit_code) &&
      (by_signal || data->signal == 0)) {
    tested++;
    return;
  }
  if (!by_signal && number == STATUS_SKIPPED) {
    (void)printf("[SKIP] %s::%s\n", test->category, test->name);
    return;
  }
  tested++;
  if (!by_signal && number == STATUS_FAILED) {
    failing++;
    (void)printf("[FAIL] %s::%s\n", test->category, test->name);
    return;
  }
  crashing++;
  (void)printf("[----] %s::%s: CRASH! %s %d\n", test->category, test->name,
               by_signal ? "signal" : "exit status", number);
}

static void wait_for_one(void)
{
  int status;
  pid_t pid = wait(&status);

  for (size_t i = 0; i < JOBS_MAX; i++) {
    if (pid <= 0 || running[i].pid != pid)
      continue;
    running[i].pid = 0;
    judge(running[i].test, status);
    (void)fflush(stdout);
  }
}

static void start(const struct criterion_test *test, size_t jobs)
{
  size_t slot;

  for (;;) {
    for (slot = 0; slot < jobs && running[slot].pid != 0; slot++)
      ;
    if (slot < jobs)
      break;
    wait_for_one();
  }
  (void)fflush(stdout);
  pid_t pid = fork();
  if (pid < 0) {
    (void)fprintf(stderr, "cannot fork: %s\n", strerror(errno));
    exit(2);
  }
  if (pid == 0)
    exit(run(test));
  running[slot].pid = pid;
  running[slot].test = test;
}

static int by_name(const void *a, const void *b)
{
  const struct criterion_test *const *x = a, *const *y = b;
  int order = strcmp((*x)->category, (*y)->category);

  return order != 0 ? order : strcmp((*x)->name, (*y)->name);
}

static bool wanted(const struct criterion_test *test, const char *filter)
{
  char name[256];

  (void)snprintf(name, sizeof name, "%s/%s", test->category, test->name);
  return !test->data->disabled && !suite_of(test)->disabled &&
         fnmatch(filter, name, 0) == 0;
}

static const struct criterion_test *tests[4096];

int main(int argc, char **argv)
{
  const char *filter = "*";
  size_t jobs = 1, count = 0;

  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
      jobs = strtoul(argv[++i], NULL, 10);
    else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
      filter = argv[++i];
  }
  if (jobs < 1 || jobs > JOBS_MAX)
    jobs = 1;
  for (struct criterion_test **t = __start_cr_tst; t < __stop_cr_tst; t++) {
    if (*t == NULL || !wanted(*t, filter))
      continue;
    if (count == sizeof tests / sizeof *tests) {
      (void)fprintf(stderr, "more tests than there is room for\n");
      return 2;
    }
    tests[count++] = *t;
  }
  qsort(tests, count, sizeof *tests, by_name);
  for (size_t i = 0; i < count; i++)
    start(tests[i], jobs);
  for (size_t i = 0; i < jobs; i++)
    while (running[i].pid != 0)
      wait_for_one();
  (void)printf("[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | "
               "Crashing: %u \n",
               tested, tested - failing - crashing, failing, crashing);
  return failing + crashing == 0 && tested > 0 ? 0 : 1;
}
