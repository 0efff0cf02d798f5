#include "support/leaks.h"

static int off;

void leaks_are_the_librarys(void)
{
  off = 1;
}

/* A hook that LeakSanitizer looks up by name when the process ends. */
__attribute__((used, visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
  return off;
}
