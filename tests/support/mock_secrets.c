#include "support/mock_secrets.h"

#include <criterion/criterion.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ROOT "/org/freedesktop/secrets"
#define COLLECTION ROOT "/collection/c"
#define IN_MEMORY ROOT "/collection/session"
#define PROMPT ROOT "/prompt/p"
#define NAME "org.freedesktop.secrets"

static const char xml[] =
    "<node>"
    "<interface name='org.freedesktop.Secret.Service'>"
    "<method name='OpenSession'><arg type='s' direction='in'/>"
    "<arg type='v' direction='in'/><arg type='v' direction='out'/>"
    "<arg type='o' direction='out'/></method>"
    "<method name='SearchItems'><arg type='a{ss}' direction='in'/>"
    "<arg type='ao' direction='out'/><arg type='ao' direction='out'/></method>"
    "<method name='Unlock'><arg type='ao' direction='in'/>"
    "<arg type='ao' direction='out'/><arg type='o' direction='out'/></method>"
    "<method name='ReadAlias'><arg type='s' direction='in'/>"
    "<arg type='o' direction='out'/></method>"
    "<method name='CreateCollection'><arg type='a{sv}' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='o' direction='out'/>"
    "<arg type='o' direction='out'/></method>"
    "<property name='Collections' type='ao' access='read'/>"
    "</interface>"
    "<interface name='org.freedesktop.Secret.Collection'>"
    "<method name='CreateItem'><arg type='a{sv}' direction='in'/>"
    "<arg type='(oayays)' direction='in'/><arg type='b' direction='in'/>"
    "<arg type='o' direction='out'/><arg type='o' direction='out'/></method>"
    "<property name='Items' type='ao' access='read'/>"
    "<property name='Label' type='s' access='read'/>"
    "<property name='Locked' type='b' access='read'/>"
    "<property name='Created' type='t' access='read'/>"
    "<property name='Modified' type='t' access='read'/>"
    "</interface>"
    "<interface name='org.freedesktop.Secret.Item'>"
    "<method name='GetSecret'><arg type='o' direction='in'/>"
    "<arg type='(oayays)' direction='out'/></method>"
    "<method name='SetSecret'><arg type='(oayays)' direction='in'/></method>"
    "<method name='Delete'><arg type='o' direction='out'/></method>"
    "<property name='Attributes' type='a{ss}' access='read'/>"
    "<property name='Label' type='s' access='read'/>"
    "<property name='Locked' type='b' access='read'/>"
    "<property name='Created' type='t' access='read'/>"
    "<property name='Modified' type='t' access='read'/>"
    "</interface>"
    "<interface name='org.freedesktop.Secret.Prompt'>"
    "<method name='Prompt'><arg type='s' direction='in'/></method>"
    "<method name='Dismiss'/>"
    "<signal name='Completed'><arg type='b'/><arg type='v'/></signal>"
    "</interface>"
    "</node>";

/* All that follows runs in the child. */

enum { ITEMS = 2 };

static struct {
  unsigned behaviour;
  char *content[ITEMS]; /* NULL: no such item */
  GVariant *completion; /* what the open prompt will answer */
  const char *journal;
} mock;

static bool does(unsigned behaviour)
{
  return (mock.behaviour & behaviour) != 0;
}

static char *item_path(int n)
{
  return g_strdup_printf(COLLECTION "/%d", n + 1);
}

/* The number of the item at path; of the other objects -1. */
static int item_at(const char *path)
{
  for (int n = 0; n < ITEMS; n++) {
    char *own = item_path(n);
    bool same = strcmp(own, path) == 0;
    g_free(own);
    if (same)
      return n;
  }
  return -1;
}

static GVariant *items(void)
{
  GVariantBuilder list;
  g_variant_builder_init(&list, G_VARIANT_TYPE("ao"));
  for (int n = 0; n < ITEMS; n++)
    if (mock.content[n] != NULL) {
      char *path = item_path(n);
      g_variant_builder_add(&list, "o", path);
      g_free(path);
    }
  return g_variant_builder_end(&list);
}

static GVariant *no_objects(void)
{
  return g_variant_new_array(G_VARIANT_TYPE_OBJECT_PATH, NULL, 0);
}

static GVariant *secret(const char *content)
{
  GVariant *value = g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, content,
                                              strlen(content), 1);
  GVariant *none = g_variant_new_array(G_VARIANT_TYPE_BYTE, NULL, 0);
  return g_variant_new("(o@ay@ays)", ROOT "/session/s", none, value,
                       "text/plain");
}

static void keep(int n, GVariant *parameters, const char *format)
{
  GVariant *given = NULL, *bytes;
  gsize len;
  if (strcmp(format, "item") == 0)
    g_variant_get_child(parameters, 1, "@(oayays)", &given);
  else
    g_variant_get_child(parameters, 0, "@(oayays)", &given);
  g_variant_get_child(given, 2, "@ay", &bytes);
  const char *text = g_variant_get_fixed_array(bytes, &len, 1);
  g_free(mock.content[n]);
  mock.content[n] = g_strndup(text, len);
  if (does(MOCK_FORGETFUL) && len > 0)
    mock.content[n][len - 1] = '?';
}

static gboolean complete(gpointer user)
{
  GDBusConnection *bus = user;
  bool dismissed = does(MOCK_DISMISS);
  if (!dismissed)
    mock.behaviour &= ~(unsigned)(MOCK_LOCKED | MOCK_NO_COLLECTION);
  (void)g_dbus_connection_emit_signal(
      bus, NULL, PROMPT, "org.freedesktop.Secret.Prompt", "Completed",
      g_variant_new("(bv)", dismissed,
                    dismissed ? g_variant_new_string("") : mock.completion),
      NULL);
  return G_SOURCE_REMOVE;
}

static GVariant *call_service(const char *method, GVariant *parameters,
                              GDBusMethodInvocation *invocation)
{
  if (strcmp(method, "OpenSession") == 0) {
    const char *algorithm;
    g_variant_get_child(parameters, 0, "&s", &algorithm);
    if (strcmp(algorithm, "plain") == 0)
      return g_variant_new("(vo)", g_variant_new_string(""), ROOT "/session/s");
    g_dbus_method_invocation_return_error_literal(
        invocation, G_DBUS_ERROR, G_DBUS_ERROR_NOT_SUPPORTED, "plain only");
    return NULL;
  }
  if (strcmp(method, "SearchItems") == 0)
    return does(MOCK_LOCKED) ? g_variant_new("(@ao@ao)", no_objects(), items())
                             : g_variant_new("(@ao@ao)", items(), no_objects());
  if (strcmp(method, "ReadAlias") == 0)
    return g_variant_new("(o)", does(MOCK_NO_COLLECTION) || does(MOCK_NO_ALIAS)
                                    ? "/"
                                    : COLLECTION);
  if (strcmp(method, "Unlock") == 0) {
    GVariant *paths;
    g_variant_get_child(parameters, 0, "@ao", &paths);
    if (!does(MOCK_LOCKED))
      return g_variant_new("(@aoo)", paths, "/");
    mock.completion = g_variant_ref_sink(paths);
    return g_variant_new("(@aoo)", no_objects(), PROMPT);
  }
  mock.completion = g_variant_ref_sink(g_variant_new_object_path(COLLECTION));
  return g_variant_new("(oo)", "/", PROMPT); /* CreateCollection */
}

static GVariant *call_item(int n, const char *method, GVariant *parameters,
                           GDBusMethodInvocation *invocation)
{
  if (strcmp(method, "GetSecret") == 0) {
    if (does(MOCK_DENY))
      g_dbus_method_invocation_return_error_literal(invocation, G_DBUS_ERROR,
                                                    G_DBUS_ERROR_ACCESS_DENIED,
                                                    "the person said no");
    if (does(MOCK_DENY) || does(MOCK_DEAF))
      return NULL;
    return g_variant_new("(@(oayays))", secret(mock.content[n]));
  }
  if (strcmp(method, "SetSecret") == 0) {
    keep(n, parameters, "");
    return g_variant_new("()");
  }
  if (!does(MOCK_TENACIOUS))
    g_clear_pointer(&mock.content[n], g_free);
  return g_variant_new("(o)", "/");
}

static void call(GDBusConnection *bus, const gchar *sender, const gchar *path,
                 const gchar *interface, const gchar *method,
                 GVariant *parameters, GDBusMethodInvocation *invocation,
                 gpointer user)
{
  (void)sender;
  (void)user;
  const char *kind = strrchr(interface, '.') + 1;
  FILE *journal = fopen(mock.journal, "ae");
  fprintf(journal, "%s.%s ", kind, method);
  fclose(journal);
  if (does(MOCK_BUSY))
    g_usleep(G_USEC_PER_SEC);
  GVariant *answer = NULL;
  if (strcmp(kind, "Service") == 0) {
    answer = call_service(method, parameters, invocation);
  } else if (strcmp(kind, "Item") == 0) {
    answer = call_item(item_at(path), method, parameters, invocation);
  } else if (strcmp(kind, "Collection") == 0) {
    keep(0, parameters, "item");
    answer = g_variant_new("(oo)", COLLECTION "/1", "/");
  } else {
    answer = g_variant_new("()");
    if (strcmp(method, "Prompt") == 0 && !does(MOCK_SILENT))
      (void)g_idle_add(complete, bus);
  }
  if (answer != NULL)
    g_dbus_method_invocation_return_value(invocation, answer);
}

static GVariant *property(GDBusConnection *bus, const gchar *sender,
                          const gchar *path, const gchar *interface,
                          const gchar *name, GError **error, gpointer user)
{
  (void)bus;
  (void)sender;
  (void)interface;
  (void)error;
  (void)user;
  if (strcmp(name, "Collections") == 0) {
    const gchar *one[] = {does(MOCK_SESSION_ONLY) ? IN_MEMORY : COLLECTION,
                          NULL};
    return g_variant_new_objv(one, does(MOCK_NO_COLLECTION) ? 0 : 1);
  }
  if (strcmp(name, "Items") == 0)
    return items();
  if (strcmp(name, "Label") == 0)
    return g_variant_new_string("a label");
  if (strcmp(name, "Locked") == 0)
    return g_variant_new_boolean(does(MOCK_LOCKED));
  if (strcmp(name, "Attributes") == 0) {
    GVariantBuilder pairs;
    g_variant_builder_init(&pairs, G_VARIANT_TYPE("a{ss}"));
    g_variant_builder_add(&pairs, "{ss}", "profile", "acme");
    return g_variant_builder_end(&pairs);
  }
  return g_variant_new_uint64(1700000000 + (guint64)item_at(path));
}

static void publish(GDBusConnection *bus, const char *path,
                    GDBusInterfaceInfo *interface)
{
  static const GDBusInterfaceVTable table = {.method_call = call,
                                             .get_property = property};
  GError *why = NULL;
  if (g_dbus_connection_register_object(bus, path, interface, &table, NULL,
                                        NULL, &why) == 0)
    g_error("%s", why->message);
}

static void serve(const char *address)
{
  GError *why = NULL;
  GDBusConnection *bus = g_dbus_connection_new_for_address_sync(
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &why);
  if (bus == NULL)
    g_error("%s", why->message);
  GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(xml, &why);
  if (node == NULL)
    g_error("%s", why->message);
  publish(bus, ROOT, node->interfaces[0]);
  publish(bus, COLLECTION, node->interfaces[1]);
  publish(bus, IN_MEMORY, node->interfaces[1]);
  for (int n = 0; n < ITEMS; n++) {
    char *path = item_path(n);
    publish(bus, path, node->interfaces[2]);
    g_free(path);
  }
  publish(bus, PROMPT, node->interfaces[3]);
  (void)g_bus_own_name_on_connection(bus, NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                     NULL, NULL, NULL, NULL);
  g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

/* --- the test's side ---------------------------------------------------- */

static const char *journal_path(const struct keyring *keyring)
{
  static char path[300];
  snprintf(path, sizeof path, "%s/journal", keyring->dir);
  return path;
}

pid_t mock_secrets_start(const struct keyring *keyring, unsigned behaviour,
                         const char *content, const char *newer)
{
  pid_t child = fork();
  cr_assert_geq(child, 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    mock.behaviour = behaviour;
    mock.content[0] = g_strdup(content);
    mock.content[1] = g_strdup(newer);
    mock.journal = journal_path(keyring);
    serve(keyring->address);
    _exit(1);
  }
  keyring_await_name(keyring, NAME);
  return child;
}

const char *mock_secrets_journal(const struct keyring *keyring)
{
  static char text[8192];
  FILE *file = fopen(journal_path(keyring), "re");
  size_t len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
  text[len] = '\0';
  if (file != NULL)
    fclose(file);
  return text;
}
