/* --format: which form an answer is printed in. What the forms are is
 * request_present.c's. */
#include "cmd/request.h"

#include <string.h>

enum request_form request_form(const struct request_options *options)
{
  static const struct {
    const char *name;
    enum request_form form;
  } forms[] = {{"json", FORM_JSON}, {"ndjson", FORM_LINES}, {"raw", FORM_RAW}};

  for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
    if (options->format != NULL && strcmp(options->format, forms[i].name) == 0)
      return forms[i].form;
  }
  return FORM_AUTO;
}

/* What jq gives, and events, are rows already: a list among them is an item. */
bool request_gives_rows(const struct request_options *options, const char *type)
{
  return options->jq != NULL || options->sse || present_is_rows(type);
}

enum code request_check_form(const struct request_options *options,
                             struct err *err)
{
  enum request_form form = request_form(options);
  const char *other = options->raw                   ? "--raw"
                      : options->raw_output          ? "-r"
                      : options->continue_at != NULL ? "-C"
                                                     : NULL;

  if (other != NULL && (form == FORM_JSON || form == FORM_LINES))
    return err_set(err, E_USAGE, "%s and --format %s exclude each other", other,
                   options->format);
  return E_OK;
}
