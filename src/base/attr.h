/* Compiler attributes, and cleanup at the end of a scope. */
#pragma once

/* The result must be looked at. */
#define NODISCARD __attribute__((warn_unused_result))

/* The rare exception: GCC does not let (void) silence NODISCARD. */
#define IGNORE(call) ((void)!(call))

/* Checks a format string against its arguments, both counted from 1. */
#define PRINTF_LIKE(string, first)                                             \
  __attribute__((__format__(__printf__, string, first)))

#define MAYBE_UNUSED __attribute__((unused))

/* DEFINE_AUTO(store) after `void store_free(struct store *)` allows
 *
 *     AUTO(store) s = NULL;
 *
 * a `struct store *` that is freed when it leaves its scope. */
#define DEFINE_AUTO(type)                                                      \
  MAYBE_UNUSED static inline void auto_##type(struct type **object)            \
  {                                                                            \
    type##_free(*object);                                                      \
  }
#define AUTO(type) __attribute__((cleanup(auto_##type))) struct type *

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
