#include "crypto/crypto.h"

#include "base/codec.h"
#include "base/mem.h"
#include "crypto/engine.h"

enum code crypto_random(void *ret_bytes, size_t len, struct err *err)
{
  enum code code = engine_ready(err);
  psa_status_t status;

  if (code != E_OK)
    return code;

  status = psa_generate_random(ret_bytes, len);
  if (status != PSA_SUCCESS)
    return engine_failed(err, "make random bytes", status);
  return E_OK;
}

enum code crypto_random_text(char **ret_text, size_t len, struct err *err)
{
  AUTO_BUF struct buf random = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf text = BUF_INIT(2 * BUF_LINE);
  char *room = buf_room(&random, len);
  enum code code;

  if (room == NULL)
    return buf_check(&random, err);
  code = crypto_random(room, len, err);
  if (code != E_OK)
    return code;
  buf_grown(&random, len);

  codec_base64url(&text, random.data, random.len);
  return buf_detach(&text, ret_text, NULL, err);
}
