#include "api/link.h"

#include <criterion/criterion.h>
#include <string.h>

#define HERE "https://api.acme.example/v2/items?page=2"

static const struct sample {
  const char *field, *second; /* NULL: one field */
  const char *next, *last;    /* NULL: none */
} samples[] = {
    {"<https://a.example/?page=3>; rel=\"next\"", NULL,
     "https://a.example/?page=3", NULL},
    {"<a>; rel=\"prev\", <b>; rel=\"next\", <c>; rel=\"last\"", NULL, "b", "c"},
    {"<a>; rel=prev", "<b>;rel=next,<c>;rel=last", "b", "c"},
    {"<b>; rel=\"next last\"", NULL, "b", "b"},
    {"<b>; rel=\"first\tNEXT\"", NULL, "b", NULL},
    {"<b>; REL=next", NULL, "b", NULL},
    {"<b>; rel = \"next\"", NULL, "b", NULL},
    {"<b> ; rel=next ;", NULL, "b", NULL},
    {"<b>;; rel=next", NULL, "b", NULL},
    {"<b>; crossorigin; rel=next", NULL, "b", NULL},
    {", ,<b>; rel=next,", NULL, "b", NULL},
    {"<b>; rel=next, <c>; rel=next", NULL, "b", NULL},
    {"<>; rel=next", NULL, "", NULL},
    {"<?page=3,4;5>; rel=next", NULL, "?page=3,4;5", NULL},
    {"<a>; title=\"x, <b>; rel=next\", <c>; rel=next", NULL, "c", NULL},
    {"<a>; title=\"\\\"; rel=next\"; rel=prev", NULL, NULL, NULL},
    {"<b>; rel=\"n\\ext\"", NULL, "b", NULL},

    /* the first of a link's rels counts (§3.3); rel* and rev are none */
    {"<b>; rel=prev; rel=next", NULL, NULL, NULL},
    {"<b>; rel*=UTF-8''next", NULL, NULL, NULL},
    {"<b>; rel*=UTF-8''prev; rel=next", NULL, "b", NULL},
    {"<b>; rev=next", NULL, NULL, NULL},
    {"<b>; rel=nextish", NULL, NULL, NULL},
    {"<b>; rel=\"https://a.example/next\"", NULL, NULL, NULL},
    {"<b>; rel=\"\"", NULL, NULL, NULL},
    {"<b>", NULL, NULL, NULL},

    /* an anchor: what the link speaks about */
    {"<b>; rel=next; anchor=\"https://b.example/\"", NULL, NULL, NULL},
    {"<b>; rel=next; anchor=\"#top\"", NULL, NULL, NULL},
    {"<b>; rel=next; anchor=\"/v2/others\"", NULL, NULL, NULL},
    {"<b>; rel=next; anchor=\"" HERE "\"", NULL, "b", NULL},
    {"<b>; rel=next; anchor=\"?page=2\"", NULL, "b", NULL},
    {"<b>; rel=next; anchor=\"\"", NULL, "b", NULL},
    {"<a>; anchor=\"/x\"; rel=next, <b>; rel=next", NULL, "b", NULL},

    /* what is no link ends its field, not the others */
    {"b; rel=next", "<c>; rel=next", "c", NULL},
    {"<b; rel=next", NULL, NULL, NULL},
    {"<b>; rel=\"next", NULL, NULL, NULL},
    {"<b>; rel=next x, <c>; rel=last", NULL, NULL, NULL},
    {"<b>; rel=next, oh, <c>; rel=last", NULL, "b", NULL},
    {"", "<c>; rel=last", NULL, "c"},
};

static const char *shown(const char *text)
{
  return text != NULL ? text : "(none)";
}

Test(link, finds_the_pages_beside_this_one)
{
  for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
    const struct sample *sample = &samples[i];
    AUTO_HEADERS struct headers headers = {0};
    AUTO_LINK_PAGES struct link_pages pages = {0};
    AUTO(url) from = NULL;
    struct err err = ERR_INIT;

    headers_init(&headers);
    cr_assert_eq(url_parse(&from, HERE, URL_PLAIN, E_USAGE, "URL", &err), E_OK);
    cr_assert_eq(headers_add(&headers, "lInK", sample->field, &err), E_OK);
    if (sample->second != NULL)
      cr_assert_eq(headers_add(&headers, "Link", sample->second, &err), E_OK);
    cr_assert_eq(headers_add(&headers, "X-Link", "<z>; rel=next", &err), E_OK);
    cr_assert_eq(link_read(&pages, &headers, from, &err), E_OK);
    cr_expect_str_eq(shown(pages.next), shown(sample->next), "%s: %s",
                     sample->field, shown(pages.next));
    cr_expect_str_eq(shown(pages.last), shown(sample->last), "%s: %s",
                     sample->field, shown(pages.last));
  }
}

Test(link, tells_a_page_from_an_answer_that_is_none)
{
  static const struct {
    const char *field;
    bool spoken;
  } rows[] = {{"<a>; rel=first", true},
              {"<a>; rel=prev", true},
              {"<a>; rel=previous", true},
              {"<a>; rel=preload", false},
              {"<a>; rel=first; anchor=\"/x\"", false}};

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_HEADERS struct headers headers = {0};
    AUTO_LINK_PAGES struct link_pages pages = {0};
    AUTO(url) from = NULL;
    struct err err = ERR_INIT;

    headers_init(&headers);
    cr_assert_eq(url_parse(&from, HERE, URL_PLAIN, E_USAGE, "URL", &err), E_OK);
    cr_assert_eq(headers_add(&headers, "Link", rows[i].field, &err), E_OK);
    cr_assert_eq(link_read(&pages, &headers, from, &err), E_OK);
    cr_expect_eq(pages.spoken, rows[i].spoken, "%s", rows[i].field);
  }
}
