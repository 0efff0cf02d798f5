/* What base/json makes of every mutation that the other tests use, and so that
 * each of them is one. */
#include "base/json.h"
#include "support/mutate.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static const char document[] =
    "{\"text\":\"a\",\"number\":1,\"flag\":true,\"empty\":\"\",\"none\":null,"
    "\"a/b~c\":{\"inner\":[{\"deep\":\"x\"},2]}}";

static json_t *original(void)
{
  json_t *json = json_loads(document, 0, NULL);

  cr_assert_not_null(json);
  return json;
}

Test(json_mutated, broken_documents_are_refused_and_others_read)
{
  AUTO_JSON json_t *object = original();

  for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, object);) {
    AUTO_JSON json_t *read = NULL;
    struct err err = ERR_INIT;
    enum code code =
        json_read(&read, m.text, m.len, JSON_DEPTH, E_ANSWER, "it", &err);
    bool broken = m.kind == MUTATE_BROKEN || m.kind == MUTATE_TWICE;
    cr_expect_eq(code, broken ? E_ANSWER : E_OK, "%s: %s %.200s", m.name,
                 err.message, m.text);
    cr_expect(read == NULL || !json_equal(read, object), "%s changes nothing",
              m.name);
  }
}

Test(json_mutated, every_member_at_every_depth_has_its_turn)
{
  static const char *const members[] = {"/text",
                                        "/number",
                                        "/flag",
                                        "/empty",
                                        "/none",
                                        "/a~1b~0c",
                                        "/a~1b~0c/inner",
                                        "/a~1b~0c/inner/0",
                                        "/a~1b~0c/inner/0/deep",
                                        "/a~1b~0c/inner/1"};
  size_t seen[ARRAY_LEN(members)] = {0};
  AUTO_JSON json_t *object = original();

  for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, object);) {
    size_t i = 0;
    while (i < ARRAY_LEN(members) && strcmp(members[i], m.member) != 0)
      i++;
    cr_assert_lt(i, ARRAY_LEN(members), "%s is no member", m.member);
    seen[i]++;
  }
  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    bool element = strstr(members[i], "/inner/") != NULL &&
                   strstr(members[i], "deep") == NULL;
    size_t same = i == 1 || i == 2 || i == 3 || i == 4; /* is so already */
    cr_expect_eq(seen[i], MUTATE_COUNT - same - element, "%s: %zu", members[i],
                 seen[i]);
  }
}

Test(json_mutated, a_member_that_is_not_there_has_none)
{
  AUTO_JSON json_t *object = original();

  cr_expect_null(mutate_text(object, "/absent", "null"));
  cr_expect_null(mutate_text(object, "", "null"));
  cr_expect_null(mutate_text(object, "/text", "as the wind blows"));
  cr_expect_null(mutate_text(object, "/a~1b~0c/inner/1", "twice"));
}
