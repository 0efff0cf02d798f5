#include "api/member.h"

#include <criterion/criterion.h>
#include <string.h>

/* Every member as `key=kind:value;`, then "." for the end or "!". */
static void list(struct buf *out, const char *text)
{
  struct members members;
  struct member member;
  enum member_next next;

  members_open(&members, text, strlen(text));
  while ((next = members_next(&members, &member)) == MEMBER) {
    buf_put(out, member.key, member.key_len);
    buf_printf(out, "=%d:%.*s;", (int)member.kind, (int)member.len,
               member.value);
  }
  buf_putc(out, next == MEMBER_END ? '.' : '!');
  if (next == MEMBER_BAD)
    cr_expect_eq(members_next(&members, &member), MEMBER_BAD);
}

static const struct {
  const char *text, *members;
} samples[] = {
    {"{}", "."},
    {" [ ] \n", "."},
    {"{\"a\":1}", "\"a\"=3:1;."},
    {"{ \"a\" : 1.10 , \"b\":-0}", "\"a\"=3:1.10;\"b\"=3:-0;."},
    {"{\"a\":12345678901234567890}", "\"a\"=3:12345678901234567890;."},
    {"{\"a\":true,\"b\":false,\"c\":null}", "\"a\"=4:true;\"b\"=5:false;"
                                            "\"c\"=6:null;."},
    {"{\"a\": {\"b\": [1, {}]} ,\"c\":[]}",
     "\"a\"=0:{\"b\": [1, {}]};\"c\"=1:[];."},
    {"{\"a\":\"x\\\"}\"}", "\"a\"=2:\"x\\\"}\";."},
    {"{\"a\":1,\"a\":2}", "\"a\"=3:1;\"a\"=3:2;."},
    {"[1, \"a\", [2], {\"b\":3}]", "=3:1;=2:\"a\";=1:[2];=0:{\"b\":3};."},
    {"{\"a\":1", "!"},
    {"{\"a\":1}}", "\"a\"=3:1;!"},
    {"{\"a\":1}x", "\"a\"=3:1;!"},
    {"{\"a\":1}{}", "\"a\"=3:1;!"},
    {"{\"a\":[1}", "!"},
    {"{\"a\":1.}", "!"},
    {"{\"a", "!"},
    {"{\"a\":tru}", "!"},
    {"[1", "!"},
    {"1", "!"},
    {"\"a\"", "!"},
    {"", "!"},
};

Test(member, is_found_where_it_stands)
{
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);

    list(&out, samples[i].text);
    cr_expect_str_eq(buf_text(&out), samples[i].members, "%s: %s",
                     samples[i].text, buf_text(&out));
  }
}

Test(member, is_known_by_its_name_however_that_is_written)
{
  static const struct {
    const char *key, *name;
    bool same;
  } keys[] = {
      {"\"id\"", "id", true},       {"\"i\\u0064\"", "id", true},
      {"\"ID\"", "id", false},      {"\"id2\"", "id", false},
      {"\"i\"", "id", false},       {"\"\"", "id", false},
      {"\"\\u0069\"", "id", false}, {"\"id\\u0000\"", "id", false},
  };

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    struct member member = {.key = keys[i].key, .key_len = strlen(keys[i].key)};

    cr_expect_eq(member_is(&member, keys[i].name), keys[i].same, "%s",
                 keys[i].key);
  }
}
