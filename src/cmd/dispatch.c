#include "cmd/dispatch.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/ui.h"

#include <string.h>
#include <unistd.h>

static const struct cmd *find_command(const struct cmd *const *table,
                                      const char *name)
{
  for (size_t i = 0; table[i] != NULL; i++) {
    if (strcmp(table[i]->name, name) == 0)
      return table[i];
  }
  return NULL;
}

static enum code unknown_command(const struct cmd *const *table,
                                 const char *prefix, const char *name,
                                 struct err *err)
{
  const char *names[16] = {0};
  const char *nearest;
  size_t count = 0;

  for (size_t i = 0; table[i] != NULL && count + 1 < ARRAY_LEN(names); i++) {
    if (table[i]->summary != NULL)
      names[count++] = table[i]->name;
  }
  if (opt_looks_secret(name))
    return err_set(err, E_USAGE, "there is no such command");
  (void)err_set(err, E_USAGE, "there is no command '%s%s'", prefix, name);
  nearest = opt_nearest(name, names);
  if (nearest != NULL)
    err_hint(err, "did you mean  fob %s%s", prefix, nearest);
  else
    err_hint(err, "fob %s--help   lists them", prefix);
  return E_USAGE;
}

/* What -q, -v and --color say, before anything is printed. */
static void apply_globals(struct ctx *ctx)
{
  struct globals *globals = &ctx->globals;

  log_setup(globals->quiet          ? LOG_QUIET
            : globals->verbose >= 2 ? LOG_TRACE
            : globals->verbose == 1 ? LOG_VERBOSE
                                    : LOG_NORMAL);
  ui_setup(globals->color, ctx->config);
}

static enum code run_command(struct ctx *ctx, const struct cmd *cmd, int argc,
                             char **argv, struct err *err)
{
  struct operands operands = {0};
  void *options = mem_zalloc(cmd->options_size);
  enum code code;

  if (options == NULL)
    return err_nomem(err);

  opt_defaults(cmd->opts, options);
  code = opt_parse(cmd->opts, options, cmd_global_opts, &ctx->globals, argc,
                   argv, &operands, err);
  apply_globals(ctx);
  if (code == E_OK && ctx->globals.help)
    code = help_command(cmd, err);
  else if (code == E_OK && ctx->globals.version)
    code = help_version(ctx->globals.verbose > 0, err);
  else if (code == E_OK)
    code = cmd->run(ctx, options, &operands, err);
  else if (code == E_USAGE && err->hint[0] == '\0')
    err_hint(err, "fob %s --help   shows the options", cmd->usage_name);

  operands_clear(&operands);
  opt_release(cmd->opts, options);
  mem_free(options);
  return code;
}

/* `fob profile set`: the word behind a command that has subcommands. */
static enum code run_group(struct ctx *ctx, const struct cmd *cmd, int argc,
                           char **argv, struct err *err)
{
  int index = 0;
  enum code code = opt_parse_leading(cmd_global_opts, &ctx->globals, argc, argv,
                                     &index, err);

  apply_globals(ctx);
  if (code != E_OK)
    return code;
  if (ctx->globals.help)
    return help_command(cmd, err);
  if (index == argc) {
    (void)err_set(err, E_USAGE, "'fob %s' needs a command behind it",
                  cmd->name);
    err_hint(err, "fob %s --help   lists them", cmd->name);
    return E_USAGE;
  }
  const struct cmd *sub = find_command(cmd->subcommands, argv[index]);
  if (sub == NULL) {
    AUTO_STR char *prefix = mem_printf("%s ", cmd->name);
    return prefix == NULL
               ? err_nomem(err)
               : unknown_command(cmd->subcommands, prefix, argv[index], err);
  }
  return run_command(ctx, sub, argc - index - 1, argv + index + 1, err);
}

/* `fob help profile set` is `fob profile set --help`. */
static enum code run_help(int argc, char **argv, struct err *err)
{
  const struct cmd *const *table = cmd_table;
  const struct cmd *cmd = NULL;
  AUTO_STR char *prefix = mem_str("");

  for (int i = 0; i < argc && table != NULL; i++) {
    cmd = find_command(table, argv[i]);
    if (prefix == NULL)
      return err_nomem(err);
    if (cmd == NULL)
      return unknown_command(table, prefix, argv[i], err);
    mem_free(prefix);
    prefix = mem_printf("%s ", cmd->name);
    table = cmd->subcommands;
  }
  return cmd != NULL ? help_command(cmd, err) : help_overview(err);
}

static enum code dispatch(struct ctx *ctx, int argc, char **argv,
                          struct err *err)
{
  int index = 0;
  enum code code = opt_parse_leading(cmd_global_opts, &ctx->globals, argc, argv,
                                     &index, err);

  apply_globals(ctx);
  if (code != E_OK)
    return code;
  if (ctx->globals.version)
    return help_version(ctx->globals.verbose > 0, err);
  if (ctx->globals.help)
    return help_overview(err);
  if (index == argc) {
    (void)err_set(err, E_USAGE,
                  "say what to do: login, token, request, "
                  "logout, status or profile");
    err_hint(err, "fob --help");
    return E_USAGE;
  }
  if (strcmp(argv[index], "help") == 0)
    return run_help(argc - index - 1, argv + index + 1, err);

  const struct cmd *cmd = find_command(cmd_table, argv[index]);
  if (cmd == NULL)
    return unknown_command(cmd_table, "", argv[index], err);
  if (cmd->subcommands != NULL)
    return run_group(ctx, cmd, argc - index - 1, argv + index + 1, err);
  return run_command(ctx, cmd, argc - index - 1, argv + index + 1, err);
}

static void print_error_text(const struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf shown = BUF_INIT(BUF_LINE);
  struct err ignored = ERR_INIT;

  buf_printf(&text, "%s%sfob:%s %s\n", ui_style(UI_BOLD, false),
             ui_style(UI_RED, false), ui_style(UI_PLAIN, false), err->message);
  for (const char *at = err->hint; *at != '\0';) {
    size_t len = strcspn(at, "\n");
    buf_puts(&text, "     ");
    buf_put(&text, at, len);
    buf_putc(&text, '\n');
    at += len + (at[len] == '\n');
  }
  secret_redact(&shown, buf_text(&text), text.len);
  log_clear_line();
  if (shown.failed == E_OK)
    IGNORE(file_write_fd(STDERR_FILENO, buf_text(&shown), shown.len,
                         "standard error", &ignored));
  else
    log_note("an error could not be shown: out of memory");
}

static enum code print_error_json(const struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf shown = BUF_INIT(BUF_LINE);
  struct err ignored = ERR_INIT;
  AUTO_JSON json_t *object =
      json_pack("{s:s, s:i, s:s, s:s*, s:s*}", "name", err_name(err->code),
                "exit", err_status(err->code), "message", err->message, "hint",
                err->hint[0] != '\0' ? err->hint : NULL, "oauth_error",
                err->oauth_error[0] != '\0' ? err->oauth_error : NULL);

  if (object == NULL)
    return E_NOMEM;
  enum code code = json_write(&text, object, 0, &ignored);
  if (code != E_OK)
    return code;
  secret_redact(&shown, buf_text(&text), text.len);
  buf_putc(&shown, '\n');
  log_clear_line();
  code = buf_check(&shown, &ignored);
  return code != E_OK ? code
                      : file_write_fd(STDERR_FILENO, buf_text(&shown),
                                      shown.len, "standard error", &ignored);
}

/* A command line that could not be read may still say how its error is to be
 * told, behind the word that is wrong. */
static bool asks_for_json(const struct ctx *ctx)
{
  static const char option[] = "--error-format";
  size_t len = strlen(option);

  if (ctx->globals.error_format != NULL)
    return strcmp(ctx->globals.error_format, "json") == 0;
  for (int i = 0; i < ctx->argc && strcmp(ctx->argv[i], "--") != 0; i++) {
    const char *word = ctx->argv[i];
    if (strncmp(word, option, len) != 0)
      continue;
    if (strcmp(word + len, "=json") == 0 ||
        (word[len] == '\0' && i + 1 < ctx->argc &&
         strcmp(ctx->argv[i + 1], "json") == 0))
      return true;
  }
  return false;
}

static void print_error(const struct ctx *ctx, const struct err *err)
{
  bool json = asks_for_json(ctx);

  /* The person pressed Ctrl-C, or the reader went away: they know. */
  if (!json &&
      (err->code == E_SIGNAL || (err->code == E_OUTPUT && sig_pipe_noted())))
    return;
  if (json && print_error_json(err) == E_OK)
    return;
  print_error_text(err);
}

int dispatch_main(int argc, char **argv)
{
  struct ctx ctx = {0};
  struct err err = ERR_INIT;
  enum code code;

  opt_defaults(cmd_global_opts, &ctx.globals);
  ctx.argc = argc > 0 ? argc - 1 : 0;
  ctx.argv = argv + 1;
  code = argc > 0 ? dispatch(&ctx, argc - 1, argv + 1, &err)
                  : err_set(&err, E_USAGE, "there is no program name");

  /* What was printed before the failure goes out before its message. */
  struct err flush_err = ERR_INIT;
  enum code flushed = ui_flush(&flush_err);
  if (code == E_OK && flushed != E_OK) {
    code = flushed;
    err = flush_err;
  }
  if (code != E_OK) {
    err.code = code;
    print_error(&ctx, &err);
  }
  config_free(ctx.config);
  return err_status(code);
}
