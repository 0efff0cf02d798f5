/* Commands: one table, one file each. */
#pragma once

#include "base/err.h"
#include "cmd/opt.h"
#include "oauth/session.h"
#include "profile/config.h"
#include "profile/profile.h"

#include <stdbool.h>
#include <stddef.h>

/* Options that every command takes. */
struct globals {
  const char *profile;
  int verbose;
  bool quiet;
  const char *color;        /* auto | always | never */
  const char *error_format; /* text | json */
  const char *proxy, *cacert;
  int64_t connect_timeout, timeout; /* seconds; -1: not given */
  bool help, version;
};
extern const struct opt cmd_global_opts[];

struct ctx {
  struct globals globals;
  int argc; /* the words behind the program's name, as they were given */
  char **argv;
  struct config *config; /* loaded by ctx_config() */
};

struct cmd {
  const char *name;
  const char *usage_name; /* "profile set" */
  const char *summary;    /* one line, for `fob --help`; NULL: hidden */
  const char *usage;      /* "[TARGET] [-p NAME] [options]", lines by \n */
  const char *details;    /* what --help says under the options; examples */
  const struct opt *opts;
  size_t options_size; /* of the struct that opts points into */
  /* subcommands of `profile`; NULL */
  const struct cmd *const *subcommands;
  NODISCARD enum code (*run)(struct ctx *ctx, void *options,
                             const struct operands *operands, struct err *err);
};

extern const struct cmd cmd_login, cmd_token, cmd_request, cmd_logout,
    cmd_status, cmd_profile, cmd_complete;

/* NULL-terminated, in the order of `fob --help`. */
extern const struct cmd *const cmd_table[];

/* --- what several commands need ------------------------------------------ */

/* config.json, once. Borrowed. */
NODISCARD enum code ctx_config(struct ctx *ctx, struct config **ret_config,
                               struct err *err);

/* What a command acts on. With FOB_TOKEN and FOB_API the profile is made up of
 * those (its name is "FOB_API") and nothing else is read. */
struct selection {
  struct profile *profile;
  struct env_credential *env; /* FOB_TOKEN, when it is set; else NULL */
  char *why;                  /* profile/select.h; "FOB_API" */
};
void selection_clear(struct selection *selection);
#define AUTO_SELECTION __attribute__((cleanup(selection_clear)))

/* -p, the environment, the URL (may be NULL), config.json. Says at -v what was
 * chosen and why. Does not check that the URL is of the profile's origins. */
NODISCARD enum code ctx_select(struct ctx *ctx, const struct url *url,
                               struct selection *ret_selection,
                               struct err *err);

/* Hints at what adds a base to the profile, wherever it comes from; more is put
 * behind it. */
void ctx_hint_base(const struct profile *profile, const char *base,
                   const char *more, struct err *err);

/* The wall of DESIGN §1.2: is url of an origin of one of the profile's bases?
 * E_ORIGIN otherwise, before a store is opened or anybody is asked. */
NODISCARD enum code ctx_check_origin(const struct profile *profile,
                                     const struct url *url, struct err *err);

/* A page for people, by its member: "manage_url", "register_url". NULL when
 * there is none, or only a preset's, whose API bases the profile has replaced:
 * that page is another installation's. Borrowed. */
const char *ctx_page(const struct profile *profile, const char *member);

/* Options for http_new as of the option, environment, profile, config.json
 * (CONTRACT §4). Strings are borrowed from those. */
NODISCARD enum code ctx_http_options(struct ctx *ctx,
                                     const struct profile *profile,
                                     struct http_options *ret_options,
                                     struct err *err);

/* A session for profile (borrowed): store, timeouts, cache mode (off in CI's
 * FOB_TOKEN case), passphrase prompt. env may be NULL. */
NODISCARD enum code ctx_session(struct ctx *ctx, const struct profile *profile,
                                const struct env_credential *env,
                                struct session *ret_session, struct err *err);

/* Where a profile's credential is: as it says, else as config.json (loaded
 * before) says. */
const char *ctx_store_kind(const struct ctx *ctx,
                           const struct profile *profile);

/* The store of a profile, opened; kind NULL: the one that the profile names. */
NODISCARD enum code ctx_store(struct ctx *ctx, const struct profile *profile,
                              const char *kind, struct store **ret_store,
                              struct err *err);

/* The same without anybody to ask: as a script would see it. */
NODISCARD enum code ctx_store_quietly(struct ctx *ctx,
                                      const struct profile *profile,
                                      struct store **ret_store,
                                      struct err *err);
