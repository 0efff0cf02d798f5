/* fob request: what is sent, and what is refused before anything is. */
#include "cli/request_scene.h"

struct row {
  const char *words[10];
  const char *input;
  const char *method, *target, *type, *body; /* NULL: none, or anything */
};

static const struct row rows[] = {
    {{"echo"}, NULL, "GET", "/api/echo", "(none)", ""},
    {{"/echo"}, NULL, "GET", "/api/echo", "(none)", ""},
    {{"echo?a=b"}, NULL, "GET", "/api/echo?a=b", "(none)", ""},
    {{"echo/x/y"}, NULL, "GET", "/api/echo/x/y", "(none)", ""},
    {{"DELETE", "echo"}, NULL, "DELETE", "/api/echo", "(none)", ""},
    {{"patch", "echo", "a=1"},
     NULL,
     "PATCH",
     "/api/echo",
     "application/json",
     "{\"a\":\"1\"}"},
    {{"-X", "PUT", "echo", "a:=1.10"},
     NULL,
     "PUT",
     "/api/echo",
     "application/json",
     "{\"a\":1.10}"},
    {{"echo", "a=1", "q==x y"},
     NULL,
     "POST",
     "/api/echo?q=x+y",
     "application/json",
     "{\"a\":\"1\"}"},
    {{"echo", "a:=12345678901234567890", "a2:=1E400"},
     NULL,
     "POST",
     "/api/echo",
     "application/json",
     "{\"a\":12345678901234567890,\"a2\":1E400}"},
    {{"echo", "a[b][]=x", "-f", "r=@no", "-F", "t=true", "-F", "n=7"},
     NULL,
     "POST",
     "/api/echo",
     "application/json",
     "{\"a\":{\"b\":[\"x\"]},\"r\":\"@no\",\"t\":true,\"n\":7}"},
    {{"echo", "--encode", "form", "a=1&2", "b:=true"},
     NULL,
     "POST",
     "/api/echo",
     "application/x-www-form-urlencoded",
     "a=1%262&b=true"},
    {{"echo", "-d", "a=1&b"},
     NULL,
     "POST",
     "/api/echo",
     "application/x-www-form-urlencoded",
     "a=1&b"},
    {{"echo", "-d", ""},
     NULL,
     "POST",
     "/api/echo",
     "application/x-www-form-urlencoded",
     ""},
    {{"echo", "--data", "@-"},
     "two\nlines\n",
     "POST",
     "/api/echo",
     "application/x-www-form-urlencoded",
     "two\nlines\n"},
    {{"echo", "--json", "{\"a\": 1}"},
     NULL,
     "POST",
     "/api/echo",
     "application/json",
     "{\"a\": 1}"},
    {{"echo", "--input", "-"},
     "[1]",
     "POST",
     "/api/echo",
     "application/json",
     "[1]"},
    {{"PUT", "echo", "--input", "-", "-H", "Content-Type: text/csv"},
     "a,b",
     "PUT",
     "/api/echo",
     "text/csv",
     "a,b"},
    {{"echo", "a=@-"},
     "text",
     "POST",
     "/api/echo",
     "application/json",
     "{\"a\":\"text\"}"},
    {{"echo", "a:=@-"},
     " {\"b\" : 1.0}\n",
     "POST",
     "/api/echo",
     "application/json",
     "{\"a\":{\"b\" : 1.0}}"},
    {{"GET", "echo", "a=1", "b:=true"},
     NULL,
     "GET",
     "/api/echo?a=1&b=true",
     "(none)",
     ""},
    {{"-G", "echo", "a=1", "-d", "x=y"},
     NULL,
     "GET",
     "/api/echo?x=y&a=1",
     "(none)",
     ""},
    {{"-G", "echo?z", "-d", "x=y"},
     NULL,
     "GET",
     "/api/echo?z&x=y",
     "(none)",
     ""},
    {{"GET", "echo", "-d", "x=y"},
     NULL,
     "GET",
     "/api/echo",
     "application/x-www-form-urlencoded",
     "x=y"},
    {{"echo", "Content-Type:application/vnd.x+json", "a=1"},
     NULL,
     "POST",
     "/api/echo",
     "application/vnd.x+json",
     "{\"a\":\"1\"}"},
    {{"-L", "-s", "-S", "-sSL", "echo"},
     NULL,
     "GET",
     "/api/echo",
     "(none)",
     ""},
};

Test(request, sends_what_the_words_say)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, rows[i].input, rows[i].words);
    cr_assert_eq(o.status, 0, "row %zu: %s", i, o.err);
    cr_expect_str_eq(o.err, "", "row %zu: %s", i, o.err);
    json_t *root = echoed(&o);
    cr_expect_str_eq(echoed_text(root, "method"), rows[i].method, "row %zu", i);
    cr_expect_str_eq(echoed_text(root, "target"), rows[i].target, "row %zu", i);
    cr_expect_str_eq(echoed_header(root, "Content-Type"), rows[i].type,
                     "row %zu", i);
    cr_expect_str_eq(echoed_text(root, "body"), rows[i].body, "row %zu", i);
    cr_expect(json_is_true(json_object_get(root, "authorized")), "row %zu", i);
    json_decref(root);
  }
}

Test(request, sends_its_own_headers_and_the_users)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "head", 0600, "X-From-File: one\r\n\nX-Two:two\n");
  AUTO_STR char *file = mem_printf("@%s/head", s.home.dir);
  fob(&s.home, &o, "request", "echo", "X-Item: i", "-H", "X-Opt: o", "-H", file,
      NULL);
  json_t *root = echoed(&o);
  cr_expect_str_eq(echoed_header(root, "Accept"),
                   "application/json, */*;q=0.5");
  cr_expect_eq(strncmp(echoed_header(root, "User-Agent"), "fob/", 4), 0);
  cr_expect_str_eq(echoed_header(root, "X-Item"), "i");
  cr_expect_str_eq(echoed_header(root, "X-Opt"), "o");
  cr_expect_str_eq(echoed_header(root, "X-From-File"), "one");
  cr_expect_str_eq(echoed_header(root, "X-Two"), "two");
  json_decref(root);
}

Test(request, lets_the_user_change_and_take_away_its_own_headers)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  fob(&s.home, &o, "request", "echo", "Accept:", "User-Agent:mine/1",
      "Content-Type:", "a=1", NULL);
  json_t *root = echoed(&o);
  cr_expect_str_eq(echoed_header(root, "Accept"), "(none)");
  cr_expect_str_eq(echoed_header(root, "User-Agent"), "mine/1");
  cr_expect_str_eq(echoed_header(root, "Content-Type"), "(none)");
  cr_expect_str_eq(echoed_text(root, "body"), "{\"a\":\"1\"}");
  json_decref(root);
}

/* Nothing reaches the server; one clear line and what to do. */
static const struct {
  const char *words[8];
  const char *says;
  int status;
} refused[] = {
    {{NULL}, "PATH or URL is missing", 2},
    {{"GET"}, "'GET' is the method", 2},
    {{"echo", "word"}, "'word' is no ITEM", 2},
    {{"echo", "a:=x"}, "item 'a'", 2},
    {{"echo", "a=1", "a=2"}, "item 'a': set twice", 2},
    {{"echo", "a@/no/such"}, "'/no/such'", 2},
    {{"echo", "--input", "/no/such"}, "'/no/such'", 2},
    {{"echo", "--input", "/"}, "is a directory", 2},
    {{"echo", "a=1", "-d", "x"}, "cannot both be the body", 2},
    {{"echo", "--json", "1", "--input", "-"}, "cannot both be the body", 2},
    {{"-G", "echo", "--json", "1"}, "cannot go into the query", 2},
    {{"echo", "--form", "--encode", "form", "a=1"}, "exclude each other", 2},
    {{"echo", "a=@-", "b=@-"}, "read once only", 2},
    {{"HEAD", "echo", "-d", "x"}, "no body", 2},
    {{"-I", "POST", "echo"}, "-I asks by HEAD", 2},
    {{"-X", "PUT", "GET", "echo"}, "given twice", 2},
    {{"echo", "--ok", "200"}, "--ok takes statuses", 2},
    {{"echo", "--pointer", "a"}, "no JSON pointer", 2},
    {{"echo", "-o", "/"}, "is a directory", 2},
    {{"echo", "-o", "/no/such/dir/file"}, "'/no/such/dir/file'", 1},
    {{"echo", "--key", "x"}, "--cert", 2},
    {{"echo", "--cert", "/no/such/c.pem"}, "'/no/such/c.pem'", 2},
    {{"a/../b"}, "a/../b", 2},
    {{"a/%2e%2e/b"}, "'a/%2e%2e/b'", 2},
    {{"//evil.example/x"}, "//evil.example/x", 2},
    {{"a\\b"}, "a\\b", 2},
    {{"echo#part"}, "fragment", 2},
    {{"http://example.com/x"}, "plain http", 2},
    {{"https://user@example.com/"}, "user name or password", 2},
    {{"ftp://example.com/"}, "only https", 2},
    {{"echo", "Content-Length:3"}, "Content-Length", 2},
    {{"echo", "-H", "X: a\r\nY: b"}, "line break", 2},
    /* habits */
    {{"echo", "-k"}, "--cacert", 2},
    {{"echo", "-u", "ann:test-password-not-real"}, "--user NAME", 2},
    {{"echo", "-b", "test-password-not-real"}, "-H @FILE", 2},
    {{"echo", "-A", "x"}, "User-Agent", 2},
    {{"echo", "-e", "x"}, "Referer", 2},
    {{"echo", "-T", "x"}, "--input", 2},
    {{"echo", "-n"}, ".netrc", 2},
    {{"echo", "-r", "0-99"}, "Range: bytes=0-99", 2},
    {{"-f", "https://example.com/"}, "curl's -f is not needed", 2},
    {{"echo", "-F", "x=@/bin/sh"}, "as an upload: x@FILE", 2},
    /* credentials in an argument */
    {{"echo", "Authorization:test-password-not-real"}, "'Authorization'", 2},
    {{"echo", "-H", "authorization: Bearer test-password-not-real"},
     "'authorization'",
     2},
    {{"echo", "-H", "Cookie: a=test-password-not-real"}, "'Cookie'", 2},
    {{"echo", "-H", "Proxy-Authorization: test-password-not-real"},
     "'Proxy-Authorization'",
     2},
    {{"echo", "-H", "test-password-not-real"}, "without a colon", 2},
    {{"echo", "--cert", "c.pem:test-password-not-real"}, "not shown", 2},
    {{"https://user:test-password-not-real@example.com/"},
     "user name or password",
     2},
    {{"echo", "--json", "1", "password=test-password-not-real"},
     "cannot both",
     2},
    {{"echo", "password:=test-password-not-real"}, "item 'password'", 2},
    /* elsewhere */
    {{"https://example.com/x"}, "is not an origin of", 11},
    {{"http://127.0.0.1:9/x"}, "is not an origin of", 11},
};

Test(request, refuses_before_anything_is_sent)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
    AUTO_OUTCOME struct outcome o;

    fob_row(&s, &o, NULL, refused[i].words);
    cr_expect_eq(o.status, refused[i].status, "row %zu: %s", i, o.err);
    cr_expect(has(o.err, refused[i].says), "row %zu: %s", i, o.err);
    cr_expect_not(has(o.err, "test-password-not-real"), "row %zu: %s", i,
                  o.err);
    cr_expect_str_eq(o.out, "");
    cr_assert_eq(server_count(&s.server, NULL), 0, "row %zu", i);
  }
  cr_expect_eq(server_count(&s.server, NULL), 0);
  cr_expect_eq(server_silent(&s.server), 0);
}

/* A remedy has to work: nothing is set by `fob profile` where the profile is
 * the environment's, or a file that fob does not write. */
Test(request, says_where_a_base_is_added)
{
  static const char url[] = "https://example.com/x";
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome variables, file;

  scene_make(&s);
  fob(&s.home, &variables, "request", url, NULL);
  cr_expect_eq(variables.status, 11);
  cr_expect(has(variables.err, "FOB_API names the one base"), "%s",
            variables.err);
  cr_expect_not(has(variables.err, "profile set"), "%s", variables.err);
  home_write(&s.home, "ci.json", 0600,
             "{\"schema\": 1, \"api\": [\"https://api.acme.example\"]}");
  AUTO_STR char *path = home_path(&s.home, "ci.json");
  home_setenv(&s.home, "FOB_API", NULL);
  home_setenv(&s.home, "FOB_PROFILE_FILE", "%s", path);
  fob(&s.home, &file, "request", url, NULL);
  cr_expect_eq(file.status, 11);
  cr_expect(has(file.err, path), "%s", file.err);
  cr_expect(has(file.err, "add https://example.com to"), "%s", file.err);
  cr_expect_not(has(file.err, "profile set"), "%s", file.err);
}

Test(request, refuses_the_profiles_own_header_in_an_argument)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_setenv(&s.home, "FOB_AUTH_HEADER", "X-API-Key: {token}");
  fob(&s.home, &o, "request", "echo", "x-api-key:test-password-not-real", NULL);
  cr_expect_eq(o.status, 2);
  cr_expect(has(o.err, "'x-api-key'"), "%s", o.err);
  cr_expect_not(has(o.err, "not-real"), "%s", o.err);
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

Test(request, takes_a_credential_from_a_file_in_the_place_of_its_own)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, other;

  scene_make(&s);
  home_setenv(&s.home, "FOB_TOKEN", "test-token-not-real-other");
  home_write(&s.home, "head", 0600, "Authorization: Bearer " PAT "\n");
  AUTO_STR char *file = mem_printf("@%s/head", s.home.dir);
  fob(&s.home, &o, "-v", "request", "user", "-H", file, NULL);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_not(has(o.err, PAT), "%s", o.err);
  home_setenv(&s.home, "FOB_TOKEN", "%s", PAT);
  home_write(&s.home, "head", 0600, "Authorization: Bearer not-real\n");
  fob(&s.home, &other, "request", "user", "-H", file, NULL);
  cr_expect_eq(other.status, 8, "%s", other.err);
  /* The journal keeps the last of a name: fob's own would come behind. */
  json_t *requests = server_journal(&s.server, "/api/user");
  json_t *headers = json_object_get(json_array_get(requests, 1), "headers");
  cr_expect_str_eq(echoed_text(headers, "authorization"), "Bearer [8 bytes]");
  json_decref(requests);
}

Test(request, sends_no_credential_when_told_so)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome path, url, own;
  json_t *root;

  scene_make(&s);
  fob(&s.home, &path, "request", "echo", "--no-auth", NULL);
  root = echoed(&path);
  cr_expect(json_is_false(json_object_get(root, "credential")));
  json_decref(root);
  home_setenv(&s.home, "FOB_API", "https://api.example");
  AUTO_STR char *echo = mem_printf("%s/echo", s.server.api);
  fob(&s.home, &url, "request", "--no-auth", echo, NULL);
  root = echoed(&url);
  cr_expect(json_is_false(json_object_get(root, "credential")));
  json_decref(root);
  fob(&s.home, &own, "request", "--no-auth", echo, "-H",
      "Authorization: Bearer " PAT, NULL);
  root = echoed(&own);
  cr_expect(json_is_true(json_object_get(root, "authorized")));
  json_decref(root);
}

Test(request, uploads_a_file_with_its_length)
{
  enum { SIZE = 3 * 1024 * 1024 };
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  char *bytes = mem_alloc(SIZE + 1);

  scene_make(&s);
  memset(bytes, 'x', SIZE);
  bytes[SIZE] = '\0';
  home_write(&s.home, "big.png", 0600, "%s", bytes);
  mem_free(bytes);
  AUTO_STR char *file = mem_printf("f@%s/big.png", s.home.dir);
  fob(&s.home, &o, "request", "upload", file, "a=1", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  json_t *requests = server_journal(&s.server, "/api/upload");
  json_t *headers = json_object_get(json_array_get(requests, 0), "headers");
  cr_expect_not_null(json_object_get(headers, "content-length"));
  cr_expect_null(json_object_get(headers, "transfer-encoding"));
  cr_expect_eq(strncmp(echoed_text(headers, "content-type"),
                       "multipart/form-data; boundary=", 30),
               0);
  json_decref(requests);
  json_t *root = echoed(&o);
  cr_expect_gt(json_integer_value(json_object_get(root, "bytes")), SIZE);
  json_decref(root);
}
