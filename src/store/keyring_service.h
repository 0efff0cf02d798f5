/* The Secret Service, as libsecret's proxy with prompts of our own. For
 * store/keyring*.c alone; lazy_secret() has been called.
 *
 * libsecret (0.20, 0.21) never returns from a call whose prompt is dismissed
 * with a result of another type than was expected, as some services do it.
 * Here a dismissed prompt is always the error G_IO_ERROR_CANCELLED. */
#pragma once

#include "lazy/secret.h"

/* A new one, with a session opened; NULL: see why. Not the one that libsecret
 * shares: that one goes on with the name that the service had on the bus, and
 * after a restart of the service nothing would be reached by it. */
SecretService *keyring_service_open(GCancellable *cancellable, GError **why);
