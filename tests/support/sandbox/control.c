/* How a test speaks with the sandbox.
 *
 *   POST /_control   {"set": {…}}              a merge patch of the settings;
 *                                              below `patch` and in
 *                                              id_token.header the values are
 *                                              put as they are, null too
 *                    {"next": {…} or […]}      faults, for requests to come
 *                    {"rotate_keys": true}     new signing keys; "keep": the
 *                                              old ones stay published
 *                    {"rotate_nonces": true}  DPoP's, at both places
 *                    {"expire_access_tokens": true}
 *                    {"expire_identity_tokens": true}
 *                    {"revoke_logins": true}
 *                    {"device": "allow", "deny" or "expire"}  all codes so far
 *   GET  /_journal   {"requests": […], "count": {"/token": 1, …}, "silent": 0}
 *                    ?path=/token: those requests only
 *   POST /_reset     settings, faults and journal as at the start; tokens,
 *                    codes and keys stay
 *   GET  /_secrets   every secret that was in play → what it is
 *
 * A fault: {"path": "/token" or "/api*", "method": "POST", "fault": KIND,
 *           "times": 1 (-1: for ever), "skip": 0, "delay_ms": 0,
 *           "status": 500, "body": text or JSON, "headers": {…}, "raw": text,
 *           "member": "/access_token", "how": "null"}
 *
 *   status     answers with status, headers and body; the request does nothing
 *   cut        closes the connection; the request does nothing
 *   reset      the same by a TCP reset
 *   slow       waits, then does what it should
 *   truncate   does it, sends half of the answer, closes
 *   drip       does it, sends the answer a byte at a time, delay_ms apart
 *   mutate     does it, and answers with that member (a JSON pointer) mutated
 *              (support/mutate.h has the ways); 599 where that cannot be
 *   raw        writes `raw` to the connection as it stands, closes (plain http)
 *   …_after_commit (status, cut, reset, slow, raw): does it first, and the
 *              client never sees the answer, or (slow) late
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool fault_known(const json_t *fault)
{
  static const char *const kinds[] = {"status",
                                      "cut",
                                      "reset",
                                      "slow",
                                      "raw",
                                      "status_after_commit",
                                      "truncate",
                                      "drip",
                                      "mutate",
                                      "cut_after_commit",
                                      "reset_after_commit",
                                      "slow_after_commit",
                                      "raw_after_commit"};
  const char *kind = json_string_value(json_object_get(fault, "fault"));

  for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
    if (text_is(kind, kinds[i]))
      return json_is_string(json_object_get(fault, "path"));
  }
  return false;
}

static bool faults_add(struct sandbox *sb, json_t *next)
{
  size_t i;
  json_t *fault;

  if (!json_is_array(next))
    return fault_known(next) && json_array_append(sb->faults, next) == 0;
  json_array_foreach(next, i, fault)
  {
    if (!faults_add(sb, fault))
      return false;
  }
  return true;
}

static bool fault_meets(const json_t *fault, const struct request *rq)
{
  const char *path = json_string_value(json_object_get(fault, "path"));
  const char *method = json_string_value(json_object_get(fault, "method"));
  size_t len = strlen(path);

  if (method != NULL && strcmp(method, rq->method) != 0)
    return false;
  if (len > 0 && path[len - 1] == '*')
    return strncmp(path, rq->path, len - 1) == 0;
  return strcmp(path, rq->path) == 0;
}

json_t *fault_take(struct sandbox *sb, const struct request *rq)
{
  size_t i;
  json_t *fault;

  json_array_foreach(sb->faults, i, fault)
  {
    if (!fault_meets(fault, rq))
      continue;
    json_int_t skip = json_integer_value(json_object_get(fault, "skip"));
    json_t *times = json_object_get(fault, "times");
    json_int_t left = times ? json_integer_value(times) : 1;
    if (skip > 0) {
      json_object_set_new(fault, "skip", json_integer(skip - 1));
      return NULL;
    }
    json_incref(fault);
    if (left > 0)
      json_object_set_new(fault, "times", json_integer(left - 1));
    if (left == 1 || left == 0)
      json_array_remove(sb->faults, i);
    return fault;
  }
  return NULL;
}

static void expire_tokens(struct sandbox *sb, const char *kind)
{
  const char *value;
  json_t *token;

  json_object_foreach(sb->tokens, value, token)
  {
    if (text_is(json_string_value(json_object_get(token, "kind")), kind))
      json_object_set_new(token, "expires", json_integer(0));
  }
}

static void revoke_logins(struct sandbox *sb)
{
  const char *name;
  json_t *family;

  json_object_foreach(sb->families, name, family)
      json_object_set_new(family, "revoked", json_true());
}

/* Moves the members of `from` as they are: what is itself a patch, for answers
 * to come, must keep its nulls. */
static void put_whole(json_t *into, json_t *from)
{
  const char *name;
  json_t *value;

  json_object_foreach(from, name, value) json_object_set(into, name, value);
  json_object_clear(from);
}

static void set(struct sandbox *sb, json_t *patch)
{
  json_t *header =
      json_object_get(json_object_get(patch, "id_token"), "header");

  put_whole(json_object_get(sb->settings, "patch"),
            json_object_get(patch, "patch"));
  put_whole(
      json_object_get(json_object_get(sb->settings, "id_token"), "header"),
      header);
  sb->settings = merge_patch(sb->settings, patch);
  keys_need(sb->keys, setting(sb, "alg"));
}

/* One member of a control document; false when it is not understood. */
static bool obey(struct sandbox *sb, const char *order, json_t *value)
{
  if (strcmp(order, "set") == 0) {
    set(sb, value);
    return true;
  }
  if (strcmp(order, "next") == 0)
    return faults_add(sb, value);
  if (strcmp(order, "rotate_keys") == 0)
    keys_rotate(sb->keys, text_is(json_string_value(value), "keep"));
  else if (strcmp(order, "rotate_nonces") == 0)
    sb->dpop_nonce[DPOP_ISSUER]++, sb->dpop_nonce[DPOP_API]++;
  else if (strcmp(order, "expire_access_tokens") == 0)
    expire_tokens(sb, "access");
  else if (strcmp(order, "expire_identity_tokens") == 0)
    expire_tokens(sb, "identity");
  else if (strcmp(order, "revoke_logins") == 0)
    revoke_logins(sb);
  else if (strcmp(order, "device") == 0)
    return device_decide(sb, json_string_value(value));
  else
    return false;
  return true;
}

void control_post(struct sandbox *sb, const struct request *rq,
                  struct answer *an)
{
  json_t *orders = json_loadb(buf_text(&rq->body), rq->body.len,
                              JSON_REJECT_DUPLICATES, NULL);
  const char *order;
  json_t *value;
  bool good = json_is_object(orders);

  json_object_foreach(orders, order, value) good =
      good && obey(sb, order, value);
  json_decref(orders);
  if (good)
    an->status = 204;
  else
    answer_error(an, 400, "invalid_request", "this order is not understood");
}

void control_journal(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  const char *path = param(rq, "path");
  json_t *requests = need(json_array(), "memory");
  size_t i;
  json_t *entry;

  json_array_foreach(sb->journal, i, entry)
  {
    if (path == NULL ||
        text_is(path, json_string_value(json_object_get(entry, "path"))))
      json_array_append(requests, entry);
  }
  answer_json(an, 200,
              json_pack("{so sO sI}", "requests", requests, "count", sb->count,
                        "silent", (json_int_t)sb->silent));
}

void control_reset(struct sandbox *sb, const struct request *rq,
                   struct answer *an)
{
  (void)rq;
  json_decref(sb->settings);
  sb->settings = need(json_deep_copy(sb->initial), "memory");
  json_array_clear(sb->faults);
  json_array_clear(sb->journal);
  json_object_clear(sb->count);
  sb->silent = 0;
  an->status = 204;
}

void control_secrets(struct sandbox *sb, const struct request *rq,
                     struct answer *an)
{
  static const char *const fixed[] = {"password", "pat", "api_key"};

  (void)rq;
  for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
    secret_note(sb, fixed[i], setting(sb, fixed[i]));
  answer_json(an, 200, json_incref(sb->secrets));
}
