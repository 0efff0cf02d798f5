#include "api/upload.h"

#include "api/body.h"
#include "base/mem.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *value;
  const char *path; /* NULL: refused */
  const char *type, *filename;
} rows[] = {
    {"a/b.png", "a/b.png", "image/png", "b.png"},
    {"b", "b", "application/octet-stream", "b"},
    {"-", "-", "application/octet-stream", "-"},
    {"b.png;type=text/x", "b.png", "text/x", "b.png"},
    {"b;type=text/plain; charset=utf-8", "b", "text/plain; charset=utf-8", "b"},
    {"b.png;filename=c.txt", "b.png", "image/png", "c.txt"},
    {"-;filename=c d;type=text/x", "-", "text/x", "c d"},
    {"b;type=text/x;filename=a/c", "b", "text/x", "a/c"},
    {"b;filename=c;d", "b", "application/octet-stream", "c;d"},
    {"b;c", "b;c", "application/octet-stream", "b;c"},

    {"", NULL, NULL, NULL},
    {";type=text/x", NULL, NULL, NULL},
    {"b;type=", NULL, NULL, NULL},
    {"b;filename=", NULL, NULL, NULL},
    {"b;type=;filename=c", NULL, NULL, NULL},
    {"b;type=x\r\nA: b", NULL, NULL, NULL},
    {"b;type=a/b;type=a/b", NULL, NULL, NULL},
    {"b;filename=a;filename=b", NULL, NULL, NULL},
};

Test(upload, is_a_file_its_type_and_the_name_that_the_server_is_told)
{
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_STR char *value = mem_str(rows[i].value);
    const struct item item = {
        .kind = ITEM_UPLOAD, .name = (char *)"k", .value = value};
    AUTO_UPLOAD struct upload upload = {0};
    struct err err = ERR_INIT;
    enum code code = upload_parse(&item, &upload, &err);

    cr_expect_eq(code, rows[i].path != NULL ? E_OK : E_USAGE, "%s", value);
    if (code != E_OK) {
      cr_expect_not_null(strstr(err.message, "item 'k'"), "%s", err.message);
      continue;
    }
    cr_expect_str_eq(upload.path, rows[i].path);
    cr_expect_str_eq(upload.type, rows[i].type);
    cr_expect_str_eq(upload.filename, rows[i].filename);
    cr_expect_eq(upload.renamed, strstr(value, ";filename=") != NULL);
  }
}

static void body_of(struct body **ret_body, const char *const words[],
                    size_t count)
{
  AUTO_ITEMS struct item_list list = {0};
  struct err err = ERR_INIT;

  for (size_t i = 0; i < count; i++)
    cr_assert_eq(item_parse(&list, words[i], &err), E_OK, "%s", err.message);
  cr_assert_eq(body_of_items(ret_body, &list, BODY_MULTIPART, &err), E_OK, "%s",
               err.message);
}

/* All that it sends; *ret_len as body_len() says. */
static char *sent(struct body *body)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  struct http_body source;
  struct err err = ERR_INIT;
  char piece[100];
  int64_t got;

  body_source(body, &source);
  while ((got = source.read(source.user, piece, sizeof piece, &err)) > 0)
    buf_put(&text, piece, (size_t)got);
  cr_assert_eq(got, 0, "%s", err.message);
  cr_assert_eq((int64_t)text.len, body_len(body));
  return mem_str(buf_text(&text));
}

Test(upload, may_come_with_others_under_one_name_and_keeps_their_order)
{
  const char *one = scratch_path("one");
  const char *two = scratch_path("two.png");
  AUTO_STR char *first = mem_printf("f@%s;filename=o\"n\ne", one);
  AUTO_STR char *second = mem_printf("f@%s", two);
  const char *const words[] = {first, second, "f=text"};
  AUTO(body) body = NULL;
  const char *at[3];

  scratch_write(one, "ONE", 0600);
  scratch_write(two, "TWO", 0600);
  body_of(&body, words, 3);
  AUTO_STR char *text = sent(body);
  at[0] = strstr(text, "name=\"f\"; filename=\"o%22n%0Ae\"\r\n");
  at[1] = strstr(text, "name=\"f\"; filename=\"two.png\"\r\n"
                       "Content-Type: image/png\r\n\r\nTWO\r\n--");
  at[2] = strstr(text, "name=\"f\"\r\n\r\ntext\r\n--");
  cr_expect(at[0] != NULL && at[0] < at[1] && at[1] < at[2], "%s", text);
}

Test(upload, of_a_file_that_grows_is_what_was_there_at_first)
{
  const char *path = scratch_path("log");
  struct err err = ERR_INIT;
  AUTO(body) body = NULL;
  int fd;

  scratch_write(path, "first", 0600);
  cr_assert_eq(body_of_file(&body, path, NULL, &err), E_OK);
  fd = open(path, O_WRONLY | O_APPEND);
  cr_assert(fd >= 0 && write(fd, "more", 4) == 4);
  close(fd);
  AUTO_STR char *text = sent(body);
  cr_expect_str_eq(text, "first");
}

Test(upload, of_a_file_that_hides_its_size_is_all_of_it)
{
  AUTO(body) body = NULL;
  struct err err = ERR_INIT;
  size_t len = 0;

  cr_assert_eq(body_of_file(&body, "/proc/self/stat", NULL, &err), E_OK);
  cr_expect(body_bytes(body, &len) != NULL && len > 10);
}

Test(upload, of_an_empty_file_has_a_length)
{
  const char *path = scratch_path("empty");
  AUTO(body) body = NULL;
  struct err err = ERR_INIT;

  scratch_write(path, "", 0600);
  cr_assert_eq(body_of_file(&body, path, NULL, &err), E_OK);
  cr_expect_eq(body_len(body), 0);
  cr_expect(body_can_repeat(body));
}
