#include "profile/name.h"

#include <string.h>

bool profile_name_valid(const char *name)
{
  size_t len = strlen(name);

  if (len == 0 || len > PROFILE_NAME_MAX || strchr("._-", name[0]) != NULL)
    return false;
  for (const char *c = name; *c != '\0'; c++)
    if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
          (*c >= '0' && *c <= '9') || strchr("._-", *c) != NULL))
      return false;
  return true;
}
