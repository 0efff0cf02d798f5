/* Libraries that the cached path does not need are loaded when first needed.
 *
 * Each has one list of the names that fob uses, in lazy/NAME.h:
 *
 *     #define LAZY_CURL(X) X(curl_easy_init) X(curl_easy_perform) …
 *     LAZY_DECLARE(LAZY_CURL)       declares sym_curl_easy_init, …
 *     NODISCARD enum code lazy_curl(struct err *err);
 *
 * with the type of the library's own prototype, so that nothing is restated;
 * and one lazy/NAME.c, which is no more than
 *
 *     LAZY_DEFINE(LAZY_CURL)
 *     LAZY_NOTE("http", "HTTP requests", "required", "libcurl.so.4")
 *
 *     enum code lazy_curl(struct err *err)
 *     {
 *       static void *handle;
 *       static const struct lazy_symbol symbols[] = LAZY_SYMBOLS(LAZY_CURL);
 *
 *       return lazy_load(&handle, "libcurl.so.4", "libcurl4", symbols, err);
 *     }
 *
 * lazy_curl(err) resolves them all, once, or fails naming the package to
 * install: after E_OK each sym_ can be called, after a failure each is NULL.
 * Nothing is ever closed. Not for concurrent first calls: load before a thread
 * is started. */
#pragma once

#include "base/err.h"

#include <stdint.h>

#define LAZY_DECLARE_ONE(name) extern __typeof__(&name) sym_##name;
#define LAZY_DECLARE(LIST) LIST(LAZY_DECLARE_ONE)

#define LAZY_DEFINE_ONE(name) __typeof__(&name) sym_##name;
#define LAZY_DEFINE(LIST) LIST(LAZY_DEFINE_ONE)

struct lazy_symbol {
  const char *name;
  void *slot; /* the function pointer's address */
};

/* The list for lazy_load(), as an initialiser. A name that the library's header
 * renames by a macro would be looked up unrenamed: list its real name. */
#define LAZY_SYMBOL_ONE(symbol) {#symbol, &sym_##symbol},
#define LAZY_SYMBOLS(LIST)                                                     \
  {                                                                            \
    LIST(LAZY_SYMBOL_ONE)                                                      \
    {                                                                          \
      NULL, NULL                                                               \
    }                                                                          \
  }

/* Loads soname and fills the slots of a list that ends in a NULL name; at once
 * E_OK when *handle is set already. E_LOCAL: "cannot load 'libcurl.so.4': …" or
 * "cannot use 'libcurl.so.4': it has no curl_x"; the hint installs package
 * (Debian's name). */
NODISCARD enum code lazy_load(void **handle, const char *soname,
                              const char *package,
                              const struct lazy_symbol *symbols,
                              struct err *err);

/* An ELF note that tells packagers what is loaded (readelf -p .note.dlopen), as
 * the UAPI group's "dlopen() Metadata for ELF Files" lays it down: owner FDO,
 * one note a library. One in a file. priority: "required" (fob's main job needs
 * it), "recommended" or "suggested". All are string literals without a quote
 * or backslash. */
#define LAZY_NOTE(feature, description, priority, soname)                      \
  LAZY_NOTE_JSON(                                                              \
      "[{\"feature\":\"" feature "\",\"description\":\"" description           \
      "\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]")

enum { LAZY_NOTE_TYPE = 0x407c0c0a };
#define LAZY_NOTE_OWNER "FDO"

#define LAZY_NOTE_JSON(json)                                                   \
  __attribute__((used, section(".note.dlopen"),                                \
                 aligned(4))) static const struct {                            \
    uint32_t owner_size, json_size, type;                                      \
    char owner[sizeof(LAZY_NOTE_OWNER)];                                       \
    _Alignas(uint32_t) char text[sizeof(json)];                                \
  } lazy_note = {sizeof(LAZY_NOTE_OWNER), sizeof(json), LAZY_NOTE_TYPE,        \
                 LAZY_NOTE_OWNER, json};
