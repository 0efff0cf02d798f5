/* What a kind of store does for store.c: keep bytes under a profile's name.
 * Private to the room. */
#pragma once

#include "store/store.h"

struct store {
  const struct store_backend *backend;
  struct store_options options; /* key_file and doing: copies */
  void *state;                  /* the backend's own */
};

struct store_backend {
  const char *kind;
  /* Cheap: connects to nothing. Sets state. */
  enum code (*open)(struct store *store, struct err *err);
  /* E_NO_CREDENTIAL without a message when there is none: store.c fills it. */
  enum code (*get)(struct store *store, const char *profile, struct buf *out,
                   struct err *err);
  enum code (*put)(struct store *store, const char *profile, const char *bytes,
                   size_t len, struct err *err);
  enum code (*remove)(struct store *store, const char *profile,
                      bool *ret_was_there, struct err *err);
  enum code (*lock_path)(struct store *store, const char *profile,
                         char **ret_path, struct err *err);
  const char *(*describe)(const struct store *store); /* "the keyring" */
  const char *(*label)(const struct store *store);    /* "keyring" */
  void (*free)(struct store *store);
};

extern const struct store_backend keyring_backend;
extern const struct store_backend file_backend;
