#include "api/call.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

TestSuite(call, .init = clean_environment, .timeout = 60);

enum { MANY = 40 };

/* What came of the calls of a test. */
struct tally {
  struct sender *sender;
  const struct url *next; /* a call to it is started by the first that ends */
  struct call *victim;    /* cancelled by the first that ends */
  int chain;              /* how many more are started, each by the last */
  bool raises;            /* the first to end raises SIGINT */
  struct buf body;
  int heads, over, failed, left;
  enum code code;   /* of the last */
  enum code refuse; /* what the sink's head says */
  struct err err;
};

static enum code on_head(void *user, const struct call *call, struct err *err)
{
  struct tally *tally = user;

  (void)call;
  tally->heads++;
  return tally->refuse == E_OK ? E_OK : err_set(err, tally->refuse, "no");
}

static enum code on_body(void *user, const void *bytes, size_t len,
                         struct err *err)
{
  struct tally *tally = user;

  buf_put(&tally->body, bytes, len);
  return buf_check(&tally->body, err);
}

static void start(struct tally *tally, const struct url *url,
                  struct call **ret_call);

static void on_done(void *user, struct call *call, enum code code)
{
  struct tally *tally = user;
  const struct url *next = tally->next;
  struct call *victim = tally->victim;

  tally->over++;
  tally->failed += code != E_OK;
  tally->left += call_left_origin(call);
  tally->code = code;
  if (code != E_OK)
    tally->err = *call_err(call);
  tally->next = NULL;
  tally->victim = NULL;
  if (next != NULL)
    start(tally, next, NULL);
  if (victim != NULL && victim != call)
    call_cancel(victim);
  if (tally->raises)
    (void)raise(SIGINT);
  tally->raises = false;
  if (tally->chain-- > 0)
    start(tally, call_final_url(call), NULL);
}

static void start(struct tally *tally, const struct url *url,
                  struct call **ret_call)
{
  const struct call_request request = {.method = "GET", .url = url};
  const struct call_sink sink = {
      .head = on_head, .body = on_body, .done = on_done, .user = tally};
  struct err err = ERR_INIT;

  cr_assert_eq(sender_start(tally->sender, &request, &sink, ret_call, &err),
               E_OK, "%s", err.message);
}

static void open_tally(struct tally *tally, const struct sender_options *given)
{
  struct sender_options options = {0};
  struct err err = ERR_INIT;

  *tally = (struct tally){0};
  buf_init(&tally->body, BUF_BODY);
  if (given != NULL)
    options = *given;
  cr_assert_eq(sender_new(&tally->sender, &options, &err), E_OK, "%s",
               err.message);
}

static void tally_clear(struct tally *tally)
{
  sender_free(tally->sender);
  buf_clear(&tally->body);
}
#define AUTO_TALLY __attribute__((cleanup(tally_clear)))

static enum code run(struct tally *tally, int fd, int64_t until)
{
  struct sender_wait wait = {.fd = fd, .until = until};
  struct err err = ERR_INIT;
  enum code code = sender_run(tally->sender, &wait, &err);

  cr_expect_eq(code, E_OK, "%s", err.message);
  return wait.readable ? E_LOCAL : code;
}

Test(call, many_go_at_once_and_may_start_others)
{
  AUTO_TALLY struct tally tally;
  struct peer *peer = peer_start(&(struct peer_options){
      .replies = (const struct peer_reply[]){{NULL, 200, NULL, "x", 0}}});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));

  open_tally(&tally, NULL);
  for (int i = 0; i < MANY; i++)
    start(&tally, url, NULL);
  tally.next = url;
  cr_expect_eq(sender_busy(tally.sender), MANY);
  (void)run(&tally, -1, -1);
  cr_expect_eq(tally.over, MANY + 1);
  cr_expect_eq(tally.failed, 0, "%s", tally.err.message);
  cr_expect_eq(tally.body.len, MANY + 1);
  cr_expect_eq(sender_busy(tally.sender), 0);
  peer_stop(peer);
}

Test(call, the_first_to_end_may_cancel_another)
{
  AUTO_TALLY struct tally tally;
  struct peer *peer = peer_start(&(struct peer_options){
      .replies = (const struct peer_reply[]){{NULL, 200, NULL, "x", 0}}});
  struct raw *mute = RAW({.bytes = NULL});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  AUTO(url) silent = test_url("http://127.0.0.1:%d/", raw_port(mute));

  open_tally(&tally, NULL);
  start(&tally, silent, &tally.victim);
  start(&tally, url, NULL);
  (void)run(&tally, -1, -1);
  cr_expect_eq(tally.over, 1);
  cr_expect_eq(sender_busy(tally.sender), 0);
  raw_stop(mute);
  raw_free(mute);
  peer_stop(peer);
}

Test(call, those_that_leave_the_origin_go_beside_the_others)
{
  AUTO_TALLY struct tally tally;
  static struct peer_reply away[] = {{"/away", 302, NULL, "", 0},
                                     {NULL, 200, NULL, "x", 0}};
  struct peer *b = peer_start(&(struct peer_options){
      .replies = (const struct peer_reply[]){{NULL, 200, NULL, "y", 0}}});
  AUTO_STR char *to_b =
      mem_printf("Location: http://127.0.0.1:%d/", peer_port(b));
  struct peer *a;

  away[0].headers = to_b;
  a = peer_start(&(struct peer_options){.replies = away});
  AUTO(url) leaves = test_url("http://127.0.0.1:%d/away", peer_port(a));
  AUTO(url) stays = test_url("http://127.0.0.1:%d/", peer_port(a));
  open_tally(&tally, NULL);
  for (int i = 0; i < MANY; i++)
    start(&tally, i % 2 == 0 ? leaves : stays, NULL);
  (void)run(&tally, -1, -1);
  cr_expect_eq(tally.over, MANY);
  cr_expect_eq(tally.failed, 0, "%s", tally.err.message);
  cr_expect_eq(tally.left, MANY / 2);
  cr_expect_eq(peer_count(b), MANY / 2);
  peer_stop(a);
  peer_stop(b);
}

Test(call, what_the_sink_refuses_ends_that_call_alone)
{
  AUTO_TALLY struct tally good;
  struct tally bad = {0};
  struct peer *peer = peer_start(&(struct peer_options){
      .replies = (const struct peer_reply[]){{NULL, 200, NULL, "x", 0}}});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));

  open_tally(&good, NULL);
  bad.sender = good.sender;
  bad.refuse = E_OUTPUT;
  start(&bad, url, NULL);
  start(&good, url, NULL);
  (void)run(&good, -1, -1);
  cr_expect_eq(bad.code, E_OUTPUT);
  cr_expect_eq(good.code, E_OK, "%s", good.err.message);
  peer_stop(peer);
}

Test(call, an_answer_that_is_tried_again_is_never_seen)
{
  AUTO_TALLY struct tally tally;
  const struct sender_options options = {.retry = {.max = 2}};
  struct raw *raw = RAW({.bytes = "HTTP/1.1 503 No\r\nRetry-After: 0\r\n"
                                  "Content-Length: 4\r\n\r\ndown"},
                        {.bytes = "", .close = true}, {.bytes = RAW_OK});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", raw_port(raw));

  open_tally(&tally, &options);
  start(&tally, url, NULL);
  (void)run(&tally, -1, -1);
  cr_expect_eq(tally.code, E_OK, "%s", tally.err.message);
  cr_expect_eq(tally.heads, 1);
  cr_expect_str_eq(buf_text(&tally.body), "hello");
  raw_stop(raw);
  raw_free(raw);
}

Test(call, a_run_ends_for_what_can_be_read_and_in_time)
{
  AUTO_TALLY struct tally tally;
  struct raw *mute = RAW({.bytes = NULL});
  AUTO(url) silent = test_url("http://127.0.0.1:%d/", raw_port(mute));
  int ends[2];

  cr_assert_eq(pipe(ends), 0);
  open_tally(&tally, NULL);
  start(&tally, silent, NULL);
  cr_expect_eq(run(&tally, ends[0], clock_mono_ms() + 20), E_OK);
  cr_assert_eq(write(ends[1], "x", 1), 1);
  cr_expect_eq(run(&tally, ends[0], -1), E_LOCAL, "the pipe can be read");
  cr_expect_eq(sender_busy(tally.sender), 1);
  close(ends[0]);
  close(ends[1]);
  raw_stop(mute);
  raw_free(mute);
}

/* Its answers come before anything has to be waited for. */
Test(call, a_signal_ends_a_run_that_never_waits)
{
  AUTO_TALLY struct tally tally;
  struct peer *peer = peer_start(&(struct peer_options){
      .replies = (const struct peer_reply[]){{NULL, 200, NULL, "x", 0}}});
  AUTO(url) url = test_url("http://127.0.0.1:%d/", peer_port(peer));
  struct sender_wait wait = {.fd = -1, .until = -1};
  struct err err = ERR_INIT;

  cr_assert_eq(sig_setup(&err), E_OK);
  open_tally(&tally, NULL);
  tally.chain = 1000;
  tally.raises = true;
  for (int i = 0; i < MANY; i++)
    start(&tally, url, NULL);
  cr_expect_eq(sender_run(tally.sender, &wait, &err), E_SIGNAL);
  cr_expect_leq(tally.over, MANY, "%d", tally.over);
  peer_stop(peer);
}
