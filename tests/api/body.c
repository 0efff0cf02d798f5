#include "api/body.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/fob-body-XXXXXX";

static void make_dir(void)
{
  cr_assert_not_null(mkdtemp(dir));
  cr_assert_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
  static const char *const names[] = {"text", "json",     "bin",
                                      "nul",  "a\"b.png", "fifo"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    (void)unlink(names[i]);
  (void)rmdir(dir);
}

TestSuite(body, .init = make_dir, .fini = remove_dir);

static void put_file(const char *name, const char *bytes, size_t len)
{
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  cr_assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
  close(fd);
}

static void put_files(void)
{
  put_file("text", "two\nlines\n", 10);
  put_file("json", "\xef\xbb\xbf [1.10] \n", 11);
  put_file("bin", "\xff\xfe\x00\x01", 4);
  put_file("nul", "a\0b", 3);
}

/* Reads all of a body in pieces of `size`. */
static void read_all(struct http_body *source, size_t size, struct buf *out)
{
  struct err err = ERR_INIT;
  char piece[4096];
  int64_t got;

  if (source->bytes != NULL) {
    buf_put(out, source->bytes, (size_t)source->len);
    return;
  }
  while ((got = source->read(source->user, piece, size, &err)) > 0)
    buf_put(out, piece, (size_t)got);
  cr_assert_eq(got, 0, "%s", err.message);
}

static void parse(struct item_list *list, const char *const words[],
                  size_t count)
{
  struct err err = ERR_INIT;

  for (size_t i = 0; i < count; i++) {
    bool field = strncmp(words[i], "-F ", 3) == 0;
    enum code code = field ? item_parse_field(list, words[i] + 3, &err)
                           : item_parse(list, words[i], &err);

    cr_assert_eq(code, E_OK, "%s", err.message);
  }
}

struct sample {
  const char *words[5];
  enum body_encoding encoding;
  const char *text; /* NULL: refused */
};

static const struct sample samples[] = {
    {{"a=1", "b:=1", "c:=1.10"}, BODY_JSON, "{\"a\":\"1\",\"b\":1,\"c\":1.10}"},
    {{"a:=12345678901234567890", "Accept:x", "q==1"},
     BODY_JSON,
     "{\"a\":12345678901234567890}"},
    {{"a[b][]=x", "a[b][]:=true"}, BODY_JSON, "{\"a\":{\"b\":[\"x\",true]}}"},
    {{"a=@text"}, BODY_JSON, "{\"a\":\"two\\nlines\\n\"}"},
    {{"-F a=@text", "-F n=7", "-F s=x"},
     BODY_JSON,
     "{\"a\":\"two\\nlines\\n\",\"n\":7,\"s\":\"x\"}"},
    {{"a:=@json"}, BODY_JSON, "{\"a\":[1.10]}"},
    {{"a=@nul"}, BODY_JSON, "{\"a\":\"a\\u0000b\"}"},
    {{"a:= {\"b\" : 1} "}, BODY_JSON, "{\"a\":{\"b\" : 1}}"},

    {{"a=x y", "b=1&2", "c[]=\xc3\xa9"},
     BODY_FORM,
     "a=x+y&b=1%262&c%5B%5D=%C3%A9"},
    {{"a:=\"x\\u0026y\"", "b:=true", "c:=[1, 2]"},
     BODY_FORM,
     "a=x%26y&b=true&c=%5B1%2C+2%5D"},
    {{"a=@nul"}, BODY_FORM, "a=a%00b"},
    {{"a=@bin"}, BODY_FORM, "a=%FF%FE%00%01"},
    {{"a=1", "a=2"}, BODY_FORM, "a=1&a=2"},

    {{"a=1", "a=2"}, BODY_JSON, NULL},
    {{"a=\xff"}, BODY_JSON, NULL},
    {{"a=@bin"}, BODY_JSON, NULL},
    {{"-F a=@bin"}, BODY_JSON, NULL},
    {{"-F a=@bin"}, BODY_FORM, NULL},
    {{"a:=@text"}, BODY_JSON, NULL},
    {{"a:=@text"}, BODY_FORM, NULL},
    {{"a=@missing"}, BODY_JSON, NULL},
    {{"a=@."}, BODY_JSON, NULL},
    {{"a@text"}, BODY_FORM, NULL},
    {{"a@missing"}, BODY_MULTIPART, NULL},
    {{"a@."}, BODY_MULTIPART, NULL},
    {{"a@text;type="}, BODY_MULTIPART, NULL},
    {{"a@text;type=a\r\nb"}, BODY_MULTIPART, NULL},
};

static size_t count_words(const struct sample *sample)
{
  size_t count = 0;

  while (count < 5 && sample->words[count] != NULL)
    count++;
  return count;
}

Test(body, is_made_of_items)
{
  put_files();
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    AUTO_ITEMS struct item_list list = {0};
    AUTO(body) body = NULL;
    struct err err = ERR_INIT;
    size_t len = 0;

    parse(&list, samples[i].words, count_words(&samples[i]));
    enum code code = body_of_items(&body, &list, samples[i].encoding, &err);

    cr_expect_eq(code, samples[i].text != NULL ? E_OK : E_USAGE,
                 "sample %zu: %s", i, err.message);
    if (samples[i].text == NULL) {
      cr_expect(strstr(err.message, "item 'a'") != NULL, "%s", err.message);
      continue;
    }
    cr_assert_not_null(body_bytes(body, &len));
    cr_expect_str_eq(body_bytes(body, &len), samples[i].text);
    cr_expect_eq(len, strlen(samples[i].text));
    cr_expect(body_can_repeat(body));
  }
}

Test(body, names_the_other_way_for_a_binary_field)
{
  static const char *const words[] = {"-F a=@bin"};
  AUTO_ITEMS struct item_list list = {0};
  AUTO(body) body = NULL;
  struct err err = ERR_INIT;

  put_files();
  parse(&list, words, 1);
  cr_assert_eq(body_of_items(&body, &list, BODY_JSON, &err), E_USAGE);
  cr_expect_not_null(strstr(err.hint, "a@FILE"), "%s", err.hint);
}

/* Replaces each boundary by "B". */
static void without_boundary(const struct body *body, const struct buf *from,
                             struct buf *out)
{
  const char *boundary = strchr(body_type(body), '=') + 1;
  const char *at = from->data;
  const char *hit;

  cr_assert(strncmp(body_type(body), "multipart/form-data; boundary=", 30) ==
            0);
  cr_assert_eq(strlen(boundary), 24);
  while ((hit = memmem(at, (size_t)(from->data + from->len - at), boundary,
                       24)) != NULL) {
    buf_put(out, at, (size_t)(hit - at));
    buf_putc(out, 'B');
    at = hit + 24;
  }
  buf_put(out, at, (size_t)(from->data + from->len - at));
}

static const char framed[] =
    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"
    "\r\n--B\r\nContent-Disposition: form-data; name=\"x%22y%0D%0Az\"\r\n\r\n"
    "\"q\"\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; "
    "filename=\"a%22b.png\"\r\nContent-Type: image/png\r\n\r\n\xff\0\r\n--"
    "\r\n--B\r\nContent-Disposition: form-data; name=\"g\"; "
    "filename=\"text\"\r\nContent-Type: text/x-own\r\n\r\ntwo\nlines\n"
    "\r\n--B--\r\n";

Test(body, frames_parts_and_can_be_read_again_in_any_pieces)
{
  static const char *const words[] = {"a:=1", "x\"y\r\nz=\"q\"", "f@./a\"b.png",
                                      "-F g=@text;type=text/x-own"};
  AUTO_ITEMS struct item_list list = {0};
  AUTO(body) body = NULL;
  struct err err = ERR_INIT;
  struct http_body source;

  put_files();
  put_file("a\"b.png", "\xff\0\r\n--", 6);
  parse(&list, words, 4);
  cr_assert_eq(body_of_items(&body, &list, BODY_MULTIPART, &err), E_OK, "%s",
               err.message);
  body_source(body, &source);
  cr_assert_null(source.bytes);
  for (size_t size = 1; size <= 4096; size = size * 3 + 1) {
    AUTO_BUF struct buf raw = BUF_INIT(BUF_BODY);
    AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);

    read_all(&source, size, &raw);
    cr_expect_eq((int64_t)raw.len, source.len);
    without_boundary(body, &raw, &text);
    cr_expect(text.len == sizeof framed - 1 &&
                  memcmp(text.data, framed, text.len) == 0,
              "in pieces of %zu: %s", size, buf_text(&text));
    cr_assert_not_null(source.rewind);
    cr_assert_eq(source.rewind(source.user, &err), E_OK);
  }
}

Test(body, takes_another_boundary_each_time)
{
  static const char *const words[] = {"a=1"};
  AUTO_ITEMS struct item_list list = {0};
  AUTO(body) one = NULL;
  AUTO(body) two = NULL;
  struct err err = ERR_INIT;

  parse(&list, words, 1);
  cr_assert_eq(body_of_items(&one, &list, BODY_MULTIPART, &err), E_OK);
  cr_assert_eq(body_of_items(&two, &list, BODY_MULTIPART, &err), E_OK);
  cr_expect_str_neq(body_type(one), body_type(two));
}

Test(body, is_a_file_as_it_is)
{
  AUTO(body) body = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;
  struct http_body source;

  put_files();
  cr_assert_eq(body_of_file(&body, "bin", NULL, &err), E_OK);
  cr_expect_str_eq(body_type(body), "application/octet-stream");
  body_source(body, &source);
  cr_expect_eq(source.len, 4);
  read_all(&source, 3, &text);
  cr_expect(text.len == 4 && memcmp(text.data, "\xff\xfe\x00\x01", 4) == 0);
}

Test(body, notices_a_file_that_shrinks)
{
  AUTO(body) body = NULL;
  struct err err = ERR_INIT;
  struct http_body source;
  char piece[16];

  put_files();
  cr_assert_eq(body_of_file(&body, "text", NULL, &err), E_OK);
  body_source(body, &source);
  cr_assert_eq(source.read(source.user, piece, 4, &err), 4);
  cr_assert_eq(truncate("text", 4), 0);
  cr_expect_eq(source.read(source.user, piece, 4, &err), -1);
  cr_expect_eq(err.code, E_LOCAL);
  cr_expect_not_null(strstr(err.message, "'text'"), "%s", err.message);
}

/* A pipe with `len` bytes in it, on descriptor 0. */
static void pipe_to_stdin(size_t len)
{
  int fds[2];

  cr_assert_eq(pipe(fds), 0);
  if (fork() == 0) {
    static char bytes[4096];

    close(fds[0]);
    memset(bytes, 'x', sizeof bytes);
    for (size_t left = len; left > 0;) {
      ssize_t n = write(fds[1], bytes, left < 4096 ? left : 4096);

      if (n <= 0)
        break;
      left -= (size_t)n;
    }
    _exit(0);
  }
  close(fds[1]);
  dup2(fds[0], 0);
  close(fds[0]);
}

Test(body, can_send_a_short_pipe_twice)
{
  AUTO(body) body = NULL;
  struct err err = ERR_INIT;
  size_t len = 0;

  pipe_to_stdin(100 * 1000);
  cr_assert_eq(body_of_file(&body, "-", "application/json", &err), E_OK);
  cr_expect_eq(body_len(body), 100 * 1000);
  cr_expect(body_can_repeat(body));
  cr_expect_not_null(body_bytes(body, &len));
}

Test(body, streams_a_long_pipe_once)
{
  enum { LONG = 3 * 1024 * 1024 + 7 };
  AUTO(body) body = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;
  struct http_body source;

  pipe_to_stdin(LONG);
  cr_assert_eq(body_of_file(&body, "-", "application/json", &err), E_OK);
  body_source(body, &source);
  cr_expect_eq(source.len, -1);
  cr_expect_null(source.rewind);
  read_all(&source, 4096, &text);
  cr_expect_eq(text.len, LONG);
  cr_expect_not(body_can_repeat(body));
}

Test(body, reads_an_open_file_from_where_it_stands)
{
  AUTO(body) body = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;
  struct http_body source;
  int fd;

  put_files();
  fd = open("text", O_RDONLY);
  cr_assert(fd >= 0 && lseek(fd, 4, SEEK_SET) == 4);
  dup2(fd, 0);
  close(fd);
  cr_assert_eq(body_of_file(&body, "-", NULL, &err), E_OK);
  body_source(body, &source);
  cr_expect_eq(source.len, 6);
  read_all(&source, 100, &text);
  cr_expect_str_eq(buf_text(&text), "lines\n");
  cr_expect_not_null(source.rewind);
}

Test(body, puts_items_into_a_query)
{
  static const char *const words[] = {"q==a b", "d=1", "H:x", "r==\xc3\xa9"};
  AUTO_ITEMS struct item_list list = {0};
  AUTO_BUF struct buf query = BUF_INIT(BUF_URL);
  AUTO_BUF struct buf all = BUF_INIT(BUF_URL);
  struct err err = ERR_INIT;

  parse(&list, words, 4);
  cr_assert_eq(body_put_query(&query, &list, false, &err), E_OK);
  cr_expect_str_eq(buf_text(&query), "q=a+b&r=%C3%A9");
  buf_puts(&all, "x=y");
  cr_assert_eq(body_put_query(&all, &list, true, &err), E_OK);
  cr_expect_str_eq(buf_text(&all), "x=y&q=a+b&d=1&r=%C3%A9");
}

Test(body, shows_files_by_their_size)
{
  static const char *const words[] = {"a=1", "f@bin"};
  AUTO_ITEMS struct item_list list = {0};
  AUTO(body) body = NULL;
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);
  struct err err = ERR_INIT;

  put_files();
  parse(&list, words, 2);
  cr_assert_eq(body_of_items(&body, &list, BODY_MULTIPART, &err), E_OK);
  body_show(body, &text);
  cr_expect_not_null(strstr(buf_text(&text), "\r\n\r\n[4 bytes of bin]\r\n--"),
                     "%s", buf_text(&text));
}

Test(body, knows_media_types_by_name)
{
  cr_expect_str_eq(body_type_of("a.json", "x"), "application/json");
  cr_expect_str_eq(body_type_of("dir.json/a.PNG", "x"), "image/png");
  cr_expect_str_eq(body_type_of("dir.json/a", "x"), "x");
  cr_expect_str_eq(body_type_of("a.", "x"), "x");
  cr_expect_str_eq(body_type_of("-", "x"), "x");
}
