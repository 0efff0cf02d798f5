#include "api/part.h"

#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define URL "https://api.example/big"

static struct part *opened(const char *path)
{
  struct part *part = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(part_open(&part, path, URL, &err), E_OK, "%s", err.message);
  return part;
}

/* tag NULL: the answer names no validator. */
static void begin(struct part *part, const char *tag, int64_t length)
{
  struct range now = {
      .validator = mem_str(tag), .end = length, .total = length};
  struct err err = ERR_INIT;

  cr_assert_eq(part_begin(part, &now, &err), E_OK, "%s", err.message);
  cr_expect_null(now.validator);
}

static void put(struct part *part, const char *text)
{
  struct err err = ERR_INIT;

  cr_assert_eq(part_write(part, text, strlen(text), &err), E_OK, "%s",
               err.message);
}

/* 5 of 10 bytes, and then an end. */
static void interrupted(const char *path)
{
  AUTO(part) part = opened(path);

  begin(part, "\"a\"", 10);
  put(part, "first");
}

static const char *beside(const char *path, const char *suffix)
{
  static char text[2][4096];
  static int turn;

  turn = !turn;
  snprintf(text[turn], sizeof text[turn], "%s%s", path, suffix);
  return text[turn];
}

Test(part, becomes_the_file_when_it_is_whole)
{
  const char *path = scratch_path("f");
  AUTO(part) part = opened(path);
  struct err err = ERR_INIT;

  cr_expect_eq(part_finished(part), -1);
  cr_expect_eq(scratch_count(scratch_dir()), 0, "something was made too early");
  begin(part, "\"a\"", 5);
  put(part, "whole");
  cr_assert_eq(part_commit(part, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(scratch_read(path), "whole");
  cr_expect_eq(scratch_count(scratch_dir()), 1);
  cr_expect_eq(part_kept(part), 0);
}

Test(part, goes_on_where_it_was_interrupted)
{
  const char *path = scratch_path("f");
  struct err err = ERR_INIT;

  scratch_write(path, "before", 0640);
  interrupted(path);
  cr_expect_str_eq(scratch_read(path), "before");
  AUTO(part) part = opened(path);
  cr_expect_str_eq(part_range(part)->validator, "\"a\"");
  cr_expect_eq(part_range(part)->at, 5);
  cr_expect_eq(part_range(part)->end, 10);
  cr_expect_eq(part_kept(part), 5);
  cr_expect_eq(part_finished(part), -1);
  cr_assert_eq(part_go_on(part, &err), E_OK);
  put(part, "secon");
  cr_assert_eq(part_commit(part, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(scratch_read(path), "firstsecon");
  cr_expect_eq(scratch_count(scratch_dir()), 1);
}

Test(part, begins_anew_with_nothing_of_what_was_there)
{
  const char *path = scratch_path("f");
  struct err err = ERR_INIT;

  interrupted(path);
  AUTO(part) part = opened(path);
  begin(part, "\"b\"", 3);
  put(part, "new");
  cr_assert_eq(part_commit(part, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(scratch_read(path), "new");
}

Test(part, leaves_nothing_that_could_not_go_on)
{
  const char *path = scratch_path("f");

  {
    AUTO(part) part = opened(path);
    begin(part, NULL, 10);
    put(part, "first");
    cr_expect_eq(part_kept(part), 0);
  }
  cr_expect_eq(scratch_count(scratch_dir()), 0);
  {
    AUTO(part) part = opened(path);
    begin(part, "\"a\"", 10);
  }
  cr_expect_eq(scratch_count(scratch_dir()), 0);
}

Test(part, stays_when_nothing_was_begun)
{
  const char *path = scratch_path("f");

  interrupted(path);
  part_free(opened(path));
  cr_expect_str_eq(scratch_read(beside(path, ".part")), "first");
  cr_expect_eq(scratch_count(scratch_dir()), 2);
}

Test(part, notices_too_little_and_too_much)
{
  const char *path = scratch_path("f");
  struct err err = ERR_INIT;

  interrupted(path);
  AUTO(part) part = opened(path);
  cr_assert_eq(part_go_on(part, &err), E_OK);
  cr_expect_eq(part_commit(part, &err), E_INCOMPLETE);
  cr_expect_not_null(strstr(err.message, "5 of 10"), "%s", err.message);
  cr_expect_eq(part_write(part, "secondly", 8, &err), E_ANSWER);
  cr_expect_eq(part_kept(part), 5);
  cr_expect_str_eq(scratch_read(path), "(none)");
}

Test(part, is_forgotten_for_another_address_or_with_more_than_all)
{
  const char *path = scratch_path("f");
  struct part *part = NULL;
  struct err err = ERR_INIT;

  interrupted(path);
  cr_assert_eq(part_open(&part, path, URL "?v=2", &err), E_OK);
  cr_expect_null(part_range(part)->validator);
  cr_expect_eq(part_range(part)->at, 0);
  cr_expect_eq(part_kept(part), 0);
  part_free(part);
  cr_expect_str_eq(scratch_read(beside(path, ".part")), "first");
  scratch_write(beside(path, ".part"), "more than ten bytes", 0644);
  part = opened(path);
  cr_expect_null(part_range(part)->validator);
  cr_expect_eq(part_range(part)->at, 0);
  part_free(part);
}

Test(part, says_how_long_a_finished_file_is)
{
  const char *path = scratch_path("f");

  scratch_write(path, "finished", 0600);
  AUTO(part) part = opened(path);
  cr_expect_eq(part_finished(part), 8);
}

/* --- what is not its own ----------------------------------------------------
 */

static void expect_refused(const char *path, enum code code, const char *part)
{
  struct part *opened_part = NULL;
  struct err err = ERR_INIT;

  cr_expect_eq(part_open(&opened_part, path, URL, &err), code, "%s",
               err.message);
  cr_expect_not_null(strstr(err.message, part), "%s", err.message);
  part_free(opened_part);
}

Test(part, touches_nothing_that_fob_did_not_make)
{
  static const char *const notes[] = {
      NULL, "", "{", "[]", "{}", "{\"fob_part\": 2}", "{\"fob_part\": \"1\"}"};
  const char *path = scratch_path("f");

  for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
    scratch_write(beside(path, ".part"), "another's", 0644);
    if (notes[i] != NULL)
      scratch_write(beside(path, ".part.json"), notes[i], 0600);
    expect_refused(path, E_USAGE, "is in the way");
    cr_expect_str_eq(scratch_read(beside(path, ".part")), "another's");
  }
}

Test(part, takes_a_note_that_others_could_write_for_none)
{
  const char *path = scratch_path("f");

  interrupted(path);
  cr_assert_eq(chmod(beside(path, ".part.json"), 0666), 0);
  expect_refused(path, E_USAGE, "is in the way");
}

Test(part, believes_no_note_that_is_odd)
{
  static const char *const members[] = {
      "\"validator\": 7",
      "\"validator\": \"W/\\\"a\\\"\"",
      "\"validator\": \"a\\r\\nX: b\"",
      "\"validator\": \"\\\"a\\\"\"",
      "\"validator\": \"\\\"a\\\"\", \"url_sha256\": \"00\"",
  };
  const char *path = scratch_path("f");

  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    AUTO_STR char *note = mem_printf("{\"fob_part\": 1, %s}", members[i]);

    scratch_write(beside(path, ".part"), "first", 0644);
    scratch_write(beside(path, ".part.json"), note, 0600);
    AUTO(part) part = opened(path);
    cr_expect_null(part_range(part)->validator, "%s", members[i]);
  }
}

Test(part, follows_no_link_of_its_own_name)
{
  const char *path = scratch_path("f");
  const char *victim = scratch_path("victim");

  scratch_write(victim, "victim", 0644);
  cr_assert_eq(symlink(victim, beside(path, ".part")), 0);
  expect_refused(path, E_USAGE, "link");
  cr_assert_eq(unlink(beside(path, ".part")), 0);
  cr_assert_eq(link(victim, beside(path, ".part")), 0);
  expect_refused(path, E_USAGE, "is in the way");
  cr_expect_str_eq(scratch_read(victim), "victim");
}

Test(part, is_written_by_one_process_alone)
{
  const char *path = scratch_path("f");
  struct err err = ERR_INIT;

  interrupted(path);
  AUTO(part) part = opened(path);
  expect_refused(path, E_LOCAL, "another process");
  cr_assert_eq(part_go_on(part, &err), E_OK);
  put(part, "secon");
  cr_expect_eq(part_commit(part, &err), E_OK);
}

Test(part, needs_a_regular_file_in_a_place_that_can_be_written)
{
  const char *link = scratch_path("link");
  const char *fifo = scratch_path("fifo");

  expect_refused(scratch_dir(), E_USAGE, "regular file");
  expect_refused("/dev/null", E_USAGE, "regular file");
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  expect_refused(fifo, E_USAGE, "regular file");
  cr_assert_eq(symlink("nothing", link), 0);
  expect_refused(link, E_USAGE, "link");
  expect_refused(scratch_path("no/such/dir"), E_OUTPUT, "no/such/dir");
}

Test(part, keeps_the_mode_and_the_link_of_what_it_replaces)
{
  const char *link = scratch_path("link");
  const char *target = scratch_path("target");
  AUTO(part) part = NULL;
  struct err err = ERR_INIT;
  struct stat st;

  umask(0);
  scratch_write(target, "before", 0600);
  cr_assert_eq(symlink("target", link), 0);
  part = opened(link);
  begin(part, "\"a\"", 5);
  cr_assert_eq(stat(beside(target, ".part"), &st), 0);
  cr_expect_eq(st.st_mode & 0777, 0600);
  put(part, "after");
  cr_assert_eq(part_commit(part, &err), E_OK);
  cr_expect_str_eq(scratch_read(target), "after");
  cr_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
}
