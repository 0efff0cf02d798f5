/* fob request --batch over HTTP/2, with an nginx that ends its connections
 * after a few requests. */
#include "cli/cli.h"
#include "cli/request_scene.h"

#include "support/skip.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUESTS = 300, PER_CONNECTION = 20 };

static struct program *start_nginx(const struct home *home)
{
  AUTO_STR char *config = home_path(home, "nginx.conf");
  const char *const argv[] = {"nginx",   "-e", "/dev/null", "-p",
                              home->dir, "-c", config,      NULL};

  home_make_cert(home);
  home_write(
      home, "nginx.conf", 0600,
      "daemon off; master_process off; pid %s/nginx.pid;\n"
      "events { worker_connections 64; }\n"
      "http {\n"
      "  log_format path $request_uri; access_log %s/log path;\n"
      "  client_body_temp_path %s/b; proxy_temp_path %s/p;\n"
      "  fastcgi_temp_path %s/f; uwsgi_temp_path %s/u;\n"
      "  scgi_temp_path %s/s;\n"
      "  server {\n"
      "    listen unix:%s/socket ssl http2; keepalive_requests %d;\n"
      "    ssl_certificate %s/cert.pem; ssl_certificate_key %s/key.pem;\n"
      "    location / { default_type application/json;\n"
      "      return 200 '{\"v\":\"$server_protocol\"}'; }\n"
      "  }\n"
      "}\n",
      home->dir, home->dir, home->dir, home->dir, home->dir, home->dir,
      home->dir, home->dir, PER_CONNECTION, home->dir, home->dir);
  return program_start(
      &(struct program_options){.argv = argv, .env = home->env});
}

static bool await_file(const struct home *home, const char *name)
{
  for (int i = 0; i < 500 && !home_has(home, name); i++)
    usleep(20000);
  return home_has(home, name);
}

static bool have_nginx(const struct home *home)
{
  AUTO_OUTCOME struct outcome o;
  const char *const argv[] = {"sh", "-c", "nginx -v", NULL};

  program_run(&(struct program_options){.argv = argv, .env = home->env}, &o);
  return o.status == 0 && strstr(o.err, "nginx") != NULL;
}

static int count_lines(const char *text, const char *part)
{
  int count = 0;

  for (; (text = strstr(text, part)) != NULL; text += strlen(part))
    count++;
  return count;
}

/* A POST that the server refused by GOAWAY is sent again, and no other is. */
Test(request_batch_h2, has_each_item_once_when_connections_come_to_their_end)
{
  static const char *const methods[] = {"GET", "POST"};
  AUTO_HOME struct home home = {0};
  AUTO_BUF struct buf text = BUF_INIT(BUF_BODY);

  home_make(&home);
  home_setenv(&home, "PATH", "/usr/bin:/bin:/usr/sbin");
  if (!have_nginx(&home))
    SKIP("there is no nginx");
  home_setenv(&home, "FOB_TOKEN", "%s", PAT);
  home_setenv(&home, "FOB_API", "https://localhost");
  for (int i = 1; i <= REQUESTS; i++)
    buf_printf(&text, "x/%d.\n", i);
  home_write(&home, "lines", 0600, "%s", buf_text(&text));
  struct program *nginx = start_nginx(&home);
  cr_assert(await_file(&home, "socket"));
  for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
    AUTO_OUTCOME struct outcome o;
    AUTO_STR char *command =
        mem_printf("request %s --batch $H/lines --unix-socket $H/socket "
                   "--cacert $H/cert.pem",
                   methods[i]);

    cli_line(&home, NULL, &o, NULL, command);
    cr_expect_eq(o.status, 0, "%s: %d %s", methods[i], o.status, o.err);
    cr_expect_eq(count_lines(o.out, "\"status\":200,\"body\":{\"v\":"
                                    "\"HTTP/2.0\"},\"error\":null"),
                 REQUESTS, "%.2000s", o.out);
  }
  kill(program_pid(nginx), SIGTERM);
  program_finish(nginx, NULL);
  AUTO_STR char *log = home_read(&home, "log", NULL);
  for (int i = 1; i <= REQUESTS; i++) {
    char path[32];

    snprintf(path, sizeof path, "/x/%d.", i);
    cr_expect_eq(count_lines(log, path), 2, "%s", path);
  }
}
