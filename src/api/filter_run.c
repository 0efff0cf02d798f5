/* Every jv has one owner: a call of libjq takes its arguments over, jv_copy()
 * aside. What is said here was tried with jq 1.6, 1.7 and 1.8. */
#include "api/filter_run.h"

#include "base/buf.h"
#include "base/mem.h"
#include "lazy/jq.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

enum { SAID_MAX = 2048, NOTE_MAX = 64 * 1024, OUT_BUFFER = 64 * 1024 };

struct filter_run {
  struct filter_run_sink sink;
  bool raw;
  jq_state *jq;
  jv_parser *parser;
  jv value; /* the document, once it is whole; else invalid */
  FILE *out;
  char out_buffer[OUT_BUFFER];
  enum code out_code; /* of the sink */
  FILE *notes;        /* what libjq writes to standard error */
  FILE *stderr_before;
  struct buf note;
  struct buf said; /* by the compiler */
  jmp_buf short_of_memory;
  bool broken; /* memory was short within libjq, which cannot be freed then */
};

/* --- what libjq calls ------------------------------------------------------
 */

/* Whose call of libjq is under way: 1.6 forgets what its handler is to be
 * given.
 */
static struct filter_run *at_work;

static void on_nomem(void *user)
{
  (void)user;
  longjmp(at_work->short_of_memory, 1);
}

/* Where libjq was left by a jump. */
static enum code no_memory(struct filter_run *run, struct err *err)
{
  run->broken = true;
  return err_set(err, E_LOCAL, "jq ran out of memory");
}

/* "jq: error: syntax error, unexpected $end at <top-level>, line 1:\n.[" */
static void on_compile_error(void *user, jv message)
{
  static const char lead[] = "jq: error: ", top[] = "<top-level>, ";
  struct filter_run *run = user;
  const char *text, *cut;
  size_t len;

  if (sym_jv_get_kind(message) != JV_KIND_STRING)
    message = sym_jv_dump_string(message, 0);
  text = sym_jv_string_value(message);
  if (strncmp(text, lead, sizeof lead - 1) == 0)
    text += sizeof lead - 1;
  len = strcspn(text, "\n");
  if (len > 0 && text[len - 1] == ':')
    len--;
  if (len > 0 && strstr(text, " compile error") == NULL) {
    cut = memmem(text, len, top, sizeof top - 1);
    buf_puts(&run->said, run->said.len > 0 ? "; " : "");
    if (cut != NULL) {
      buf_put(&run->said, text, (size_t)(cut - text));
      len -= (size_t)(cut - text) + sizeof top - 1;
      text = cut + sizeof top - 1;
    }
    buf_put(&run->said, text, len);
  }
  sym_jv_free(message);
}

static jv on_input(jq_state *jq, void *user)
{
  (void)jq;
  (void)user;
  return sym_jv_invalid_with_msg(sym_jv_string(
      "there is no further input: each document is filtered by itself"));
}

static void on_debug(void *user, jv message)
{
  struct filter_run *run = user;
  jv text = sym_jv_dump_string(message, 0);
  AUTO_BUF struct buf note = BUF_INIT(NOTE_MAX);
  size_t len = (size_t)sym_jv_string_length_bytes(sym_jv_copy(text));

  buf_puts(&note, "debug: ");
  buf_put(&note, sym_jv_string_value(text),
          len < NOTE_MAX - note.len ? len : NOTE_MAX - note.len);
  sym_jv_free(text);
  run->sink.note(run->sink.user, buf_text(&note), note.len);
}

/* fopencookie(): results. */
static ssize_t write_out(void *user, const char *bytes, size_t len)
{
  struct filter_run *run = user;

  if (run->out_code == E_OK)
    run->out_code = run->sink.text(run->sink.user, bytes, len);
  return run->out_code == E_OK ? (ssize_t)len : -1;
}

/* The same: `stderr`, whose values have no line ends, and libjq's last words.
 */
static ssize_t write_note(void *user, const char *bytes, size_t len)
{
  struct filter_run *run = user;
  size_t at = 0;

  while (at < len) {
    const char *end = memchr(bytes + at, '\n', len - at);
    size_t part = end != NULL ? (size_t)(end - bytes) - at : len - at;

    if (part <= NOTE_MAX - run->note.len)
      buf_put(&run->note, bytes + at, part);
    at += part;
    if (end == NULL)
      break;
    run->sink.note(run->sink.user, buf_text(&run->note), run->note.len);
    buf_truncate(&run->note, 0);
    at++;
  }
  return (ssize_t)len;
}

static void end_note(struct filter_run *run)
{
  (void)fflush(run->notes);
  if (run->note.len > 0)
    run->sink.note(run->sink.user, buf_text(&run->note), run->note.len);
  buf_truncate(&run->note, 0);
}

/* Around whatever may write to standard error or run out of memory: libjq knows
 * no other place for the former than the C library's. */
static void enter(struct filter_run *run)
{
  at_work = run;
  run->stderr_before = stderr;
  stderr = run->notes;
}

static void leave(struct filter_run *run)
{
  stderr = run->stderr_before;
  end_note(run);
}

/* --- compiling -------------------------------------------------------------
 */

static enum code open_streams(struct filter_run *run, struct err *err)
{
  static const cookie_io_functions_t out = {.write = write_out},
                                     notes = {.write = write_note};

  run->out = fopencookie(run, "w", out);
  run->notes = fopencookie(run, "w", notes);
  if (run->out == NULL || run->notes == NULL)
    return err_nomem(err);
  (void)setvbuf(run->out, run->out_buffer, _IOFBF, sizeof run->out_buffer);
  return E_OK;
}

static enum code compile(struct filter_run *run, const char *expression,
                         struct err *err)
{
  int compiled;

  run->jq = sym_jq_init();
  if (run->jq == NULL)
    return err_nomem(err);
  /* jq_init() leaves them undefined in 1.6. */
  sym_jq_set_nomem_handler(run->jq, on_nomem, run);
  sym_jq_set_error_cb(run->jq, on_compile_error, run);
  sym_jq_set_input_cb(run->jq, on_input, run);
  sym_jq_set_debug_cb(run->jq, on_debug, run);
  /* Where modules are looked for; `import` aborts without. */
  sym_jq_set_attr(run->jq, sym_jv_string("JQ_LIBRARY_PATH"), sym_jv_array());
  sym_jq_set_attr(run->jq, sym_jv_string("JQ_ORIGIN"), sym_jv_string("/"));
  sym_jq_set_attr(run->jq, sym_jv_string("PROGRAM_ORIGIN"), sym_jv_string("/"));
  compiled = sym_jq_compile(run->jq, expression);
  run->parser = sym_jv_parser_new(0);
  if (compiled)
    return E_OK;
  return err_set(err, E_USAGE, "jq cannot compile it: %s",
                 run->said.len > 0 ? buf_text(&run->said) : "no reason given");
}

static enum code try_to_compile(struct filter_run *run, const char *expression,
                                struct err *err)
{
  enum code code;

  enter(run);
  if (setjmp(run->short_of_memory) == 0)
    code = compile(run, expression, err);
  else
    code = no_memory(run, err);
  leave(run);
  return code;
}

enum code filter_run_new(struct filter_run **ret_run, const char *expression,
                         bool raw, const struct filter_run_sink *sink,
                         struct err *err)
{
  AUTO(filter_run) run = NULL;
  enum code code = lazy_jq(err);

  if (code != E_OK)
    return code;
  run = mem_zalloc(sizeof *run);
  if (run == NULL)
    return err_nomem(err);
  run->sink = *sink;
  run->raw = raw;
  run->value = sym_jv_invalid();
  buf_init(&run->note, NOTE_MAX);
  buf_init(&run->said, SAID_MAX);
  code = open_streams(run, err);
  if (code != E_OK)
    return code;
  code = try_to_compile(run, expression, err);
  if (code != E_OK)
    return code;
  *ret_run = run;
  run = NULL;
  return E_OK;
}

void filter_run_free(struct filter_run *run)
{
  if (run == NULL)
    return;
  if (run->out != NULL) {
    run->out_code = E_OUTPUT; /* nothing more is wanted */
    (void)fclose(run->out);
  }
  if (!run->broken) {
    sym_jv_free(run->value);
    if (run->parser != NULL)
      sym_jv_parser_free(run->parser);
    sym_jq_teardown(&run->jq); /* NULL is fine */
  }
  if (run->notes != NULL)
    (void)fclose(run->notes);
  buf_clear(&run->note);
  buf_clear(&run->said);
  mem_free(run);
}

/* --- a document ------------------------------------------------------------
 */

/* The words of an error that libjq gave; takes it over. */
static enum code said_by(jv error, enum code code, const char *what,
                         struct err *err)
{
  jv message = sym_jv_invalid_get_msg(error);

  if (sym_jv_get_kind(message) != JV_KIND_STRING)
    message = sym_jv_dump_string(message, 0);
  (void)err_set(err, code, "%s: %s", what, sym_jv_string_value(message));
  sym_jv_free(message);
  return code;
}

static enum code parse(struct filter_run *run, const char *bytes, size_t len,
                       struct err *err)
{
  jv value;

  sym_jv_parser_set_buf(run->parser, bytes, (int)len, 1);
  for (;;) {
    value = sym_jv_parser_next(run->parser);
    if (sym_jv_get_kind(value) != JV_KIND_INVALID) {
      sym_jv_free(run->value);
      run->value = value;
    } else if (sym_jv_invalid_has_msg(sym_jv_copy(value))) {
      return said_by(value, E_ANSWER, "jq cannot read the answer", err);
    } else {
      sym_jv_free(value);
      return E_OK;
    }
  }
}

enum code filter_run_feed(struct filter_run *run, const char *bytes, size_t len,
                          struct err *err)
{
  enum code code;

  if (run->broken)
    return no_memory(run, err);
  enter(run);
  if (setjmp(run->short_of_memory) == 0)
    code = parse(run, bytes, len, err);
  else
    code = no_memory(run, err);
  leave(run);
  return code;
}

static void write_value(struct filter_run *run, jv value)
{
  if (run->raw && sym_jv_get_kind(value) == JV_KIND_STRING) {
    size_t len = (size_t)sym_jv_string_length_bytes(sym_jv_copy(value));

    (void)fwrite(sym_jv_string_value(value), 1, len, run->out);
    sym_jv_free(value);
  } else {
    sym_jv_dumpf(value, run->out, 0);
  }
  (void)fwrite("\n", 1, 1, run->out);
}

/* `halt`, and `halt_error`, which fails unless its status is 0. */
static enum code after_halt(struct filter_run *run, struct err *err)
{
  jv status = sym_jq_get_exit_code(run->jq);
  jv message = sym_jq_get_error_message(run->jq);
  bool failed = sym_jv_get_kind(status) == JV_KIND_NUMBER
                    ? sym_jv_number_value(status) != 0
                    : sym_jv_get_kind(status) != JV_KIND_INVALID;
  bool says = sym_jv_get_kind(message) != JV_KIND_INVALID &&
              sym_jv_get_kind(message) != JV_KIND_NULL;
  const char *text;

  sym_jv_free(status);
  if (sym_jv_get_kind(message) != JV_KIND_STRING)
    message = sym_jv_dump_string(message, JV_PRINT_INVALID);
  text = sym_jv_string_value(message);
  if (failed)
    (void)err_set(err, E_FILTER, "the filter halted%s%.*s", says ? ": " : "",
                  says ? (int)strcspn(text, "\n") : 0, text);
  else if (says)
    run->sink.note(run->sink.user, text, strcspn(text, "\n"));
  sym_jv_free(message);
  return failed ? E_FILTER : E_OK;
}

static enum code evaluate(struct filter_run *run,
                          struct filter_outcome *outcome, struct err *err)
{
  jv document, result;
  jv_kind kind;
  enum code code = parse(run, "\n", 1, err); /* which ends a number */

  if (code != E_OK)
    return code;
  document = run->value;
  run->value = sym_jv_invalid();
  sym_jq_start(run->jq, document, 0);
  while (run->out_code == E_OK) {
    result = sym_jq_next(run->jq);
    kind = sym_jv_get_kind(result);
    if (kind == JV_KIND_INVALID)
      break;
    outcome->is_true = (outcome->is_true || !outcome->gave) &&
                       kind != JV_KIND_FALSE && kind != JV_KIND_NULL;
    outcome->gave = true;
    write_value(run, result);
  }
  if (run->out_code != E_OK)
    return E_OK;
  outcome->halted = sym_jq_halted(run->jq) != 0;
  if (outcome->halted) {
    sym_jv_free(result);
    return after_halt(run, err);
  }
  if (sym_jv_invalid_has_msg(sym_jv_copy(result)))
    return said_by(result, E_FILTER, "the filter failed", err);
  sym_jv_free(result);
  return E_OK;
}

enum code filter_run_end(struct filter_run *run,
                         struct filter_outcome *ret_outcome, struct err *err)
{
  struct filter_outcome outcome = {0};
  enum code code;

  if (run->broken)
    return no_memory(run, err);
  enter(run);
  if (setjmp(run->short_of_memory) == 0)
    code = evaluate(run, &outcome, err);
  else
    code = no_memory(run, err);
  leave(run);
  (void)fflush(run->out);
  if (code == E_OK)
    *ret_outcome = outcome;
  return code;
}
