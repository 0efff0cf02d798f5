/* The form of the texts in a profile or config file, judged without a library:
 * what a URL, a pointer, a scope or a header name may look like. */
#pragma once

#include <stdbool.h>

enum form {
  FORM_LINE,     /* anything without control characters */
  FORM_TEXT,     /* the same, and may be empty */
  FORM_WORD,     /* one of the member's words */
  FORM_NAME,     /* a profile's or preset's name, CONTRACT §1 */
  FORM_BASE,     /* an API base: URL without query, dot segments, "//" */
  FORM_ISSUER,   /* a URL without query (RFC 8414 §2) */
  FORM_URL,      /* an endpoint or a page: a URL, a query allowed */
  FORM_REDIRECT, /* a redirect URI: https, or http to loopback */
  FORM_URI,      /* absolute, any scheme, no fragment (RFC 8707 §2) */
  FORM_PROXY,    /* http, https, socks5 or socks5h, no userinfo; or "" */
  FORM_URL_OR_PATH,
  FORM_PATH,         /* an absolute file name */
  FORM_API_PATH,     /* below an API base: "/user", "me?x=1" */
  FORM_POINTER,      /* RFC 6901 */
  FORM_HEADER,       /* a field name (RFC 9110 §5.1) that may be read */
  FORM_PARAMETER,    /* the name of a request parameter */
  FORM_TOKEN_FORMAT, /* with {token} exactly once */
  FORM_USER,         /* HTTP Basic: no colon; may be empty (RFC 7617 §2) */
  FORM_SCOPE,        /* RFC 6749 §3.3 */
  FORM_HOST,         /* a domain, "my.salesforce.com" */
  FORM_RATE,         /* "10/s", "100/m", "5000/h" */
  FORM_STORE,        /* "external:NAME"; the others are words */
  FORM_SEPARATOR,    /* 1 to 8 printable characters, blanks among them */
};

/* NULL when text has the form; else what it must be, to be read after the
 * member's name: "must be an https URL". Words are the caller's business, so
 * FORM_WORD passes every text. */
const char *form_check(enum form form, const char *text);

/* The host of an http URL that never leaves the machine: 127.0.0.0/8 in four
 * parts, [::1], localhost, *.localhost. */
bool form_is_loopback(const char *host);

/* Is text one of the words "a|b|c"? Its index, or -1. */
int form_word(const char *words, const char *text);
