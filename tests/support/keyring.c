#include "support/keyring.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, STEP_MS = 10 };

static const char service[] = "org.freedesktop.secrets";

/* In the child: standard streams, an environment without a desktop, and an end
 * when the test ends. */
static void prepare_child(const struct keyring *keyring, int in, int out)
{
  char path[300];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == 1)
    _exit(1); /* it has ended already */
  snprintf(path, sizeof path, "%s/log", keyring->dir);
  int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (dup2(in, 0) < 0 || dup2(out >= 0 ? out : log, 1) < 0 || dup2(log, 2) < 0)
    _exit(1);
  static const char *const unset[] = {"DISPLAY", "WAYLAND_DISPLAY",
                                      "GNOME_KEYRING_CONTROL"};
  for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
    unsetenv(unset[i]);
  setenv("HOME", keyring->dir, 1);
  setenv("XDG_RUNTIME_DIR", keyring->dir, 1);
  setenv("XDG_DATA_HOME", keyring->dir, 1);
  setenv("DBUS_SESSION_BUS_ADDRESS", keyring->address, 1);
  signal(SIGPIPE, SIG_DFL);
}

/* input: what it reads from standard input. */
static pid_t start(const struct keyring *keyring, const char *input, int out,
                   const char *const argv[])
{
  int ends[2];
  cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
  cr_assert_eq(write(ends[1], input, strlen(input)), (ssize_t)strlen(input));
  close(ends[1]);
  pid_t child = fork();
  cr_assert_geq(child, 0);
  if (child == 0) {
    prepare_child(keyring, ends[0], out);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
  }
  close(ends[0]);
  return child;
}

static void pause_ms(int ms)
{
  usleep((useconds_t)ms * 1000);
}

static void end(pid_t *child)
{
  if (*child <= 0)
    return;
  kill(*child, SIGKILL);
  while (waitpid(*child, NULL, 0) < 0 && errno == EINTR)
    ;
  *child = 0;
}

/* --- calls -------------------------------------------------------------- */

/* dbus-send's output; its exit status in *ret_status. */
static const char *send_by(const struct keyring *keyring,
                           const char *const argv[], int *ret_status)
{
  static char text[16384];
  char path[300];
  snprintf(path, sizeof path, "%s/answer", keyring->dir);
  int out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  cr_assert_geq(out, 0);
  pid_t child = start(keyring, "", out, argv);
  cr_assert_eq(waitpid(child, ret_status, 0), child);
  ssize_t len = pread(out, text, sizeof text - 1, 0);
  close(out);
  text[len > 0 ? len : 0] = '\0';
  return text;
}

const char *keyring_send(const struct keyring *keyring, const char *path,
                         const char *method, ...)
{
  char dest[64], path_copy[256], method_copy[128];
  snprintf(dest, sizeof dest, "--dest=%s", service);
  snprintf(path_copy, sizeof path_copy, "%s", path);
  snprintf(method_copy, sizeof method_copy, "%s", method);
  const char *argv[16] = {"dbus-send", "--session",          "--print-reply",
                          dest,        "--type=method_call", path_copy,
                          method_copy};
  size_t count = 7;
  va_list args;
  va_start(args, method);
  char *arg;
  while (count < 15 && (arg = va_arg(args, char *)) != NULL)
    argv[count++] = arg;
  va_end(args);
  int status = -1;
  const char *text = send_by(keyring, argv, &status);
  cr_assert_eq(status, 0, "%s %s failed (%d), see %s/log: %s", path, method,
               status, keyring->dir, text);
  return text;
}

void keyring_await_name(const struct keyring *keyring, const char *name)
{
  char argument[128];
  snprintf(argument, sizeof argument, "string:%s", name);
  const char *const argv[] = {"dbus-send",
                              "--session",
                              "--print-reply",
                              "--dest=org.freedesktop.DBus",
                              "--type=method_call",
                              "/",
                              "org.freedesktop.DBus.NameHasOwner",
                              argument,
                              NULL};
  for (int ms = 0; ms < PATIENCE_MS; ms += STEP_MS) {
    int status = -1;
    const char *text = send_by(keyring, argv, &status);
    if (status == 0 && strstr(text, "boolean true") != NULL)
      return;
    pause_ms(STEP_MS);
  }
  cr_assert_fail("nobody took the name %s", name);
}

/* --- the bus ------------------------------------------------------------ */

static struct sockaddr_un socket_at(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  cr_assert_lt(strlen(path), sizeof address.sun_path);
  strcpy(address.sun_path, path);
  return address;
}

static bool can_connect(const char *path)
{
  struct sockaddr_un address = socket_at(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool connected =
      connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  close(fd);
  return connected;
}

static const char bus_config[] =
    "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration "
    "1.0//EN\"\n"
    " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
    "<busconfig><type>session</type><listen>unix:path=%s/bus</listen>\n"
    "<auth>EXTERNAL</auth><policy context=\"default\">\n"
    "<allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
    "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n";

void keyring_bus_start(struct keyring *keyring, const char *dir)
{
  *keyring = (struct keyring){0};
  snprintf(keyring->dir, sizeof keyring->dir, "%s", dir);
  snprintf(keyring->address, sizeof keyring->address, "unix:path=%s/bus", dir);
  char config[300], option[320], path[300];
  snprintf(config, sizeof config, "%s/bus.conf", dir);
  FILE *file = fopen(config, "we");
  cr_assert_not_null(file);
  fprintf(file, bus_config, dir);
  cr_assert_eq(fclose(file), 0);
  snprintf(option, sizeof option, "--config-file=%s", config);
  const char *const argv[] = {"dbus-daemon", option, "--nofork", "--nopidfile",
                              NULL};
  keyring->bus = start(keyring, "", -1, argv);
  snprintf(path, sizeof path, "%s/bus", dir);
  for (int ms = 0; ms < PATIENCE_MS && !can_connect(path); ms += STEP_MS)
    pause_ms(STEP_MS);
  cr_assert(can_connect(path), "dbus-daemon does not listen at %s", path);
}

void keyring_daemon_start(struct keyring *keyring, bool unlocked)
{
  char control[300];
  snprintf(control, sizeof control, "--control-directory=%s/ctl", keyring->dir);
  const char *const argv[] = {"gnome-keyring-daemon",       "--foreground",
                              "--components=secrets",       control,
                              unlocked ? "--unlock" : NULL, NULL};
  keyring->daemon =
      start(keyring, unlocked ? "test-password-not-real" : "", -1, argv);
  keyring_await_name(keyring, service);
}

void keyring_start(struct keyring *keyring, const char *dir)
{
  keyring_bus_start(keyring, dir);
  keyring_daemon_start(keyring, /* unlocked= */ true);
}

void keyring_lock(const struct keyring *keyring)
{
  (void)keyring_send(keyring, "/org/freedesktop/secrets",
                     "org.freedesktop.Secret.Service.Lock",
                     "array:objpath:/org/freedesktop/secrets/collection/login",
                     NULL);
}

void keyring_daemon_kill(struct keyring *keyring)
{
  end(&keyring->daemon);
}

void keyring_bus_kill(struct keyring *keyring)
{
  end(&keyring->bus);
}

void keyring_stop(struct keyring *keyring)
{
  end(&keyring->daemon);
  end(&keyring->bus);
}

const char *keyring_mute_bus(const char *dir)
{
  static char address[300];
  char path[256];
  snprintf(path, sizeof path, "%s/mute", dir);
  snprintf(address, sizeof address, "unix:path=%s", path);
  struct sockaddr_un name = socket_at(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert_eq(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
  cr_assert_eq(listen(fd, 8), 0); /* connections wait here for ever */
  return address;
}
