#include "api/pointer.h"

#include "api/path.h"
#include "base/mem.h"

struct pointer {
  struct path *path;
  struct scan scan;
  struct format_sink sink;
  bool taking;      /* between the value's first and last byte */
  unsigned took_at; /* the depth around it */
  bool found;
  bool broken;
};

enum code pointer_new(struct pointer **ret_pointer, const char *text,
                      struct format_sink sink, struct err *err)
{
  AUTO(pointer) pointer = mem_zalloc(sizeof *pointer);
  enum code code;

  if (pointer == NULL)
    return err_nomem(err);
  scan_init(&pointer->scan);
  pointer->sink = sink;
  code = path_new(&pointer->path, text, err);
  if (code != E_OK)
    return code;
  *ret_pointer = pointer;
  pointer = NULL;
  return E_OK;
}

void pointer_free(struct pointer *pointer)
{
  if (pointer == NULL)
    return;
  path_free(pointer->path);
  mem_free(pointer);
}

bool pointer_found(const struct pointer *pointer)
{
  return pointer->found;
}

static enum code send(struct pointer *pointer, const char *from, const char *to,
                      struct err *err)
{
  if (from == to)
    return E_OK;
  return pointer->sink.write(pointer->sink.user, from, (size_t)(to - from),
                             err);
}

/* Follows one event. from is where the part of the value that has not been
 * written begins; at is behind the event. */
static enum code follow(struct pointer *pointer, enum scan_event event,
                        const struct scan_piece *piece, const char **from,
                        const char *at, struct err *err)
{
  unsigned depth = pointer->scan.depth;
  enum code code;

  if (path_follow(pointer->path, &pointer->scan, event, piece)) {
    pointer->taking = pointer->found = true;
    pointer->took_at = depth - (event == SCAN_OPEN);
    *from = piece->bytes;
  }
  if (!pointer->taking || depth != pointer->took_at || !piece->last)
    return E_OK;
  pointer->taking = false;
  path_stop(pointer->path);
  if (depth == 0)
    path_restart(pointer->path);
  code = send(pointer, *from, at, err);
  return code != E_OK ? code
                      : pointer->sink.write(pointer->sink.user, "\n", 1, err);
}

enum code pointer_feed(struct pointer *pointer, const void *bytes, size_t len,
                       struct err *err)
{
  const char *at = bytes;
  const char *end = at + len;
  const char *from = at;
  struct scan *scan = &pointer->scan;
  struct scan_piece piece;
  enum scan_event event;
  enum code code;

  if (pointer->broken)
    return E_OK;
  while ((event = scan_leave(scan,
                             pointer->taking ? pointer->took_at
                                             : path_floor(pointer->path, scan),
                             &at, end, &piece)) > SCAN_BAD) {
    code = follow(pointer, event, &piece, &from, at, err);
    if (code == E_OK)
      code = path_check(pointer->path, err);
    if (code != E_OK)
      return code;
  }
  pointer->broken = event == SCAN_BAD;
  return pointer->taking ? send(pointer, from, at, err) : E_OK;
}

enum code pointer_end(struct pointer *pointer, struct err *err)
{
  const char *text = path_text(pointer->path);

  /* A number that is the whole document ends with the text. */
  if (pointer->taking && scan_may_end(&pointer->scan)) {
    pointer->taking = false;
    return pointer->sink.write(pointer->sink.user, "\n", 1, err);
  }
  if (pointer->broken || !scan_may_end(&pointer->scan))
    return err_set(
        err, E_ANSWER,
        "nothing more can be read for '%s': the answer is not JSON to its end",
        text);
  if (!pointer->found)
    return err_set(err, E_NOT_FOUND, "the answer has nothing at '%s'", text);
  return E_OK;
}
