#include "base/env.h"

#include <stddef.h>
#include <stdlib.h>

const char *env_text(const char *name)
{
  const char *value = getenv(name);

  return value != NULL && value[0] != '\0' ? value : NULL;
}
