/* A CMS signature put together from its parts: what is not signed in it (versions,
 * algorithm parameters, order) has one way to be written. RFC 5652, sections 5.1 to 5.3;
 * algorithms after RFC 5754. */
#include "bundle/signature_form.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCE = 0x30, SET = 0x31, INTEGER = 0x02, OCTETS = 0x04, CONTEXT_0 = 0xa0 };
enum { FORM_MAXIMUM = 1 << 20, ATTRIBUTES = 16 };

/* --- DER ---------------------------------------------------------------------------- */

static int put(struct buffer *out, uint8_t tag, struct view content)
{
    uint8_t head[10] = {tag};
    size_t used = 1, width = 0;

    while (content.length >> (8 * width) && width < sizeof(size_t))
        width++;
    if (content.length > 0x7f)
        head[used++] = (uint8_t)(0x80 | width);
    else
        width = 1;
    bytes_write_be(head + used, width, content.length);
    return buffer_append(out, (struct view){head, used + width}) < 0
               ? -1
               : buffer_append(out, content);
}

/* What i2d gives, and frees it. */
static int put_made(struct buffer *out, uint8_t *der, int length)
{
    int status =
        der && length > 0 ? buffer_append(out, (struct view){der, (size_t)length}) : -1;

    OPENSSL_free(der);
    return status;
}

#define PUT(out, type, object)                   \
    __extension__({                              \
        uint8_t *der_ = NULL;                    \
        int length_ = i2d_##type(object, &der_); \
        put_made(out, der_, length_);            \
    })

static int put_identifier(struct buffer *out, int nid)
{
    return PUT(out, ASN1_OBJECT, OBJ_nid2obj(nid));
}

static int put_version(struct buffer *out)
{
    return put(out, INTEGER, (struct view){(const uint8_t *)"\1", 1});
}

/* Wraps what is in `inner` and empties it. */
static int wrap(struct buffer *out, uint8_t tag, struct buffer *inner)
{
    int status = put(out, tag, buffer_view(inner));

    buffer_clear(inner);
    return status;
}

/* --- parts -------------------------------------------------------------------------- */

static int put_digest_algorithm(struct buffer *out, struct buffer *scratch)
{
    return put_identifier(scratch, NID_sha256) < 0 ? -1 : wrap(out, SEQUENCE, scratch);
}

/* The key says which algorithm: RSA has NULL for parameters, ECDSA nothing; what else
 * there is has parameters of its own. */
static int put_signature_algorithm(struct buffer *out, X509_ALGOR *algorithm,
                                   X509 *certificate, struct buffer *scratch)
{
    static const uint8_t null[] = {0x05, 0x00};
    int key = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate));

    if (key != EVP_PKEY_RSA && key != EVP_PKEY_EC)
        return PUT(out, X509_ALGOR, algorithm);
    if (put_identifier(scratch, key == EVP_PKEY_RSA ? NID_rsaEncryption
                                                    : NID_ecdsa_with_SHA256) < 0 ||
        (key == EVP_PKEY_RSA &&
         buffer_append(scratch, (struct view){null, sizeof null}) < 0))
        return -1;
    return wrap(out, SEQUENCE, scratch);
}

static int by_bytes(const void *a, const void *b)
{
    const struct buffer *x = a, *y = b;
    size_t length = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->data, y->data, length);

    return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* A SET OF is ascending. */
static int put_attributes(struct buffer *out, CMS_SignerInfo *signer)
{
    struct buffer attributes[ATTRIBUTES], all = buffer_make(FORM_MAXIMUM);
    int count = CMS_signed_get_attr_count(signer), status = -1, made = 0;

    if (count < 1 || count > ATTRIBUTES || CMS_unsigned_get_attr_count(signer) > 0)
        return -1;
    for (; made < count; made++) {
        attributes[made] = buffer_make(FORM_MAXIMUM);
        if (PUT(&attributes[made], X509_ATTRIBUTE, CMS_signed_get_attr(signer, made)) <
            0) {
            made++;
            goto out;
        }
    }
    qsort(attributes, (size_t)count, sizeof *attributes, by_bytes);
    status = 0;
    for (int i = 0; i < count && status == 0; i++)
        status = buffer_append(&all, buffer_view(&attributes[i]));
    if (status == 0)
        status = put(out, CONTEXT_0, buffer_view(&all));
out:
    for (int i = 0; i < made; i++)
        buffer_free(&attributes[i]);
    buffer_free(&all);
    return status;
}

static int put_signer(struct buffer *out, CMS_SignerInfo *signer, X509 *certificate)
{
    struct buffer whole = buffer_make(FORM_MAXIMUM), part = buffer_make(FORM_MAXIMUM);
    const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(signer);
    X509_ALGOR *digest = NULL, *algorithm = NULL;
    int status = -1;

    CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &algorithm);
    if (!value || !algorithm || put_version(&whole) < 0 ||
        PUT(&part, X509_NAME, X509_get_issuer_name(certificate)) < 0 ||
        PUT(&part, ASN1_INTEGER, X509_get0_serialNumber(certificate)) < 0 ||
        wrap(&whole, SEQUENCE, &part) < 0 || put_digest_algorithm(&whole, &part) < 0 ||
        put_attributes(&whole, signer) < 0 ||
        put_signature_algorithm(&whole, algorithm, certificate, &part) < 0 ||
        put(&whole, OCTETS,
            (struct view){ASN1_STRING_get0_data(value),
                          (size_t)ASN1_STRING_length(value)}) < 0)
        goto out;
    status = put(out, SEQUENCE, buffer_view(&whole));
out:
    buffer_free(&whole);
    buffer_free(&part);
    return status;
}

X509 *signature_certificate(CMS_ContentInfo *signature)
{
    STACK_OF(X509) *certificates = CMS_get1_certs(signature);
    X509 *only = sk_X509_num(certificates) == 1 ? sk_X509_value(certificates, 0) : NULL;

    if (only)
        X509_up_ref(only);
    sk_X509_pop_free(certificates, X509_free);
    return only;
}

static int put_signed_data(struct buffer *out, CMS_SignerInfo *signer, X509 *certificate)
{
    struct buffer part = buffer_make(FORM_MAXIMUM), inner = buffer_make(FORM_MAXIMUM);
    int status = -1;

    if (put_version(out) < 0 || put_digest_algorithm(&part, &inner) < 0 ||
        wrap(out, SET, &part) < 0 || put_identifier(&part, NID_pkcs7_data) < 0 ||
        wrap(out, SEQUENCE, &part) < 0 || PUT(&part, X509, certificate) < 0 ||
        wrap(out, CONTEXT_0, &part) < 0 || put_signer(&part, signer, certificate) < 0 ||
        wrap(out, SET, &part) < 0)
        goto out;
    status = 0;
out:
    buffer_free(&part);
    buffer_free(&inner);
    return status;
}

static int to_pem(struct buffer *der, struct buffer *text)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *pem;
    long length;
    int status = -1;

    if (memory && der->length <= FORM_MAXIMUM &&
        PEM_write_bio(memory, PEM_STRING_CMS, "", der->data, (long)der->length) > 0 &&
        (length = BIO_get_mem_data(memory, &pem)) > 0)
        status = buffer_append(text, (struct view){(uint8_t *)pem, (size_t)length});
    BIO_free(memory);
    return status;
}

int signature_text(CMS_ContentInfo *signature, struct buffer *text)
{
    struct buffer data = buffer_make(FORM_MAXIMUM), part = buffer_make(FORM_MAXIMUM),
                  all = buffer_make(FORM_MAXIMUM);
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(signature);
    X509 *certificate = signature_certificate(signature);
    int status = -1;

    if (!certificate || sk_CMS_SignerInfo_num(signers) != 1 ||
        put_signed_data(&data, sk_CMS_SignerInfo_value(signers, 0), certificate) < 0 ||
        wrap(&part, SEQUENCE, &data) < 0 || put_identifier(&all, NID_pkcs7_signed) < 0 ||
        wrap(&all, CONTEXT_0, &part) < 0 || wrap(&part, SEQUENCE, &all) < 0)
        goto out;
    status = to_pem(&part, text);
out:
    X509_free(certificate);
    buffer_free(&data);
    buffer_free(&part);
    buffer_free(&all);
    return status;
}
