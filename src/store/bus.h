/* Is there a D-Bus session bus to ask? GLib would start one where none is
 * named (dbus-launch, when DISPLAY is set): so it is looked for before GLib is
 * called at all. Private to the room. */
#pragma once

#include <stdbool.h>

/* Where none is named but one of ours lies at /run/user/UID/bus (cron, su), it
 * is named to GLib by DBUS_SESSION_BUS_ADDRESS. Before any thread is started.
 */
bool bus_is_named(void);
