/* config.json (CONTRACT §5): default_profile, store, store_key_file, network,
 * browser, color, plain, token_cache. Strict, as a profile is. */
#pragma once

#include "profile/profile.h"

struct config {
  json_t *json; /* the file's object; empty when there is no file */
  char *default_profile;
  char *store;
  char *store_key_file;
  char *network_proxy, *network_ca;
  struct text_list browser;
  char *color; /* auto | always | never; NULL */
  bool plain;  /* no repaint, no QR code, no countdown */
  char *token_cache;
};

/* E_OK with defaults when there is no file. E_PROFILE when it is malformed. */
NODISCARD enum code config_load(struct config **ret_config, struct err *err);
/* Sets default_profile (NULL: removes it) and writes the file, which is read
 * again first, under profile_lock(): the caller does not hold it. */
NODISCARD enum code config_set_default(struct config *config, const char *name,
                                       struct err *err);
void config_free(struct config *config);
DEFINE_AUTO(config)
