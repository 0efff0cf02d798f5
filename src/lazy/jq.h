/* libjq: --jq and --wait-for (api/filter_run.c alone). */
#pragma once

#include "lazy/lazy.h"

#include <jq.h>
#include <jv.h>

#define LAZY_JQ(X)                                                             \
  X(jq_init)                                                                   \
  X(jq_teardown)                                                               \
  X(jq_set_error_cb)                                                           \
  X(jq_set_nomem_handler)                                                      \
  X(jq_set_input_cb)                                                           \
  X(jq_set_debug_cb)                                                           \
  X(jq_set_attr)                                                               \
  X(jq_compile)                                                                \
  X(jq_start)                                                                  \
  X(jq_next)                                                                   \
  X(jq_halted)                                                                 \
  X(jq_get_exit_code)                                                          \
  X(jq_get_error_message)                                                      \
  X(jv_array)                                                                  \
  X(jv_copy)                                                                   \
  X(jv_dump_string)                                                            \
  X(jv_dumpf)                                                                  \
  X(jv_free)                                                                   \
  X(jv_get_kind)                                                               \
  X(jv_invalid)                                                                \
  X(jv_invalid_get_msg)                                                        \
  X(jv_invalid_has_msg)                                                        \
  X(jv_invalid_with_msg)                                                       \
  X(jv_number_value)                                                           \
  X(jv_parser_free)                                                            \
  X(jv_parser_new)                                                             \
  X(jv_parser_next)                                                            \
  X(jv_parser_set_buf)                                                         \
  X(jv_string)                                                                 \
  X(jv_string_length_bytes)                                                    \
  X(jv_string_value)
LAZY_DECLARE(LAZY_JQ)

NODISCARD enum code lazy_jq(struct err *err);
