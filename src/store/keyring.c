/* One item a credential, under one schema, found by the profile's name.
 *
 * A plain lookup answers "nothing" for a locked keyring that nobody can
 * unlock. So items are searched for without unlocking, and where none is found
 * the default keyring's lock is looked at before "there is none" is said. */
#include "store/backend.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/keyring_call.h"

#include <string.h>

static const SecretSchema schema = {
    .name = "org.fob.Credential",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"profile", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

static void auto_table(GHashTable **table)
{
  if (*table != NULL)
    sym_g_hash_table_unref(*table);
}
#define AUTO_TABLE __attribute__((cleanup(auto_table)))

static void auto_object(void *object)
{
  void *held;
  memcpy(&held, object, sizeof held);
  if (held != NULL)
    sym_g_object_unref(held);
}
#define AUTO_OBJECT __attribute__((cleanup(auto_object)))

static void auto_value(SecretValue **value)
{
  if (*value != NULL)
    sym_secret_value_unref(*value);
}
#define AUTO_VALUE __attribute__((cleanup(auto_value)))

static void auto_objects(GList **list)
{
  for (GList *each = *list; each != NULL; each = each->next)
    sym_g_object_unref(each->data);
  if (*list != NULL) /* else GLib may not even be loaded */
    sym_g_list_free(*list);
}
#define AUTO_OBJECTS __attribute__((cleanup(auto_objects)))

static GHashTable *attributes_of(const char *profile)
{
  return sym_secret_attributes_build(&schema, "profile", profile, NULL);
}

/* --- locks -------------------------------------------------------------- */

/* object: an item or a collection. */
static enum code unlock(struct call *call, void *object)
{
  if (!call->interactive)
    return call_locked(call);
  GList one = {.data = object};
  GList *unlocked = NULL;
  call->unlocking = true;
  int count = sym_secret_service_unlock_sync(
      call->service, &one, call->cancellable, &unlocked, &call->why);
  auto_objects(&unlocked);
  if (count < 1)
    return call_failed(call, "unlock");
  call->unlocking = false;
  return E_OK;
}

/* The collection that new items go to; NULL when there is none. */
static enum code default_collection(struct call *call,
                                    SecretCollection **ret_collection)
{
  *ret_collection = sym_secret_collection_for_alias_sync(
      call->service, "default", SECRET_COLLECTION_NONE, call->cancellable,
      &call->why);
  return call->why == NULL ? E_OK : call_failed(call, "ask");
}

static bool ends_with(const char *text, const char *end)
{
  size_t len = strlen(text), end_len = strlen(end);
  return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Where there is no default: `login`, or the first that is not the one kept in
 * memory. Without a desktop gnome-keyring has no default; some services never
 * have one. */
static enum code some_collection(struct call *call,
                                 SecretCollection **ret_collection)
{
  if (!sym_secret_service_load_collections_sync(call->service,
                                                call->cancellable, &call->why))
    return call_failed(call, "list");
  GList *all = sym_secret_service_get_collections(call->service);
  SecretCollection *found = NULL;
  for (GList *each = all; each != NULL; each = each->next) {
    const char *path = sym_g_dbus_proxy_get_object_path(each->data);
    bool is_login = ends_with(path, "/login");
    if (!ends_with(path, "/session") && (found == NULL || is_login))
      found = each->data;
  }
  for (GList *each = all; each != NULL; each = each->next)
    if (each->data != found)
      sym_g_object_unref(each->data);
  sym_g_list_free(all);
  *ret_collection = found;
  return E_OK;
}

static enum code make_collection(struct call *call,
                                 SecretCollection **ret_collection)
{
  if (!call->interactive) {
    err_set(&call->err, E_STORE_ABSENT,
            "the keyring service has no keyring to keep a credential in");
    err_hint(&call->err,
             "make one in the desktop's password application, or: "
             "fob login -p %s --store file",
             call->profile);
    return E_STORE_ABSENT;
  }
  call->unlocking = true;
  *ret_collection = sym_secret_collection_create_sync(
      call->service, "Default keyring", "default",
      SECRET_COLLECTION_CREATE_NONE, call->cancellable, &call->why);
  if (*ret_collection == NULL)
    return call_failed(call, "make");
  call->unlocking = false;
  return E_OK;
}

/* --- finding ------------------------------------------------------------ */

static enum code search(struct call *call, GList **ret_items)
{
  AUTO_TABLE GHashTable *attributes = attributes_of(call->profile);
  *ret_items = sym_secret_service_search_sync(call->service, &schema,
                                              attributes, SECRET_SEARCH_ALL,
                                              call->cancellable, &call->why);
  return call->why == NULL ? E_OK : call_failed(call, "search");
}

/* The profile's items, unlocked, the newest first; an empty list only when the
 * default keyring is open and there are none. */
static enum code find(struct call *call, GList **ret_items)
{
  AUTO_OBJECTS GList *items = NULL;
  enum code code = search(call, &items);
  if (code == E_OK && items == NULL) {
    AUTO_OBJECT SecretCollection *collection = NULL;
    code = default_collection(call, &collection);
    if (code != E_OK)
      return code;
    if (collection == NULL || !sym_secret_collection_get_locked(collection)) {
      *ret_items = NULL;
      return E_OK;
    }
    code = unlock(call, collection);
    if (code == E_OK)
      code = search(call, &items);
  }
  for (GList *each = items; code == E_OK && each != NULL; each = each->next)
    if (sym_secret_item_get_locked(each->data))
      code = unlock(call, each->data);
  if (code != E_OK)
    return code;
  /* The newest first: data is exchanged, the list's order does not matter. */
  for (GList *each = items; each != NULL; each = each->next)
    if (sym_secret_item_get_modified(each->data) >
        sym_secret_item_get_modified(items->data)) {
      void *newest = each->data;
      each->data = items->data;
      items->data = newest;
    }
  *ret_items = items;
  items = NULL;
  return E_OK;
}

static enum code load(struct call *call, SecretItem *item,
                      SecretValue **ret_value)
{
  if (!sym_secret_item_load_secret_sync(item, call->cancellable, &call->why))
    return call_failed(call, "read");
  *ret_value = sym_secret_item_get_secret(item);
  if (*ret_value == NULL)
    return err_set(&call->err, E_STORE_BROKEN,
                   "the keyring's item for '%s' has no content", call->profile);
  return E_OK;
}

/* --- the three calls, in the keyring's thread --------------------------- */

static enum code copy_value(struct call *call, SecretValue *value)
{
  gsize len = 0;
  const char *bytes = sym_secret_value_get(value, &len);
  buf_put(&call->bytes, bytes, len);
  return buf_check(&call->bytes, &call->err);
}

static enum code get_without_bus(struct call *call)
{
  AUTO_TABLE GHashTable *attributes = attributes_of(call->profile);
  AUTO_VALUE SecretValue *value = sym_secret_password_lookupv_binary_sync(
      &schema, attributes, call->cancellable, &call->why);
  if (call->why != NULL)
    return call_failed(call, "read");
  return value != NULL ? copy_value(call, value) : E_NO_CREDENTIAL;
}

static enum code get(struct call *call)
{
  if (call->without_bus)
    return get_without_bus(call);
  AUTO_OBJECTS GList *items = NULL;
  enum code code = find(call, &items);
  if (code != E_OK)
    return code;
  if (items == NULL)
    return E_NO_CREDENTIAL;
  AUTO_VALUE SecretValue *value = NULL;
  code = load(call, items->data, &value);
  return code != E_OK ? code : copy_value(call, value);
}

static enum code create(struct call *call, SecretValue *value,
                        SecretItem **ret_item)
{
  AUTO_OBJECT SecretCollection *collection = NULL;
  enum code code = default_collection(call, &collection);
  if (code == E_OK && collection == NULL)
    code = some_collection(call, &collection);
  if (code == E_OK && collection == NULL)
    code = make_collection(call, &collection);
  if (code == E_OK && sym_secret_collection_get_locked(collection))
    code = unlock(call, collection);
  if (code != E_OK)
    return code;
  AUTO_TABLE GHashTable *attributes = attributes_of(call->profile);
  AUTO_STR char *label = mem_printf("fob: %s", call->profile);
  if (label == NULL)
    return err_nomem(&call->err);
  *ret_item = sym_secret_item_create_sync(
      collection, &schema, attributes, label, value, SECRET_ITEM_CREATE_REPLACE,
      call->cancellable, &call->why);
  return *ret_item != NULL ? E_OK : call_failed(call, "write to");
}

/* A service may say yes and keep something else, or nothing. */
static enum code read_back(struct call *call, SecretItem *item)
{
  AUTO_VALUE SecretValue *value = NULL;
  enum code code = load(call, item, &value);
  if (code != E_OK)
    return code;
  gsize len = 0;
  const char *kept = sym_secret_value_get(value, &len);
  if (len == call->bytes.len && memcmp(kept, call->bytes.data, len) == 0)
    return E_OK;
  return err_set(&call->err, E_STORE_BROKEN,
                 "the keyring did not keep the credential of '%s' as it was "
                 "given",
                 call->profile);
}

static SecretValue *value_of(const struct call *call)
{
  return sym_secret_value_new(call->bytes.data, (gssize)call->bytes.len,
                              "text/plain");
}

static enum code put_without_bus(struct call *call)
{
  AUTO_TABLE GHashTable *attributes = attributes_of(call->profile);
  AUTO_STR char *label = mem_printf("fob: %s", call->profile);
  if (label == NULL)
    return err_nomem(&call->err);
  AUTO_VALUE SecretValue *value = value_of(call);
  if (!sym_secret_password_storev_binary_sync(&schema, attributes, NULL, label,
                                              value, call->cancellable,
                                              &call->why))
    return call_failed(call, "write to");
  return E_OK;
}

static enum code put(struct call *call)
{
  if (call->without_bus)
    return put_without_bus(call);
  AUTO_OBJECTS GList *items = NULL;
  enum code code = find(call, &items);
  if (code != E_OK)
    return code;
  AUTO_VALUE SecretValue *value = value_of(call);
  if (items == NULL) {
    AUTO_OBJECT SecretItem *made = NULL;
    code = create(call, value, &made);
    return code != E_OK ? code : read_back(call, made);
  }
  if (!sym_secret_item_set_secret_sync(items->data, value, call->cancellable,
                                       &call->why))
    return call_failed(call, "write to");
  code = read_back(call, items->data);
  /* Others of that name are older, and would come up again one day. */
  for (GList *each = items->next; code == E_OK && each != NULL;
       each = each->next)
    if (!sym_secret_item_delete_sync(each->data, call->cancellable, &call->why))
      code = call_failed(call, "remove an old credential from");
  return code;
}

static enum code remove_without_bus(struct call *call)
{
  AUTO_TABLE GHashTable *attributes = attributes_of(call->profile);
  call->was_there = sym_secret_password_clearv_sync(
      &schema, attributes, call->cancellable, &call->why);
  return call->why == NULL ? E_OK : call_failed(call, "remove from");
}

static enum code remove_all(struct call *call)
{
  if (call->without_bus)
    return remove_without_bus(call);
  AUTO_OBJECTS GList *items = NULL;
  enum code code = find(call, &items);
  for (GList *each = items; code == E_OK && each != NULL; each = each->next)
    if (!sym_secret_item_delete_sync(each->data, call->cancellable, &call->why))
      code = call_failed(call, "remove from");
  if (code != E_OK || items == NULL)
    return code;
  /* Services that ask before they remove may say yes and keep it. */
  AUTO_OBJECTS GList *left = NULL;
  code = search(call, &left);
  if (code == E_OK && left != NULL)
    return err_set(&call->err, E_STORE_REFUSED,
                   "the keyring did not remove the credential of '%s'",
                   call->profile);
  call->was_there = true;
  return code;
}

static enum code look(struct call *call)
{
  (void)call;
  return E_OK;
}

/* --- the backend -------------------------------------------------------- */

static enum code keyring_open(struct store *store, struct err *err)
{
  (void)store;
  (void)err;
  return E_OK;
}

static enum code keyring_get(struct store *store, const char *profile,
                             struct buf *out, struct err *err)
{
  return call_run(get, profile, store->options.interactive, out, NULL, err);
}

static enum code keyring_put(struct store *store, const char *profile,
                             const char *bytes, size_t len, struct err *err)
{
  AUTO_BUF struct buf copy = BUF_INIT(BUF_RECORD);
  buf_put(&copy, bytes, len);
  enum code code = buf_check(&copy, err);
  return code != E_OK ? code
                      : call_run(put, profile, store->options.interactive,
                                 &copy, NULL, err);
}

static enum code keyring_remove(struct store *store, const char *profile,
                                bool *ret_was_there, struct err *err)
{
  return call_run(remove_all, profile, store->options.interactive, NULL,
                  ret_was_there, err);
}

static enum code keyring_lock_path(struct store *store, const char *profile,
                                   char **ret_path, struct err *err)
{
  (void)store;
  AUTO_STR char *dir = NULL;
  enum code code = file_dir(DIR_LOCKS, &dir, err);
  if (code != E_OK)
    return code;
  *ret_path = mem_printf("%s/%s.lock", dir, profile);
  return *ret_path != NULL ? E_OK : err_nomem(err);
}

static const char *keyring_describe(const struct store *store)
{
  (void)store;
  return "the keyring";
}

static const char *keyring_label(const struct store *store)
{
  (void)store;
  return "keyring";
}

static void keyring_free(struct store *store)
{
  (void)store;
}

const struct store_backend keyring_backend = {
    .kind = "keyring",
    .open = keyring_open,
    .get = keyring_get,
    .put = keyring_put,
    .remove = keyring_remove,
    .lock_path = keyring_lock_path,
    .describe = keyring_describe,
    .label = keyring_label,
    .free = keyring_free,
};

bool store_keyring_present(void)
{
  struct err err = ERR_INIT;
  return call_run(look, /* profile= */ "", /* interactive= */ false, NULL, NULL,
                  &err) == E_OK;
}
