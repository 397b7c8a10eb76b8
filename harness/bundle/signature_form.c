/* Signed data put together from its parts: versions, algorithm parameters and order are
 * as we write them. RFC 5652, sections 5.1 to 5.3; algorithms after RFC 5754. */
#include "bundle/signature_form.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCE = 0x30, SET = 0x31, INTEGER = 0x02, OCTETS = 0x04, CONTEXT_0 = 0xa0 };
enum { ELEMENTS = 32 }; /* attributes, certificates */

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

static int put_number(struct buffer *out, uint8_t number)
{
    return put(out, INTEGER, (struct view){&number, 1});
}

/* Wraps what is in `inner` and empties it. */
static int wrap(struct buffer *out, uint8_t tag, struct buffer *inner)
{
    int status = put(out, tag, buffer_view(inner));

    buffer_clear(inner);
    return status;
}

/* A SET OF is ascending. */
struct elements {
    struct buffer items[ELEMENTS];
    int count;
};

static struct buffer *next_element(struct elements *elements)
{
    struct buffer *item = &elements->items[elements->count++];

    *item = buffer_make(FORM_MAXIMUM);
    return item;
}

static int by_bytes(const void *a, const void *b)
{
    const struct buffer *x = a, *y = b;
    size_t length = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->data, y->data, length);

    return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* Appends them in order and frees them. `status`: whether they were made. */
static int put_elements(struct buffer *out, uint8_t tag, struct elements *elements,
                        int status)
{
    struct buffer all = buffer_make(FORM_MAXIMUM);

    if (status == 0)
        qsort(elements->items, (size_t)elements->count, sizeof *elements->items,
              by_bytes);
    for (int i = 0; i < elements->count; i++) {
        if (status == 0)
            status = buffer_append(&all, buffer_view(&elements->items[i]));
        buffer_free(&elements->items[i]);
    }
    if (status == 0)
        status = put(out, tag, buffer_view(&all));
    buffer_free(&all);
    return status;
}

/* --- parts -------------------------------------------------------------------------- */

/* What is in a signature, as OpenSSL read it. */
struct parts {
    CMS_SignerInfo *signer;
    X509 *certificate;
    X509_ALGOR *digest, *algorithm;
    STACK_OF(X509) * certificates;
};

static int put_digest_algorithm(struct buffer *out, const struct parts *parts,
                                struct buffer *scratch)
{
    return PUT(scratch, ASN1_OBJECT, parts->digest->algorithm) < 0
               ? -1
               : wrap(out, SEQUENCE, scratch);
}

/* The key says which algorithm: RSA has NULL for parameters, ECDSA nothing; what else
 * there is has parameters of its own. */
static int put_signature_algorithm(struct buffer *out, const struct parts *parts,
                                   struct buffer *scratch)
{
    static const uint8_t null[] = {0x05, 0x00};
    const EVP_PKEY *public = X509_get0_pubkey(parts->certificate);
    int key = public ? EVP_PKEY_get_base_id(public) : NID_undef;
    int nid = NID_rsaEncryption;

    if (!public)
        return -1;
    if ((key != EVP_PKEY_RSA && key != EVP_PKEY_EC) ||
        OBJ_obj2nid(parts->algorithm->algorithm) == NID_rsassaPss)
        return PUT(out, X509_ALGOR, parts->algorithm);
    if (key == EVP_PKEY_EC &&
        !OBJ_find_sigid_by_algs(&nid, OBJ_obj2nid(parts->digest->algorithm),
                                NID_X9_62_id_ecPublicKey))
        return -1;
    if (put_identifier(scratch, nid) < 0 ||
        (key == EVP_PKEY_RSA &&
         buffer_append(scratch, (struct view){null, sizeof null}) < 0))
        return -1;
    return wrap(out, SEQUENCE, scratch);
}

static int put_attributes(struct buffer *out, CMS_SignerInfo *signer)
{
    struct elements elements = {.count = 0};
    int count = CMS_signed_get_attr_count(signer), status = 0;

    if (count < 1 || count > ELEMENTS || CMS_unsigned_get_attr_count(signer) > 0)
        return -1;
    for (int i = 0; i < count && status == 0; i++)
        status =
            PUT(next_element(&elements), X509_ATTRIBUTE, CMS_signed_get_attr(signer, i));
    return put_elements(out, CONTEXT_0, &elements, status);
}

static int put_certificates(struct buffer *out, const struct parts *parts)
{
    struct elements elements = {.count = 0};
    int status = sk_X509_num(parts->certificates) <= ELEMENTS ? 0 : -1;

    for (int i = 0; i < sk_X509_num(parts->certificates) && status == 0; i++)
        status =
            PUT(next_element(&elements), X509, sk_X509_value(parts->certificates, i));
    return put_elements(out, CONTEXT_0, &elements, status);
}

static int put_signer(struct buffer *out, const struct parts *parts)
{
    struct buffer whole = buffer_make(FORM_MAXIMUM), part = buffer_make(FORM_MAXIMUM);
    const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(parts->signer);
    int status = -1;

    if (!value || put_number(&whole, 1) < 0 ||
        PUT(&part, X509_NAME, X509_get_issuer_name(parts->certificate)) < 0 ||
        PUT(&part, ASN1_INTEGER, X509_get0_serialNumber(parts->certificate)) < 0 ||
        wrap(&whole, SEQUENCE, &part) < 0 ||
        put_digest_algorithm(&whole, parts, &part) < 0 ||
        put_attributes(&whole, parts->signer) < 0 ||
        put_signature_algorithm(&whole, parts, &part) < 0 ||
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

/* The type of what is signed, and itself when it is inside. */
static int put_content(struct buffer *out, CMS_ContentInfo *signature)
{
    struct buffer part = buffer_make(FORM_MAXIMUM), inner = buffer_make(FORM_MAXIMUM);
    ASN1_OCTET_STRING **content = CMS_get0_content(signature);
    int status = PUT(&part, ASN1_OBJECT, CMS_get0_eContentType(signature));

    if (status == 0 && content && *content)
        status = put(&inner, OCTETS,
                     (struct view){ASN1_STRING_get0_data(*content),
                                   (size_t)ASN1_STRING_length(*content)}) < 0
                     ? -1
                     : wrap(&part, CONTEXT_0, &inner);
    if (status == 0)
        status = put(out, SEQUENCE, buffer_view(&part));
    buffer_free(&part);
    buffer_free(&inner);
    return status;
}

/* --- whole -------------------------------------------------------------------------- */

static CMS_SignerInfo *only_signer(CMS_ContentInfo *signature)
{
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(signature);

    return sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0)
                                               : NULL;
}

X509 *form_signer(CMS_ContentInfo *signature)
{
    CMS_SignerInfo *signer = only_signer(signature);
    X509 *certificate = NULL;

    if (!signer)
        return NULL;
    CMS_SignerInfo_get0_algs(signer, NULL, &certificate, NULL, NULL);
    if (!certificate && CMS_set1_signers_certs(signature, NULL, 0) == 1)
        CMS_SignerInfo_get0_algs(signer, NULL, &certificate, NULL, NULL);
    return certificate;
}

int form_certificates(CMS_ContentInfo *signature)
{
    STACK_OF(X509) *certificates = CMS_get1_certs(signature);
    int count = sk_X509_num(certificates);

    sk_X509_pop_free(certificates, X509_free);
    return count;
}

/* Version 3 is for what is no plain data. */
static int put_signed(struct buffer *out, CMS_ContentInfo *signature,
                      const struct parts *parts)
{
    struct buffer part = buffer_make(FORM_MAXIMUM), inner = buffer_make(FORM_MAXIMUM);
    bool plain = OBJ_obj2nid(CMS_get0_eContentType(signature)) == NID_pkcs7_data;
    int status = -1;

    if (put_number(out, plain ? 1 : 3) < 0 ||
        put_digest_algorithm(&part, parts, &inner) < 0 || wrap(out, SET, &part) < 0 ||
        put_content(out, signature) < 0 || put_certificates(out, parts) < 0 ||
        put_signer(&part, parts) < 0 || wrap(out, SET, &part) < 0)
        goto out;
    status = 0;
out:
    buffer_free(&part);
    buffer_free(&inner);
    return status;
}

int form_signed_data(CMS_ContentInfo *signature, struct buffer *der)
{
    struct buffer data = buffer_make(FORM_MAXIMUM), part = buffer_make(FORM_MAXIMUM),
                  all = buffer_make(FORM_MAXIMUM);
    struct parts parts = {.signer = only_signer(signature),
                          .certificate = form_signer(signature),
                          .certificates = CMS_get1_certs(signature)};
    int status = -1;

    if (!parts.certificate)
        goto out;
    CMS_SignerInfo_get0_algs(parts.signer, NULL, NULL, &parts.digest, &parts.algorithm);
    if (put_signed(&data, signature, &parts) < 0 || wrap(&part, SEQUENCE, &data) < 0 ||
        put_identifier(&all, NID_pkcs7_signed) < 0 || wrap(&all, CONTEXT_0, &part) < 0)
        goto out;
    status = put(der, SEQUENCE, buffer_view(&all));
out:
    sk_X509_pop_free(parts.certificates, X509_free);
    buffer_free(&data);
    buffer_free(&part);
    buffer_free(&all);
    return status;
}

int form_stamp(CMS_ContentInfo *token, struct buffer *der)
{
    struct buffer all = buffer_make(FORM_MAXIMUM), granted = buffer_make(FORM_MAXIMUM);
    int status = -1;

    if (put_number(&granted, 0) == 0 && wrap(&all, SEQUENCE, &granted) == 0 &&
        form_signed_data(token, &all) == 0)
        status = put(der, SEQUENCE, buffer_view(&all));
    buffer_free(&all);
    buffer_free(&granted);
    return status;
}
