/* Where -o, -O and -J put a body, and what goes with -C. */
#include "cmd/request.h"

#include "api/filename.h"
#include "base/mem.h"

#include <string.h>

static bool is_stdout_name(const char *path)
{
  return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

static bool is_number(const char *text)
{
  return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static enum code check_continue(const struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  const struct {
    bool given;
    const char *why;
  } reasons[] = {
      {o->output == NULL && !o->remote_name,
       "-C needs a file to go on with: -o FILE or -O"},
      {o->output != NULL && is_stdout_name(o->output),
       "what went to standard output is not there to go on from (-C)"},
      {o->remote_header_name,
       "-C and -J exclude each other: the file must be known before"},
      {strcmp(request->method, "GET") != 0 || request->body != NULL,
       "only a GET without a body can go on (-C)"},
      {o->raw, "--raw and -C exclude each other: nothing is encoded with -C"},
      {o->pointer != NULL, "--pointer and -C exclude each other"},
      {o->jq != NULL, "--jq and -C exclude each other"},
      {o->format != NULL && strcmp(o->format, "auto") != 0,
       "--format and -C exclude each other"},
      {o->paginate != NULL, "--paginate and -C exclude each other"},
      {o->sse, "--sse and -C exclude each other"},
      {o->wait_for != NULL, "--wait-for and -C exclude each other"},
      {o->cache >= 0, "--cache and -C exclude each other"},
      {request_has_header(&request->headers, "Range") ||
           request_has_header(&request->headers, "If-Range"),
       "-C sets the headers Range and If-Range itself"},
  };

  if (strcmp(o->continue_at, "-") != 0) {
    enum code code = err_set(
        err, E_USAGE,
        "-C '%s': where a download goes on follows from what is there, and is "
        "not taken from the command line",
        o->continue_at);

    err_hint(err, "-C -   goes on;  -H 'Range: bytes=%s-'   asks for a part",
             is_number(o->continue_at) ? o->continue_at : "N");
    return code;
  }
  for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
    if (reasons[i].given)
      return err_set(err, E_USAGE, "%s", reasons[i].why);
  return E_OK;
}

enum code request_plan_file(struct request *request, struct err *err)
{
  const struct request_options *o = request->options;
  enum code code = E_OK;

  if (o->output != NULL && o->remote_name)
    return err_set(err, E_USAGE, "-o and -O exclude each other");
  if (o->remote_header_name && !o->remote_name)
    return err_set(err, E_USAGE, "-J comes with -O");
  if (o->continue_at != NULL)
    code = check_continue(request, err);
  if (code != E_OK)
    return code;
  if (o->remote_name && !o->remote_header_name)
    return filename_of_url(&request->file, request->url, err);
  if (o->output == NULL || is_stdout_name(o->output))
    return E_OK;
  request->file = mem_str(o->output);
  return request->file != NULL ? E_OK : err_nomem(err);
}
