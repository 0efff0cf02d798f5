#include "oauth/issuer.h"

#include <criterion/criterion.h>

#define UUID "9188040d-6c67-4c5b-b112-36a304b66dad"

Test(issuer, compares_as_text_with_two_exceptions)
{
  static const struct {
    const char *expected, *found;
    enum issuer_match match;
  } rows[] = {
      {"https://a.example", "https://a.example", ISSUER_EXACT},
      {"https://a.example/t", "https://a.example/t", ISSUER_EXACT},
      {"https://a.example", "https://a.example/", ISSUER_SLASH},
      {"https://a.example/", "https://a.example", ISSUER_SLASH},
      {"https://a.example/t/", "https://a.example/t", ISSUER_SLASH},
      {"https://a.example", "https://a.example//", ISSUER_OTHER},
      {"https://a.example/", "https://a.example//", ISSUER_OTHER},
      {"https://a.example", "https://A.example", ISSUER_OTHER},
      {"https://a.example", "http://a.example", ISSUER_OTHER},
      {"https://a.example", "https://a.example:443", ISSUER_OTHER},
      {"https://a.example/t", "https://a.example/T", ISSUER_OTHER},
      {"https://a.example/t", "https://a.example/%74", ISSUER_OTHER},
      {"https://a.example/t", "https://a.example", ISSUER_OTHER},
      {"https://a.example", "https://a.example.evil", ISSUER_OTHER},
      {"https://a.example", "", ISSUER_OTHER},
      {"", "", ISSUER_EXACT},
      {"", "/", ISSUER_OTHER},
      {"https://e.example/common/v2.0", "https://e.example/{tenantid}/v2.0",
       ISSUER_TENANT},
      {"https://e.example/organizations/v2.0",
       "https://e.example/{tenantid}/v2.0", ISSUER_TENANT},
      {"https://e.example/common", "https://e.example/{tenantid}",
       ISSUER_TENANT},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/{tenantid}/v2.0",
       ISSUER_EXACT},
      /* one tenant of its own, or a name: that is another issuer */
      {"https://e.example/consumers/v2.0", "https://e.example/{tenantid}/v2.0",
       ISSUER_OTHER},
      {"https://e.example/" UUID "/v2.0", "https://e.example/{tenantid}/v2.0",
       ISSUER_OTHER},
      {"https://e.example/common/v2.0", "https://e.example/" UUID "/v2.0",
       ISSUER_OTHER},
      {"https://e.example/common/v2.0", "https://e.example/x{tenantid}/v2.0",
       ISSUER_OTHER},
      {"https://e.example/common/v2.0",
       "https://e.example/{tenantid}/{tenantid}", ISSUER_OTHER},
      {"https://e.example/common/v2.0", "https://f.example/{tenantid}/v2.0",
       ISSUER_OTHER},
      {"https://e.example/common/v2.0", "https://e.example/{tenantid}/v1.0",
       ISSUER_OTHER},
      {"https://common/v2.0", "https://{tenantid}/v2.0", ISSUER_OTHER},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(issuer_compare(rows[i].expected, rows[i].found), rows[i].match,
                 "%s | %s", rows[i].expected, rows[i].found);
}

Test(issuer, fills_a_template_with_a_uuid_alone)
{
  static const struct {
    const char *pattern, *issuer;
    bool fits;
  } rows[] = {
      {"https://a.example", "https://a.example", true},
      {"https://a.example", "https://a.example/", false},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/" UUID "/v2.0",
       true},
      {"https://e.example/{tenantid}", "https://e.example/" UUID, true},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/common/v2.0",
       false},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/{tenantid}/v2.0",
       false},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/" UUID "x/v2.0",
       false},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/" UUID "/v2.0/",
       false},
      {"https://e.example/{tenantid}/v2.0", "https://f.example/" UUID "/v2.0",
       false},
      {"https://e.example/{tenantid}/v2.0",
       "https://e.example/9188040g-6c67-4c5b-b112-36a304b66dad/v2.0", false},
      {"https://e.example/{tenantid}/v2.0", "https://e.example//v2.0", false},
      {"https://e.example/{tenantid}/v2.0", "", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(issuer_fills(rows[i].pattern, rows[i].issuer), rows[i].fits,
                 "%s | %s", rows[i].pattern, rows[i].issuer);
}

Test(issuer, of_a_login_stays_bound_to_what_the_profile_says)
{
  static const struct {
    const char *said, *bound;
    bool same;
  } rows[] = {
      {"https://a.example", "https://a.example", true},
      {"https://a.example", "https://a.example/", true},
      {"https://a.example/t", "https://a.example/u", false},
      {"https://e.example/common/v2.0", "https://e.example/" UUID "/v2.0",
       true},
      {"https://e.example/common/v2.0", "https://e.example/common/v2.0", true},
      {"https://e.example/organizations/v2.0",
       "https://e.example/" UUID "/v2.0", true},
      {"https://e.example/{tenantid}/v2.0", "https://e.example/" UUID "/v2.0",
       true},
      {"https://e.example/consumers/v2.0", "https://e.example/" UUID "/v2.0",
       false},
      {"https://e.example/common/v2.0", "https://e.example/other/v2.0", false},
      {"https://e.example/common/v2.0", "https://e.example/" UUID "/v1.0",
       false},
      {"https://e.example/common/v2.0", "https://f.example/" UUID "/v2.0",
       false},
      {"https://e.example/common/v2.0", "https://e", false},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    cr_expect_eq(issuer_still_bound(rows[i].said, rows[i].bound), rows[i].same,
                 "%s | %s", rows[i].said, rows[i].bound);
}
