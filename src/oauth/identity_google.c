/* The token that an `external_account` file of Google's leads to: in a file, at
 * a URL, or from a program, where the environment allows that one. */
#include "oauth/identity_provider.h"

#include "base/env.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/header.h"
#include "oauth/external.h"

#include <stdlib.h>
#include <string.h>

#define ALLOW "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"

enum { EXECUTABLE_MS = 30 * 1000, EXECUTABLE_MAX_MS = 120 * 1000 };

static enum code wrong(const struct external *e, const char *what,
                       struct err *err)
{
  return err_set(err, E_PROFILE, "'%s': credential_source %s", e->path, what);
}

/* {"type": "text"} or {"type": "json", "subject_token_field_name": …}. */
static enum code formatted(struct secret **ret_token, const struct external *e,
                           const struct buf *bytes, const char *what,
                           struct err *err)
{
  const json_t *format = json_object_get(e->source, "format");
  const char *type = json_text(format, "type");
  const char *member = json_text(format, "subject_token_field_name");

  if (!type || strcmp(type, "text") == 0)
    return identity_text(ret_token, buf_text(bytes), bytes->len, E_ANSWER, what,
                         err);
  if (strcmp(type, "json") != 0 || !member)
    return wrong(e, "has an unknown format", err);
  return identity_member(ret_token, bytes, member, what, err);
}

static enum code from_file(struct secret **ret_token, const struct external *e,
                           const char *path, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  AUTO_STR char *what = mem_printf("the identity token in '%s'", path);
  enum code code;

  if (!what)
    return err_nomem(err);
  if (path[0] != '/')
    return wrong(e, "names a file that is no absolute one", err);
  code = file_read(&bytes, path, FILE_USER, BUF_SECRET, E_ENVIRONMENT, err);
  if (code == E_NOT_FOUND)
    return err_set(err, E_ENVIRONMENT, "cannot read %s: it is not there", what);
  return code == E_OK ? formatted(ret_token, e, &bytes, what, err) : code;
}

/* Their values may be secret: GitHub's request token stands in one. */
static enum code source_headers(struct headers *headers,
                                const struct external *e, struct err *err)
{
  const json_t *object = json_object_get(e->source, "headers");
  enum code code = E_OK;
  const char *name;
  json_t *value;

  json_object_foreach((json_t *)object, name, value)
  {
    AUTO(secret) secret = NULL;

    if (!json_is_string(value))
      return wrong(e, "has a header that is no text", err);
    code = secret_new(&secret, json_string_value(value),
                      json_string_length(value), err);
    if (code == E_OK)
      code = headers_add_secret(headers, name, secret, err);
    if (code != E_OK)
      return code;
  }
  return code;
}

static enum code from_url(struct secret **ret_token, const struct external *e,
                          const char *url, const struct http_options *options,
                          struct err *err)
{
  AUTO_HEADERS struct headers headers = {0};
  AUTO_BUF struct buf body = BUF_INIT(BUF_DOCUMENT);
  enum code code = source_headers(&headers, e, err);

  if (code == E_OK)
    code = identity_fetch(&body, url, NULL, &headers, options,
                          "the credential_source", err);
  return code == E_OK ? formatted(ret_token, e, &body,
                                  "the answer of the credential_source", err)
                      : code;
}

/* --- a program --------------------------------------------------------- */

/* What Google's specification has its environment say. */
static enum code tell(const struct external *e, struct err *err)
{
  if (setenv("GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", e->audience, 1) != 0 ||
      setenv("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", e->subject_token_type, 1) !=
          0 ||
      setenv("GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0", 1) != 0)
    return err_nomem(err);
  return E_OK;
}

static enum code take_response(struct secret **ret_token, const struct buf *out,
                               struct err *err)
{
  static const char what[] = "the answer of the credential_source's program";
  AUTO_JSON json_t *object = NULL;
  enum code code = json_read(&object, buf_text(out), out->len, JSON_DEPTH,
                             E_ANSWER, what, err);

  if (code != E_OK)
    return code;
  if (json_is_false(json_object_get(object, "success"))) {
    const char *why = json_text(object, "message");

    return err_set(err, E_UNAUTHORIZED,
                   "the credential_source's program gives no token: \"%.200s\"",
                   why ? why : "");
  }
  return identity_member(ret_token, out, "id_token", what, err);
}

static enum code split_command(struct text_list *words, const char *command,
                               struct err *err)
{
  enum code code = E_OK;

  while (code == E_OK && *command) {
    size_t len = strcspn(command, " ");
    AUTO_STR char *word = mem_copy(command, len);

    code = !word     ? err_nomem(err)
           : len > 0 ? text_list_add(words, word, err)
                     : E_OK;
    command += len + strspn(command + len, " ");
  }
  return code;
}

static enum code from_program(struct secret **ret_token,
                              const struct external *e,
                              const json_t *executable, struct err *err)
{
  const char *command = json_text(executable, "command");
  const char *allow = env_text(ALLOW);
  AUTO_LIST struct text_list words = {0};
  AUTO_BUF struct buf out = BUF_INIT(BUF_SECRET);
  int64_t ms =
      json_integer_value(json_object_get(executable, "timeout_millis"));
  enum code code;

  if (!allow || strcmp(allow, "1") != 0) {
    (void)wrong(e, "wants a program to be run", err);
    err_hint(err, ALLOW "=1 allows that");
    return E_PROFILE;
  }
  code = split_command(&words, command ? command : "", err);
  if (code != E_OK)
    return code;
  if (words.count == 0 || words.items[0][0] != '/')
    return wrong(e, "does not name its program by the absolute path", err);
  char **argv = mem_array(words.count + 1, sizeof(*argv));
  if (!argv)
    return err_nomem(err);
  memcpy(argv, words.items, words.count * sizeof(*argv));
  code = tell(e, err);
  if (ms <= 0 || ms > EXECUTABLE_MAX_MS)
    ms = EXECUTABLE_MS;
  if (code == E_OK)
    code = identity_run(&out, argv, (int)ms, err);
  mem_free(argv);
  return code == E_OK ? take_response(ret_token, &out, err) : code;
}

static enum code mint(struct secret **ret_token, const struct profile *profile,
                      const struct http_options *options, struct err *err)
{
  AUTO_EXTERNAL struct external e = {0};
  enum code code = external_open(&e, profile, err);

  if (code != E_OK)
    return code;
  const char *file = json_text(e.source, "file");
  const char *url = json_text(e.source, "url");
  const json_t *executable = json_object_get(e.source, "executable");
  if (!!file + !!url + !!executable != 1)
    return wrong(&e, "is neither a file, nor a url, nor an executable", err);
  if (file)
    return from_file(ret_token, &e, file, err);
  if (url)
    return from_url(ret_token, &e, url, options, err);
  return from_program(ret_token, &e, executable, err);
}

const struct identity_provider identity_google = {
    .name = "google",
    .title = "Google's credential file",
    .mint = mint,
    .malformed = E_ANSWER,
};
