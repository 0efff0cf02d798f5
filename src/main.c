/* fob: hardening, the allocator's hooks, dispatch, exit status. */
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/sig.h"
#include "cmd/dispatch.h"

#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* No core dump and no debugger of another process may read our memory. A
 * kernel that refuses is not worth failing for. */
static void harden(void)
{
  struct rlimit core;

  run_remember_limits();
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0; /* the hard limit stays: children get theirs back */
    (void)setrlimit(RLIMIT_CORE, &core);
  }
#ifndef __SANITIZE_ADDRESS__ /* whose leak check attaches as a debugger */
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int main(int argc, char **argv)
{
  struct err err = ERR_INIT;
  int status;

  file_fix_standard_fds();
  harden();
  /* The character set alone: numbers keep their point, and libcurl, which
   * refuses international host names in the C locale, accepts them. */
  (void)setlocale(LC_CTYPE, "");
  json_set_alloc_funcs(mem_alloc, mem_free);

  /* Before any library starts a thread (DESIGN §1.7). */
  if (sig_setup(&err) != E_OK) {
    log_note("%s", err.message);
    return err_status(err.code);
  }
  status = dispatch_main(argc, argv);
  sig_reraise();
  return status;
}
