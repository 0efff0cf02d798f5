/* A profile as it counts, for people. */
#include "base/json.h"
#include "base/mem.h"
#include "profile/profile.h"
#include "profile/value.h"
#include "world.h"

TestSuite(resolve, .init = world_make);

static enum code note(void *user, const struct profile_item *item,
                      struct err *note_err)
{
  AUTO_BUF struct buf value = BUF_INIT(BUF_PROFILE);
  struct buf *out = user;
  enum code code = value_show(item->value, &value, note_err);

  buf_printf(out, "%s=%s%s%s|", item->path, buf_text(&value),
             item->from_preset ? " (preset)" : "",
             item->known ? "" : " (unknown)");
  return code;
}

Test(resolve, tells_each_member_and_where_it_is_stated)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_PROFILE);

  world_preset("p", "{\"api\":[\"https://a.example\",\"https://b.example\"],"
                    "\"headers\":{\"A\":\"1\",\"B\":\"2\"},"
                    "\"client\":{\"id\":\"preset\"},\"x-source\":1,"
                    "\"token_request\":{\"scope_separator\":\" \"},"
                    "\"dpop\":\"auto\"}");
  AUTO(profile)
  p = world_parse("{\"x-mine\":{\"a\":1},\"future\":[true],\"preset\":\"p\","
                  "\"client\":{\"id\":\"own\",\"x-note\":\"n\"},\"dpop\":null,"
                  "\"headers\":{\"B\":\"3\",\"A\":null,\"a.b\":\"4\"},"
                  "\"retry\":{\"max\":1}}");

  cr_assert_eq(profile_each(p, note, &out, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(buf_text(&out),
                   "preset=p|"
                   "api=https://a.example, https://b.example (preset)|"
                   "headers.B=3|headers.a.b=4|"
                   "client.id=own|"
                   "token_request.scope_separator=\" \" (preset)|"
                   "retry.max=1|"
                   "client.x-note=n (unknown)|x-mine={\"a\":1} (unknown)|"
                   "future=[true] (unknown)|");
}

static enum code stop(void *user, const struct profile_item *item,
                      struct err *stop_err)
{
  (void)item;
  ++*(int *)user;
  return err_set(stop_err, E_OUTPUT, "enough");
}

Test(resolve, ends_where_the_visitor_ends_it)
{
  AUTO(profile) p = world_parse("{\"schema\":1,\"dpop\":\"auto\"}");
  int visits = 0;

  cr_expect_eq(profile_each(p, stop, &visits, &err), E_OUTPUT);
  cr_expect_eq(visits, 1);
}

static void expect_resolved(const char *text, const char *path,
                            const char *wanted)
{
  AUTO(profile) p = world_parse(text);
  AUTO_JSON json_t *object = NULL;

  cr_assert_eq(profile_resolved(p, &object, &err), E_OK, "%s", err.message);
  const char *found = value_text(object, path);
  if (wanted == NULL)
    cr_expect_null(found, "%s: %s", text, path);
  else
    cr_expect(found != NULL && strcmp(found, wanted) == 0, "%s: %s is %s", text,
              path, found);
}

Test(resolve, adds_the_defaults_that_count)
{
  static const struct {
    const char *text, *path, *wanted;
  } rows[] = {
      {"{}", "auth.in", "header"},
      {"{}", "auth.name", "Authorization"},
      {"{}", "auth.format", "Bearer {token}"},
      {"{}", "grant", "authorization_code"},
      {"{}", "login.timeout", "5m"},
      {"{}", "account.id", "/sub"},
      {"{}", "token_response.at", ""},
      {"{}", "client.id", NULL},
      {"{\"auth\":{\"name\":\"X-Key\"}}", "auth.format", "{token}"},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\"}}", "auth.in", NULL},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\"}}", "auth.format", NULL},
      {"{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\"}}", "grant", "token"},
      {"{\"auth\":{\"in\":\"query\",\"name\":\"k\"}}", "auth.in", "query"},
      {"{\"account\":{\"path\":\"/me\"}}", "account.from", "path"},
      {"{\"account\":{\"path\":\"/me\"}}", "account.id", NULL},
      {"{\"login\":{\"timeout\":\"1m\"}}", "login.timeout", "1m"},
      {"{\"preset\":\"github\"}", "account.label", "/login"},
      {"{\"preset\":\"github\"}", "x-source.auth", NULL},
      {"{\"x-a\":\"b\"}", "x-a", "b"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    expect_resolved(rows[i].text, rows[i].path, rows[i].wanted);
}

Test(resolve, means_the_same_when_it_is_read_as_a_profile)
{
  static const char *const texts[] = {
      "{}",
      "{\"auth\":{\"scheme\":\"basic\",\"user\":\"a\"}}",
      "{\"auth\":{\"in\":\"query\",\"name\":\"k\"}}",
      "{\"headers\":{\"A\":\"1\"},\"params\":{\"token\":{\"b\":\"2\"}}}",
      "{\"preset\":null,\"metadata\":{\"token_endpoint\":\"https://a.example\"}"
      "}",
  };

  for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
    AUTO(profile) p = world_parse(texts[i]);
    AUTO_BUF struct buf out = BUF_INIT(BUF_PROFILE);
    AUTO_JSON json_t *once = NULL;
    AUTO_JSON json_t *twice = NULL;
    cr_assert_eq(profile_resolved(p, &once, &err), E_OK);
    cr_assert_eq(json_write(&out, once, 2, &err), E_OK);
    AUTO(profile) again = world_parse(buf_text(&out));
    cr_assert_eq(profile_resolved(again, &twice, &err), E_OK);
    cr_expect(json_equal(once, twice), "%s", texts[i]);
  }
}
