#include "api/filename.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

#define OVERRIDE "\xe2\x80\xae" /* U+202E */

static const struct {
  const char *path, *name; /* name NULL: refused */
} urls[] = {
    {"/a/b.iso", "b.iso"},
    {"/b", "b"},
    {"/a/caf%C3%A9.txt", "caf\xc3\xa9.txt"},
    {"/a%20b", "a b"},
    {"/a+b", "a+b"},
    {"/a;b=c", "a;b=c"},
    {"/..a", NULL},

    {"/", NULL},
    {"/a/", NULL},
    {"/.bashrc", NULL},
    {"/%2Ebashrc", NULL},
    {"/-rf", NULL},
    {"/%2Drf", NULL},
    {"/a%2Fb", NULL},
    {"/a%00b", NULL},
    {"/a%0Ab", NULL},
    {"/a%1B[2Jb", NULL},
    {"/a%C2%9Bb", NULL},
    {"/a%E2%80%AEb", NULL},
    {"/a%FFb", NULL},
    {"/a%2", NULL},
    {"/%20a", NULL},
    {"/a%20", NULL},
};

Test(filename, is_the_last_part_of_a_url_when_that_does_no_harm)
{
  for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
    const struct url url = {.path = (char *)urls[i].path};
    AUTO_STR char *name = NULL;
    struct err err = ERR_INIT;
    enum code code = filename_of_url(&name, &url, &err);

    cr_expect_eq(code, urls[i].name != NULL ? E_OK : E_USAGE, "%s",
                 urls[i].path);
    if (urls[i].name != NULL)
      cr_expect_str_eq(name, urls[i].name);
    else
      cr_expect_not_null(strstr(err.hint, "-o FILE"), "%s", err.hint);
  }
}

static const struct {
  const char *field, *name; /* name NULL: none */
} fields[] = {
    {"attachment; filename=a.txt", "a.txt"},
    {"attachment; filename=\"a b.txt\"", "a b.txt"},
    {"attachment;filename = \"a;b\" ; size=3", "a;b"},
    {"Attachment; FileName=\"a\\\"b\"", "a\"b"},
    {"inline; filename=\"caf\xc3\xa9\"", "caf\xc3\xa9"},
    {"attachment; filename=a; filename*=UTF-8''%E2%82%AC.txt",
     "\xe2\x82\xac.txt"},
    {"attachment; filename*=utf-8'en'b; filename=a", "b"},
    {"attachment; filename=\"/etc/passwd\"", "passwd"},
    {"attachment; filename=\"../../x\"", "x"},
    {"attachment; filename=\"C:\\\\dir\\\\x\"", "x"},
    {"attachment; filename*=UTF-8''..%2F..%2Fx", "x"},
    {"attachment; filename=a; filename=b", "a"},
    {"attachment; filename=a; filename*=UTF-8''%2Ehidden", "a"},
    {"attachment; filename=a; filename*=ISO-8859-1''%E4", "a"},
    {"attachment; filename=a; filename*=UTF-8''%FF", "a"},
    {"attachment; filename=a; filename*=UTF-8''%0", "a"},
    {"attachment; filename=a; filename*=UTF-8''b%00c", "a"},
    {"attachment; filename=a; filename*=b", "a"},

    {"", NULL},
    {"attachment", NULL},
    {"attachment; filename=", NULL},
    {"attachment; filename=\"\"", NULL},
    {"attachment; filename=\"a", NULL},
    {"attachment; filename=\"a\\", NULL},
    {"attachment; filename=a b", NULL},
    {"attachment; filename", NULL},
    {"attachment; =a", NULL},
    {"attachment filename=a", NULL},
    {"attachment; filename=.bashrc", NULL},
    {"attachment; filename=-rf", NULL},
    {"attachment; filename=\"a/\"", NULL},
    {"attachment; filename=\"..\"", NULL},
    {"attachment; filename=\"a\x1b[2J\"", NULL},
    {"attachment; filename=\"a" OVERRIDE "txt.exe\"", NULL},
    {"attachment; filename=\"a\xff\"", NULL},
};

Test(filename, is_what_the_disposition_names_when_that_does_no_harm)
{
  for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
    AUTO_STR char *name = NULL;
    struct err err = ERR_INIT;

    cr_assert_eq(filename_of_disposition(&name, fields[i].field, &err), E_OK);
    cr_expect_str_eq(name != NULL ? name : "(none)",
                     fields[i].name != NULL ? fields[i].name : "(none)", "%s",
                     fields[i].field);
  }
}

Test(filename, is_of_a_length_that_leaves_room)
{
  char name[300];

  memset(name, 'n', sizeof name);
  name[201] = '\0';
  cr_expect_not(filename_is_safe(name));
  name[200] = '\0';
  cr_expect(filename_is_safe(name));
  cr_expect_not(filename_is_safe(""));
}
