#include "profile/select.h"

#include "base/buf.h"
#include "base/env.h"
#include "base/mem.h"
#include "profile/load.h"
#include "profile/preset.h"

#include <string.h>

/* What the caller gets; choice_clear() when it does not. */
struct choice {
  struct profile *profile;
  char *why;
};

static void choice_clear(struct choice *choice)
{
  profile_free(choice->profile);
  mem_free(choice->why);
}
#define AUTO_CHOICE __attribute__((cleanup(choice_clear)))

static enum code say_why(struct choice *choice, struct err *err,
                         const char *why, const char *detail)
{
  choice->why = mem_printf("%s%s", why, detail);
  return choice->why != NULL ? E_OK : err_nomem(err);
}

/* --- by URL -------------------------------------------------------------- */

/* The best so far: all profiles whose base covers the most of the URL. */
struct match {
  int covered; /* -1: none */
  struct text_list names;
  struct choice first;
};

static void match_clear(struct match *match)
{
  text_list_clear(&match->names);
  choice_clear(&match->first);
  *match = (struct match){.covered = -1};
}
#define AUTO_MATCH __attribute__((cleanup(match_clear)))

/* How much of url the profile's bases cover; the base that covers most, as the
 * profile writes it. */
static enum code measure(const struct profile *profile, const struct url *url,
                         int *ret_covered, char **ret_base, struct err *err)
{
  *ret_covered = -1;
  for (size_t i = 0; i < profile->api.count; i++) {
    AUTO(url) base = NULL;
    AUTO_STR char *what = mem_printf("profile '%s': api", profile->name);
    if (what == NULL)
      return err_nomem(err);
    enum code code =
        url_parse(&base, profile->api.items[i], URL_STRICT_PATH | URL_NO_QUERY,
                  E_PROFILE, what, err);
    if (code != E_OK)
      return code;
    int covered = url_below(base, url);
    if (covered <= *ret_covered)
      continue;
    mem_free(*ret_base);
    *ret_base = mem_str(profile->api.items[i]);
    if (*ret_base == NULL)
      return err_nomem(err);
    *ret_covered = covered;
  }
  return E_OK;
}

/* Takes the profile over when it is the best so far, or as good as that. */
static enum code weigh(struct match *match, struct profile **profile,
                       const struct url *url, struct err *err)
{
  AUTO_STR char *base = NULL;
  int covered;
  enum code code = measure(*profile, url, &covered, &base, err);

  if (code != E_OK || covered < 0 || covered < match->covered)
    return code;
  if (covered > match->covered) {
    match_clear(match);
    match->covered = covered;
    code = say_why(&match->first, err, "base ", base);
    if (code != E_OK)
      return code;
    match->first.profile = *profile;
    *profile = NULL;
    return text_list_add(&match->names, match->first.profile->name, err);
  }
  return text_list_add(&match->names, (*profile)->name, err);
}

/* Why one profile that cannot be read stops the choice: its base might be the
 * longest, and another account would be used in its place. */
static enum code load_candidate(struct profile **ret_profile, const char *name,
                                struct err *err)
{
  enum code code = load_by_name(ret_profile, name, LOAD_CHECKED, err);

  if (code == E_PROFILE || code == E_NO_PROFILE)
    err_hint(err, "or say which profile is meant: -p NAME");
  return code;
}

static enum code say_tie(const struct text_list *names, const char *why,
                         struct err *err)
{
  AUTO_STR char *joined = NULL;
  enum code code = text_list_join(names, ", ", &joined, err);

  if (code != E_OK)
    return code;
  (void)err_set(err, E_AMBIGUOUS, "several profiles have %s: %s", why, joined);
  err_hint(err, "say which one: -p %s", names->items[0]);
  return E_AMBIGUOUS;
}

/* E_NOT_FOUND, err untouched, where no base covers the URL. */
static enum code choose_by_url(const struct url *url,
                               const struct text_list *names,
                               struct choice *choice, struct err *err)
{
  AUTO_MATCH struct match match = {.covered = -1};

  for (size_t i = 0; i < names->count; i++) {
    AUTO(profile) profile = NULL;
    enum code code = load_candidate(&profile, names->items[i], err);
    if (code == E_OK)
      code = weigh(&match, &profile, url, err);
    if (code != E_OK)
      return code;
  }
  if (match.names.count == 0)
    return E_NOT_FOUND;
  if (match.names.count > 1)
    return say_tie(&match.names, match.first.why, err);
  choice->why = mem_printf("%s matches", match.first.why);
  if (choice->why == NULL)
    return err_nomem(err);
  choice->profile = match.first.profile;
  match.first.profile = NULL;
  return E_OK;
}

/* --- without a URL ------------------------------------------------------- */

static enum code choose_default(const char *name, struct choice *choice,
                                struct err *err)
{
  enum code code = load_by_name(&choice->profile, name, LOAD_CHECKED, err);

  if (code == E_NO_PROFILE) {
    err_prefix(err, "default_profile of config.json: ");
    err_hint(err, "fob profile default --unset   forgets it");
  }
  return code == E_OK ? say_why(choice, err, "default_profile", "") : code;
}

static enum code say_none(struct err *err)
{
  AUTO_LIST struct text_list presets = {0};
  AUTO_STR char *joined = NULL;
  struct err ignored = ERR_INIT;

  if (preset_names(&presets, &ignored) != E_OK ||
      text_list_join(&presets, ", ", &joined, &ignored) != E_OK)
    joined = NULL;
  (void)err_set(err, E_NO_PROFILE, "there is no profile yet");
  err_hint(err,
           "fob login TARGET   makes one, TARGET being %s%s%san API's or "
           "an issuer's URL",
           presets.count > 0 && joined != NULL ? "a preset (" : "",
           presets.count > 0 && joined != NULL ? joined : "",
           presets.count > 0 && joined != NULL ? "), " : "");
  return E_NO_PROFILE;
}

static enum code choose_among(const struct text_list *names,
                              struct choice *choice, struct err *err)
{
  AUTO_STR char *joined = NULL;

  if (names->count == 0)
    return say_none(err);
  if (names->count == 1) {
    enum code code =
        load_by_name(&choice->profile, names->items[0], LOAD_CHECKED, err);
    return code == E_OK ? say_why(choice, err, "the only profile", "") : code;
  }
  enum code code = text_list_join(names, ", ", &joined, err);
  if (code != E_OK)
    return code;
  (void)err_set(err, E_AMBIGUOUS, "several profiles could be meant: %s",
                joined);
  err_hint(err, "say which one: -p %s", names->items[0]);
  err_hint(err, "fob profile default %s   makes it the usual one",
           names->items[0]);
  return E_AMBIGUOUS;
}

/* --- the order of the contract ------------------------------------------- */

/* By -p or FOB_PROFILE, which may mean the one that FOB_PROFILE_FILE brings. */
static enum code choose_named(const char *name, const char *why,
                              struct choice *choice, struct err *err)
{
  AUTO_STR char *file_name = NULL;
  const char *path = env_text("FOB_PROFILE_FILE");
  enum code code = E_OK;

  if (path != NULL)
    code = load_file_name(path, &file_name, err);
  if (code == E_OK && file_name != NULL && strcmp(file_name, name) == 0)
    code = load_file(&choice->profile, path, err);
  else if (code == E_OK)
    code = load_by_name(&choice->profile, name, LOAD_CHECKED, err);
  return code == E_OK ? say_why(choice, err, why, "") : code;
}

static enum code choose_unnamed(const struct url *url,
                                const struct config *config,
                                struct choice *choice, struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  enum code code = profile_names(&names, err);

  if (code != E_OK)
    return code;
  if (url != NULL) {
    code = choose_by_url(url, &names, choice, err);
    if (code != E_NOT_FOUND)
      return code;
  }
  if (config->default_profile != NULL)
    return choose_default(config->default_profile, choice, err);
  return choose_among(&names, choice, err);
}

static enum code choose(const char *option, const struct url *url,
                        const struct config *config, struct choice *choice,
                        struct err *err)
{
  const char *variable = env_text("FOB_PROFILE");
  const char *path = env_text("FOB_PROFILE_FILE");

  if (option != NULL && option[0] != '\0')
    return choose_named(option, "-p", choice, err);
  if (variable != NULL) {
    enum code code = choose_named(variable, "FOB_PROFILE", choice, err);
    if (code == E_NO_PROFILE)
      err_prefix(err, "FOB_PROFILE: ");
    return code;
  }
  if (path != NULL) {
    enum code code = load_file(&choice->profile, path, err);
    return code == E_OK ? say_why(choice, err, "FOB_PROFILE_FILE", "") : code;
  }
  return choose_unnamed(url, config, choice, err);
}

enum code select_profile(const char *option, const struct url *url,
                         const struct config *config,
                         struct profile **ret_profile, char **ret_why,
                         struct err *err)
{
  AUTO_CHOICE struct choice choice = {0};
  enum code code = choose(option, url, config, &choice, err);

  if (code != E_OK)
    return code;
  load_warn(choice.profile);
  *ret_profile = choice.profile;
  *ret_why = choice.why;
  choice = (struct choice){0};
  return E_OK;
}

/* --- for login ----------------------------------------------------------- */

/* The same place: one slash at the end more or less does not count. */
static bool is_same_place(const struct url *a, const struct url *b)
{
  size_t a_len = strlen(a->text), b_len = strlen(b->text);

  a_len -= a->text[a_len - 1] == '/';
  b_len -= b->text[b_len - 1] == '/';
  return a_len == b_len && memcmp(a->text, b->text, a_len) == 0;
}

static enum code is_at(const struct url *url, const char *text,
                       const char *what, bool *ret_is, struct err *err)
{
  AUTO(url) other = NULL;
  enum code code = url_parse(&other, text, URL_NO_QUERY, E_PROFILE, what, err);

  if (code == E_OK && is_same_place(url, other))
    *ret_is = true;
  return code;
}

static enum code is_target(const struct profile *profile, const struct url *url,
                           bool *ret_is, struct err *err)
{
  AUTO_STR char *what = mem_printf("profile '%s'", profile->name);
  enum code code = E_OK;

  *ret_is = false;
  if (what == NULL)
    return err_nomem(err);
  if (profile->issuer != NULL)
    code = is_at(url, profile->issuer, what, ret_is, err);
  for (size_t i = 0; code == E_OK && i < profile->api.count; i++)
    code = is_at(url, profile->api.items[i], what, ret_is, err);
  return code;
}

enum code select_for_login(const struct url *url, struct profile **ret_profile,
                           struct err *err)
{
  AUTO_LIST struct text_list names = {0};
  AUTO_LIST struct text_list matching = {0};
  AUTO(profile) chosen = NULL;
  enum code code = profile_names(&names, err);

  for (size_t i = 0; code == E_OK && i < names.count; i++) {
    AUTO(profile) profile = NULL;
    bool is = false;
    code = load_candidate(&profile, names.items[i], err);
    if (code == E_OK)
      code = is_target(profile, url, &is, err);
    if (code != E_OK || !is)
      continue;
    code = text_list_add(&matching, profile->name, err);
    profile_free(chosen);
    chosen = profile;
    profile = NULL;
  }
  if (code != E_OK)
    return code;
  if (matching.count > 1)
    return say_tie(&matching, "this address", err);
  if (chosen != NULL)
    load_warn(chosen);
  *ret_profile = chosen;
  chosen = NULL;
  return E_OK;
}
