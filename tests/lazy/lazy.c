#include "lazy/argon2.h"
#include "lazy/jq.h"
#include "lazy/qrencode.h"

#include <criterion/criterion.h>
#include <link.h>
#include <math.h>
#include <string.h>

/* Names of the C library's mathematics, which every system has. */
#define LAZY_MATH(X) X(cos) X(floor)
LAZY_DECLARE(LAZY_MATH)
LAZY_DEFINE(LAZY_MATH)

static const struct lazy_symbol math[] = LAZY_SYMBOLS(LAZY_MATH);

Test(lazy, fills_all_names)
{
  void *handle = NULL;

  cr_assert_eq(E_OK, lazy_load(&handle, "libm.so.6", "libc6", math, NULL));
  cr_assert_not_null(handle);
  cr_assert_float_eq(sym_cos(0), 1, 1e-9);
  cr_assert_float_eq(sym_floor(2.5), 2, 1e-9);
}

Test(lazy, loads_once)
{
  void *handle = NULL;

  cr_assert_eq(E_OK, lazy_load(&handle, "libm.so.6", "libc6", math, NULL));
  sym_cos = NULL;
  cr_assert_eq(E_OK,
               lazy_load(&handle, "no-such-library.so.1", "none", math, NULL));
  cr_assert_null(sym_cos, "resolved again");
}

Test(lazy, names_the_package_of_a_missing_library)
{
  void *handle = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_LOCAL, lazy_load(&handle, "libno-such-thing.so.7",
                                  "libno-such-thing7", math, &err));
  cr_assert_null(handle);
  cr_assert_null(sym_cos);
  cr_assert(strstr(err.message, "'libno-such-thing.so.7'"), "%s", err.message);
  cr_assert(strstr(err.hint, "sudo apt install libno-such-thing7"), "%s",
            err.hint);
}

Test(lazy, fills_nothing_when_one_name_is_missing)
{
  static const struct lazy_symbol symbols[] = {
      {"cos", &sym_cos}, {"no_such_function", &sym_floor}, {NULL, NULL}};
  void *handle = NULL;
  struct err err = ERR_INIT;

  cr_assert_eq(E_LOCAL,
               lazy_load(&handle, "libm.so.6", "libc6", symbols, &err));
  cr_assert_null(handle);
  cr_assert_null(sym_cos);
  cr_assert_null(sym_floor);
  cr_assert(strstr(err.message, "no_such_function"), "%s", err.message);
  cr_assert(strstr(err.hint, "libc6"), "%s", err.hint);

  /* A later try with what the library has succeeds. */
  cr_assert_eq(E_OK, lazy_load(&handle, "libm.so.6", "libc6", math, NULL));
  cr_assert_float_eq(sym_cos(0), 1, 1e-9);
}

Test(lazy, loads_argon2)
{
  cr_assert_eq(E_OK, lazy_argon2(NULL));
  cr_assert_str_eq(sym_argon2_error_message(ARGON2_OK), "OK");
}

Test(lazy, loads_qrencode)
{
  cr_assert_eq(E_OK, lazy_qrencode(NULL));
  cr_assert_not_null(sym_QRcode_free);
}

Test(lazy, loads_jq)
{
  cr_assert_eq(E_OK, lazy_jq(NULL));
  cr_assert_eq(sym_jv_get_kind(sym_jv_invalid()), JV_KIND_INVALID);
}

struct seen {
  const char *soname;
  bool found;
};

static size_t align4(size_t n)
{
  return (n + 3) & ~(size_t)3;
}

static void look_into(const char *notes, size_t len, struct seen *seen)
{
  size_t at = 0;

  while (at + sizeof(ElfW(Nhdr)) <= len) {
    const ElfW(Nhdr) *note = (const void *)(notes + at);
    const char *owner = notes + at + sizeof(*note);
    const char *text = owner + align4(note->n_namesz);

    if (note->n_type == LAZY_NOTE_TYPE && note->n_namesz == 4 &&
        memcmp(owner, "FDO", 4) == 0 && strstr(text, seen->soname) != NULL) {
      cr_assert_eq(strlen(text) + 1, note->n_descsz);
      seen->found = true;
    }
    at += sizeof(*note) + align4(note->n_namesz) + align4(note->n_descsz);
  }
}

/* The program itself comes first. */
static int look(struct dl_phdr_info *info, size_t size, void *user)
{
  (void)size;
  for (size_t i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];

    if (p->p_type == PT_NOTE && p->p_align == 4)
      look_into((const char *)(info->dlpi_addr + p->p_vaddr), p->p_memsz, user);
  }
  return 1;
}

Test(lazy, tells_packagers_what_is_loaded)
{
  struct seen seen = {"\"priority\":\"recommended\","
                      "\"soname\":[\"libargon2.so.1\"]}]",
                      false};
  struct seen absent = {"no-such-library.so.1", false};

  cr_assert_eq(E_OK, lazy_argon2(NULL));
  dl_iterate_phdr(look, &seen);
  cr_assert(seen.found);
  dl_iterate_phdr(look, &absent);
  cr_assert_not(absent.found);
}
