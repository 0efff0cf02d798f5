#include "oauth/jwt.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

void jwt_clear(struct jwt *jwt)
{
  json_decref(jwt->header);
  json_decref(jwt->claims);
  *jwt = (struct jwt){0};
}

static enum code read_part(json_t **ret_object, const char *text, size_t len,
                           enum code code, const char *what, struct err *err)
{
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  bool good = codec_unbase64url(&bytes, text, len);

  if (bytes.failed == E_NOMEM)
    return err_nomem(err);
  if (!good || bytes.failed != E_OK)
    return err_set(err, code, "%s is no JWT", what);
  return json_read(ret_object, buf_text(&bytes), bytes.len, JSON_DEPTH, code,
                   what, err);
}

enum code jwt_read(struct jwt *ret_jwt, const struct secret *token,
                   enum code code, const char *what, struct err *err)
{
  const char *header = secret_reveal(token);
  const char *payload = strchr(header, '.');
  const char *signature = payload ? strchr(payload + 1, '.') : NULL;
  AUTO_BUF struct buf bytes = BUF_INIT(BUF_SECRET);
  AUTO_JWT struct jwt jwt = {0};
  enum code result;

  if (!signature || strlen(header) != secret_len(token) ||
      !codec_unbase64url(&bytes, signature + 1, strlen(signature + 1)))
    return err_set(err, code, "%s is no JWT", what);
  result = read_part(&jwt.header, header, (size_t)(payload - header), code,
                     what, err);
  if (result == E_OK)
    result = read_part(&jwt.claims, payload + 1,
                       (size_t)(signature - payload - 1), code, what, err);
  if (result != E_OK)
    return result;
  *ret_jwt = jwt;
  jwt = (struct jwt){0};
  return E_OK;
}

static bool is_text(const json_t *value, const char *text)
{
  return json_is_string(value) && json_string_length(value) == strlen(text) &&
         strcmp(json_string_value(value), text) == 0;
}

bool jwt_is_for(const struct jwt *jwt, const char *audience)
{
  const json_t *aud = json_object_get(jwt->claims, "aud");

  if (json_is_array(aud))
    return json_array_size(aud) == 1 &&
           is_text(json_array_get(aud, 0), audience);
  return is_text(aud, audience);
}

enum code jwt_audience(char **ret_text, const struct jwt *jwt, struct err *err)
{
  const json_t *aud = json_object_get(jwt->claims, "aud");
  size_t count = json_is_array(aud) ? json_array_size(aud) : aud != NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);

  for (size_t i = 0; i < count; i++) {
    const char *one =
        json_string_value(json_is_array(aud) ? json_array_get(aud, i) : aud);

    buf_printf(&text, "%s'%s'", i > 0 ? ", " : "", one ? one : "");
  }
  if (count == 0)
    buf_puts(&text, "nobody");
  return buf_detach(&text, ret_text, NULL, err);
}
