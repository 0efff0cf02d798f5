#include "cmd/opt.h"

#include "cmd/cmd.h"

#include <criterion/criterion.h>
#include <string.h>

struct options {
  bool flag, offline;
  int count;
  const char *text, *optional, *choice, *once, *secret;
  struct opt_list list;
  int64_t duration, number;
};

struct globals_here {
  const char *profile;
  int verbose;
};

#define AT(member) offsetof(struct options, member)

static const struct opt table[] = {
    {"flag", 'f', OPT_FLAG, AT(flag), NULL, "a flag", OPT_METHOD, NULL, 0},
    {"offline", 0, OPT_FLAG, AT(offline), NULL, "on", 0, NULL, 0},
    {"no-offline", 0, OPT_NEGATE, AT(offline), NULL, "off", 0, NULL, 0},
    {"count", 'c', OPT_COUNT, AT(count), NULL, "counts", 0, NULL, 0},
    {"text", 't', OPT_TEXT, AT(text), "TEXT", "a text", 0, NULL, 0},
    {"once", 0, OPT_TEXT, AT(once), "TEXT", "a text", OPT_ONCE, NULL, 0},
    {"optional", 'o', OPT_OPTIONAL, AT(optional), "X", "may have a value",
     OPT_METHOD, NULL, 0},
    {"choice", 0, OPT_CHOICE, AT(choice), "X", "one of two", 0, "red|blue",
     COMPLETE_CHOICE},
    {"list", 'l', OPT_LIST, AT(list), "X", "many", 0, NULL, 0},
    {"wait", 0, OPT_DURATION, AT(duration), "D", "a duration", 0, NULL, 0},
    {"number", 'n', OPT_NUMBER, AT(number), "N", "a number", 0, NULL, 0},
    {"secret-file", 0, OPT_TEXT, AT(secret), "FILE", "a file", OPT_VALUE_SECRET,
     NULL, COMPLETE_FILE},
    {"silent", 's', OPT_ACCEPTED, 0, NULL, "for habit", 0, NULL, 0},
    {"insecure", 'k', OPT_REFUSED, 0, NULL, "fob checks certificates", 0, NULL,
     0},
    OPT_END,
};

static const struct opt global_table[] = {
    {"profile", 'p', OPT_TEXT, offsetof(struct globals_here, profile), "NAME",
     "a profile", 0, NULL, 0},
    {"verbose", 'v', OPT_COUNT, offsetof(struct globals_here, verbose), NULL,
     "says more", 0, NULL, 0},
    OPT_END,
};

struct result {
  enum code code;
  struct options options;
  struct globals_here globals;
  struct operands operands;
  struct err err;
};

enum { WORDS_MAX = 12 };

static void parse(struct result *result, const char *const words[])
{
  char *argv[WORDS_MAX];
  int argc = 0;

  for (; words[argc] != NULL; argc++)
    argv[argc] = (char *)(uintptr_t)words[argc];
  memset(result, 0, sizeof(*result));
  opt_defaults(table, &result->options);
  result->code =
      opt_parse(table, &result->options, global_table, &result->globals, argc,
                argv, &result->operands, &result->err);
}

static void release(struct result *result)
{
  opt_release(table, &result->options);
  operands_clear(&result->operands);
}

#define PARSE(...) parse(&r, (const char *const[]){__VA_ARGS__, NULL})

Test(opt, mixes_options_and_operands_in_any_order)
{
  struct result r;

  PARSE("one", "-cc", "--text=a=b", "two", "-p", "work", "-tx", "-l1", "-l",
        "2", "-");
  cr_assert_eq(r.code, E_OK, "%s", r.err.message);
  cr_expect_eq(r.options.count, 2);
  cr_expect_str_eq(r.options.text, "x", "the last one wins");
  cr_expect_str_eq(r.globals.profile, "work");
  cr_assert_eq(r.operands.count, 3);
  cr_expect_str_eq(r.operands.items[2], "-");
  cr_assert_eq(r.options.list.count, 2);
  cr_expect_str_eq(r.options.list.items[1], "2");
  release(&r);
}

Test(opt, bundles_short_options_and_ends_at_two_dashes)
{
  struct result r;

  PARSE("-fcvt", "value", "--", "--text", "-x");
  cr_assert_eq(r.code, E_OK, "%s", r.err.message);
  cr_expect(r.options.flag);
  cr_expect_eq(r.globals.verbose, 1);
  cr_expect_str_eq(r.options.text, "value");
  cr_assert_eq(r.operands.count, 2);
  cr_expect_str_eq(r.operands.items[0], "--text");
  release(&r);
}

Test(opt, takes_an_optional_value_behind_an_equals_sign_only)
{
  struct result r;

  PARSE("--optional", "word");
  cr_assert_eq(r.code, E_OK);
  cr_expect_str_eq(r.options.optional, "");
  cr_expect_eq(r.operands.count, 1);
  release(&r);

  PARSE("--optional=firefox -P x");
  cr_assert_eq(r.code, E_OK);
  cr_expect_str_eq(r.options.optional, "firefox -P x");
  release(&r);

  PARSE("-co", "4");
  cr_assert_eq(r.code, E_OK, "%s", r.err.message);
  cr_expect_str_eq(r.options.optional, "");
  cr_expect_eq(r.operands.count, 1);
  release(&r);

  PARSE("-co=4c", "-o=5");
  cr_assert_eq(r.code, E_OK, "%s", r.err.message);
  cr_expect_str_eq(r.options.optional, "5");
  cr_expect_eq(r.options.count, 1);
  release(&r);

  PARSE("-o4");
  cr_expect_eq(r.code, E_USAGE);
  release(&r);
}

Test(opt, leaves_durations_and_numbers_that_are_not_given_at_minus_one)
{
  struct result r;

  PARSE("-f");
  cr_expect_eq(r.options.duration, -1);
  cr_expect_eq(r.options.number, -1);
  release(&r);

  PARSE("--wait", "15m", "-n0");
  cr_expect_eq(r.options.duration, 900);
  cr_expect_eq(r.options.number, 0);
  release(&r);
}

Test(opt, refuses_with_the_option_named)
{
  static const struct {
    const char *words[4];
    const char *names, *hint;
  } cases[] = {
      {{"--txet", "a"}, "--txet", "--text"},
      {{"--nothing-like-it"}, "--nothing-like-it", NULL},
      {{"-z"}, "-z", NULL},
      {{"--text"}, "--text", NULL},
      {{"-t"}, "--text", NULL},
      {{"--flag=yes"}, "--flag", NULL},
      {{"--choice", "green"}, "red or blue", NULL},
      {{"--choice", "red|blue"}, "--choice", NULL},
      {{"--choice="}, "--choice", NULL},
      {{"--wait", "soon"}, "--wait", NULL},
      {{"--wait=-1"}, "--wait", NULL},
      {{"-n", "1e3"}, "--number", NULL},
      {{"-n", "9223372036854775808"}, "--number", NULL},
      {{"--once=a", "--once=b"}, "--once", NULL},
      {{"-k"}, "--insecure", "fob checks certificates"},
      {{"-fk"}, "--insecure", "fob checks certificates"},
      {{"--flag", "--optional"}, "--flag and --optional", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct result r;
    parse(&r, cases[i].words);
    cr_expect_eq(r.code, E_USAGE, "case %zu", i);
    cr_expect(strstr(r.err.message, cases[i].names) != NULL, "case %zu: %s", i,
              r.err.message);
    if (cases[i].hint != NULL)
      cr_expect(strstr(r.err.hint, cases[i].hint) != NULL, "case %zu: %s", i,
                r.err.hint);
    release(&r);
  }
}

Test(opt, never_echoes_what_looks_like_a_token)
{
  static const char token[] = "ghp_testvaluenotreal000000000000000000";
  static const char *const cases[][3] = {
      {token},
      {"--secret-file", token},
      {"--secret-file=ghp_testvaluenotreal000000000000000000"},
      {"--ghp_testvaluenotreal000000000000000000"},
      {"--choice", token},
      {"--wait", token},
      {"--number", token},
      {"--flag=ghp_testvaluenotreal000000000000000000"},
  };

  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    struct result r;
    parse(&r, cases[i]);
    cr_expect_eq(r.code, E_USAGE, "case %zu", i);
    cr_expect(strstr(r.err.message, "ghp_") == NULL, "%s", r.err.message);
    cr_expect(strstr(r.err.hint, "ghp_") == NULL, "%s", r.err.hint);
    release(&r);
  }
}

Test(opt, tells_tokens_from_ordinary_words)
{
  static const char *const tokens[] = {
      "glpat-testvalue-notreal00", "eyJhbGciOiJub25lIn0.test.notreal",
      "0123456789abcdef0123456789abcdef01234567",
      "dGVzdHZhbHVlbm90cmVhbDAwMDAwMDAwMDAwMDA="};
  static const char *const words[] = {
      "https://api.example.com/v1/0123456789abcdef0123456789abcdef",
      "github",
      "name=0123456789abcdef0123456789abcdef",
      "api.0123456789abcdef0123456789abcdef.example.com",
      "/tmp/0123456789abcdef0123456789abcdef",
      "id:=12345678901234567890123456789012345",
      "sk-",
      "",
      "a-perfectly-ordinary-but-long-word-here"};

  for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
    cr_expect(opt_looks_secret(tokens[i]), "%s", tokens[i]);
  for (size_t i = 0; i < ARRAY_LEN(words); i++)
    cr_expect_not(opt_looks_secret(words[i]), "%s", words[i]);
}

Test(opt, stops_leading_options_at_the_command)
{
  char words[][10] = {"-v", "-p", "x", "token", "--profile", "y"};
  char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5]};
  struct globals_here globals = {0};
  struct err err = ERR_INIT;
  int index = -1;

  cr_assert_eq(opt_parse_leading(global_table, &globals, 6, argv, &index, &err),
               E_OK);
  cr_expect_eq(index, 3);
  cr_expect_str_eq(globals.profile, "x");
}

static void check_command(const struct cmd *cmd)
{
  cr_expect_null(opt_check_table(cmd->opts), "%s: %s", cmd->name,
                 opt_check_table(cmd->opts));
  cr_expect_not_null(cmd->usage_name, "%s", cmd->name);
  for (const struct opt *o = cmd->opts; !opt_is_end(o); o++) {
    cr_expect(o->type == OPT_REFUSED || o->type == OPT_ACCEPTED ||
                  o->offset < cmd->options_size,
              "%s: --%s is outside its options", cmd->name, o->name);
    for (const struct opt *g = cmd_global_opts; g->name != NULL; g++) {
      cr_expect(o->name == NULL || strcmp(o->name, g->name) != 0,
                "%s: --%s hides the global one", cmd->name, o->name);
      cr_expect(o->letter == 0 || o->letter != g->letter,
                "%s: -%c hides the global one", cmd->name, o->letter);
    }
  }
}

Test(opt, tables_of_all_commands_are_sound)
{
  cr_expect_null(opt_check_table(cmd_global_opts));
  for (size_t i = 0; cmd_table[i] != NULL; i++) {
    const struct cmd *cmd = cmd_table[i];
    if (cmd->subcommands == NULL)
      check_command(cmd);
    for (size_t k = 0; cmd->subcommands != NULL && cmd->subcommands[k] != NULL;
         k++)
      check_command(cmd->subcommands[k]);
  }
}

Test(opt, finds_contradictions_in_a_table)
{
  static const struct opt twice[] = {
      {"a", 'a', OPT_FLAG, 0, NULL, "x", 0, NULL, 0},
      {"b", 'a', OPT_FLAG, 0, NULL, "x", 0, NULL, 0},
      OPT_END};
  static const struct opt no_choices[] = {
      {"a", 0, OPT_CHOICE, 0, "X", "x", 0, NULL, 0}, OPT_END};
  static const struct opt no_help[] = {
      {"a", 0, OPT_FLAG, 0, NULL, "", 0, NULL, 0}, OPT_END};

  cr_expect_not_null(opt_check_table(twice));
  cr_expect_not_null(opt_check_table(no_choices));
  cr_expect_not_null(opt_check_table(no_help));
}
