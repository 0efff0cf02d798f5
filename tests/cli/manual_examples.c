/* The examples of fob-request(1) do what they show: each line of the section's
 * blocks that begins with "$ " is run by a shell, logged in to an API that is
 * as the examples have it (sandbox/acme.c), where files of their names lie. The
 * lines behind it are its output; none: any will do. What ends with another
 * status than 0 says so in the page's source, in a comment before it:
 *
 *     .\" exit 4
 *
 * Likewise what fob-equivalents(7) shows of fob.
 */
#include "cli/request_scene.h"

#include "cli/cli.h"

#include <unistd.h>

struct example {
  int status;
  struct buf line, output;
};

/* The text of a line as the page shows it. */
static void show(struct buf *out, const char *line, size_t len)
{
  static const struct {
    const char *roff, *text;
  } escapes[] = {{"\\e", "\\"},
                 {"\\-", "-"},
                 {"\\&", ""},
                 {"\\(dq", "\""},
                 {"\\(aq", "'"}};

  for (size_t at = 0; at < len;) {
    size_t i = 0;

    if (line[at] != '\\') {
      buf_putc(out, line[at++]);
      continue;
    }
    while (i < ARRAY_LEN(escapes) &&
           strncmp(line + at, escapes[i].roff, strlen(escapes[i].roff)) != 0)
      i++;
    cr_assert(i < ARRAY_LEN(escapes), "an escape that is not known: %s",
              line + at);
    buf_puts(out, escapes[i].text);
    at += strlen(escapes[i].roff);
  }
}

/* The names of the page are those of the sandbox. */
static char *here(const struct scene *s, const char *line)
{
  static const struct {
    const char *there, *path;
  } names[] = {{"https://api.acme.example/v2", "/acme/v2"},
               {"https://example.com/", "/acme/v2/public"}};
  AUTO_BUF struct buf out = BUF_INIT(BUF_LINE);

  while (*line != '\0') {
    size_t i = 0;

    while (i < ARRAY_LEN(names) &&
           strncmp(line, names[i].there, strlen(names[i].there)) != 0)
      i++;
    if (i < ARRAY_LEN(names)) {
      buf_printf(&out, "%s%s", s->server.base, names[i].path);
      line += strlen(names[i].there);
    } else {
      buf_putc(&out, *line++);
    }
  }
  return mem_str(buf_text(&out));
}

static bool same_but_for_the_end(const char *a, const char *b)
{
  size_t la = strlen(a), lb = strlen(b);

  while (la > 0 && a[la - 1] == '\n')
    la--;
  while (lb > 0 && b[lb - 1] == '\n')
    lb--;
  return la == lb && memcmp(a, b, la) == 0;
}

/* Whether it does what the page shows; says what it does otherwise. */
static bool works(const struct scene *s, const struct example *example)
{
  AUTO_STR char *line = here(s, buf_text(&example->line));
  AUTO_STR char *dir = home_path(&s->home, "work");
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {"sh", "-c", line, NULL};

  program_run(
      &(struct program_options){.argv = argv, .env = s->home.env, .dir = dir},
      &o);
  if (o.status == example->status &&
      (example->output.len == 0 ||
       same_but_for_the_end(o.out, buf_text(&example->output))))
    return true;
  cr_log_warn("%s\nends with %d instead of %d: %s%s", line, o.status,
              example->status, o.out, o.err);
  return false;
}

static void example_clear(struct example *example)
{
  buf_clear(&example->line);
  buf_clear(&example->output);
  buf_init(&example->line, BUF_LINE);
  buf_init(&example->output, BUF_LINE);
  example->status = 0;
}

static bool goes_on(const struct buf *line)
{
  const char *text = buf_text(line);

  return line->len > 2 && (strcmp(text + line->len - 2, "\\\n") == 0 ||
                           strcmp(text + line->len - 2, "|\n") == 0 ||
                           strcmp(text + line->len - 3, "&&\n") == 0);
}

struct count {
  size_t examples, broken;
};

static void finish(const struct scene *s, struct example *example,
                   struct count *count)
{
  if (example->line.len > 0) {
    count->examples++;
    count->broken += !works(s, example);
  }
  example_clear(example);
}

/* Runs all of a page's examples. */
static struct count run_page(const struct scene *s, const char *page)
{
  const char *at = strstr(page, "\n.Sh EXAMPLES\n");
  struct count count = {0};
  struct example example = {0};
  int status = 0;
  bool inside = false;

  cr_assert_not_null(at);
  example_clear(&example);
  for (at += 14; *at != '\0' && strncmp(at, ".Sh ", 4) != 0;) {
    size_t len = strcspn(at, "\n");

    if (strncmp(at, ".Bd -literal", 12) == 0) {
      inside = true;
    } else if (strncmp(at, ".Ed", 3) == 0) {
      inside = false;
      finish(s, &example, &count);
    } else if (strncmp(at, ".\\\" exit ", 9) == 0) {
      finish(s, &example, &count);
      status = at[9] - '0';
      if (at[10] != '\n')
        status = status * 10 + (at[10] - '0');
    } else if (inside && strncmp(at, "$ ", 2) == 0) {
      finish(s, &example, &count);
      example.status = status;
      status = 0;
      show(&example.line, at + 2, len - 2);
      buf_putc(&example.line, '\n');
    } else if (inside) {
      struct buf *to = goes_on(&example.line) && example.output.len == 0
                           ? &example.line
                           : &example.output;

      show(to, at, len);
      buf_putc(to, '\n');
    }
    at += len + (at[len] == '\n');
  }
  buf_clear(&example.line);
  buf_clear(&example.output);
  return count;
}

/* The profile's openapi. */
static void describe(const struct scene *s)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *path = home_path(&s->home, "acme.json");

  home_write(&s->home, "acme.json", 0600, "%s",
             "{\"openapi\":\"3.0.3\",\"paths\":{\"/repos/{owner}/{repo}/issues/"
             "{number}\":{\"get\":{\"operationId\":\"issues/get\",\"summary\":"
             "\"One issue\"}}}}");
  fob(&s->home, &o, "profile", "set", "acme", "openapi", path, NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
}

static void make_scene(struct scene *s)
{
  AUTO_OUTCOME struct outcome o;
  AUTO_STR char *bin = NULL, *link = NULL, *program = program_fob();

  memset(s, 0, sizeof *s);
  home_make(&s->home);
  server_start(&s->server, NULL);
  AUTO_STR char *api = mem_printf("%s/acme/v2", s->server.base);
  fob_input(&s->home, &o, "test-secret-not-real\n", "login", s->server.issuer,
            "-p", "acme", "--api", api, "--client-credentials", "--client-id",
            "fob-service", "--client-secret-file", "-", "--store", "file",
            NULL);
  cr_assert_eq(o.status, 0, "%s", o.err);
  describe(s);
  home_write(&s->home, "bin/.keep", 0600, "%s", "");
  home_write(&s->home, "work/photo.jpg", 0600, "%s", "a picture");
  home_write(&s->home, "work/issues.txt", 0600, "%s",
             "repos/o/r/issues/1\nrepos/o/r/issues/2\n");
  home_write(&s->home, "work/a.bin", 0600, "%s", "a,b\n");
  home_write(&s->home, "work/items.ndjson", 0600, "%s",
             "{\"id\":\"me\",\"path\":\"user\"}\n"
             "{\"id\":3,\"method\":\"PATCH\",\"path\":\"repos/o/r/issues/3\","
             "\"body\":{\"state\":\"open\"}}\n");
  home_write(&s->home, "work/big.json", 0600, "%s", "{\"big\":true}");
  home_write(&s->home, "work/token.header", 0600, "%s", "X-Key: test-1\n");
  bin = home_path(&s->home, "bin");
  link = home_path(&s->home, "bin/fob");
  cr_assert_eq(symlink(program, link), 0);
  home_setenv(&s->home, "PATH", "%s:/usr/bin:/bin", bin);
}

static char *read_page(const char *path)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  FILE *file = fopen(path, "r");
  char line[1024];

  cr_assert_not_null(file, "%s", path);
  while (fgets(line, sizeof line, file) != NULL)
    buf_puts(&text, line);
  fclose(file);
  return mem_str(buf_text(&text));
}

Test(manual_examples, of_fob_request_do_what_they_show)
{
  AUTO_SCENE struct scene s;
  AUTO_STR char *page = read_page("man/fob-request.1");
  struct count count;

  make_scene(&s);
  count = run_page(&s, page);
  cr_expect_eq(count.broken, 0, "%zu of %zu examples", count.broken,
               count.examples);
  cr_expect(count.examples >= 10, "only %zu were found", count.examples);
}

/* fob-equivalents(7): the lines of fob, but for those that are shortened. */
Test(manual_examples, beside_those_of_other_programs_work)
{
  static const char mark[] = "\nfob    fob ";
  AUTO_SCENE struct scene s;
  AUTO_STR char *page = read_page("man/fob-equivalents.7");
  size_t count = 0;

  make_scene(&s);
  home_setenv(&s.home, "API", "%s/acme/v2", s.server.base);
  for (const char *at = page; (at = strstr(at, mark)) != NULL; at++) {
    struct example example = {0};
    size_t len;

    at += sizeof mark - 5; /* at the program's name */
    len = strcspn(at, "\n");
    example_clear(&example);
    show(&example.line, at, len);
    if (strstr(buf_text(&example.line), "...") == NULL &&
        strncmp(at, "fob login", 9) != 0) {
      cr_expect(works(&s, &example));
      count++;
    }
    example_clear(&example);
  }
  cr_expect(count >= 20, "only %zu were found", count);
}

/* What the tests above must see. */
static const struct {
  const char *block;
  size_t examples, broken;
} planted[] = {
    {"$ fob request user\n", 1, 0},
    {"$ fob request user --pointer /login\n\"ann\"\n", 1, 0},
    {"$ fob request user --pointer /login\n\"bob\"\n", 1, 1},
    {"$ fob request user --nonesuch\n", 1, 1},
    {"$ fob request nonesuch\n", 1, 1},
    {".\\\" exit 4\n$ fob request nonesuch\n$ fob request user\n", 2, 0},
    {".\\\" exit 11\n$ fob request https://other.example/\n", 1, 0},
    {".\\\" exit 4\n$ fob request user\n", 1, 1},
    {"$ fob request https://api.acme.example/v2/user \\e\n    --quiet\n", 1, 0},
    {"$ fob request user |\n    grep -q bob\n", 1, 1},
    {"$ fob request POST uploads --form file@nonesuch.jpg\n", 1, 1},
};

Test(manual_examples, that_are_broken_are_seen)
{
  AUTO_SCENE struct scene s;

  make_scene(&s);
  for (size_t i = 0; i < ARRAY_LEN(planted); i++) {
    AUTO_STR char *page =
        mem_printf("\n.Sh EXAMPLES\nText:\n.Bd -literal\n%s.Ed\n.Sh SEE ALSO\n"
                   "$ not an example\n",
                   planted[i].block);
    struct count count = run_page(&s, page);

    cr_expect_eq(count.examples, planted[i].examples, "%s", planted[i].block);
    cr_expect_eq(count.broken, planted[i].broken, "%s", planted[i].block);
  }
}
