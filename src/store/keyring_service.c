#include "store/keyring_service.h"

static void on_prompt(GObject *prompt, GAsyncResult *result, gpointer user)
{
  GTask *task = user;
  GError *why = NULL;
  GVariant *answer =
      sym_secret_prompt_perform_finish((SecretPrompt *)prompt, result, &why);
  if (answer == NULL && why == NULL)
    why = sym_g_error_new_literal(sym_g_io_error_quark(), G_IO_ERROR_CANCELLED,
                                  "the prompt was dismissed");
  if (answer != NULL)
    sym_g_task_return_pointer(task, answer,
                              (GDestroyNotify)sym_g_variant_unref);
  else
    sym_g_task_return_error(task, why);
  sym_g_object_unref(task);
}

static void prompt_async(SecretService *service, SecretPrompt *prompt,
                         const GVariantType *return_type,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user)
{
  GTask *task = sym_g_task_new(service, cancellable, callback, user);
  sym_secret_prompt_perform(prompt, /* window_id= */ NULL, return_type,
                            cancellable, on_prompt, task);
}

static GVariant *prompt_finish(SecretService *service, GAsyncResult *result,
                               GError **why)
{
  (void)service;
  return sym_g_task_propagate_pointer((GTask *)result, why);
}

static void init_class(gpointer class, gpointer data)
{
  (void)data;
  SecretServiceClass *service = class;
  service->prompt_async = prompt_async;
  service->prompt_finish = prompt_finish;
}

SecretService *keyring_service_open(GCancellable *cancellable, GError **why)
{
  static GType type;
  if (type == 0)
    type = sym_g_type_register_static_simple(
        sym_secret_service_get_type(), "FobSecretService",
        sizeof(SecretServiceClass), init_class, sizeof(SecretService), NULL, 0);
  return sym_secret_service_open_sync(type, /* service_bus_name= */ NULL,
                                      SECRET_SERVICE_OPEN_SESSION, cancellable,
                                      why);
}
