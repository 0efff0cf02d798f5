/* What became of one item of a batch, as a line of JSON:
 *
 *   {"id":7,"status":200,"body":{"a":1.10},"error":null,"ms":12}
 *   {"id":"x","status":404,"body":{"message":"no"},"error":{"name":"http_4xx",
 *    "exit":4,"message":"…","hint":"…"},"ms":8}
 *
 * All members are always there but headers. body is JSON as the server sent it,
 * byte for byte but for line breaks between tokens and the blanks around these;
 * text as a string; null when there is none. What is no text is base64 in a
 * member `base64`, its body null. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "http/header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  BATCH_BODY_MAX = 16 * 1024 * 1024, /* of an answer */
  /* Of a line: each byte of a body may become an escape of six. */
  BATCH_RESULT_MAX = 8 * BATCH_BODY_MAX,
};

struct batch_result {
  const char *id; /* JSON; NULL: the line's number */
  size_t id_len;
  uint64_t line;
  int status;                    /* 0: there was no answer */
  const struct headers *headers; /* NULL: the member is left out */
  const char *body;
  size_t body_len;
  bool json;             /* the body says that it is JSON */
  const struct err *err; /* NULL: it went well */
  int64_t ms;
  bool terminal; /* what acts on a terminal is escaped */
};

/* Appends the line, with its end. Names of headers in lower case; one that
 * stands twice is a list. Living secrets are taken out of err. */
void batch_result_write(struct buf *out, const struct batch_result *result);
