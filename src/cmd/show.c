#include "cmd/show.h"

#include "cmd/request.h"
#include "cmd/ui.h"

static enum code deliver(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  (void)user;
  return ui_out(bytes, len, err);
}

enum code show_json(const char *bytes, size_t len, struct err *err)
{
  AUTO(present) present = NULL;
  const struct format_sink sink = {.write = deliver};
  bool terminal = ui_stdout_is_terminal();
  enum code code = present_new(&present, terminal, true, "application/json",
                               false, sink, err);

  if (code == E_OK)
    code = present_write(present, bytes, len, err);
  if (code == E_OK)
    code = present_end(present, err);
  if (code == E_OK && !terminal && (len == 0 || bytes[len - 1] != '\n'))
    code = ui_out("\n", 1, err);
  return code;
}
