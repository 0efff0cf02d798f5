/* A browser without a person: called under the name `browser` with a URL, the
 * program follows redirects on loopback, keeps cookies, sends every form back
 * as it came (with decision=allow), and so logs in. fob is given it as BROWSER.
 *
 *   TEST_BROWSER_LOG   a file that gets one line of JSON a run: argv, environ
 *                      (names and values), steps, and the last page
 *   TEST_BROWSER_MODE  normal   as above
 *                      none     does nothing at all
 *                      stop     stops before the callback: the URL that it
 *                               would visit is the last step
 *                      noisy    opens idle connections to the callback's port
 *                               and asks it for other things first; comes
 *                               back with the same callback afterwards
 *                      tamper   changes the state before the callback
 *   TEST_BROWSER_DELAY milliseconds before the callback
 */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "support/fetch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { STEPS_MAX = 30, FORMS_MAX = 4, PATIENCE_MS = 20000 };
enum { IDLE_CONNECTIONS = 20 };

struct browser {
  json_t *cookies; /* "host:port" → name → value */
  json_t *steps;   /* URLs */
  json_t *last;    /* {status, body} */
  char *url;
  const char *mode;
};

static char *origin_of(const char *url)
{
  const char *host = strstr(url, "://");

  return need(
      mem_copy(url,
               host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0),
      "memory");
}

static char *resolve(const char *from, const char *reference)
{
  AUTO_STR char *origin = origin_of(from);

  if (strncmp(reference, "http://", 7) == 0 ||
      strncmp(reference, "https://", 8) == 0)
    return need(mem_str(reference), "memory");
  if (reference[0] == '/')
    return need(mem_printf("%s%s", origin, reference), "memory");
  size_t len = strcspn(from, "?#");
  while (len > strlen(origin) && from[len - 1] != '/')
    len--;
  return need(mem_printf("%.*s%s%s", (int)len, from,
                         len == strlen(origin) ? "/" : "", reference),
              "memory");
}

static json_t *jar(struct browser *b)
{
  AUTO_STR char *origin = origin_of(b->url);
  json_t *mine = json_object_get(b->cookies, origin);

  if (mine == NULL) {
    mine = need(json_object(), "memory");
    json_object_set_new(b->cookies, origin, mine);
  }
  return mine;
}

static void take_cookies(struct browser *b, const struct fetch_answer *answer)
{
  char *line;

  for (size_t i = 0; (line = fetch_header(answer, "Set-Cookie", i)); i++) {
    size_t name = strcspn(line, "=;");
    if (line[name] == '=') {
      size_t value = strcspn(line + name + 1, ";");
      bool gone = value == 0 || strcasestr(line, "expires=Thu, 01 Jan 1970");
      line[name] = '\0';
      line[name + 1 + value] = '\0';
      if (gone)
        json_object_del(jar(b), line);
      else
        json_object_set_new(jar(b), line, json_string(line + name + 1));
    }
    mem_free(line);
  }
}

static void put_cookies(struct browser *b, struct buf *head)
{
  const char *name;
  json_t *value;
  bool first = true;

  json_object_foreach(jar(b), name, value)
  {
    buf_printf(head, "%s%s=%s", first ? "Cookie: " : "; ", name,
               json_string_value(value));
    first = false;
  }
  if (!first)
    buf_puts(head, "\r\n");
}

/* The attribute's value within [tag, end), &amp; undone; NULL when it has none.
 * mem_free. */
static char *attribute(const char *tag, const char *end, const char *name)
{
  AUTO_STR char *key = need(mem_printf(" %s=\"", name), "memory");
  const char *at = memmem(tag, (size_t)(end - tag), key, strlen(key));
  AUTO_BUF struct buf out = BUF_INIT(BUF_URL);
  struct err err = ERR_INIT;
  char *text = NULL;

  if (at == NULL)
    return NULL;
  for (const char *c = at + strlen(key); c < end && *c != '"'; c++) {
    buf_putc(&out, *c);
    if (strncmp(c, "&amp;", 5) == 0)
      c += 4;
  }
  must(buf_detach(&out, &text, NULL, &err) == E_OK, err.message);
  return text;
}

static void put_encoded(struct buf *out, const char *text)
{
  for (; *text != '\0'; text++)
    buf_printf(out, "%%%02X", (unsigned char)*text);
}

/* What sending the page's form back means: its fields as they are, and the
 * decision that the sandbox's pages ask for. NULL: the page has no form. */
static char *form_read(const char *html, struct buf *body)
{
  const char *form = strstr(html, "<form");
  const char *end = form ? strstr(form, "</form>") : NULL;

  if (end == NULL)
    return NULL;
  buf_puts(body, "decision=allow");
  for (const char *tag = form; (tag = strstr(tag, "<input")) && tag < end;) {
    const char *close = need(strchr(tag, '>'), "a whole tag");
    AUTO_STR char *name = attribute(tag, close, "name");
    AUTO_STR char *value = attribute(tag, close, "value");
    if (name != NULL && value != NULL) {
      buf_putc(body, '&');
      put_encoded(body, name);
      buf_putc(body, '=');
      put_encoded(body, value);
    }
    tag = close;
  }
  return attribute(form, need(strchr(form, '>'), "a whole tag"), "action");
}

/* One exchange with b->url. false: nothing answered. */
static bool ask_page(struct browser *b, const char *method,
                     const struct buf *body, struct fetch_answer *ret_answer)
{
  AUTO_BUF struct buf head = BUF_INIT(BUF_URL);

  put_cookies(b, &head);
  buf_puts(&head, "Accept: text/html\r\nUser-Agent: test-browser\r\n");
  if (body != NULL)
    buf_puts(&head, "Content-Type: application/x-www-form-urlencoded\r\n");
  if (!fetch(method, b->url, buf_text(&head), body ? buf_text(body) : NULL,
             body ? body->len : 0, PATIENCE_MS, ret_answer))
    return false;
  take_cookies(b, ret_answer);
  json_decref(b->last);
  b->last = json_pack("{si ss}", "status", ret_answer->status, "body",
                      ret_answer->body);
  return true;
}

/* A page, and the forms that follow it; the next URL goes into b->url. false at
 * the end. */
static bool step(struct browser *b)
{
  AUTO_FETCH struct fetch_answer got = {0};

  json_array_append_new(b->steps, json_string(b->url));
  if (!ask_page(b, "GET", NULL, &got))
    return false;
  for (int i = 0; i < FORMS_MAX && got.status == 200; i++) {
    AUTO_BUF struct buf body = BUF_INIT(BUF_URL);
    AUTO_STR char *action = form_read(got.body, &body);
    if (action == NULL)
      break;
    char *to = resolve(b->url, action);
    mem_free(b->url);
    b->url = to;
    fetch_clear(&got);
    if (!ask_page(b, "POST", &body, &got))
      return false;
  }
  AUTO_STR char *location = fetch_header(&got, "Location", 0);
  if (got.status < 300 || got.status >= 400 || location == NULL)
    return false;
  char *next = resolve(b->url, location);
  mem_free(b->url);
  b->url = next;
  return true;
}

static bool is_callback(const char *url)
{
  AUTO_STR char *origin = origin_of(url);
  const char *query = strchr(url, '?');

  return query != NULL && strstr(query, "state=") != NULL &&
         (strstr(query, "code=") != NULL || strstr(query, "error=") != NULL) &&
         strstr(query, "code_challenge=") == NULL;
}

static void ask(const char *method, const char *origin, const char *path)
{
  AUTO_FETCH struct fetch_answer answer = {0};
  AUTO_STR char *url = need(mem_printf("%s%s", origin, path), "memory");

  (void)fetch(method, url, NULL, NULL, 0, 2000, &answer);
}

/* What real browsers and curious neighbours do to a listener. */
static void be_noisy(const char *callback)
{
  AUTO_STR char *origin = origin_of(callback);
  AUTO_STR char *path = need(mem_copy(callback + strlen(origin),
                                      strcspn(callback + strlen(origin), "?")),
                             "memory");

  for (int i = 0; i < IDLE_CONNECTIONS; i++)
    (void)fetch_connect(callback, 2000); /* left open until we end */
  ask("GET", origin, "/favicon.ico");
  ask("OPTIONS", origin, path);
  ask("HEAD", origin, path);
  ask("GET", origin, path);
  ask("GET", origin, "/elsewhere?code=wrong&state=wrong");
  ask("POST", origin, path);
}

static void tamper(char *url)
{
  char *state = strstr(url, "state=");

  if (state != NULL)
    state[6] = state[6] == 'A' ? 'B' : 'A';
}

static void go(struct browser *b)
{
  const char *delay = getenv("TEST_BROWSER_DELAY");

  for (int i = 0; i < STEPS_MAX; i++) {
    bool callback = i > 0 && is_callback(b->url);
    if (callback && strcmp(b->mode, "stop") == 0) {
      json_array_append_new(b->steps, json_string(b->url));
      return;
    }
    if (callback && delay != NULL)
      usleep((useconds_t)strtoul(delay, NULL, 10) * 1000);
    if (callback && strcmp(b->mode, "noisy") == 0)
      be_noisy(b->url);
    if (callback && strcmp(b->mode, "tamper") == 0)
      tamper(b->url);
    bool more = step(b);
    if (callback && strcmp(b->mode, "noisy") == 0) {
      AUTO_STR char *origin = origin_of(b->url);
      ask("GET", origin, b->url + strlen(origin));
    }
    if (callback || !more)
      return;
  }
}

static json_t *texts(char **list)
{
  json_t *array = need(json_array(), "memory");

  for (; *list != NULL; list++)
    json_array_append_new(array, json_string(*list));
  return array;
}

static void write_log(const struct browser *b, char **argv)
{
  const char *path = getenv("TEST_BROWSER_LOG");
  json_t *entry =
      need(json_pack("{so so sO so}", "argv", texts(argv), "environ",
                     texts(environ), "steps", b->steps, "last",
                     b->last ? json_incref(b->last) : json_null()),
           "memory");
  char *text = need(json_dumps(entry, JSON_COMPACT), "memory");
  AUTO_STR char *line = need(mem_printf("%s\n", text), "memory");
  int fd =
      path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

  if (fd >= 0) {
    /* One write: runs at the same time do not mix their lines. */
    must(write(fd, line, strlen(line)) == (ssize_t)strlen(line), "the log");
    close(fd);
  }
  free(text);
  json_decref(entry);
}

int browse_main(int argc, char **argv)
{
  const char *mode = getenv("TEST_BROWSER_MODE");
  struct browser b = {.mode = mode ? mode : "normal"};

  b.cookies = need(json_object(), "memory");
  b.steps = need(json_array(), "memory");
  b.url = need(mem_str(argc == 2 ? argv[1] : ""), "memory");
  if (argc == 2 && strcmp(b.mode, "none") != 0)
    go(&b);
  write_log(&b, argv);
  json_decref(b.cookies);
  json_decref(b.steps);
  json_decref(b.last);
  mem_free(b.url);
  return argc == 2 ? 0 : 2;
}
