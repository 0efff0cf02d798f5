/* A new key is written whole, under a name of its own, and made durable before
 * it gets its name by link(), which fails when another process was faster. So
 * nobody reads half a key, and none is replaced that seals something. */
#include "store/filekey_beside.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/filekey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char file_name[] = ".key"; /* no profile's: those have no dot */

enum code filekey_beside_read(uint8_t ret_key[CRYPTO_KEY_LEN], const char *dir,
                              struct err *err)
{
  AUTO_STR char *path = NULL;
  enum code code = file_join(&path, dir, file_name, err);
  if (code != E_OK)
    return code;
  AUTO_BUF struct buf content = BUF_INIT(BUF_LINE);
  struct err why = ERR_INIT;
  code =
      file_read(&content, path, FILE_OWN, BUF_LINE / 2, E_STORE_REFUSED, &why);
  if (code == E_NOT_FOUND)
    return E_NO_CREDENTIAL;
  if (code != E_OK) {
    *err = why;
    return code;
  }
  code = filekey_parse(ret_key, buf_text(&content), content.len, err);
  if (code != E_STORE_BROKEN)
    return code;
  err_set(err, E_STORE_BROKEN, "the key file '%s' is damaged", path);
  err_hint(err, "restore it from a backup, or move it away and log in again");
  return E_STORE_BROKEN;
}

/* Gives the file at from the name to, unless that is taken: 0, EEXIST or
 * another errno. */
static int name_it(const char *from, const char *to)
{
  if (link(from, to) == 0)
    return 0;
  int why = errno;
  if (why != EPERM && why != ENOSYS && why != EOPNOTSUPP)
    return why;
  /* A file system without hard links. */
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0
                                                                        : errno;
}

/* 0 or an errno. File systems that cannot sync a directory say EINVAL. */
static int sync_dir(const char *dir)
{
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int why = fd < 0 || (fsync(fd) != 0 && errno != EINVAL) ? errno : 0;
  if (fd >= 0)
    (void)close(fd);
  return why;
}

static enum code make_key(const char *dir, struct err *err)
{
  uint8_t key[CRYPTO_KEY_LEN];
  AUTO_STR char *suffix = NULL;
  enum code code = crypto_random(key, sizeof key, err);
  if (code == E_OK)
    code = crypto_random_text(&suffix, 9, err);
  AUTO_BUF struct buf text = BUF_INIT(BUF_LINE);
  codec_base64(&text, key, sizeof key);
  buf_putc(&text, '\n');
  mem_wipe(key, sizeof key);
  if (code == E_OK)
    code = buf_check(&text, err);
  if (code != E_OK)
    return code;

  AUTO_STR char *path = mem_printf("%s/%s", dir, file_name);
  AUTO_STR char *made = mem_printf("%s/%s-%s", dir, file_name, suffix);
  if (path == NULL || made == NULL)
    return err_nomem(err);
  code = file_replace(made, text.data, text.len, /* secret= */ true,
                      E_STORE_REFUSED, err);
  if (code != E_OK)
    return code;
  int why = name_it(made, path);
  (void)unlink(made);
  if (why == 0)
    why = sync_dir(dir);
  if (why != 0 && why != EEXIST)
    return err_set(err, E_STORE_REFUSED, "cannot make the key file '%s': %s",
                   path, strerror(why));
  return E_OK;
}

enum code filekey_beside_make(uint8_t ret_key[CRYPTO_KEY_LEN], const char *dir,
                              struct err *err)
{
  enum code code = filekey_beside_read(ret_key, dir, err);
  if (code != E_NO_CREDENTIAL)
    return code;
  code = make_key(dir, err);
  if (code != E_OK)
    return code;
  code = filekey_beside_read(ret_key, dir, err);
  if (code == E_NO_CREDENTIAL)
    return err_set(err, E_STORE_REFUSED, "the key file in '%s' was removed",
                   dir);
  return code;
}
