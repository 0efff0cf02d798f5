#include "api/step_up.h"

#include "base/codec.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

void step_up_clear(struct step_up *step_up)
{
  mem_free(step_up->acr_values);
  mem_free(step_up->scope);
  *step_up = (struct step_up){.max_age = -1};
}

/* Words of visible ASCII, single spaces between them, none that an option
 * could be taken for; RFC 6749 §3.3's characters, without quote and backslash.
 */
static bool is_words(const char *text)
{
  char before = ' ';

  if (*text == '\0' || strlen(text) > STEP_UP_TEXT_MAX)
    return false;
  for (const char *c = text; *c != '\0'; before = *c++) {
    bool starts = before == ' ';

    if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\' ||
        (starts && (*c == ' ' || *c == '-')))
      return false;
  }
  return before != ' ';
}

struct challenge {
  const struct headers *headers;
  const char *scheme;
};

/* *ret_words is NULL when there are none. */
static enum code read_words(const struct challenge *challenge, const char *name,
                            char **ret_words, struct err *err)
{
  char *text = NULL;
  enum code code =
      header_challenge(&text, challenge->headers, challenge->scheme, name, err);

  if (code == E_OK && text != NULL && !is_words(text)) {
    mem_free(text);
    text = NULL;
  }
  *ret_words = text;
  return code;
}

static enum code read_age(const struct challenge *challenge, int64_t *ret_age,
                          struct err *err)
{
  AUTO_STR char *text = NULL;
  uint64_t seconds;
  enum code code = header_challenge(&text, challenge->headers,
                                    challenge->scheme, "max_age", err);

  if (code == E_OK && text != NULL && num_parse(text, UINT32_MAX, &seconds))
    *ret_age = (int64_t)seconds;
  return code;
}

static enum step_up_kind kind_of(int status, const char *error)
{
  if (error == NULL || (status != 401 && status != 403))
    return STEP_UP_NONE;
  if (status == 401 && strcmp(error, "insufficient_user_authentication") == 0)
    return STEP_UP_LOGIN;
  return strcmp(error, "insufficient_scope") == 0 ? STEP_UP_SCOPE
                                                  : STEP_UP_NONE;
}

static enum code read_demand(struct step_up *step_up,
                             const struct challenge *challenge, struct err *err)
{
  enum code code = read_words(challenge, "scope", &step_up->scope, err);

  if (code == E_OK && step_up->kind == STEP_UP_LOGIN)
    code = read_words(challenge, "acr_values", &step_up->acr_values, err);
  if (code == E_OK && step_up->kind == STEP_UP_LOGIN)
    code = read_age(challenge, &step_up->max_age, err);
  return code;
}

enum code step_up_read(struct step_up *ret_step_up, int status,
                       const struct headers *headers, struct err *err)
{
  static const char *const schemes[] = {"Bearer", "DPoP"};
  AUTO_STEP_UP struct step_up step_up = {.max_age = -1};
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && headers != NULL &&
                     step_up.kind == STEP_UP_NONE && i < ARRAY_LEN(schemes);
       i++) {
    const struct challenge challenge = {headers, schemes[i]};
    AUTO_STR char *error = NULL;

    code = header_challenge(&error, headers, schemes[i], "error", err);
    if (code != E_OK)
      break;
    step_up.kind = kind_of(status, error);
    if (step_up.kind != STEP_UP_NONE)
      code = read_demand(&step_up, &challenge, err);
  }
  if (code != E_OK)
    return code;
  *ret_step_up = step_up;
  step_up = (struct step_up){.max_age = -1};
  return E_OK;
}

static void put_option(struct buf *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  buf_printf(out, " %s ", name);
  codec_shell(out, value);
}

void step_up_options(struct buf *out, const struct step_up *step_up)
{
  put_option(out, "--acr-values", step_up->acr_values);
  if (step_up->max_age >= 0)
    buf_printf(out, " --max-age %llds", (long long)step_up->max_age);
  put_option(out, "--add-scope", step_up->scope);
}
