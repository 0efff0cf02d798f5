#include "api/refusal.h"

#include "api/pointer.h"
#include "api/quote.h"
#include "api/scan.h"
#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

enum { VALUE_MAX = 4 * 1024 };

/* A pointer into the answer whose value is kept. */
struct spot {
  struct pointer *pointer; /* NULL: not asked for */
  struct buf value;        /* with the line end behind it once it is whole */
};

struct refusal {
  bool by_ok; /* `ok` decides, not `message` */
  struct spot ok, message;
};

static void spot_clear(struct spot *spot)
{
  pointer_free(spot->pointer);
  buf_clear(&spot->value);
}

void refusal_free(struct refusal *refusal)
{
  if (refusal == NULL)
    return;
  spot_clear(&refusal->ok);
  spot_clear(&refusal->message);
  mem_free(refusal);
}

static enum code keep(void *user, const void *bytes, size_t len,
                      struct err *err)
{
  struct buf *value = user;

  (void)err;
  if (len <= VALUE_MAX - value->len)
    buf_put(value, bytes, len);
  return E_OK;
}

static enum code spot_start(struct spot *spot, const char *where,
                            struct err *err)
{
  buf_init(&spot->value, VALUE_MAX);
  if (where == NULL)
    return E_OK;
  return pointer_new(&spot->pointer, where,
                     (struct format_sink){.write = keep, .user = &spot->value},
                     err);
}

enum code refusal_new(struct refusal **ret_refusal,
                      const struct profile *profile, struct err *err)
{
  AUTO(refusal) refusal = NULL;
  enum code code;

  *ret_refusal = NULL;
  if (profile == NULL ||
      (profile->api_error.ok == NULL && profile->api_error.message == NULL))
    return E_OK;
  refusal = mem_zalloc(sizeof *refusal);
  if (refusal == NULL)
    return err_nomem(err);
  refusal->by_ok = profile->api_error.ok != NULL;
  code = spot_start(&refusal->ok, profile->api_error.ok, err);
  if (code == E_OK)
    code = spot_start(&refusal->message, profile->api_error.message, err);
  if (code != E_OK)
    return code;
  *ret_refusal = refusal;
  refusal = NULL;
  return E_OK;
}

static enum code spot_feed(struct spot *spot, const void *bytes, size_t len,
                           struct err *err)
{
  return spot->pointer != NULL ? pointer_feed(spot->pointer, bytes, len, err)
                               : E_OK;
}

enum code refusal_feed(struct refusal *refusal, const void *bytes, size_t len,
                       struct err *err)
{
  enum code code;

  if (refusal == NULL)
    return E_OK;
  code = spot_feed(&refusal->ok, bytes, len, err);
  return code == E_OK ? spot_feed(&refusal->message, bytes, len, err) : code;
}

/* The value is whole: the line end behind it is there. */
static bool spot_has(const struct spot *spot)
{
  return spot->value.len > 0 && spot->value.data[spot->value.len - 1] == '\n';
}

static bool spot_is(const struct spot *spot, const char *word)
{
  size_t len = strlen(word);

  return spot->value.len > len && memcmp(spot->value.data, word, len) == 0 &&
         spot->value.data[len] == '\n';
}

bool refusal_is_known(const struct refusal *refusal)
{
  return refusal != NULL &&
         spot_has(refusal->by_ok ? &refusal->ok : &refusal->message);
}

bool refusal_is(const struct refusal *refusal)
{
  if (!refusal_is_known(refusal))
    return false;
  return refusal->by_ok ? !spot_is(&refusal->ok, "true")
                        : !spot_is(&refusal->message, "null");
}

char *refusal_message(const struct refusal *refusal)
{
  AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX);
  const struct buf *value;
  size_t len;

  if (refusal == NULL || !spot_has(&refusal->message))
    return NULL;
  value = &refusal->message.value;
  len = value->len - 1;
  if (!scan_is_value(buf_text(value), len) ||
      spot_is(&refusal->message, "null"))
    return NULL;
  if (value->data[0] != '"')
    return mem_copy(value->data, len);
  quote_undo(&text, value->data, len);
  return mem_copy(buf_text(&text), text.len);
}
