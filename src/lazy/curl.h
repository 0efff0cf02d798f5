/* libcurl (lazy/lazy.h): the URL API, the easy interface, and the multi
 * interface that lets a signal end a wait.
 *
 * With FOB_CURL_TYPECHECK, and -O1 or more, setopt and getinfo stand for
 * libcurl's own macros, which warn about an argument of the wrong type
 * (`make lint`, DESIGN §3; with -isystem they may be silent). */
#pragma once

#include "lazy/lazy.h"

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075800
#error "libcurl 7.88 or newer is needed"
#endif

#define LAZY_CURL(X)                                                           \
  X(curl_easy_cleanup)                                                         \
  X(curl_easy_getinfo)                                                         \
  X(curl_easy_init)                                                            \
  X(curl_easy_reset)                                                           \
  X(curl_easy_setopt)                                                          \
  X(curl_easy_strerror)                                                        \
  X(curl_free)                                                                 \
  X(curl_global_init_mem)                                                      \
  X(curl_multi_add_handle)                                                     \
  X(curl_multi_cleanup)                                                        \
  X(curl_multi_fdset)                                                          \
  X(curl_multi_info_read)                                                      \
  X(curl_multi_init)                                                           \
  X(curl_multi_perform)                                                        \
  X(curl_multi_poll)                                                           \
  X(curl_multi_remove_handle)                                                  \
  X(curl_multi_strerror)                                                       \
  X(curl_multi_timeout)                                                        \
  X(curl_slist_append)                                                         \
  X(curl_slist_free_all)                                                       \
  X(curl_url)                                                                  \
  X(curl_url_cleanup)                                                          \
  X(curl_url_get)                                                              \
  X(curl_url_set)                                                              \
  X(curl_url_strerror)                                                         \
  X(curl_version)                                                              \
  X(curl_version_info)

LAZY_DECLARE(LAZY_CURL)

#ifdef FOB_CURL_TYPECHECK
#define sym_curl_easy_setopt curl_easy_setopt
#define sym_curl_easy_getinfo curl_easy_getinfo
#endif

/* Loads libcurl and starts it with fob's allocator, once. E_LOCAL. */
NODISCARD enum code lazy_curl(struct err *err);
