/* fob request --sse: events as lines of JSON, and what becomes of a stream that
 * drops. */
#include "cli/request_scene.h"

#define EVENTS "streams/events?retry=0&"
#define LINE(n)                                                                \
  "{\"event\":\"message\",\"id\":\"" #n "\",\"data\":{\"n\": " #n "}}\n"
#define SIX LINE(1) LINE(2) LINE(3) LINE(4) LINE(5) LINE(6)

static const struct {
  const char *words[7];
  int status;
  const char *out; /* whole */
  const char *err; /* a part */
  size_t requests;
} streams[] = {
    /* whole in one connection, and asked once more, as ids and a time to wait
     * invite to */
    {{EVENTS "count=6", "--sse"}, 0, SIX, "", 2},
    {{EVENTS "count=6&none=204", "--sse"}, 0, SIX, "", 2},
    /* in several, ended properly or not: no event twice, none lost */
    {{EVENTS "per=2&none=204", "--sse"}, 0, SIX, "", 4},
    {{EVENTS "per=2&end=cut&none=204", "--sse"}, 0, SIX, "", 4},
    {{EVENTS "per=4&end=cut", "--sse"}, 10, SIX, "behind the event '6'", 5},
    {{EVENTS "per=4&end=cut", "--sse", "--retry", "0"},
     10,
     SIX,
     "could not be taken up again",
     3},
    /* without ids a gap would go unseen */
    {{"streams/events?count=2&ids=0&data=x", "--sse"},
     0,
     "{\"event\":\"message\",\"id\":null,\"data\":\"x\"}\n"
     "{\"event\":\"message\",\"id\":null,\"data\":\"x\"}\n",
     "",
     1},
    {{EVENTS "count=1&ids=0&end=cut&data=x", "--sse"},
     10,
     "{\"event\":\"message\",\"id\":null,\"data\":\"x\"}\n",
     "cannot be taken up again",
     1},
    /* a POST is not sent again */
    {{"POST", EVENTS "count=1", "--sse"}, 0, LINE(1), "", 1},
    {{"POST", EVENTS "count=1&end=cut", "--sse"},
     10,
     LINE(1),
     "cannot be taken up again",
     1},
    /* through filters */
    {{EVENTS "per=2&end=cut&none=204", "--sse", "-q", ".data.n"},
     0,
     "1\n2\n3\n4\n5\n6\n",
     "",
     4},
    {{EVENTS "per=2&end=cut&none=204", "--sse", "--pointer", "/data/n"},
     0,
     "1\n2\n3\n4\n5\n6\n",
     "",
     4},
    {{EVENTS "per=2&none=204", "--sse", "-rq", "\"<\\(.id)>\""},
     0,
     "<1>\n<2>\n<3>\n<4>\n<5>\n<6>\n",
     "",
     4},
    {{EVENTS "per=2&none=204", "--sse", "-q",
      ".data.n, if .data.n == 3 then halt else empty end"},
     0,
     "1\n2\n3\n",
     "",
     2},
    {{EVENTS "per=2&none=204", "--sse", "-q", "empty"}, 1, "", "nothing", 4},
    {{EVENTS "per=2&none=204", "--sse", "--pointer", "/x"},
     1,
     "",
     "nothing",
     4},
    {{EVENTS "per=2&none=204", "--sse", "-q", ".data[]?, .data.n.x"},
     1,
     "1\n",
     "the filter failed",
     1},
    /* a filter alone decodes too, once */
    {{EVENTS "per=2&none=204", "-q", ".data.n"}, 0, "1\n2\n", "", 1},
    {{"streams/events?count=1&ids=0&data=x"},
     0,
     ": hello\n\ndata: x\n\n",
     "",
     1},
    /* no stream */
    {{"user", "--sse"}, 13, "", "application/json, not an event stream", 1},
    {{"status/404", "--sse"}, 4, "", "404 Not Found", 1},
    {{"status/204", "--sse"}, 0, "", "", 1},
};

Test(request_stream, gives_each_event_once_or_says_that_some_are_missing)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
    const char *what = streams[i].words[streams[i].words[0][0] == 'P'];
    AUTO_OUTCOME struct outcome o;
    json_t *journal;

    server_reset(&s.server);
    fob_row(&s, &o, NULL, streams[i].words);
    cr_expect_eq(o.status, streams[i].status, "%s: %d %s", what, o.status,
                 o.err);
    cr_expect_str_eq(o.out, streams[i].out, "%s", what);
    cr_expect(has(o.err, streams[i].err), "%s: %s", what, o.err);
    journal = server_journal(&s.server, NULL);
    cr_expect_eq(json_array_size(journal), streams[i].requests, "%s: %zu", what,
                 json_array_size(journal));
    json_decref(journal);
  }
}

Test(request_stream, asks_for_what_is_behind_the_last_event)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  json_t *requests;

  scene_make(&s);
  fob(&s.home, &o, "request", EVENTS "per=4&end=cut&none=204", "--sse", NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  requests = server_journal(&s.server, NULL);
  cr_assert_eq(json_array_size(requests), 3);
  cr_expect_str_eq(echoed_header(json_array_get(requests, 0), "accept"),
                   "text/event-stream");
  cr_expect_str_eq(echoed_header(json_array_get(requests, 0), "last-event-id"),
                   "(none)");
  cr_expect_str_eq(echoed_header(json_array_get(requests, 1), "last-event-id"),
                   "4");
  cr_expect_str_eq(echoed_header(json_array_get(requests, 2), "last-event-id"),
                   "6");
  json_decref(requests);
}

static const struct {
  const char *fault;
  int status;
  const char *out, *err;
} faults[] = {
    /* of the second connection; the others go on as they should */
    {"'fault':'status','status':503,'skip':1", 0, SIX, ""},
    {"'fault':'status','status':503,'skip':1,'times':2", 0, SIX, ""},
    {"'fault':'cut','skip':1,'times':2", 0, SIX, ""},
    {"'fault':'reset','skip':1", 0, SIX, ""},
    {"'fault':'status','status':503,'skip':1,'times':-1", 10, LINE(1) LINE(2),
     "dropped behind the event '2'"},
    {"'fault':'cut','skip':1,'times':-1", 10, LINE(1) LINE(2),
     "could not be taken up again"},
    {"'fault':'status','status':404,'body':'gone','skip':1", 4, LINE(1) LINE(2),
     "404 Not Found"},
    /* of the first: no stream was ever there */
    {"'fault':'status','status':404", 4, "", "404 Not Found"},
};

Test(request_stream, goes_on_where_the_server_comes_back)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
    AUTO_OUTCOME struct outcome o;

    server_reset(&s.server);
    server_order(&s.server, "{'next':{'path':'/api/streams/events',%s}}",
                 faults[i].fault);
    fob(&s.home, &o, "request", "streams/events?retry=10&per=2&none=204",
        "--sse", NULL);
    cr_expect_eq(o.status, faults[i].status, "%s: %d %s", faults[i].fault,
                 o.status, o.err);
    cr_expect_str_eq(o.out, faults[i].out, "%s", faults[i].fault);
    cr_expect(has(o.err, faults[i].err), "%s: %s", faults[i].fault, o.err);
  }
}

Test(request_stream, max_time_bounds_the_whole)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, silent;

  scene_make(&s);
  fob(&s.home, &o, "request", "streams/events?retry=3600000&per=2", "--sse",
      "-m", "1", NULL);
  cr_assert_eq(o.status, 7, "%d %s", o.status, o.err);
  cr_assert_str_eq(o.out, LINE(1) LINE(2));
  cr_assert(has(o.err, "given up after 1 s (-m)"), "%s", o.err);
  server_order(&s.server,
               "{'next':{'path':'/api/streams/events','fault':'slow',"
               "'delay_ms':60000}}");
  fob(&s.home, &silent, "request", EVENTS, "--sse", "-m", "1", NULL);
  cr_assert_eq(silent.status, 7, "%d %s", silent.status, silent.err);
}
