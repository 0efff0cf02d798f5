/* What a request sends: made of fields, or a file as it is.
 *
 * A body is a row of parts, each bytes or a file that is read while it is
 * sent; so an upload of any size takes no memory. It can be sent again when
 * every part is bytes or a regular file. */
#pragma once

#include "api/item.h"
#include "base/err.h"
#include "http/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct body;

enum body_encoding { BODY_JSON, BODY_FORM, BODY_MULTIPART };

/* Of list's data items. Files of k=@FILE and k:=@FILE are read here (at most
 * BUF_BODY); uploads are opened, and read when the body is. E_USAGE names the
 * item; -F k=@FILE must be UTF-8 text but in a multipart body. */
NODISCARD enum code body_of_items(struct body **ret_body,
                                  const struct item_list *list,
                                  enum body_encoding encoding, struct err *err);

/* Appends list's query items, with_data also the data items (-G, and GET),
 * form-encoded, to a query that may have a beginning already. */
NODISCARD enum code body_put_query(struct buf *out,
                                   const struct item_list *list, bool with_data,
                                   struct err *err);

/* Appends the text that a data item amounts to in a form: its own, its file's,
 * a JSON string's. E_USAGE. */
NODISCARD enum code body_put_text(struct buf *out, const struct item *item,
                                  struct err *err);

/* len bytes, copied. type: the Content-Type. */
NODISCARD enum code body_of_bytes(struct body **ret_body, const void *bytes,
                                  size_t len, const char *type,
                                  struct err *err);

/* A file, or "-" for standard input. Of what is no regular file up to 1 MiB
 * is read first: if that is all, its length is known and it can be sent again.
 * type NULL: by the file's name (body_type_of). */
NODISCARD enum code body_of_file(struct body **ret_body, const char *path,
                                 const char *type, struct err *err);

/* Reads a whole file (or "-"), at most BUF_BODY, into out. E_USAGE. */
NODISCARD enum code body_read_file(struct buf *out, const char *path,
                                   struct err *err);

/* A media type by a file's name; dflt for a name that says nothing. */
const char *body_type_of(const char *path, const char *dflt);

const char *body_type(const struct body *body);
int64_t body_len(const struct body *body); /* -1: unknown */
bool body_can_repeat(const struct body *body);

/* The one part's bytes, when it is all in memory; else NULL. */
const char *body_bytes(const struct body *body, size_t *ret_len);

/* For http_send; body is borrowed. */
void body_source(struct body *body, struct http_body *ret_source);

/* Appends the body as --dry-run shows it: "[12 bytes of x.png]" in the place
 * of a file's content. */
void body_show(const struct body *body, struct buf *out);

void body_free(struct body *body); /* NULL is fine */
DEFINE_AUTO(body)
