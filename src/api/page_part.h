/* What the files of api/page.h share. */
#pragma once

#include "api/link.h"
#include "api/page.h"
#include "api/watch.h"
#include "base/buf.h"

/* --- page_sign.c: what answers say about their pages ---------------------- */

enum sign_role {
  SIGN_URL,    /* of the next page */
  SIGN_CURSOR, /* and the parameter that it goes into */
  SIGN_MORE,   /* false: this is the last page */
  SIGN_DONE,   /* true: the same */
  SIGN_PAGES,  /* how many there are */
  SIGN_PAGE,   /* the number of this one */
  SIGN_OFFSET, /* of this page's first item, and its parameter */
  SIGN_TOTAL,  /* how many items there are */
  SIGN_LIMIT,  /* how many a page has */
};

struct sign {
  const char *pointer;
  enum sign_role role;
  const char *param;
};

extern const struct sign page_signs[];
extern const size_t page_signs_count;

/* The parameter that a cursor at a pointer goes into; NULL: not known. */
const char *page_sign_param(const char *pointer);

/* Whether a text is a reference to a page rather than a cursor. */
bool page_is_reference(const char *text);

/* --- page_edit.c: requests changed ---------------------------------------- */

/* The value of a parameter of the query, decoded; false: it is not there. */
NODISCARD bool page_query_get(struct buf *out, const char *query,
                              const char *name);

/* The URL with the parameter set, what else it holds byte for byte as it is;
 * value NULL: without it. E_ANSWER. */
NODISCARD enum code page_query_set(struct url **ret_url, const struct url *url,
                                   const char *name, const char *value,
                                   struct err *err);

/* Where two queries differ: in the value of one parameter, a number in both.
 * *ret_name: mem_free. false: in more or less than that. */
NODISCARD enum code page_query_differ(const struct url *a, const struct url *b,
                                      bool *ret_one, char **ret_name,
                                      uint64_t *ret_a, uint64_t *ret_b,
                                      struct err *err);

/* The object with the member set to a JSON text, everything else byte for byte
 * as it is; with inner it is a member of the object `name`, which is made
 * where it is not there. E_USAGE: it is no object. */
NODISCARD enum code page_json_set(struct buf *out, const char *text, size_t len,
                                  const char *name, const char *inner,
                                  const char *json, struct err *err);

/* The same of application/x-www-form-urlencoded. */
void page_form_set(struct buf *out, const char *text, size_t len,
                   const char *name, const char *value);

/* Its top-level member as text (of a number: its digits); false: not there, or
 * something else. */
NODISCARD bool page_json_get(struct buf *out, const char *text, size_t len,
                             const char *name);

/* --- page.c ----------------------------------------------------------------
 */

/* Where the parameter goes. */
enum page_in { IN_QUERY, IN_JSON, IN_FORM, IN_GRAPHQL };

/* A page's request, as far as it differs from the first. */
struct page_spot {
  struct url *url;
  char *cursor; /* NULL: none */
  bool number;
};

enum { SEEN_MAX = 4096 };

struct pager {
  enum page_style style;
  bool decided; /* the style is what the pages have */
  char *pointer, *param, *secret_param, *method;
  char *body, *body_type;
  size_t body_len;
  char *origin; /* the first request's */

  struct page_spot here, next;
  bool more;
  struct buf text; /* the next one's body */
  bool with_text;

  /* of this answer */
  struct url *from;
  struct link_pages links;
  char *next_page, *total_pages, *total_count; /* header fields; NULL */
  struct watch *watch;
  size_t signs[WATCH_MAX]; /* what each of its pointers is in page_signs */
  size_t signs_count;
  size_t own; /* the place of `pointer` in it; SIZE_MAX: none */
  uint64_t hash;

  /* of those before */
  uint64_t hash_before;
  bool with_before;
  uint64_t number;  /* page or offset of this page */
  bool numbered;    /* … is known */
  uint64_t base;    /* of the first of all */
  uint64_t total;   /* pages or items that the answers name; 0: none */
  uint64_t largest; /* … have named */
  uint64_t length;  /* of the list, in pages: what the first link named */
  bool shrunk;
  /* Each slot keeps the last hash that fell there: a circle of any length is
   * met sooner or later, at the latest after some rounds. */
  uint64_t seen[SEEN_MAX];

  /* what can be foreseen: the next page's number, and the last's */
  bool foresees;
  char *foreseen_param;
  uint64_t foreseen, step, last;
};

/* page.c */
void page_spot_clear(struct page_spot *spot);
NODISCARD enum code page_copy(char **to, const char *text, struct err *err);
bool page_body_is_json(const struct pager *pager);
bool page_body_is_form(const struct pager *pager);
/* FNV-1a, from PAGE_HASH on. Whoever makes two texts collide fools itself. */
#define PAGE_HASH UINT64_C(0xcbf29ce484222325)
uint64_t page_hash(uint64_t hash, const void *bytes, size_t len);

/* page_decide.c: settles pager->style by the first answer. */
NODISCARD enum code page_decide(struct pager *pager, struct err *err);
/* What the answer says, at the places of a role. */
const struct sign *page_sign_of(const struct pager *pager, size_t nth);
bool page_find_number(const struct pager *pager, enum sign_role role,
                      uint64_t *ret_number, const struct sign **ret_sign);
/* What the request of this page had in the place of the parameter. */
bool page_asked_number(const struct pager *pager, uint64_t *ret_number);
/* A cursor that leads on: some say 0, false or "" behind the last page. */
bool page_is_cursor(const struct watch_value *value);
uint64_t page_offset_base(const char *param);
/* Far from where adding to it could overflow. */
#define PAGE_NUMBER_MAX ((uint64_t)1 << 48)

/* page_style.c: sets more and next. */
NODISCARD enum code page_find_next(struct pager *pager, int64_t items,
                                   struct err *err);

/* page_next.c: what follows is at a reference, or where the parameter is a
 * value. */
NODISCARD enum code page_go_to(struct pager *pager, const char *reference,
                               struct err *err);
NODISCARD enum code page_go_with(struct pager *pager, const char *value,
                                 bool number, struct err *err);
enum page_in page_in(const struct pager *pager);
/* The body of the request there. */
NODISCARD enum code page_put_text(const struct pager *pager,
                                  const struct page_spot *spot, struct buf *out,
                                  struct err *err);
