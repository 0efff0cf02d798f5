#include "support/home.h"

#include "base/buf.h"
#include "base/mem.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *format_text(const char *format, va_list args)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;
  char *text = NULL;

  buf_vprintf(&out, format, args);
  if (out.len == 0)
    return mem_str("");
  cr_assert_eq(buf_detach(&out, &text, NULL, &err), E_OK, "%s", err.message);
  return text;
}

static size_t env_count(const struct home *home)
{
  size_t count = 0;

  while (home->env != NULL && home->env[count] != NULL)
    count++;
  return count;
}

static char **env_slot(const struct home *home, const char *name)
{
  size_t len = strlen(name);

  for (char **var = home->env; var != NULL && *var != NULL; var++) {
    if (strncmp(*var, name, len) == 0 && (*var)[len] == '=')
      return var;
  }
  return NULL;
}

const char *home_getenv(const struct home *home, const char *name)
{
  char **slot = env_slot(home, name);

  return slot ? *slot + strlen(name) + 1 : NULL;
}

void home_setenv(struct home *home, const char *name, const char *format, ...)
{
  char **slot = env_slot(home, name);
  size_t count = env_count(home);
  va_list args;

  if (slot != NULL) {
    mem_free(*slot);
    *slot = home->env[count - 1];
    home->env[--count] = NULL;
  }
  if (format == NULL)
    return;

  va_start(args, format);
  char *value = format_text(format, args);
  va_end(args);
  char **env = mem_array(count + 2, sizeof(*env));
  cr_assert_not_null(env);
  for (size_t i = 0; i < count; i++)
    env[i] = home->env[i];
  env[count] = mem_printf("%s=%s", name, value);
  mem_free(value);
  mem_free(home->env);
  home->env = env;
}

char *home_path(const struct home *home, const char *relative)
{
  char *path = mem_printf("%s/%s", home->dir, relative);

  cr_assert_not_null(path);
  return path;
}

static void make_parents(const char *path)
{
  AUTO_STR char *copy = mem_str(path);

  for (char *slash = strchr(copy + 1, '/'); slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    (void)mkdir(copy, 0700);
    *slash = '/';
  }
}

void home_write(const struct home *home, const char *relative, mode_t mode,
                const char *format, ...)
{
  AUTO_STR char *path = home_path(home, relative);
  va_list args;

  va_start(args, format);
  AUTO_STR char *text = format_text(format, args);
  va_end(args);
  make_parents(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  cr_assert_geq(fd, 0, "cannot write %s: %m", path);
  cr_assert_eq(fchmod(fd, mode), 0);
  cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
}

char *home_read(const struct home *home, const char *relative, size_t *ret_len)
{
  AUTO_STR char *path = home_path(home, relative);
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;
  char piece[4096];
  size_t n;
  char *whole = NULL;
  FILE *file = fopen(path, "re");

  if (file == NULL)
    return NULL;
  buf_puts(&text, "");
  while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
    buf_put(&text, piece, n);
  fclose(file);
  if (ret_len != NULL)
    *ret_len = text.len;
  if (text.len == 0)
    return mem_str("");
  cr_assert_eq(buf_detach(&text, &whole, NULL, &err), E_OK);
  return whole;
}

bool home_has(const struct home *home, const char *relative)
{
  AUTO_STR char *path = home_path(home, relative);
  struct stat st;

  return lstat(path, &st) == 0;
}

void home_make(struct home *home)
{
  static const struct {
    const char *name, *below;
  } dirs[] = {{"XDG_CONFIG_HOME", "config"}, {"XDG_DATA_HOME", "data"},
              {"XDG_STATE_HOME", "state"},   {"XDG_CACHE_HOME", "cache"},
              {"XDG_RUNTIME_DIR", "run"},    {"TMPDIR", "tmp"}};
  const char *tmp = getenv("TMPDIR");
  AUTO_STR char *browser = NULL;
  AUTO_STR char *sandbox = program_sibling("sandbox");

  home->env = NULL;
  home->dir = mem_printf("%s/fob-test-XXXXXX", tmp ? tmp : "/tmp");
  cr_assert_not_null(mkdtemp(home->dir), "cannot make %s: %m", home->dir);
  home_setenv(home, "HOME", "%s", home->dir);
  for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
    AUTO_STR char *path = home_path(home, dirs[i].below);
    cr_assert_eq(mkdir(path, 0700), 0);
    home_setenv(home, dirs[i].name, "%s", path);
  }
  home_setenv(home, "XDG_CONFIG_DIRS", "%s/xdg", home->dir);
  home_setenv(home, "PATH", "/usr/bin:/bin");
  home_setenv(home, "LC_ALL", "C.UTF-8");
  home_setenv(home, "TERM", "xterm");
  home_setenv(home, "FOB_TOKEN_CACHE", "off");
  home_setenv(home, "SECRET_BACKEND", "file");
  home_setenv(home, "SECRET_FILE_TEST_PATH", "%s/keyring", home->dir);
  home_setenv(home, "SECRET_FILE_TEST_PASSWORD", "test-keyring-not-real");

  /* The sandbox program, called by the other name that it has. */
  browser = home_path(home, "browser");
  cr_assert_eq(symlink(sandbox, browser), 0, "cannot link %s: %m", browser);
  home_setenv(home, "BROWSER", "%s", browser);
  home_setenv(home, "TEST_BROWSER_LOG", "%s/browser.log", home->dir);
  static const char *const pass[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS",
                                     "LSAN_OPTIONS", "LLVM_PROFILE_FILE"};
  for (size_t i = 0; i < ARRAY_LEN(pass); i++) {
    if (getenv(pass[i]) != NULL)
      home_setenv(home, pass[i], "%s", getenv(pass[i]));
  }
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
  (void)st;
  (void)ftw;
  if (type == FTW_DP || type == FTW_DNR)
    (void)chmod(path, 0700);
  return remove(path) == 0 ? 0 : -1;
}

static int open_up(const char *path, const struct stat *st, int type,
                   struct FTW *ftw)
{
  (void)st;
  (void)ftw;
  if (type == FTW_D || type == FTW_DNR)
    (void)chmod(path, 0700); /* a test took the bits away */
  return 0;
}

void home_clear(struct home *home)
{
  if (home->dir == NULL)
    return;
  (void)nftw(home->dir, open_up, 16, FTW_PHYS);
  (void)nftw(home->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  for (char **var = home->env; *var != NULL; var++)
    mem_free(*var);
  mem_free(home->env);
  mem_free(home->dir);
  home->dir = NULL;
}

static struct {
  void (*visit)(void *user, const char *path);
  void *user;
} walk;

static int walk_one(const char *path, const struct stat *st, int type,
                    struct FTW *ftw)
{
  (void)ftw;
  if (type == FTW_F && S_ISREG(st->st_mode))
    walk.visit(walk.user, path);
  return 0;
}

void home_walk(const struct home *home,
               void (*visit)(void *user, const char *path), void *user)
{
  walk.visit = visit;
  walk.user = user;
  cr_assert_eq(nftw(home->dir, walk_one, 16, FTW_PHYS), 0);
}

void home_make_cert(const struct home *home)
{
  AUTO_STR char *cert = home_path(home, "cert.pem");
  AUTO_STR char *key = home_path(home, "key.pem");
  const char *const argv[] = {"openssl",
                              "req",
                              "-x509",
                              "-newkey",
                              "ec",
                              "-pkeyopt",
                              "ec_paramgen_curve:P-256",
                              "-nodes",
                              "-keyout",
                              key,
                              "-out",
                              cert,
                              "-days",
                              "3650",
                              "-subj",
                              "/CN=127.0.0.1",
                              "-addext",
                              "subjectAltName=IP:127.0.0.1,DNS:localhost",
                              NULL};
  struct outcome outcome;

  program_run(&(struct program_options){.argv = argv, .env = home->env},
              &outcome);
  cr_assert_eq(outcome.status, 0, "openssl: %s", outcome.err);
  outcome_clear(&outcome);
}
