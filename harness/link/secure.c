#include "link/secure_parts.h"

#include "core/clock.h"
#include "link/address.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

enum {
    DATAGRAM = 1400, /* DTLS: what one datagram may hold of a handshake */
    DISCARDED = 1000 /* records that are dropped at most: a flooding peer */
};

/* --- failures ----------------------------------------------------------------------- */

const char *secure_reason(char *text, size_t size)
{
    unsigned long number = ERR_peek_last_error();
    const char *reason = number ? ERR_reason_error_string(number) : NULL;

    snprintf(text, size, "%s", reason ? reason : "no reason given");
    return text;
}

/* A refused certificate is our doing, everything else that the lower link did not fail
 * with is what the peer sent. */
static int failure(struct secure *secure, const char *doing, struct error *error)
{
    long verified = SSL_get_verify_result(secure->ssl);
    char reason[200];

    if (secure->lower_status) {
        error_set(error, "%s: %s", doing, secure->lower_error.text);
        return secure->lower_status;
    }
    if (verified != X509_V_OK && SSL_get_verify_mode(secure->ssl) != SSL_VERIFY_NONE) {
        error_set(error, "%s: the device's certificate: %s", doing,
                  X509_verify_cert_error_string(verified));
        return LINK_FAILED;
    }
    error_set(error, "%s: %s", doing, secure_reason(reason, sizeof reason));
    return LINK_CLOSED;
}

/* One step of OpenSSL's did not come through: 1 when it is to be tried again. */
static int again(struct secure *secure, int result, const char *doing,
                 struct error *error)
{
    switch (SSL_get_error(secure->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        if (clock_now_ns() >= secure->deadline_ns)
            return LINK_TIMEOUT;
        if (secure_is_datagrams(secure))
            DTLSv1_handle_timeout(secure->ssl);
        return 1;
    case SSL_ERROR_ZERO_RETURN:
        error_set(error, "the peer closed the connection");
        return LINK_CLOSED;
    default: return failure(secure, doing, error);
    }
}

/* --- one connection ----------------------------------------------------------------- */

static int make_session(struct secure *secure, struct error *error)
{
    BIO *bio = BIO_new(secure->method);

    SSL_free(secure->ssl);
    secure->ssl = SSL_new(secure->context);
    if (!secure->ssl || !bio) {
        BIO_free(bio);
        return error_set(error, "out of memory");
    }
    BIO_set_data(bio, secure);
    BIO_set_init(bio, 1);
    SSL_set_bio(secure->ssl, bio, bio);
    SSL_set_app_data(secure->ssl, secure);
    if (secure_is_datagrams(secure))
        SSL_set_mtu(secure->ssl, DATAGRAM);
    return 0;
}

/* The name in the handshake: as the settings say, else the address's unless it is
 * numeric (RFC 6066, 3). Where a certificate is looked at, it must be for that name. */
static int name_peer(struct secure *secure, const char *address, struct error *error)
{
    struct in6_addr number;
    char host[256], port[8];
    const char *name = secure->server_name;
    X509_VERIFY_PARAM *wanted = SSL_get0_param(secure->ssl);
    bool numeric, taken;

    if (!name && address_split(address, host, sizeof host, port, sizeof port) == 0)
        name = host;
    if (!name)
        return 0;
    numeric =
        inet_pton(AF_INET, name, &number) == 1 || inet_pton(AF_INET6, name, &number) == 1;
    taken = numeric ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name) == 1
                    : X509_VERIFY_PARAM_set1_host(wanted, name, 0) == 1 &&
                          SSL_set_tlsext_host_name(secure->ssl, name) == 1;
    return taken ? 0 : error_set(error, "'%s' cannot be a server's name", name);
}

static int shake_hands(struct secure *secure, bool is_server, struct error *error)
{
    int result, status;

    do {
        ERR_clear_error();
        result = is_server ? SSL_accept(secure->ssl) : SSL_connect(secure->ssl);
        if (result == 1)
            return 0;
        status = again(secure, result, "handshake", error);
    } while (status == 1);
    if (status != LINK_TIMEOUT)
        return status;
    error_set(error, "handshake: no answer before the deadline");
    return LINK_FAILED;
}

int secure_listen(struct link *link, const char *address, bool anew, struct error *error)
{
    const struct secure *secure = link->state;

    return link_listen(secure->lower, address, anew, error);
}

bool secure_waits(struct link *link, int64_t until_ns)
{
    const struct secure *secure = link->state;

    return link_waits(secure->lower, until_ns);
}

int secure_open(struct link *link, const char *address, int64_t deadline_ns,
                struct error *error)
{
    struct secure *secure = link->state;
    int status = link_open(secure->lower, address, deadline_ns, error);

    if (status < 0)
        return status;
    secure->deadline_ns = deadline_ns;
    secure->lower_status = 0;
    secure->taken = 0;
    buffer_clear(&secure->arrived);
    status = make_session(secure, error) < 0 ||
                     (!link->is_server && name_peer(secure, address, error) < 0)
                 ? LINK_FAILED
                 : shake_hands(secure, link->is_server, error);
    if (status < 0)
        error_prefix(error, "%s: ", address);
    return status;
}

int secure_send(struct link *link, struct view bytes, int64_t deadline_ns,
                struct error *error)
{
    struct secure *secure = link->state;
    size_t sent = 0;

    secure->deadline_ns = deadline_ns;
    while (sent < bytes.length) {
        size_t count = 0;
        int result, status;

        ERR_clear_error();
        result =
            SSL_write_ex(secure->ssl, bytes.data + sent, bytes.length - sent, &count);
        sent += count;
        if (result == 1)
            continue;
        status = again(secure, result, "send", error);
        if (status == LINK_TIMEOUT)
            status = error_set(error,
                               "the peer took only %zu of %zu bytes before the "
                               "deadline",
                               sent, bytes.length);
        if (status < 0)
            return status;
    }
    return 0;
}

int secure_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                   struct error *error)
{
    struct secure *secure = link->state;
    size_t room = in->maximum - in->length;
    int result, status;

    if (room > SSL3_RT_MAX_PLAIN_LENGTH)
        room = SSL3_RT_MAX_PLAIN_LENGTH;
    if (buffer_reserve(in, room) < 0) {
        error_set(error, "out of memory for %zu received bytes", room);
        return LINK_FAILED;
    }
    secure->deadline_ns = deadline_ns;
    do {
        size_t count = 0;

        ERR_clear_error();
        result = SSL_read_ex(secure->ssl, in->data + in->length, room, &count);
        if (result == 1) {
            in->length += count;
            return (int)count;
        }
        status = again(secure, result, "receive", error);
    } while (status == 1);
    link->was_reset = secure->lower->was_reset;
    return status;
}

void secure_half_close(struct link *link)
{
    struct secure *secure = link->state;

    secure->deadline_ns = clock_now_ns();
    SSL_shutdown(secure->ssl);
    link_half_close(secure->lower);
}

void secure_discard(struct link *link)
{
    struct secure *secure = link->state;
    uint8_t scrap[4096];
    size_t count;

    secure->deadline_ns = clock_now_ns();
    for (int i = 0; i < DISCARDED; i++) {
        if (SSL_read_ex(secure->ssl, scrap, sizeof scrap, &count) != 1)
            break;
    }
    ERR_clear_error();
}

void secure_ends(const struct link *link, struct link_ends *ends)
{
    const struct secure *secure = link->state;

    secure->lower->ops->ends(secure->lower, ends);
}

void secure_close(struct link *link)
{
    struct secure *secure = link->state;

    secure->deadline_ns = clock_now_ns();
    if (secure->graceful && secure->ssl && SSL_is_init_finished(secure->ssl))
        SSL_shutdown(secure->ssl);
    ERR_clear_error();
    link_close(secure->lower);
}
