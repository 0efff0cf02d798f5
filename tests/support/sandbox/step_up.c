/* /api/step-up?acr=gold%20silver&max_age=60[&never=1]: an API that looks at how
 * and when the person logged in (RFC 9470). never: it is content with nothing.
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_recent(const json_t *grant, const char *max_age)
{
  const json_t *then = json_object_get(grant, "auth_time");

  return max_age == NULL ||
         (json_is_integer(then) &&
          json_integer_value(then) + strtoll(max_age, NULL, 10) >= now());
}

static void demand(const struct request *rq, struct answer *an)
{
  const char *acr = param(rq, "acr");
  const char *max_age = param(rq, "max_age");
  AUTO_STR char *challenge =
      need(mem_printf("Bearer error=\"insufficient_user_authentication\", "
                      "error_description=\"another login is needed\""
                      "%s%s%s%s%s%s",
                      acr ? ", acr_values=\"" : "", acr ? acr : "",
                      acr ? "\"" : "", max_age ? ", max_age=\"" : "",
                      max_age ? max_age : "", max_age ? "\"" : ""),
           "memory");

  answer_header(an, "WWW-Authenticate", challenge);
  answer_json(an, 401, json_pack("{ss}", "message", "step up"));
}

void api_step_up(struct sandbox *sb, const struct request *rq,
                 struct answer *an)
{
  const char *authorization = header(rq, "Authorization");
  const char *token = authorization ? strchr(authorization, ' ') : NULL;
  const char *acr = param(rq, "acr");
  struct caller caller;

  caller_identify(sb, rq, &caller);
  if (!caller.valid || token == NULL) {
    caller_challenge(sb, &caller, an);
    return;
  }
  const json_t *grant = json_object_get(token_find(sb, token + 1), "grant");
  const char *had = json_string_value(json_object_get(grant, "acr"));
  bool good = (acr == NULL || (had != NULL && scope_has(acr, had))) &&
              is_recent(grant, param(rq, "max_age"));
  if (!good || param(rq, "never") != NULL)
    demand(rq, an);
  else
    answer_json(an, 200, json_pack("{ss*}", "acr", had));
}
