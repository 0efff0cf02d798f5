/* How fast JSON goes through fob: indented (api/format.h), and pages of it
 * merged (api/merge.h), from a file to /dev/null. Prints MB/s (10^6 bytes of
 * input) by the clock and by the processor's time, which other programs on the
 * machine disturb less, and the peak memory.
 *
 * Two kinds of pages of about a megabyte: lists of objects as an API's, and
 * lists of numbers. The file is made anew and has no name once it is open.
 *
 * usage: json [MIB]     1024 unless told */
#include "api/format.h"
#include "api/merge.h"
#include "base/err.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
  PAGE = 1024 * 1024,
  ROOM = 4096, /* more than one item takes */
  PIECE = 128 * 1024,
};

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t limit)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)((random_state >> 32) * limit >> 32);
}

static char *put_words(char *at, int count)
{
  static const char *const words[] = {"fix",         "the",
                                      "retry",       "of",
                                      "requests",    "when",
                                      "a",           "proxy",
                                      "ends",        "early",
                                      "caf\xc3\xa9", "token",
                                      "in",          "\\\"quoted\\\"",
                                      "stream",      "and",
                                      "page",        "cursor",
                                      "header",      "is",
                                      "lost"};

  while (count-- > 0)
    at += sprintf(at, "%s ", words[random_below(sizeof words / sizeof *words)]);
  return at;
}

/* The members of an issue, a shortened GitHub's. */
static char *put_object(char *at)
{
  uint32_t id = 100000000 + random_below(900000000);
  uint32_t user = random_below(10000000);

  at += sprintf(at,
                "{\"url\":\"https://api.example.com/repos/octo/widgets/issues/"
                "%u\",\"id\":%u,\"node_id\":\"I_kwDOA%08xzM5%08x\",\"number\":"
                "%u,\"title\":\"",
                id % 100000, id, id, user, id % 100000);
  at = put_words(at, 4 + (int)random_below(8));
  at += sprintf(at,
                "\",\"user\":{\"login\":\"user%u\",\"id\":%u,\"avatar_url\":"
                "\"https://avatars.example.com/u/%u?v=4\",\"type\":\"User\","
                "\"site_admin\":false},\"labels\":[",
                user, user, user);
  for (uint32_t i = random_below(4); i > 0; i--)
    at += sprintf(at,
                  "{\"id\":%u,\"name\":\"label-%u\",\"color\":\"%06x\","
                  "\"default\":%s,\"description\":null}%s",
                  id + i, i, user & 0xffffff, i % 2 != 0 ? "true" : "false",
                  i > 1 ? "," : "");
  at +=
      sprintf(at,
              "],\"state\":\"open\",\"locked\":false,\"assignee\":null,"
              "\"milestone\":null,\"comments\":%u,\"created_at\":"
              "\"2026-0%u-1%uT0%u:12:45Z\",\"closed_at\":null,\"score\":%u.%u,"
              "\"body\":\"",
              random_below(50), 1 + random_below(9), random_below(10),
              random_below(10), random_below(10), random_below(1000));
  at = put_words(at, 10 + (int)random_below(40));
  return at + sprintf(at, "\"}");
}

/* A list of a few numbers, of all forms. */
static char *put_numbers(char *at)
{
  at += sprintf(at, "[");
  for (int i = 0; i < 16; i++) {
    uint32_t n = random_below(1000000000);

    switch (random_below(6)) {
    case 0:
      at += sprintf(at, "%u", n % 1000);
      break;
    case 1:
      at += sprintf(at, "-%u", n);
      break;
    case 2:
      at += sprintf(at, "%u.%u", n % 100, n);
      break;
    case 3:
      at += sprintf(at, "-0.%u", n);
      break;
    case 4:
      at += sprintf(at, "%u.%ue-%u", n % 10, n, n % 300);
      break;
    default:
      at += sprintf(at, "%u", n);
    }
    at += sprintf(at, "%s", i < 15 ? "," : "]");
  }
  return at;
}

static void die(const char *what)
{
  perror(what);
  exit(1);
}

/* Pages one after the other, each filled up with line ends. */
static int make_file(char *(*put)(char *), size_t size)
{
  static char page[PAGE + ROOM];
  const char *dir = getenv("TMPDIR");
  char path[1024];
  int fd;

  (void)snprintf(path, sizeof path, "%s/fob-bench-XXXXXX",
                 dir != NULL ? dir : "/tmp");
  fd = mkstemp(path);
  if (fd < 0 || unlink(path) != 0)
    die(path);
  for (size_t written = 0; written < size; written += PAGE) {
    char *at = page;

    *at++ = '[';
    while (at < page + PAGE - ROOM) {
      at = put(at);
      *at++ = ',';
    }
    at[-1] = ']';
    memset(at, '\n', (size_t)(page + PAGE - at));
    if (write(fd, page, PAGE) != PAGE)
      die("write");
  }
  return fd;
}

/* --- what is measured ----------------------------------------------------- */

static int null_fd;

static enum code to_null(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  (void)user;
  return write(null_fd, bytes, len) == (ssize_t)len
             ? E_OK
             : err_set(err, E_OUTPUT, "/dev/null");
}

static const struct format_sink sink = {.write = to_null};

static enum code indent(int fd, struct err *err)
{
  static char piece[PIECE];
  AUTO(format) format = NULL;
  enum code code = format_new(&format, false, NULL, sink, err);
  ssize_t len = 0;
  bool whole = false;

  while (code == E_OK && (len = read(fd, piece, sizeof piece)) > 0)
    code = format_feed(format, piece, (size_t)len, err);
  if (code == E_OK)
    code = format_end(format, &whole, err);
  return code != E_OK || whole ? code : err_set(err, E_ANSWER, "no JSON");
}

static enum code merge(int fd, enum merge_form form, struct err *err)
{
  static char piece[PIECE];
  struct merge_options options = {.form = form, .sink = sink};
  AUTO(merge) merge = NULL;
  enum code code = merge_new(&merge, &options, err);
  ssize_t len = 0;
  size_t at = 0;

  while (code == E_OK && (len = read(fd, piece, sizeof piece)) > 0) {
    if (at % PAGE == 0)
      code = merge_page(merge, 0, err);
    if (code == E_OK)
      code = merge_feed(merge, piece, (size_t)len, err);
    at += (size_t)len;
    if (code == E_OK && at % PAGE == 0)
      code = merge_page_end(merge, err);
  }
  return code == E_OK ? merge_end(merge, err) : code;
}

static enum code merge_document(int fd, struct err *err)
{
  return merge(fd, MERGE_DOCUMENT, err);
}

static enum code merge_lines(int fd, struct err *err)
{
  return merge(fd, MERGE_LINES, err);
}

static double seconds(clockid_t clock)
{
  struct timespec now;

  (void)clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(const char *what, const char *data, int fd, size_t size,
                    enum code (*run)(int fd, struct err *err))
{
  struct err err = ERR_INIT;
  struct rusage usage;
  double start, cpu_start, took, cpu;

  if (lseek(fd, 0, SEEK_SET) != 0)
    die("lseek");
  start = seconds(CLOCK_MONOTONIC);
  cpu_start = seconds(CLOCK_PROCESS_CPUTIME_ID);
  if (run(fd, &err) != E_OK) {
    fprintf(stderr, "json: %s %s: %s\n", what, data, err.message);
    exit(1);
  }
  took = seconds(CLOCK_MONOTONIC) - start;
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
  (void)getrusage(RUSAGE_SELF, &usage);
  printf("%-8s %-8s %6.0f MB/s  (%5.0f by processor time)  peak %5.1f MiB\n",
         what, data, (double)size / 1e6 / took, (double)size / 1e6 / cpu,
         (double)usage.ru_maxrss / 1024);
  (void)fflush(stdout);
}

int main(int argc, char **argv)
{
  static const struct {
    const char *name;
    char *(*put)(char *);
  } kinds[] = {{"objects", put_object}, {"numbers", put_numbers}};
  size_t size = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1024) * PAGE;

  null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null_fd < 0)
    die("/dev/null");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    int fd = make_file(kinds[i].put, size);

    measure("indent", kinds[i].name, fd, size, indent);
    measure("merge", kinds[i].name, fd, size, merge_document);
    measure("lines", kinds[i].name, fd, size, merge_lines);
    (void)close(fd);
  }
  return 0;
}
