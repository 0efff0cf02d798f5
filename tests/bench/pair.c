/* Times two commands in turn, A B B A …, and prints their medians, the medians
 * of the ratios and of the differences pair by pair, and A's peak memory.
 * Pairing keeps a machine whose speed drifts from favouring one of them, and
 * taking turns one that finds the machine as the other left it.
 *
 * usage: pair RUNS LABEL A... -- B...
 *
 * The shell command in PAIR_BEFORE is run before each, outside of its time.
 * PAIR_WARMUP pairs, 3 without it, are run and not counted.
 * Standard output goes to /dev/null, standard input comes from there. A command
 * that fails ends the measurement: a fast failure is no result. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { RUNS_MAX = 1000, WARMUP = 3 };

struct sample {
  double ms;
  long rss_kib;
};

static double now_ms(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int run(char **argv, struct sample *ret)
{
  const char *before = getenv("PAIR_BEFORE");
  posix_spawn_file_actions_t files;
  struct rusage usage;
  pid_t pid;
  int status = -1;

  (void)posix_spawn_file_actions_init(&files);
  (void)posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  (void)posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  if (before != NULL && system(before) != 0)
    fprintf(stderr, "pair: '%s' failed\n", before);
  double start = now_ms();
  if (posix_spawnp(&pid, argv[0], &files, NULL, argv, environ) != 0 ||
      wait4(pid, &status, 0, &usage) != pid)
    status = -1;
  ret->ms = now_ms() - start;
  ret->rss_kib = usage.ru_maxrss;
  (void)posix_spawn_file_actions_destroy(&files);
  if (status != 0)
    fprintf(stderr, "pair: '%s' ended with status %d\n", argv[0], status);
  return status;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double median(double *values, int count)
{
  qsort(values, (size_t)count, sizeof(*values), compare);
  return count % 2 != 0 ? values[count / 2]
                        : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char **argv)
{
  static double a_ms[RUNS_MAX], b_ms[RUNS_MAX], ratio[RUNS_MAX], more[RUNS_MAX];
  long rss = 0;
  int middle = 3;
  int runs = argc > 5 ? (int)strtol(argv[1], NULL, 10) : 0;
  const char *given = getenv("PAIR_WARMUP");
  int warmup = given != NULL ? (int)strtol(given, NULL, 10) : WARMUP;

  while (middle < argc && strcmp(argv[middle], "--") != 0)
    middle++;
  if (runs < 1 || runs > RUNS_MAX || middle >= argc - 1) {
    fprintf(stderr, "usage: pair RUNS LABEL A... -- B...\n");
    return 2;
  }
  argv[middle] = NULL;
  for (int i = -warmup; i < runs; i++) {
    struct sample a, b;
    char **const commands[] = {argv + 3, argv + middle + 1};
    struct sample *const samples[] = {&a, &b};
    int first = i & 1;
    if (run(commands[first], samples[first]) != 0 ||
        run(commands[!first], samples[!first]) != 0)
      return 1;
    if (i < 0)
      continue;
    a_ms[i] = a.ms;
    b_ms[i] = b.ms;
    ratio[i] = a.ms / b.ms;
    more[i] = a.ms - b.ms;
    rss = a.rss_kib > rss ? a.rss_kib : rss;
  }
  printf("%-44s %9.2f ms %9.2f ms  ratio %6.3f  %+8.2f ms  peak %6.1f MiB\n",
         argv[2], median(a_ms, runs), median(b_ms, runs), median(ratio, runs),
         median(more, runs), (double)rss / 1024);
  return 0;
}
