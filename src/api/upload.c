#include "api/upload.h"

#include "api/body.h"
#include "base/codec.h"
#include "base/mem.h"

#include <string.h>

static const char type_mark[] = ";type=";
static const char filename_mark[] = ";filename=";

static enum code malformed(const struct item *item, struct err *err)
{
  return err_set(err, E_USAGE,
                 "item '%s': FILE;type=MEDIA/TYPE;filename=NAME is expected, "
                 "the last two where they are wanted",
                 item->name);
}

/* The next parameter in text, whichever it is; NULL: none. */
static char *next_mark(char *text)
{
  char *type = strstr(text, type_mark);
  char *filename = strstr(text, filename_mark);

  if (type == NULL || filename == NULL)
    return type != NULL ? type : filename;
  return type < filename ? type : filename;
}

/* Ends what is in front of each parameter, and takes its value. */
static bool split(struct upload *upload)
{
  char *mark = next_mark(upload->path);

  while (mark != NULL) {
    bool is_type = strncmp(mark, type_mark, sizeof type_mark - 1) == 0;
    const char **slot = is_type ? &upload->type : &upload->filename;
    char *value =
        mark + (is_type ? sizeof type_mark : sizeof filename_mark) - 1;

    if (*slot != NULL)
      return false;
    *slot = value;
    *mark = '\0';
    mark = next_mark(value);
  }
  return true;
}

enum code upload_parse(const struct item *item, struct upload *ret_upload,
                       struct err *err)
{
  AUTO_UPLOAD struct upload upload = {.path = mem_str(item->value)};
  const char *slash;

  if (upload.path == NULL)
    return err_nomem(err);
  if (!split(&upload) || *upload.path == '\0')
    return malformed(item, err);
  if (upload.type == NULL)
    upload.type = body_type_of(upload.path, "application/octet-stream");
  upload.renamed = upload.filename != NULL;
  if (!upload.renamed) {
    slash = strrchr(upload.path, '/');
    upload.filename = slash != NULL ? slash + 1 : upload.path;
  }
  if (*upload.type == '\0' || !codec_is_line(upload.type) ||
      *upload.filename == '\0')
    return malformed(item, err);
  *ret_upload = upload;
  upload.path = NULL;
  return E_OK;
}

void upload_clear(struct upload *upload)
{
  mem_free(upload->path);
}
