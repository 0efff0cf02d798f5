#include "store/bus.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char address_name[] = "DBUS_SESSION_BUS_ADDRESS";

static bool is_our_socket(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
         status.st_uid == geteuid();
}

bool bus_is_named(void)
{
  const char *address = getenv(address_name);
  if (address != NULL && *address != '\0')
    return strstr(address, "autolaunch:") == NULL;

  /* GLib looks here by itself, when the variable is unset. */
  (void)unsetenv(address_name);
  const char *runtime = getenv("XDG_RUNTIME_DIR");
  if (runtime != NULL && *runtime == '/') {
    AUTO_STR char *path = mem_printf("%s/bus", runtime);
    if (path != NULL && is_our_socket(path))
      return true;
  }
  AUTO_STR char *path = mem_printf("/run/user/%u/bus", (unsigned)geteuid());
  AUTO_STR char *named = path != NULL ? mem_printf("unix:path=%s", path) : NULL;
  return named != NULL && is_our_socket(path) &&
         setenv(address_name, named, /* overwrite= */ 1) == 0;
}
