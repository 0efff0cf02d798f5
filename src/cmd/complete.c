/* `fob complete -- WORDS…` (hidden): the candidates for the last of WORDS, one
 * a line, a tab and a description behind; the three completion files are thin
 * callers. A line ":file" asks the shell for file names. Silent on failure: a
 * completion never prints an error into somebody's command line. */
#include "cmd/cmd.h"

#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "profile/preset.h"

#include <string.h>

struct options {
  bool unused;
};

static const struct opt no_opts[] = {OPT_END};

static enum code put(const char *word, const char *about, const char *start,
                     struct err *err)
{
  if (strncmp(word, start, strlen(start)) != 0)
    return E_OK;
  return about != NULL ? ui_outf(err, "%s\t%s\n", word, about)
                       : ui_outf(err, "%s\n", word);
}

static enum code put_names(bool presets, const char *start, struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  struct err ignored = ERR_INIT;
  enum code code = presets ? preset_names(&names, &ignored)
                           : profile_names(&names, &ignored);

  if (code != E_OK)
    return E_OK;
  for (size_t i = 0; code == E_OK && i < names.count; i++)
    code = put(names.items[i], presets ? "preset" : "profile", start, err);
  return code;
}

static enum code put_choices(const char *choices, const char *prefix,
                             const char *start, struct err *err)
{
  enum code code = E_OK;

  while (code == E_OK && *choices != '\0') {
    size_t len = strcspn(choices, "|");
    AUTO_STR char *word = mem_printf("%s%.*s", prefix, (int)len, choices);
    if (word == NULL)
      return err_nomem(err);
    code = put(word, NULL, start, err);
    choices += len + (choices[len] == '|');
  }
  return code;
}

static enum code put_value(const struct opt *opt, const char *start,
                           struct err *err)
{
  switch (opt->complete) {
  case COMPLETE_FILE:
    return ui_outf(err, ":file\n");
  case COMPLETE_PROFILE:
    return put_names(false, start, err);
  case COMPLETE_PRESET:
    return put_names(true, start, err);
  case COMPLETE_CHOICE:
    return put_choices(opt->choices, "", start, err);
  default:
    return E_OK;
  }
}

static bool is_end(const struct opt *opt)
{
  return opt->name == NULL && opt->letter == 0;
}

static const struct opt *find_option(const struct cmd *cmd, const char *word,
                                     size_t len)
{
  const struct opt *tables[] = {cmd != NULL ? cmd->opts : NULL,
                                cmd_global_opts};

  for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
    for (const struct opt *o = tables[t]; o != NULL && !is_end(o); o++) {
      bool is_long = len > 2 && word[1] == '-' && o->name != NULL &&
                     strlen(o->name) == len - 2 &&
                     memcmp(o->name, word + 2, len - 2) == 0;
      bool is_short = len == 2 && word[1] != '-' && o->letter == word[1];
      if (is_long || is_short)
        return o;
    }
  }
  return NULL;
}

static bool wants_word(const struct opt *opt)
{
  return opt->type == OPT_TEXT || opt->type == OPT_LIST ||
         opt->type == OPT_CHOICE || opt->type == OPT_DURATION ||
         opt->type == OPT_NUMBER;
}

static enum code put_option_names(const struct opt *opts, const char *start,
                                  struct err *err)
{
  enum code code = E_OK;

  for (const struct opt *o = opts; code == E_OK && o != NULL && !is_end(o);
       o++) {
    bool hidden = (o->flags & OPT_HIDDEN) != 0 || o->type == OPT_REFUSED;
    if (hidden || o->name == NULL)
      continue;
    AUTO_STR char *word = mem_printf("--%s", o->name);
    code = word == NULL ? err_nomem(err) : put(word, o->help, start, err);
  }
  return code;
}

static enum code put_commands(const struct cmd *const *table, const char *start,
                              struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && table[i] != NULL; i++) {
    if (table[i]->summary != NULL)
      code = put(table[i]->name, table[i]->summary, start, err);
  }
  return code;
}

/* Goes over the words before the last one: which command, and does the last
 * word belong to an option? */
static const struct cmd *walk(const struct operands *words,
                              const struct opt **ret_value_of)
{
  const struct cmd *cmd = NULL;

  for (size_t i = 0; i + 1 < words->count; i++) {
    const char *word = words->items[i];

    if (word[0] == '-') {
      const struct opt *opt = find_option(cmd, word, strlen(word));
      if (opt != NULL && wants_word(opt)) {
        if (i + 2 == words->count)
          *ret_value_of = opt;
        i++;
      }
      continue;
    }
    const struct cmd *const *table = cmd == NULL ? cmd_table : cmd->subcommands;
    for (size_t k = 0; table != NULL && table[k] != NULL; k++) {
      if (strcmp(table[k]->name, word) == 0) {
        cmd = table[k];
        break;
      }
    }
  }
  return cmd;
}

static enum code put_operands(const struct cmd *cmd, const char *start,
                              struct err *err)
{
  if (cmd == NULL)
    return put_commands(cmd_table, start, err);
  if (cmd->subcommands != NULL)
    return put_commands(cmd->subcommands, start, err);
  if (cmd == &cmd_login)
    return put_names(true, start, err);
  if (strncmp(cmd->usage_name, "profile ", 8) == 0)
    return put_names(false, start, err);
  return E_OK;
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct opt *value_of = NULL;
  const char *last =
      operands->count > 0 ? operands->items[operands->count - 1] : "";
  const struct cmd *cmd = walk(operands, &value_of);

  (void)ctx;
  (void)options;
  log_setup(LOG_QUIET);
  if (value_of != NULL)
    return put_value(value_of, last, err);
  if (last[0] != '-')
    return put_operands(cmd, last, err);

  size_t name = strcspn(last, "=");
  if (last[name] == '=') {
    const struct opt *opt = find_option(cmd, last, name);
    if (opt == NULL)
      return E_OK;
    if (opt->complete == COMPLETE_CHOICE) {
      AUTO_STR char *prefix = mem_copy(last, name + 1);
      return prefix == NULL ? err_nomem(err)
                            : put_choices(opt->choices, prefix, last, err);
    }
    return put_value(opt, last + name + 1, err);
  }
  enum code code = cmd != NULL ? put_option_names(cmd->opts, last, err) : E_OK;
  return code != E_OK ? code : put_option_names(cmd_global_opts, last, err);
}

const struct cmd cmd_complete = {
    .name = "complete",
    .usage_name = "complete",
    .summary = NULL,
    .usage = "-- WORDS...",
    .opts = no_opts,
    .options_size = sizeof(struct options),
    .run = run,
};
