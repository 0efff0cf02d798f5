/* libjq within the test's own process, where a sanitizer sees what is not given
 * back. */
#include "api/filter_run.h"

#include "base/buf.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct heard {
  struct buf text, notes;
};
#define HEARD_INIT                                                             \
  {                                                                            \
    .text = BUF_INIT(1024 * 1024), .notes = BUF_INIT(1024 * 1024)              \
  }

static void heard_clear(struct heard *heard)
{
  buf_clear(&heard->text);
  buf_clear(&heard->notes);
}
#define AUTO_HEARD __attribute__((cleanup(heard_clear)))

static enum code text(void *user, const char *bytes, size_t len)
{
  struct heard *heard = user;

  buf_put(&heard->text, bytes, len);
  return E_OK;
}

static void note(void *user, const char *bytes, size_t len)
{
  struct heard *heard = user;

  buf_put(&heard->notes, bytes, len);
  buf_putc(&heard->notes, '|');
}

static enum code begin(struct filter_run **ret_run, const char *expression,
                       bool raw, struct heard *heard, struct err *err)
{
  struct filter_run_sink sink = {.text = text, .note = note, .user = heard};

  (void)unsetenv("HOME");
  return filter_run_new(ret_run, expression, raw, &sink, err);
}

/* Filters document, which is fed in two pieces. */
static enum code apply(struct filter_run *run, const char *document,
                       struct filter_outcome *ret_outcome, struct err *err)
{
  size_t len = strlen(document);
  enum code code = filter_run_feed(run, document, len / 2, err);

  if (code == E_OK)
    code = filter_run_feed(run, document + len / 2, len - len / 2, err);
  return code == E_OK ? filter_run_end(run, ret_outcome, err) : code;
}

struct sample {
  const char *expression, *document, *text;
  bool gave, is_true;
};

static const struct sample samples[] = {
    {".", "{\"a\":[1,2.5,\"x\",null,true]}",
     "{\"a\":[1,2.5,\"x\",null,true]}\n", true, true},
    {".a[]", "{\"a\":[1,{},\"\\u00e9\\n\"]}", "1\n{}\n\"é\\n\"\n", true, true},
    {".a", "{}", "null\n", true, false},
    {".[]", "[true,false,true]", "true\nfalse\ntrue\n", true, false},
    {".[]", "[0,\"\",[]]", "0\n\"\"\n[]\n", true, true},
    {"empty", "1", "", false, false},
    {".[]", "[]", "", false, false},
    {". + 1", "41", "42\n", true, true},
    {".", "\"x\"", "\"x\"\n", true, true},
    {"map(select(.n > 1)) | length", "[{\"n\":1},{\"n\":2},{\"n\":3}]", "2\n",
     true, true},
    {"try error(\"x\") catch .", "null", "\"x\"\n", true, true},
    {"[limit(3; range(infinite))]", "null", "[0,1,2]\n", true, true},
    {"test(\"^A\"; \"i\")", "\"abc\"", "true\n", true, true},
    {"$ENV.HOME, env.HOME", "null", "null\nnull\n", true, false},
    {"\"2015-03-05T23:51:47Z\" | fromdate", "null", "1425599507\n", true, true},
};

Test(filter_run, gives_what_jq_gives)
{
  for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
    const struct sample *s = &samples[i];
    AUTO_HEARD struct heard heard = HEARD_INIT;
    AUTO(filter_run) run = NULL;
    struct filter_outcome outcome;
    struct err err = ERR_INIT;

    cr_assert_eq(begin(&run, s->expression, false, &heard, &err), E_OK, "%s",
                 err.message);
    cr_assert_eq(apply(run, s->document, &outcome, &err), E_OK, "%s: %s",
                 s->expression, err.message);
    cr_assert_str_eq(buf_text(&heard.text), s->text);
    cr_assert_eq(outcome.gave, s->gave, "%s", s->expression);
    cr_assert_eq(outcome.is_true, s->is_true, "%s", s->expression);
    cr_assert_not(outcome.halted);
  }
}

Test(filter_run, raw_gives_strings_as_they_are)
{
  AUTO_HEARD struct heard heard = HEARD_INIT;
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;

  cr_assert_eq(begin(&run, ".[]", true, &heard, NULL), E_OK);
  cr_assert_eq(
      apply(run, "[\"a b\",\"\",\"\\u0000z\",[\"c\"],1]", &outcome, NULL),
      E_OK);
  cr_assert_eq(heard.text.len, sizeof "a b\n\n\0z\n[\"c\"]\n1\n" - 1);
  cr_assert_eq(
      memcmp(heard.text.data, "a b\n\n\0z\n[\"c\"]\n1\n", heard.text.len), 0);
}

Test(filter_run, takes_one_document_after_another)
{
  AUTO_HEARD struct heard heard = HEARD_INIT;
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;
  struct err err = ERR_INIT;

  cr_assert_eq(begin(&run, ".a", false, &heard, NULL), E_OK);
  cr_assert_eq(apply(run, "{\"a\":1}", &outcome, NULL), E_OK);
  cr_assert_eq(apply(run, "{\"a\":2}", &outcome, NULL), E_OK);
  cr_assert_eq(apply(run, "7", &outcome, &err), E_FILTER);
  cr_assert_eq(apply(run, "{\"a\":3}", &outcome, NULL), E_OK);
  cr_assert_str_eq(buf_text(&heard.text), "1\n2\n3\n");
}

/* --- what goes wrong -------------------------------------------------------
 */

struct refusal {
  const char *expression, *words;
};

static const struct refusal refusals[] = {
    {".[", "jq cannot compile it: syntax error, unexpected"},
    {".a | nonsense(1)",
     "jq cannot compile it: nonsense/1 is not defined at line 1"},
    {"$x", "jq cannot compile it: $x is not defined at line 1"},
    {"import \"a\" as a; .", "jq cannot compile it: module not found: a"},
    {"include \"etc/passwd\"; .", "module not found: etc/passwd"},
    {"import \"a\" as $a {search:\"/etc\"}; $a", "module not found"},
    {"\"a\nb\" | \\", "jq cannot compile it: "},
};

Test(filter_run, says_in_jqs_words_why_an_expression_is_none)
{
  for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
    AUTO_HEARD struct heard heard = HEARD_INIT;
    AUTO(filter_run) run = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(begin(&run, refusals[i].expression, false, &heard, &err),
                 E_USAGE, "%s", refusals[i].expression);
    cr_assert(strstr(err.message, refusals[i].words), "%s: %s",
              refusals[i].expression, err.message);
    cr_assert_eq(heard.notes.len, 0, "%s", buf_text(&heard.notes));
  }
}

static const struct refusal failures[] = {
    {".[]", "the filter failed: Cannot iterate over null"},
    {"1, error(\"it broke\")", "the filter failed: it broke"},
    {"error({a: 1})", "the filter failed: {\"a\":1}"},
    {"\"gone\" | halt_error", "the filter halted: gone"},
    {"{b: 2} | halt_error(3)", "the filter halted: {\"b\":2}"},
    {"input", "there is no further input"},
    {"[inputs]", "there is no further input"},
    {"\"etc/hosts\" | modulemeta", "module not found"},
};

Test(filter_run, gives_the_expressions_own_error)
{
  for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
    AUTO_HEARD struct heard heard = HEARD_INIT;
    AUTO(filter_run) run = NULL;
    struct filter_outcome outcome;
    struct err err = ERR_INIT;

    cr_assert_eq(begin(&run, failures[i].expression, false, &heard, &err), E_OK,
                 "%s", err.message);
    cr_assert_eq(apply(run, "null", &outcome, &err), E_FILTER, "%s",
                 failures[i].expression);
    cr_assert(strstr(err.message, failures[i].words), "%s", err.message);
  }
}

Test(filter_run, what_came_before_an_error_has_been_given)
{
  AUTO_HEARD struct heard heard = HEARD_INIT;
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;
  struct err err = ERR_INIT;

  cr_assert_eq(begin(&run, ".[] | if . > 2 then error(\"x\") else . end", false,
                     &heard, NULL),
               E_OK);
  cr_assert_eq(apply(run, "[1,2,3,4]", &outcome, &err), E_FILTER);
  cr_assert_str_eq(buf_text(&heard.text), "1\n2\n");
}

Test(filter_run, halt_is_no_failure)
{
  AUTO_HEARD struct heard heard = HEARD_INIT;
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;

  cr_assert_eq(begin(&run, "1, halt, 2", false, &heard, NULL), E_OK);
  cr_assert_eq(apply(run, "null", &outcome, NULL), E_OK);
  cr_assert(outcome.halted);
  cr_assert_str_eq(buf_text(&heard.text), "1\n");
}

Test(filter_run, nothing_is_written_past_the_sink)
{
  AUTO_HEARD struct heard heard = HEARD_INIT;
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;

  cr_assert_eq(begin(&run, "debug, stderr, (\"bye\" | halt_error(0))", false,
                     &heard, NULL),
               E_OK);
  cr_assert_eq(apply(run, "[1]", &outcome, NULL), E_OK);
  cr_assert(outcome.halted);
  cr_assert_str_eq(buf_text(&heard.text), "[1]\n[1]\n");
  cr_assert(strstr(buf_text(&heard.notes), "debug: [1]|"), "%s",
            buf_text(&heard.notes));
  cr_assert(strstr(buf_text(&heard.notes), "bye|"), "%s",
            buf_text(&heard.notes));
}

Test(filter_run, nesting_that_jq_does_not_read_is_an_invalid_answer)
{
  enum { DEEP = 900 };
  AUTO_HEARD struct heard heard = HEARD_INIT;
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;
  struct err err = ERR_INIT;
  char document[2 * DEEP + 1];
  enum code code;

  memset(document, '[', DEEP);
  memset(document + DEEP, ']', DEEP);
  document[2 * DEEP] = '\0';
  cr_assert_eq(begin(&run, ".", false, &heard, NULL), E_OK);
  code = apply(run, document, &outcome, &err);
  /* 256 levels in jq 1.6, 10,000 in later ones. */
  cr_assert(code == E_OK || code == E_ANSWER, "%s", err.message);
  if (code == E_ANSWER)
    cr_assert(strstr(err.message, "depth"), "%s", err.message);
}

static enum code stop(void *user, const char *bytes, size_t len)
{
  (void)user;
  (void)bytes;
  (void)len;
  return E_OUTPUT;
}

Test(filter_run, ends_when_nobody_takes_the_results)
{
  struct filter_run_sink sink = {.text = stop};
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;

  cr_assert_eq(filter_run_new(&run, "range(infinite)", false, &sink, NULL),
               E_OK);
  cr_assert_eq(apply(run, "null", &outcome, NULL), E_OK);
}

Test(filter_run, survives_a_lack_of_memory)
{
  NEEDS_OWN_MEMORY;
  AUTO_HEARD struct heard heard = HEARD_INIT;
  struct rlimit limit = {.rlim_cur = 400 << 20, .rlim_max = 400 << 20};
  AUTO(filter_run) run = NULL;
  struct filter_outcome outcome;
  struct err err = ERR_INIT;

  cr_assert_eq(begin(&run, "[range(infinite)]", false, &heard, NULL), E_OK);
  cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
  cr_assert_eq(apply(run, "null", &outcome, &err), E_LOCAL);
  cr_assert_str_eq(err.message, "jq ran out of memory");
  cr_assert_eq(apply(run, "null", &outcome, &err), E_LOCAL);
}
