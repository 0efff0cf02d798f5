#include "store/container.h"

#include "base/env.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first namespaces have fixed inode numbers (linux/nsfs.h,
 * USER_NS_INIT_INO and PID_NS_INIT_INO). */
static const uint64_t first_user_ns = 0xEFFFFFFDU;
static const uint64_t first_pid_ns = 0xEFFFFFFCU;

static uint64_t inode(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 ? status.st_ino : 0;
}

void container_look(struct container *ret_container)
{
  *ret_container = (struct container){
      .user_ns = inode("/proc/self/ns/user"),
      .pid_ns = inode("/proc/self/ns/pid"),
      .marked = access("/.dockerenv", F_OK) == 0 ||
                access("/run/.containerenv", F_OK) == 0 ||
                env_text("container") != NULL ||
                env_text("KUBERNETES_SERVICE_HOST") != NULL,
  };
}

bool container_shares_keyrings(const struct container *container)
{
  if (container->user_ns == 0 || container->pid_ns == 0)
    return true; /* no /proc: nothing says that the keyring is ours alone */
  if (container->user_ns != first_user_ns)
    return false;
  return container->marked || container->pid_ns != first_pid_ns;
}
