#include "cmd/opt.h"

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

static bool is_end(const struct opt *opt)
{
  return opt->name == NULL && opt->letter == 0;
}

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
  for (const struct opt *opt = opts; opts != NULL && !is_end(opt); opt++) {
    if (opt->type == OPT_DURATION || opt->type == OPT_NUMBER)
      *(int64_t *)((char *)target + opt->offset) = -1;
  }
}

void opt_release(const struct opt *opts, void *target)
{
  for (const struct opt *opt = opts; opts != NULL && !is_end(opt); opt++) {
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

static const struct opt *find_in(const struct opt *opts, const char *name,
                                 size_t len, char letter)
{
  for (const struct opt *opt = opts; opts != NULL && !is_end(opt); opt++) {
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
  const struct opt *opt = find_in(parser->opts, name, len, letter);

  *ret_target = parser->target;
  if (opt == NULL) {
    opt = find_in(parser->global_opts, name, len, letter);
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

static size_t edit_distance(const char *a, const char *b)
{
  enum { MAX = 32 };
  size_t row[MAX + 1];
  size_t len_a = strlen(a), len_b = strlen(b);

  if (len_a > MAX || len_b > MAX)
    return MAX;
  for (size_t j = 0; j <= len_b; j++)
    row[j] = j;
  for (size_t i = 1; i <= len_a; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= len_b; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[len_b];
}

/* Keeps the nearer of *best and name; a short word must be nearer. */
static void keep_nearer(const char *word, const char *name, size_t *distance,
                        const char **best)
{
  size_t d = edit_distance(word, name);

  if (d < *distance && d < strlen(word)) {
    *distance = d;
    *best = name;
  }
}

const char *opt_nearest(const char *word, const char *const names[])
{
  const char *best = NULL;
  size_t distance = 3;

  for (size_t i = 0; names[i] != NULL; i++)
    keep_nearer(word, names[i], &distance, &best);
  return best;
}

static enum code unknown_long(const struct parser *parser, const char *name,
                              size_t len, struct err *err)
{
  AUTO_STR char *word = mem_copy(name, len);
  const char *best = NULL;
  size_t distance = 3;

  if (word == NULL)
    return err_nomem(err);

  for (int table = 0; table < 2; table++) {
    const struct opt *opts = table == 0 ? parser->opts : parser->global_opts;
    for (const struct opt *o = opts; opts != NULL && !is_end(o); o++) {
      if (o->name != NULL && (o->flags & OPT_HIDDEN) == 0)
        keep_nearer(word, o->name, &distance, &best);
    }
  }
  if (opt_looks_secret(word))
    return err_set(err, E_USAGE, "there is no such option");
  (void)err_set(err, E_USAGE, "there is no option '--%s'", word);
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
  err_hint(err, "this one is in your shell's history now: revoke it");
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
      return err_set(err, E_USAGE, "%s takes %s, not '%s'", show(opt).text,
                     opt->choices, value);
    *(const char **)slot = value;
    return E_OK;
  case OPT_DURATION:
    if (num_duration(value, slot))
      return E_OK;
    return err_set(err, E_USAGE,
                   "%s takes a duration as 90, 90s, 15m, 12h or 7d, not '%s'",
                   show(opt).text, value);
  case OPT_NUMBER:
    if (!num_parse(value, INT64_MAX, &number))
      return err_set(err, E_USAGE, "%s takes a whole number, not '%s'",
                     show(opt).text, value);
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
    code = apply(parser, opt, target, value, err);
    if (code != E_OK)
      return code;
    if (takes_value(opt))
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

bool opt_looks_secret(const char *text)
{
  static const char *const prefixes[] = {
      "ghp_",  "gho_",  "ghu_",  "ghs_",  "ghr_",    "github_pat_", "glpat-",
      "gldt-", "glrt-", "xoxb-", "xoxp-", "xoxa-",   "xapp-",       "sk-",
      "sk_",   "rk_",   "pk_",   "eyJ",   "ya29.",   "AKIA",        "ATATT",
      "dop_",  "shpat", "npm_",  "pypi-", "secret_", "ntn_",        "hf_",
  };
  bool upper = false, lower = false, digit = false;
  size_t len = strlen(text);

  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    upper |= c >= 'A' && c <= 'Z';
    lower |= c >= 'a' && c <= 'z';
    digit |= c >= '0' && c <= '9';
    if (strchr("-_.~+=", c) == NULL && !(c >= 'A' && c <= 'Z') &&
        !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
      return false;
    if (c == '=' && i + 2 < len && text[i + 1] != '=')
      return false; /* name=value, not padding */
  }
  for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
    size_t prefix = strlen(prefixes[i]);
    if (len >= prefix + 12 && memcmp(text, prefixes[i], prefix) == 0)
      return true;
  }
  return len >= 32 && digit && (upper || lower) && strchr(text, '.') == NULL;
}

static const char *check_entry(const struct opt *opt)
{
  static char what[160];
  const char *wrong = NULL;

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

  for (const struct opt *a = opts; !is_end(a); a++) {
    const char *wrong = check_entry(a);
    if (wrong != NULL)
      return wrong;
    for (const struct opt *b = a + 1; !is_end(b); b++) {
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
