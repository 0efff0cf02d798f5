#include "api/checkpoint.h"

#include "base/file.h"
#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#define URL "https://api.acme.example/v2/items"

static struct checkpoint sample(void)
{
  return (struct checkpoint){
      .method = "POST",
      .url = URL,
      .body_hash = "00ff",
      .place = {.style = PAGE_CURSOR,
                .next = "/a/b",
                .param = "after",
                .url = URL "?x=1",
                .cursor = "a\"b",
                .number = true},
      .items = "/items",
      .skip = 7,
      .pages = 12,
      .written = 340,
  };
}

Test(checkpoint, is_read_as_it_was_written)
{
  AUTO_CHECKPOINT struct checkpoint read = {0};
  const struct checkpoint written = sample();
  const char *path = scratch_path("point");
  struct err err = ERR_INIT;
  struct stat st;

  cr_assert_eq(checkpoint_write(&written, path, &err), E_OK, "%s", err.message);
  cr_assert_eq(checkpoint_read(&read, path, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(read.method, "POST");
  cr_expect_str_eq(read.url, URL);
  cr_expect_str_eq(read.body_hash, "00ff");
  cr_expect_eq(read.place.style, PAGE_CURSOR);
  cr_expect_str_eq(read.place.next, "/a/b");
  cr_expect_str_eq(read.place.param, "after");
  cr_expect_str_eq(read.place.url, URL "?x=1");
  cr_expect_str_eq(read.place.cursor, "a\"b");
  cr_expect(read.place.number);
  cr_expect_str_eq(read.items, "/items");
  cr_expect_eq(read.skip, 7);
  cr_expect_eq(read.pages, 12);
  cr_expect_eq(read.written, 340);
  cr_assert_eq(stat(path, &st), 0);
  cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(checkpoint, may_leave_out_what_is_not_known)
{
  AUTO_CHECKPOINT struct checkpoint read = {0};
  struct checkpoint written = {.method = "GET",
                               .url = URL,
                               .body_hash = "",
                               .place = {.style = PAGE_LINK, .url = URL}};
  struct err err = ERR_INIT;

  cr_assert_eq(checkpoint_write(&written, scratch_path("point"), &err), E_OK);
  cr_assert_eq(checkpoint_read(&read, scratch_path("point"), &err), E_OK);
  cr_expect_null(read.place.next);
  cr_expect_null(read.place.cursor);
  cr_expect_null(read.items);
  cr_expect(!read.place.number);
}

Test(checkpoint, is_not_there_or_empty)
{
  AUTO_CHECKPOINT struct checkpoint read = {0};
  struct err err = ERR_INIT;

  cr_expect_eq(checkpoint_read(&read, scratch_path("none"), &err), E_NOT_FOUND);
  scratch_write(scratch_path("empty"), "", 0600);
  cr_expect_eq(checkpoint_read(&read, scratch_path("empty"), &err),
               E_NOT_FOUND);
}

Test(checkpoint, is_refused_when_it_is_none)
{
#define HEAD                                                                   \
  "{\"checkpoint\":1,\"method\":\"GET\",\"url\":\"u\",\"body_sha256\":\"\","
#define REST "\"page\":\"u\",\"skip\":0,\"pages_done\":0,\"items_done\":0}"
  static const char *const texts[] = {
      "x",
      "[]",
      "{}",
      HEAD "\"style\":\"link\"}",
      HEAD "\"style\":\"odd\"," REST,
      HEAD "\"style\":7," REST,
      HEAD "\"style\":\"link\",\"page\":\"u\",\"skip\":-1,\"pages_done\":0,"
           "\"items_done\":0}",
      HEAD "\"style\":\"link\",\"page\":\"u\",\"skip\":9007199254740992,"
           "\"pages_done\":0,\"items_done\":0}",
      HEAD "\"style\":\"link\",\"page\":\"u\",\"skip\":1.5,\"pages_done\":0,"
           "\"items_done\":0}",
      "{\"checkpoint\":2,\"method\":\"GET\",\"url\":\"u\",\"body_sha256\":"
      "\"\",\"style\":\"link\"," REST,
  };
  const char *path = scratch_path("point");

  scratch_write(path, HEAD "\"style\":\"link\"," REST, 0600);
  AUTO_CHECKPOINT struct checkpoint good = {0};
  struct err err = ERR_INIT;
  cr_assert_eq(checkpoint_read(&good, path, &err), E_OK, "%s", err.message);
  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO_CHECKPOINT struct checkpoint read = {0};

    err_clear(&err);
    scratch_write(path, texts[i], 0600);
    cr_expect_eq(checkpoint_read(&read, path, &err), E_USAGE, "%s", texts[i]);
    cr_expect(strstr(err.message, path) != NULL, "%s", err.message);
    cr_expect_str_neq(err.hint, "");
  }
}

Test(checkpoint, belongs_to_one_request)
{
  static const struct {
    const char *method, *url, *hash, *said; /* NULL: it is this one */
  } rows[] = {
      {"POST", URL, "00ff", NULL},
      {"GET", URL, "00ff", "not to GET " URL},
      {"POST", URL "?a", "00ff", "POST " URL ", not to POST " URL "?a"},
      {"POST", URL, "00fe", "another body"},
      {"POST", URL, "", "another body"},
  };
  const struct checkpoint point = sample();

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;

    cr_expect_eq(checkpoint_check(&point, "f", rows[i].method, rows[i].url,
                                  rows[i].hash, &err),
                 rows[i].said != NULL ? E_USAGE : E_OK);
    if (rows[i].said != NULL)
      cr_expect(strstr(err.message, rows[i].said) != NULL, "%s", err.message);
  }
}

Test(checkpoint, tells_bodies_apart)
{
  AUTO_STR char *none = NULL;
  AUTO_STR char *empty = NULL;
  AUTO_STR char *abc = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(checkpoint_hash(&none, NULL, 0, &err), E_OK);
  cr_assert_eq(checkpoint_hash(&empty, "", 0, &err), E_OK);
  cr_assert_eq(checkpoint_hash(&abc, "abc", 3, &err), E_OK);
  cr_expect_str_eq(none, "");
  cr_expect_eq(strncmp(empty, "e3b0c442", 8), 0);
  cr_expect_str_eq(abc,
                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff6"
                   "1f20015ad");
}

Test(checkpoint, stays_as_it_is_when_it_cannot_be_written)
{
  const struct checkpoint point = sample();
  struct err err = ERR_INIT;
  AUTO_STR char *path = mem_printf("%s/no/point", scratch_dir());

  cr_expect_eq(checkpoint_write(&point, path, &err), E_OUTPUT);
  cr_expect(strstr(err.message, "--resume") != NULL, "%s", err.message);
}
