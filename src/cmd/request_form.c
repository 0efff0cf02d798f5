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

enum code request_check_form(const struct request_options *options,
                             struct err *err)
{
  enum request_form form = request_form(options);

  if (options->raw && (form == FORM_JSON || form == FORM_LINES))
    return err_set(err, E_USAGE, "--raw and --format %s exclude each other",
                   options->format);
  return E_OK;
}
