/* fob request: bodies of any size, from files and pipes. */
#include "cli/request_scene.h"

#include "crypto/crypto.h"

#include <fcntl.h>
#include <unistd.h>

enum { LARGE = 3 * 1024 * 1024 + 7 };

/* A file of LARGE bytes, and its SHA-256 in hex. */
static void make_large(const struct scene *s, const char *name, char hex[65])
{
  static unsigned char bytes[LARGE];
  AUTO_STR char *path = home_path(&s->home, name);
  uint8_t hash[CRYPTO_HASH_MAX];
  size_t len;
  struct err err = ERR_INIT;
  FILE *file = fopen(path, "w");

  for (size_t i = 0; i < LARGE; i++)
    bytes[i] = (unsigned char)(i * 7 % 251);
  cr_assert(file != NULL && fwrite(bytes, LARGE, 1, file) == 1);
  fclose(file);
  cr_assert_eq(crypto_hash(CRYPTO_SHA256, bytes, LARGE, hash, &len, &err),
               E_OK);
  for (size_t i = 0; i < len; i++)
    sprintf(hex + 2 * i, "%02x", hash[i]);
}

/* sh -c in the home's directory, with fob as $fob. */
static void shell(const struct scene *s, const char *script, struct outcome *o)
{
  AUTO_STR char *program = program_fob();
  AUTO_STR char *text = mem_printf("fob='%s'\n%s", program, script);
  const char *const argv[] = {"sh", "-c", text, NULL};

  program_run(&(struct program_options){.argv = argv,
                                        .env = s->home.env,
                                        .dir = s->home.dir},
              o);
}

static const struct {
  const char *script;
  const char *length; /* NULL: in chunks */
} ways[] = {
    {"$fob request PUT upload --input large", "3145735"},
    {"$fob request PUT upload --input - <large", "3145735"},
    {"cat large | $fob request PUT upload --input -", NULL},
    {"$fob request upload --json @large", "3145735"},
    {"cat large | $fob request upload --json @-", NULL},
};

Test(request_upload, arrives_whole_by_every_way)
{
  AUTO_SCENE struct scene s;
  char hex[65];

  scene_make(&s);
  make_large(&s, "large", hex);
  for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
    AUTO_OUTCOME struct outcome o;

    shell(&s, ways[i].script, &o);
    cr_expect_eq(o.status, 0, "%s: %s", ways[i].script, o.err);
    cr_expect(has(o.out, hex), "%s: %s", ways[i].script, o.out);
    json_t *journal = server_journal(&s.server, "/api/upload");
    json_t *headers = json_object_get(json_array_get(journal, i), "headers");
    cr_expect_str_eq(echoed_text(headers, "content-length"),
                     ways[i].length != NULL ? ways[i].length : "(none)");
    cr_expect_str_eq(echoed_text(headers, "transfer-encoding"),
                     ways[i].length != NULL ? "(none)" : "chunked");
    cr_expect_str_eq(echoed_text(headers, "expect"), "100-continue");
    json_decref(journal);
  }
}

Test(request_upload, has_parts_of_any_size_and_several_of_a_name)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, small;
  char hex[65];

  scene_make(&s);
  make_large(&s, "large", hex);
  shell(&s, "$fob request upload f@large 'f@large;filename=b' n=1", &o);
  cr_expect_eq(o.status, 0, "%s", o.err);
  json_t *answer = echoed(&o);
  json_int_t bytes = json_integer_value(json_object_get(answer, "bytes"));
  cr_expect(bytes > 2 * LARGE && bytes < 2 * LARGE + 1000, "%s", o.out);
  cr_expect(has(echoed_text(answer, "type"), "multipart/form-data; boundary="));
  json_decref(answer);

  home_write(&s.home, "one", 0600, "ONE");
  home_write(&s.home, "two", 0600, "TWO");
  shell(&s,
        "$fob request echo f@one 'f@two;type=text/x;filename=z\"z' "
        "-H 'X-A: b'",
        &small);
  cr_expect_eq(small.status, 0, "%s", small.err);
  json_t *echo = echoed(&small);
  const char *body = echoed_text(echo, "body");
  cr_expect(has(body, "name=\"f\"; filename=\"one\"\r\n"), "%s", body);
  cr_expect(has(body, "\r\n\r\nONE\r\n--"), "%s", body);
  cr_expect(has(body, "name=\"f\"; filename=\"z%22z\"\r\n"
                      "Content-Type: text/x\r\n\r\nTWO\r\n--"),
            "%s", body);
  json_decref(echo);
}

Test(request_upload, reads_standard_input_once)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, one;

  scene_make(&s);
  shell(&s, "$fob request upload 'f@-;type=text/x' g@- </dev/null", &o);
  cr_expect_eq(o.status, 2, "%s", o.err);
  cr_expect(has(o.err, "once only"), "%s", o.err);
  shell(&s, "echo x | $fob request echo 'f@-;filename=x.txt'", &one);
  cr_expect_eq(one.status, 0, "%s", one.err);
  cr_expect(has(one.out, "filename=\\\"x.txt\\\""), "%s", one.out);
}

Test(request_upload, is_an_error_where_the_file_cannot_be_read)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, odd;

  scene_make(&s);
  shell(&s, "$fob request upload f@one", &o);
  cr_expect_eq(o.status, 2, "%s", o.err);
  cr_expect(has(o.err, "item 'f'") && has(o.err, "'one'"), "%s", o.err);
  shell(&s, "$fob request upload 'f@one;filename='", &odd);
  cr_expect_eq(odd.status, 2, "%s", odd.err);
  cr_expect_eq(server_count(&s.server, "/api/upload"), 0);
}

/* Also where the answer will go to the terminal. */
Test(request_upload, shows_its_progress)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;
  char hex[65];

  scene_make(&s);
  home_setenv(&s.home, "TERM", "xterm");
  home_setenv(&s.home, "NO_COLOR", "1");
  make_large(&s, "large", hex);
  AUTO_STR char *path = home_path(&s.home, "large");
  server_order(&s.server, "{'next': {'path': '/api/upload', 'fault': 'slow',"
                          " 'delay_ms': 1600}}");
  program_finish(fob_start(&s.home, TERMINAL_ALL, "request", "PUT", "upload",
                           "--input", path, NULL),
                 &o);
  cr_expect(has(o.err, "\r\x1b[K127.0.0.1 3.0 MiB of 3.0 MiB, 100 %"), "%s",
            o.err);
  cr_expect(has(o.err, "\r\x1b[K{"), "it stays: %s", o.err);
  cr_expect(has(o.err, hex), "%s", o.err);
}

Test(request_upload, of_curl_is_told_the_name_too)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "one", 0600, "ONE");
  shell(&s, "$fob request upload 'f@one;filename=a\"b;type=text/x' --curl", &o);
  cr_expect(has(o.out, "-F 'f=@\"one\";filename=\"a\\\"b\";type=text/x'"), "%s",
            o.out);
}
