/* Every way to another place, and what arrives there. */
#include "http/redirect.h"

#include "base/mem.h"
#include "http/certs.h"
#include "http/ask.h"
#include "http/journey.h"
#include "http/peer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct err err;

TestSuite(redirect_ways, .init = clean_environment, .timeout = 120);

static enum code keep(void *user, const void *bytes, size_t len, struct err *e)
{
  buf_put(user, bytes, len);
  return buf_check(user, e);
}

/* redirect_send into got. */
static void send_to(struct journey *plan, const struct url *url,
                    struct http_request *request, struct got *got)
{
  request->url = url;
  if (request->method == NULL)
    request->method = "GET";
  if (request->sink.body == NULL && request->sink.head == NULL)
    request->sink = (struct http_sink){.body = keep, .user = &got->body};
  buf_init(&got->body, BUF_BODY);
  err_clear(&got->err);
  got->code = journey_send(plan, request, &got->answer, &got->err);
}

enum { SOURCES = 2, TARGETS = 8, STATUSES = 5, METHODS = 6 };

static const int statuses[STATUSES] = {301, 302, 303, 307, 308};

static const struct {
  const char *name;
  bool body;
} methods[METHODS] = {{"GET", false}, {"HEAD", false},   {"POST", true},
                      {"PUT", true},  {"DELETE", false}, {"GET", true}};

/* Secrets of each kind that a request may carry, and what may travel. */
static const struct {
  const char *name, *value;
  bool secret, travels;
} fields[] = {
    {"Authorization", "Bearer canary-test-token-not-real", true, false},
    {"DPoP", "canary-proof", false, false},
    {"X-Api-Key", "canary-key", true, false},
    {"Cookie", "canary=cookie", false, false},
    {"X-Profile", "canary-profile", false, false},
    {"Accept", "a/b", false, true},
    {"Accept-Language", "de", false, true},
    {"Range", "bytes=0-99", false, true},
    {"User-Agent", "tester/1", false, true},
    /* even a name that may travel does not, with a secret in it */
    {"Accept-Secret", "canary-accept", true, false},
};

struct place {
  struct peer *peer;
  const char *format; /* of its URLs */
  bool https;
};

struct field {
  struct place places[6]; /* 0 and 1 are the sources */
  struct peer_reply replies[SOURCES][TARGETS * STATUSES + 1];
  char texts[SOURCES][TARGETS * STATUSES][2][160];
  char *cert, *key, *ca, *client_cert, *client_key;
};

static const struct peer_reply hello[] = {{.path = NULL, .status = 200}};

static struct peer *plain_peer(const char *address,
                               const struct peer_reply *replies)
{
  return peer_start(
      &(struct peer_options){.address = address, .replies = replies});
}

static struct peer *tls_peer(const struct field *f, const char *address,
                             const struct peer_reply *replies)
{
  return peer_start(&(struct peer_options){.address = address,
                                           .replies = replies,
                                           .cert = f->cert,
                                           .key = f->key,
                                           .client_ca = f->ca});
}

static void field_start(struct field *f)
{
  f->ca = mem_str(certs_ca());
  f->cert = mem_str(certs_cert(CERT_GOOD));
  f->key = mem_str(certs_key(CERT_GOOD));
  f->client_cert = mem_str(certs_cert(CERT_CLIENT));
  f->client_key = mem_str(certs_key(CERT_CLIENT));
  f->places[0] = (struct place){plain_peer(NULL, f->replies[0]),
                                "http://127.0.0.1", false};
  f->places[1] = (struct place){tls_peer(f, NULL, f->replies[1]),
                                "https://127.0.0.1", true};
  f->places[2] =
      (struct place){plain_peer(NULL, hello), "http://127.0.0.1", false};
  f->places[3] =
      (struct place){plain_peer("127.0.0.2", hello), "http://127.0.0.2", false};
  f->places[4] =
      (struct place){tls_peer(f, NULL, hello), "https://127.0.0.1", true};
  f->places[5] = (struct place){tls_peer(f, "127.0.0.2", hello),
                                "https://127.0.0.2", true};
}

static void field_stop(struct field *f)
{
  for (size_t i = 0; i < ARRAY_LEN(f->places); i++)
    peer_stop(f->places[i].peer);
  mem_free(f->ca);
  mem_free(f->cert);
  mem_free(f->key);
  mem_free(f->client_cert);
  mem_free(f->client_key);
}

/* Targets 0 to 5 are the places, 6 the source again by another name, 7 the
 * source by a relative link. */
static struct peer *target_peer(struct field *f, int source, int target)
{
  return f->places[target < 6 ? target : source].peer;
}

static void target_url(struct field *f, int source, int target, char *to,
                       size_t size)
{
  struct peer *peer = target_peer(f, source, target);
  bool https = f->places[target < 6 ? target : source].https;

  if (target == 7)
    (void)snprintf(to, size, "landed?x=1");
  else
    (void)snprintf(to, size, "%s:%d/landed?x=1",
                   target == 6
                       ? (https ? "https://localhost" : "http://localhost")
                       : f->places[target].format,
                   peer_port(peer));
}

static void lay_out(struct field *f)
{
  for (int s = 0; s < SOURCES; s++) {
    struct peer_reply *reply = f->replies[s];

    for (int t = 0; t < TARGETS; t++)
      for (int i = 0; i < STATUSES; i++, reply++) {
        char(*texts)[160] = f->texts[s][t * STATUSES + i];
        char url[128];

        target_url(f, s, t, url, sizeof(url));
        (void)snprintf(texts[0], sizeof(texts[0]), "/%d-%d", t, statuses[i]);
        (void)snprintf(texts[1], sizeof(texts[1]), "Location: %s", url);
        *reply = (struct peer_reply){texts[0], statuses[i], texts[1],
                                     "the redirect's own", 0};
      }
    *reply = (struct peer_reply){.path = NULL, .status = 200};
  }
}

static void add_fields(struct headers *headers)
{
  for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
    AUTO(secret) secret = NULL;

    if (fields[i].secret) {
      cr_assert_eq(
          secret_new(&secret, fields[i].value, strlen(fields[i].value), &err),
          E_OK);
      cr_assert_eq(headers_add_secret(headers, fields[i].name, secret, &err),
                   E_OK);
    } else {
      cr_assert_eq(headers_add(headers, fields[i].name, fields[i].value, &err),
                   E_OK);
    }
  }
}

struct way {
  int source, target, status;
  const char *method;
  bool body;
};

/* What DESIGN §1.2 says about it, in one place. */
static bool is_refused(const struct field *f, const struct way *w, bool same,
                       const char **ret_method, bool *ret_body)
{
  bool to_get = w->status == 303 || ((w->status == 301 || w->status == 302) &&
                                     strcmp(w->method, "POST") == 0);
  bool from_https = f->places[w->source].https;
  bool to_https = w->target < 6 ? f->places[w->target].https : from_https;

  *ret_method = to_get && strcmp(w->method, "HEAD") != 0 ? "GET" : w->method;
  *ret_body = w->body && !to_get;
  if (from_https && !to_https)
    return true;
  return !same && (*ret_body || (strcmp(*ret_method, "GET") != 0 &&
                                 strcmp(*ret_method, "HEAD") != 0));
}

static void check_arrival(struct peer *peer, size_t n, bool same,
                          const char *method, bool body, const char *label)
{
  const struct peer_entry *e = peer_entry(peer, n);

  cr_expect_str_eq(e->method, method, "%s: %s", label, e->method);
  cr_expect_str_eq(e->path, "/landed", "%s", label);
  cr_expect_str_eq(e->body, body ? "canary-body" : "", "%s", label);
  cr_expect((peer_header(peer, n, "Content-Type") != NULL) == body, "%s",
            label);
  for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
    const char *value = peer_header(peer, n, fields[i].name);

    if (same || fields[i].travels)
      cr_expect(value != NULL && strcmp(value, fields[i].value) == 0,
                "%s: %s is missing", label, fields[i].name);
    else
      cr_expect_null(value, "%s: %s: %s", label, fields[i].name, value);
  }
  if (!same) {
    cr_expect_null(strstr(e->headers, "canary"), "%s: %s", label, e->headers);
    cr_expect_not(e->client_cert, "%s", label);
  }
}

static void go(struct field *f, const struct way *w)
{
  struct peer *source = f->places[w->source].peer;
  struct peer *target = target_peer(f, w->source, w->target);
  bool same = w->target == w->source || w->target == 7;
  const struct http_options options = {
      .ca = f->ca, .client_cert = f->client_cert, .client_key = f->client_key};
  AUTO_JOURNEY plan = {.http = new_http(&options), .options = &options};
  AUTO(url)
  url = test_url("%s:%d/%d-%d", f->places[w->source].format, peer_port(source),
                 w->target, w->status);
  AUTO_HEADERS struct headers headers = {0};
  AUTO_GOT struct got got = {0};
  struct http_request request = {.method = w->method,
                                 .headers = &headers,
                                 .no_body = strcmp(w->method, "HEAD") == 0};
  size_t asked = peer_count(source);
  size_t arrived = peer_count(target);
  const char *method;
  bool body;
  char label[128];
  bool refused = is_refused(f, w, same, &method, &body);

  (void)snprintf(label, sizeof(label), "%s%s from %d to %d by %d", w->method,
                 w->body ? " with a body" : "", w->source, w->target,
                 w->status);
  add_fields(&headers);
  if (w->body) {
    cr_assert_eq(headers_add(&headers, "Content-Type", "a/b", &err), E_OK);
    request.body = (struct http_body){.bytes = "canary-body", .len = 11};
  }
  send_to(&plan, url, &request, &got);

  cr_expect_eq(got.code, refused ? E_REDIRECT_REFUSED : E_OK, "%s: %d %s",
               label, got.code, got.err.message);
  cr_expect(got.answer.sent, "%s", label);
  cr_expect_eq(peer_count(source), asked + 1 + (target == source && !refused),
               "%s", label);
  if (f->places[w->source].https)
    cr_expect(peer_entry(source, asked)->client_cert, "%s", label);
  if (target == source)
    arrived++;
  if (refused) {
    cr_expect_eq(peer_count(target), arrived, "%s", label);
    cr_expect_eq(got.body.len, 0, "%s", label);
    return;
  }

  cr_assert_eq(peer_count(target), arrived + 1, "%s", label);
  check_arrival(target, arrived, same, method, body, label);
  cr_expect_str_eq(buf_text(&got.body),
                   strcmp(method, "HEAD") == 0 ? "" : "hello", "%s", label);
  cr_expect_eq(plan.way.hops, 1, "%s", label);
  cr_expect_eq(plan.way.left_origin, !same, "%s", label);
}

/* 2 sources, 8 targets, 5 statuses, 6 requests, and in each all kinds of
 * headers. A run for each request, so that the journals have room. */
static void all_ways(int method)
{
  static struct field f;
  size_t ways = 0;

  field_start(&f);
  lay_out(&f);
  for (int s = 0; s < SOURCES; s++)
    for (int t = 0; t < TARGETS; t++)
      for (int i = 0; i < STATUSES; i++, ways++)
        go(&f, &(struct way){s, t, statuses[i], methods[method].name,
                             methods[method].body});
  cr_expect_eq(ways, 80);
  field_stop(&f);
}

Test(redirect_ways, carries_nothing_elsewhere_by_get)
{
  all_ways(0);
}

Test(redirect_ways, carries_nothing_elsewhere_by_head)
{
  all_ways(1);
}

Test(redirect_ways, carries_nothing_elsewhere_by_post)
{
  all_ways(2);
}

Test(redirect_ways, carries_nothing_elsewhere_by_put)
{
  all_ways(3);
}

Test(redirect_ways, carries_nothing_elsewhere_by_delete)
{
  all_ways(4);
}

Test(redirect_ways, carries_nothing_elsewhere_by_get_with_a_body)
{
  all_ways(5);
}
