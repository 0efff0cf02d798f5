#include "http/certs.h"

#include "base/attr.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const names[] = {"good", "expired", "other", "self",
                                    "client"};

/* Runs a shell command in the test's directory; quiet unless it fails. */
static void run(const char *format, ...) PRINTF_LIKE(1, 2);
static void run(const char *format, ...)
{
  char command[4096];
  char inner[2048];
  va_list args;

  va_start(args, format);
  (void)vsnprintf(inner, sizeof(inner), format, args);
  va_end(args);
  (void)snprintf(command, sizeof(command),
                 "cd '%s' && { %s; } >log 2>&1 || { cat log >&2; exit 1; }",
                 scratch_dir(), inner);
  cr_assert_eq(system(command), 0, "%s", inner);
}

#define EC "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

static void make_ca(const char *name)
{
  struct stat st;
  char path[4096];

  (void)snprintf(path, sizeof(path), "%s/%s.pem", scratch_dir(), name);
  if (stat(path, &st) == 0)
    return;
  run("openssl req -x509 " EC " -keyout %s.key -out %s.pem -days 3650 "
      "-subj '/CN=fob test authority %s' "
      "-addext basicConstraints=critical,CA:TRUE",
      name, name, name);
}

/* openssl x509 cannot sign into the past; openssl ca can. */
static void sign_expired(const char *name)
{
  run("mkdir -p new && : > index && echo 01 > serial && "
      "printf '[ca]\\ndefault_ca=d\\n[d]\\ndir=.\\ndatabase=index\\n"
      "new_certs_dir=new\\nserial=serial\\ndefault_md=sha256\\npolicy=p\\n"
      "x509_extensions=x\\n[p]\\ncommonName=supplied\\n[x]\\n' > ca.cnf && "
      "cat %s.ext >> ca.cnf && "
      "openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key "
      "-startdate 20200101000000Z -enddate 20200201000000Z -notext "
      "-in %s.csr -out %s.pem",
      name, name, name);
}

static void make(enum cert which)
{
  const char *name = names[which];
  const char *alt = which == CERT_OTHER
                        ? "DNS:other.example"
                        : "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2";
  struct stat st;
  char path[4096];

  (void)snprintf(path, sizeof(path), "%s/%s.pem", scratch_dir(), name);
  if (stat(path, &st) == 0)
    return;
  if (which == CERT_SELF) {
    run("openssl req -x509 " EC " -keyout self.key -out self.pem -days 3650 "
        "-subj /CN=localhost -addext subjectAltName=%s",
        alt);
    return;
  }

  make_ca("ca");
  run("openssl req -new " EC " -keyout %s.key -out %s.csr -subj /CN=localhost "
      "&& echo subjectAltName=%s > %s.ext",
      name, name, alt, name);
  if (which == CERT_EXPIRED)
    sign_expired(name);
  else
    run("openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
        "-days 3650 -extfile %s.ext -out %s.pem",
        name, name, name);
}

static const char *in_scratch(const char *name, const char *suffix)
{
  char file[64];

  (void)snprintf(file, sizeof(file), "%s%s", name, suffix);
  return scratch_path(file);
}

const char *certs_ca(void)
{
  make_ca("ca");
  return in_scratch("ca", ".pem");
}

const char *certs_other_ca(void)
{
  make_ca("ca2");
  return in_scratch("ca2", ".pem");
}

const char *certs_cert(enum cert which)
{
  make(which);
  return in_scratch(names[which], ".pem");
}

const char *certs_key(enum cert which)
{
  make(which);
  return in_scratch(names[which], ".key");
}

const char *certs_directory(void)
{
  make_ca("ca");
  run("mkdir -p hashed && cp ca.pem hashed/ && openssl rehash hashed");
  return in_scratch("hashed", "");
}

const char *certs_encrypted_key(void)
{
  make(CERT_CLIENT);
  run("openssl pkey -in client.key -aes128 -passout pass:not-a-real-one "
      "-out locked.key");
  return in_scratch("locked", ".key");
}
