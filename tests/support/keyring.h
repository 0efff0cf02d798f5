/* A D-Bus session bus of the test's own, and a real gnome-keyring on it. Both
 * end with the test, however that ends. Nothing of the developer's session is
 * reached: the bus starts no services. Everything here fails the test when it
 * does not work. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct keyring {
  char dir[200];     /* the daemon's home; short, for the sockets' sake */
  char address[256]; /* for DBUS_SESSION_BUS_ADDRESS */
  pid_t bus, daemon; /* 0: not running */
};

/* Only the bus. dir: an existing directory of the test's own. */
void keyring_bus_start(struct keyring *keyring, const char *dir);

/* The daemon: with its default keyring made (when there is none) and unlocked,
 * or as after a reboot without a password. */
void keyring_daemon_start(struct keyring *keyring, bool unlocked);

/* All three. */
void keyring_start(struct keyring *keyring, const char *dir);

void keyring_lock(const struct keyring *keyring);

/* SIGKILL, and waited for. */
void keyring_daemon_kill(struct keyring *keyring);
void keyring_bus_kill(struct keyring *keyring);
void keyring_stop(struct keyring *keyring);
#define AUTO_KEYRING __attribute__((cleanup(keyring_stop)))

/* Calls a method of the Secret Service's object at path by dbus-send, with its
 * spelling of arguments; NULL ends them. Returns what it printed, one string
 * used again and again. */
const char *keyring_send(const struct keyring *keyring, const char *path,
                         const char *method, ...) __attribute__((sentinel));

/* Waits until a process owns this name on the bus. */
void keyring_await_name(const struct keyring *keyring, const char *name);

/* An address where something listens and never answers. */
const char *keyring_mute_bus(const char *dir);
