/* The parts of `fob request`: what is to be sent (request_plan,
 * request_header), sending it (request_send), where the answer goes
 * (request_output) and how it is shown there (request_present), and showing
 * the request itself (request_show). */
#pragma once

#include "api/body.h"
#include "api/call.h"
#include "api/events.h"
#include "api/format.h"
#include "api/line.h"
#include "api/step_up.h"
#include "api/verdict.h"
#include "cmd/cmd.h"
#include "http/client.h"

#include <stdbool.h>
#include <stdint.h>

struct output;

struct request_options {
  const char *method;
  struct opt_list raw_fields, fields, headers;
  bool form, get, include, head, raw, dry_run, curl, no_auth;
  const char *encode, *data, *json, *input;
  const char *output, *pointer, *ok, *error_body;
  const char *cert, *key, *unix_socket;
  int64_t max_time, stall_timeout; /* seconds; -1: not given */

  /* the form of the answer */
  const char *format;

  /* files */
  bool remote_name, remote_header_name;
  const char *continue_at;

  /* pages */
  const char *paginate; /* "": by the profile, or found out */
  const char *items, *next, *resume;
  int64_t max_pages, max_items; /* -1: not given */
  bool slurp;

  /* filters and streams */
  const char *jq, *wait_for;
  bool raw_output, sse;
  int64_t wait_timeout;

  /* cache */
  int64_t cache; /* seconds; -1: not given */
  bool no_cache, cache_clear;

  /* the API's description */
  const char *op; /* NULL: none; "": list them */

  /* what it took */
  bool timing;
  const char *meta;

  /* tries again, and pace; numbers are -1 where they are not given */
  int64_t retries, retry_max_time, wait_rate;
  const char *idempotency_key, *rate;
  bool retry_unsafe;

  /* many requests */
  const char *batch, *parallel; /* parallel: "" without a number */
  bool ordered;
  int64_t from_line; /* -1: not given */
};

extern const struct opt request_opts[]; /* request_opts.c */

/* A request, whole but for the credential. */
struct request {
  const struct request_options *options;
  struct line line;
  const char *method;
  struct selection selection; /* profile NULL: a URL with --no-auth */
  struct url *url;
  struct headers headers;
  struct body *body; /* NULL: none; with --curl files stay unread */
  bool parts; /* --curl: the fields are a multipart body, which is not made */
  struct verdict_ok ok;
  bool with_ok;
  bool foreign; /* -p with --no-auth: the URL is not of the profile's origins */
  bool own_credential;       /* the user's -H @FILE holds one: fob adds none */
  char *file;                /* of -o and -O; NULL: standard output, or -J */
  struct request_op *op;     /* --op; NULL: none */
  struct trace *trace;       /* NULL until trace_open() */
  struct secret *credential; /* the user's own, without its scheme: kept so
                                that it is hidden; NULL */
  bool repeatable;           /* although its method is not safe */
};
void request_clear(struct request *request);
#define AUTO_REQUEST __attribute__((cleanup(request_clear)))

/* --- request_plan.c --- */

/* Everything that can be said before the store is opened: method, target,
 * profile, origin, query, headers and body. */
NODISCARD enum code request_plan(struct ctx *ctx,
                                 const struct request_options *options,
                                 const struct operands *operands,
                                 struct request *ret_request, struct err *err);

/* Whether target is a URL, not a path. */
bool request_is_url(const char *target);

/* How many times "-" is named. */
size_t request_count_stdin(const struct request *request);

/* How the fields go into a body. */
enum body_encoding request_encoding(const struct request *request);

/* --- request_plan_file.c --- */

/* -o, -O, -J and -C: what excludes what, and request->file. */
NODISCARD enum code request_plan_file(struct request *request, struct err *err);

/* --- request_op.c --- */

struct request_op;

/* In the place of line_parse(): selects the profile, finds the operation, reads
 * operands as its items. */
NODISCARD enum code request_op_words(struct ctx *ctx, struct request *request,
                                     const struct operands *operands,
                                     struct err *err);

/* Once all items are there: path, query, headers. */
NODISCARD enum code request_op_place(struct request *request, struct err *err);

/* What the operation's body is. */
enum body_encoding request_op_encoding(const struct request *request);

void request_op_free(struct request_op *op);

/* --- request_op_list.c --- */

/* --op=: the operations that have the words of operands; of one all that there
 * is to say. */
NODISCARD enum code request_op_list(struct ctx *ctx,
                                    const struct request_options *options,
                                    const struct operands *operands,
                                    struct err *err);

/* --- request_trace.c --- */

struct trace;

/* Begins to keep what the exchanges take; opens --meta's file. */
NODISCARD enum code trace_open(struct request *request, struct err *err);

/* What a part of the command adds to --meta: "cache", "pages". Texts are
 * borrowed; the last word on a name counts. trace may be NULL. */
void trace_say(struct trace *trace, const char *name, const char *text);
void trace_count(struct trace *trace, const char *name, int64_t number);

/* The end, with code (err filled where it is not E_OK): draws --timing, writes
 * --meta. Returns code, or why these could not be written. What is secret in
 * err is hidden: nobody knows it as one behind that. */
NODISCARD enum code trace_close(const struct request *request, enum code code,
                                struct err *err);
void trace_free(struct trace *trace);

/* --- request_header.c --- */

/* The user's, the profile's and fob's headers. Those that carry a credential
 * are refused in argv, never echoed. */
NODISCARD enum code request_headers(struct request *request, struct err *err);

/* The header that the profile's credential goes into; NULL: none. */
const char *request_credential_header(const struct request *request);

/* Whether a header of that name holds a credential, the profile's own form
 * included. */
bool request_carries_credential(const struct request *request,
                                const char *name);

/* Whether fob puts the profile's credential in. */
bool request_adds_credential(const struct request *request);

/* Whether a header of that name is there, secret or not. */
bool request_has_header(const struct headers *headers, const char *name);

/* --- request_open.c --- */

/* What a request is sent with, one or many times. */
struct request_link {
  struct session session;
  struct rate *rate;
  struct cached *cached;
  struct sender *sender;
};
void request_link_clear(struct request_link *link);
#define AUTO_LINK __attribute__((cleanup(request_link_clear)))

/* The connection's settings, checked. link stays where it is. */
NODISCARD enum code request_open(struct ctx *ctx, const struct request *request,
                                 struct request_link *ret_link,
                                 struct err *err);

/* Fetches the token, where the request wants one. */
NODISCARD enum code request_authorize(struct request_link *link,
                                      const struct request *request,
                                      struct err *err);

/* The call that the request is. */
void request_call(const struct request *request, struct call_request *ret_call);

/* What the answer of a call means for the exit status. */
NODISCARD enum code request_verdict(const struct request *request,
                                    const struct call *call, struct err *err);

/* --- request_retry.c --- */

/* --idempotency-key=KEY, not auto. */
bool request_key_is_given(const struct request_options *options);

/* --idempotency-key: adds the header to a request with that method; an item of
 * a batch may have its own.
 * *ret_repeatable: it may be sent again, by that or by --retry-unsafe.
 * E_USAGE. */
NODISCARD enum code request_add_key(const struct request *request,
                                    const char *method, struct headers *headers,
                                    bool *ret_repeatable, struct err *err);

/* What the options say, else the profile. E_USAGE. */
NODISCARD enum code request_retry_policy(const struct request *request,
                                         struct retry_policy *ret_policy,
                                         struct err *err);
NODISCARD enum code request_rate(const struct request *request,
                                 struct rate **ret_rate, struct err *err);

/* call_sink.wait: a line on the terminal that says why, and until when. */
void request_show_wait(void *user, const struct call *call, int64_t ms);

/* A 2xx is a refusal by the profile's api_error (api/refusal.h): E_API.
 * message NULL: none. */
enum code request_refused(const char *method, const char *url, int status,
                          const char *message, struct err *err);

/* --- request_send.c --- */

NODISCARD enum code request_send(struct ctx *ctx, struct request *request,
                                 struct err *err);

/* The answer is whole: the output ends, and its status is judged. */
NODISCARD enum code request_conclude(const struct request *request,
                                     struct output *output,
                                     const struct call *call, struct err *err);

/* --- request_stream.c --- */

/* --sse: an event stream, taken up again where it drops. */
NODISCARD enum code request_stream(struct ctx *ctx, struct request *request,
                                   struct err *err);

/* --- request_wait.c --- */

/* --wait-for: asks until it is true; what is printed is the last answer. */
NODISCARD enum code request_wait(struct ctx *ctx, struct request *request,
                                 struct err *err);

/* --- request_pages.c, request_pages_plan.c --- */

/* --paginate: all pages, merged. */
NODISCARD enum code request_pages(struct ctx *ctx, struct request *request,
                                  struct err *err);

/* What of its options excludes what. */
NODISCARD enum code request_check_pages(const struct request *request,
                                        struct err *err);

/* --- request_step_up.c --- */

/* Asks the person whether to log in as the API demands. *ret_yes is false where
 * nobody is there, or a login is not what would help. */
NODISCARD enum code request_offer_login(const struct request *request,
                                        const struct step_up *demand,
                                        bool *ret_yes, struct err *err);

/* The person logs in so, where somebody is there and wants to. A login that
 * fails leaves the refusal as it is. For call_sink.demand. */
NODISCARD enum code request_meet_demand(struct ctx *ctx,
                                        const struct request *request,
                                        const struct step_up *demand,
                                        bool *ret_again, struct err *err);

/* --- request_output.c --- */

/* Opens -o. */
NODISCARD enum code output_new(struct output **ret_output,
                               const struct request *request, struct err *err);

/* Waits until what was given to be compiled is (--jq); E_USAGE. To be called
 * before anything is sent. */
NODISCARD enum code output_ready(struct output *output, struct err *err);

/* Ready for an answer. */
void output_start(struct output *output);
enum code output_head(void *user, const struct http_answer *answer,
                      struct err *err);
enum code output_body(void *user, const void *bytes, size_t len,
                      struct err *err);
void output_progress(void *user, int64_t sent, int64_t send_total,
                     int64_t received, int64_t receive_total);

/* The answer broke off: the terminal is left as it was found. */
void output_abort(struct output *output);

/* The answer is whole: what was held back is written, the file put in its
 * place. *ret_refused: the profile's api_error says that a 2xx failed;
 * *ret_message: what it says, NULL when nothing; the caller frees. */
NODISCARD enum code output_end(struct output *output, bool *ret_refused,
                               char **ret_message, struct err *err);

/* Where -o and -O put the body (request_target.h); NULL: none was named. */
struct target *output_target(struct output *output);

/* What is taken out of the body. */
struct sieve *output_sieve(const struct output *output);

/* Whether big buffers are worth their while. */
bool output_is_bulk(const struct output *output);

void output_free(struct output *output);
DEFINE_AUTO(output)

/* --- request_sieve.c --- */

/* What is taken out of a body on its way: events made into lines of JSON
 * (--sse; text/event-stream where a filter is given), then the value at
 * --pointer or what --jq gives of each document, -r strings. */
struct sieve;

/* E_USAGE for filters that exclude each other or are none. */
NODISCARD enum code sieve_check(const struct request_options *options,
                                const struct operands *operands,
                                struct err *err);

/* Starts jq's process, where there is one to start: to be called before threads
 * are. */
NODISCARD enum code sieve_new(struct sieve **ret_sieve,
                              const struct request *request,
                              struct format_sink sink, struct err *err);

/* Waits until --jq is compiled; E_USAGE. To be called before anything is sent.
 */
NODISCARD enum code sieve_ready(struct sieve *sieve, struct err *err);

/* What comes out of a body of that type: what goes in, JSON, or text (-r). */
enum sieve_gives { SIEVE_SAME, SIEVE_JSON, SIEVE_TEXT };
enum sieve_gives sieve_gives(const struct sieve *sieve, const char *type);

/* A body of a type (NULL: not known) begins. What one of before left unfinished
 * is dropped. E_ANSWER: --sse, and it is another type. */
NODISCARD enum code sieve_begin(struct sieve *sieve, const char *type,
                                struct err *err);
NODISCARD enum code sieve_feed(struct sieve *sieve, const void *bytes,
                               size_t len, struct err *err);
/* The last body ends. E_NOT_FOUND: nothing came out. */
NODISCARD enum code sieve_end(struct sieve *sieve, struct err *err);

/* --jq has said `halt`: nothing more will come out. */
bool sieve_halted(const struct sieve *sieve);

/* The parser of the events; NULL: the last body is no event stream. */
const struct events *sieve_events(const struct sieve *sieve);
/* How many there were in all bodies. */
size_t sieve_event_count(const struct sieve *sieve);

void sieve_free(struct sieve *sieve);
DEFINE_AUTO(sieve)

/* --- request_present.c --- */

struct present;

/* How a body is shown: to a terminal JSON indented and coloured, text made
 * visible, anything else withheld; else the bytes as they are. type: its media
 * type, NULL when unknown; plain: not indented. */
NODISCARD enum code present_new(struct present **ret_present, bool terminal,
                                bool is_stdout, const char *type, bool plain,
                                struct format_sink sink, struct err *err);
/* Another form than that, to be called before the first byte: JSON indented, or
 * its items a line each, wherever it goes, or the bytes as they are, to a
 * terminal too. rows: a row of documents, each an item. */
enum request_form { FORM_AUTO, FORM_JSON, FORM_LINES, FORM_RAW };
NODISCARD enum code present_form(struct present *present,
                                 enum request_form form, bool rows,
                                 struct err *err);
enum code present_write(void *user, const void *bytes, size_t len,
                        struct err *err);
/* Says what was withheld. E_ANSWER: a form was asked for that only JSON has,
 * and it was none. */
NODISCARD enum code present_end(struct present *present, struct err *err);
void present_free(struct present *present);
DEFINE_AUTO(present)

/* application/json, …+json, and rows of it. */
bool present_is_json(const char *type);
/* application/x-ndjson and its other names. */
bool present_is_rows(const char *type);

/* --- request_form.c --- */

/* --format. */
enum request_form request_form(const struct request_options *options);

/* Whether what an answer of that type (NULL: not known) gives is a row of
 * documents, each an item, rather than a list of them. */
bool request_gives_rows(const struct request_options *options,
                        const char *type);

/* What of the options about the form excludes what. */
NODISCARD enum code request_check_form(const struct request_options *options,
                                       struct err *err);

/* --- request_show.c --- */

/* --dry-run: the request that would be sent, without its secrets. */
NODISCARD enum code request_show(const struct request *request,
                                 struct err *err);

/* --- request_curl.c --- */

/* --curl: a line for bash or zsh that fetches its own token. */
NODISCARD enum code request_show_curl(const struct ctx *ctx,
                                      const struct request *request,
                                      struct err *err);

/* --- request_cache.c --- */

struct cached;

/* --cache: *ret_cached stays NULL without it, and where nothing can be kept,
 * which is warned of. */
NODISCARD enum code request_open_cache(const struct request *request,
                                       struct cached **ret_cached,
                                       struct err *err);

/* --cache-clear */
NODISCARD enum code request_clear_cache(const struct ctx *ctx,
                                        const struct request_options *options,
                                        const struct operands *operands,
                                        struct err *err);
