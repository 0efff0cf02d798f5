/* `fob complete -- WORDS…` (hidden): the candidates for the last of WORDS, one
 * a line, a tab and a description behind; the three completion files are thin
 * callers. A line ":file" asks the shell for file names. Silent on failure: a
 * completion never prints an error into somebody's command line. */
#include "cmd/complete.h"

#include "cmd/profile.h"

#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"
#include "profile/preset.h"

#include <string.h>

struct options {
  bool unused;
};

static const struct opt no_opts[] = {OPT_END};

enum code complete_put(const struct completing *c, const char *word,
                       const char *about, struct err *err)
{
  if (strncmp(word, c->start, strlen(c->start)) != 0)
    return E_OK;
  return about != NULL ? ui_outf(err, "%s%s\t%s\n", c->prefix, word, about)
                       : ui_outf(err, "%s%s\n", c->prefix, word);
}

static enum code put_names(const struct completing *c, bool presets,
                           struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  struct err ignored = ERR_INIT;
  enum code code = presets ? preset_names(&names, &ignored)
                           : profile_names(&names, &ignored);

  if (code != E_OK)
    return E_OK;
  for (size_t i = 0; code == E_OK && i < names.count; i++)
    code = complete_put(c, names.items[i], presets ? "preset" : "profile", err);
  return code;
}

static enum code put_choices(const struct completing *c, const char *choices,
                             struct err *err)
{
  enum code code = E_OK;

  while (code == E_OK && *choices != '\0') {
    size_t len = strcspn(choices, "|");
    AUTO_STR char *word = mem_copy(choices, len);
    if (word == NULL)
      return err_nomem(err);
    code = complete_put(c, word, NULL, err);
    choices += len + (choices[len] == '|');
  }
  return code;
}

/* What the words before the last one say. */
struct walk {
  struct ctx *ctx;
  const struct cmd *cmd;
  const struct opt *value_of; /* the last word is this option's value */
  size_t operands;            /* behind the command's name */
  const char **words;         /* these, borrowed */
  bool help;                  /* behind `help` */
  bool options_ended;
  struct complete_request request;
};

static enum code put_value(const struct completing *c, const struct walk *walk,
                           const struct opt *opt, struct err *err)
{
  switch (opt->complete) {
  case COMPLETE_FILE:
    return ui_outf(err, ":file\n");
  case COMPLETE_PROFILE:
    return put_names(c, false, err);
  case COMPLETE_PRESET:
    return put_names(c, true, err);
  case COMPLETE_CHOICE:
    return put_choices(c, opt->choices, err);
  case COMPLETE_OPERATION:
    return complete_operation(walk->ctx, &walk->request, c, err);
  default:
    return E_OK;
  }
}

static const struct opt *find_option(const struct cmd *cmd, const char *word,
                                     size_t len)
{
  const struct opt *tables[] = {cmd != NULL ? cmd->opts : NULL,
                                cmd_global_opts};

  const struct opt *found = NULL;
  bool is_long = len > 2 && word[1] == '-';

  if (!is_long && (len != 2 || word[1] == '-'))
    return NULL;
  for (size_t t = 0; t < ARRAY_LEN(tables) && found == NULL; t++)
    found = is_long ? opt_find(tables[t], word + 2, len - 2, 0)
                    : opt_find(tables[t], NULL, 0, word[1]);
  return found;
}

static bool wants_word(const struct opt *opt)
{
  return opt->type == OPT_TEXT || opt->type == OPT_LIST ||
         opt->type == OPT_CHOICE || opt->type == OPT_DURATION ||
         opt->type == OPT_NUMBER;
}

static enum code put_option_names(const struct completing *c,
                                  const struct opt *opts, struct err *err)
{
  enum code code = E_OK;

  for (const struct opt *o = opts; code == E_OK && o != NULL && !opt_is_end(o);
       o++) {
    bool hidden = (o->flags & OPT_HIDDEN) != 0 || o->type == OPT_REFUSED;
    if (hidden || o->name == NULL)
      continue;
    AUTO_STR char *word = mem_printf("--%s", o->name);
    code = word == NULL ? err_nomem(err) : complete_put(c, word, o->help, err);
  }
  return code;
}

static enum code put_commands(const struct completing *c,
                              const struct cmd *const *table, struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && table[i] != NULL; i++) {
    if (table[i]->summary != NULL)
      code = complete_put(c, table[i]->name, table[i]->summary, err);
  }
  return code;
}

static void walk_word(struct walk *walk, const char *word)
{
  const struct cmd *const *table =
      walk->cmd == NULL ? cmd_table : walk->cmd->subcommands;

  for (size_t k = 0; table != NULL && table[k] != NULL; k++) {
    if (table[k]->summary != NULL && strcmp(table[k]->name, word) == 0) {
      walk->cmd = table[k];
      return;
    }
  }
  if (walk->cmd == NULL && strcmp(word, "help") == 0)
    walk->help = true;
  else
    walk->words[walk->operands++] = word;
}

/* An option's value that other words depend on. */
static void walk_value(struct walk *walk, const struct opt *opt,
                       const char *value)
{
  if (opt->letter == 'p')
    walk->request.profile = value;
  else if (walk->cmd == &cmd_request && opt->complete == COMPLETE_OPERATION)
    walk->request.op = value;
  else if (walk->cmd == &cmd_request && opt->letter == 'X')
    walk->request.method = value;
}

/* room: for as many words. */
static struct walk walk_words(struct ctx *ctx, const struct operands *words,
                              const char **room)
{
  struct walk walk = {.ctx = ctx, .words = room};

  for (size_t i = 0; i + 1 < words->count; i++) {
    const char *word = words->items[i];

    if (walk.options_ended || word[0] != '-' || word[1] == '\0') {
      walk_word(&walk, word);
      continue;
    }
    walk.options_ended = strcmp(word, "--") == 0;
    size_t name = strcspn(word, "=");
    const struct opt *opt = find_option(walk.cmd, word, name);
    if (opt == NULL || !wants_word(opt))
      continue;
    if (word[name] == '=') {
      walk_value(&walk, opt, word + name + 1);
      continue;
    }
    if (i + 2 == words->count)
      walk.value_of = opt;
    else
      walk_value(&walk, opt, words->items[i + 1]);
    i++;
  }
  walk.request.operands = walk.words;
  walk.request.count = walk.operands;
  return walk;
}

static enum code put_operands(const struct completing *c,
                              const struct walk *walk, struct err *err)
{
  const struct cmd *cmd = walk->cmd;

  if (cmd == NULL)
    return put_commands(c, cmd_table, err);
  if (cmd->subcommands != NULL)
    return put_commands(c, cmd->subcommands, err);
  if (cmd == &cmd_request && !walk->help)
    return complete_operand(walk->ctx, &walk->request, c, err);
  if (walk->help || walk->operands > 0)
    return E_OK;
  if (cmd == &cmd_login)
    return put_names(c, true, err);
  if (strncmp(cmd->usage_name, "profile ", 8) == 0 && cmd != &cmd_profile_list)
    return put_names(c, false, err);
  return E_OK;
}

/* "--store=f" */
static enum code put_joined(const struct walk *walk, const char *word,
                            size_t name, struct err *err)
{
  const struct opt *opt = find_option(walk->cmd, word, name);
  AUTO_STR char *prefix = mem_copy(word, name + 1);
  const struct completing c = {.prefix = prefix, .start = word + name + 1};

  if (prefix == NULL)
    return err_nomem(err);
  return opt != NULL ? put_value(&c, walk, opt, err) : E_OK;
}

static enum code complete(struct ctx *ctx, const struct operands *operands,
                          const char **room, struct err *err)
{
  const char *last =
      operands->count > 0 ? operands->items[operands->count - 1] : "";
  const struct completing c = {.prefix = "", .start = last};
  const struct walk walk = walk_words(ctx, operands, room);
  size_t name = strcspn(last, "=");

  log_setup(LOG_QUIET);
  if (walk.value_of != NULL)
    return put_value(&c, &walk, walk.value_of, err);
  if (last[0] != '-' || walk.options_ended)
    return put_operands(&c, &walk, err);
  if (last[name] == '=')
    return put_joined(&walk, last, name, err);
  enum code code =
      walk.cmd != NULL ? put_option_names(&c, walk.cmd->opts, err) : E_OK;
  return code != E_OK ? code : put_option_names(&c, cmd_global_opts, err);
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const char **room = mem_array(operands->count + 1, sizeof *room);
  enum code code =
      room != NULL ? complete(ctx, operands, room, err) : err_nomem(err);

  (void)options;
  mem_free(room);
  return code;
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
