#include "store/container.h"

#include "base/attr.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(container, shares_keyrings_without_a_user_namespace_of_its_own)
{
  const uint64_t user = 0xEFFFFFFD, pid = 0xEFFFFFFC;
  const struct {
    const char *what;
    struct container container;
    bool shares;
  } rows[] = {
      {"a plain machine", {user, pid, false}, false},
      {"docker", {user, 4026532201, true}, true},
      {"containerd without marks", {user, 4026532201, false}, true},
      {"docker --pid=host", {user, pid, true}, true},
      {"rootless podman", {4026532199, 4026532201, true}, false},
      {"no /proc", {0, 0, false}, true},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(container_shares_keyrings(&rows[i].container), rows[i].shares,
                 "%s", rows[i].what);
}

Test(container, knows_its_namespaces)
{
  struct container container;
  container_look(&container);
  cr_expect_neq(container.user_ns, 0);
  cr_expect_neq(container.pid_ns, 0);
  setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
  container_look(&container);
  cr_expect(container.marked);
}
