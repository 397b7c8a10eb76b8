/* Detached CMS signatures (RFC 5652) over a file, in PEM, as `openssl cms -verify
 * -binary -inform PEM -content FILE` reads them: one signer, SHA-256, the certificate
 * inside. They are written in one canonical form, so that no byte of a signature can be
 * altered unseen. One thread. */
#ifndef PERCUSS_BUNDLE_SIGNATURE_H
#define PERCUSS_BUNDLE_SIGNATURE_H

#include "core/error.h"
#include "core/hash.h"

#include <stdbool.h>

/* `key_path`: a PEM file with a private key and its certificate. */
int signature_make(const char *key_path, const char *file, const char *signature_path,
                   struct error *error);

struct signature_check {
    bool intact;      /* it is a signature over these bytes, and as it was written */
    bool trusted;     /* the signer's certificate is, or hangs on, a trusted one */
    char signer[200]; /* the certificate's subject */
    char fingerprint[HASH_TEXT]; /* SHA-256 of the certificate */
    char time[24];               /* when, as the signer's clock said; "" when not said */
    char why[200];               /* why not intact, or not trusted */
};
/* `trusted_path`: a PEM file of certificates, NULL: none is known and nothing is trusted.
 * -1 and *error when a file cannot be opened, or there is no certificate in it. */
int signature_check(const char *file, const char *signature_path,
                    const char *trusted_path, struct signature_check *check,
                    struct error *error);

#endif
