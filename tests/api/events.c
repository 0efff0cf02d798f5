#include "api/events.h"

#include "api/scan.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <string.h>

static enum code collect(void *user, const struct event *event, struct err *err)
{
  (void)err;
  events_json(user, event);
  return E_OK;
}

static struct events *begin(struct buf *out)
{
  struct events *events = NULL;

  cr_assert_eq(events_new(&events,
                          (struct events_sink){.event = collect, .user = out},
                          NULL),
               E_OK);
  return events;
}

struct sample {
  const char *stream, *ndjson;
};

#define MESSAGE(data) "{\"event\":\"message\",\"id\":null,\"data\":" data "}\n"

static const struct sample samples[] = {
    /* the standard's examples */
    {"data: YHOO\ndata: +2\ndata: 10\n\n", MESSAGE("\"YHOO\\n+2\\n10\"")},
    {": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
     "data:  third event\n\n",
     "{\"event\":\"message\",\"id\":\"1\",\"data\":\"first event\"}\n"
     "{\"event\":\"message\",\"id\":null,\"data\":\"second event\"}\n"
     "{\"event\":\"message\",\"id\":null,\"data\":\" third event\"}\n"},
    {"data\n\ndata\ndata\n\ndata:", MESSAGE("\"\"") MESSAGE("\"\\n\"")},
    {"data:test\n\ndata: test\n\n", MESSAGE("\"test\"") MESSAGE("\"test\"")},
    /* ends of lines */
    {"data: a\r\rdata: b\r\n\r\ndata: c\n\ndata: d\r\n\r",
     MESSAGE("\"a\"") MESSAGE("\"b\"") MESSAGE("\"c\"") MESSAGE("\"d\"")},
    {"\r\n\n\r\n", ""},
    /* fields */
    {"event: add\ndata: 1\n\ndata: 2\n\n",
     "{\"event\":\"add\",\"id\":null,\"data\":1}\n" MESSAGE("2")},
    {"event: nothing\n\ndata: 2\n\n", MESSAGE("2")},
    {"Data: 1\ndata : 2\n data: 3\nother: 4\n\n", ""},
    {"id: 7\ndata: 1\n\ndata: 2\n\n",
     "{\"event\":\"message\",\"id\":\"7\",\"data\":1}\n"
     "{\"event\":\"message\",\"id\":\"7\",\"data\":2}\n"},
    {"id: a\x01z\ndata: 1\n\n", MESSAGE("1")},
    {"\xef\xbb\xbf"
     "data: 1\n\n\xef\xbb\xbf"
     "data: 2\n\n",
     MESSAGE("1")},
    {": comment\n:\n::\n", ""},
    /* what the end cuts */
    {"data: 1\n\ndata: 2\n", MESSAGE("1")},
    {"data: 1", ""},
    /* data that is JSON */
    {"data: {\"n\": 1.10, \"e\":1E400}\n\n",
     MESSAGE("{\"n\": 1.10, \"e\":1E400}")},
    {"data: {\"a\":\ndata: [1,\ndata: 2]}\n\n", MESSAGE("{\"a\": [1, 2]}")},
    {"data: [DONE]\n\n", MESSAGE("\"[DONE]\"")},
    {"data: 1 2\n\n", MESSAGE("\"1 2\"")},
    {"data: {\"a\":1\n\n", MESSAGE("\"{\\\"a\\\":1\"")},
    {"data: \xef\xbb\xbf"
     "1\n\n",
     MESSAGE("\"\xef\xbb\xbf"
             "1\"")},
    /* what is no UTF-8 */
    {"data: a\xff\xc3(\n\n", MESSAGE("\"a\xef\xbf\xbd\xef\xbf\xbd(\"")},
    {"event: \x1b[1m\xc0\ndata: \"\xe2\x82\"\n\n",
     "{\"event\":\"\\u001b[1m\xef\xbf\xbd\",\"id\":null,\"data\":"
     "\"\xef\xbf\xbd\xef\xbf\xbd\"}\n"},
};

Test(events, become_lines_of_json_wherever_the_stream_is_cut)
{
  for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
    const char *stream = samples[i].stream;
    size_t len = strlen(stream);

    for (size_t split = 0; split <= len; split++) {
      AUTO_BUF struct buf out = BUF_INIT(10000);
      AUTO(events) events = begin(&out);

      cr_assert_eq(events_feed(events, stream, split, NULL), E_OK);
      cr_assert_eq(events_feed(events, stream + split, len - split, NULL),
                   E_OK);
      cr_assert_str_eq(buf_text(&out), samples[i].ndjson, "%s at %zu", stream,
                       split);
    }
  }
}

Test(events, an_event_is_given_with_the_empty_line_behind_it)
{
  AUTO_BUF struct buf out = BUF_INIT(10000);
  AUTO(events) events = begin(&out);

  cr_assert_eq(events_feed(events, "data: 1\r\n\r", 10, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), MESSAGE("1"));
  cr_assert_eq(events_feed(events, "\ndata: 2\n", 9, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), MESSAGE("1"));
  cr_assert_eq(events_feed(events, "\n", 1, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), MESSAGE("1") MESSAGE("2"));
}

static void feed(struct events *events, const char *text)
{
  cr_assert_eq(events_feed(events, text, strlen(text), NULL), E_OK);
}

Test(events, an_id_with_nul_is_passed_over)
{
  static const char stream[] = "id: 1\0002\ndata: a\n\n";
  AUTO_BUF struct buf out = BUF_INIT(10000);
  AUTO(events) events = begin(&out);

  cr_assert_eq(events_feed(events, stream, sizeof stream - 1, NULL), E_OK);
  cr_assert_str_eq(buf_text(&out), MESSAGE("\"a\""));
  cr_assert_null(events_last_id(events));
}

Test(events, the_id_counts_with_its_event)
{
  AUTO_BUF struct buf out = BUF_INIT(10000);
  AUTO(events) events = begin(&out);

  feed(events, "id: 1\ndata: a\n\nid: 2\ndata: b\n");
  cr_assert_str_eq(events_last_id(events), "1");
  events_restart(events);
  feed(events, "data: c\n\n");
  cr_assert_str_eq(events_last_id(events), "1");
  feed(events, "id: 3\n\n"); /* without data too */
  cr_assert_str_eq(events_last_id(events), "3");
  feed(events, "id\ndata: d\n\n");
  cr_assert_null(events_last_id(events));
}

Test(events, the_time_for_reconnecting_is_digits_alone)
{
  static const char *const no[] = {"retry: 1s\n",
                                   "retry: -1\n",
                                   "retry:\n",
                                   "retry\n",
                                   "retry: 9999999999999999\n",
                                   "retry:  5\n"};
  AUTO_BUF struct buf out = BUF_INIT(10000);
  AUTO(events) events = begin(&out);

  cr_assert_eq(events_retry_ms(events), -1);
  feed(events, "retry: 2500\n");
  cr_assert_eq(events_retry_ms(events), 2500);
  for (size_t i = 0; i < ARRAY_LEN(no); i++)
    feed(events, no[i]);
  events_restart(events);
  cr_assert_eq(events_retry_ms(events), 2500);
}

static enum code feed_long(struct events *events, const char *line,
                           size_t lines, struct err *err)
{
  size_t len = strlen(line);
  enum code code = E_OK;

  for (size_t i = 0; code == E_OK && i < lines; i++)
    code = events_feed(events, line, len, err);
  return code;
}

Test(events, a_line_and_an_event_are_bounded)
{
  AUTO_BUF struct buf out = BUF_INIT(10000);
  struct err err = ERR_INIT;
  AUTO_STR char *kib = mem_alloc(1025);

  cr_assert_not_null(kib);
  memset(kib, 'x', 1024);
  kib[1024] = '\0';
  {
    AUTO(events) events = begin(&out);

    feed(events, "data:");
    cr_assert_eq(feed_long(events, kib, 1023, &err), E_OK);
    cr_assert_eq(feed_long(events, kib, 2, &err), E_ANSWER);
    cr_assert_str_eq(err.message,
                     "a line in the event stream is longer than 1024 KiB");
  }
  {
    AUTO(events) events = begin(&out);

    memcpy(kib, "data:", 5);
    kib[1023] = '\n';
    cr_assert_eq(feed_long(events, kib, 16 * 1024, &err), E_OK);
    cr_assert_eq(feed_long(events, kib, 200, &err), E_ANSWER);
    cr_assert(strstr(err.message, "the data of an event"), "%s", err.message);
  }
}

Test(events, a_longer_id_than_a_header_holds_is_passed_over)
{
  AUTO_BUF struct buf out = BUF_INIT(100000);
  AUTO(events) events = begin(&out);

  feed(events, "id: 1\ndata: 1\n\nid: ");
  for (int i = 0; i < EVENTS_ID; i++)
    feed(events, "x");
  feed(events, "y\ndata: 2\n\n");
  cr_assert_str_eq(events_last_id(events), "1");
}

static enum code refuse(void *user, const struct event *event, struct err *err)
{
  (void)user;
  (void)event;
  return err_set(err, E_OUTPUT, "full");
}

Test(events, what_the_sink_says_ends_it)
{
  AUTO(events) events = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(events_new(&events, (struct events_sink){.event = refuse}, NULL),
               E_OK);
  cr_assert_eq(events_feed(events, "data: 1\n\ndata: 2\n\n", 18, &err),
               E_OUTPUT);
}
