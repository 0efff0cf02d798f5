/* fob request -O and -J: what a file is called. */
#include "cli/files_scene.h"

static const struct {
  const char *words;
  int status;
  const char *name; /* of the file; NULL: none is made */
} rows[] = {
    {"file/a.bin -O", 0, "a.bin"},
    {"file/a%20b.bin --remote-name", 0, "a b.bin"},
    {"file/a.bin?v=1 -O", 0, "a.bin"},
    {"file/%2Ehidden -O", 2, NULL},
    {"file/-rf -O", 2, NULL},
    {"file/a%1B[2J -O", 2, NULL},
    {"file/a%0Ab -O", 2, NULL},
    {"file/ -O", 2, NULL},
    {"file/link -O", 2, NULL},
    {"file/fifo -O", 2, NULL},
    {"file/dir -O", 2, NULL},
    {"file/a.bin -O -o b.bin", 2, NULL},
    {"file/a.bin -J", 2, NULL},
    {"status/404 -O", 4, NULL},
};

static size_t files(const struct scene *s)
{
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {"sh", "-c", "find . -maxdepth 1 -type f | wc -l",
                              NULL};

  program_run(&(struct program_options){.argv = argv,
                                        .env = s->home.env,
                                        .dir = s->home.dir},
              &o);
  return (size_t)strtoul(o.out, NULL, 10);
}

Test(request_name, is_the_urls_last_part_where_that_does_no_harm)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  home_write(&s.home, "victim", 0600, "victim");
  AUTO_STR char *link = home_path(&s.home, "link");
  AUTO_STR char *fifo = home_path(&s.home, "fifo");
  AUTO_STR char *dir = home_path(&s.home, "dir");
  cr_assert_eq(symlink("victim", link), 0);
  cr_assert_eq(mkfifo(fifo, 0600), 0);
  cr_assert_eq(mkdir(dir, 0700), 0);
  size_t before = files(&s);
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_OUTCOME struct outcome o;

    get(&s, &o, rows[i].words);
    cr_expect_eq(o.status, rows[i].status, "%s: %s", rows[i].words, o.err);
    cr_expect_str_eq(o.out, "");
    cr_expect_null(strchr(o.err, '\x1b'));
    cr_expect_eq(files(&s), before + (rows[i].name != NULL), "%s",
                 rows[i].words);
    if (rows[i].name == NULL)
      continue;
    cr_expect(holds(&s, rows[i].name, FILE_SIZE, 0), "%s", rows[i].words);
    AUTO_STR char *path = home_path(&s.home, rows[i].name);
    unlink(path);
  }
  AUTO_STR char *victim = home_read(&s.home, "victim", NULL);
  cr_expect_str_eq(victim, "victim");
}

Test(request_name, of_a_url_replaces_a_file_of_that_name)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  home_write(&s.home, "a.bin", 0600, "before");
  get(&s, &o, "file/a.bin -O");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(holds(&s, "a.bin", FILE_SIZE, 0));
}

Test(request_name, of_a_redirected_download_is_not_the_servers_choice)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o;

  scene_make(&s);
  get(&s, &o, "redirect/1 -O");
  cr_expect_eq(o.status, 0, "%s", o.err);
  cr_expect(is_there(&s, "1"));
  cr_expect_not(is_there(&s, "echo"));
}

static const struct {
  const char *disposition;
  const char *name;
} named[] = {
    {"attachment; filename=b.bin", "b.bin"},
    {"attachment; filename=\\'../../x\\'", "x"},
    {"attachment; filename=.bashrc", "url"},
    {"attachment; filename=-rf", "url"},
    {"nonsense", "url"},
};

Test(request_name, is_the_answers_where_that_does_no_harm)
{
  AUTO_SCENE struct scene s;

  scene_make(&s);
  for (size_t i = 0; i < ARRAY_LEN(named); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *list =
        mem_printf("{'disposition': '%s'}", named[i].disposition);
    AUTO_STR char *path = home_path(&s.home, named[i].name);

    serve(&s, list);
    get(&s, &o, "file/url -O -J");
    cr_expect_eq(o.status, 0, "%s: %s", list, o.err);
    cr_expect(holds(&s, named[i].name, FILE_SIZE, 0), "%s", list);
    cr_expect(has(o.err, "saved as '"), "%s", o.err);
    cr_expect(has(o.err, named[i].name), "%s", o.err);
    unlink(path);
  }
}

Test(request_name, of_an_answer_replaces_nothing)
{
  AUTO_SCENE struct scene s;
  AUTO_OUTCOME struct outcome o, failed, cut, url;

  scene_make(&s);
  home_write(&s.home, "b.bin", 0600, "before");
  serve(&s, "{'disposition': 'attachment; filename=b.bin'}");
  get(&s, &o, "file/url -OJ");
  cr_expect_eq(o.status, 1, "%s", o.err);
  cr_expect(has(o.err, "'b.bin'") && has(o.err, "-o FILE"), "%s", o.err);
  AUTO_STR char *text = home_read(&s.home, "b.bin", NULL);
  cr_expect_str_eq(text, "before");
  home_write(&s.home, "url", 0600, "before");
  serve(&s, "{}");
  get(&s, &url, "file/url -OJ");
  cr_expect_eq(url.status, 1, "%s", url.err);

  size_t before = files(&s);
  serve(&s, "{'status': 404, 'disposition': 'attachment; filename=c.bin'}");
  get(&s, &failed, "file/url -OJ");
  cr_expect_eq(failed.status, 4, "%s", failed.err);
  serve(&s, "{'etag': null, 'cut': 5000,"
            " 'disposition': 'attachment; filename=c.bin'}");
  get(&s, &cut, "file/url -OJ");
  cr_expect_eq(cut.status, 10, "%s", cut.err);
  cr_expect_eq(files(&s), before);
}
