#include "cmd/help.h"

#include "cmd/ui.h"
#include "crypto/crypto.h"
#include "http/client.h"

#include <jansson.h>
#include <string.h>

enum { HELP_COLUMN = 30 };

/* Columns that a text takes; the tables are ASCII but for a few signs. */
static size_t columns(const char *text)
{
  size_t count = 0;

  for (; *text != '\0'; text++)
    count += (*text & 0xc0) != 0x80;
  return count;
}

static enum code put_wrapped(const char *text, struct err *err)
{
  size_t width = (size_t)ui_width();
  size_t room = width > HELP_COLUMN + 30 ? width - HELP_COLUMN : 50;

  while (*text != '\0') {
    size_t len = strlen(text), line = len;

    if (columns(text) > room) {
      line = room;
      while (line > 0 && text[line] != ' ')
        line--;
      if (line == 0)
        line = strcspn(text, " ");
    }
    enum code code = ui_outf(err, "%.*s\n", (int)line, text);
    if (code != E_OK)
      return code;
    text += line;
    while (*text == ' ')
      text++;
    if (*text != '\0') {
      code = ui_outf(err, "%*s", HELP_COLUMN, "");
      if (code != E_OK)
        return code;
    }
  }
  return E_OK;
}

static void put_usage_of(struct buf *out, const struct opt *opt)
{
  if (opt->letter != 0)
    buf_printf(out, "  -%c%s", opt->letter, opt->name != NULL ? ", " : "");
  else
    buf_puts(out, "      ");
  if (opt->name != NULL)
    buf_printf(out, "--%s", opt->name);
  if (opt->arg == NULL)
    return;
  if (opt->type == OPT_OPTIONAL)
    buf_printf(out, "[=%s]", opt->arg);
  else
    buf_printf(out, " %s", opt->arg);
}

static enum code put_option(const struct opt *opt, struct err *err)
{
  AUTO_BUF struct buf left = BUF_INIT(BUF_LINE);
  enum code code;

  put_usage_of(&left, opt);
  code = buf_check(&left, err);
  if (code != E_OK)
    return code;
  if (columns(buf_text(&left)) > HELP_COLUMN - 2)
    code = ui_outf(err, "%s\n%*s", buf_text(&left), HELP_COLUMN, "");
  else
    code = ui_outf(err, "%-*s", HELP_COLUMN, buf_text(&left));
  return code != E_OK ? code : put_wrapped(opt->help, err);
}

static enum code put_heading(const char *text, struct err *err)
{
  return ui_outf(err, "\n%s%s:%s\n", ui_style(UI_BOLD, true), text,
                 ui_style(UI_PLAIN, true));
}

/* title: above those that stand below no heading of the table. */
static enum code put_options(const char *title, const struct opt *opts,
                             struct err *err)
{
  enum code code = E_OK;
  bool titled = false;

  for (const struct opt *opt = opts;
       code == E_OK && opts != NULL && !opt_is_end(opt); opt++) {
    if ((opt->flags & OPT_HIDDEN) != 0 || opt->type == OPT_REFUSED)
      continue;
    if (!titled || opt->type == OPT_HEADING)
      code = put_heading(opt->type == OPT_HEADING ? opt->help : title, err);
    titled = true;
    if (code == E_OK && opt->type != OPT_HEADING)
      code = put_option(opt, err);
  }
  return code;
}

static enum code put_commands(const struct cmd *const *table, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && table[i] != NULL; i++) {
    if (table[i]->summary != NULL)
      code = ui_outf(err, "  %-10s %s\n", table[i]->name, table[i]->summary);
  }
  return code;
}

/* One usage line for each line of cmd->usage. */
static enum code put_usage(const struct cmd *cmd, struct err *err)
{
  enum code code = E_OK;
  bool first = true;

  for (const char *at = cmd->usage; code == E_OK && *at != '\0';) {
    size_t len = strcspn(at, "\n");
    code = ui_outf(err, "%s fob %s %.*s\n", first ? "usage:" : "      ",
                   cmd->usage_name, (int)len, at);
    at += len + (at[len] == '\n');
    first = false;
  }
  return code;
}

enum code help_command(const struct cmd *cmd, struct err *err)
{
  enum code code = put_usage(cmd, err);

  if (code == E_OK)
    code = ui_outf(err, "\n%s.\n", cmd->summary);
  if (code == E_OK && cmd->subcommands != NULL) {
    code = ui_outf(err, "\n");
    if (code == E_OK)
      code = put_commands(cmd->subcommands, err);
  }
  if (code == E_OK)
    code = put_options("options", cmd->opts, err);
  if (code == E_OK)
    code = put_options("options of every command", cmd_global_opts, err);
  if (code == E_OK && cmd->details != NULL)
    code = ui_outf(err, "\n%s\n", cmd->details);
  return code;
}

enum code help_overview(struct err *err)
{
  static const char *const text =
      "usage: fob COMMAND [options]\n"
      "\n"
      "Logs people, scripts and CI jobs in to HTTP APIs, keeps the credential "
      "in the\n"
      "keyring, hands out tokens that are always fresh, and sends requests.\n"
      "\n";
  static const char *const examples =
      "\n"
      "  fob login github --pat              paste a token once, hidden\n"
      "  fob request user                    GET https://api.github.com/user\n"
      "  h=$(fob token --header) && curl -H @- https://api.github.com/user "
      "<<<\"$h\"\n"
      "  fob logout                          revoke it, forget it\n"
      "\n"
      "fob COMMAND --help shows a command's options; man fob has it all.\n";
  enum code code = ui_outf(err, "%s", text);

  if (code == E_OK)
    code = put_commands(cmd_table, err);
  if (code == E_OK)
    code = put_options("options of every command", cmd_global_opts, err);
  return code == E_OK ? ui_outf(err, "%s", examples) : code;
}

enum code help_version(bool libraries, struct err *err)
{
  enum code code = ui_outf(err, "fob %s\n", FOB_VERSION);

  if (code != E_OK || !libraries)
    return code;
  const char *curl = http_library_version();
  return ui_outf(err, "%s\n%s\njansson %s\n",
                 curl != NULL ? curl : "libcurl: not installed",
                 crypto_library_version(), jansson_version_str());
}
