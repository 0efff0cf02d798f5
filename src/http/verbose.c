/* The "> " and "< " lines of -v, made from fob's own lists. Names are in lower
 * case, as HTTP/2 sends them. */
#include "http/transfer.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/redact.h"

#include <string.h>

enum { LINE_MAX_BYTES = 8 * 1024 };

static void put_lower(struct buf *out, const char *text)
{
  for (; *text != '\0'; text++)
    buf_putc(out, *text >= 'A' && *text <= 'Z' ? (char)(*text | 32) : *text);
}

static void show_header(const char *mark, const struct header *header)
{
  AUTO_BUF struct buf line = BUF_INIT(TRANSFER_HEAD_MAX * 2);

  put_lower(&line, header->name);
  buf_puts(&line, ": ");
  if (header->secret != NULL)
    redact_secret(&line, header->name, secret_reveal(header->secret),
                  secret_len(header->secret));
  else
    redact_header(&line, header->name, header->value);
  if (line.len > LINE_MAX_BYTES) {
    buf_truncate(&line, LINE_MAX_BYTES);
    buf_puts(&line, "…");
  }
  log_raw(LOG_VERBOSE, "%s %s", mark, buf_text(&line));
}

static void show_headers(const char *mark, const struct headers *headers)
{
  for (size_t i = 0; headers != NULL && i < headers->count; i++)
    show_header(mark, &headers->items[i]);
}

void verbose_request(const struct transfer *t)
{
  const struct url *url = t->request.url;
  const struct connection_note *note = &t->http->note;
  bool tls = strcmp(url->scheme, "https") == 0;
  bool known = tls && strcmp(note->origin, url->origin) == 0;
  AUTO_BUF struct buf line = BUF_INIT(2 * BUF_URL);

  if (log_level() < LOG_VERBOSE)
    return;

  buf_printf(&line, "%s ", t->request.method);
  redact_url(&line, url->text + strlen(url->origin));
  buf_printf(&line, " %s  (%s, %s", known ? note->version : "HTTP/1.1",
             url->origin, t->answer->address);
  if (known)
    buf_printf(&line, ", %s", note->tls);
  buf_puts(&line, ")");
  log_raw(LOG_VERBOSE, "> %s", buf_text(&line));
  show_headers(">", t->request.headers);
}

void verbose_answer(const struct transfer *t)
{
  const struct http_answer *answer = t->answer;

  if (log_level() < LOG_VERBOSE)
    return;

  log_raw(LOG_VERBOSE, "< %s %d%s%s  (%lld ms)", answer->version,
          answer->status, answer->reason[0] != '\0' ? " " : "", answer->reason,
          (long long)(clock_mono_ms() - t->started));
  show_headers("<", &answer->headers);
}
