/* What an API demands beyond the token that it got: another login (RFC 9470
 * §3) or more scope (RFC 6750 §3.1). Read from the challenges of an answer,
 * which anybody may have written: what is not of the form that the RFCs give it
 * counts as not said. Pure. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/header.h"

#include <stdint.h>

enum step_up_kind {
  STEP_UP_NONE,
  STEP_UP_LOGIN, /* 401 insufficient_user_authentication */
  STEP_UP_SCOPE, /* 403 (or 401) insufficient_scope */
};

enum { STEP_UP_TEXT_MAX = 1024 };

struct step_up {
  enum step_up_kind kind;
  char *acr_values; /* words with single spaces; NULL: none demanded */
  int64_t max_age;  /* seconds; -1: none demanded */
  char *scope;      /* NULL: none named */
};
void step_up_clear(struct step_up *step_up);
#define AUTO_STEP_UP __attribute__((cleanup(step_up_clear)))

/* From the Bearer challenges, else the DPoP ones. headers may be NULL. */
NODISCARD enum code step_up_read(struct step_up *ret_step_up, int status,
                                 const struct headers *headers,
                                 struct err *err);

/* Appends the options of `fob login` that meet it, a blank before each, quoted
 * for a shell. */
void step_up_options(struct buf *out, const struct step_up *step_up);
