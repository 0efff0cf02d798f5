#include "http/trust.h"

#include "base/buf.h"
#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "lazy/curl.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Debian's, where libcurl was built without a directory of its own. */
#define SYSTEM_DIRECTORY "/etc/ssl/certs"

enum { BUNDLE_MAX = 16 * 1024 * 1024 };

/* "002c0b4f.0", as `openssl rehash` names links. */
static bool is_hashed_name(const char *name)
{
  size_t hex = strspn(name, "0123456789abcdef");
  size_t digits;

  if (hex != 8 || name[8] != '.')
    return false;
  digits = strspn(name + 9, "0123456789");
  return digits > 0 && name[9 + digits] == '\0';
}

static bool has_hashed_names(const char *path)
{
  DIR *directory = opendir(path);
  struct dirent *entry;
  bool found = false;

  if (directory == NULL)
    return false;
  while (!found && (entry = readdir(directory)) != NULL)
    found = is_hashed_name(entry->d_name);
  closedir(directory);
  return found;
}

static enum code check_file(const char *path, const char *by, enum code code,
                            struct err *err)
{
  AUTO_BUF struct buf pem = BUF_INIT(BUNDLE_MAX);
  enum code result = file_read(&pem, path, FILE_USER, BUNDLE_MAX, code, err);

  if (result != E_OK) {
    err_prefix(err, "%s: ", by);
    err->code = result == E_NOT_FOUND ? code : result;
    return err->code;
  }
  if (strstr(buf_text(&pem), "-----BEGIN ") == NULL) {
    err_set(err, code, "%s: '%s' holds no certificate in PEM form", by, path);
    err_hint(err, "openssl x509 -inform der -in '%s' -out ca.pem", path);
    return code;
  }

  return E_OK;
}

/* Takes path, a file or a directory, as all that is trusted. */
static enum code take_named(struct trust *trust, const char *path,
                            const char *by, enum code code, struct err *err)
{
  struct stat st;
  char **slot = &trust->file;
  enum code result;

  if (stat(path, &st) != 0)
    return err_set(err, code, "%s: cannot use '%s': %s", by, path,
                   strerror(errno));
  if (S_ISDIR(st.st_mode)) {
    slot = &trust->directory;
    if (!has_hashed_names(path)) {
      err_set(err, code, "%s: the directory '%s' holds no hashed certificates",
              by, path);
      err_hint(err, "openssl rehash '%s'", path);
      return code;
    }
  } else {
    result = check_file(path, by, code, err);
    if (result != E_OK)
      return result;
  }

  mem_free(*slot);
  *slot = mem_str(path);
  trust->named_by = by;
  return *slot != NULL ? E_OK : err_nomem(err);
}

static enum code take_environment(struct trust *trust, struct err *err)
{
  static const char *const names[] = {"SSL_CERT_FILE", "SSL_CERT_DIR",
                                      "CURL_CA_BUNDLE"};
  enum code code = E_OK;

  for (size_t i = 0; i < ARRAY_LEN(names) && code == E_OK; i++) {
    const char *path = env_text(names[i]);

    /* The first two belong together; the third stands in for both. */
    if (path != NULL && (i < 2 || trust->named_by == NULL))
      code = take_named(trust, path, names[i], E_ENVIRONMENT, err);
  }

  return code;
}

static bool is_openssl(void)
{
  const curl_version_info_data *info = sym_curl_version_info(CURLVERSION_NOW);

  return info->ssl_version != NULL &&
         strncmp(info->ssl_version, "OpenSSL/", 8) == 0;
}

/* What libcurl was built to trust; both may be NULL. */
static enum code built_in(char **ret_file, char **ret_directory,
                          struct err *err)
{
  CURL *easy = sym_curl_easy_init();
  char *file = NULL;
  char *directory = NULL;

  if (easy == NULL)
    return err_nomem(err);
  if (sym_curl_easy_getinfo(easy, CURLINFO_CAINFO, &file) != CURLE_OK)
    file = NULL;
  if (sym_curl_easy_getinfo(easy, CURLINFO_CAPATH, &directory) != CURLE_OK)
    directory = NULL;
  *ret_file = mem_str(file);
  *ret_directory = mem_str(directory);
  sym_curl_easy_cleanup(easy);

  return (file != NULL && *ret_file == NULL) ||
                 (directory != NULL && *ret_directory == NULL)
             ? err_nomem(err)
             : E_OK;
}

enum code trust_complete(struct trust *trust, struct err *err)
{
  enum code code;

  if (trust->named_by != NULL)
    return E_OK;
  trust_clear(trust);
  code = built_in(&trust->file, &trust->directory, err);
  if (code != E_OK || !is_openssl())
    return code;
  if (trust->directory == NULL)
    trust->directory = mem_str(SYSTEM_DIRECTORY);
  if (trust->directory == NULL)
    return err_nomem(err);

  if (!has_hashed_names(trust->directory)) {
    mem_free(trust->directory);
    trust->directory = NULL;
  } else {
    trust->bundle = trust->file;
    trust->file = NULL;
  }

  return E_OK;
}

enum code trust_choose(struct trust *ret_trust, const char *named,
                       struct err *err)
{
  __attribute__((cleanup(trust_clear))) struct trust trust = {0};
  enum code code;

  if (named != NULL)
    code = take_named(&trust, named, "--cacert", E_USAGE, err);
  else
    code = take_environment(&trust, err);
  if (code != E_OK)
    return code;

  *ret_trust = trust;
  trust = (struct trust){0};
  return E_OK;
}

bool trust_widen(struct trust *trust, long verify_result)
{
  /* X509_V_ERR_ of OpenSSL, whose headers fob does not use: no issuer (2, 20),
   * self-signed (18), self-signed within the chain (19), leaf not verifiable
   * (21). */
  bool unknown =
      verify_result == 2 || (verify_result >= 18 && verify_result <= 21);

  if (trust->bundle == NULL || !unknown)
    return false;

  trust->file = trust->bundle;
  trust->bundle = NULL;
  return true;
}

void trust_clear(struct trust *trust)
{
  mem_free(trust->file);
  mem_free(trust->directory);
  mem_free(trust->bundle);
  *trust = (struct trust){0};
}
