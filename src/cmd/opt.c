#include "cmd/opt.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>
#include <unistd.h>

/* One command line being read. */
struct parser {
  const struct opt *opts, *global_opts;
  char *target, *globals;
  int argc;
  char **argv;
  int at;
  const struct opt *method; /* the OPT_METHOD option given so far */
};

static bool takes_value(const struct opt *opt)
{
  switch (opt->type) {
  case OPT_TEXT:
  case OPT_LIST:
  case OPT_DURATION:
  case OPT_NUMBER:
  case OPT_CHOICE:
    return true;
  default:
    return false;
  }
}

void opt_defaults(const struct opt *opts, void *target)
{
  for (const struct opt *opt = opts; opts != NULL && !opt_is_end(opt); opt++) {
    if (opt->type == OPT_DURATION || opt->type == OPT_NUMBER)
      *(int64_t *)((char *)target + opt->offset) = -1;
  }
}

void opt_release(const struct opt *opts, void *target)
{
  for (const struct opt *opt = opts; opts != NULL && !opt_is_end(opt); opt++) {
    if (opt->type == OPT_LIST) {
      struct opt_list *list = (void *)((char *)target + opt->offset);
      mem_free(list->items);
      *list = (struct opt_list){0};
    }
  }
}

void operands_clear(struct operands *operands)
{
  mem_free(operands->items);
  *operands = (struct operands){0};
}

const struct opt *opt_find(const struct opt *opts, const char *name, size_t len,
                           char letter)
{
  for (const struct opt *opt = opts; opts != NULL && !opt_is_end(opt); opt++) {
    if (letter != 0 ? opt->letter == letter
                    : opt->name != NULL && strlen(opt->name) == len &&
                          memcmp(opt->name, name, len) == 0)
      return opt;
  }
  return NULL;
}

/* The option and the struct that it writes to. */
static const struct opt *find(const struct parser *parser, const char *name,
                              size_t len, char letter, char **ret_target)
{
  const struct opt *opt = opt_find(parser->opts, name, len, letter);

  *ret_target = parser->target;
  if (opt == NULL) {
    opt = opt_find(parser->global_opts, name, len, letter);
    *ret_target = parser->globals;
  }
  return opt;
}

/* "--name" or "-x", as it is shown. */
struct shown {
  char text[64];
};

static struct shown show(const struct opt *opt)
{
  struct shown shown;

  if (opt->name != NULL)
    snprintf(shown.text, sizeof(shown.text), "--%s", opt->name);
  else
    snprintf(shown.text, sizeof(shown.text), "-%c", opt->letter);
  return shown;
}

static enum code unknown_long(const struct parser *parser, const char *name,
                              size_t len, struct err *err)
{
  const struct opt *const tables[] = {parser->opts, parser->global_opts};
  const char *names[96] = {0};
  AUTO_STR char *word = mem_copy(name, len);
  size_t count = 0;

  if (word == NULL)
    return err_nomem(err);
  for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
    for (const struct opt *o = tables[t];
         o != NULL && !opt_is_end(o) && count + 1 < ARRAY_LEN(names); o++) {
      if (o->name != NULL && (o->flags & OPT_HIDDEN) == 0)
        names[count++] = o->name;
    }
  }
  if (opt_looks_secret(word))
    return err_set(err, E_USAGE, "there is no such option");
  (void)err_set(err, E_USAGE, "there is no option '--%s'", word);
  const char *best = opt_nearest(word, names);
  if (best != NULL)
    err_hint(err, "did you mean --%s?", best);
  return E_USAGE;
}

static bool in_choices(const char *choices, const char *value)
{
  size_t len = strlen(value);

  for (const char *at = choices; at != NULL; at = strchr(at, '|')) {
    if (*at == '|')
      at++;
    size_t end = strcspn(at, "|");
    if (end == len && memcmp(at, value, len) == 0)
      return true;
  }
  return false;
}

/* "a|b|c" as "a, b or c". */
static void put_choices(struct buf *out, const char *choices)
{
  while (*choices != '\0') {
    size_t len = strcspn(choices, "|");
    const char *next = choices + len + (choices[len] == '|');

    buf_put(out, choices, len);
    if (*next != '\0')
      buf_puts(out, strchr(next, '|') != NULL ? ", " : " or ");
    choices = next;
  }
}

/* A value that is wrong is shown, unless it may be a secret. */
static enum code refuse_value(const struct opt *opt, const char *wanted,
                              const char *value, struct err *err)
{
  if (opt_looks_secret(value))
    return err_set(err, E_USAGE, "%s takes %s", show(opt).text, wanted);
  return err_set(err, E_USAGE, "%s takes %s, not '%s'", show(opt).text, wanted,
                 value);
}

static enum code refuse_choice(const struct opt *opt, const char *value,
                               struct err *err)
{
  AUTO_BUF struct buf choices = BUF_INIT(BUF_LINE);

  put_choices(&choices, opt->choices);
  return refuse_value(opt, buf_text(&choices), value, err);
}

static enum code append(const char ***items, size_t *count, const char *value,
                        struct err *err)
{
  const char **grown = mem_realloc(*items, (*count + 1) * sizeof(*grown));

  if (grown == NULL)
    return err_nomem(err);
  *items = grown;
  grown[(*count)++] = value;
  return E_OK;
}

/* A value that is itself a secret has already been seen by `ps` and the
 * shell's history; refusing it loudly, without echoing it, is what is left. */
static enum code refuse_secret(const char *value, const char *where,
                               struct err *err)
{
  if (strcmp(value, "-") == 0 || !opt_looks_secret(value) ||
      access(value, F_OK) == 0)
    return E_OK;

  (void)err_set(err, E_USAGE,
                "%s looks like a token, and an argument is seen by every "
                "process on this machine",
                where);
  err_hint(err, "fob login -p NAME --pat   asks for it, and "
                "--pat=FILE or --pat=- reads it");
  err_hint(err, "if it is one, it is in your shell's history now: revoke it");
  return E_USAGE;
}

static enum code apply_value(const struct opt *opt, char *target,
                             const char *value, struct err *err)
{
  void *slot = target + opt->offset;
  uint64_t number = 0;

  switch (opt->type) {
  case OPT_TEXT:
  case OPT_OPTIONAL:
    if ((opt->flags & OPT_ONCE) != 0 && *(const char **)slot != NULL)
      return err_set(err, E_USAGE, "%s is given twice", show(opt).text);
    *(const char **)slot = value;
    return E_OK;
  case OPT_LIST: {
    struct opt_list *list = slot;
    return append(&list->items, &list->count, value, err);
  }
  case OPT_CHOICE:
    if (!in_choices(opt->choices, value))
      return refuse_choice(opt, value, err);
    *(const char **)slot = value;
    return E_OK;
  case OPT_DURATION:
    if (num_duration(value, slot))
      return E_OK;
    return refuse_value(opt, "a duration as 90, 90s, 15m, 12h or 7d", value,
                        err);
  case OPT_NUMBER:
    if (!num_parse(value, INT64_MAX, &number))
      return refuse_value(opt, "a whole number", value, err);
    *(int64_t *)slot = (int64_t)number;
    return E_OK;
  default:
    return E_OK;
  }
}

/* value: NULL when none was given with it. */
static enum code apply(struct parser *parser, const struct opt *opt,
                       char *target, const char *value, struct err *err)
{
  void *slot = target + opt->offset;

  if ((opt->flags & OPT_METHOD) != 0) {
    if (parser->method != NULL && parser->method != opt)
      return err_set(err, E_USAGE, "%s and %s exclude each other",
                     show(parser->method).text, show(opt).text);
    parser->method = opt;
  }
  if ((opt->flags & OPT_VALUE_SECRET) != 0 && value != NULL) {
    struct shown shown = show(opt);
    char where[96];
    snprintf(where, sizeof(where), "the value of %s", shown.text);
    enum code code = refuse_secret(value, where, err);
    if (code != E_OK)
      return code;
  }

  switch (opt->type) {
  case OPT_FLAG:
    *(bool *)slot = true;
    return E_OK;
  case OPT_NEGATE:
    *(bool *)slot = false;
    return E_OK;
  case OPT_COUNT:
    ++*(int *)slot;
    return E_OK;
  case OPT_ACCEPTED:
    return E_OK;
  case OPT_REFUSED:
    (void)err_set(err, E_USAGE, "%s is not an option here", show(opt).text);
    err_hint(err, "%s", opt->help);
    return E_USAGE;
  default:
    return apply_value(opt, target, value != NULL ? value : "", err);
  }
}

static enum code next_word(struct parser *parser, const struct opt *opt,
                           const char **ret_value, struct err *err)
{
  if (parser->at + 1 >= parser->argc)
    return err_set(err, E_USAGE, "%s needs a value: %s %s", show(opt).text,
                   show(opt).text, opt->arg != NULL ? opt->arg : "VALUE");
  *ret_value = parser->argv[++parser->at];
  return E_OK;
}

static enum code parse_long(struct parser *parser, struct err *err)
{
  const char *name = parser->argv[parser->at] + 2;
  size_t len = strcspn(name, "=");
  const char *value = name[len] == '=' ? name + len + 1 : NULL;
  char *target;
  const struct opt *opt = find(parser, name, len, 0, &target);

  if (opt == NULL)
    return unknown_long(parser, name, len, err);
  if (value != NULL && !takes_value(opt) && opt->type != OPT_OPTIONAL &&
      opt->type != OPT_REFUSED)
    return err_set(err, E_USAGE, "--%s takes no value", opt->name);
  if (value == NULL && takes_value(opt)) {
    enum code code = next_word(parser, opt, &value, err);
    if (code != E_OK)
      return code;
  }
  return apply(parser, opt, target, value, err);
}

static enum code parse_short(struct parser *parser, struct err *err)
{
  for (const char *at = parser->argv[parser->at] + 1; *at != '\0'; at++) {
    char *target;
    const struct opt *opt = find(parser, NULL, 0, *at, &target);
    const char *value = NULL;
    enum code code;

    if (opt == NULL)
      return err_set(err, E_USAGE, "there is no option '-%c'", *at);
    if (takes_value(opt)) {
      if (at[1] != '\0') {
        value = at + 1;
      } else {
        code = next_word(parser, opt, &value, err);
        if (code != E_OK)
          return code;
      }
    }
    if (opt->type == OPT_OPTIONAL && at[1] == '=')
      value = at + 2;
    code = apply(parser, opt, target, value, err);
    if (code != E_OK)
      return code;
    if (value != NULL)
      return E_OK;
  }
  return E_OK;
}

static bool is_option(const char *word)
{
  return word[0] == '-' && word[1] != '\0';
}

static enum code parse_word(struct parser *parser, struct err *err)
{
  return parser->argv[parser->at][1] == '-' ? parse_long(parser, err)
                                            : parse_short(parser, err);
}

enum code opt_parse(const struct opt *opts, void *target,
                    const struct opt *global_opts, void *globals, int argc,
                    char **argv, struct operands *ret_operands, struct err *err)
{
  struct parser parser = {opts, global_opts, target, globals,
                          argc, argv,        0,      NULL};
  struct operands operands = {0};
  bool options_ended = false;
  enum code code = E_OK;

  for (; code == E_OK && parser.at < argc; parser.at++) {
    const char *word = argv[parser.at];

    if (!options_ended && strcmp(word, "--") == 0) {
      options_ended = true;
    } else if (!options_ended && is_option(word)) {
      code = parse_word(&parser, err);
    } else {
      code = refuse_secret(word, "an argument", err);
      if (code == E_OK)
        code = append(&operands.items, &operands.count, word, err);
    }
  }
  if (code != E_OK) {
    operands_clear(&operands);
    return code;
  }
  *ret_operands = operands;
  return E_OK;
}

enum code opt_parse_leading(const struct opt *global_opts, void *globals,
                            int argc, char **argv, int *ret_index,
                            struct err *err)
{
  struct parser parser = {NULL, global_opts, NULL, globals,
                          argc, argv,        0,    NULL};

  for (; parser.at < argc && is_option(argv[parser.at]); parser.at++) {
    if (strcmp(argv[parser.at], "--") == 0) {
      parser.at++;
      break;
    }
    enum code code = parse_word(&parser, err);
    if (code != E_OK)
      return code;
  }
  *ret_index = parser.at;
  return E_OK;
}

static const char *check_entry(const struct opt *opt)
{
  static char what[160];
  const char *wrong = NULL;

  if (opt->type == OPT_HEADING)
    return NULL;
  if (opt->help == NULL || opt->help[0] == '\0')
    wrong = "has no help";
  else if (opt->help[strlen(opt->help) - 1] == '.')
    wrong = "has a help line with a full stop";
  else if (takes_value(opt) && opt->type != OPT_CHOICE && opt->arg == NULL)
    wrong = "has no name for its value";
  else if (opt->type == OPT_CHOICE && opt->choices == NULL)
    wrong = "has no choices";
  if (wrong == NULL)
    return NULL;
  snprintf(what, sizeof(what), "%s %s", show(opt).text, wrong);
  return what;
}

const char *opt_check_table(const struct opt *opts)
{
  static char what[160];

  for (const struct opt *a = opts; !opt_is_end(a); a++) {
    const char *wrong = check_entry(a);
    if (wrong != NULL)
      return wrong;
    for (const struct opt *b = a + 1; !opt_is_end(b); b++) {
      bool same_name =
          a->name != NULL && b->name != NULL && strcmp(a->name, b->name) == 0;
      if (same_name || (a->letter != 0 && a->letter == b->letter)) {
        snprintf(what, sizeof(what), "%s stands twice", show(b).text);
        return what;
      }
    }
  }
  return NULL;
}
