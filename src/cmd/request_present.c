/* How a body is shown where it goes: to a terminal in a form that a person can
 * read and that the server cannot act through, anywhere else as it is. */
#include "cmd/request.h"

#include "api/merge.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/ui.h"

#include <string.h>
#include <strings.h>

enum { LOOK_AT = 4096 }; /* bytes that tell text from anything else */

struct present {
  struct format_sink sink;
  struct format *format; /* NULL: the bytes as they are */
  struct merge *lines;   /* NULL: but for FORM_LINES */
  bool lines_begun;
  char *type;
  bool terminal, is_stdout, json, plain;
  bool demanded;     /* that it is JSON */
  bool looked;       /* the first bytes have been looked at */
  bool withheld;     /* not for a terminal */
  uint64_t received; /* bytes */
};

/* The media type without its parameters is `want`; a '*' in front stands for
 * anything. */
static bool type_is(const char *type, const char *want)
{
  size_t len = strcspn(type, "; \t");
  size_t want_len = strlen(want);

  if (*want == '*') {
    want++;
    want_len--;
    return len >= want_len &&
           strncasecmp(type + len - want_len, want, want_len) == 0;
  }
  if (want[want_len - 1] == '/')
    return strncasecmp(type, want, want_len) == 0;
  return len == want_len && strncasecmp(type, want, len) == 0;
}

static bool type_in(const char *type, const char *const types[], size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (type_is(type, types[i]))
      return true;
  }
  return false;
}

bool present_is_rows(const char *type)
{
  static const char *const types[] = {
      "application/x-ndjson", "application/ndjson", "application/jsonl",
      "application/x-jsonlines", "application/jsonlines"};

  return type != NULL && type_in(type, types, ARRAY_LEN(types));
}

bool present_is_json(const char *type)
{
  static const char *const types[] = {"application/json", "text/json",
                                      "*+json"};

  return type != NULL &&
         (type_in(type, types, ARRAY_LEN(types)) || present_is_rows(type));
}

static bool is_text_type(const char *type)
{
  static const char *const types[] = {"text/",
                                      "*+xml",
                                      "application/xml",
                                      "application/javascript",
                                      "application/x-www-form-urlencoded",
                                      "application/yaml",
                                      "application/graphql"};

  return type_in(type, types, ARRAY_LEN(types));
}

/* The end of the piece may have cut a character. */
static bool looks_like_utf8(const char *bytes, size_t len)
{
  for (size_t cut = 0; cut <= 3 && cut <= len; cut++) {
    if (codec_is_utf8(bytes, len - cut))
      return true;
  }
  return false;
}

static bool is_text(const struct present *present, const char *bytes,
                    size_t len)
{
  if (len > LOOK_AT)
    len = LOOK_AT;
  if (memchr(bytes, '\0', len) != NULL)
    return false;
  if (present->json || (present->type != NULL && is_text_type(present->type)))
    return true;
  return looks_like_utf8(bytes, len);
}

static enum code add_format(struct present *present, struct err *err)
{
  bool is_stdout = present->is_stdout;
  struct format_colors colors = {
      .key = ui_style(UI_CYAN, is_stdout),
      .string = ui_style(UI_GREEN, is_stdout),
      .number = ui_style(UI_YELLOW, is_stdout),
      .word = ui_style(UI_BOLD, is_stdout),
      .reset = ui_style(UI_PLAIN, is_stdout),
  };
  bool colored = present->terminal || is_stdout; /* never in a file */

  return format_new(&present->format, present->terminal,
                    colored ? &colors : NULL, present->sink, err);
}

enum code present_new(struct present **ret_present, bool terminal,
                      bool is_stdout, const char *type, bool plain,
                      struct format_sink sink, struct err *err)
{
  AUTO(present) present = mem_zalloc(sizeof *present);
  enum code code = E_OK;

  if (present == NULL)
    return err_nomem(err);
  present->sink = sink;
  present->terminal = terminal;
  present->is_stdout = is_stdout;
  present->plain = plain;
  present->json = present_is_json(type);
  present->type = mem_str(type);
  if (type != NULL && present->type == NULL)
    return err_nomem(err);
  if (terminal)
    code = add_format(present, err);
  if (code != E_OK)
    return code;
  *ret_present = present;
  present = NULL;
  return E_OK;
}

void present_free(struct present *present)
{
  if (present == NULL)
    return;
  format_free(present->format);
  merge_free(present->lines);
  mem_free(present->type);
  mem_free(present);
}

/* Without a Content-Type, what begins like JSON is taken for it. */
static void look(struct present *present, const char *bytes, size_t len)
{
  size_t blank = 0;

  present->looked = true;
  present->withheld = !is_text(present, bytes, len);
  while (blank < len && strchr(" \t\r\n", bytes[blank]) != NULL)
    blank++;
  if (present->type == NULL && blank < len &&
      strchr("{[", bytes[blank]) != NULL)
    present->json = true;
  if (!present->json || present->plain)
    format_as_text(present->format);
}

static enum code show(void *user, const void *bytes, size_t len,
                      struct err *err)
{
  struct present *present = user;

  if (present->format == NULL)
    return present->sink.write(present->sink.user, bytes, len, err);
  if (present->terminal && !present->looked && len > 0)
    look(present, bytes, len);
  present->received += len;
  return present->withheld ? E_OK
                           : format_feed(present->format, bytes, len, err);
}

enum code present_form(struct present *present, enum request_form form,
                       bool rows, struct err *err)
{
  struct merge_options lines = {
      .form = MERGE_LINES,
      .alone = true,
      .rows = rows,
      .sink = {.write = show, .user = present},
  };

  switch (form) {
  case FORM_AUTO:
    return E_OK;
  case FORM_RAW:
    format_free(present->format);
    present->format = NULL;
    return E_OK;
  case FORM_JSON:
    present->json = present->demanded = true;
    return present->format == NULL ? add_format(present, err) : E_OK;
  case FORM_LINES:
    present->json = present->plain = true;
    return merge_new(&present->lines, &lines, err);
  }
  return E_OK;
}

static enum code way_out(enum code code, struct err *err)
{
  if (code == E_ANSWER)
    err_hint(err, "--format raw prints it as it is");
  return code;
}

enum code present_write(void *user, const void *bytes, size_t len,
                        struct err *err)
{
  struct present *present = user;
  enum code code = E_OK;

  if (present->lines == NULL)
    return show(present, bytes, len, err);
  /* An answer without a body has no lines. */
  if (!present->lines_begun && len > 0) {
    present->lines_begun = true;
    code = merge_page(present->lines, 0, err);
  }
  if (code == E_OK)
    code = merge_feed(present->lines, bytes, len, err);
  return way_out(code, err);
}

/* What was not JSON although this was asked for. */
static enum code not_json(struct err *err)
{
  return way_out(err_set(err, E_ANSWER, "the answer is not JSON to its end"),
                 err);
}

static enum code end_shown(struct present *present, struct err *err)
{
  bool whole = true;
  enum code code = E_OK;

  if (present->format == NULL)
    return E_OK;
  if (!present->withheld) {
    code = format_end(present->format, &whole, err);
    return code == E_OK && present->demanded && !whole ? not_json(err) : code;
  }
  log_note("%llu bytes%s%s are not text and not shown on a terminal; to keep "
           "them: -o FILE",
           (unsigned long long)present->received,
           present->type != NULL ? " of " : "",
           present->type != NULL ? present->type : "");
  return present->demanded ? not_json(err) : E_OK;
}

enum code present_end(struct present *present, struct err *err)
{
  struct err ignored = ERR_INIT;
  enum code code = E_OK, shown;

  if (present->lines_begun) {
    code = way_out(merge_page_end(present->lines, err), err);
    if (code == E_OK)
      code = merge_end(present->lines, err);
  }
  shown = end_shown(present, code == E_OK ? err : &ignored);
  return code == E_OK ? shown : code;
}
