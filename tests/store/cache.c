#include "store/cache.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/cache_payload.h"

#include "support/skip.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <keyutils.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool permitted(void)
{
  char name[48]; /* tests run beside each other */
  snprintf(name, sizeof name, "fob-test-permitted-%d", (int)getpid());
  key_serial_t key = add_key("user", name, "x", 1, KEY_SPEC_PROCESS_KEYRING);
  return key >= 0 && keyctl_link(key, KEY_SPEC_USER_KEYRING) == 0 &&
         keyctl_unlink(key, KEY_SPEC_USER_KEYRING) == 0;
}

static char profile[32];
static bool usable;

static void set_up(void)
{
  snprintf(profile, sizeof profile, "test-%d", (int)getpid());
  usable = permitted();
}

/* First in each test of the cache. */
#define NEEDS_KEYRINGS                                                         \
  do {                                                                         \
    if (!usable)                                                               \
      SKIP("the kernel's keyrings may not be used here");                      \
  } while (0)

static void tear_down(void)
{
  cache_drop(profile);
}

TestSuite(cache, .init = set_up, .fini = tear_down);

/* A user namespace of its own has a user keyring of its own, where nobody
 * else's keys are counted or dropped. Runs body there, in a child and (unless
 * 0) as another user; body returns the claim that does not hold, or NULL. */
static void alone_as(uid_t uid, const char *(*body)(void))
{
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  pid_t child = fork();
  cr_assert(child >= 0);
  if (child == 0) {
    const char *claim = "SKIP";
    if ((uid == 0 || setresuid(uid, uid, uid) == 0) &&
        unshare(CLONE_NEWUSER) == 0 && permitted())
      claim = body();
    ssize_t sent = claim != NULL ? write(ends[1], claim, strlen(claim)) : 0;
    _exit(sent >= 0 ? 0 : 1);
  }
  close(ends[1]);
  char claim[256] = "";
  ssize_t got = read(ends[0], claim, sizeof claim - 1);
  close(ends[0]);
  int status = -1;
  cr_assert_eq(waitpid(child, &status, 0), child);
  if (strcmp(claim, "SKIP") == 0)
    SKIP("no user namespace of our own, so no keyring of our own");
  cr_expect(got == 0 && status == 0, "%s (status %d)", claim, status);
}

static void alone(const char *(*body)(void))
{
  alone_as(0, body);
}

#define CLAIM(condition)                                                       \
  do {                                                                         \
    if (!(condition))                                                          \
      return #condition;                                                       \
  } while (0)

static struct secret *secret_of(const char *text)
{
  struct secret *secret = NULL;
  struct err err = ERR_INIT;
  cr_assert_eq(secret_new(&secret, text, strlen(text), &err), E_OK);
  return secret;
}

static struct cache_entry entry_of(const char *token, int64_t issued_at)
{
  return (struct cache_entry){
      .token = secret_of(token),
      .token_type = mem_str("Bearer"),
      .header_name = mem_str("Authorization"),
      .header_value = mem_str("Bearer {token}"),
      .generation = 7,
      .issued_at = issued_at,
      .expires_at = issued_at + 3600,
  };
}

/* As many bytes of token as asked. */
static void keep(const char *shape, size_t len, int64_t issued_at)
{
  AUTO_STR char *token = mem_alloc(len + 1);
  memset(token, 't', len);
  token[len] = '\0';
  struct cache_entry entry = entry_of(token, issued_at);
  cache_put(profile, shape, "stamp", &entry);
  cache_entry_clear(&entry);
}

static bool kept(const char *shape)
{
  struct cache_entry entry = {0};
  bool hit = cache_get(profile, shape, "stamp", &entry);
  cache_entry_clear(&entry);
  return hit;
}

Test(cache, gives_back_what_was_put)
{
  NEEDS_KEYRINGS;
  int64_t now = clock_wall();
  struct cache_entry in = entry_of("test-token-not-real", now);
  in.scope = mem_str("openid api:read");
  in.issuer = mem_str("https://login.acme.example");
  in.login = mem_str("created=1700000000");
  cache_put(profile, "scope=a b;res=x", "1:2:3", &in);
  struct cache_entry out = {0};
  cr_assert(cache_get(profile, "scope=a b;res=x", "1:2:3", &out));
  cr_expect_str_eq(secret_reveal(out.token), "test-token-not-real");
  cr_expect_str_eq(out.token_type, "Bearer");
  cr_expect_str_eq(out.scope, "openid api:read");
  cr_expect_str_eq(out.header_name, "Authorization");
  cr_expect_str_eq(out.header_value, "Bearer {token}");
  cr_expect_str_eq(out.issuer, "https://login.acme.example");
  cr_expect_str_eq(out.login, "created=1700000000");
  cr_expect_eq(out.generation, 7);
  cr_expect_eq(out.issued_at, now);
  cr_expect_eq(out.expires_at, now + 3600);
  cache_entry_clear(&out);
  cache_entry_clear(&in);
}

Test(cache, another_question_is_a_miss)
{
  NEEDS_KEYRINGS;
  keep("shape", 20, clock_wall());
  struct cache_entry out = {0};
  cr_expect(kept("shape"));
  cr_expect_not(kept("shap"));
  cr_expect_not(kept(""));
  cr_expect_not(cache_get(profile, "shape", "other stamp", &out));
  cr_expect_not(cache_get("test-nobody", "shape", "stamp", &out));
}

Test(cache, keeps_no_token_that_lives_too_long_or_no_more)
{
  NEEDS_KEYRINGS;
  int64_t now = clock_wall();
  const struct {
    const char *what;
    int64_t issued_at, expires_at;
    bool hit;
  } rows[] = {
      {"an hour", now, now + 3600, true},
      {"24 hours", now, now + 24 * 3600, true},
      {"more than 24 hours", now, now + 24 * 3600 + 1, false},
      {"the last hour of a week", now - 6 * 86400, now + 3600, false},
      {"no expiry stated", now, CLOCK_NEVER, false},
      {"just expired", now - 3600, now, false},
      {"long expired", now - 7200, now - 3600, false},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    keep("shape", 20, now); /* an older token, which must go */
    struct cache_entry entry = entry_of("test-token-not-real", now);
    entry.issued_at = rows[i].issued_at;
    entry.expires_at = rows[i].expires_at;
    cache_put(profile, "shape", "stamp", &entry);
    cr_expect_eq(kept("shape"), rows[i].hit, "%s", rows[i].what);
    cache_entry_clear(&entry);
  }
}

Test(cache, a_new_token_replaces_the_old_one_at_once)
{
  NEEDS_KEYRINGS;
  int64_t now = clock_wall();
  struct cache_entry old = entry_of("test-old-not-real", now);
  struct cache_entry new = entry_of("test-new-not-real", now);
  struct cache_entry out = {0};
  cache_put(profile, "shape", "stamp", &old);
  cache_put(profile, "shape", "stamp", &new);
  cr_assert(cache_get(profile, "shape", "stamp", &out));
  cr_expect_str_eq(secret_reveal(out.token), "test-new-not-real");
  cache_entry_clear(&out);
  cache_entry_clear(&old);
  cache_entry_clear(&new);
}

Test(cache, what_does_not_fit_unlinks_the_old_token)
{
  NEEDS_KEYRINGS;
  int64_t now = clock_wall();
  keep("shape", 20, now);
  cr_expect(kept("shape"));
  keep("shape", CACHE_PAYLOAD_MAX, now);
  cr_expect_not(kept("shape"));
  keep("shape", CACHE_PAYLOAD_MAX - 200, now);
  cr_expect(kept("shape"));
}

Test(cache, a_question_too_long_for_a_name_is_a_miss)
{
  NEEDS_KEYRINGS;
  char shape[2000];
  memset(shape, 's', sizeof shape);
  shape[sizeof shape - 1] = '\0';
  keep(shape, 20, clock_wall());
  cr_expect_not(kept(shape));
}

Test(cache, drops_one_profile_only)
{
  NEEDS_KEYRINGS;
  AUTO_STR char *longer = mem_printf("%s2", profile);
  struct cache_entry entry = entry_of("test-token-not-real", clock_wall());
  struct cache_entry out = {0};
  keep("a", 20, clock_wall());
  keep("b", 20, clock_wall());
  cache_put(longer, "a", "stamp", &entry);
  cache_drop(profile);
  cr_expect_not(kept("a"));
  cr_expect_not(kept("b"));
  cr_expect(cache_get(longer, "a", "stamp", &out));
  cache_entry_clear(&out);
  keep("a", 20, clock_wall());
  cache_drop(longer);
  cr_expect_not(cache_get(longer, "a", "stamp", &out));
  cr_expect(kept("a"));
  cache_entry_clear(&entry);
}

static const char *drop_all(void)
{
  keep("a", 20, clock_wall());
  key_serial_t other =
      add_key("user", "fobbish", "x", 1, KEY_SPEC_USER_KEYRING);
  CLAIM(other >= 0);
  CLAIM(kept("a"));
  cache_drop(NULL);
  CLAIM(!kept("a"));
  CLAIM(keyctl_search(KEY_SPEC_USER_KEYRING, "user", "fobbish", 0) == other);
  return NULL;
}

Test(cache, drops_all_of_ours_and_nothing_else)
{
  NEEDS_KEYRINGS;
  alone(drop_all);
}

Test(cache, another_process_finds_it)
{
  NEEDS_KEYRINGS;
  keep("shape", 20, clock_wall());
  pid_t child = fork();
  if (child == 0)
    _exit(kept("shape") ? 0 : 1);
  int status = -1;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_expect_eq(status, 0);
}

static key_serial_t find_key(const char *shape)
{
  AUTO_STR char *name = mem_printf("fob:%s:%s", profile, shape);
  long key = keyctl_search(KEY_SPEC_USER_KEYRING, "big_key", name, 0);
  if (key < 0)
    key = keyctl_search(KEY_SPEC_USER_KEYRING, "user", name, 0);
  cr_assert(key >= 0);
  return (key_serial_t)key;
}

/* /proc/keys shows the time left: "59m", "1h", "perm" for one without. */
Test(cache, its_keys_expire_and_are_for_this_user_only)
{
  NEEDS_KEYRINGS;
  keep("shape", 20, clock_wall());
  key_serial_t key = find_key("shape");
  FILE *keys = fopen("/proc/keys", "re");
  if (keys == NULL)
    SKIP("no /proc/keys");
  char line[512], expiry[16] = "", permissions[16] = "";
  while (fgets(line, sizeof line, keys) != NULL) {
    unsigned serial = 0;
    char time[16], mode[16];
    if (sscanf(line, "%x %*s %*s %15s %15s", &serial, time, mode) == 3 &&
        serial == (unsigned)key) {
      strcpy(expiry, time);
      strcpy(permissions, mode);
    }
  }
  fclose(keys);
  cr_expect(strcmp(expiry, "59m") == 0 || strcmp(expiry, "1h") == 0 ||
                strcmp(expiry, "60m") == 0,
            "expires in '%s'", expiry);
  /* possessor all; user view, read, search; group and others nothing */
  cr_expect_str_eq(permissions, "3f0b0000");
}

static const char *put_seventeen(void)
{
  int64_t now = clock_wall();
  for (int i = 0; i < 16; i++) {
    char shape[8];
    snprintf(shape, sizeof shape, "k%d", i);
    keep(shape, 20, i == 5 ? now - 100 : now - 50 + i);
  }
  CLAIM(kept("k5"));
  keep("k3", 20, now); /* replacing takes no room */
  CLAIM(kept("k5"));
  keep("k16", 20, now);
  CLAIM(!kept("k5"));
  CLAIM(kept("k0"));
  CLAIM(kept("k16"));
  return NULL;
}

Test(cache, the_oldest_gives_way_to_the_seventeenth)
{
  NEEDS_KEYRINGS;
  alone(put_seventeen);
}

static const char *put_eight_KiB(void)
{
  int64_t now = clock_wall();
  keep("a", 2000, now - 30);
  keep("b", 2000, now - 40);
  keep("c", 2000, now - 20);
  CLAIM(kept("a") && kept("b") && kept("c"));
  keep("d", 3000, now);
  CLAIM(!kept("b")); /* the oldest */
  CLAIM(kept("a"));
  CLAIM(kept("c") && kept("d"));
  keep("e", 3900, now);
  CLAIM(!kept("a") && !kept("c"));
  CLAIM(kept("d") && kept("e"));
  return NULL;
}

Test(cache, the_oldest_gives_way_to_8_KiB)
{
  NEEDS_KEYRINGS;
  alone(put_eight_KiB);
}

static const char *fill_the_quota(void)
{
  keep("shape", 20, clock_wall());
  CLAIM(kept("shape"));
  char bulk[1000] = "x";
  key_serial_t key = 0;
  for (int i = 0; i < 1000 && key >= 0; i++) {
    char name[16];
    snprintf(name, sizeof name, "bulk%d", i);
    key = add_key("user", name, bulk, sizeof bulk, KEY_SPEC_USER_KEYRING);
  }
  CLAIM(key < 0 && errno == EDQUOT);
  keep("shape", 3000, clock_wall());
  CLAIM(!kept("shape"));
  return NULL;
}

Test(cache, a_full_quota_unlinks_the_old_token)
{
  NEEDS_KEYRINGS;
  /* root's quota is 25 MB, that of others 20,000 bytes and 200 keys. It is
   * nobody's that is filled here. */
  if (getuid() != 0)
    SKIP("only root can be another user, and this user's quota is in use");
  alone_as(100000 + (uid_t)getpid(), fill_the_quota);
}

Test(cache, a_payload_of_somebody_else_is_a_miss)
{
  NEEDS_KEYRINGS;
  AUTO_STR char *name = mem_printf("fob:%s:shape", profile);
  cr_assert(add_key("user", name, "nonsense", 8, KEY_SPEC_USER_KEYRING) >= 0);
  cr_expect_not(kept("shape"));
  keep("shape", 20, clock_wall());
  cr_expect(kept("shape"));
}

Test(cache, modes_have_names)
{
  enum cache_mode mode = CACHE_OFF;
  cr_expect(cache_mode_parse("auto", &mode));
  cr_expect_eq(mode, CACHE_AUTO);
  cr_expect(cache_mode_parse("kernel", &mode));
  cr_expect_eq(mode, CACHE_KERNEL);
  cr_expect(cache_enabled(mode));
  cr_expect(cache_mode_parse("off", &mode));
  cr_expect_eq(mode, CACHE_OFF);
  cr_expect_not(cache_enabled(mode));
  cr_expect_not(cache_mode_parse("Auto", &mode));
  cr_expect_not(cache_mode_parse("", &mode));
}
