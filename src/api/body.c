#include "api/body.h"

#include "api/body_part.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sig.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  READ_FIRST = 1024 * 1024, /* of what is no regular file */
  CHUNK = 64 * 1024,
};

struct part {
  char *bytes;   /* in memory; or */
  int fd;        /* a file, -1 for bytes */
  bool owned;    /* fd is ours to close */
  bool stream;   /* can be read once only */
  int64_t start; /* where in a regular file */
  int64_t len;   /* -1: until the stream's end */
  char *name;    /* of the file */
  bool grew;     /* that was said */
};

struct body {
  char *type;
  struct part *parts;
  size_t count;
  size_t at;      /* the part that is being sent */
  int64_t offset; /* within it */
};

enum code body_new(struct body **ret_body, const char *type, struct err *err)
{
  struct body *body = mem_zalloc(sizeof *body);

  if (body == NULL)
    return err_nomem(err);
  body->type = mem_str(type);
  if (body->type == NULL) {
    mem_free(body);
    return err_nomem(err);
  }
  *ret_body = body;
  return E_OK;
}

static void part_clear(struct part *part)
{
  mem_free(part->bytes);
  mem_free(part->name);
  if (part->owned)
    (void)close(part->fd);
}

void body_free(struct body *body)
{
  if (body == NULL)
    return;
  for (size_t i = 0; i < body->count; i++)
    part_clear(&body->parts[i]);
  mem_free(body->parts);
  mem_free(body->type);
  mem_free(body);
}

/* Takes part over, on failure too. */
static enum code add_part(struct body *body, struct part *part, struct err *err)
{
  struct part *grown =
      mem_realloc(body->parts, (body->count + 1) * sizeof *grown);

  if (grown == NULL) {
    part_clear(part);
    return err_nomem(err);
  }
  body->parts = grown;
  body->parts[body->count++] = *part;
  return E_OK;
}

enum code body_add_bytes(struct body *body, const void *bytes, size_t len,
                         struct err *err)
{
  struct part part = {.fd = -1, .len = (int64_t)len};

  part.bytes = mem_copy(bytes, len);
  if (part.bytes == NULL)
    return err_nomem(err);
  return add_part(body, &part, err);
}

/* --- files --------------------------------------------------------------- */

static bool is_stdin(const char *path)
{
  return strcmp(path, "-") == 0;
}

static const char *shown_name(const char *path)
{
  return is_stdin(path) ? "standard input" : path;
}

/* A file that the user named is wrong: nothing was sent. */
static enum code open_file(struct part *part, const char *path, struct err *err)
{
  enum code code;

  if (is_stdin(path)) {
    part->fd = STDIN_FILENO;
    return E_OK;
  }
  code = file_open(&part->fd, path, FILE_ANY, E_USAGE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_USAGE;
  part->owned = code == E_OK;
  return code;
}

enum code body_read_file(struct buf *out, const char *path, struct err *err)
{
  enum code code;

  if (is_stdin(path))
    return file_read_fd(out, STDIN_FILENO, "standard input", BUF_BODY, err);
  code = file_read(out, path, FILE_ANY, BUF_BODY, E_USAGE, err);
  if (code == E_NOT_FOUND)
    code = err->code = E_USAGE;
  return code;
}

static enum code wait_readable(int fd, struct err *err)
{
  struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                         {.fd = sig_fd(), .events = POLLIN}};
  enum code code = sig_check(err);

  if (code != E_OK)
    return code;
  (void)poll(fds, ARRAY_LEN(fds), -1);
  return fds[0].revents != 0 ? E_OK : sig_check(err);
}

/* Up to size bytes of a stream; 0 at its end. */
static enum code read_stream(const struct part *part, void *to, size_t size,
                             size_t *ret_got, struct err *err)
{
  for (;;) {
    enum code code = wait_readable(part->fd, err);
    ssize_t got;

    if (code != E_OK)
      return code;
    got = read(part->fd, to, size);
    if (got >= 0) {
      *ret_got = (size_t)got;
      return E_OK;
    }
    if (errno != EINTR && errno != EAGAIN)
      return err_set(err, E_LOCAL, "cannot read '%s': %s", part->name,
                     strerror(errno));
  }
}

/* Moves the stream's beginning into memory; *ret_ended: all of it. */
static enum code read_first(const struct part *stream, struct body *body,
                            bool *ret_ended, struct err *err)
{
  AUTO_BUF struct buf first = BUF_INIT(READ_FIRST + CHUNK);
  size_t got = 1;

  while (first.len < READ_FIRST && got > 0) {
    char *room = buf_room(&first, CHUNK);
    enum code code;

    if (room == NULL)
      return buf_check(&first, err);
    code = read_stream(stream, room, CHUNK, &got, err);
    if (code != E_OK)
      return code;
    buf_grown(&first, got);
  }
  *ret_ended = got == 0;
  return body_add_bytes(body, buf_text(&first), first.len, err);
}

enum code body_add_file(struct body *body, const char *path, struct err *err)
{
  struct part part = {.fd = -1, .len = -1};
  struct stat st;
  bool ended = false;
  enum code code = open_file(&part, path, err);

  if (code != E_OK)
    return code;
  part.name = mem_str(shown_name(path));
  if (part.name == NULL)
    code = err_nomem(err);
  else if (fstat(part.fd, &st) != 0)
    code = err_set(err, E_USAGE, "cannot look at '%s': %s", part.name,
                   strerror(errno));
  /* Files of /proc say that they are empty. */
  if (code == E_OK && S_ISREG(st.st_mode) && st.st_size > 0) {
    off_t start = lseek(part.fd, 0, SEEK_CUR);

    part.start = start > 0 ? start : 0;
    part.len = st.st_size > part.start ? st.st_size - part.start : 0;
    return add_part(body, &part, err);
  }
  part.stream = true;
  if (code == E_OK)
    code = read_first(&part, body, &ended, err);
  if (code != E_OK || ended) {
    part_clear(&part);
    return code;
  }
  return add_part(body, &part, err);
}

enum code body_of_bytes(struct body **ret_body, const void *bytes, size_t len,
                        const char *type, struct err *err)
{
  AUTO(body) body = NULL;
  enum code code = body_new(&body, type, err);

  if (code == E_OK)
    code = body_add_bytes(body, bytes, len, err);
  if (code != E_OK)
    return code;
  *ret_body = body;
  body = NULL;
  return E_OK;
}

enum code body_of_file(struct body **ret_body, const char *path,
                       const char *type, struct err *err)
{
  AUTO(body) body = NULL;
  enum code code;

  if (type == NULL)
    type = body_type_of(path, "application/octet-stream");
  code = body_new(&body, type, err);
  if (code == E_OK)
    code = body_add_file(body, path, err);
  if (code != E_OK)
    return code;
  *ret_body = body;
  body = NULL;
  return E_OK;
}

/* --- sending ------------------------------------------------------------- */

static enum code read_part(const struct part *part, int64_t offset, char *to,
                           size_t size, size_t *ret_got, struct err *err)
{
  ssize_t got;

  if (part->len >= 0 && (int64_t)size > part->len - offset)
    size = (size_t)(part->len - offset);
  if (size == 0 || part->fd < 0) {
    if (size > 0)
      memcpy(to, part->bytes + offset, size);
    *ret_got = size;
    return E_OK;
  }
  if (part->stream)
    return read_stream(part, to, size, ret_got, err);
  do {
    got = pread(part->fd, to, size, part->start + offset);
  } while (got < 0 && errno == EINTR);
  if (got < 0)
    return err_set(err, E_LOCAL, "cannot read '%s': %s", part->name,
                   strerror(errno));
  if (got == 0)
    return err_set(err, E_LOCAL, "'%s' became shorter while it was sent",
                   part->name);
  *ret_got = (size_t)got;
  return E_OK;
}

/* What was promised has been sent; what a log, say, has gained meanwhile has
 * not. */
static void look_for_more(struct part *part)
{
  struct stat st;

  if (part->fd < 0 || part->stream || part->grew || fstat(part->fd, &st) != 0 ||
      st.st_size <= part->start + part->len)
    return;
  part->grew = true;
  log_warn("'%s' became longer while it was sent: only its first %" PRId64
           " bytes were",
           part->name, part->start + part->len);
}

static int64_t body_read(void *user, void *to, size_t size, struct err *err)
{
  struct body *body = user;

  while (body->at < body->count) {
    struct part *part = &body->parts[body->at];
    size_t got = 0;
    enum code code = read_part(part, body->offset, to, size, &got, err);

    if (code != E_OK)
      return -1;
    body->offset += (int64_t)got;
    if (body->offset == part->len)
      look_for_more(part);
    if (got > 0)
      return (int64_t)got;
    body->at++;
    body->offset = 0;
  }
  return 0;
}

static enum code body_rewind(void *user, struct err *err)
{
  struct body *body = user;

  (void)err;
  body->at = 0;
  body->offset = 0;
  return E_OK;
}

const char *body_type(const struct body *body)
{
  return body->type;
}

int64_t body_len(const struct body *body)
{
  int64_t total = 0;

  for (size_t i = 0; i < body->count; i++) {
    if (body->parts[i].len < 0)
      return -1;
    total += body->parts[i].len;
  }
  return total;
}

bool body_can_repeat(const struct body *body)
{
  for (size_t i = 0; i < body->count; i++) {
    if (body->parts[i].stream)
      return false;
  }
  return true;
}

const char *body_bytes(const struct body *body, size_t *ret_len)
{
  if (body->count != 1 || body->parts[0].fd >= 0)
    return NULL;
  *ret_len = (size_t)body->parts[0].len;
  return body->parts[0].bytes;
}

void body_source(struct body *body, struct http_body *ret_source)
{
  size_t len = 0;
  const char *bytes = body_bytes(body, &len);

  *ret_source = (struct http_body){.len = body_len(body)};
  if (bytes != NULL) {
    ret_source->bytes = bytes;
    return;
  }
  ret_source->read = body_read;
  ret_source->rewind = body_can_repeat(body) ? body_rewind : NULL;
  ret_source->user = body;
}

void body_show(const struct body *body, struct buf *out)
{
  for (size_t i = 0; i < body->count; i++) {
    const struct part *part = &body->parts[i];

    if (part->fd < 0)
      buf_put(out, part->bytes, (size_t)part->len);
    else if (part->len < 0)
      buf_printf(out, "[the rest of %s]", part->name);
    else
      buf_printf(out, "[%" PRId64 " bytes of %s]", part->len, part->name);
  }
}

const char *body_type_of(const char *path, const char *dflt)
{
  static const char *const types[][2] = {
      {"json", "application/json"}, {"ndjson", "application/x-ndjson"},
      {"txt", "text/plain"},        {"log", "text/plain"},
      {"md", "text/markdown"},      {"csv", "text/csv"},
      {"html", "text/html"},        {"htm", "text/html"},
      {"css", "text/css"},          {"js", "text/javascript"},
      {"xml", "application/xml"},   {"yaml", "application/yaml"},
      {"yml", "application/yaml"},  {"toml", "application/toml"},
      {"pdf", "application/pdf"},   {"zip", "application/zip"},
      {"gz", "application/gzip"},   {"tgz", "application/gzip"},
      {"zst", "application/zstd"},  {"tar", "application/x-tar"},
      {"wasm", "application/wasm"}, {"png", "image/png"},
      {"jpg", "image/jpeg"},        {"jpeg", "image/jpeg"},
      {"gif", "image/gif"},         {"webp", "image/webp"},
      {"svg", "image/svg+xml"},     {"mp3", "audio/mpeg"},
      {"mp4", "video/mp4"},         {"webm", "video/webm"},
  };
  const char *slash = strrchr(path, '/');
  const char *dot = strrchr(slash != NULL ? slash : path, '.');

  for (size_t i = 0; dot != NULL && i < ARRAY_LEN(types); i++) {
    if (strcasecmp(dot + 1, types[i][0]) == 0)
      return types[i][1];
  }
  return dflt;
}
