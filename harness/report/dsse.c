#include "report/dsse.h"

#include "core/hash.h"
#include "report/signing_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENVELOPE_MAXIMUM = 64 << 20 };

static struct view text_view(const char *text)
{
    return (struct view){(const uint8_t *)text, strlen(text)};
}

int dsse_encode(const char *type, struct view body, struct buffer *out)
{
    char lengths[2][32];

    snprintf(lengths[0], sizeof lengths[0], "DSSEv1 %zu ", strlen(type));
    snprintf(lengths[1], sizeof lengths[1], " %zu ", body.length);
    return buffer_append(out, text_view(lengths[0])) < 0 ||
                   buffer_append(out, text_view(type)) < 0 ||
                   buffer_append(out, text_view(lengths[1])) < 0 ||
                   buffer_append(out, body) < 0
               ? -1
               : 0;
}

/* Keys of the Edwards curves hash by themselves. */
static const EVP_MD *digest_for(EVP_PKEY *key)
{
    int kind = EVP_PKEY_get_base_id(key);

    return kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448 ? NULL : EVP_sha256();
}

static int sign(EVP_PKEY *key, struct view bytes, struct buffer *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = 0;
    int status = -1;

    if (context && EVP_DigestSignInit(context, NULL, digest_for(key), NULL, key) == 1 &&
        EVP_DigestSign(context, NULL, &length, bytes.data, bytes.length) == 1 &&
        buffer_reserve(signature, length) == 0 &&
        EVP_DigestSign(context, signature->data, &length, bytes.data, bytes.length) ==
            1) {
        signature->length = length;
        status = 0;
    }
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return status;
}

static json_t *base64(struct view bytes)
{
    size_t size = (bytes.length + 2) / 3 * 4 + 1;
    unsigned char *text = bytes.length < ENVELOPE_MAXIMUM ? malloc(size) : NULL;
    json_t *node = NULL;

    if (text && EVP_EncodeBlock(text, bytes.data, (int)bytes.length) >= 0)
        node = json_string((char *)text);
    free(text);
    return node;
}

static void fingerprint(X509 *certificate, char text[HASH_TEXT])
{
    struct hash hash = {{0}};
    unsigned length = sizeof hash.bytes;

    X509_digest(certificate, EVP_sha256(), hash.bytes, &length);
    hash_to_text(&hash, text);
}

json_t *dsse_envelope(const char *type, struct view body, const char *key_path,
                      struct error *error)
{
    struct buffer encoded = buffer_make(ENVELOPE_MAXIMUM);
    struct buffer signature = buffer_make(1 << 16);
    struct signing_key key = {0};
    char id[HASH_TEXT];
    json_t *envelope = NULL;

    if (signing_key_read(key_path, &key, error) < 0)
        goto out;
    fingerprint(key.certificate, id);
    if (dsse_encode(type, body, &encoded) == 0 &&
        sign(key.key, buffer_view(&encoded), &signature) == 0)
        envelope = json_pack("{s:o, s:s, s:[{s:s, s:o}]}", "payload", base64(body),
                             "payloadType", type, "signatures", "keyid", id, "sig",
                             base64(buffer_view(&signature)));
    if (!envelope)
        error_set(error, "%s: this key cannot sign the report", key_path);
out:
    signing_key_free(&key);
    buffer_free(&encoded);
    buffer_free(&signature);
    return envelope;
}
