#include "api/batch_lines.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

struct batch_lines {
  int fd;
  bool owned;   /* fd is ours to close */
  bool regular; /* never waits */
  bool ended;
  bool skipping; /* within a line that is too long */
  char *name;
  int64_t size;
  int64_t taken;
  uint64_t from;
  uint64_t next; /* the number of the line that begins at start */
  char *data;    /* cap bytes and a NUL */
  size_t cap;
  size_t start, end;
  size_t looked; /* no line ends before it */
};

static enum code look_at_file(struct batch_lines *lines, struct err *err)
{
  struct stat st;
  off_t at;

  if (fstat(lines->fd, &st) != 0)
    return err_set(err, E_USAGE, "cannot look at '%s': %s", lines->name,
                   strerror(errno));
  if (S_ISDIR(st.st_mode))
    return err_set(err, E_USAGE, "'%s' is a directory", lines->name);
  lines->regular = S_ISREG(st.st_mode);
  lines->size = -1;
  if (!lines->regular)
    return E_OK;
  at = lseek(lines->fd, 0, SEEK_CUR);
  lines->size = st.st_size > at && at > 0 ? st.st_size - at : st.st_size;
  return E_OK;
}

enum code batch_lines_open(struct batch_lines **ret_lines, const char *path,
                           uint64_t from, struct err *err)
{
  bool is_stdin = strcmp(path, "-") == 0;
  AUTO(batch_lines) lines = mem_zalloc(sizeof *lines);
  enum code code = E_OK;

  if (lines == NULL)
    return err_nomem(err);
  lines->fd = STDIN_FILENO;
  lines->from = from;
  lines->next = 1;
  lines->name = mem_str(is_stdin ? "standard input" : path);
  lines->data = mem_alloc(CHUNK + 1);
  if (lines->name == NULL || lines->data == NULL)
    return err_nomem(err);
  lines->cap = CHUNK;
  if (!is_stdin)
    code = file_open(&lines->fd, path, FILE_ANY, E_USAGE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_USAGE;
  lines->owned = code == E_OK && !is_stdin;
  if (code == E_OK)
    code = look_at_file(lines, err);
  if (code != E_OK) {
    err_prefix(err, "--batch: ");
    return code;
  }
  *ret_lines = lines;
  lines = NULL;
  return E_OK;
}

void batch_lines_free(struct batch_lines *lines)
{
  if (lines == NULL)
    return;
  if (lines->owned)
    (void)close(lines->fd);
  mem_free(lines->name);
  mem_free(lines->data);
  mem_free(lines);
}

int batch_lines_fd(const struct batch_lines *lines)
{
  return lines->fd;
}

uint64_t batch_lines_at(const struct batch_lines *lines)
{
  return lines->next;
}

int64_t batch_lines_taken(const struct batch_lines *lines)
{
  return lines->taken;
}

int64_t batch_lines_size(const struct batch_lines *lines)
{
  return lines->size;
}

/* --- reading -------------------------------------------------------------- */

/* Room for more behind what is there. A long line that is done with gives its
 * memory back. */
static enum code make_room(struct batch_lines *lines, struct err *err)
{
  size_t held = lines->end - lines->start;
  size_t cap = lines->cap;
  char *data;

  if (held < CHUNK / 2)
    cap = CHUNK;
  else if (held > cap / 2)
    cap = 2 * cap < BATCH_LINE_MAX ? 2 * cap : BATCH_LINE_MAX + CHUNK;
  if (cap == lines->cap) {
    memmove(lines->data, lines->data + lines->start, held);
  } else {
    data = mem_alloc(cap + 1);
    if (data == NULL)
      return err_nomem(err);
    memcpy(data, lines->data + lines->start, held);
    mem_free(lines->data);
    lines->data = data;
    lines->cap = cap;
  }
  lines->looked -= lines->start;
  lines->start = 0;
  lines->end = held;
  return E_OK;
}

/* Whether a read would not wait. Standard input is shared with others, so that
 * it is not made non-blocking. */
static bool is_readable(const struct batch_lines *lines)
{
  struct pollfd fd = {.fd = lines->fd, .events = POLLIN};

  return lines->regular || (poll(&fd, 1, 0) == 1 && fd.revents != 0);
}

/* *ret_more: something came, or the end. */
static enum code read_more(struct batch_lines *lines, bool *ret_more,
                           struct err *err)
{
  enum code code = E_OK;
  ssize_t got;

  *ret_more = false;
  if (lines->end == lines->cap)
    code = make_room(lines, err);
  if (code != E_OK || !is_readable(lines))
    return code;
  got = read(lines->fd, lines->data + lines->end, lines->cap - lines->end);
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return E_OK;
  if (got < 0)
    return err_set(err, E_LOCAL, "cannot read '%s': %s", lines->name,
                   strerror(errno));
  *ret_more = true;
  lines->ended = got == 0;
  lines->end += (size_t)got;
  return E_OK;
}

/* The length of the line at start, its end not counted; false when that is not
 * there yet. */
static bool find_end(struct batch_lines *lines, size_t *ret_len)
{
  const char *from = lines->data + lines->looked;
  const char *found = memchr(from, '\n', lines->end - lines->looked);

  lines->looked = lines->end;
  if (found == NULL && !lines->ended)
    return false;
  *ret_len = found != NULL ? (size_t)(found - lines->data) - lines->start
                           : lines->end - lines->start;
  return true;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

/* Takes len bytes and a line end off; false for a line that is none. */
static bool take_line(struct batch_lines *lines, size_t len,
                      struct batch_line *ret_line)
{
  static const char mark[] = "\xef\xbb\xbf";
  char *text = lines->data + lines->start;
  bool too_long = lines->skipping || len > BATCH_LINE_MAX;
  size_t end = lines->start + len;
  size_t behind = end < lines->end ? end + 1 : end;

  lines->taken += (int64_t)(behind - lines->start);
  lines->start = lines->looked = behind;
  lines->skipping = false;
  if (too_long)
    len = 0;
  if (lines->next == 1 && len >= 3 && memcmp(text, mark, 3) == 0) {
    text += 3;
    len -= 3;
  }
  while (len > 0 && is_blank(text[len - 1]))
    len--;
  for (; len > 0 && is_blank(*text); len--)
    text++;
  /* The line's end, or a blank behind it; data has a byte more than cap. */
  text[len] = '\0';
  *ret_line = (struct batch_line){
      .text = text, .len = len, .number = lines->next++, .too_long = too_long};
  return (len > 0 || too_long) && ret_line->number >= lines->from;
}

/* Nothing of a line that is too long is kept. */
static void skip(struct batch_lines *lines)
{
  lines->taken += (int64_t)(lines->end - lines->start);
  lines->start = lines->end = lines->looked = 0;
  lines->skipping = true;
}

enum code batch_lines_next(struct batch_lines *lines, enum batch_next *ret_next,
                           struct batch_line *ret_line, struct err *err)
{
  bool more = true;
  size_t len = 0;
  enum code code;

  for (;;) {
    while (find_end(lines, &len)) {
      if (len == 0 && lines->ended && lines->start == lines->end &&
          !lines->skipping) {
        *ret_next = BATCH_END;
        return E_OK;
      }
      if (take_line(lines, len, ret_line)) {
        *ret_next = BATCH_LINE;
        return E_OK;
      }
    }
    if (!more) {
      *ret_next = BATCH_WAIT;
      return E_OK;
    }
    if (lines->end - lines->start > BATCH_LINE_MAX || lines->skipping)
      skip(lines);
    code = read_more(lines, &more, err);
    if (code != E_OK)
      return code;
  }
}
