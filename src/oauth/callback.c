#include "oauth/callback.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "oauth/failure.h"
#include "oauth/form.h"
#include "oauth/issuer.h"

#include <string.h>

static const char what[] = "the answer from the browser";

/* A parameter without a value counts as left out (RFC 6749 §3.1). */
static const char *parameter(const json_t *query, const char *name)
{
  const char *value = json_text(query, name);

  return value && *value ? value : NULL;
}

static enum code check_state(const json_t *query, const char *state,
                             struct err *err)
{
  const char *found = parameter(query, "state");

  if (!found)
    return err_set(err, E_CHECK, "%s has no state", what);
  if (strlen(found) != strlen(state) ||
      !crypto_equal(found, state, strlen(state)))
    return err_set(err, E_CHECK,
                   "%s has another state than this login: it belongs to "
                   "another one, or somebody made it up",
                   what);
  return E_OK;
}

static enum code check_iss(const json_t *query,
                           const struct callback_expect *expect,
                           struct err *err)
{
  const char *found = parameter(query, "iss");

  if (!found && expect->iss_required)
    return err_set(err, E_CHECK,
                   "%s has no iss, which this server says it always sends",
                   what);
  if (!found || !expect->issuer || issuer_fills(expect->issuer, found))
    return E_OK;
  (void)err_set(err, E_CHECK, "%s comes from another issuer", what);
  err_hint(err, "asked     %s", expect->issuer);
  err_hint(err, "answered  %s", found);
  return E_CHECK;
}

static enum code server_error(const json_t *query, const char *error,
                              const char *issuer, struct err *err)
{
  struct failure failure = {
      .error = error, .description = parameter(query, "error_description")};

  AUTO_STR char *who = NULL;
  enum code code = failure_host(&who, issuer, err);

  return code == E_OK ? failure_set(err, E_OAUTH, who, &failure) : code;
}

/* VSCHAR (RFC 6749 A.11). */
static enum code take_code(struct secret **ret_code, const json_t *query,
                           struct err *err)
{
  const char *code = parameter(query, "code");

  if (!code)
    return err_set(err, E_ANSWER, "%s has neither a code nor an error", what);
  for (const char *c = code; *c; c++)
    if (*c < 0x20 || *c > 0x7e)
      return err_set(err, E_ANSWER,
                     "%s has a code with a character that no code has", what);
  return secret_new(ret_code, code, strlen(code), err);
}

/* What has been found to be an answer to this login. */
static enum code take(struct secret **ret_code, const json_t *parameters,
                      const char *issuer, struct err *err)
{
  const char *error = parameter(parameters, "error");

  return error ? server_error(parameters, error, issuer, err)
               : take_code(ret_code, parameters, err);
}

/* JARM §2.4: nothing counts but what is signed. The keys are asked for last,
 * and not for an answer that is another login's. */
static enum code take_signed(struct secret **ret_code, const json_t *query,
                             const struct callback_expect *expect,
                             struct err *err)
{
  const char *response = parameter(query, "response");
  AUTO(jws) jws = NULL;
  enum code code;

  if (!response)
    return err_set(err, E_CHECK, "%s is not signed, as was asked for", what);
  code = jarm_open(&jws, response, expect->jarm, err);
  if (code == E_OK)
    code = check_state(jws->payload, expect->state, err);
  if (code == E_OK)
    code = jarm_verify(jws, expect->jarm, err);
  return code == E_OK ? take(ret_code, jws->payload, expect->issuer, err)
                      : code;
}

enum code callback_read(struct secret **ret_code, const char *query,
                        const struct callback_expect *expect, struct err *err)
{
  AUTO_JSON json_t *object = NULL;
  enum code code =
      form_read(&object, query, strlen(query), FORM_ONCE, E_CHECK, what, err);

  if (code == E_OK && expect->jarm)
    return take_signed(ret_code, object, expect, err);
  if (code == E_OK)
    code = check_state(object, expect->state, err);
  if (code == E_OK)
    code = check_iss(object, expect, err);
  return code == E_OK ? take(ret_code, object, expect->issuer, err) : code;
}

enum code callback_pasted(struct secret **ret_code, const char *line,
                          const struct callback_expect *expect, struct err *err)
{
  AUTO_STR char *query = NULL;
  const char *from = line + strspn(line, " \t\r\n");
  const char *mark = strchr(from, '?');
  size_t len;

  if (mark)
    from = mark + 1;
  len = strcspn(from, "# \t\r\n");
  if (!memchr(from, '=', len))
    return err_set(err, E_USAGE,
                   "that is not the address of the last page: it has no "
                   "'code=' and 'state=' in it");
  query = mem_copy(from, len);
  if (!query)
    return err_nomem(err);
  return callback_read(ret_code, query, expect, err);
}
