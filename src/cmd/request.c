/* fob request: requests to an API, with the profile's credential. */
#include "cmd/request.h"

#include "base/mem.h"
#include "cmd/request_batch.h"

static const char details[] =
    "PATH is below the profile's API, URL of one of its origins. An ITEM is\n"
    "  key=text  key:=JSON  key=@FILE  key:=@FILE   a field; a[b][]=x nests\n"
    "  key==text                                    a parameter of the query\n"
    "  Name:value                                   a header\n"
    "  key@FILE                                     an upload\n"
    "Without METHOD it is GET, or POST with a body.\n"
    "\n"
    "  fob request user\n"
    "  fob request repos/o/r/issues title='It fails' labels[]=bug\n"
    "  fob request DELETE repos/o/r/issues/7/lock\n"
    "  fob request search/issues q==is:open --pointer /total_count\n"
    "  fob request POST uploads --form file@photo.jpg";

void request_clear(struct request *request)
{
  line_clear(&request->line);
  selection_clear(&request->selection);
  url_free(request->url);
  headers_clear(&request->headers);
  body_free(request->body);
  mem_free(request->file);
  request_op_free(request->op);
  trace_free(request->trace);
  secret_free(request->credential);
}

static enum code send(struct ctx *ctx, struct request *request, struct err *err)
{
  if (request->options->sse)
    return request_stream(ctx, request, err);
  if (request->options->wait_for != NULL)
    return request_wait(ctx, request, err);
  if (request->options->paginate != NULL)
    return request_pages(ctx, request, err);
  return request_send(ctx, request, err);
}

static enum code run(struct ctx *ctx, void *options,
                     const struct operands *operands, struct err *err)
{
  const struct request_options *o = options;
  AUTO_REQUEST struct request request = {0};
  enum code code;

  if (o->batch != NULL)
    return request_batch(ctx, o, operands, err);
  if ((o->parallel != NULL && o->paginate == NULL) || o->ordered ||
      o->from_line >= 0)
    return err_set(err, E_USAGE, "%s comes with --batch FILE",
                   o->ordered            ? "--ordered"
                   : o->parallel != NULL ? "-Z"
                                         : "--from-line");
  if (o->cache_clear)
    return request_clear_cache(ctx, o, operands, err);
  if (o->op != NULL && *o->op == '\0')
    return request_op_list(ctx, o, operands, err);
  code = request_plan(ctx, o, operands, &request, err);
  if (code != E_OK)
    return code;
  if (o->curl)
    return request_show_curl(ctx, &request, err);
  if (o->dry_run)
    return request_show(&request, err);
  code = trace_open(&request, err);
  return code == E_OK ? trace_close(&request, send(ctx, &request, err), err)
                      : code;
}

const struct cmd cmd_request = {
    .name = "request",
    .usage_name = "request",
    .summary = "Send a request to an API, or many",
    .usage = "[METHOD] PATH|URL [ITEM...] [options]\n"
             "--op ID [ITEM...] [options]\n"
             "[METHOD] --batch FILE|- [ITEM...] [options]",
    .details = details,
    .opts = request_opts,
    .options_size = sizeof(struct request_options),
    .run = run,
};
