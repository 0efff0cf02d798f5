/* A request on its way, and the identities that it may need. */
#pragma once

#include "http/redirect.h"

struct journey {
  struct http *http;
  const struct http_options *options;
  struct http *anonymous;
  struct redirect way;
};

static inline void journey_clear(struct journey *journey)
{
  redirect_clear(&journey->way);
  http_free(journey->http);
  http_free(journey->anonymous);
}
#define AUTO_JOURNEY __attribute__((cleanup(journey_clear))) struct journey

static inline enum code journey_send(struct journey *journey,
                                     const struct http_request *request,
                                     struct http_answer *answer,
                                     struct err *err)
{
  const struct redirect_plan plan = {.http = journey->http,
                                     .anonymous = &journey->anonymous,
                                     .options = journey->options};

  return redirect_send(&journey->way, &plan, request, answer, err);
}
