#include "oauth/device.h"

void device_pace_start(struct device_pace *pace, int64_t interval_ms,
                       int64_t lifetime_ms, int64_t now_ms)
{
  if (interval_ms < DEVICE_FLOOR_MS)
    interval_ms = DEVICE_FLOOR_MS;
  *pace = (struct device_pace){.interval_ms = interval_ms,
                               .due_ms = now_ms + interval_ms,
                               .expires_ms = now_ms + lifetime_ms};
}

/* The pause after one or more polls that nothing answered. */
static int64_t pause(const struct device_pace *pace)
{
  int64_t ms = pace->interval_ms;

  for (unsigned i = 0; i < pace->lost && ms < DEVICE_LOST_MAX_MS; i++)
    ms *= 2;
  if (ms > DEVICE_LOST_MAX_MS)
    ms = DEVICE_LOST_MAX_MS;
  return ms > pace->interval_ms ? ms : pace->interval_ms;
}

void device_pace_next(struct device_pace *pace, enum device_event event,
                      int64_t now_ms)
{
  pace->lost = event == DEVICE_LOST ? pace->lost + 1 : 0;
  if (event == DEVICE_SLOW_DOWN)
    pace->interval_ms += DEVICE_SLOWER_MS;
  pace->due_ms = now_ms + pause(pace);
}

bool device_pace_over(const struct device_pace *pace)
{
  return pace->due_ms >= pace->expires_ms;
}

int64_t device_pace_wait(const struct device_pace *pace, int64_t now_ms)
{
  int64_t until = device_pace_over(pace) ? pace->expires_ms : pace->due_ms;

  return until > now_ms ? until - now_ms : 0;
}
