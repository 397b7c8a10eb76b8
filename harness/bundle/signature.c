#include "bundle/signature.h"

#include "bundle/folder.h"
#include "bundle/signature_form.h"
#include "report/signing_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIGNATURE_MAXIMUM = 1 << 20 };
enum { FLAGS = CMS_DETACHED | CMS_BINARY };

/* What OpenSSL says went wrong; its queue is empty then. */
static const char *reason(char *text, size_t size)
{
    unsigned long last = ERR_peek_last_error();
    const char *words = last ? ERR_reason_error_string(last) : NULL;

    snprintf(text, size, "%s", words ? words : "no reason was given");
    ERR_clear_error();
    return text;
}

/* The form that is written: canonical, in PEM. */
static int to_text(CMS_ContentInfo *signature, struct buffer *text)
{
    struct buffer der = buffer_make(FORM_MAXIMUM);
    BIO *memory = BIO_new(BIO_s_mem());
    char *pem;
    long length;
    int status = -1;

    if (memory && form_signed_data(signature, &der) == 0 &&
        PEM_write_bio(memory, PEM_STRING_CMS, "", der.data, (long)der.length) > 0 &&
        (length = BIO_get_mem_data(memory, &pem)) > 0)
        status = buffer_append(text, (struct view){(uint8_t *)pem, (size_t)length});
    BIO_free(memory);
    buffer_free(&der);
    return status;
}

/* --- signing ------------------------------------------------------------------------ */

static CMS_ContentInfo *sign(X509 *certificate, EVP_PKEY *key, BIO *data)
{
    CMS_ContentInfo *signature =
        CMS_sign(NULL, NULL, NULL, data, FLAGS | CMS_PARTIAL | CMS_NOSMIMECAP);

    if (signature &&
        CMS_add1_signer(signature, certificate, key, EVP_sha256(),
                        FLAGS | CMS_NOSMIMECAP) &&
        CMS_final(signature, data, NULL, FLAGS) == 1)
        return signature;
    CMS_ContentInfo_free(signature);
    return NULL;
}

int signature_make(const char *key_path, const char *file, const char *signature_path,
                   struct error *error)
{
    struct buffer text = buffer_make(SIGNATURE_MAXIMUM);
    CMS_ContentInfo *signature = NULL;
    struct signing_key key = {0};
    BIO *data = NULL;
    char why[120];
    int status = -1;

    if (signing_key_read(key_path, &key, error) < 0)
        goto out;
    data = BIO_new_file(file, "rb");
    signature = data ? sign(key.certificate, key.key, data) : NULL;
    if (!signature || to_text(signature, &text) < 0)
        error_set(error, "cannot sign %s with %s: %s", file, key_path,
                  reason(why, sizeof why));
    else if (unlink(signature_path), 1)
        status = folder_write(signature_path, (char *)text.data, text.length, error);
out:
    CMS_ContentInfo_free(signature);
    signing_key_free(&key);
    BIO_free(data);
    buffer_free(&text);
    return status;
}

/* --- checking ----------------------------------------------------------------------- */

static void describe_time(CMS_ContentInfo *signature, struct signature_check *check)
{
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(signature), 0);
    const ASN1_TYPE *time = CMS_signed_get0_data_by_OBJ(
        signer, OBJ_nid2obj(NID_pkcs9_signingTime), -3, V_ASN1_UTCTIME);
    struct tm at;

    if (time && ASN1_TIME_to_tm((const ASN1_TIME *)time, &at) == 1)
        strftime(check->time, sizeof check->time, "%Y-%m-%dT%H:%M:%SZ", &at);
}

static void describe(CMS_ContentInfo *signature, X509 *certificate,
                     struct signature_check *check)
{
    BIO *text = BIO_new(BIO_s_mem());
    struct hash hash;
    unsigned length = sizeof hash.bytes;
    int used = 0;

    if (text && X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0,
                                   XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        used = BIO_read(text, check->signer, sizeof check->signer - 1);
    check->signer[used > 0 ? used : 0] = '\0';
    BIO_free(text);
    if (X509_digest(certificate, EVP_sha256(), hash.bytes, &length) == 1)
        hash_to_text(&hash, check->fingerprint);
    describe_time(signature, check);
}

static bool is_canonical(CMS_ContentInfo *signature, const struct buffer *file)
{
    struct buffer text = buffer_make(SIGNATURE_MAXIMUM);
    bool same = to_text(signature, &text) == 0 &&
                view_equal(buffer_view(&text), buffer_view(file));

    buffer_free(&text);
    return same;
}

/* A certificate that vouches for itself is as it was made. */
static bool vouches(X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate),
                         X509_get_issuer_name(certificate)) != 0 ||
           X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
}

static X509_STORE *read_trusted(const char *path, struct error *error)
{
    BIO *file = BIO_new_file(path, "r");
    X509_STORE *store = X509_STORE_new();
    X509 *certificate;
    int count = 0;

    while (file && store && (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL))) {
        count += X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
    }
    BIO_free(file);
    ERR_clear_error();
    if (count)
        return store;
    X509_STORE_free(store);
    error_set(error, "%s: expected a PEM file with at least one certificate", path);
    return NULL;
}

/* The signer's own certificate may be the trusted one. A certificate ends, a signature
 * does not: that it is older only a time stamp shows. */
static int check_trust(X509 *certificate, const char *trusted_path,
                       struct signature_check *check, struct error *error)
{
    X509_STORE *store = read_trusted(trusted_path, error);
    X509_STORE_CTX *context = store ? X509_STORE_CTX_new() : NULL;

    if (context && X509_STORE_CTX_init(context, store, certificate, NULL) == 1) {
        X509_STORE_CTX_set_flags(context,
                                 X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
        check->trusted = X509_verify_cert(context) == 1;
        if (!check->trusted)
            snprintf(check->why, sizeof check->why, "%s",
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return store ? 0 : -1;
}

static void check_bytes(CMS_ContentInfo *signature, const struct buffer *text, BIO *data,
                        X509 *certificate, struct signature_check *check)
{
    if (CMS_verify(signature, NULL, NULL, data, NULL,
                   FLAGS | CMS_NO_SIGNER_CERT_VERIFY) != 1)
        reason(check->why, sizeof check->why);
    else if (!vouches(certificate) || !is_canonical(signature, text))
        snprintf(check->why, sizeof check->why,
                 "the signature's own bytes are not as they were written");
    else
        check->intact = true;
}

static CMS_ContentInfo *parse(BIO *memory)
{
    CMS_ContentInfo *signature = NULL;
    char *name = NULL, *head = NULL;
    uint8_t *der = NULL;
    const uint8_t *at;
    long length = 0;

    if (PEM_read_bio(memory, &name, &head, &der, &length) == 1) {
        at = der;
        signature = strcmp(name, PEM_STRING_CMS) == 0
                        ? d2i_CMS_ContentInfo(NULL, &at, length)
                        : NULL;
    }
    OPENSSL_free(name);
    OPENSSL_free(head);
    OPENSSL_free(der);
    return signature;
}

static int read_text(const char *path, struct buffer *text, struct error *error)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file || buffer_reserve(text, SIGNATURE_MAXIMUM) < 0) {
        if (file)
            fclose(file);
        return error_set(error, "%s cannot be read", path);
    }
    got = fread(text->data, 1, SIGNATURE_MAXIMUM, file);
    text->length = got;
    fclose(file);
    return 0;
}

int signature_check(const char *file, const char *signature_path,
                    const char *trusted_path, struct signature_check *check,
                    struct error *error)
{
    struct buffer text = buffer_make(SIGNATURE_MAXIMUM);
    CMS_ContentInfo *signature = NULL;
    BIO *memory = NULL, *data = NULL;
    X509 *certificate = NULL;
    int status = -1;

    *check = (struct signature_check){0};
    if (read_text(signature_path, &text, error) < 0)
        goto out;
    data = BIO_new_file(file, "rb");
    memory = BIO_new_mem_buf(text.data, (int)text.length);
    if (!data || !memory) {
        error_set(error, "%s cannot be read", file);
        goto out;
    }
    status = 0;
    signature = parse(memory);
    certificate =
        signature && form_certificates(signature) == 1 ? form_signer(signature) : NULL;
    if (!certificate) {
        snprintf(check->why, sizeof check->why,
                 "expected one CMS signature in PEM with one certificate");
        goto out;
    }
    describe(signature, certificate, check);
    check_bytes(signature, &text, data, certificate, check);
    if (check->intact && trusted_path)
        status = check_trust(certificate, trusted_path, check, error);
out:
    ERR_clear_error();
    CMS_ContentInfo_free(signature);
    BIO_free(memory);
    BIO_free(data);
    buffer_free(&text);
    return status;
}
