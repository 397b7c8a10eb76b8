/*
 * A TLS server on OpenSSL, as firmware has it: what it needs of a ClientHello before it
 * chooses its certificate it reads from the raw extensions, by itself. Planted defects,
 * one at a time: `--defect NAME`
 *
 *   none       both extensions are read as they should be
 *   name       the name in server_name is copied with the length that it states
 *   protocols  the walk over the names in ALPN forgets that each has a byte of length, so
 * that an empty name is never passed
 *
 * It says "listening on PORT" once it does. One connection at a time; it ends on SIGTERM.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { NAME = 64, NAME_HEADER = 5, LIST_HEADER = 2, BACKLOG = 64, DAYS = 24 * 60 * 60 };
enum defect { DEFECT_NONE, DEFECT_NAME, DEFECT_PROTOCOLS };
static const char *const defects[] = {"none", "name", "protocols", NULL};

static unsigned read_16(const unsigned char *bytes)
{
    return bytes[0] * 256u + bytes[1];
}

/* --- what is read before OpenSSL does (RFC 6066, 3; RFC 7301, 3.1) ------------------ */

static bool read_name(SSL *ssl, enum defect defect, char name[NAME])
{
    const unsigned char *bytes;
    size_t length, stated;

    name[0] = '\0';
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &length))
        return true;
    if (length < NAME_HEADER)
        return false;
    stated = read_16(bytes + LIST_HEADER + 1);
    if (defect != DEFECT_NAME && (stated > length - NAME_HEADER || stated >= NAME))
        return false;
    memcpy(name, bytes + NAME_HEADER, stated);
    name[stated] = '\0';
    return true;
}

static bool read_protocols(SSL *ssl, enum defect defect, unsigned *count)
{
    const unsigned char *bytes;
    size_t length, step;

    *count = 0;
    if (!SSL_client_hello_get0_ext(
            ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &bytes, &length))
        return true;
    for (size_t at = LIST_HEADER; at < length; at += step, ++*count) {
        step = bytes[at] + (defect == DEFECT_PROTOCOLS ? 0u : 1u);
    }
    return true;
}

static int on_client_hello(SSL *ssl, int *alert, void *context)
{
    const enum defect *defect = context;
    char *name = malloc(NAME);
    unsigned count;
    bool right =
        name && read_name(ssl, *defect, name) && read_protocols(ssl, *defect, &count);

    free(name);
    *alert = SSL_AD_DECODE_ERROR;
    return right ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

/* --- the server --------------------------------------------------------------------- */

static bool make_identity(SSL_CTX *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    bool made =
        key && certificate && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), DAYS) &&
        X509_set_pubkey(certificate, key) &&
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                   (const unsigned char *)"percuss", -1, -1, 0) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) &&
        X509_sign(certificate, key, EVP_sha256()) > 0 &&
        SSL_CTX_use_certificate(context, certificate) == 1 &&
        SSL_CTX_use_PrivateKey(context, key) == 1;

    X509_free(certificate);
    EVP_PKEY_free(key);
    return made;
}

static int listen_at(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (server < 0 || setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(server, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server, BACKLOG) < 0) {
        perror("tls-variants");
        exit(1);
    }
    return server;
}

/* The client may still be sending: closed at once, it would never see the alert. */
static void hang_up(int client)
{
    char ignored[4096];

    shutdown(client, SHUT_WR);
    while (recv(client, ignored, sizeof ignored, 0) > 0)
        ;
    close(client);
}

static void serve(SSL_CTX *context, int client)
{
    const struct timeval patience = {.tv_sec = 2};
    SSL *ssl = SSL_new(context);

    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (ssl && SSL_set_fd(ssl, client) == 1 && SSL_accept(ssl) == 1)
        SSL_shutdown(ssl);
    SSL_free(ssl);
    hang_up(client);
}

int main(int count, char **arguments)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    enum defect defect = DEFECT_NONE;
    unsigned port = 0;
    int server;

    for (int i = 1; i + 1 < count; i += 2)
        if (strcmp(arguments[i], "--port") == 0)
            port = (unsigned)strtoul(arguments[i + 1], NULL, 10);
        else if (strcmp(arguments[i], "--defect") == 0)
            while (defects[defect] && strcmp(defects[defect], arguments[i + 1]) != 0)
                defect++;
    if (port == 0 || port > 65535 || !defects[defect]) {
        fprintf(stderr, "usage: tls-variants --port N [--defect none|name|protocols]\n");
        return 2;
    }
    if (!context || !make_identity(context))
        return 1;
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, &defect);
    server = listen_at(port);
    printf("listening on %u\n", port);
    fflush(stdout);
    for (;;) {
        int client = accept(server, NULL, NULL);

        if (client >= 0)
            serve(context, client);
    }
}
