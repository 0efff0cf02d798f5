#include "cmd/request_target.h"

#include "api/filename.h"
#include "api/part.h"
#include "api/save.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMAND_MAX = 800 }; /* of a hint's 1023 */

struct target {
  const struct request *request;
  const char *path; /* NULL: the answer names it (-J) */
  char *named;      /* by the answer */
  bool reserved;    /* an empty file of that name is ours */
  struct save *save;
  struct part *part;  /* -C */
  struct range probe; /* FILE, which may be whole */
  struct range now;   /* the answer's bytes */
  bool plain;         /* all of it is asked for */
  bool asked;         /* for a part */
  bool goes_on;       /* the answer is the rest */
  bool started;
};

void target_free(struct target *target)
{
  if (target == NULL)
    return;
  save_free(target->save);
  part_free(target->part);
  if (target->reserved)
    (void)unlink(target->named);
  range_clear(&target->now);
  mem_free(target->named);
  mem_free(target);
}

/* -O names a file of this directory, and nothing that lies elsewhere. */
static enum code check_remote_name(const char *name, struct err *err)
{
  struct stat st;
  enum code code;

  if (lstat(name, &st) != 0 || S_ISREG(st.st_mode))
    return E_OK;
  code =
      err_set(err, E_USAGE, "'%s' is there and is no regular file (-O)", name);
  err_hint(err, "name the file: -o FILE");
  return code;
}

static enum code open_target(struct target *target, struct err *err)
{
  const struct request_options *o = target->request->options;
  enum code code = E_OK;

  if (target->path == NULL)
    return E_OK;
  if (o->remote_name)
    code = check_remote_name(target->path, err);
  if (code != E_OK)
    return code;
  if (o->continue_at == NULL)
    return save_open(&target->save, target->path, err);
  code =
      part_open(&target->part, target->path, target->request->url->text, err);
  if (code == E_OK)
    target->probe = (struct range){
        .at = part_finished(target->part), .end = -1, .total = -1};
  return code;
}

enum code target_new(struct target **ret_target, const struct request *request,
                     struct err *err)
{
  AUTO(target) target = NULL;
  enum code code;

  *ret_target = NULL;
  if (request->file == NULL && !request->options->remote_header_name)
    return E_OK;
  target = mem_zalloc(sizeof *target);
  if (target == NULL)
    return err_nomem(err);
  target->request = request;
  if (!request->options->remote_header_name)
    target->path = request->file;
  code = open_target(target, err);
  if (code != E_OK)
    return code;
  *ret_target = target;
  target = NULL;
  return E_OK;
}

/* --- -C: asking, and what comes --------------------------------------------
 */

static enum code copy_headers(const struct headers *from, struct headers *to,
                              struct err *err)
{
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < from->count; i++) {
    const struct header *header = &from->items[i];

    code = header->secret != NULL
               ? headers_add_secret(to, header->name, header->secret, err)
               : headers_add(to, header->name, header->value, err);
  }
  return code;
}

/* What is there of the body; NULL: nothing that a part could be added to. */
static struct range *there(struct target *target)
{
  struct range *range = part_range(target->part);

  if (target->plain)
    return NULL;
  if (range->validator != NULL)
    return range;
  return target->probe.at > 0 ? &target->probe : NULL;
}

enum code target_ask(struct target *target, const struct headers *own,
                     struct headers *ret_headers, bool *ret_used,
                     struct err *err)
{
  const struct range *range;
  enum code code;

  *ret_used = target != NULL && target->part != NULL;
  if (!*ret_used)
    return E_OK;
  range = there(target);
  target->asked = range != NULL;
  code = copy_headers(own, ret_headers, err);
  if (code != E_OK)
    return code;
  return target->asked
             ? range_ask(range, ret_headers, err)
             : headers_set(ret_headers, "Accept-Encoding", "identity", err);
}

static void say_anew(const struct target *target, const char *why)
{
  log_note("'%s' is begun anew: %s", target->path, why);
}

enum target_step target_judge(struct target *target,
                              const struct http_answer *answer)
{
  bool known;

  if (target == NULL || !target->asked)
    return TARGET_TAKES;
  known = part_range(target->part)->validator != NULL;
  switch (range_judge(there(target), answer)) {
  case RANGE_GOES_ON:
    target->goes_on = true;
    log_line(LOG_VERBOSE, "goes on behind %" PRId64 " bytes",
             part_range(target->part)->at);
    break;
  case RANGE_SAME:
    say_anew(target, "the server does not send parts");
    break;
  case RANGE_OTHER:
    say_anew(target, known ? "the answer is not of what is there, or does not "
                             "tell"
                           : "the server does not tell whether it is whole");
    break;
  case RANGE_COMPLETE:
    return TARGET_FINISHED;
  case RANGE_WRONG:
    say_anew(target, known ? "the server's part does not fit what is there"
                           : "what is there is not known to be a part of it");
    target->plain = true;
    return TARGET_AGAIN;
  case RANGE_FAILED:
    break;
  }
  return TARGET_TAKES;
}

/* --- the name that the answer gives ----------------------------------------
 */

static enum code choose_name(struct target *target,
                             const struct http_answer *answer, struct err *err)
{
  const char *field = headers_get(&answer->headers, "Content-Disposition");
  enum code code = E_OK;

  mem_free(target->named);
  target->named = NULL;
  if (field != NULL)
    code = filename_of_disposition(&target->named, field, err);
  if (code == E_OK && target->named == NULL)
    code = filename_of_url(&target->named, target->request->url, err);
  return code;
}

/* Nothing of the user's is replaced by a name that somebody else chose. */
static enum code reserve(struct target *target, struct err *err)
{
  int fd = open(target->named,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  enum code code;

  if (fd >= 0) {
    (void)close(fd);
    target->reserved = true;
    target->path = target->named;
    return E_OK;
  }
  code = err_set(err, E_OUTPUT, "cannot make '%s' (-J): %s", target->named,
                 strerror(errno));
  err_hint(err, "name the file: -o FILE");
  return code;
}

/* --- the body ---------------------------------------------------------------
 */

enum code target_head(struct target *target, const struct http_answer *answer,
                      struct err *err)
{
  if (target->part != NULL && !target->goes_on) {
    range_clear(&target->now);
    return range_begin(&target->now, answer, err);
  }
  return target->request->options->remote_header_name
             ? choose_name(target, answer, err)
             : E_OK;
}

enum code target_start(struct target *target, struct err *err)
{
  enum code code = E_OK;

  target->started = true;
  if (target->part != NULL)
    return target->goes_on ? part_go_on(target->part, err)
                           : part_begin(target->part, &target->now, err);
  if (target->save != NULL)
    return E_OK;
  code = reserve(target, err);
  return code == E_OK ? save_open(&target->save, target->path, err) : code;
}

enum code target_write(struct target *target, const void *bytes, size_t len,
                       struct err *err)
{
  return target->part != NULL ? part_write(target->part, bytes, len, err)
                              : save_write(target->save, bytes, len, err);
}

enum code target_commit(struct target *target, struct err *err)
{
  enum code code;

  if (target->part != NULL)
    return part_commit(target->part, err);
  code = save_commit(target->save, err);
  if (code == E_OK && target->reserved) {
    target->reserved = false;
    log_note("saved as '%s'", target->named);
  }
  return code;
}

enum code target_finish(struct target *target, struct err *err)
{
  if (part_range(target->part)->validator != NULL)
    return part_commit(target->part, err);
  log_line(LOG_VERBOSE, "'%s' is whole already", target->path);
  return E_OK;
}

/* --- what is kept -----------------------------------------------------------
 */

/* The command line, as a line to paste. */
static void put_command(struct buf *out, const struct ctx *ctx)
{
  buf_puts(out, "fob");
  for (int i = 0; i < ctx->argc; i++) {
    buf_putc(out, ' ');
    codec_shell(out, ctx->argv[i]);
  }
}

static bool may_go_on(enum code code)
{
  return code == E_INCOMPLETE || code == E_CUT || code == E_TIMEOUT;
}

void target_explain(const struct target *target, const struct ctx *ctx,
                    enum code code, struct err *err)
{
  AUTO_BUF struct buf line = BUF_INIT(COMMAND_MAX);
  const char *command = "the same command";
  int64_t kept;

  if (target == NULL || code == E_OK)
    return;
  kept = target->part != NULL ? part_kept(target->part) : 0;
  if (kept == 0) {
    if (target->part == NULL && target->path != target->named &&
        target->started && may_go_on(code) &&
        strcmp(target->request->method, "GET") == 0)
      err_hint(err, "with -C - what comes is kept, and another run goes on");
    return;
  }
  put_command(&line, ctx);
  if (line.failed == E_OK)
    command = buf_text(&line);
  /* Of a signal no error is shown. */
  if (code == E_SIGNAL) {
    log_note("%" PRId64 " bytes are kept in '%s'; to go on:", kept,
             part_file(target->part));
    log_raw(LOG_NORMAL, "     %s", command);
  }
  err_hint(err, "%" PRId64 " bytes are kept in '%s'; to go on:", kept,
           part_file(target->part));
  err_hint(err, "%s", command);
}
