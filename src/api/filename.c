#include "api/filename.h"

#include "base/buf.h"
#include "base/codec.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 200 }; /* ".part.json" has to fit behind it */

bool filename_is_safe(const char *name)
{
  AUTO_BUF struct buf visible = BUF_INIT(BUF_LINE);
  size_t len = strlen(name);

  if (len == 0 || len > NAME_MAX_BYTES || strchr(".- ", name[0]) != NULL ||
      name[len - 1] == ' ' || strchr(name, '/') != NULL ||
      !codec_is_utf8(name, len))
    return false;
  codec_visible(&visible, name, len, false);
  return visible.failed == E_OK && visible.len == len &&
         memcmp(buf_text(&visible), name, len) == 0;
}

enum code filename_of_url(char **ret_name, const struct url *url,
                          struct err *err)
{
  AUTO_BUF struct buf name = BUF_INIT(BUF_URL);
  const char *last = strrchr(url->path, '/') + 1;
  bool good = codec_unpercent(&name, last, strlen(last), false);
  enum code code = buf_check(&name, err);

  if (code != E_OK)
    return code;
  /* A NUL would hide what is behind it. */
  good = good && strlen(buf_text(&name)) == name.len &&
         filename_is_safe(buf_text(&name));
  if (!good) {
    code = *last == '\0'
               ? err_set(err, E_USAGE, "'%s' ends in no file's name (-O)",
                         url->path)
               : err_set(err, E_USAGE,
                         "the last part of the URL, '%s', is no file name that "
                         "is taken (-O)",
                         last);
    err_hint(err, "name the file: -o FILE");
    return code;
  }
  *ret_name = mem_str(buf_text(&name));
  return *ret_name != NULL ? E_OK : err_nomem(err);
}

/* --- Content-Disposition ---------------------------------------------------
 */

static void skip_blanks(const char **at)
{
  *at += strspn(*at, " \t");
}

/* RFC 9110 §5.6.2. */
static size_t token_len(const char *at)
{
  return strspn(at, "!#$%&'*+-.^_`|~0123456789"
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool take_quoted(const char **at, struct buf *value)
{
  for (++*at; **at != '"'; ++*at) {
    if (**at == '\\')
      ++*at;
    if (**at == '\0')
      return false;
    buf_putc(value, **at);
  }
  ++*at;
  return true;
}

static bool take_value(const char **at, struct buf *value)
{
  size_t len;

  if (**at == '"')
    return take_quoted(at, value);
  len = token_len(*at);
  buf_put(value, *at, len);
  *at += len;
  return len > 0;
}

/* "; name = value". *ret_name is borrowed. */
static bool take_parameter(const char **at, const char **ret_name,
                           size_t *ret_len, struct buf *value)
{
  if (**at != ';')
    return false;
  ++*at;
  skip_blanks(at);
  *ret_name = *at;
  *ret_len = token_len(*at);
  *at += *ret_len;
  skip_blanks(at);
  if (*ret_len == 0 || **at != '=')
    return false;
  ++*at;
  skip_blanks(at);
  if (!take_value(at, value))
    return false;
  skip_blanks(at);
  return true;
}

/* UTF-8'en'a%20b (RFC 8187 §3.2). */
static bool decode_extended(struct buf *out, const char *value)
{
  static const char charset[] = "UTF-8'";
  const char *text;

  if (strncasecmp(value, charset, sizeof charset - 1) != 0)
    return false;
  text = strchr(value + sizeof charset - 1, '\'');
  return text != NULL &&
         codec_unpercent(out, text + 1, strlen(text + 1), false) &&
         strlen(buf_text(out)) == out->len;
}

/* The last part of a path of any system; NULL when it is not safe. */
static const char *safe_part(const char *name)
{
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '/' || *at == '\\')
      name = at + 1;
  }
  return filename_is_safe(name) ? name : NULL;
}

static bool is_name(const char *name, size_t len, const char *wanted)
{
  return strlen(wanted) == len && strncasecmp(name, wanted, len) == 0;
}

/* Both names as they are given; E_ANSWER: the field cannot be read. */
static enum code read_names(const char *field, struct buf *plain,
                            struct buf *extended)
{
  const char *at = field;

  skip_blanks(&at);
  at += token_len(at);
  skip_blanks(&at);
  while (*at != '\0') {
    AUTO_BUF struct buf value = BUF_INIT(BUF_LINE);
    const char *name;
    size_t len;

    if (!take_parameter(&at, &name, &len, &value))
      return value.failed == E_NOMEM ? E_NOMEM : E_ANSWER;
    if (value.failed != E_OK)
      return value.failed;
    /* The first counts, as in browsers. */
    if (is_name(name, len, "filename") && plain->len == 0)
      buf_put(plain, buf_text(&value), value.len);
    if (is_name(name, len, "filename*") && extended->len == 0 &&
        !decode_extended(extended, buf_text(&value)))
      buf_truncate(extended, 0);
  }
  return plain->failed != E_OK ? plain->failed : extended->failed;
}

enum code filename_of_disposition(char **ret_name, const char *field,
                                  struct err *err)
{
  AUTO_BUF struct buf plain = BUF_INIT(BUF_LINE);
  AUTO_BUF struct buf extended = BUF_INIT(BUF_LINE);
  const char *name = NULL;
  enum code code = read_names(field, &plain, &extended);

  *ret_name = NULL;
  if (code != E_OK)
    return code == E_NOMEM ? err_nomem(err) : E_OK;
  if (extended.len > 0)
    name = safe_part(buf_text(&extended));
  if (name == NULL && plain.len > 0)
    name = safe_part(buf_text(&plain));
  if (name == NULL)
    return E_OK;
  *ret_name = mem_str(name);
  return *ret_name != NULL ? E_OK : err_nomem(err);
}
