/* Answers of a token endpoint, read as they would be when they come in. */
#pragma once

#include "oauth/token.h"

#include "base/json.h"

#include <criterion/criterion.h>
#include <string.h>

enum { SENT = 1700000000 };

#define ACCESS "test-access-token-not-real"

MAYBE_UNUSED static struct profile *profile_of(const char *json)
{
  struct profile *profile = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(profile_parse(&profile, "acme", json, strlen(json), &err), E_OK,
               "%s", err.message);
  return profile;
}

/* answer: what was asked for (bound, refreshing), or {0}. */
MAYBE_UNUSED static enum code read_as(struct token_answer *answer,
                                      const struct profile *profile, int status,
                                      const char *type, const char *body,
                                      struct err *err)
{
  answer->issued_at = SENT;
  answer->status = status;
  return token_answer_read(answer, profile, "login.acme.example", type, body,
                           strlen(body), err);
}

MAYBE_UNUSED static enum code read_json(struct token_answer *answer,
                                        const struct profile *profile,
                                        int status, const char *body,
                                        struct err *err)
{
  return read_as(answer, profile, status, "application/json", body, err);
}

/* body as the text of a success. */
MAYBE_UNUSED static enum code read_object(struct token_answer *answer,
                                          const struct profile *profile,
                                          const json_t *body, struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);

  cr_assert_eq(json_write(&text, body, 0, err), E_OK);
  return read_json(answer, profile, 200, buf_text(&text), err);
}

/* The untouched control. */
MAYBE_UNUSED static json_t *good(void)
{
  json_t *body =
      json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "access_token", ACCESS,
                "token_type", "Bearer", "expires_in", 3600, "refresh_token",
                "test-refresh-token-not-real", "scope", "openid api:read",
                "id_token", "test.id.token-not-real");

  cr_assert_not_null(body);
  return body;
}
