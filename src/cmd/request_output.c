/* Where an answer goes: the body through --pointer or --jq and the form of its
 * destination to standard output or a file, a failure's to standard error.
 *
 * Where the profile's api_error asks for it, the beginning of a JSON answer of
 * 2xx is held back until it is known whether it is a refusal. */
#include "cmd/request.h"

#include "api/refusal.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "cmd/request_target.h"
#include "cmd/ui.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  HELD_MAX = BUF_DOCUMENT,
};

enum where { TO_NOBODY, TO_STDOUT, TO_STDERR, TO_FILE };

struct output {
  const struct request *request;
  struct target *target; /* -o, -O; NULL: standard output */
  bool stdout_is_file;

  bool holding;       /* what comes goes to held */
  bool released;      /* its destination is decided */
  bool failed;        /* it is shown as a failure */
  bool status_failed; /* for its status alone */
  bool unchanged;     /* 304: the file is up to date */
  struct buf held;
  struct buf head; /* -i and -I */
  enum where where;
  char *type;              /* the answer's Content-Type; NULL */
  struct refusal *refusal; /* NULL: nothing in a 2xx is one */
  struct sieve *sieve;
  struct present *present;
  bool line_open; /* standard error: the last byte ended no line */
  struct ui_progress progress;
};

/* Ready for another answer. */
static void reset(struct output *output)
{
  refusal_free(output->refusal);
  output->refusal = NULL;
  present_free(output->present);
  output->present = NULL;
  mem_free(output->type);
  output->type = NULL;
  buf_clear(&output->held);
  buf_clear(&output->head);
  output->holding = output->released = output->failed = false;
}

void output_free(struct output *output)
{
  if (output == NULL)
    return;
  ui_progress_end(&output->progress);
  reset(output);
  target_free(output->target);
  sieve_free(output->sieve);
  mem_free(output);
}

static enum code to_present(void *user, const void *bytes, size_t len,
                            struct err *err)
{
  const struct output *output = user;

  return present_write(output->present, bytes, len, err);
}

enum code output_new(struct output **ret_output, const struct request *request,
                     struct err *err)
{
  AUTO(output) output = mem_zalloc(sizeof *output);
  struct stat st;
  enum code code;

  if (output == NULL)
    return err_nomem(err);
  output->request = request;
  buf_init(&output->held, HELD_MAX + BUF_DOCUMENT);
  buf_init(&output->head, BUF_DOCUMENT);
  output->stdout_is_file =
      fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
  code = target_new(&output->target, request, err);
  if (code == E_OK)
    code = sieve_new(&output->sieve, request,
                     (struct format_sink){.write = to_present, .user = output},
                     err);
  if (code != E_OK)
    return code;
  *ret_output = output;
  output = NULL;
  return E_OK;
}

struct target *output_target(struct output *output)
{
  return output->target;
}

enum code output_ready(struct output *output, struct err *err)
{
  return sieve_ready(output->sieve, err);
}

struct sieve *output_sieve(const struct output *output)
{
  return output->sieve;
}

bool output_is_bulk(const struct output *output)
{
  return output->target != NULL || output->stdout_is_file;
}

/* A body that is read while it is sent. */
static bool is_upload(const struct request *request)
{
  size_t ignored;

  return request->body != NULL && body_bytes(request->body, &ignored) == NULL;
}

void output_start(struct output *output)
{
  reset(output);
  if (output->target != NULL || !ui_stdout_is_terminal() ||
      is_upload(output->request))
    ui_progress_start(&output->progress, output->request->url->host);
}

void output_progress(void *user, int64_t sent, int64_t send_total,
                     int64_t received, int64_t receive_total)
{
  struct output *output = user;

  if (received == 0 && sent > 0)
    ui_progress_show(&output->progress, sent, send_total);
  else if (received > 0)
    ui_progress_show(&output->progress, received, receive_total);
}

void output_abort(struct output *output)
{
  struct err ignored = ERR_INIT;

  ui_progress_end(&output->progress);
  if (output->present != NULL)
    IGNORE(present_end(output->present, &ignored));
}

/* --- destinations --------------------------------------------------------- */

static enum code write_stderr(struct output *output, const char *bytes,
                              size_t len, struct err *err)
{
  if (len == 0)
    return E_OK;
  output->line_open = bytes[len - 1] != '\n';
  return file_write_fd(STDERR_FILENO, bytes, len, "standard error", err);
}

static enum code deliver(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct output *output = user;

  switch (output->where) {
  case TO_FILE:
    return target_write(output->target, bytes, len, err);
  case TO_STDOUT:
    return ui_out(bytes, len, err);
  case TO_STDERR:
    return write_stderr(output, bytes, len, err);
  case TO_NOBODY:
    break;
  }
  return E_OK;
}

static enum where destination(const struct output *output)
{
  const char *error_body = output->request->options->error_body;

  if (!output->failed)
    return output->target != NULL ? TO_FILE : TO_STDOUT;
  if (error_body == NULL || strcmp(error_body, "stderr") == 0)
    return TO_STDERR;
  return strcmp(error_body, "stdout") == 0 ? TO_STDOUT : TO_NOBODY;
}

static bool is_terminal(enum where where)
{
  return (where == TO_STDOUT && ui_stdout_is_terminal()) ||
         (where == TO_STDERR && ui_stderr_is_terminal());
}

/* The head goes to standard output, whatever becomes of the body. */
static enum code write_head(struct output *output, struct err *err)
{
  AUTO_BUF struct buf visible = BUF_INIT(4 * BUF_DOCUMENT);
  enum code code;

  if (output->head.len == 0)
    return E_OK;
  if (ui_stdout_is_terminal())
    codec_visible(&visible, buf_text(&output->head), output->head.len, true);
  else
    buf_put(&visible, buf_text(&output->head), output->head.len);
  code = buf_check(&visible, err);
  if (code == E_OK)
    code = ui_out(buf_text(&visible), visible.len, err);
  /* In front of what goes to standard error. */
  return code == E_OK ? ui_flush(err) : code;
}

static struct format_sink sink_of(struct output *output)
{
  return (struct format_sink){.write = deliver, .user = output};
}

static enum code pass(struct output *output, const void *bytes, size_t len,
                      struct err *err)
{
  return output->failed ? present_write(output->present, bytes, len, err)
                        : sieve_feed(output->sieve, bytes, len, err);
}

/* Decides where the answer goes and writes what was held back. */
static enum code release(struct output *output, bool failed, struct err *err)
{
  const struct request_options *o = output->request->options;
  const char *type = output->type;
  enum sieve_gives gives;
  bool terminal;
  enum code code;

  output->holding = false;
  output->released = true;
  output->failed = failed;
  output->where = destination(output);
  terminal = is_terminal(output->where);
  if (terminal || output->where == TO_STDERR)
    ui_progress_end(&output->progress);
  code = write_head(output, err);
  if (code == E_OK && output->where == TO_FILE && !output->unchanged)
    code = target_start(output->target, err);
  gives = failed ? SIEVE_SAME : sieve_gives(output->sieve, type);
  if (gives != SIEVE_SAME)
    type = gives == SIEVE_JSON ? "application/json" : "text/plain";
  if (code == E_OK)
    code = present_new(&output->present, terminal, output->where == TO_STDOUT,
                       type, o->raw, sink_of(output), err);
  if (code == E_OK && !failed)
    code = present_form(output->present, request_form(o),
                        request_gives_rows(o, output->type), err);
  if (code == E_OK && !failed)
    code = sieve_begin(output->sieve, output->type, err);
  if (code == E_OK && output->held.len > 0)
    code = pass(output, buf_text(&output->held), output->held.len, err);
  buf_clear(&output->held);
  return code;
}

/* --- what http_send calls ------------------------------------------------- */

static void put_head(struct output *output, const struct http_answer *answer)
{
  const char *end = ui_stdout_is_terminal() ? "\n" : "\r\n";

  buf_printf(&output->head, "%s %d%s%s%s", answer->version, answer->status,
             *answer->reason != '\0' ? " " : "", answer->reason, end);
  for (size_t i = 0; i < answer->headers.count; i++)
    buf_printf(&output->head, "%s: %s%s", answer->headers.items[i].name,
               answer->headers.items[i].value, end);
  buf_puts(&output->head, end);
}

enum code output_head(void *user, const struct http_answer *answer,
                      struct err *err)
{
  struct output *output = user;
  const struct request *request = output->request;
  const char *type = headers_get(&answer->headers, "Content-Type");
  struct verdict verdict = {.status = answer->status,
                            .ok = request->with_ok ? &request->ok : NULL,
                            .conditional = true};
  bool failed = !verdict_is_ok(&verdict);
  enum code code = E_OK;

  output->unchanged = answer->status == 304;
  output->type = mem_str(type);
  if (type != NULL && output->type == NULL)
    return err_nomem(err);
  if (request->options->include || request->options->head)
    put_head(output, answer);
  code = buf_check(&output->head, err);
  if (code == E_OK && output->target != NULL)
    code = target_head(output->target, answer, err);
  if (code == E_OK && !request->foreign && present_is_json(output->type))
    code = refusal_new(&output->refusal, request->selection.profile, err);
  if (code != E_OK)
    return code;
  output->holding = output->refusal != NULL && !failed;
  output->failed = output->status_failed = failed;
  return output->holding ? E_OK : release(output, failed, err);
}

static enum code hold(struct output *output, const void *bytes, size_t len,
                      struct err *err)
{
  buf_put(&output->held, bytes, len);
  if (buf_check(&output->held, err) != E_OK)
    return err->code;
  if (refusal_is_known(output->refusal))
    return release(output, refusal_is(output->refusal), err);
  return output->held.len < HELD_MAX ? E_OK : release(output, false, err);
}

enum code output_body(void *user, const void *bytes, size_t len,
                      struct err *err)
{
  struct output *output = user;
  struct err ignored = ERR_INIT;
  enum code code = refusal_feed(output->refusal, bytes, len, err);

  if (code != E_OK)
    return code;
  if (output->holding)
    return hold(output, bytes, len, err);
  code = pass(output, bytes, len, err);
  /* Whoever reads the other end wants it now; a file can wait, unless it is
   * read along while events come. */
  if (output->where == TO_STDOUT &&
      (!output->stdout_is_file || sieve_events(output->sieve) != NULL)) {
    enum code flushed = ui_flush(code == E_OK ? err : &ignored);

    code = code == E_OK ? flushed : code;
  }
  return code;
}

enum code output_end(struct output *output, bool *ret_refused,
                     char **ret_message, struct err *err)
{
  enum code code = E_OK;

  *ret_refused = !output->status_failed && refusal_is(output->refusal);
  *ret_message = refusal_message(output->refusal);
  if (!output->released)
    code = release(output, output->failed || *ret_refused, err);
  ui_progress_end(&output->progress);
  if (code == E_OK && !output->failed)
    code = sieve_end(output->sieve, err);
  if (code == E_OK)
    code = present_end(output->present, err);
  if (code == E_OK && output->where == TO_STDERR && output->line_open)
    code = write_stderr(output, "\n", 1, err);
  if (code == E_OK && output->where == TO_FILE && !output->unchanged)
    code = target_commit(output->target, err);
  return code;
}
