/* fob request and its credential: where it goes, where it does not, and what
 * happens when it is not accepted. */
#include "cli/request_scene.h"

#include <unistd.h>

static size_t asked(const struct scene *s, const char *path)
{
  return server_count(&s->server, path);
}

/* --- 401 --------------------------------------------------------------------
 */

Test(request_auth, refreshes_an_old_token_and_sends_once_more)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  server_reset(&s.server);
  scene_age(&s, 60);
  server_order(&s.server, "{'expire_access_tokens': true}");
  fob(&s.home, &o, "request", "-i", "user", NULL);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect_str_eq(o.err, "");
  cr_expect_eq(strncmp(o.out, "HTTP/1.1 200", 12), 0, "%s", o.out);
  cr_expect(has(o.out, "\"login\":\"ann\""), "%s", o.out);
  cr_expect_not(has(o.out, "bad credentials"), "%s", o.out);
  cr_expect_eq(asked(&s, "/token"), 1);
  cr_expect_eq(asked(&s, "/api/user"), 2);
}

Test(request_auth, sends_the_body_again_with_the_new_token)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  scene_age(&s, 60);
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                          "'status': 401}}");
  fob_input(&s.home, &o, "from a pipe", "request", "echo", "--input", "-",
            NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  json_t *root = echoed(&o);
  cr_expect_str_eq(echoed_text(root, "body"), "from a pipe");
  json_decref(root);
  cr_expect_eq(asked(&s, "/token"), 2);
}

Test(request_auth, gives_up_at_once_on_a_new_token)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  server_reset(&s.server);
  server_order(&s.server, "{'expire_access_tokens': true}");
  fob(&s.home, &o, "request", "user", NULL);
  cr_expect_eq(o.status, 8);
  cr_expect(has(o.err, "bad credentials\"}\nfob: GET "), "%s", o.err);
  cr_expect_str_eq(o.out, "");
  cr_expect_eq(asked(&s, "/token"), 0);
  cr_expect_eq(asked(&s, "/api/user"), 1);
}

Test(request_auth, gives_up_after_a_second_401)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  server_reset(&s.server);
  scene_age(&s, 60);
  server_order(&s.server, "{'next': {'path': '/api/echo', 'fault': 'status', "
                          "'status': 401, 'times': 2, 'body': 'no'}}");
  fob(&s.home, &o, "request", "echo", NULL);
  cr_expect_eq(o.status, 8);
  cr_expect(has(o.err, "no\nfob: GET "), "%s", o.err);
  cr_expect_not(has(o.err, "nono"), "%s", o.err);
  cr_expect_eq(asked(&s, "/token"), 1);
  cr_expect_eq(asked(&s, "/api/echo"), 2);
}

Test(request_auth, does_not_refresh_for_a_body_that_can_be_sent_once)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *program = program_fob();

  scene_log_in(&s);
  server_reset(&s.server);
  scene_age(&s, 60);
  server_order(&s.server, "{'expire_access_tokens': true}");
  AUTO_STR char *script = mem_printf(
      "head -c 3000000 /dev/zero | %s request user -X GET --input -", program);
  const char *const argv[] = {"sh", "-c", script, NULL};
  program_run(&(struct program_options){.argv = argv, .env = s.home.env}, &o);
  cr_expect_eq(o.status, 8, "%s", o.err);
  cr_expect_eq(asked(&s, "/token"), 0);
}

Test(request_auth, does_not_refresh_where_a_401_is_wanted_or_a_step_up)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome ok, step;

  scene_log_in(&s);
  server_reset(&s.server);
  scene_age(&s, 60);
  fob(&s.home, &ok, "request", "status/401", "--ok", "401", NULL);
  cr_expect_eq(ok.status, 0, "%s", ok.err);
  cr_expect(has(ok.out, "as you asked"));
  fob(&s.home, &step, "request",
      "status/401?header=WWW-Authenticate:Bearer%20error="
      "%22insufficient_user_authentication%22,max_age=60",
      NULL);
  cr_expect_eq(step.status, 8);
  cr_expect(has(step.err, "at most 60 s old"), "%s", step.err);
  cr_expect_eq(asked(&s, "/token"), 0);
}

Test(request_auth, says_the_scope_that_is_missing_and_how_to_get_it)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_log_in(&s);
  fob(&s.home, &o, "request", "scope/admin", NULL);
  cr_expect_eq(o.status, 8);
  cr_expect(has(o.err, "fob login -p svc --add-scope admin\n"), "%s", o.err);
}

/* --- where it goes ----------------------------------------------------------
 */

Test(request_auth, refuses_a_url_outside_before_the_store_is_opened)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome outside, inside;

  scene_make(&s);
  home_setenv(&s.home, "FOB_TOKEN", NULL);
  home_setenv(&s.home, "FOB_API", NULL);
  scene_profile(&s, "acme", "{'schema': 1, 'api': ['%s'], 'store': 'file'}",
                s.server.api);
  /* What opening it would say: there is no credential. */
  fob(&s.home, &inside, "request", "-p", "acme", "echo", NULL);
  cr_expect_eq(inside.status, 8, "%s", inside.err);
  fob(&s.home, &outside, "request", "-p", "acme", "https://uploads.example/",
      NULL);
  cr_expect_eq(outside.status, 11);
  cr_expect(has(outside.err, "not sent: https://uploads.example/ is not an "
                             "origin of 'acme'"),
            "%s", outside.err);
  cr_expect(
      has(outside.err, "fob profile set acme api+=https://uploads.example"),
      "%s", outside.err);
  cr_expect(has(outside.err, "--no-auth"), "%s", outside.err);
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

Test(request_auth, goes_to_any_path_of_the_origin_by_its_url)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", "%s/api/v4", s.server.base);
  AUTO_STR char *url = mem_printf("%s/api/echo", s.server.base);
  fob(&s.home, &o, "request", url, NULL);
  json_t *root = echoed(&o);
  cr_expect(json_is_true(json_object_get(root, "authorized")));
  json_decref(root);
}

Test(request_auth, sends_the_profiles_headers_and_any_form_of_credential)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome header, key;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  scene_profile(&s, "acme",
                "{'schema': 1, 'api': ['%s'], 'headers': {'X-Version': '7', "
                "'Accept': 'text/x'}, 'auth': {'in': 'header', 'name': "
                "'PRIVATE-TOKEN', 'format': '{token}'}}",
                s.server.api);
  fob(&s.home, &header, "request", "-p", "acme", "echo", "X-Own:1", NULL);
  cr_assert_eq(header.status, 0, "%s", header.err);
  json_t *root = echoed(&header);
  cr_expect_str_eq(echoed_header(root, "X-Version"), "7");
  cr_expect_str_eq(echoed_header(root, "Accept"), "text/x");
  cr_expect(json_is_true(json_object_get(root, "authorized")));
  json_decref(root);
  fob(&s.home, &key, "request", "-p", "acme", "echo", "X-Version:8", NULL);
  root = echoed(&key);
  cr_expect_str_eq(echoed_header(root, "X-Version"), "8");
  json_decref(root);
}

#define KEY "test-api-key-not-real"

static void scene_query(struct scene *s)
{
  scene_make(s);
  home_setenv(&s->home, "FOB_API", NULL);
  home_setenv(&s->home, "FOB_TOKEN", "%s", KEY);
  scene_profile(s, "keyed",
                "{'schema': 1, 'api': ['%s'], 'grant': 'token', 'auth': "
                "{'in': 'query', 'name': 'key'}}",
                s->server.api);
}

Test(request_auth, puts_a_key_into_the_query_and_shows_it_nowhere)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome good, dry, failed, curl;

  scene_query(&s);
  fob(&s.home, &good, "-vv", "request", "query-key", "a==1", NULL);
  cr_expect_eq(good.status, 0, "%s", good.err);
  cr_expect_not(has(good.err, KEY), "%s", good.err);
  cr_expect(has(good.err, "[hidden"), "%s", good.err);
  fob(&s.home, &dry, "request", "query-key", "a==1", "--dry-run", NULL);
  cr_expect(has(dry.out, "/query-key?a=1&key=[hidden]\n"), "%s", dry.out);
  cr_expect_not(has(dry.out, KEY));
  fob(&s.home, &failed, "request", "status/404", NULL);
  cr_expect_eq(failed.status, 4);
  cr_expect_not(has(failed.err, KEY), "%s", failed.err);
  fob(&s.home, &curl, "request", "query-key", "--curl", NULL);
  cr_expect_not(has(curl.out, KEY), "%s", curl.out);
}

/* Two servers: the second gets none of it. */
Test(request_auth, leaves_the_credential_behind_at_another_origin)
{
  AUTO_SCENE struct scene s;
  AUTO_SERVER struct server other = {0};
  AUTO_OUTCOME struct outcome get, post;

  scene_make(&s);
  server_start(&other, NULL);
  home_write(&s.home, "head", 0600, "X-Secret: test-token-not-real-x\n");
  AUTO_STR char *file = mem_printf("@%s/head", s.home.dir);
  AUTO_STR char *to = mem_printf("to==%s/echo", other.api);
  fob(&s.home, &get, "request", "redirect", to, "X-Own:1", "-H", file, NULL);
  cr_assert_eq(get.status, 0, "%s", get.err);
  json_t *root = echoed(&get);
  cr_expect(json_is_false(json_object_get(root, "credential")));
  cr_expect_str_eq(echoed_header(root, "X-Own"), "(none)");
  cr_expect_str_eq(echoed_header(root, "X-Secret"), "(none)");
  cr_expect_str_neq(echoed_header(root, "Accept"), "(none)");
  json_decref(root);
  fob(&s.home, &post, "request", "redirect", to, "status==307", "a=1", NULL);
  cr_expect_eq(post.status, 11, "%s", post.err);
  cr_expect_eq(server_count(&other, "/api/echo"), 1);
}

/* --- the profile's api_error ------------------------------------------------
 */

static void scene_api_error(struct scene *s, const char *api_error)
{
  scene_make(s);
  home_setenv(&s->home, "FOB_API", NULL);
  scene_profile(s, "acme", "{'schema': 1, 'api': ['%s'], 'api_error': %s}",
                s->server.api, api_error);
}

Test(request_auth, takes_a_refusal_in_a_200_for_one)
{
  static const char *const rules[] = {
      "{'ok': '/ok', 'message': '/error/message'}",
      "{'message': '/error/message'}"};

  for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
    AUTO_SCENE struct scene s;
    AUTO_OUTCOME struct outcome refused, fine, other, file;

    scene_api_error(&s, rules[i]);
    AUTO_STR char *out = home_path(&s.home, "out");
    fob(&s.home, &refused, "request", "json/error", NULL);
    cr_expect_eq(refused.status, 4, "%s", refused.err);
    cr_expect_str_eq(refused.out, "");
    cr_expect(has(refused.err, "{\"ok\":false"), "%s", refused.err);
    cr_expect(has(refused.err, "\"quota exceeded\"\n"), "%s", refused.err);
    fob(&s.home, &fine, "request", "json/list", NULL);
    cr_expect_eq(fine.status, 0);
    cr_expect_str_eq(fine.out,
                     "[{\"id\":1,\"name\":\"one\"},{\"id\":2,\"name\":"
                     "\"two\"}]");
    fob(&s.home, &other, "request", "bytes/3000000", NULL);
    cr_expect_eq(other.status, 0);
    cr_expect_eq(other.out_len, 3000000);
    fob(&s.home, &file, "request", "json/error", "-o", out, NULL);
    cr_expect_eq(file.status, 4);
    cr_expect_not(home_has(&s.home, "out"));
  }
}

/* --- showing instead of sending ----------------------------------------------
 */

Test(request_auth, shows_a_request_without_store_or_network)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, url;

  scene_make(&s);
  home_setenv(&s.home, "FOB_API", NULL);
  home_setenv(&s.home, "FOB_TOKEN", NULL);
  scene_profile(&s, "acme", "{'schema': 1, 'api': ['%s'], 'store': 'keyring'}",
                s.server.api);
  home_write(&s.home, "head", 0600, "X-Secret: test-token-not-real-x\n");
  AUTO_STR char *file = mem_printf("@%s/head", s.home.dir);
  fob(&s.home, &o, "request", "PUT", "echo", "a:=1.10", "q==x", "-H", file,
      "--dry-run", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  AUTO_STR char *line = mem_printf("PUT %s/echo?q=x\n", s.server.api);
  cr_expect(strncmp(o.out, line, strlen(line)) == 0, "%s", o.out);
  cr_expect(has(o.out, "Authorization: Bearer [hidden]\n"), "%s", o.out);
  cr_expect(has(o.out, "X-Secret: [hidden, 21 bytes]\n"), "%s", o.out);
  cr_expect(has(o.out, "Content-Length: 10\n\n{\"a\":1.10}"), "%s", o.out);
  cr_expect_not(has(o.out, "not-real"), "%s", o.out);
  fob(&s.home, &url, "request", "https://example.com/", "--dry-run", NULL);
  cr_expect_eq(url.status, 11);
  cr_expect_eq(server_count(&s.server, NULL), 0);
}

/* The line that --curl prints, run by bash: the same arrives. */
Test(request_auth, gives_curl_a_line_that_sends_the_same)
{
  static const char *const words[][6] = {
      {"echo"},
      {"DELETE", "echo/it's", "q==a b"},
      {"PUT", "echo", "a=it's", "b:=1.10", "X-Own: x y"},
      {"echo", "--encode", "form", "a=1"},
      {"echo", "-d", "@body"},
      {"PATCH", "echo", "--input", "body"},
      {"echo", "Accept:text/plain", "-H", "@head"},
  };
  AUTO_SCENE struct scene s;
  AUTO_STR char *program = program_fob();
  char *slash = strrchr(program, '/');

  scene_make(&s);
  home_write(&s.home, "body", 0600, "bytes as they are\n");
  home_write(&s.home, "head", 0600, "X-From-File: one\n");
  *slash = '\0';
  home_setenv(&s.home, "PATH", "%s:/usr/bin:/bin", program);
  cr_assert_eq(chdir(s.home.dir), 0);
  for (size_t i = 0; i < ARRAY_LEN(words); i++) {
    AUTO_OUTCOME struct outcome line, own, curl;
    const char *const *w = words[i];

    fob(&s.home, &line, "request", "--curl", w[0], w[1], w[2], w[3], w[4], w[5],
        NULL);
    cr_assert_eq(line.status, 0, "%s", line.err);
    cr_expect_not(has(line.out, PAT));
    fob(&s.home, &own, "request", w[0], w[1], w[2], w[3], w[4], w[5], NULL);
    const char *const argv[] = {"bash", "-c", line.out, NULL};
    program_run(&(struct program_options){.argv = argv, .env = s.home.env},
                &curl);
    cr_assert_eq(curl.status, 0, "%d %d %s: %s", curl.status, curl.signal,
                 line.out, curl.err);
    json_t *a = echoed(&own);
    json_t *b = echoed(&curl);
    json_object_del(json_object_get(a, "headers"), "User-Agent");
    json_object_del(json_object_get(b, "headers"), "User-Agent");
    cr_expect(json_equal(a, b), "%s gives %s, not %s", line.out, curl.out,
              own.out);
    json_decref(a);
    json_decref(b);
  }
}
