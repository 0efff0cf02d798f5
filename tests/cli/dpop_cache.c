/* Tokens bound to a key in the kernel's cache: the key is with them, and the
 * nonce that an API gave. */
#include "cli/dpop_scene.h"
#include "store/cache.h"
#include "support/skip.h"

#include <unistd.h>

/* Whether a request is served from the cache, once one has filled it. */
static bool is_cached(const struct scene *s, const char *profile)
{
  AUTO_OUTCOME struct outcome first, second;

  fob(&s->home, &first, "request", "-p", profile, "user", NULL);
  cli_expect(&first, 0);
  fob(&s->home, &second, "request", "-v", "-p", profile, "user", NULL);
  cli_expect(&second, 0);
  return has(second.err, "from the kernel cache");
}

/* Logs in with the cache on; the profile, whose name is our own since all tests
 * of a user share the cache. NULL: keyrings may not be used here. mem_free. */
static char *scene_cached(struct scene *s)
{
  AUTO_OUTCOME struct outcome o;
  char *profile = mem_printf("dpop-%d", (int)getpid());

  scene_start(s);
  home_setenv(&s->home, "FOB_TOKEN_CACHE", "kernel");
  log_in(s, &o, profile, "--dpop");
  cli_expect(&o, 0);
  if (is_cached(s, profile))
    return profile;
  cache_drop(profile);
  mem_free(profile);
  return NULL;
}

#define NO_KEYRINGS "the kernel's keyrings may not be used here"

Test(dpop_cache, has_the_key_with_the_token_and_needs_no_store)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *profile = scene_cached(&s);
  AUTO_OUTCOME struct outcome o, out, after;

  if (profile == NULL)
    SKIP(NO_KEYRINGS);
  AUTO_STR char *store = home_path(&s.home, "data/fob/credentials");
  AUTO_STR char *away = home_path(&s.home, "away");
  cr_assert_eq(rename(store, away), 0);
  fob(&s.home, &o, "request", "-p", profile, "user", NULL);
  cr_assert_eq(rename(away, store), 0);
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(has(o.out, "\"scheme\":\"DPoP\""), "%s", o.out);

  fob(&s.home, &out, "logout", "-p", profile, NULL);
  cli_expect(&out, 0);
  fob(&s.home, &after, "request", "-p", profile, "user", NULL);
  cr_expect_eq(after.status, 8, "%s", after.err);
  cache_drop(profile);
}

/* What an API demanded once is brought along by the next run. */
Test(dpop_cache, keeps_the_nonce_of_an_api)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *profile = scene_cached(&s);

  if (profile == NULL)
    SKIP(NO_KEYRINGS);
  for (int old = 0; old < 2; old++) {
    AUTO_OUTCOME struct outcome first, second, token;

    server_reset(&s.server);
    server_order(&s.server,
                 "{'set': {'dpop': {'nonce': 'api'}}, 'rotate_nonces': true}");
    fob(&s.home, &first, "request", "-p", profile, "user", NULL);
    cli_expect(&first, 0);
    cr_expect_eq(asked(&s, "/api/user"), 2, "there is none, or an old one");
    fob(&s.home, &second, "request", "-p", profile, "user", NULL);
    cli_expect(&second, 0);
    cr_expect_eq(asked(&s, "/api/user"), 3);

    AUTO_STR char *line =
        mem_printf("token -p %s --for GET $A/user --json", profile);
    cli_line(&s.home, &s.server, &token, NULL, line);
    cli_expect(&token, 0);
  }
  /* So that a pipe can be sent, which is read once. */
  AUTO_OUTCOME struct outcome pipe;
  AUTO_STR char *script =
      mem_printf("head -c 3000000 /dev/zero | fob request -p %s "
                 "GET user --input -",
                 profile);
  run_shell(&s, &pipe, script);
  cr_expect_eq(pipe.status, 0, "%s", pipe.err);
  cr_expect_eq(asked(&s, "/api/user"), 4);

  /* It goes with the login. */
  AUTO_OUTCOME struct outcome out;
  fob(&s.home, &out, "logout", "-p", profile, NULL);
  cli_expect(&out, 0);
  struct cache_entry entry = {0};
  AUTO_STR char *shape = mem_printf("dpop-nonce\n%s", s.server.base);
  cr_expect_not(cache_get(profile, shape, "", &entry));
  cache_drop(profile);
}
