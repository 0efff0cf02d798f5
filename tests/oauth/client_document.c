#include "oauth/client_document.h"

#include "base/mem.h"
#include "support/mutate.h"

#include <criterion/criterion.h>
#include <string.h>

#define ID "https://app.acme.example/fob.json"

static char *uris[] = {(char *)"http://127.0.0.1/callback"};
static const struct text_list redirects = {.items = uris, .count = 1};

static const char good[] =
    "{\"client_id\":\"" ID "\",\"redirect_uris\":[\"http://127.0.0.1/"
    "callback\",\"https://x.example/\"],\"token_endpoint_auth_method\":"
    "\"none\",\"grant_types\":[\"authorization_code\"],\"client_name\":\"x\"}";

static enum code read_text(const char *text, size_t len, struct err *err)
{
  return client_document_read(text, len, ID, &redirects, "authorization_code",
                              err);
}

Test(client_document, id_has_a_form)
{
  static const struct {
    const char *id;
    enum code code;
  } rows[] = {
      {ID, E_OK},
      {"https://app.acme.example:8443/a/b?v=1", E_OK},
      {"http://127.0.0.1:80/x.json", E_PROFILE}, /* spelled without the port */
      {"http://127.0.0.1:8080/x.json", E_OK},
      {"https://app.acme.example", E_PROFILE},
      {"https://app.acme.example/", E_PROFILE},
      {"http://app.acme.example/x", E_PROFILE},
      {"https://app.acme.example/x#y", E_PROFILE},
      {"https://u:p@app.acme.example/x", E_PROFILE},
      {"https://app.acme.example/a/../x", E_PROFILE},
      {"https://app.acme.example/%2e%2e/x", E_PROFILE},
      {"https://app.acme.example/./x", E_PROFILE},
      {"https://App.acme.example/x", E_PROFILE},
      {"https://app.acme.example:443/x", E_PROFILE},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct err err = ERR_INIT;

    cr_expect(client_document_is_id(rows[i].id));
    cr_expect_eq(client_document_check_id(rows[i].id, &err), rows[i].code,
                 "%s: %s", rows[i].id, err.message);
  }
  cr_expect_not(client_document_is_id("fob-cli"));
  cr_expect_not(client_document_is_id("api://x"));
  cr_expect_not(client_document_is_id(NULL));
}

Test(client_document, mutated_is_refused)
{
  static const char *const fine[] = {"/client_name", "/redirect_uris/1"};
  json_t *document = json_loads(good, 0, NULL);
  struct err err = ERR_INIT;

  cr_assert_eq(read_text(good, strlen(good), &err), E_OK, "%s", err.message);
  for (AUTO_MUTATION struct mutation m = {0}; mutate_next(&m, document);) {
    struct err failed = ERR_INIT;
    bool optional = m.kind == MUTATE_REMOVED &&
                    (strcmp(m.member, "/token_endpoint_auth_method") == 0 ||
                     strcmp(m.member, "/grant_types") == 0);
    bool text = strcmp(m.member, "/token_endpoint_auth_method") == 0 &&
                (m.kind == MUTATE_EMPTY || m.kind == MUTATE_CONTROL);

    for (size_t i = 0; i < ARRAY_LEN(fine); i++)
      optional |= strcmp(m.member, fine[i]) == 0;
    enum code code = read_text(m.text, m.len, &failed);
    if (optional || text)
      continue;
    cr_expect(code == E_ANSWER || code == E_CHECK || code == E_LESS, "%s: %d",
              m.name, code);
    cr_expect_null(strpbrk(failed.message, "\n\033\r"), "%s", m.name);
  }
  json_decref(document);
}

Test(client_document, shares_no_secret)
{
  static const char *const members[] = {
      "\"client_secret\":\"test-not-real\"", "\"client_secret\":null",
      "\"client_secret_expires_at\":0",
      "\"token_endpoint_auth_method\":\"client_secret_jwt\"",
      "\"token_endpoint_auth_method\":\"client_secret_basic\""};

  for (size_t i = 0; i < ARRAY_LEN(members); i++) {
    AUTO_STR char *text =
        mem_printf("{\"client_id\":\"" ID "\",\"redirect_uris\":[\"http://"
                   "127.0.0.1/callback\"],%s}",
                   members[i]);
    struct err err = ERR_INIT;

    cr_expect_eq(read_text(text, strlen(text), &err), E_CHECK, "%s", text);
  }
}
