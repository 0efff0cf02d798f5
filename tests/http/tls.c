/* Certificates: who is trusted, what is said when nobody is, and what is shown
 * of ours. */
#include "http/client.h"

#include "base/mem.h"
#include "http/certs.h"
#include "http/ask.h"
#include "http/peer.h"
#include "http/raw.h"
#include "http/transfer.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct err err;

TestSuite(tls, .init = clean_environment, .timeout = 60);

static struct peer *https_peer(enum cert which)
{
  return peer_start(&(struct peer_options){.cert = certs_cert(which),
                                           .key = certs_key(which)});
}

/* A GET from the peer under options; the peer is stopped. */
static void try(enum cert which, const struct http_options *options,
                struct got *got)
{
  struct peer *peer = https_peer(which);
  AUTO(http) http = new_http(options);
  AUTO(url) url = test_url("https://localhost:%d/", peer_port(peer));

  get_from(http, url, NULL, got);
  cr_expect_eq(peer_count(peer), got->code == E_OK ? 1 : 0);
  peer_stop(peer);
}

static char *copy(const char *path)
{
  char *text = mem_str(path);

  cr_assert_not_null(text);
  return text;
}

Test(tls, trusts_a_named_file_or_directory)
{
  AUTO_STR char *file = copy(certs_ca());
  AUTO_STR char *directory = copy(certs_directory());
  AUTO_GOT struct got by_file = {0};
  AUTO_GOT struct got by_directory = {0};

  try(CERT_GOOD, &(struct http_options){.ca = file}, &by_file);
  cr_expect_eq(by_file.code, E_OK, "%s", by_file.err.message);
  cr_expect_geq(by_file.answer.timing.tls, 0);
  try(CERT_GOOD, &(struct http_options){.ca = directory}, &by_directory);
  cr_expect_eq(by_directory.code, E_OK, "%s", by_directory.err.message);
}

Test(tls, says_what_is_wrong_with_a_certificate)
{
  AUTO_STR char *ca = copy(certs_ca());
  AUTO_STR char *other = copy(certs_other_ca());
  const struct {
    enum cert cert;
    const char *ca, *says, *hint;
  } rows[] = {
      {CERT_GOOD, NULL, "authority that this machine does not know",
       "--cacert FILE"},
      {CERT_GOOD, other, other, "--cacert FILE"},
      {CERT_SELF, NULL, "is self-signed", "--cacert FILE"},
      {CERT_SELF, ca, "is self-signed", "--cacert FILE"},
      {CERT_EXPIRED, ca, "has expired", "clock"},
      {CERT_OTHER, ca, "is for another name", ""},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_GOT struct got got = {0};

    try(rows[i].cert, &(struct http_options){.ca = rows[i].ca}, &got);
    cr_expect_eq(got.code, E_TLS, "row %zu: %d", i, got.code);
    cr_expect_not_null(strstr(got.err.message, rows[i].says), "row %zu: %s", i,
                       got.err.message);
    cr_expect_not_null(strstr(got.err.hint, rows[i].hint), "row %zu: %s", i,
                       got.err.hint);
    cr_expect_not_null(strstr(got.err.message, "'localhost:"));
    cr_expect_not(got.answer.sent);
  }
}

Test(tls, trusts_what_the_environment_names_in_order)
{
  AUTO_STR char *ca = copy(certs_ca());
  AUTO_STR char *other = copy(certs_other_ca());
  AUTO_STR char *directory = copy(certs_directory());
  const struct {
    const char *file, *dir, *bundle, *option;
    enum code code;
  } rows[] = {
      {ca, NULL, NULL, NULL, E_OK},   {NULL, directory, NULL, NULL, E_OK},
      {NULL, NULL, ca, NULL, E_OK},   {other, directory, NULL, NULL, E_OK},
      {other, NULL, ca, NULL, E_TLS}, {NULL, directory, other, NULL, E_OK},
      {other, NULL, NULL, ca, E_OK},  {ca, NULL, NULL, other, E_TLS},
      {"", "", ca, NULL, E_OK},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    AUTO_GOT struct got got = {0};

    clean_environment();
    if (rows[i].file != NULL)
      setenv("SSL_CERT_FILE", rows[i].file, 1);
    if (rows[i].dir != NULL)
      setenv("SSL_CERT_DIR", rows[i].dir, 1);
    if (rows[i].bundle != NULL)
      setenv("CURL_CA_BUNDLE", rows[i].bundle, 1);
    try(CERT_GOOD, &(struct http_options){.ca = rows[i].option}, &got);
    cr_expect_eq(got.code, rows[i].code, "row %zu: %d %s", i, got.code,
                 got.err.message);
  }
}

Test(tls, refuses_authorities_that_cannot_be_used)
{
  AUTO_STR char *empty = copy(scratch_path("empty.pem"));
  AUTO_STR char *open = copy(scratch_path("open.pem"));
  AUTO_STR char *absent = copy(scratch_path("absent"));
  AUTO_STR char *directory = copy(scratch_path("directory"));
  const char *paths[] = {empty, open, absent, directory};

  scratch_write(empty, "nothing\n", 0644);
  scratch_write(open, "-----BEGIN CERTIFICATE-----\n", 0666);
  cr_assert_eq(mkdir(directory, 0755), 0);
  for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
    struct http *http = NULL;

    clean_environment();
    cr_expect_eq(http_new(&http, &(struct http_options){.ca = paths[i]}, &err),
                 E_USAGE, "%s", paths[i]);
    cr_expect_eq(err.code, E_USAGE);
    cr_expect_not_null(strstr(err.message, "--cacert"), "%s", err.message);
    cr_expect_not_null(strstr(err.message, paths[i]), "%s", err.message);
    setenv("SSL_CERT_FILE", paths[i], 1);
    cr_expect_eq(http_new(&http, NULL, &err), E_ENVIRONMENT, "%s", paths[i]);
    cr_expect_not_null(strstr(err.message, "SSL_CERT_FILE"), "%s", err.message);
    cr_expect_null(http);
  }
}

/* The system's authorities are found when they are first needed: here by a
 * request to where nobody listens. */
static struct http *ready_http(void)
{
  struct http *http = new_http(NULL);
  AUTO(url) nowhere = test_url("http://127.0.0.1:%d/", free_port());
  AUTO_GOT struct got got = {0};

  get_from(http, nowhere, NULL, &got);
  return http;
}

/* What is not in the system's hashed directory may be in its bundle. */
Test(tls, looks_into_the_bundle_for_what_the_directory_lacks)
{
  struct peer *peer = https_peer(CERT_GOOD);
  AUTO_STR char *bundle = copy(certs_ca());
  AUTO(http) http = ready_http();
  AUTO(url) url = test_url("https://localhost:%d/", peer_port(peer));
  AUTO_GOT struct got one = {0};
  AUTO_GOT struct got two = {0};

  mem_free(http->trust.bundle);
  http->trust.bundle = bundle;
  bundle = NULL;
  get_from(http, url, &(struct http_request){.method = "POST"}, &one);
  cr_expect_eq(one.code, E_OK, "%s", one.err.message);
  get_from(http, url, &(struct http_request){.fresh = true}, &two);
  cr_expect_eq(two.code, E_OK, "%s", two.err.message);

  cr_assert_eq(peer_count(peer), 2, "nothing was sent before");
  cr_expect_eq(peer_entry(peer, 0)->connection, 1);
  cr_expect_eq(peer_entry(peer, 1)->connection, 2, "it is remembered");
  peer_stop(peer);
}

/* DESIGN §3 counts on it on Debian. */
Test(tls, starts_with_the_systems_hashed_directory)
{
  AUTO(http) http = ready_http();
  struct stat st;

  if (stat("/etc/ssl/certs/ca-certificates.crt", &st) != 0)
    cr_skip_test("not Debian's layout");
  cr_expect_str_eq(http->trust.directory, "/etc/ssl/certs");
  cr_expect_null(http->trust.file);
  cr_expect_str_eq(http->trust.bundle, "/etc/ssl/certs/ca-certificates.crt");
}

Test(tls, says_that_the_other_side_does_not_speak_tls)
{
  struct raw *raw = RAW({.bytes = "HTTP/1.1 400 Bad Request\r\n\r\n",
                         .deaf = true,
                         .close = true});
  AUTO(http) http = new_http(NULL);
  AUTO(url) url = test_url("https://127.0.0.1:%d/", raw_port(raw));
  AUTO_GOT struct got got = {0};

  get_from(http, url, NULL, &got);
  cr_expect_eq(got.code, E_TLS, "%d %s", got.code, got.err.message);
  cr_expect_not_null(strstr(got.err.hint, "speak TLS"), "%s %s",
                     got.err.message, got.err.hint);
  raw_free(raw);
}

/* --- the client's own --------------------------------------------------- */

Test(tls, shows_the_client_certificate_when_it_is_given)
{
  AUTO_STR char *ca = copy(certs_ca());
  AUTO_STR char *cert = copy(certs_cert(CERT_CLIENT));
  AUTO_STR char *key = copy(certs_key(CERT_CLIENT));
  struct peer *peer =
      peer_start(&(struct peer_options){.cert = certs_cert(CERT_GOOD),
                                        .key = certs_key(CERT_GOOD),
                                        .client_ca = ca});
  AUTO(http)
  with = new_http(
      &(struct http_options){.ca = ca, .client_cert = cert, .client_key = key});
  AUTO(http) without = new_http(&(struct http_options){.ca = ca});
  AUTO(url) url = test_url("https://localhost:%d/", peer_port(peer));
  AUTO_GOT struct got one = {0};
  AUTO_GOT struct got two = {0};

  get_from(with, url, NULL, &one);
  get_from(without, url, NULL, &two);
  cr_assert_eq(one.code, E_OK, "%s", one.err.message);
  cr_assert_eq(two.code, E_OK, "%s", two.err.message);
  cr_expect(peer_entry(peer, 0)->client_cert);
  cr_expect_not(peer_entry(peer, 1)->client_cert);
  peer_stop(peer);
}

Test(tls, finds_the_key_in_the_certificates_file)
{
  AUTO_STR char *both = copy(scratch_path("both.pem"));
  AUTO_STR char *cert = copy(certs_cert(CERT_CLIENT));
  AUTO_STR char *text = copy(scratch_read(cert));
  AUTO_STR char *all =
      mem_printf("%s%s", text, scratch_read(certs_key(CERT_CLIENT)));

  scratch_write(both, all, 0600);
  AUTO(http) http = new_http(&(struct http_options){.client_cert = both});
  cr_expect_not_null(http);
}

Test(tls, refuses_client_certificates_that_cannot_be_used)
{
  AUTO_STR char *cert = copy(certs_cert(CERT_CLIENT));
  AUTO_STR char *key = copy(certs_key(CERT_CLIENT));
  AUTO_STR char *locked = copy(certs_encrypted_key());
  AUTO_STR char *absent = copy(scratch_path("absent"));
  const struct {
    const char *cert, *key, *says;
  } rows[] = {
      {absent, NULL, "absent"},       {cert, absent, "absent"},
      {cert, NULL, "no private key"}, {key, key, "no certificate"},
      {cert, locked, "is encrypted"}, {NULL, key, "without a certificate"},
      {cert, cert, "no private key"},
  };

  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    struct http *http = NULL;
    const struct http_options options = {.client_cert = rows[i].cert,
                                         .client_key = rows[i].key};

    cr_expect_eq(http_new(&http, &options, &err), E_USAGE, "row %zu", i);
    cr_expect_not_null(strstr(err.message, rows[i].says), "row %zu: %s", i,
                       err.message);
    cr_expect_null(http);
  }
}

Test(tls, says_that_key_and_certificate_do_not_belong_together)
{
  AUTO_STR char *ca = copy(certs_ca());
  AUTO_STR char *cert = copy(certs_cert(CERT_CLIENT));
  AUTO_STR char *key = copy(certs_key(CERT_GOOD));
  AUTO_GOT struct got got = {0};

  try(CERT_GOOD,
      &(struct http_options){.ca = ca, .client_cert = cert, .client_key = key},
      &got);
  cr_expect_eq(got.code, E_TLS, "%d %s", got.code, got.err.message);
  cr_expect_not_null(strstr(got.err.message, cert), "%s", got.err.message);
  cr_expect_not(got.answer.sent);
}
