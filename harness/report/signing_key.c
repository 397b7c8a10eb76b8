#include "report/signing_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

int signing_key_read(const char *path, struct signing_key *key, struct error *error)
{
    BIO *file = BIO_new_file(path, "r");

    key->key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (file)
        (void)BIO_seek(file, 0);
    key->certificate = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    BIO_free(file);
    if (key->key && key->certificate &&
        X509_check_private_key(key->certificate, key->key) == 1)
        return 0;
    ERR_clear_error();
    return error_set(
        error, "%s: expected a PEM file with a private key and its certificate", path);
}

void signing_key_free(struct signing_key *key)
{
    EVP_PKEY_free(key->key);
    X509_free(key->certificate);
    *key = (struct signing_key){0};
}
