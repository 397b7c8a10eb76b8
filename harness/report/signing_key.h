/* The key that evidence is signed with: a PEM file with a private key and its
 * certificate. One thread. */
#ifndef PERCUSS_REPORT_SIGNING_KEY_H
#define PERCUSS_REPORT_SIGNING_KEY_H

#include "core/error.h"

#include <openssl/x509.h>

struct signing_key {
    EVP_PKEY *key;
    X509 *certificate; /* of that key */
};
/* -1 and *error when the file cannot be read, or the two do not fit. */
int signing_key_read(const char *path, struct signing_key *key, struct error *error);
void signing_key_free(struct signing_key *key); /* accepts what is empty */

#endif
