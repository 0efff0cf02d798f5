/* libmicrohttpd: the loopback listener of a login (http/listen.c). */
#pragma once

#include "lazy/lazy.h"

#include <microhttpd.h>

#define LAZY_MICROHTTPD(X)                                                     \
  X(MHD_add_response_header)                                                   \
  X(MHD_create_response_from_buffer)                                           \
  X(MHD_destroy_response)                                                      \
  X(MHD_get_connection_info)                                                   \
  X(MHD_get_connection_values)                                                 \
  X(MHD_get_daemon_info)                                                       \
  X(MHD_get_timeout)                                                           \
  X(MHD_queue_response)                                                        \
  X(MHD_resume_connection)                                                     \
  X(MHD_run)                                                                   \
  X(MHD_start_daemon)                                                          \
  X(MHD_stop_daemon)                                                           \
  X(MHD_suspend_connection)

LAZY_DECLARE(LAZY_MICROHTTPD)

/* E_LOCAL. */
NODISCARD enum code lazy_microhttpd(struct err *err);
