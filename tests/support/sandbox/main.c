/* Starts the sandbox, says where it is, and serves until its standard input is
 * closed or it is told to end by a signal: it never outlives its test. */
#include "support/sandbox/sandbox.h"

#include "base/mem.h"
#include "base/num.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct options {
  struct serve_options tcp;
  const char *unix_path;
  const char *issuer_path;
  const char *name;
  const char *settings;
};

static const char usage[] =
    "usage: sandbox [options]\n"
    "  --port N               default: a free one, always on 127.0.0.1\n"
    "  --tls CERT KEY         https, with these PEM files; plain http also, "
    "on\n"
    "                         another port\n"
    "  --client-ca FILE       ask for client certificates of this CA\n"
    "  --unix PATH            also listen on a unix socket\n"
    "  --name HOST            how its URLs name it; default 127.0.0.1\n"
    "  --issuer-path /P       an issuer with a path\n"
    "  --access-lifetime S    seconds; default 3600\n"
    "  --no-rotation          refresh tokens stay\n"
    "  --set JSON             any setting, as POST /_control {\"set\": …}\n"
    "Ends when its standard input is closed.\n";

static char *read_pem(const char *path)
{
  AUTO_BUF struct buf text = BUF_INIT(BUF_DOCUMENT);
  struct err err = ERR_INIT;
  char piece[4096];
  size_t n;
  char *pem = NULL;
  FILE *file = fopen(path, "re");

  if (file == NULL) {
    fprintf(stderr, "sandbox: cannot open '%s'\n", path);
    return NULL;
  }
  while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
    buf_put(&text, piece, n);
  fclose(file);
  must(buf_detach(&text, &pem, NULL, &err) == E_OK, err.message);
  return pem;
}

static bool set(struct sandbox *sb, const char *text)
{
  json_t *patch = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  bool good = json_is_object(patch);

  if (good)
    sb->settings = merge_patch(sb->settings, patch);
  else
    fprintf(stderr, "sandbox: --set wants a JSON object\n");
  json_decref(patch);
  return good;
}

enum {
  OPT_PORT = 256,
  OPT_TLS,
  OPT_CA,
  OPT_UNIX,
  OPT_NAME,
  OPT_ISSUER_PATH,
  OPT_LIFETIME,
  OPT_NO_ROTATION,
  OPT_SET
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPT_PORT},
    {"tls", required_argument, NULL, OPT_TLS},
    {"client-ca", required_argument, NULL, OPT_CA},
    {"unix", required_argument, NULL, OPT_UNIX},
    {"name", required_argument, NULL, OPT_NAME},
    {"issuer-path", required_argument, NULL, OPT_ISSUER_PATH},
    {"access-lifetime", required_argument, NULL, OPT_LIFETIME},
    {"no-rotation", no_argument, NULL, OPT_NO_ROTATION},
    {"set", required_argument, NULL, OPT_SET},
    {NULL, 0, NULL, 0},
};

static bool take_option(struct sandbox *sb, struct options *o, int option,
                        char **argv)
{
  uint64_t number = 0;

  switch (option) {
  case OPT_PORT:
    if (!num_parse(optarg, 65535, &number))
      return false;
    o->tcp.port = (int)number;
    return true;
  case OPT_TLS: /* two values */
    if (argv[optind] == NULL)
      return false;
    o->tcp.cert = read_pem(optarg);
    o->tcp.key = read_pem(argv[optind++]);
    return o->tcp.cert != NULL && o->tcp.key != NULL;
  case OPT_CA:
    return (o->tcp.client_ca = read_pem(optarg)) != NULL;
  case OPT_UNIX:
    o->unix_path = optarg;
    return true;
  case OPT_NAME:
    o->name = optarg;
    return true;
  case OPT_ISSUER_PATH:
    o->issuer_path = optarg;
    return optarg[0] == '/';
  case OPT_LIFETIME:
    if (!num_parse(optarg, 1u << 30, &number))
      return false;
    return json_object_set_new(sb->settings, "access_lifetime",
                               json_integer((json_int_t)number)) == 0;
  case OPT_NO_ROTATION:
    return json_object_set_new(sb->settings, "rotation", json_false()) == 0;
  case OPT_SET:
    return set(sb, optarg);
  default:
    return false;
  }
}

static bool parse(struct sandbox *sb, struct options *o, int argc, char **argv)
{
  int option;

  while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
    if (!take_option(sb, o, option, argv))
      return false;
  }
  return optind == argc;
}

static void sandbox_init(struct sandbox *sb)
{
  *sb = (struct sandbox){.lock = PTHREAD_MUTEX_INITIALIZER,
                         .started_ms = mono_ms()};
  sb->settings = settings_default();
  sb->faults = need(json_array(), "memory");
  sb->journal = need(json_array(), "memory");
  sb->count = need(json_object(), "memory");
  sb->codes = need(json_object(), "memory");
  sb->pushed = need(json_object(), "memory");
  sb->devices = need(json_object(), "memory");
  sb->objects = need(json_object(), "memory");
  sb->tokens = need(json_object(), "memory");
  sb->families = need(json_object(), "memory");
  sb->secrets = need(json_object(), "memory");
  sb->jtis = need(json_object(), "memory");
  sb->proofs = need(json_object(), "memory");
  sb->keys = keys_new();
}

static void sandbox_clear(struct sandbox *sb)
{
  json_t *owned[] = {sb->settings, sb->initial,  sb->faults,  sb->journal,
                     sb->count,    sb->codes,    sb->pushed,  sb->devices,
                     sb->tokens,   sb->families, sb->secrets, sb->jtis,
                     sb->proofs,   sb->objects};

  for (size_t i = 0; i < ARRAY_LEN(owned); i++)
    json_decref(owned[i]);
  keys_free(sb->keys);
  mem_free(sb->base);
  mem_free(sb->issuer);
}

/* plain_port: where an https server also speaks plain http, so that a test can
 * reach /_control without a TLS client of its own. */
static void say_ready(const struct sandbox *sb, int port, int plain_port)
{
  json_t *line = need(json_pack("{ss ss si si}", "issuer", sb->issuer, "base",
                                sb->base, "port", port, "pid", (int)getpid()),
                      "memory");
  AUTO_STR char *api = need(mem_printf("%s/api", sb->base), "memory");

  AUTO_STR char *control =
      need(plain_port ? mem_printf("http://127.0.0.1:%d", plain_port)
                      : mem_str(sb->base),
           "memory");

  json_object_set_new(line, "api", json_string(api));
  json_object_set_new(line, "control", json_string(control));
  char *text = need(json_dumps(line, JSON_COMPACT), "memory");
  printf("%s\n", text);
  fflush(stdout);
  free(text);
  json_decref(line);
}

static void wait_for_end(const sigset_t *signals)
{
  struct pollfd fds[2] = {
      {.fd = STDIN_FILENO, .events = POLLIN},
      {.fd = signalfd(-1, signals, SFD_CLOEXEC), .events = POLLIN}};
  char byte;

  while (poll(fds, 2, -1) > 0) {
    if (fds[1].revents != 0)
      break;
    if (fds[0].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0)
      break;
  }
  close(fds[1].fd);
}

static void block_signals(sigset_t *ret_signals)
{
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(ret_signals);
  sigaddset(ret_signals, SIGTERM);
  sigaddset(ret_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

static int serve(struct sandbox *sb, const struct options *o)
{
  struct serve_options more[] = {{.unix_path = o->unix_path}, {.port = 0}};
  bool wanted[] = {o->unix_path != NULL, o->tcp.cert != NULL};
  struct MHD_Daemon *daemon[3] = {NULL};
  sigset_t signals;
  int port[3] = {0};
  bool good;

  block_signals(&signals); /* before any thread starts */
  keys_need(sb->keys, setting(sb, "alg"));
  sb->initial = need(json_deep_copy(sb->settings), "memory");

  /* No request is answered before its URLs are known. */
  pthread_mutex_lock(&sb->lock);
  good = (daemon[0] = serve_start(sb, &o->tcp, &port[0])) != NULL;
  sb->base = need(mem_printf("%s://%s:%d", o->tcp.cert ? "https" : "http",
                             o->name ? o->name : "127.0.0.1", port[0]),
                  "memory");
  sb->issuer =
      need(mem_printf("%s%s", sb->base, o->issuer_path ? o->issuer_path : ""),
           "memory");
  pthread_mutex_unlock(&sb->lock);
  for (size_t i = 0; i < ARRAY_LEN(more); i++) {
    if (good && wanted[i])
      good = (daemon[i + 1] = serve_start(sb, &more[i], &port[i + 1])) != NULL;
  }
  if (good) {
    say_ready(sb, port[0], port[2]);
    wait_for_end(&signals);
  }
  sb->stopping = true;
  for (size_t i = 0; i < ARRAY_LEN(daemon); i++)
    serve_stop(daemon[i]);
  if (o->unix_path != NULL)
    unlink(o->unix_path);
  return good ? 0 : 1;
}

int main(int argc, char **argv)
{
  const char *slash = strrchr(argv[0], '/');
  struct sandbox sb;
  struct options o = {0};
  int status = 2;

  if (strcmp(slash ? slash + 1 : argv[0], "browser") == 0)
    return browse_main(argc, argv);

  sandbox_init(&sb);
  if (parse(&sb, &o, argc, argv))
    status = serve(&sb, &o);
  else
    fputs(usage, stderr);
  sandbox_clear(&sb);
  mem_free(o.tcp.cert);
  mem_free(o.tcp.key);
  mem_free(o.tcp.client_ca);
  return status;
}
