/* What an exchange took, of time and of bytes. */
#include "http/transfer.h"

#include "base/clock.h"

static int64_t happened(curl_off_t microseconds)
{
  return microseconds > 0 ? microseconds : -1;
}

static void take_timing(struct transfer *t)
{
  struct http_timing *timing = &t->answer->timing;
  curl_off_t dns = 0, connect = 0, tls = 0, request = 0, first = 0, total = 0;
  long connects = 0;

  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &dns);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connect);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &request);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &total);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
  if (total <= 0)
    total = (clock_mono_ms() - t->started) * 1000;
  *timing = (struct http_timing){
      .dns = happened(dns),
      .connect = happened(connect),
      .tls = happened(tls),
      .request = t->answer->sent ? happened(request) : -1,
      .first_byte = t->answer->status != 0 ? happened(first) : -1,
      .total = total,
      .started = t->started,
  };
  if (connects == 0 && t->answer->sent)
    timing->dns = timing->connect = timing->tls = -1;
}

static void take_traffic(struct transfer *t)
{
  curl_off_t up = 0, down = 0;
  long head_down = 0;

  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &up);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
  (void)sym_curl_easy_getinfo(t->easy, CURLINFO_HEADER_SIZE, &head_down);
  t->answer->traffic = (struct http_traffic){
      .body_sent = up, .head_received = head_down, .body_received = down};
}

void transfer_measure(struct transfer *t)
{
  take_timing(t);
  take_traffic(t);
}
