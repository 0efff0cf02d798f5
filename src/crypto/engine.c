#include "crypto/engine.h"

#include <stdbool.h>

static const char *status_text(psa_status_t status)
{
  switch (status) {
  case PSA_ERROR_NOT_SUPPORTED:
    return "mbedTLS was built without it";
  case PSA_ERROR_INSUFFICIENT_ENTROPY:
    return "no random numbers can be had";
  case PSA_ERROR_INVALID_ARGUMENT:
    return "invalid argument";
  case PSA_ERROR_NOT_PERMITTED:
    return "not permitted";
  case PSA_ERROR_BAD_STATE:
    return "bad state";
  case PSA_ERROR_CORRUPTION_DETECTED:
    return "corruption detected";
  default:
    return "mbedTLS failed";
  }
}

enum code engine_failed(struct err *err, const char *doing, psa_status_t status)
{
  if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
    return err_nomem(err);
  return err_set(err, E_LOCAL, "cannot %s: %s (PSA status %d)", doing,
                 status_text(status), (int)status);
}

enum code engine_ready(struct err *err)
{
  static bool ready;
  psa_status_t status;

  if (ready)
    return E_OK;

  status = psa_crypto_init();
  if (status != PSA_SUCCESS)
    return engine_failed(err, "set up cryptography", status);

  ready = true;
  return E_OK;
}

psa_algorithm_t engine_hash(enum crypto_hash which)
{
  switch (which) {
  case CRYPTO_SHA384:
    return PSA_ALG_SHA_384;
  case CRYPTO_SHA512:
    return PSA_ALG_SHA_512;
  case CRYPTO_SHA256:
    break;
  }
  return PSA_ALG_SHA_256;
}
