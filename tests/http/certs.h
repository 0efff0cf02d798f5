/* Certificates for tests, made with the openssl program in the test's own
 * directory when first asked for. All are files in PEM form. */
#pragma once

const char *certs_ca(void);       /* a test authority */
const char *certs_other_ca(void); /* another one, that signed nothing here */

enum cert {
  CERT_GOOD,    /* localhost, 127.0.0.1, 127.0.0.2 */
  CERT_EXPIRED, /* the same, long ago */
  CERT_OTHER,   /* other.example */
  CERT_SELF,    /* signed by itself */
  CERT_CLIENT,  /* for a client */
};
const char *certs_cert(enum cert which);
const char *certs_key(enum cert which);

/* A directory with the CA hashed. */
const char *certs_directory(void);
/* A client key with a pass phrase. */
const char *certs_encrypted_key(void);
