/* What the files secure*.c share. */
#ifndef PERCUSS_LINK_SECURE_PARTS_H
#define PERCUSS_LINK_SECURE_PARTS_H

#include "link/secure.h"

/* secure_bio.c */
bool secure_is_datagrams(const struct secure *secure); /* DTLS */
BIO_METHOD *secure_make_method(void);                  /* NULL: no memory */

/* What OpenSSL last complained about; returns `text`. */
const char *secure_reason(char *text, size_t size);

#endif
