/* fob-profile(5) against the schema: each member has its item, with its default
 * and an example that is accepted, and no item is without a member. */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "profile/preset.h"
#include "profile/schema.h"
#include "world.h"

static char *page;

static void setup(void)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);

  world_make();
  cr_assert_eq(file_read(&text, "man/fob-profile.5", FILE_ANY, BUF_DOCUMENT,
                         E_LOCAL, &err),
               E_OK, "%s", err.message);
  cr_assert_eq(buf_detach(&text, &page, NULL, &err), E_OK);
}

static void teardown(void)
{
  mem_free(page);
}

TestSuite(manual, .init = setup, .fini = teardown);

/* The lines from start to the next item or section; mem_free. */
static char *item_of(const char *path)
{
  AUTO_STR char *head = mem_printf("\n.It Ic %s\n", path);
  const char *start = strstr(page, head);

  if (start == NULL)
    return NULL;
  start += strlen(head) - 1;
  size_t len = 0;
  while (start[len] != '\0' && strncmp(start + len, "\n.It", 4) != 0 &&
         strncmp(start + len, "\n.El", 4) != 0)
    len++;
  return mem_copy(start, len);
}

/* The example of an item as the file that it is in; mem_free. */
static char *example_of(const char *item)
{
  const char *line = strstr(item, "\n.Dl ");
  AUTO_BUF struct buf text = BUF_INIT(BUF_PROFILE);
  char *result = NULL;

  if (line == NULL)
    return NULL;
  buf_puts(&text, "{");
  for (const char *c = line + 5; *c != '\0' && *c != '\n'; c++) {
    if (strncmp(c, "\\(dq", 4) == 0) {
      buf_putc(&text, '"');
      c += 3;
    } else {
      buf_putc(&text, *c);
    }
  }
  buf_puts(&text, "}");
  cr_assert_eq(buf_detach(&text, &result, NULL, &err), E_OK);
  return result;
}

static void check_item(const struct member *row)
{
  AUTO_STR char *item = item_of(row->path);
  AUTO_STR char *example = NULL;
  struct profile *profile = NULL;

  cr_assert_not_null(item, "%s is not in fob-profile(5)", row->path);
  if (row->fallback != NULL && row->fallback[0] != '\0' &&
      row->fallback[0] != ' ')
    cr_expect(strstr(item, "; default\n") != NULL &&
                  strstr(item, row->fallback) != NULL,
              "%s: the default %s is not told", row->path, row->fallback);
  /* Each word, with |s in between. */
  for (const char *word = row->words; word != NULL && *word != '\0';) {
    size_t len = strcspn(word, "|");
    AUTO_STR char *copy = mem_copy(word, len);
    cr_expect_not_null(strstr(item, copy), "%s: %s is not told", row->path,
                       copy);
    word += len + (word[len] == '|');
  }
  example = example_of(item);
  cr_assert_not_null(example, "%s has no example", row->path);
  enum code code =
      profile_parse(&profile, "acme", example, strlen(example), &err);
  cr_assert_eq(code, E_OK, "%s: %s", example, err.message);
  cr_expect_eq(profile->warnings.count, 0, "%s", example);
  profile_free(profile);
}

Test(manual, tells_each_member_with_default_and_example)
{
  const struct member *row;
  size_t told = 0;

  for (size_t i = 0; (row = schema_row(&schema_profile, i)) != NULL; i++) {
    if (strncmp(row->path, "metadata.", 9) == 0 || row->shape == SHAPE_OBJECT)
      continue;
    check_item(row);
    told++;
  }
  cr_expect_gt(told, 80);
}

Test(manual, tells_each_name_of_metadata)
{
  const struct member *row;

  for (size_t i = 0; (row = schema_row(&schema_profile, i)) != NULL; i++) {
    if (strncmp(row->path, "metadata.", 9) != 0)
      continue;
    const char *dot = strrchr(row->path, '.');
    AUTO_STR char *name = mem_printf(".Ic %s", dot + 1);
    const char *found = strstr(page, name);
    while (found != NULL && strchr("\n ", found[strlen(name)]) == NULL)
      found = strstr(found + 1, name);
    cr_expect_not_null(found, "%s", row->path);
  }
}

Test(manual, tells_no_member_that_is_none)
{
  const char *end = strstr(page, "\n.Sh FILES");

  for (const char *at = page; (at = strstr(at, "\n.It Ic ")) != NULL;) {
    at += 8;
    if (at > end)
      break;
    AUTO_STR char *path = mem_copy(at, strcspn(at, "\n"));
    cr_expect(schema_find(&schema_profile, path) != NULL ||
                  schema_find(&schema_config, path) != NULL,
              "%s", path);
  }
}

Test(manual, tells_each_member_of_config_json)
{
  const struct member *row;
  const char *section = strstr(page, "\n.Sh CONFIG.JSON");

  cr_assert_not_null(section);
  for (size_t i = 0; (row = schema_row(&schema_config, i)) != NULL; i++) {
    AUTO_STR char *head = mem_printf("\n.It Ic %s\n", row->path);
    if (row->shape != SHAPE_OBJECT)
      cr_expect_not_null(strstr(section, head), "%s", row->path);
  }
}

Test(manual, has_example_files_that_are_accepted)
{
  static const char begin[] = ".Bd -literal -offset indent\n{";
  size_t count = 0;

  for (const char *at = page; (at = strstr(at, begin)) != NULL; count++) {
    at += sizeof(begin) - 2;
    AUTO_STR char *text = mem_copy(at, (size_t)(strstr(at, "\n.Ed") - at));
    if (strstr(text, "{tenant") == NULL) {
      profile_free(world_parse(text));
      continue;
    }
    AUTO(profile) p = NULL;
    AUTO_JSON json_t *members = NULL;
    world_preset("acme", text);
    cr_expect_eq(profile_new(&p, "new", "acme", &err), E_OK, "%s", err.message);
    cr_expect_eq(preset_tenant("acme", "a", &members, &err), E_OK, "%s",
                 err.message);
  }
  cr_expect_eq(count, 3);
}
