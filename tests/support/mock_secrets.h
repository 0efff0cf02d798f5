/* A Secret Service that does what a real one does only on bad days. On a bus
 * of keyring_bus_start(); it ends with the test. */
#pragma once

#include "support/keyring.h"

enum mock {
  MOCK_LOCKED = 1 << 0,        /* until a prompt is answered */
  MOCK_DISMISS = 1 << 1,       /* prompts are dismissed */
  MOCK_SILENT = 1 << 2,        /* prompts stay open for ever */
  MOCK_NO_COLLECTION = 1 << 3, /* until one is made */
  MOCK_DENY = 1 << 4,          /* secrets are refused */
  MOCK_DEAF = 1 << 5,          /* asked for a secret, it never answers */
  MOCK_FORGETFUL = 1 << 6,     /* keeps another secret than it was given */
  MOCK_NO_ALIAS = 1 << 7,      /* no collection is the default */
  MOCK_SESSION_ONLY = 1 << 9,  /* no collection but that in memory */
  MOCK_BUSY = 1 << 10,         /* thinks for a second about each call */
  MOCK_TENACIOUS = 1 << 8,     /* does not remove what it says it removed */
};

/* content: of the one item that there is; NULL: none. newer: of a second. */
pid_t mock_secrets_start(const struct keyring *keyring, unsigned behaviour,
                         const char *content, const char *newer);

/* What was called so far: "Service.SearchItems Item.GetSecret …"; one string
 * used again and again. */
const char *mock_secrets_journal(const struct keyring *keyring);
