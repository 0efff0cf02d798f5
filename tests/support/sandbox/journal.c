/* What the server received, for tests to read: everything that a test may ask
 * about, and no secret. A secret is told by its length, and when the sandbox
 * made it itself, by what it is: "[refresh 3, 48 bytes]". */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

static bool in_list(const char *const *list, size_t count, const char *name)
{
  for (size_t i = 0; i < count; i++) {
    if (strcasecmp(list[i], name) == 0)
      return true;
  }
  return false;
}

static const char *const secret_names[] = {
    "access_token", "refresh_token",    "token",         "code",
    "key",          "code_verifier",    "client_secret", "password",
    "assertion",    "client_assertion", "subject_token", "actor_token",
    "device_code",  "id_token_hint",    "private_token",
};
static const char *const secret_headers[] = {
    "Proxy-Authorization", "Cookie", "X-API-Key", "PRIVATE-TOKEN", "DPoP",
};

static json_t *label(const struct sandbox *sb, const char *scheme,
                     const char *value)
{
  const json_t *token = token_find(sb, value);
  AUTO_STR char *text =
      token ? mem_printf("%s[%s %jd, %zu bytes]", scheme,
                         json_string_value(json_object_get(token, "kind")),
                         (intmax_t)json_integer_value(
                             json_object_get(token, "serial")),
                         strlen(value))
            : mem_printf("%s[%zu bytes]", scheme, strlen(value));

  return json_string(need(text, "memory"));
}

/* A value under any name that holds a secret which was in play. */
static bool holds_secret(const struct sandbox *sb, const char *value)
{
  const char *secret;
  json_t *what;

  json_object_foreach(sb->secrets, secret, what)
  {
    if (strlen(secret) >= 8 && strstr(value, secret) != NULL)
      return true;
  }
  return false;
}

static json_t *values(const struct sandbox *sb, const json_t *object)
{
  json_t *shown = need(json_object(), "memory");
  const char *name;
  json_t *value;

  json_object_foreach((json_t *)object, name, value)
  {
    const char *text = json_string_value(value);
    if (json_is_array(value)) { /* a resource or audience among several */
      json_object_set(shown, name, value);
      continue;
    }
    bool hide = text == NULL ||
                in_list(secret_names, ARRAY_LEN(secret_names), name) ||
                holds_secret(sb, text);
    json_object_set_new(shown, name,
                        hide ? label(sb, "", text ? text : "")
                             : json_incref(value));
  }
  return shown;
}

static json_t *header_value(const struct sandbox *sb, const char *name,
                            json_t *value)
{
  const char *text = json_string_value(value);

  if (strcasecmp(name, "Authorization") == 0) {
    size_t len = strcspn(text, " ");
    len += strspn(text + len, " ");
    AUTO_STR char *scheme = need(mem_copy(text, len), "memory");
    return label(sb, scheme, text + len);
  }
  if (in_list(secret_headers, ARRAY_LEN(secret_headers), name) ||
      holds_secret(sb, text))
    return label(sb, "", text);
  return json_incref(value);
}

static json_t *headers(const struct sandbox *sb, const struct request *rq)
{
  json_t *shown = need(json_object(), "memory");
  size_t i;
  json_t *pair;

  json_array_foreach(rq->headers, i, pair)
  {
    AUTO_STR char *name =
        need(mem_str(json_string_value(json_array_get(pair, 0))), "memory");
    for (char *c = name; *c != '\0'; c++)
      *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    json_object_set_new(shown, name,
                        header_value(sb, name, json_array_get(pair, 1)));
  }
  return shown;
}

json_t *journal_add(struct sandbox *sb, const struct request *rq)
{
  json_int_t so_far = json_integer_value(json_object_get(sb->count, rq->path));
  json_t *entry =
      need(json_pack("{sI sI ss ss so so so so sI sI sI sb ss sn}", "n",
                     (json_int_t)json_array_size(sb->journal) + 1, "at_ms",
                     (json_int_t)(mono_ms() - sb->started_ms), "method",
                     rq->method, "path", rq->path, "query",
                     values(sb, rq->params), "headers", headers(sb, rq), "form",
                     rq->form ? values(sb, rq->form) : json_null(), "dpop",
                     dpop_show(rq), "body_bytes", (json_int_t)rq->body_len,
                     "port", (json_int_t)rq->port, "connection",
                     (json_int_t)rq->connection, "client_cert", rq->client_cert,
                     "certificate", rq->certificate, "status"),
           "the journal");

  /* What a registration asks for; there is nothing secret in it. */
  if (strcmp(rq->path, "/register") == 0)
    json_object_set_new(entry, "body",
                        json_stringn(buf_text(&rq->body), rq->body.len));
  must(json_object_set_new(sb->count, rq->path, json_integer(so_far + 1)) ==
               0 &&
           json_array_append_new(sb->journal, entry) == 0,
       "memory");
  return entry;
}

void journal_status(json_t *entry, int status, const char *fault)
{
  json_object_set_new(entry, "status", json_integer(status));
  if (fault != NULL)
    json_object_set_new(entry, "fault", json_string(fault));
}
