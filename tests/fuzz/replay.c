/* Runs a fuzz target over inputs that are kept: what was once found stays
 * found, on machines that have no libFuzzer too.
 *
 * usage: replay-NAME FILE|DIRECTORY... */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static unsigned long inputs;

static _Noreturn void die(const char *path)
{
  (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
  exit(2);
}

static void replay_file(const char *path, size_t size)
{
  /* Of the very size, so that a sanitizer sees a read beyond it. */
  uint8_t *data = malloc(size);
  FILE *file = fopen(path, "rb");
  if (file == NULL || (data == NULL && size > 0) ||
      fread(data, 1, size, file) != size)
    die(path);
  (void)fclose(file);
  /* Printed first: a crash names its input. */
  if (getenv("V") != NULL)
    (void)fprintf(stderr, "%s\n", path);
  (void)LLVMFuzzerTestOneInput(data, size);
  free(data);
  inputs++;
}

static void replay(const char *path)
{
  struct stat st;
  if (stat(path, &st) != 0)
    die(path);
  if (!S_ISDIR(st.st_mode)) {
    replay_file(path, (size_t)st.st_size);
    return;
  }
  struct dirent **names;
  int count = scandir(path, &names, NULL, alphasort);
  if (count < 0)
    die(path);
  for (int i = 0; i < count; i++) {
    char below[4096];
    (void)snprintf(below, sizeof(below), "%s/%s", path, names[i]->d_name);
    if (names[i]->d_name[0] != '.')
      replay(below);
    free(names[i]);
  }
  free(names);
}

int main(int argc, char **argv)
{
  if (LLVMFuzzerInitialize != NULL)
    (void)LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; i++)
    replay(argv[i]);
  (void)printf("%s: %lu inputs\n", argv[0], inputs);
  if (inputs == 0) {
    (void)fprintf(stderr, "%s: nothing to replay\n", argv[0]);
    return 1;
  }
  return 0;
}
