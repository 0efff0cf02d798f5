/* --timing: each exchange with what it did one after another, on one scale:
 *
 *     GET https://api.example/users: 200, HTTP/2, 192.0.2.7:443
 *       dns           0.3 ms  █
 *       connect      11.8 ms  █
 *       tls          24.1 ms   ████
 *       wait        120.5 ms       ███████████████████
 *       transfer      3.0 ms                          █
 *
 * Without a terminal the numbers alone. */
#include "cmd/request_trace.h"

#include "base/file.h"
#include "base/log.h"
#include "cmd/ui.h"

#include <inttypes.h>
#include <langinfo.h>
#include <string.h>
#include <unistd.h>

enum {
  TEXT_COLUMNS = 25, /* in front of the bars */
  BAR_LEAST = 8,     /* columns, or there are no bars */
  BAR_MOST = 100,
  TEXT_MAX = 256 * 1024,
};

struct drawing {
  struct buf out;
  int columns; /* of the bars; 0: none */
  const char *block;
  int64_t from, span; /* of the scale, microseconds */
};

static void put_bar(struct drawing *d, int64_t from, int64_t to,
                    enum ui_style style)
{
  int64_t start = (from - d->from) * d->columns / d->span;
  int64_t end = (to - d->from) * d->columns / d->span;

  start = start < 0 ? 0 : start < d->columns ? start : d->columns - 1;
  end = end > start ? end : start + 1;
  end = end < d->columns ? end : d->columns;
  buf_printf(&d->out, "  %*s%s", (int)start, "", ui_style(style, false));
  for (; start < end; start++)
    buf_puts(&d->out, d->block);
  buf_puts(&d->out, ui_style(UI_PLAIN, false));
}

/* from and to on the scale; from is -1 where the step did not happen. */
static void put_row(struct drawing *d, const char *name, int64_t from,
                    int64_t to, enum ui_style style)
{
  buf_printf(&d->out, "  %-8s %9.1f ms", name, (double)(to - from) / 1000);
  if (d->columns > 0)
    put_bar(d, from, to, style);
  buf_putc(&d->out, '\n');
}

/* The steps that ended, each from where the one before it did, and the one that
 * was under way when the exchange failed. */
static void put_steps(struct drawing *d, const struct trace_exchange *e)
{
  const struct http_timing *t = &e->timing;
  const struct {
    const char *name;
    int64_t end;
    enum ui_style style;
  } steps[] = {
      {"dns", t->dns, UI_CYAN},
      {"connect", t->connect, UI_YELLOW},
      {"tls", t->tls, UI_GREEN},
      {"wait", t->first_byte, UI_DIM},
      {"transfer", t->first_byte >= 0 ? t->total : -1, UI_BOLD},
  };
  int64_t start = t->started * 1000;
  int64_t at = 0;

  for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
    if (i == 3 && t->request > at)
      at = t->request;
    if (steps[i].end < at)
      continue;
    put_row(d, steps[i].name, start + at, start + steps[i].end, steps[i].style);
    at = steps[i].end;
  }
  if (e->error == NULL || t->first_byte >= 0)
    return;
  put_row(d,
          t->request >= 0                    ? "wait"
          : t->connect >= 0                  ? "tls"
          : t->dns >= 0 && e->timing.tls < 0 ? "connect"
                                             : "dns",
          start + at, start + t->total, UI_RED);
}

static void put_exchange(struct drawing *d, const struct trace_exchange *e)
{
  if (e->waited_ms > 0)
    put_row(d, "waited", (e->timing.started - e->waited_ms) * 1000,
            e->timing.started * 1000, UI_DIM);
  buf_printf(&d->out, "%s %s:", e->method, e->url);
  if (e->status > 0)
    buf_printf(&d->out, " %d, %s", e->status,
               e->version != NULL ? e->version : "");
  if (e->error != NULL)
    buf_printf(&d->out, "%s %s", e->status > 0 ? "," : "", e->error);
  if (e->address != NULL)
    buf_printf(&d->out, ", %s", e->address);
  if (e->timing.request >= 0 && e->timing.connect < 0)
    buf_puts(&d->out, ", on a connection that was there");
  buf_putc(&d->out, '\n');
  put_steps(d, e);
}

static int columns(void)
{
  int width = ui_width() - TEXT_COLUMNS;

  if (!ui_stderr_is_terminal() || ui_plain() || width < BAR_LEAST)
    return 0;
  return width < BAR_MOST ? width : BAR_MOST;
}

static void put_total(struct drawing *d, const struct trace *trace)
{
  buf_printf(&d->out, "%zu exchanges, %" PRId64 " connection%s, %.1f ms",
             trace->count, trace->connections,
             trace->connections == 1 ? "" : "s", (double)d->span / 1000);
  if (trace->waited_ms > 0)
    buf_printf(&d->out, ", of which %" PRId64 " ms waited", trace->waited_ms);
  buf_putc(&d->out, '\n');
}

/* What began first, and what ended last. */
static void find_scale(struct drawing *d, const struct trace *trace)
{
  int64_t end = 0;

  d->from = INT64_MAX;
  for (size_t i = 0; i < trace_kept(trace); i++) {
    const struct trace_exchange *e = &trace->exchanges[i];
    int64_t started = (e->timing.started - e->waited_ms) * 1000;
    int64_t ended = e->timing.started * 1000 + e->timing.total;

    d->from = started < d->from ? started : d->from;
    end = ended > end ? ended : end;
  }
  d->span = end > d->from ? end - d->from : 1;
}

enum code trace_draw(const struct trace *trace, struct err *err)
{
  struct drawing d = {
      .out = BUF_INIT(TEXT_MAX),
      .columns = columns(),
      .block = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "█" : "#",
  };
  size_t kept = trace_kept(trace);
  enum code code;

  find_scale(&d, trace);
  for (size_t i = 0; i < kept; i++) {
    if (i + 1 == TRACE_EXCHANGES && trace->count > kept)
      buf_printf(&d.out, "... %zu more\n", trace->count - kept);
    put_exchange(&d, &trace->exchanges[i]);
  }
  if (trace->count > 1)
    put_total(&d, trace);
  code = buf_check(&d.out, err);
  log_clear_line();
  if (code == E_OK && d.out.len > 0)
    code = file_write_fd(STDERR_FILENO, buf_text(&d.out), d.out.len,
                         "standard error", err);
  buf_clear(&d.out);
  return code;
}
