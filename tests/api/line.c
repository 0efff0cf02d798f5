#include "api/line.h"

#include <criterion/criterion.h>

struct row {
  const char *words[5];
  const char *option;
  const char *method; /* NULL: by the body */
  const char *target; /* NULL: refused */
  size_t items;
};

static const struct row rows[] = {
    {{"user"}, NULL, NULL, "user", 0},
    {{"/user"}, NULL, NULL, "/user", 0},
    {{"https://h.example/x"}, NULL, NULL, "https://h.example/x", 0},
    {{"GET", "user"}, NULL, "GET", "user", 0},
    {{"PURGE", "cache"}, NULL, "PURGE", "cache", 0},
    {{"VERSION-CONTROL", "x"}, NULL, "VERSION-CONTROL", "x", 0},
    {{"GET", "a=b"}, NULL, "GET", "a=b", 0},
    {{"post", "user"}, NULL, "POST", "user", 0},
    {{"get", "user", "a=b"}, NULL, "GET", "user", 1},
    {{"get", "https://h.example/a=b"}, NULL, "GET", "https://h.example/a=b", 0},
    {{"get", "/a=b"}, NULL, "GET", "/a=b", 0},
    {{"get", "search?q=a"}, NULL, "GET", "search?q=a", 0},
    {{"delete", "items/7:undo"}, NULL, "DELETE", "items/7:undo", 0},
    /* a path that is spelt like a method */
    {{"get"}, NULL, NULL, "get", 0},
    {{"get", "a=b"}, NULL, NULL, "get", 1},
    {{"options", "a==b", "c:d"}, NULL, NULL, "options", 2},
    {{"purge", "a=b"}, NULL, NULL, "purge", 1},
    {{"Get", "user"}, NULL, "GET", "user", 0},
    {{"/GET"}, NULL, NULL, "/GET", 0},
    /* -X */
    {{"user", "a=b"}, "PATCH", "PATCH", "user", 1},
    {{"user"}, "patch", "PATCH", "user", 0},
    {{"user"}, "Purge", "Purge", "user", 0},
    {{"user"}, "PROPFIND", "PROPFIND", "user", 0},
    {{"get", "a=b"}, "PUT", "PUT", "get", 1},

    {{NULL}, NULL, NULL, NULL, 0},
    {{""}, NULL, NULL, NULL, 0},
    {{"GET"}, NULL, NULL, NULL, 0},
    {{"USERS"}, NULL, NULL, NULL, 0},
    {{"GET", ""}, NULL, NULL, NULL, 0},
    {{"GET", "user"}, "PUT", NULL, NULL, 0},
    {{"get", "user"}, "GET", NULL, NULL, 0},
    {{"user", "word"}, NULL, NULL, NULL, 0},
    {{"user", "a=b", "word"}, NULL, NULL, NULL, 0},
    {{"purge", "user"}, NULL, NULL, NULL, 0},
    {{"GET", "user", "x"}, NULL, NULL, NULL, 0},
    {{"user"}, "G T", NULL, NULL, 0},
    {{"user"}, "", NULL, NULL, 0},
    {{"user"}, "GET\r\nX: y", NULL, NULL, 0},
};

Test(line, tells_method_target_and_items_apart)
{
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct row *row = &rows[i];
    AUTO_LINE struct line line = {0};
    struct err err = ERR_INIT;
    size_t count = 0;

    while (count < 5 && row->words[count] != NULL)
      count++;
    enum code code = line_parse(&line, row->option, row->words, count, &err);

    cr_expect_eq(code, row->target != NULL ? E_OK : E_USAGE, "row %zu: %s", i,
                 err.message);
    if (code != E_OK || row->target == NULL)
      continue;
    cr_expect_str_eq(line.target, row->target);
    cr_expect_eq(line.items.count, row->items, "row %zu", i);
    if (row->method == NULL)
      cr_expect_null(line.method, "row %zu: %s", i, line.method);
    else
      cr_expect_str_eq(line.method, row->method);
  }
}
