/* TLS and DTLS over another link: what the links tls and dtls share. OpenSSL does the
 * protocol; its bytes go over a link of ours, so that deadlines are kept as everywhere.
 * What is sent and received here is what the application says: handshakes, records and
 * alerts are not seen by who uses the link. RFC 8446, RFC 5246, RFC 6347. */
#ifndef PERCUSS_LINK_SECURE_H
#define PERCUSS_LINK_SECURE_H

#include "link/link.h"

#include <openssl/ssl.h>

struct secure {
    /* private */
    struct link *lower; /* tcp or udp */
    struct yaml_document *lower_settings;
    SSL_CTX *context;
    SSL *ssl;
    BIO_METHOD *method;
    struct buffer arrived; /* of the lower link, for OpenSSL: read up to `taken` */
    size_t taken;
    int64_t deadline_ns; /* of the call that OpenSSL works for */
    int lower_status;    /* what ended the lower link; 0: nothing did */
    struct error lower_error;
    const char *server_name, *identity; /* NULL: none */
    uint8_t key[64];                    /* pre-shared */
    size_t key_length;
    bool graceful;
};

/* What both kinds know beside `kind`, `address` and `close`. */
#define SECURE_KEYS                                                                     \
    "ca: FILE, whose certificates sign the device's (none: any is taken); certificate " \
    "and private-key: FILE, of percuss; server-name: TEXT; psk: {identity, key: "       \
    "hexadecimal}"

/* Reads the settings; makes the lower link of `kind` with the same address and role.
 * `method` is for both roles; `known`: its keys. */
int secure_configure(struct link *link, const char *kind, const SSL_METHOD *method,
                     const char *const known[], const struct yaml *settings,
                     struct error *error);
void secure_free(struct link *link);
int secure_listen(struct link *link, const char *address, bool anew, struct error *error);
bool secure_waits(struct link *link, int64_t until_ns);
int secure_open(struct link *link, const char *address, int64_t deadline_ns,
                struct error *error);
int secure_send(struct link *link, struct view bytes, int64_t deadline_ns,
                struct error *error);
int secure_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                   struct error *error);
void secure_half_close(struct link *link); /* close_notify; then the lower link's */
void secure_discard(struct link *link);
void secure_ends(const struct link *link, struct link_ends *ends);
void secure_close(struct link *link);

#endif
