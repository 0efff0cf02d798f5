/* libsecret, and the part of GLib that goes with it (store/keyring*.c alone).
 *
 * GLib's macros and inline functions (g_clear_object, g_autoptr, G_IO_ERROR,
 * SECRET_ITEM) call the real names, which are not linked: none is used. */
#pragma once

#include "lazy/lazy.h"

#include <gio/gio.h>
#include <libsecret/secret.h>

#define LAZY_SECRET(X)                                                         \
  X(secret_service_get_type)                                                   \
  X(secret_service_open_sync)                                                  \
  X(secret_service_search_sync)                                                \
  X(secret_service_unlock_sync)                                                \
  X(secret_service_load_collections_sync)                                      \
  X(secret_service_get_collections)                                            \
  X(secret_prompt_perform)                                                     \
  X(secret_prompt_perform_finish)                                              \
  X(secret_collection_for_alias_sync)                                          \
  X(secret_collection_get_locked)                                              \
  X(secret_collection_create_sync)                                             \
  X(secret_item_create_sync)                                                   \
  X(secret_item_get_locked)                                                    \
  X(secret_item_get_modified)                                                  \
  X(secret_item_load_secret_sync)                                              \
  X(secret_item_get_secret)                                                    \
  X(secret_item_set_secret_sync)                                               \
  X(secret_item_delete_sync)                                                   \
  X(secret_value_new)                                                          \
  X(secret_value_get)                                                          \
  X(secret_value_unref)                                                        \
  X(secret_attributes_build)                                                   \
  X(secret_password_lookupv_binary_sync)                                       \
  X(secret_password_storev_binary_sync)                                        \
  X(secret_password_clearv_sync)                                               \
  X(secret_error_get_quark)                                                    \
  X(g_bus_get_sync)                                                            \
  X(g_cancellable_cancel)                                                      \
  X(g_cancellable_new)                                                         \
  X(g_dbus_connection_add_filter)                                              \
  X(g_dbus_connection_remove_filter)                                           \
  X(g_dbus_connection_set_exit_on_close)                                       \
  X(g_dbus_error_quark)                                                        \
  X(g_dbus_error_strip_remote_error)                                           \
  X(g_dbus_message_get_message_type)                                           \
  X(g_dbus_proxy_get_object_path)                                              \
  X(g_error_free)                                                              \
  X(g_error_new_literal)                                                       \
  X(g_hash_table_unref)                                                        \
  X(g_io_error_quark)                                                          \
  X(g_list_free)                                                               \
  X(g_log_set_default_handler)                                                 \
  X(g_object_unref)                                                            \
  X(g_task_new)                                                                \
  X(g_task_propagate_pointer)                                                  \
  X(g_task_return_error)                                                       \
  X(g_task_return_pointer)                                                     \
  X(g_thread_join)                                                             \
  X(g_thread_try_new)                                                          \
  X(g_type_register_static_simple)                                             \
  X(g_variant_unref)
LAZY_DECLARE(LAZY_SECRET)

NODISCARD enum code lazy_secret(struct err *err);
