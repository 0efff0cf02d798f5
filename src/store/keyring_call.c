#include "store/keyring_call.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"
#include "store/bus.h"
#include "store/keyring_service.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SHORT_S = 3, LONG_S = 120, GRACE_MS = 1000, MOST_MS = 30 * 1000 };

static int timeout_s(bool interactive)
{
  return interactive ? LONG_S : SHORT_S;
}

/* --- what went wrong ---------------------------------------------------- */

static void hint_file(const char *profile, struct err *err)
{
  if (*profile != '\0')
    err_hint(err,
             "run it in a desktop session, or for cron and servers: "
             "fob login -p %s --store file",
             profile);
}

static enum code code_of_bus(int number)
{
  switch (number) {
  case G_DBUS_ERROR_SERVICE_UNKNOWN:
  case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
  case G_DBUS_ERROR_NO_SERVER:
  case G_DBUS_ERROR_DISCONNECTED:
  case G_DBUS_ERROR_NO_REPLY: /* it died meanwhile */
    return E_STORE_ABSENT;
  case G_DBUS_ERROR_TIMEOUT:
  case G_DBUS_ERROR_TIMED_OUT:
    return E_STORE_SLOW;
  case G_DBUS_ERROR_ACCESS_DENIED:
  case G_DBUS_ERROR_AUTH_FAILED:
    return E_STORE_REFUSED;
  case G_DBUS_ERROR_LIMITS_EXCEEDED:
  case G_DBUS_ERROR_NO_MEMORY:
    return E_STORE_FULL;
  default:
    /* All of Spawn.*: the service cannot be started. */
    return number >= G_DBUS_ERROR_SPAWN_EXEC_FAILED &&
                   number <= G_DBUS_ERROR_SPAWN_NO_MEMORY
               ? E_STORE_ABSENT
               : E_STORE_BROKEN;
  }
}

static enum code code_of(const GError *why)
{
  if (why->domain == sym_g_dbus_error_quark())
    return code_of_bus(why->code);
  if (why->domain == sym_secret_error_get_quark())
    return why->code == SECRET_ERROR_IS_LOCKED ? E_STORE_LOCKED
                                               : E_STORE_BROKEN;
  if (why->domain == sym_g_io_error_quark()) {
    if (why->code == G_IO_ERROR_TIMED_OUT)
      return E_STORE_SLOW;
    return E_STORE_ABSENT; /* the connection: closed, refused, broken */
  }
  return E_STORE_BROKEN;
}

enum code call_locked(struct call *call)
{
  struct err *err = &call->err;
  err_set(err, E_STORE_LOCKED,
          "the keyring is locked and nobody is here to unlock it");
  if (*call->profile != '\0')
    err_hint(err,
             "unlock it in a desktop session, or for cron: "
             "fob profile set %s store file",
             call->profile);
  return E_STORE_LOCKED;
}

static enum code dismissed(struct call *call)
{
  struct err *err = &call->err;
  err_set(err, E_STORE_REFUSED,
          "the keyring asked for its owner, and its prompt was dismissed or "
          "could not be shown");
  err_hint(err,
           "try again and answer the prompt, or where there is no desktop: "
           "fob login -p %s --store file",
           call->profile);
  return E_STORE_REFUSED;
}

static bool is_dismissal(const GError *why)
{
  return why == NULL || (why->domain == sym_g_io_error_quark() &&
                         why->code == G_IO_ERROR_CANCELLED);
}

enum code call_failed(struct call *call, const char *doing)
{
  if (is_dismissal(call->why))
    return dismissed(call);
  enum code code = code_of(call->why);
  (void)sym_g_dbus_error_strip_remote_error(call->why);
  if (code == E_STORE_LOCKED)
    return call_locked(call);
  if (code == E_STORE_ABSENT) {
    err_set(&call->err, code, "no keyring can be reached: %s",
            call->why->message);
    hint_file(call->profile, &call->err);
    return code;
  }
  return err_set(&call->err, code, "cannot %s the keyring: %s", doing,
                 call->why->message);
}

static enum code no_bus(const char *profile, struct err *err)
{
  err_set(err, E_STORE_ABSENT,
          "no keyring can be reached: DBUS_SESSION_BUS_ADDRESS names no bus "
          "and there is no /run/user/%u/bus",
          (unsigned)geteuid());
  hint_file(profile, err);
  return E_STORE_ABSENT;
}

static enum code too_slow(const char *profile, bool interactive, bool unlocking,
                          struct err *err)
{
  int seconds = timeout_s(interactive);
  if (unlocking) {
    err_set(err, E_STORE_LOCKED,
            "the keyring is locked and nobody unlocked it (waited %d s)",
            seconds);
    err_hint(err, "is its window behind the others?");
    return E_STORE_LOCKED;
  }
  err_set(err, E_STORE_SLOW, "the keyring did not answer within %d s", seconds);
  if (*profile != '\0')
    err_hint(err,
             "restart the desktop's keyring, or for cron and servers: "
             "fob login -p %s --store file",
             profile);
  return E_STORE_SLOW;
}

/* --- the other thread --------------------------------------------------- */

struct conversation {
  struct call call;
  char *profile;
  enum code (*work)(struct call *call);
  enum code code;
  int done_fd; /* readable once the thread is through */
  struct conversation *next;
};

/* libsecret and GLib print what they also return. What ends the process is
 * worth a line. */
static void hush(const char *domain, GLogLevelFlags level, const char *message,
                 void *user)
{
  (void)user;
  if ((level & G_LOG_FLAG_FATAL) != 0)
    log_warn("%s: %s", domain != NULL ? domain : "GLib", message);
}

/* When the last answer came, on the monotonic clock. Of all conversations: the
 * bus may call the filter once more after it was taken away. */
static _Atomic int64_t answered_ms;

static GDBusMessage *note_answer(GDBusConnection *bus, GDBusMessage *message,
                                 gboolean incoming, gpointer user)
{
  GDBusMessageType type = sym_g_dbus_message_get_message_type(message);
  (void)bus;
  (void)user;
  /* Not signals, which anybody may send for ever. */
  if (incoming && (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN ||
                   type == G_DBUS_MESSAGE_TYPE_ERROR))
    atomic_store(&answered_ms, clock_mono_ms());
  return message;
}

static enum code talk(struct conversation *conversation)
{
  struct call *call = &conversation->call;
  GDBusConnection *bus =
      sym_g_bus_get_sync(G_BUS_TYPE_SESSION, call->cancellable, &call->why);
  if (bus == NULL)
    return call_failed(call, "reach");
  /* GLib would raise SIGTERM when the bus goes away. */
  sym_g_dbus_connection_set_exit_on_close(bus, FALSE);
  guint filter = sym_g_dbus_connection_add_filter(bus, note_answer, NULL, NULL);
  call->service = keyring_service_open(call->cancellable, &call->why);
  enum code code = call->service != NULL ? conversation->work(call)
                                         : call_failed(call, "reach");
  sym_g_dbus_connection_remove_filter(bus, filter);
  sym_g_object_unref(bus);
  return code;
}

static void *converse(void *data)
{
  static const uint64_t one = 1;
  struct conversation *conversation = data;
  struct call *call = &conversation->call;
  conversation->code =
      call->without_bus ? conversation->work(call) : talk(conversation);
  while (write(conversation->done_fd, &one, sizeof one) < 0 && errno == EINTR)
    ;
  return NULL;
}

static void conversation_free(struct conversation *conversation)
{
  struct call *call = &conversation->call;
  if (call->service != NULL)
    sym_g_object_unref(call->service);
  if (call->why != NULL)
    sym_g_error_free(call->why);
  if (call->cancellable != NULL)
    sym_g_object_unref(call->cancellable);
  if (conversation->done_fd >= 0)
    (void)close(conversation->done_fd);
  buf_clear(&call->bytes);
  mem_free(conversation->profile);
  mem_free(conversation);
}

static enum code conversation_new(struct conversation **ret_conversation,
                                  const char *profile, struct err *err)
{
  struct conversation *conversation = mem_zalloc(sizeof *conversation);
  if (conversation == NULL)
    return err_nomem(err);
  conversation->profile = mem_str(profile);
  conversation->done_fd = eventfd(0, EFD_CLOEXEC);
  conversation->call.profile = conversation->profile;
  conversation->call.cancellable = sym_g_cancellable_new();
  enum code code = E_OK;
  if (conversation->profile == NULL)
    code = err_nomem(err);
  else if (conversation->done_fd < 0)
    code =
        err_set(err, E_LOCAL, "cannot watch the keyring: %s", strerror(errno));
  if (code != E_OK)
    conversation_free(conversation);
  else
    *ret_conversation = conversation;
  return code;
}

/* --- this thread -------------------------------------------------------- */

static int64_t end_of(int64_t begun, int64_t silence_ms)
{
  int64_t answered = atomic_load(&answered_ms);
  int64_t end = (answered > begun ? answered : begun) + silence_ms;
  int64_t most = begun + MOST_MS;
  return silence_ms < MOST_MS && end > most ? most : end;
}

/* True once the thread is through; false when nothing was answered for that
 * long or, unless deaf, a signal has come that is not held. */
static bool wait_done(const struct conversation *conversation,
                      int64_t silence_ms, bool deaf)
{
  int64_t begun = clock_mono_ms();
  struct pollfd fds[] = {{.fd = conversation->done_fd, .events = POLLIN},
                         {.fd = deaf ? -1 : sig_fd(), .events = POLLIN}};
  for (;;) {
    int64_t left = end_of(begun, silence_ms) - clock_mono_ms();
    if (poll(fds, ARRAY_LEN(fds), left > 0 ? (int)left : 0) > 0) {
      if (fds[0].revents != 0)
        return true;
      if (sig_caught() != 0)
        return false;
      fds[1].fd = -1; /* held, and it stays readable */
    } else if (left <= 0) {
      return false;
    }
  }
}

/* Conversations that were left while the thread was in them; they are freed
 * with the process. */
static struct conversation *left_behind;

static enum code stop(struct conversation *conversation, GThread *thread,
                      struct err *err)
{
  bool unlocking = conversation->call.unlocking;
  bool interactive = conversation->call.interactive;
  sym_g_cancellable_cancel(conversation->call.cancellable);
  enum code code = sig_check(err);
  if (code == E_OK)
    code = too_slow(conversation->profile, interactive, unlocking, err);
  if (wait_done(conversation, GRACE_MS, /* deaf= */ true)) {
    (void)sym_g_thread_join(thread);
    conversation_free(conversation);
  } else {
    conversation->next = left_behind;
    left_behind = conversation;
  }
  return code;
}

static enum code load_library(struct err *err)
{
  enum code code = lazy_secret(err);
  if (code == E_LOCAL) /* it is not installed */
    return err->code = E_STORE_ABSENT;
  if (code == E_OK)
    (void)sym_g_log_set_default_handler(hush, NULL);
  return code;
}

/* libsecret's own encrypted file, for tests and sandboxes. */
static bool has_no_bus(void)
{
  const char *backend = getenv("SECRET_BACKEND");
  return backend != NULL && strcmp(backend, "file") == 0;
}

enum code call_run(enum code (*work)(struct call *call), const char *profile,
                   bool interactive, struct buf *bytes, bool *ret_was_there,
                   struct err *err)
{
  if (!has_no_bus() && !bus_is_named())
    return no_bus(profile, err);
  enum code code = load_library(err);
  struct conversation *conversation = NULL;
  if (code == E_OK)
    code = conversation_new(&conversation, profile, err);
  if (code != E_OK)
    return code;

  struct call *call = &conversation->call;
  conversation->work = work;
  call->interactive = interactive;
  call->without_bus = has_no_bus();
  if (bytes != NULL) {
    call->bytes = *bytes;
    buf_init(bytes, call->bytes.max);
  }
  GError *why = NULL;
  GThread *thread =
      sym_g_thread_try_new("fob-keyring", converse, conversation, &why);
  if (thread == NULL) {
    err_set(err, E_LOCAL, "cannot start a thread: %s", why->message);
    sym_g_error_free(why);
    conversation_free(conversation);
    return E_LOCAL;
  }
  if (!wait_done(conversation, timeout_s(interactive) * (int64_t)1000,
                 /* deaf= */ false))
    return stop(conversation, thread, err);

  (void)sym_g_thread_join(thread);
  code = conversation->code;
  if (code == E_OK && ret_was_there != NULL)
    *ret_was_there = call->was_there;
  if (bytes != NULL) {
    *bytes = call->bytes;
    call->bytes = (struct buf){0};
  }
  if (code != E_OK && code != E_NO_CREDENTIAL)
    *err = call->err;
  conversation_free(conversation);
  return code;
}
