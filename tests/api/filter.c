#include "api/filter.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/sig.h"
#include "support/skip.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum code collect(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  (void)err;
  buf_put(user, bytes, len);
  return E_OK;
}

static struct filter *begin(const char *expression, bool raw, struct buf *out)
{
  struct filter_options options = {
      .expression = expression,
      .raw = raw,
      .sink = {.write = collect, .user = out},
  };
  struct err err = ERR_INIT;
  struct filter *filter = NULL;

  cr_assert_eq(filter_new(&filter, &options, &err), E_OK, "%s", err.message);
  return filter;
}

static enum code apply(const char *expression, const char *text, size_t split,
                       struct buf *out, struct err *err)
{
  AUTO(filter) filter = begin(expression, false, out);
  size_t len = strlen(text);
  enum code code;

  if (split > len)
    split = len;
  code = filter_ready(filter, err);
  if (code == E_OK)
    code = filter_feed(filter, text, split, err);
  if (code == E_OK)
    code = filter_feed(filter, text + split, len - split, err);
  return code == E_OK ? filter_end(filter, err) : code;
}

struct sample {
  const char *expression, *text, *out;
  enum code code;
};

static const struct sample samples[] = {
    {".a", "{\"a\":1}", "1\n", E_OK},
    {".", "12", "12\n", E_OK},
    {".", "  [ 1 ,2]\n\n", "[1,2]\n", E_OK},
    {".", "\xef\xbb\xbf\"b\"", "\"b\"\n", E_OK},
    /* documents in a row */
    {".a", "{\"a\":1}\n{\"a\":2}\n", "1\n2\n", E_OK},
    {".", "1 2\t\"3\" [4]{}\n5", "1\n2\n\"3\"\n[4]\n{}\n5\n", E_OK},
    {"select(. > 1)", "1 2 1 3", "2\n3\n", E_OK},
    {"., if . == 2 then halt else empty end", "1 2 3 4", "1\n2\n", E_OK},
    {"halt", "1 2", "", E_OK},
    /* nothing */
    {"empty", "1", "", E_NOT_FOUND},
    {"select(. > 9)", "1 2 3", "", E_NOT_FOUND},
    {".", "", "", E_NOT_FOUND},
    /* no JSON */
    {".", "{\"a\":1", "", E_ANSWER},
    {".", "[1] <html>", "[1]\n", E_ANSWER},
    {".", "NaN", "", E_ANSWER},
    {".", "[nan]", "", E_ANSWER},
    {".", "'a'", "", E_ANSWER},
    {".", "[1,]", "", E_ANSWER},
    {".", "1.", "", E_ANSWER},
    /* what the expression says */
    {".[]", "[1] 2", "1\n", E_FILTER},
    {"error(\"x\")", "1", "", E_FILTER},
};

Test(filter, gives_the_same_wherever_the_text_is_cut)
{
  for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
    const struct sample *s = &samples[i];
    const size_t splits[] = {0, 3};

    for (size_t j = 0; j < ARRAY_LEN(splits); j++) {
      AUTO_BUF struct buf out = BUF_INIT(1000);
      struct err err = ERR_INIT;

      cr_assert_eq(apply(s->expression, s->text, splits[j], &out, &err),
                   s->code, "%s on %s: %s", s->expression, s->text,
                   err.message);
      cr_assert_str_eq(buf_text(&out), s->out, "%s on %s", s->expression,
                       s->text);
    }
  }
}

Test(filter, an_expression_that_is_none_is_known_before_any_text)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  AUTO(filter) filter = begin(".a |", false, &out);
  struct err err = ERR_INIT;

  cr_assert_eq(filter_ready(filter, &err), E_USAGE);
  cr_assert(strstr(err.message, "syntax error"), "%s", err.message);
}

Test(filter, answers_a_document_as_soon_as_it_is_whole)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  AUTO(filter) filter = begin(".n", false, &out);

  cr_assert_eq(filter_feed(filter, "{\"n\":1}{\"n", 10, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), "1\n");
  cr_assert_eq(filter_documents(filter), 1);
  cr_assert_eq(filter_feed(filter, "\":2}", 4, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), "1\n2\n");
  cr_assert_eq(filter_documents(filter), 2);
}

Test(filter, knows_whether_the_last_document_is_true)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  AUTO(filter) filter = begin(".[]", false, &out);

  cr_assert_eq(filter_feed(filter, "[1,true]", 8, NULL), E_OK);
  cr_assert(filter_is_true(filter));
  cr_assert_eq(filter_feed(filter, "[true,null]", 11, NULL), E_OK);
  cr_assert_not(filter_is_true(filter));
  cr_assert_eq(filter_feed(filter, "[0]", 3, NULL), E_OK);
  cr_assert(filter_is_true(filter));
  cr_assert_eq(filter_feed(filter, "[]", 2, NULL), E_OK);
  cr_assert_not(filter_is_true(filter));
}

/* More than the line between the processes holds, both ways. */
Test(filter, takes_and_gives_long_documents)
{
  enum { ITEMS = 40000 };
  AUTO_BUF struct buf text = BUF_INIT(16 << 20);
  AUTO_BUF struct buf out = BUF_INIT(16 << 20);
  struct err err = ERR_INIT;

  buf_putc(&text, '[');
  for (int i = 0; i < ITEMS; i++)
    buf_printf(&text, "%s{\"id\":%d}", i > 0 ? "," : "", i);
  buf_putc(&text, ']');
  cr_assert_eq(apply(".[].id", buf_text(&text), 1000, &out, &err), E_OK, "%s",
               err.message);
  cr_assert_eq(strncmp(buf_text(&out), "0\n1\n2\n", 6), 0);
  cr_assert_str_eq(out.data + out.len - 7, "\n39999\n");
  buf_truncate(&out, 0);
  cr_assert_eq(apply(".", buf_text(&text), 1000, &out, &err), E_OK);
  buf_putc(&text, '\n');
  cr_assert_str_eq(buf_text(&out), buf_text(&text));
}

/* --- what an expression cannot do ------------------------------------------
 */

static char *home_with_jq_file(void)
{
  static char home[] = "/tmp/fob-filter-XXXXXX";
  char path[sizeof home + 8];
  FILE *file;

  cr_assert_not_null(mkdtemp(home));
  (void)snprintf(path, sizeof path, "%s/.jq", home);
  file = fopen(path, "w");
  cr_assert_not_null(file);
  (void)fputs("def planted: 1;\n", file);
  (void)fclose(file);
  (void)setenv("HOME", home, 1);
  return home;
}

static void remove_home(const char *home)
{
  char path[64];

  (void)snprintf(path, sizeof path, "%s/.jq", home);
  (void)unlink(path);
  (void)rmdir(home);
}

Test(filter, reads_no_file_of_the_user)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  const char *home = home_with_jq_file();
  AUTO(filter) filter = begin("planted", false, &out);
  struct err err = ERR_INIT;
  enum code code = filter_ready(filter, &err);

  remove_home(home);
  cr_assert_eq(code, E_USAGE);
  cr_assert(strstr(err.message, "planted/0 is not defined"), "%s", err.message);
}

Test(filter, sees_no_secret_of_the_environment)
{
  AUTO_BUF struct buf out = BUF_INIT(1000);
  struct err err = ERR_INIT;

  (void)setenv("FOB_TOKEN", "canary", 1);
  (void)setenv("FOB_CLIENT_SECRET", "canary", 1);
  (void)setenv("FOB_STORE_KEY", "canary", 1);
  (void)setenv("OWN", "mine", 1);
  cr_assert_eq(apply("[$ENV, env | .[] | select(. == \"canary\")], $ENV.OWN",
                     "1", 0, &out, &err),
               E_OK, "%s", err.message);
  cr_assert_str_eq(buf_text(&out), "[]\n\"mine\"\n");
}

Test(filter, a_signal_ends_an_expression_that_does_not)
{
  static const char *const endless[] = {"def f: f; f", "last(range(infinite))"};
  AUTO_BUF struct buf out = BUF_INIT(1000);
  AUTO(filter) first = begin(endless[0], false, &out);
  AUTO(filter) second = begin(endless[1], false, &out);
  struct err err = ERR_INIT;
  int64_t started = clock_mono_ms();

  cr_assert_eq(sig_setup(&err), E_OK);
  cr_assert_eq(filter_ready(first, &err), E_OK, "%s", err.message);
  cr_assert_eq(filter_ready(second, &err), E_OK, "%s", err.message);
  cr_assert_eq(raise(SIGINT), 0);
  cr_assert_eq(filter_feed(first, "1 ", 2, &err), E_SIGNAL);
  cr_assert_eq(filter_feed(second, "1 ", 2, &err), E_SIGNAL);
  filter_free(first);
  first = NULL;
  cr_assert_lt(clock_mono_ms() - started, 60000);
}

static enum code refuse(void *user, const void *bytes, size_t len,
                        struct err *err)
{
  (void)user;
  (void)bytes;
  (void)len;
  return err_set(err, E_OUTPUT, "full");
}

Test(filter, a_result_that_cannot_be_written_ends_it)
{
  struct filter_options options = {.expression = "range(infinite)",
                                   .sink = {.write = refuse}};
  AUTO(filter) filter = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(filter_new(&filter, &options, &err), E_OK);
  cr_assert_eq(filter_feed(filter, "1 ", 2, &err), E_OUTPUT);
  cr_assert_str_eq(err.message, "full");
}

/* A list of lists as deep as libjq's stack is not: its process breaks down. */
Test(filter, outlives_the_end_of_libjq)
{
  NEEDS_OWN_MEMORY;
  AUTO_BUF struct buf out = BUF_INIT(1000);
  struct err err = ERR_INIT;

  cr_assert_eq(apply("reduce range(400000) as $i (null; [.]) | [1]", "1 ", 0,
                     &out, &err),
               E_LOCAL, "%s", buf_text(&out));
  cr_assert(strstr(err.message, "jq "), "%s", err.message);
}
