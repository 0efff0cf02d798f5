/* `fob profile set`, without the command. */
#include "base/json.h"
#include "base/lock.h"
#include "base/mem.h"
#include "profile/profile.h"
#include "world.h"

#include <fcntl.h>
#include <sys/wait.h>

TestSuite(edit, .init = world_make);

static void expect_own(const struct profile *profile, const char *text,
                       const char *what)
{
  AUTO_BUF struct buf out = BUF_INIT(BUF_PROFILE);

  cr_assert_eq(json_write(&out, profile->own, 0, &err), E_OK);
  cr_expect_str_eq(buf_text(&out), text, "%s gave %s", what, buf_text(&out));
}

Test(edit, changes_members)
{
  static const struct {
    const char *before, *assignment, *after;
  } rows[] = {
      {"{}", "store file", "{\"store\":\"file\"}"},
      {"{}", "store=file", "{\"store\":\"file\"}"},
      {"{}", "description=a = b", "{\"description\":\"a = b\"}"},
      {"{}", "description a = b", "{\"description\":\"a = b\"}"},
      {"{}", "client.id=x", "{\"client\":{\"id\":\"x\"}}"},
      {"{\"client\":{\"id\":\"x\",\"x-a\":1}}", "client.id=y",
       "{\"client\":{\"id\":\"y\",\"x-a\":1}}"},
      {"{\"client\":null}", "client.id=y", "{\"client\":{\"id\":\"y\"}}"},
      {"{\"store\":\"file\"}", "store=", "{}"},
      {"{}", "store=", "{}"},
      {"{\"client\":{\"id\":\"x\"}}", "client.id=", "{}"},
      {"{\"client\":{\"secret\":{\"from\":\"env\"},\"id\":\"x\"}}",
       "client.secret.from=", "{\"client\":{\"id\":\"x\"}}"},
      {"{}", "client.secret.from=", "{}"},
      {"{}", "scope openid email", "{\"scope\":[\"openid\",\"email\"]}"},
      {"{\"scope\":[\"a\"]}", "scope=b", "{\"scope\":[\"b\"]}"},
      {"{\"scope\":[\"a\"]}", "scope+=b a c",
       "{\"scope\":[\"a\",\"b\",\"c\"]}"},
      {"{\"scope\":[\"a\",\"b\"]}", "scope-=a", "{\"scope\":[\"b\"]}"},
      {"{\"scope\":[\"a\"]}", "scope-=a", "{\"scope\":[]}"},
      {"{}", "scope:=[\"a\", \"b\"]", "{\"scope\":[\"a\",\"b\"]}"},
      {"{}", "offline=true", "{\"offline\":true}"},
      {"{}", "offline=false", "{\"offline\":false}"},
      {"{}", "retry.max=3", "{\"retry\":{\"max\":3}}"},
      {"{}", "login.timeout=90s", "{\"login\":{\"timeout\":\"90s\"}}"},
      {"{}", "manage_url:=null", "{\"manage_url\":null}"},
      {"{}", "network.proxy:=\"\"", "{\"network\":{\"proxy\":\"\"}}"},
      {"{}", "headers.Notion-Version=2022-06-28",
       "{\"headers\":{\"Notion-Version\":\"2022-06-28\"}}"},
      {"{\"headers\":{\"A\":\"1\",\"B\":\"2\"}}",
       "headers.A=", "{\"headers\":{\"B\":\"2\"}}"},
      {"{}", "headers.a.b=1", "{\"headers\":{\"a.b\":\"1\"}}"},
      {"{}", "token_response.errors:={\"a=b\":\"c\"}",
       "{\"token_response\":{\"errors\":{\"a=b\":\"c\"}}}"},
      {"{}", "params.authorize.acr_values=x y",
       "{\"params\":{\"authorize\":{\"acr_values\":\"x y\"}}}"},
      {"{}", "authorization_details:=[{\"type\":\"pay\"}]",
       "{\"authorization_details\":[{\"type\":\"pay\"}]}"},
      {"{}", "login.redirect_uris+=http://127.0.0.1:7000/cb",
       "{\"login\":{\"redirect_uris\":[\"http://127.0.0.1/callback\","
       "\"http://127.0.0.1:7000/cb\"]}}"},
      {"{\"preset\":\"github\"}", "api+=https://uploads.github.com",
       "{\"preset\":\"github\",\"api\":[\"https://api.github.com\","
       "\"https://uploads.github.com\"]}"},
      {"{\"preset\":\"github\"}", "api-=https://api.github.com",
       "{\"preset\":\"github\",\"api\":[]}"},
      {"{}", "x-mine=1", "{\"x-mine\":\"1\"}"},
      {"{}", "x-mine:=[1,{\"b\":null}]", "{\"x-mine\":[1,{\"b\":null}]}"},
      {"{}", "client.x-note=hm", "{\"client\":{\"x-note\":\"hm\"}}"},
      {"{\"typo\":1}", "typo=", "{}"},
      {"{\"typo\":1,\"x-a\":2}", "store=file",
       "{\"typo\":1,\"x-a\":2,\"store\":\"file\"}"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) p = world_parse(rows[i].before);
    cr_expect_eq(profile_edit(&p, rows[i].assignment, &err), E_OK, "%s: %s",
                 rows[i].assignment, err.message);
    expect_own(p, rows[i].after, rows[i].assignment);
  }
}

Test(edit, refuses_wrong_changes_and_keeps_what_was)
{
  static const struct {
    const char *assignment, *reason;
  } rows[] = {
      {"", "MEMBER=VALUE"},
      {"=x", "MEMBER=VALUE"},
      {"store", "MEMBER=VALUE"},
      {"scpoe=a", "no member 'scpoe'"},
      {"clinet.id=x", "no member 'clinet.id'"},
      {"client.id.x=1", "no member 'client.id.x'"},
      {"client=x", "client has members of its own"},
      {"headers=x", "headers has members of its own"},
      {"store+=file", "store is not a list"},
      {"retry.max-=1", "retry.max is not a list"},
      {"offline=yes", "offline must be true or false"},
      {"retry.max=11", "retry.max must be a whole number from 0 to 10"},
      {"retry.max=x", "retry.max must be a whole number"},
      {"scope-=nope", "scope has no item 'nope'"},
      {"scope:=[", "the value of scope"},
      {"scope:=7", "scope must be a list"},
      {"api+=http://api.example", "api must be an https URL"},
      {"grant=nonsense", "grant must be"},
      {"auth.scheme=basic", "auth.user must be stated"},
      {"description=a\nb", "description must not have control"},
      {"description=\xff", "must be UTF-8"},
      {"description:=\"\xff\"", "not UTF-8"},
      {"schema=2", "schema must be a whole number"},
      {"schema:=2", "is of schema 2"},
      {"preset=githb", "no preset 'githb'"},
      {"x-a:={\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{}}}}}}}}",
       "deeper"},
  };
  static const char before[] = "{\"scope\":[\"a\"],\"x-k\":[1]}";

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) p = world_parse(before);
    const struct profile *same = p;
    enum code code;
    err_clear(&err);
    code = profile_edit(&p, rows[i].assignment, &err);
    cr_expect_eq(err_status(code), 2, "%s gave %s", rows[i].assignment,
                 err_name(code));
    cr_expect_not_null(strstr(err.message, rows[i].reason), "%s: %s",
                       rows[i].assignment, err.message);
    cr_expect_eq(p, same);
    expect_own(p, before, rows[i].assignment);
  }
}

Test(edit, refuses_secrets_without_repeating_them)
{
  static const struct {
    const char *assignment, *remedy;
  } rows[] = {
      {"token=test-token-not-real", "fob login -p acme --pat"},
      {"client_secret=test-token-not-real", "--client-secret-file"},
      {"client.secret=test-token-not-real", ""},
      {"client.password test-token-not-real", "--pat"},
      {"headers.Authorization=Bearer test-token-not-real", "--pat"},
      {"description=ghp_not-real00000000000000000", "--pat"},
      {"x-a ghp_not-real00000000000000000", NULL},
      {"test-token-not-real-test-token-not-real", ""},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO(profile) p = world_parse("{}");
    err_clear(&err);
    enum code code = profile_edit(&p, rows[i].assignment, &err);
    if (rows[i].remedy == NULL)
      continue;
    cr_expect_eq(err_status(code), 2, "%s", rows[i].assignment);
    cr_expect_not_null(strstr(err.hint, rows[i].remedy), "%s: %s",
                       rows[i].assignment, err.hint);
    cr_expect_null(strstr(err.message, "not-real"), "%s", err.message);
    cr_expect_null(strstr(err.hint, "not-real"), "%s", err.hint);
  }
}

Test(edit, changes_together_what_goes_together)
{
  static const char *const basic[] = {"auth.scheme=basic", "auth.user=ann"};
  static const char *const half[] = {"store=file", "nonsense=1"};
  AUTO(profile) p = world_parse("{}");

  cr_assert_eq(profile_edit_all(&p, basic, 2, &err), E_OK, "%s", err.message);
  cr_expect_eq(p->auth.in, AUTH_BASIC);
  cr_assert_eq(profile_edit_all(&p, half, 2, &err), E_USAGE);
  cr_expect_null(p->store);
}

Test(edit, sets_json_as_login_does)
{
  AUTO_JSON json_t *list = json_pack("[s,s]", "a", "b");
  AUTO_JSON json_t *bad = json_integer(7);
  AUTO(profile) p = world_parse("{}");

  cr_assert_eq(profile_set(&p, "scope", list, &err), E_OK, "%s", err.message);
  cr_expect_eq(p->scope.count, 2);
  cr_assert_eq(profile_set(&p, "client.id", bad, &err), E_PROFILE);
  cr_expect_eq(p->scope.count, 2);
  cr_assert_eq(profile_set(&p, "scope", NULL, &err), E_OK);
  cr_expect_eq(p->scope.count, 0);
  cr_expect_eq(json_array_size(list), 2);
}

/* --- files --------------------------------------------------------------- */

static struct profile *loaded(const char *name)
{
  struct profile *p = NULL;

  cr_assert_eq(profile_load(&p, name, &err), E_OK, "%s", err.message);
  return p;
}

Test(edit, keeps_what_it_does_not_know_and_its_order)
{
  static const char text[] = "{\n"
                             "  \"x-first\": {\n"
                             "    \"z\": 1,\n"
                             "    \"a\": [\n"
                             "      null,\n"
                             "      -0.5,\n"
                             "      \"\xc3\xbc\"\n"
                             "    ]\n"
                             "  },\n"
                             "  \"store\": \"file\",\n"
                             "  \"future\": {\n"
                             "    \"b\": 12345678901234567,\n"
                             "    \"a\": {}\n"
                             "  },\n"
                             "  \"api\": [\n"
                             "    \"https://api.example\"\n"
                             "  ],\n"
                             "  \"client\": {\n"
                             "    \"x-note\": true,\n"
                             "    \"id\": \"x\"\n"
                             "  }\n"
                             "}\n";

  world_profile("acme", text);
  AUTO(profile) p = loaded("acme");
  cr_assert_eq(profile_edit(&p, "dpop=auto", &err), E_OK);
  cr_assert_eq(profile_edit(&p, "dpop=", &err), E_OK);
  cr_assert_eq(profile_save(p, &err), E_OK, "%s", err.message);
  cr_expect_str_eq(scratch_read(world_path("acme")), text);
}

Test(edit, replaces_a_links_target)
{
  struct stat st;

  scratch_write(scratch_path("real.json"), "{}", 0640);
  cr_assert_eq(symlink(scratch_path("real.json"), world_path("acme")), 0);
  AUTO(profile) p = loaded("acme");
  cr_assert_eq(profile_edit(&p, "store=file", &err), E_OK);
  cr_assert_eq(profile_save(p, &err), E_OK, "%s", err.message);
  cr_assert_eq(lstat(world_path("acme"), &st), 0);
  cr_expect(S_ISLNK(st.st_mode));
  cr_expect_str_eq(scratch_read(scratch_path("real.json")),
                   "{\n  \"store\": \"file\"\n}\n");
  cr_assert_eq(stat(world_path("acme"), &st), 0);
  cr_expect_eq(st.st_mode & 07777, 0640);
}

Test(edit, writes_files_that_can_be_read_again_whatever_the_umask)
{
  static const mode_t masks[] = {0, 002, 022, 077, 0177, 0777};
  static const mode_t modes[] = {0644, 0644, 0644, 0600, 0600, 0600};

  for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
    AUTO_STR char *name = mem_printf("u%zu", i);
    AUTO(profile) p = NULL;
    struct stat st;
    mode_t before = umask(masks[i]);
    cr_assert_eq(profile_new(&p, name, NULL, &err), E_OK);
    cr_assert_eq(profile_save(p, &err), E_OK, "%s", err.message);
    cr_expect_eq(umask(before), masks[i]);
    cr_assert_eq(stat(world_path(name), &st), 0);
    cr_expect_eq(st.st_mode & 07777, modes[i], "umask %o gave %o", masks[i],
                 st.st_mode & 07777);
    profile_free(loaded(name));
  }
}

Test(edit, makes_missing_directories)
{
  AUTO(profile) p = NULL;
  struct stat st;

  setenv("XDG_CONFIG_HOME", scratch_path("new/deep"), 1);
  cr_assert_eq(profile_new(&p, "acme", NULL, &err), E_OK);
  cr_assert_eq(profile_save(p, &err), E_OK, "%s", err.message);
  cr_assert_eq(stat(scratch_path("new/deep/fob/profiles/acme.json"), &st), 0);
  cr_expect_str_eq(p->path, scratch_path("new/deep/fob/profiles/acme.json"));
  /* And again, into the file that it has now. */
  cr_assert_eq(profile_edit(&p, "store=file", &err), E_OK);
  cr_expect_eq(profile_save(p, &err), E_OK, "%s", err.message);
}

Test(edit, says_what_cannot_be_written)
{
  AUTO(profile) p = NULL;
  AUTO(profile) system = NULL;

  setenv("XDG_CONFIG_HOME", "/proc/self", 1);
  cr_assert_eq(profile_new(&p, "acme", NULL, &err), E_OK);
  cr_expect_eq(profile_save(p, &err), E_LOCAL);
  cr_expect_not_null(strstr(err.message, "/proc/self/fob"), "%s", err.message);

  scratch_write(scratch_path("system/fob/profiles/sys.json"), "{}", 0644);
  system = loaded("sys");
  cr_assert_eq(profile_edit(&system, "store=file", &err), E_OK);
  cr_expect_eq(profile_save(system, &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "read-only"), "%s", err.message);
  cr_expect_eq(profile_delete("sys", &err), E_PROFILE);
  cr_expect_str_eq(scratch_read(scratch_path("system/fob/profiles/sys.json")),
                   "{}");
}

Test(edit, makes_nothing_that_could_not_be_read_again)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  AUTO(profile) p = world_parse("{}");

  buf_puts(&text, "x-a=");
  for (int i = 0; i < BUF_PROFILE; i++)
    buf_putc(&text, 'y');
  cr_assert_eq(profile_edit(&p, buf_text(&text), &err), E_PROFILE);
  cr_expect_not_null(strstr(err.message, "larger than 65536"), "%s",
                     err.message);
}

Test(edit, does_not_undo_what_another_wrote_meanwhile)
{
  world_profile("acme", "{}");
  AUTO(profile) p = loaded("acme");
  AUTO(profile) same = loaded("acme");

  world_profile("acme", "{\"store\":\"keyring\"}");
  cr_assert_eq(profile_edit(&p, "description=x", &err), E_OK);
  cr_expect_eq(profile_save(p, &err), E_LOCAL);
  cr_expect_not_null(strstr(err.message, "changed by somebody else"), "%s",
                     err.message);
  cr_expect_str_eq(scratch_read(world_path("acme")), "{\"store\":\"keyring\"}");

  /* The same content is no conflict. */
  cr_assert_eq(profile_edit(&same, "store=keyring", &err), E_OK);
  cr_expect_eq(profile_save(same, &err), E_OK, "%s", err.message);
  /* Nor is a file that vanished or came into being with the same. */
  AUTO(profile) first = NULL;
  AUTO(profile) second = NULL;
  AUTO(profile) third = NULL;
  cr_assert_eq(profile_new(&first, "new", "github", &err), E_OK);
  cr_assert_eq(profile_new(&second, "new", "github", &err), E_OK);
  cr_assert_eq(profile_new(&third, "new", "gitlab", &err), E_OK);
  cr_expect_eq(profile_save(first, &err), E_OK);
  cr_expect_eq(profile_save(second, &err), E_OK);
  cr_expect_eq(profile_save(third, &err), E_LOCAL);
}

/* Each of several processes adds scopes of its own, one a time. */
static void add_scopes(char who)
{
  for (int i = 0; i < 10; i++) {
    struct err failed = ERR_INIT;
    AUTO(lock) lock = NULL;
    AUTO(profile) p = NULL;
    AUTO_STR char *edit = mem_printf("scope+=%c%d", who, i);
    if (profile_lock(&lock, &failed) != E_OK ||
        profile_open(&p, "acme", &failed) != E_OK ||
        profile_edit(&p, edit, &failed) != E_OK ||
        profile_save(p, &failed) != E_OK)
      _exit(1);
  }
  _exit(0);
}

Test(edit, loses_nothing_between_processes)
{
  enum { WRITERS = 4 };
  pid_t pids[WRITERS];

  world_profile("acme", "{}");
  for (int i = 0; i < WRITERS; i++) {
    pids[i] = fork();
    cr_assert_geq(pids[i], 0);
    if (pids[i] == 0)
      add_scopes((char)('a' + i));
  }
  for (int i = 0; i < WRITERS; i++) {
    int status;
    cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
    cr_expect_eq(status, 0);
  }
  AUTO(profile) p = loaded("acme");
  cr_expect_eq(p->scope.count, 10 * WRITERS);
}

Test(edit, opens_a_wrong_file_to_mend_it)
{
  struct profile *p = NULL;

  world_profile("acme", "{\"grant\":7,\"auth\":{\"x\":1},\"api\":\"nope\"}");
  cr_assert_eq(profile_open(&p, "acme", &err), E_OK, "%s", err.message);
  cr_expect_eq(profile_edit(&p, "grant=token", &err), E_PROFILE);
  static const char *const all[] = {"grant=token",
                                    "auth.x=", "api=https://api.example"};
  cr_expect_eq(profile_edit_all(&p, all, 3, &err), E_OK, "%s", err.message);
  cr_expect_eq(profile_save(p, &err), E_OK);
  profile_free(p);
  world_profile("acme", "{");
  cr_expect_eq(profile_open(&p, "acme", &err), E_PROFILE);
}

Test(edit, deletes_by_name)
{
  world_profile("acme", "not even JSON");
  cr_expect_eq(profile_delete("acme", &err), E_OK, "%s", err.message);
  cr_expect_not(profile_exists("acme"));
  cr_expect_eq(profile_delete("acme", &err), E_NO_PROFILE);
  cr_expect_eq(profile_delete("../acme", &err), E_NO_PROFILE);
}
