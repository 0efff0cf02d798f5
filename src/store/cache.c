/* A new key is made in the process keyring, which this process possesses, so
 * that its permissions and timeout can be set before anybody else can see it;
 * set on a key that is already in the user keyring they fail where that is
 * not possessed (cron, su), and leave a key that never expires. Linking it
 * into the user keyring replaces the old key of that name at once. */
#include "store/cache.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/cache_payload.h"
#include "store/container.h"

#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <string.h>

enum {
  KEYS_MAX = 16,
  BYTES_MAX = 8 * 1024,
  LIFETIME_MAX = 24 * 60 * 60,
  NAME_MAX_LEN = 1024, /* it counts against the quota as well */
  DESCRIPTION_MAX = 4096 + 64,
};

/* In the order of preference: big_key costs 16 bytes of the quota and can be
 * swapped out, encrypted; not every kernel has it. */
static const char *const types[] = {"big_key", "user"};

static const char prefix[] = "fob:";

void cache_entry_clear(struct cache_entry *entry)
{
  secret_free(entry->token);
  secret_free(entry->dpop_key);
  mem_free(entry->token_type);
  mem_free(entry->scope);
  mem_free(entry->header_name);
  mem_free(entry->header_value);
  mem_free(entry->issuer);
  mem_free(entry->login);
  *entry = (struct cache_entry){0};
}

bool cache_mode_parse(const char *text, enum cache_mode *ret_mode)
{
  static const char *const names[] = {
      [CACHE_AUTO] = "auto", [CACHE_KERNEL] = "kernel", [CACHE_OFF] = "off"};
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    if (strcmp(text, names[i]) == 0) {
      *ret_mode = (enum cache_mode)i;
      return true;
    }
  return false;
}

bool cache_enabled(enum cache_mode mode)
{
  if (mode != CACHE_AUTO)
    return mode == CACHE_KERNEL;
  struct container container;
  container_look(&container);
  return !container_shares_keyrings(&container);
}

struct name {
  char text[NAME_MAX_LEN];
};

static bool name_make(struct name *name, const char *profile, const char *shape)
{
  int len = snprintf(name->text, sizeof name->text, "%s%s:%s", prefix, profile,
                     shape);
  return len > 0 && (size_t)len < sizeof name->text;
}

/* --- getting ------------------------------------------------------------ */

bool cache_get(const char *profile, const char *shape, const char *stamp,
               struct cache_entry *ret_entry)
{
  struct name name;
  if (!name_make(&name, profile, shape))
    return false;
  for (size_t i = 0; i < ARRAY_LEN(types); i++) {
    long key = keyctl_search(KEY_SPEC_USER_KEYRING, types[i], name.text, 0);
    if (key < 0)
      continue;
    char bytes[CACHE_PAYLOAD_MAX];
    long len = keyctl_read((key_serial_t)key, bytes, sizeof bytes);
    struct cache_entry entry;
    bool found = len > 0 && (size_t)len <= sizeof bytes &&
                 cache_payload_read(bytes, (size_t)len, stamp, &entry);
    mem_wipe(bytes, sizeof bytes);
    if (!found)
      return false;
    if (entry.expires_at <= clock_wall()) {
      cache_entry_clear(&entry);
      return false;
    }
    *ret_entry = entry;
    return true;
  }
  return false;
}

/* --- the keys that are there -------------------------------------------- */

struct held {
  key_serial_t key;
  size_t size; /* payload and description */
  int64_t issued_at;
};

/* The user keyring's keys. NULL when there are none or it cannot be read. */
static key_serial_t *keyring_list(size_t *ret_count)
{
  long size = keyctl_read(KEY_SPEC_USER_KEYRING, NULL, 0);
  if (size <= 0)
    return NULL;
  key_serial_t *keys = mem_alloc((size_t)size);
  if (keys == NULL)
    return NULL;
  /* It may have grown since; what did not fit is looked at the next time. */
  long got = keyctl_read(KEY_SPEC_USER_KEYRING, (char *)keys, (size_t)size);
  if (got <= 0 || got > size) {
    mem_free(keys);
    return NULL;
  }
  *ret_count = (size_t)got / sizeof *keys;
  return keys;
}

/* Is this one of our keys, and (unless NULL) of this profile? Its name goes to
 * ret_name, which has room for DESCRIPTION_MAX bytes. */
static bool key_is_ours(key_serial_t key, const char *profile, char *ret_name)
{
  long len = keyctl_describe(key, ret_name, DESCRIPTION_MAX);
  if (len <= 0 || len > DESCRIPTION_MAX)
    return false;
  /* type;uid;gid;permissions;description */
  char *name = ret_name;
  bool known = false;
  for (size_t i = 0; i < ARRAY_LEN(types); i++) {
    size_t type_len = strlen(types[i]);
    known |= strncmp(name, types[i], type_len) == 0 && name[type_len] == ';';
  }
  for (int i = 0; known && i < 4; i++) {
    name = strchr(name, ';');
    if (name == NULL)
      return false;
    name++;
  }
  if (!known || strncmp(name, prefix, sizeof prefix - 1) != 0)
    return false;
  const char *owner = name + sizeof prefix - 1;
  size_t owner_len = strcspn(owner, ":");
  if (profile != NULL &&
      (strncmp(owner, profile, owner_len) != 0 || profile[owner_len] != '\0'))
    return false;
  memmove(ret_name, name, strlen(name) + 1);
  return true;
}

static void unlink_key(key_serial_t key)
{
  (void)keyctl_unlink(key, KEY_SPEC_USER_KEYRING);
}

/* Unlinks what is kept under name, except the key that replaces it. */
static void unlink_name(const struct name *name, key_serial_t except)
{
  for (size_t i = 0; i < ARRAY_LEN(types); i++) {
    long key = keyctl_search(KEY_SPEC_USER_KEYRING, types[i], name->text, 0);
    if (key >= 0 && key != except)
      unlink_key((key_serial_t)key);
  }
}

void cache_drop(const char *profile)
{
  size_t count = 0;
  key_serial_t *keys = keyring_list(&count);
  char description[DESCRIPTION_MAX];
  for (size_t i = 0; keys != NULL && i < count; i++)
    if (key_is_ours(keys[i], profile, description))
      unlink_key(keys[i]);
  mem_free(keys);
}

/* --- putting ------------------------------------------------------------ */

/* When its token was issued; one that cannot be read is the first to go. */
static int64_t key_issued_at(key_serial_t key, size_t *ret_size)
{
  char bytes[CACHE_PAYLOAD_MAX];
  int64_t issued_at = INT64_MIN;
  long len = keyctl_read(key, bytes, sizeof bytes);
  struct cache_entry entry;
  if (len > 0 && (size_t)len <= sizeof bytes &&
      cache_payload_read(bytes, (size_t)len, NULL, &entry)) {
    issued_at = entry.issued_at;
    cache_entry_clear(&entry);
  }
  mem_wipe(bytes, sizeof bytes);
  *ret_size = len > 0 ? (size_t)len : 0;
  return issued_at;
}

/* Unlinks the oldest of our keys until one more of this size fits. That of the
 * same name does not count: it is about to be replaced. */
static void make_room(const struct name *name, size_t size)
{
  size_t count = 0;
  key_serial_t *keys = keyring_list(&count);
  struct held *held = keys != NULL ? mem_array(count + 1, sizeof *held) : NULL;
  size_t held_count = 0;
  size_t total = size;
  char description[DESCRIPTION_MAX];
  for (size_t i = 0; held != NULL && i < count; i++) {
    if (!key_is_ours(keys[i], NULL, description) ||
        strcmp(description, name->text) == 0)
      continue;
    struct held *one = &held[held_count++];
    one->key = keys[i];
    one->issued_at = key_issued_at(keys[i], &one->size);
    one->size += strlen(description);
    total += one->size;
  }
  while (held_count > 0 && (held_count >= KEYS_MAX || total > BYTES_MAX)) {
    size_t oldest = 0;
    for (size_t i = 1; i < held_count; i++)
      if (held[i].issued_at < held[oldest].issued_at)
        oldest = i;
    unlink_key(held[oldest].key);
    total -= held[oldest].size;
    held[oldest] = held[--held_count];
  }
  mem_free(held);
  mem_free(keys);
}

/* A key that only this process can reach yet; below 0 when there is none. */
static key_serial_t key_make(const struct name *name, const char *bytes,
                             size_t len, int64_t left)
{
  if (left > LIFETIME_MAX) /* the clock was set back */
    left = LIFETIME_MAX;
  key_serial_t key = -1;
  for (size_t i = 0; key < 0 && i < ARRAY_LEN(types); i++)
    key = add_key(types[i], name->text, bytes, len, KEY_SPEC_PROCESS_KEYRING);
  if (key < 0)
    return key;
  if (keyctl_setperm(key, KEY_POS_ALL | KEY_USR_VIEW | KEY_USR_READ |
                              KEY_USR_SEARCH) == 0 &&
      keyctl_set_timeout(key, (unsigned)left) == 0)
    return key;
  (void)keyctl_unlink(key, KEY_SPEC_PROCESS_KEYRING);
  return -1;
}

void cache_put(const char *profile, const char *shape, const char *stamp,
               const struct cache_entry *entry)
{
  struct name name;
  if (!name_make(&name, profile, shape))
    return;
  int64_t left = entry->expires_at - clock_wall();
  char bytes[CACHE_PAYLOAD_MAX];
  size_t len = 0;
  if (entry->expires_at != CLOCK_NEVER && left > 0 &&
      entry->expires_at - entry->issued_at <= LIFETIME_MAX)
    len = cache_payload_write(bytes, stamp, entry);
  key_serial_t key = -1;
  if (len > 0) {
    make_room(&name, len + strlen(name.text));
    key = key_make(&name, bytes, len, left);
  }
  mem_wipe(bytes, sizeof bytes);
  if (key >= 0 && keyctl_link(key, KEY_SPEC_USER_KEYRING) != 0) {
    (void)keyctl_unlink(key, KEY_SPEC_PROCESS_KEYRING);
    key = -1;
  }
  /* Also when nothing new came: an older token must not be served. */
  unlink_name(&name, key);
  if (key >= 0)
    (void)keyctl_unlink(key, KEY_SPEC_PROCESS_KEYRING);
}
