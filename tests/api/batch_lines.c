#include "api/batch_lines.h"

#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct batch_lines *open_lines(const char *path, uint64_t from)
{
  struct batch_lines *lines = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(batch_lines_open(&lines, path, from, &err), E_OK, "%s",
               err.message);
  return lines;
}

static struct batch_lines *open_text(const char *text, size_t len,
                                     uint64_t from)
{
  const char *path = scratch_path("lines");
  FILE *file = fopen(path, "w");

  cr_assert(file != NULL && fwrite(text, 1, len, file) == len);
  fclose(file);
  return open_lines(path, from);
}

static enum batch_next next_line(struct batch_lines *lines,
                                 struct batch_line *line)
{
  struct err err = ERR_INIT;
  enum batch_next next = BATCH_END;

  cr_assert_eq(batch_lines_next(lines, &next, line, &err), E_OK, "%s",
               err.message);
  return next;
}

static const struct {
  const char *text, *lines;
  uint64_t from;
} texts[] = {
    {"", "", 1},
    {"\n", "", 1},
    {"\n \r\n\t\n", "", 1},
    {"a", "1:a;", 1},
    {"a\n", "1:a;", 1},
    {"a\nb\n", "1:a;2:b;", 1},
    {"a\n\n\nb", "1:a;4:b;", 1},
    {" a b \r\n\t{}\t\n", "1:a b;2:{};", 1},
    {"\xef\xbb\xbf/x\n\xef\xbb\xbf/y\n", "1:/x;2:\xef\xbb\xbf/y;", 1},
    {"\xef\xbb\xbf\nx", "2:x;", 1},
    {"a\nb\nc\n", "2:b;3:c;", 2},
    {"a\n\nc\n", "3:c;", 2},
    {"a\nb\n", "", 3},
    {"a\nb\n", "", 900},
};

Test(batch_lines, are_taken_and_counted_as_an_editor_counts)
{
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    AUTO(batch_lines)
    lines = open_text(texts[i].text, strlen(texts[i].text), texts[i].from);
    struct batch_line line;
    char got[128] = "";
    size_t len = 0;

    while (next_line(lines, &line) == BATCH_LINE) {
      cr_expect_eq(strlen(line.text), line.len);
      len += (size_t)snprintf(got + len, sizeof got - len, "%d:%s;",
                              (int)line.number, line.text);
    }
    cr_expect_str_eq(got, texts[i].lines, "%s: %s", texts[i].text, got);
    cr_expect_eq(batch_lines_taken(lines), batch_lines_size(lines));
    cr_expect_eq(next_line(lines, &line), BATCH_END);
  }
}

/* Lengths around the sizes of what is read at once. */
Test(batch_lines, of_any_length_come_whole)
{
  static const size_t lengths[] = {65535, 1,       65536,  65537, 0,
                                   70000, 1048576, 131071, 3,     200000};
  size_t total = 0;

  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    total += lengths[i] + 1;
  AUTO_STR char *text = mem_alloc(total);
  char *at = text;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    memset(at, 'a' + (int)i, lengths[i]);
    at[lengths[i]] = '\n';
    at += lengths[i] + 1;
  }
  AUTO(batch_lines) lines = open_text(text, total, 1);
  struct batch_line line;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    if (lengths[i] == 0)
      continue;
    cr_assert_eq(next_line(lines, &line), BATCH_LINE);
    cr_assert_eq(line.number, i + 1);
    cr_assert_eq(line.len, lengths[i]);
    cr_assert_eq(line.text[0], 'a' + (int)i);
    cr_assert_eq(line.text[line.len - 1], 'a' + (int)i);
  }
  cr_assert_eq(next_line(lines, &line), BATCH_END);
}

Test(batch_lines, that_are_too_long_are_one_error_each)
{
  size_t long_len = BATCH_LINE_MAX + 1;
  size_t total = long_len + 3 + BATCH_LINE_MAX + 3;
  AUTO_STR char *text = mem_alloc(total);

  memset(text, 'x', total);
  text[long_len] = '\n';
  text[long_len + 2] = '\n';
  text[total - 3] = '\n';
  text[total - 2] = 'y';
  text[total - 1] = 'y';
  AUTO(batch_lines) lines = open_text(text, total, 1);
  struct batch_line line;

  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_assert(line.too_long && line.number == 1 && line.len == 0);
  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_assert(!line.too_long && line.number == 2 && line.len == 1);
  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_assert(!line.too_long && line.number == 3 &&
            line.len == (size_t)BATCH_LINE_MAX);
  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_assert_str_eq(line.text, "yy");
  cr_assert_eq(next_line(lines, &line), BATCH_END);
  cr_assert_eq(batch_lines_taken(lines), (int64_t)total);
}

Test(batch_lines, without_an_end_that_are_too_long_end_too)
{
  size_t total = 2 * (size_t)BATCH_LINE_MAX;
  AUTO_STR char *text = mem_alloc(total);

  memset(text, 'x', total);
  AUTO(batch_lines) lines = open_text(text, total, 1);
  struct batch_line line;

  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_assert(line.too_long);
  cr_assert_eq(next_line(lines, &line), BATCH_END);
}

Test(batch_lines, of_a_pipe_are_not_waited_for)
{
  int ends[2];
  struct batch_line line;

  cr_assert_eq(pipe(ends), 0);
  cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  AUTO(batch_lines) lines = open_lines("-", 1);

  cr_expect_eq(next_line(lines, &line), BATCH_WAIT);
  cr_assert_eq(write(ends[1], "one\ntw", 6), 6);
  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_expect_str_eq(line.text, "one");
  cr_expect_eq(next_line(lines, &line), BATCH_WAIT);
  cr_expect_eq(next_line(lines, &line), BATCH_WAIT);
  cr_expect_eq(batch_lines_at(lines), 2);
  cr_expect_eq(batch_lines_fd(lines), STDIN_FILENO);
  cr_expect_eq(batch_lines_size(lines), -1);
  cr_assert_eq(write(ends[1], "o\nthree", 7), 7);
  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_expect_str_eq(line.text, "two");
  cr_assert_eq(close(ends[1]), 0);
  cr_assert_eq(next_line(lines, &line), BATCH_LINE);
  cr_expect_str_eq(line.text, "three");
  cr_expect_eq(line.number, 3);
  cr_expect_eq(next_line(lines, &line), BATCH_END);
  cr_expect_eq(batch_lines_at(lines), 4);
}

Test(batch_lines, of_what_is_no_file_are_refused)
{
  struct batch_lines *lines = NULL;
  struct err err = ERR_INIT;

  cr_expect_eq(batch_lines_open(&lines, scratch_dir(), 1, &err), E_USAGE);
  cr_expect_not_null(strstr(err.message, "is a directory"));
  cr_expect_eq(batch_lines_open(&lines, scratch_path("none"), 1, &err),
               E_USAGE);
  cr_expect_not_null(strstr(err.message, "No such file"));
  cr_expect_null(lines);
}
