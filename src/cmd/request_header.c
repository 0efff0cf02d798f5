/* The headers of a request: the user's first, then the profile's and fob's own
 * where the user has not set the same. */
#include "cmd/request.h"

#include "base/file.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

bool request_has_header(const struct headers *headers, const char *name)
{
  for (size_t i = 0; i < headers->count; i++) {
    if (strcasecmp(headers->items[i].name, name) == 0)
      return true;
  }
  return false;
}

const char *request_credential_header(const struct request *request)
{
  const struct profile *profile = request->selection.profile;

  if (profile == NULL)
    return NULL;
  if (profile->auth.in == AUTH_BASIC)
    return "Authorization";
  return profile->auth.in == AUTH_HEADER ? profile->auth.name : NULL;
}

bool request_adds_credential(const struct request *request)
{
  return !request->options->no_auth && !request->own_credential;
}

bool request_carries_credential(const struct request *request, const char *name)
{
  const char *own = request_credential_header(request);

  return header_is_credential(name) ||
         (own != NULL && strcasecmp(own, name) == 0);
}

/* DESIGN §1.1: every process sees an argument. */
static enum code check_argument(const struct request *request, const char *name,
                                struct err *err)
{
  enum code code;

  if (request->options->no_auth || !request_carries_credential(request, name))
    return E_OK;
  code = err_set(err, E_USAGE,
                 "'%s' is not taken from an argument, where every process "
                 "sees it (not shown)",
                 name);
  err_hint(err, "leave it to the profile, or: -H @FILE");
  return code;
}

/* An answer may repeat the token alone of "Bearer TOKEN". */
static enum code know_token(struct request *request, const char *value,
                            struct err *err)
{
  const char *token = strchr(value, ' ');

  if (token == NULL || token[1] == '\0' || request->credential != NULL)
    return E_OK;
  return secret_new(&request->credential, token + 1, strlen(token + 1), err);
}

/* With --no-auth a credential may be an argument. It is a secret all the same,
 * also where an answer repeats it. (--curl refuses to show it.) */
static enum code hide(struct request *request, struct header *header,
                      struct err *err)
{
  enum code code;

  if (request->options->curl || *header->value == '\0' ||
      !request_carries_credential(request, header->name))
    return E_OK;
  code = know_token(request, header->value, err);
  if (code == E_OK)
    code =
        secret_new(&header->secret, header->value, strlen(header->value), err);
  if (code != E_OK)
    return code;
  mem_free(header->value);
  header->value = NULL;
  return E_OK;
}

static enum code add_given(struct request *request, const char *line,
                           struct err *err)
{
  size_t before = request->headers.count;
  enum code code = headers_add_line(&request->headers, line, err);

  if (code == E_OK)
    code = check_argument(request, request->headers.items[before].name, err);
  return code == E_OK ? hide(request, &request->headers.items[before], err)
                      : code;
}

/* A line of a file: its value may be a secret and is treated as one. */
static enum code add_secret_line(struct request *request, const char *line,
                                 struct err *err)
{
  AUTO_HEADERS struct headers one = {0};
  AUTO(secret) value = NULL;
  const char *name;
  enum code code;

  headers_init(&one);
  code = headers_add_line(&one, line, err);
  if (code != E_OK)
    return code;
  name = one.items[0].name;
  if (request_carries_credential(request, name))
    request->own_credential = true;
  if (*one.items[0].value == '\0')
    return headers_add(&request->headers, name, "", err);
  if (request_carries_credential(request, name))
    code = know_token(request, one.items[0].value, err);
  if (code == E_OK)
    code =
        secret_new(&value, one.items[0].value, strlen(one.items[0].value), err);
  return code != E_OK ? code
                      : headers_add_secret(&request->headers, name, value, err);
}

static enum code add_file(struct request *request, const char *path,
                          struct err *err)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_SECRET);
  char *next;
  size_t len;
  enum code code;

  if (strcmp(path, "-") == 0) {
    code = file_read_fd(&text, STDIN_FILENO, "standard input", BUF_SECRET, err);
  } else {
    code = file_read(&text, path, FILE_USER, BUF_SECRET, E_USAGE, err);
    if (code == E_NOT_FOUND)
      code = err->code = E_USAGE;
  }
  if (code == E_OK && memchr(buf_text(&text), '\0', text.len) != NULL)
    code = err_set(err, E_USAGE, "it holds a NUL byte");
  for (char *line = text.data; code == E_OK && line != NULL; line = next) {
    next = strchr(line, '\n');
    if (next != NULL)
      *next++ = '\0';
    len = strlen(line);
    if (len > 0 && line[len - 1] == '\r')
      line[len - 1] = '\0';
    if (*line != '\0')
      code = add_secret_line(request, line, err);
  }
  if (code != E_OK)
    err_prefix(err, "-H @%s: ", path);
  return code;
}

static enum code add_users(struct request *request, struct err *err)
{
  const struct opt_list *given = &request->options->headers;
  const struct item_list *items = &request->line.items;
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < items->count; i++) {
    const struct item *item = &items->items[i];

    if (item->kind != ITEM_HEADER)
      continue;
    AUTO_STR char *line = mem_printf("%s:%s", item->name, item->value);
    code = line == NULL ? err_nomem(err) : add_given(request, line, err);
  }
  for (size_t i = 0; code == E_OK && i < given->count; i++) {
    if (given->items[i][0] == '@')
      code = add_file(request, given->items[i] + 1, err);
    else
      code = add_given(request, given->items[i], err);
  }
  return code;
}

static enum code add_profiles(struct request *request, struct err *err)
{
  const char *name;
  json_t *value;

  if (request->selection.profile == NULL || request->foreign ||
      request->selection.profile->headers == NULL)
    return E_OK;
  json_object_foreach(request->selection.profile->headers, name, value)
  {
    enum code code;

    if (request_has_header(&request->headers, name))
      continue;
    code = headers_add(&request->headers, name, json_string_value(value), err);
    if (code != E_OK)
      return code;
  }
  return E_OK;
}

/* A header of fob's own, which `Name:` without a value takes away. */
static enum code add_default(struct request *request, const char *name,
                             const char *value, struct err *err)
{
  const char *given = headers_get(&request->headers, name);

  if (!request_has_header(&request->headers, name))
    return headers_add(&request->headers, name, value, err);
  if (given != NULL && *given == '\0')
    headers_remove(&request->headers, name);
  return E_OK;
}

enum code request_headers(struct request *request, struct err *err)
{
  enum code code = add_users(request, err);

  if (code == E_OK)
    code = add_profiles(request, err);
  if (code == E_OK)
    code = add_default(request, "Accept",
                       request->options->sse ? "text/event-stream"
                                             : "application/json, */*;q=0.5",
                       err);
  if (code == E_OK && request->options->no_cache)
    code = add_default(request, "Cache-Control", "no-cache", err);
  /* The items of a batch have bodies of their own. */
  if (code == E_OK && request->body != NULL && request->options->batch == NULL)
    code = add_default(request, "Content-Type", body_type(request->body), err);
  return code;
}
