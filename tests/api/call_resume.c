/* An answer that breaks off goes on in the same call, or is incomplete. */
#include "api/call.h"

#include "base/mem.h"
#include "http/ask.h"
#include "http/raw.h"

#include <criterion/criterion.h>
#include <string.h>

#define HEAD "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n"
#define BROKEN HEAD "Content-Length: 10\r\n\r\nfirst"
#define PART                                                                   \
  "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\n"                            \
  "Content-Range: bytes "
#define REST PART "5-9/10\r\nContent-Length: 5\r\n\r\nsecon"

static const struct {
  const char *replies[4];
  const char *body;
  enum code code;
  int max; /* tries again; 0: 3 */
} rows[] = {
    {{BROKEN, REST}, "firstsecon", E_OK, 0},
    {{BROKEN, PART "5-9/10\r\nContent-Length: 5\r\n\r\nse",
      PART "7-9/10\r\nContent-Length: 3\r\n\r\ncon"},
     "firstsecon",
     E_OK,
     0},
    /* a server may send less than was asked for */
    {{BROKEN, PART "5-6/10\r\nContent-Length: 2\r\n\r\nse",
      PART "7-9/10\r\nContent-Length: 3\r\n\r\ncon"},
     "firstsecon",
     E_OK,
     0},
    {{BROKEN, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", REST},
     "firstsecon",
     E_OK,
     0},
    /* it sends no parts, but the same bytes */
    {{BROKEN, HEAD "Content-Length: 10\r\n\r\nfirstsecon"},
     "firstsecon",
     E_OK,
     0},
    {{HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", REST},
     "firstsecon",
     E_OK,
     0},
    {{HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
      "HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\n"
      "Content-Length: 4\r\n\r\nnone"},
     "first",
     E_OK,
     0},
    {{HEAD "Content-Length: 10\r\n\r\n",
      PART "0-9/10\r\nContent-Length: 10\r\n\r\nfirstsecon"},
     "firstsecon",
     E_OK,
     0},

    {{BROKEN}, "first", E_INCOMPLETE, -1},
    {{BROKEN, PART "5-9/10\r\nContent-Length: 5\r\n\r\nse"},
     "firstse",
     E_INCOMPLETE,
     1},
    {{BROKEN, "HTTP/1.1 206 Partial Content\r\nETag: \"b\"\r\n"
              "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nother"},
     "first",
     E_INCOMPLETE,
     0},
    {{BROKEN, PART "4-9/10\r\nContent-Length: 6\r\n\r\ntsecon"},
     "first",
     E_INCOMPLETE,
     0},
    {{BROKEN, PART "5-9/11\r\nContent-Length: 5\r\n\r\nsecon"},
     "first",
     E_INCOMPLETE,
     0},
    {{BROKEN, "HTTP/1.1 200 OK\r\nETag: \"b\"\r\nContent-Length: 5\r\n"
              "\r\nother"},
     "first",
     E_INCOMPLETE,
     0},
    {{BROKEN, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"},
     "first",
     E_INCOMPLETE,
     0},
    {{BROKEN, PART "5-9/10\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "7\r\nsecondl\r\n0\r\n\r\n"},
     "first",
     E_ANSWER,
     0},
    {{"HTTP/1.1 200 OK\r\nETag: W/\"a\"\r\nContent-Length: 10\r\n\r\nfirst"},
     "first",
     E_INCOMPLETE,
     0},
    {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst"},
     "first",
     E_INCOMPLETE,
     0},
};

struct seen {
  struct buf body;
  int heads, status;
  enum code code;
};

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct seen *seen = user;

  (void)call;
  (void)err;
  seen->heads++;
  return E_OK;
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct seen *seen = user;

  buf_put(&seen->body, bytes, len);
  return buf_check(&seen->body, err);
}

static void on_done(void *user, struct call *call, enum code code)
{
  struct seen *seen = user;

  seen->status = call_answer(call)->status;
  seen->code = code;
}

static void fetch(struct raw *raw, int max, bool resumable, struct seen *seen)
{
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));
  const struct sender_options options = {.url = url, .retry = {.max = max}};
  const struct call_request request = {
      .method = "GET", .url = url, .resumable = resumable};
  const struct call_sink sink = {
      .head = on_head, .body = on_body, .done = on_done, .user = seen};
  AUTO(sender) sender = NULL;
  struct err err = ERR_INIT;

  clean_environment();
  buf_init(&seen->body, BUF_BODY);
  cr_assert_eq(sender_new(&sender, &options, &err), E_OK, "%s", err.message);
  cr_expect_eq(sender_send(sender, &request, &sink, &err), seen->code);
}

static void check(size_t i)
{
  struct raw_reply replies[4] = {{0}};
  struct seen seen = {0};
  size_t count = 0;

  while (count < 4 && rows[i].replies[count] != NULL) {
    replies[count] =
        (struct raw_reply){.bytes = rows[i].replies[count], .close = true};
    count++;
  }
  struct raw *raw = raw_start(replies, count);
  fetch(raw,
        rows[i].max == 0  ? 3
        : rows[i].max < 0 ? 0
                          : rows[i].max,
        true, &seen);
  raw_stop(raw);
  cr_expect_eq(seen.code, rows[i].code, "row %zu: %d", i, (int)seen.code);
  cr_expect_str_eq(buf_text(&seen.body), rows[i].body, "row %zu: %s", i,
                   buf_text(&seen.body));
  cr_expect_eq(seen.heads, 1, "row %zu", i);
  cr_expect_eq(seen.status, 200, "row %zu: %d", i, seen.status);
  cr_expect_eq(raw_requests(raw), count, "row %zu", i);
  if (count > 1 && strstr(rows[i].replies[0], "first") != NULL) {
    cr_expect_not_null(strstr(raw_received(raw), "Range: bytes=5-\r\n"));
    cr_expect_not_null(strstr(raw_received(raw), "If-Range: \"a\"\r\n"));
    cr_expect_not_null(
        strstr(raw_received(raw), "Accept-Encoding: identity\r\n"));
  }
  raw_free(raw);
  buf_clear(&seen.body);
}

Test(call_resume, gives_the_rest_once_and_nothing_else, .timeout = 120)
{
  for (size_t i = 0; i < ARRAY_LEN(rows); i++)
    check(i);
}

Test(call_resume, is_not_for_a_call_that_may_not)
{
  struct raw *raw = RAW({.bytes = BROKEN, .close = true});
  struct seen seen = {0};

  fetch(raw, 3, false, &seen);
  cr_expect_eq(seen.code, E_INCOMPLETE);
  cr_expect_str_eq(buf_text(&seen.body), "first");
  raw_free(raw);
  buf_clear(&seen.body);
}
