/* Does this process share its kernel keyrings with other containers? They are
 * kept per user namespace and uid, so containers of one uid without a user
 * namespace of their own can read each other's. Private to the room. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct container {
  uint64_t user_ns; /* inode numbers of the namespaces; 0: not known */
  uint64_t pid_ns;
  bool marked; /* a container manager left its mark */
};

void container_look(struct container *ret_container);
bool container_shares_keyrings(const struct container *container);
