/* Resource indicators (RFC 8707) and audiences, wherever a login and its
 * refreshes send them. */
#include "base/json.h"
#include "base/mem.h"
#include "oauth/flow.h"

#include <criterion/criterion.h>
#include <string.h>

#define ONE "https://r.example/1"
#define TWO "https://r.example/2"
#define ASKS                                                                   \
  FLOW_SCOPE ", 'resource': ['" ONE "', '" TWO "'], 'audience': ['api']"

/* What the nth request for path had under that name: a text, a list, or
 * nothing; borrowed from *ret_journal. */
static const json_t *sent(const struct flow *flow, const char *path,
                          const char *part, size_t n, const char *name,
                          json_t **ret_journal)
{
  json_decref(*ret_journal);
  *ret_journal = server_journal(&flow->server, path);
  cr_assert_gt(json_array_size(*ret_journal), n, "%s", path);
  return json_object_get(json_object_get(json_array_get(*ret_journal, n), part),
                         name);
}

static void expect_both(const json_t *list, const char *where)
{
  cr_assert_eq(json_array_size(list), 2, "%s", where);
  cr_expect_str_eq(json_string_value(json_array_get(list, 0)), ONE);
  cr_expect_str_eq(json_string_value(json_array_get(list, 1)), TWO);
}

Test(indicator, goes_to_every_endpoint)
{
  static const char *const pars[] = {"", "required"};

  for (size_t i = 0; i < ARRAY_LEN(pars); i++) {
    AUTO_FLOW struct flow f;
    AUTO_JSON json_t *journal = NULL;

    flow_start(&f, ASKS);
    server_order(&f.server, "{'set': {'par': '%s'}}", pars[i]);
    flow_log_in(&f);
    flow_expire(&f);
    flow_expect(&f, NULL, E_OK);
    if (*pars[i])
      expect_both(sent(&f, "/par", "form", 0, "resource", &journal), "pushed");
    else
      expect_both(sent(&f, "/authorize", "query", 0, "resource", &journal),
                  "asked");
    expect_both(sent(&f, "/token", "form", 0, "resource", &journal), "code");
    expect_both(sent(&f, "/token", "form", 1, "resource", &journal), "refresh");
  }
}

/* Entra answers 400 to a resource. */
Test(indicator, is_left_out_where_the_profile_says)
{
  static const char *const pars[] = {"", "required"};

  for (size_t i = 0; i < ARRAY_LEN(pars); i++) {
    AUTO_FLOW struct flow f;
    AUTO_JSON json_t *journal = NULL;

    flow_start(&f, ASKS ", 'token_request': {'omit': ['resource']}");
    server_order(&f.server, "{'set': {'par': '%s'}}", pars[i]);
    flow_log_in(&f);
    flow_expire(&f);
    flow_expect(&f, NULL, E_OK);
    cr_expect_null(sent(&f, *pars[i] ? "/par" : "/authorize",
                        *pars[i] ? "form" : "query", 0, "resource", &journal));
    for (size_t n = 0; n < 2; n++)
      cr_expect_null(sent(&f, "/token", "form", n, "resource", &journal));
    cr_expect_not_null(sent(&f, *pars[i] ? "/par" : "/authorize",
                            *pars[i] ? "form" : "query", 0, "audience",
                            &journal));
  }
}

/* Each resource has a token of its own, asked for once. */
Test(indicator, gives_each_resource_an_entry)
{
  AUTO_FLOW struct flow f;
  AUTO_JSON json_t *journal = NULL;
  AUTO(record) record = NULL;
  static const char *const uris[] = {ONE, TWO};

  flow_start(&f, ASKS);
  flow_log_in(&f);
  server_reset(&f.server);
  for (size_t round = 0; round < 2; round++) {
    for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
      char *items[] = {(char *)uris[i]};
      const struct text_list one = {.items = items, .count = 1};
      const struct session_ask ask = {.min_valid = -1, .resource = &one};

      flow_expect(&f, &ask, E_OK);
    }
  }
  cr_assert_eq(flow_requests(&f), 2);
  for (size_t i = 0; i < ARRAY_LEN(uris); i++)
    cr_expect_str_eq(
        json_string_value(sent(&f, "/token", "form", i, "resource", &journal)),
        uris[i]);
  record = flow_get(&f);
  cr_expect_eq(record->access_count, 3);
}
