#include "api/batch_item.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Everything that an item says, in one row. */
static void put(struct buf *out, const struct batch_item *item)
{
  buf_printf(out, "%s %s", item->method != NULL ? item->method : "-",
             item->path);
  if (item->query != NULL)
    buf_printf(out, " ?%s", item->query);
  for (size_t i = 0; i < item->header_count; i++)
    buf_printf(out, " %s:%s", item->headers[i].name,
               item->headers[i].value != NULL ? item->headers[i].value
                                              : "(none)");
  if (item->body != NULL)
    buf_printf(out, " <%.*s>", (int)item->body_len, item->body);
}

static const struct {
  const char *line, *item; /* ' for " in line */
} good[] = {
    {"user", "- user"},
    {"/users/a b", "- /users/a b"},
    {"https://api.example/x?y=1", "- https://api.example/x?y=1"},
    {"DELETE things/7", "DELETE things/7"},
    {"M-SEARCH \t x", "M-SEARCH x"},
    {"DE", "- DE"},
    {"DE1 FR", "- DE1 FR"},
    {"delete x", "- delete x"},
    {"123", "- 123"},
    {"'a\\u002fb'", "- a/b"},
    {"{'path':'x'}", "- x"},
    {"{'p\\u0061th':'x'}", "- x"},
    {"{'method':'patch','path':'x'}", "PATCH x"},
    {"{'method':'purge','path':'x'}", "purge x"},
    {"{'path':'x','method':null,'query':null,'headers':null,'body':null}",
     "- x"},
    {"{'path':'x','query':{}}", "- x"},
    {"{'path':'x','query':{'a':'b c','d':1.10,'e':true,'f':[1,'&'],'g':null}}",
     "- x ?a=b+c&d=1.10&e=true&f=1&f=%26"},
    {"{'path':'x','query':'a=1&b'}", "- x ?a=1&b"},
    {"{'path':'x','headers':{'A':'1','b':2,'C':['x','y'],'Accept':null}}",
     "- x A:1 b:2 C:x C:y Accept:(none)"},
    {"{'path':'x','headers':{'A':''}}", "- x A:"},
    {"{'path':'x','body':{'n':12345678901234567890, 'f':1.10}}",
     "- x <{\"n\":12345678901234567890, \"f\":1.10}>"},
    {"{'path':'x','body': [1E400] }", "- x <[1E400]>"},
    {"{'path':'x','body':''}", "- x <\"\">"},
    {"{'path':'x','body':-0}", "- x <-0>"},
    {"{'path':'x','body':false}", "- x <false>"},
    {"{'path':'x','id':{'path':'y','body':1}}", "- x"},
};

static const struct {
  const char *line, *message;
} bad[] = {
    {"{", "neither an object nor a string"},
    {"{'path':'x'", "neither an object nor a string"},
    {"{'path':'x'}}", "neither an object nor a string"},
    {"{'path':'x'} {'path':'y'}", "neither an object nor a string"},
    {"{'path':'x',}", "neither an object nor a string"},
    {"['path']", "neither an object nor a string"},
    {"'x", "neither an object nor a string"},
    {"'x' y", "neither an object nor a string"},
    {"''", "path is empty"},
    {"{}", "no path"},
    {"{'path':null}", "no path"},
    {"{'path':''}", "path is empty"},
    {"{'path':1}", "path is no text"},
    {"{'path':['x']}", "path is no text"},
    {"{'path':'x','path':'y'}", "two members 'path'"},
    {"{'path':'x','id':1,'id':2}", "two members 'id'"},
    {"{'path':'a\\u0000b'}", "path has a NUL"},
    {"{'path':'x','boddy':1}", "'boddy'"},
    {"{'path':'x','Body':1}", "'Body'"},
    {"{'path':'x','method':1}", "method is no text"},
    {"{'path':'x','method':''}", "is no method"},
    {"{'path':'x','method':'G T'}", "is no method"},
    {"{'path':'x','method':'GET\\r\\nA: b'}", "is no method"},
    {"{'path':'x','query':1}", "neither an object nor a text"},
    {"{'path':'x','query':['a']}", "neither an object nor a text"},
    {"{'path':'x','query':{'a':{}}}", "query 'a' is an object"},
    {"{'path':'x','query':{'a':[[]]}}", "something else than texts"},
    {"{'path':'x','query':{'a':[null]}}", "something else than texts"},
    {"{'path':'x','query':{'a\\u0000':1}}", "query has a NUL"},
    {"{'path':'x','headers':[]}", "headers are no object"},
    {"{'path':'x','headers':{'a b':'1'}}", "cannot be sent"},
    {"{'path':'x','headers':{'':'1'}}", "cannot be sent"},
    {"{'path':'x','headers':{'Content-Length':'1'}}", "cannot be sent"},
    {"{'path':'x','headers':{'A':'a\\u0000'}}", "header has a NUL"},
    {"{'path':'\xff'}", "not UTF-8"},
    {"\xc3", "not UTF-8"},
};

static const char *quoted(const char *line)
{
  static char text[512];

  snprintf(text, sizeof text, "%s", line);
  for (char *at = text; *at != '\0'; at++)
    *at = *at == '\'' ? '"' : *at;
  return text;
}

Test(batch_item, says_what_its_line_says)
{
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    AUTO_BATCH_ITEM struct batch_item item = {0};
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);
    struct err err = ERR_INIT;
    const char *line = quoted(good[i].line);

    cr_assert_eq(batch_item_parse(&item, line, strlen(line), &err), E_OK,
                 "%s: %s", line, err.message);
    put(&out, &item);
    cr_expect_str_eq(buf_text(&out), good[i].item, "%s: %s", line,
                     buf_text(&out));
  }
}

Test(batch_item, is_refused_for_what_is_wrong_with_it)
{
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    AUTO_BATCH_ITEM struct batch_item item = {0};
    struct err err = ERR_INIT;
    const char *line = quoted(bad[i].line);

    cr_expect_eq(batch_item_parse(&item, line, strlen(line), &err), E_USAGE,
                 "%s", line);
    cr_expect_not_null(strstr(err.message, bad[i].message), "%s: %s", line,
                       err.message);
    cr_expect_null(item.path);
  }
}

Test(batch_item, with_a_nul_byte_in_its_line_is_refused)
{
  AUTO_BATCH_ITEM struct batch_item item = {0};
  struct err err = ERR_INIT;

  cr_expect_eq(batch_item_parse(&item, "a\0b", 3, &err), E_USAGE);
  cr_expect_eq(batch_item_parse(&item, "{\"path\":\"a\0b\"}", 14, &err),
               E_USAGE);
}

Test(batch_item, keeps_its_id_byte_for_byte_also_when_it_is_refused)
{
  static const struct {
    const char *line, *id; /* NULL: none */
  } ids[] = {
      {"{'id':7,'path':'x'}", "7"},
      {"{'id': 1.10 ,'path':'x'}", "1.10"},
      {"{'path':1,'id':12345678901234567890}", "12345678901234567890"},
      {"{'id':'a\\u00e9'}", "\"a\\u00e9\""},
      {"{'id':null}", "null"},
      {"{'id':{'a': [1, 2]},'nonsense':1}", "{\"a\": [1, 2]}"},
      {"{'path':'x'}", NULL},
      {"{'id':1", NULL},
      {"{'id':1}}", NULL},
      {"id", NULL},
      {"", NULL},
  };

  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    const char *line = quoted(ids[i].line);
    size_t len = 0;
    const char *id = batch_item_id(line, strlen(line), &len);

    if (ids[i].id == NULL)
      cr_expect_null(id, "%s", line);
    else
      cr_expect(id != NULL && len == strlen(ids[i].id) &&
                    memcmp(id, ids[i].id, len) == 0,
                "%s: %.*s", line, (int)len, id);
  }
}
