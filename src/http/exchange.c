/* Exchanges under way: begun, driven by one loop, ended. */
#include "http/transfer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sig.h"

#include <string.h>
#include <sys/select.h>

enum {
  POLL_MS = 5000,
  POLL_SHORT_MS = 100, /* with a progress line, or a signal held back */
  FDS_MAX = 2 + 64,    /* a signal's, the caller's, another identity's */
};

/* --- one exchange ----------------------------------------------------------
 */

static enum code multi_failed(CURLMcode result, const char *where,
                              struct err *err)
{
  if (result == CURLM_OUT_OF_MEMORY)
    return err_nomem(err);
  return err_set(err, E_LOCAL, "cannot run the exchange with '%s': %s", where,
                 sym_curl_multi_strerror(result));
}

/* What is answered from the cache needs no libcurl, which takes longer to load
 * than all else together. */
static enum code get_ready(struct http *http, struct err *err)
{
  enum code code;

  if (http->multi != NULL)
    return E_OK;
  code = lazy_curl(err);
  if (code == E_OK)
    code = trust_complete(&http->trust, err);
  if (code != E_OK)
    return code;
  http->multi = sym_curl_multi_init();
  return http->multi != NULL ? E_OK : err_nomem(err);
}

static CURL *take_handle(struct http *http)
{
  return http->idle_count > 0 ? http->idle[--http->idle_count]
                              : sym_curl_easy_init();
}

/* The handle must not point into what goes away; its connection is the multi
 * handle's, and stays. */
static void let_go(struct transfer *t)
{
  sym_curl_easy_reset(t->easy);
  sym_curl_slist_free_all(t->headers);
  sym_curl_slist_free_all(t->resolve);
  if (t->url != NULL)
    sym_curl_url_cleanup(t->url);
  t->headers = NULL;
  t->resolve = NULL;
  t->url = NULL;
}

static void transfer_free(struct transfer *t)
{
  struct http *http = t->http;

  if (t->slot != NULL) {
    *t->slot = t->next;
    if (t->next != NULL)
      t->next->slot = t->slot;
  }
  if (t->easy != NULL) {
    unsigned long shortages = mem_shortages();

    let_go(t);
    /* A reset that ran out of memory leaves a handle that is half set up. */
    if (http->idle_count < TRANSFER_IDLE_MAX && mem_shortages() == shortages)
      http->idle[http->idle_count++] = t->easy;
    else
      sym_curl_easy_cleanup(t->easy);
  }
  mem_free(t);
}

static void link_in(struct transfer *t)
{
  struct transfer **slot = &t->http->transfers;

  t->next = *slot;
  if (t->next != NULL)
    t->next->slot = &t->next;
  *slot = t;
  t->slot = slot;
}

/* One go. */
static enum code start(struct transfer *t, struct err *err)
{
  CURLMcode added;
  enum code code;

  t->detail[0] = '\0';
  t->shortages = mem_shortages();
  code = transfer_setopt(t);
  if (code == E_OK &&
      sym_curl_easy_setopt(t->easy, CURLOPT_PRIVATE, (void *)t) != CURLE_OK)
    code = err_nomem(err);
  if (code != E_OK)
    return code;

  added = sym_curl_multi_add_handle(t->http->multi, t->easy);
  return added == CURLM_OK ? E_OK
                           : multi_failed(added, t->request.url->origin, err);
}

/* What no caller should ask for, and would be grave. */
static enum code check(const struct http_request *request, struct err *err)
{
  const struct headers *headers = request->headers;

  if (!header_name_valid(request->method))
    return err_set(err, E_USAGE, "'%s' is not an HTTP method", request->method);
  for (size_t i = 0; headers != NULL && i < headers->count; i++)
    if (header_is_framing(headers->items[i].name))
      return err_set(err, E_USAGE,
                     "header '%s' is set by fob, from the body that it sends",
                     headers->items[i].name);
  if (strcmp(request->url->scheme, "https") != 0 &&
      !url_is_loopback(request->url))
    return err_set(err, E_PLAIN_HTTP,
                   "'%s': plain http is spoken to loopback only",
                   request->url->origin);

  return E_OK;
}

enum code transfer_begin(struct http *http, const struct http_request *request,
                         int64_t total_ms, http_done *done, void *user,
                         struct http_answer *answer, struct err *err,
                         struct transfer **ret_transfer)
{
  struct transfer *t;
  enum code code = check(request, err);

  if (code == E_OK)
    code = get_ready(http, err);
  if (code != E_OK)
    return code;
  t = mem_zalloc(sizeof(*t));
  if (t == NULL)
    return err_nomem(err);
  *t = (struct transfer){.http = http,
                         .easy = take_handle(http),
                         .request = *request,
                         .answer = answer,
                         .err = err,
                         .done = done,
                         .user = user,
                         .total_ms = total_ms > 0 ? total_ms : http->total_ms,
                         .started = clock_mono_ms()};
  t->active = t->started;
  code = t->easy != NULL ? start(t, err) : err_nomem(err);
  if (code != E_OK) {
    transfer_free(t);
    return code;
  }

  link_in(t);
  if (ret_transfer != NULL)
    *ret_transfer = t;
  return E_OK;
}

enum code http_begin(struct http *http, const struct http_request *request,
                     http_done *done, void *user, struct http_answer *answer,
                     struct err *err, struct transfer **ret_transfer)
{
  return transfer_begin(http, request, 0, done, user, answer, err,
                        ret_transfer);
}

void http_cancel(struct transfer *t)
{
  transfer_measure(t);
  (void)sym_curl_multi_remove_handle(t->http->multi, t->easy);
  transfer_free(t);
}

/* --- its end ---------------------------------------------------------------
 */

static void end(struct transfer *t, enum code code)
{
  http_done *done = t->done;
  void *user = t->user;

  http_cancel(t);
  done(user, code);
}

static enum code verdict(struct transfer *t, CURLcode result)
{
  if (t->code != E_OK)
    return t->code;
  if (result != CURLE_OK)
    return transfer_failed(t, result);
  if (!t->head_done)
    return transfer_failed(t, CURLE_GOT_NOTHING);

  return E_OK;
}

/* The certificate's issuer may be among those that were not looked at: the
 * handshake is made once more, before any byte of HTTP. */
static bool shakes_hands_again(struct transfer *t, CURLcode result)
{
  long verify = 0;

  if (t->code != E_OK || result != CURLE_PEER_FAILED_VERIFICATION ||
      t->requests_begun > 0)
    return false;
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
  return trust_widen(&t->http->trust, verify);
}

/* As if nothing had been sent yet. */
static bool goes_unannounced(struct transfer *t)
{
  if (t->code != E_OK || !t->over_again)
    return false;
  if (t->read > 0)
    t->code = t->request.body.rewind(t->request.body.user, t->err);
  t->unexpected = true;
  t->over_again = false;
  t->requests_begun = 0;
  t->head_bytes = 0;
  t->last_folds = false;
  t->read = 0;
  return t->code == E_OK;
}

static void finish(struct transfer *t, CURLcode result)
{
  enum code code;

  if (!shakes_hands_again(t, result) && !goes_unannounced(t)) {
    end(t, verdict(t, result));
    return;
  }
  (void)sym_curl_multi_remove_handle(t->http->multi, t->easy);
  let_go(t);
  code = start(t, t->err);
  if (code != E_OK)
    end(t, code);
}

static struct transfer *transfer_of(CURL *easy)
{
  char *private = NULL;

  (void)sym_curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  return (struct transfer *)(void *)private;
}

/* Ends those that libcurl is done with. libcurl ends a transfer without a
 * message when memory is short: with none left running, the rest is over. */
static bool reap(struct http *http, int running)
{
  const CURLMsg *message;
  bool ended = false;
  int left;

  while ((message = sym_curl_multi_info_read(http->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE)
      continue;
    finish(transfer_of(message->easy_handle), message->data.result);
    ended = true;
  }
  while (running == 0 && !ended && http->transfers != NULL) {
    finish(http->transfers, CURLE_OUT_OF_MEMORY);
    ended = true;
  }

  return ended;
}

/* --- the loop --------------------------------------------------------------
 */

static enum code perform(struct http *http, bool *ret_ended, struct err *err)
{
  int running = 0;
  CURLMcode result;

  if (http == NULL || http->transfers == NULL)
    return E_OK;
  result = sym_curl_multi_perform(http->multi, &running);
  if (result != CURLM_OK)
    return multi_failed(result, http->transfers->request.url->origin, err);
  if (reap(http, running))
    *ret_ended = true;
  return E_OK;
}

/* Not after a signal, unless it is held back, and then until it is overdue. */
static enum code may_wait(const struct http *http, struct err *err)
{
  const struct transfer *t = http != NULL ? http->transfers : NULL;
  enum code code = sig_check(err);

  if (code == E_OK && sig_overdue())
    code = err_set(err, E_SIGNAL, "interrupted while waiting for '%s'",
                   t != NULL ? t->request.url->origin : "the server");
  return code;
}

/* Ends one that was silent for too long. */
static bool end_stalled(struct http *http, int64_t now)
{
  if (http == NULL)
    return false;
  for (struct transfer *t = http->transfers; t != NULL; t = t->next) {
    if (!t->answer->sent || now - t->active <= http->stall_ms)
      continue;
    end(t, transfer_stalled(t));
    return true;
  }
  return false;
}

static int64_t next_look(const struct http *http, int64_t now, int64_t wait)
{
  if (http == NULL)
    return wait;
  for (const struct transfer *t = http->transfers; t != NULL; t = t->next) {
    int64_t left = http->stall_ms - (now - t->active) + 1;

    if (t->request.progress.report != NULL || left < POLL_SHORT_MS)
      left = POLL_SHORT_MS;
    if (left < wait)
      wait = left;
  }
  return wait;
}

/* Another identity's descriptors, and its time, beside the first one's. */
static size_t add_other(struct http *other, struct curl_waitfd *fds,
                        size_t room, int64_t *wait)
{
  fd_set in, out, except;
  int max = -1;
  long timeout = -1;
  size_t count = 0;

  if (other == NULL || other->transfers == NULL)
    return 0;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&except);
  if (sym_curl_multi_fdset(other->multi, &in, &out, &except, &max) !=
          CURLM_OK ||
      max < 0) {
    *wait = *wait < POLL_SHORT_MS ? *wait : POLL_SHORT_MS;
    max = -1;
  }
  for (int fd = 0; fd <= max && count < room; fd++) {
    short events = (short)((FD_ISSET(fd, &in) ? CURL_WAIT_POLLIN : 0) |
                           (FD_ISSET(fd, &out) ? CURL_WAIT_POLLOUT : 0));

    if (events != 0)
      fds[count++] = (struct curl_waitfd){.fd = fd, .events = events};
  }
  (void)sym_curl_multi_timeout(other->multi, &timeout);
  if (timeout >= 0 && timeout < *wait)
    *wait = timeout;
  return count;
}

static enum code poll_all(struct http *http, struct http *other,
                          struct http_wait *wait, int64_t now, bool *held,
                          struct err *err)
{
  struct curl_waitfd fds[FDS_MAX] = {{0}};
  size_t count = 0, signal = FDS_MAX, caller = FDS_MAX;
  int64_t ms = next_look(other, now, next_look(http, now, POLL_MS));
  CURLMcode result;
  enum code code = get_ready(http, err);

  if (code != E_OK)
    return code;
  if (wait->until >= 0 && wait->until - now < ms)
    ms = wait->until > now ? wait->until - now : 0;
  if (*held && ms > POLL_SHORT_MS)
    ms = POLL_SHORT_MS;
  if (sig_fd() >= 0 && !*held) {
    signal = count++;
    fds[signal] =
        (struct curl_waitfd){.fd = sig_fd(), .events = CURL_WAIT_POLLIN};
  }
  if (wait->fd >= 0) {
    caller = count++;
    fds[caller] =
        (struct curl_waitfd){.fd = wait->fd, .events = CURL_WAIT_POLLIN};
  }
  count += add_other(other, fds + count, FDS_MAX - count, &ms);

  result =
      sym_curl_multi_poll(http->multi, fds, (unsigned)count, (int)ms, NULL);
  if (result != CURLM_OK)
    return multi_failed(result, "the server", err);
  if (signal < FDS_MAX && fds[signal].revents != 0)
    *held = true; /* its descriptor stays readable */
  wait->readable = caller < FDS_MAX && fds[caller].revents != 0;
  return E_OK;
}

enum code http_drive(struct http *http, struct http *other,
                     struct http_wait *wait, struct err *err)
{
  bool held = false;

  wait->readable = false;
  for (;;) {
    bool ended = false;
    int64_t now;
    enum code code = perform(http, &ended, err);

    if (code == E_OK)
      code = perform(other, &ended, err);
    if (code != E_OK || ended)
      return code;
    code = may_wait(http, err);
    if (code != E_OK)
      return code;
    now = clock_mono_ms();
    if (end_stalled(http, now) || end_stalled(other, now) || wait->readable ||
        (wait->until >= 0 && now >= wait->until))
      return E_OK;
    code = poll_all(http, other, wait, now, &held, err);
    if (code != E_OK)
      return code;
  }
}

/* --- one at a time ---------------------------------------------------------
 */

struct alone {
  bool over;
  enum code code;
};

static void alone_done(void *user, enum code code)
{
  struct alone *alone = user;

  *alone = (struct alone){.over = true, .code = code};
}

enum code transfer_run(struct http *http, const struct http_request *request,
                       int64_t total_ms, struct http_answer *answer,
                       struct err *err)
{
  struct alone alone = {0};
  struct http_wait wait = {.fd = -1, .until = -1};
  struct transfer *t = NULL;
  enum code code = transfer_begin(http, request, total_ms, alone_done, &alone,
                                  answer, err, &t);

  while (code == E_OK && !alone.over)
    code = http_drive(http, NULL, &wait, err);
  if (code != E_OK && t != NULL && !alone.over)
    http_cancel(t);
  return code == E_OK ? alone.code : code;
}

enum code http_send(struct http *http, const struct http_request *request,
                    struct http_answer *answer, struct err *err)
{
  return transfer_run(http, request, 0, answer, err);
}
