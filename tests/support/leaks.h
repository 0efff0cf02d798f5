/* For tests of what a library is known to leak: LeakSanitizer looks at nothing
 * in this process. Stacks in GLib are too short to tell one leak from another
 * unless all memory is traced in the slow way. */
#pragma once

void leaks_are_the_librarys(void);
