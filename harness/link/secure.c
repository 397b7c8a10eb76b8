#include "link/secure.h"

#include "core/clock.h"
#include "link/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    ARRIVED_LARGEST = 1 << 17, /* a TLS record, or a datagram, has half of it at most */
    DATAGRAM = 1400,           /* DTLS: what one datagram may hold of a handshake */
    DISCARDED = 1000           /* records that are dropped at most: a flooding peer */
};

/* --- OpenSSL's reads and writes on the lower link
 * --------------------------------------- */

static bool is_datagrams(const struct secure *secure)
{
    return secure->lower->ops->carries & LINK_DATAGRAMS;
}

/* DTLS sends a handshake message again when no answer comes: its timer is OpenSSL's. */
static int64_t read_deadline_ns(const struct secure *secure)
{
    struct timeval left;
    int64_t retry_ns;

    if (!is_datagrams(secure) || !DTLSv1_get_timeout(secure->ssl, &left))
        return secure->deadline_ns;
    retry_ns = clock_now_ns() + left.tv_sec * CLOCK_S + left.tv_usec * (CLOCK_MS / 1000);
    return retry_ns < secure->deadline_ns ? retry_ns : secure->deadline_ns;
}

static int read_lower(BIO *bio, char *to, int size)
{
    struct secure *secure = BIO_get_data(bio);
    size_t count;
    int status;

    BIO_clear_retry_flags(bio);
    if (secure->taken == secure->arrived.length) {
        buffer_clear(&secure->arrived);
        secure->taken = 0;
        status = link_receive(secure->lower, &secure->arrived, read_deadline_ns(secure),
                              &secure->lower_error);
        if (status == LINK_TIMEOUT)
            BIO_set_retry_read(bio);
        else if (status < 0)
            secure->lower_status = status;
        if (status <= 0)
            return -1;
    }
    count = secure->arrived.length - secure->taken;
    if (count > (size_t)size)
        count = (size_t)size;
    memcpy(to, secure->arrived.data + secure->taken, count);
    /* What of a datagram finds no room is lost, as a socket would lose it. */
    secure->taken = is_datagrams(secure) ? secure->arrived.length : secure->taken + count;
    return (int)count;
}

static int write_lower(BIO *bio, const char *from, int size)
{
    struct secure *secure = BIO_get_data(bio);
    struct view bytes = {(const uint8_t *)from, (size_t)size};
    int status;

    BIO_clear_retry_flags(bio);
    status = link_send(secure->lower, bytes, secure->deadline_ns, &secure->lower_error);
    if (status == 0)
        return size;
    secure->lower_status = status;
    return -1;
}

static long control_lower(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "percuss link");

    if (method && BIO_meth_set_read(method, read_lower) &&
        BIO_meth_set_write(method, write_lower) &&
        BIO_meth_set_ctrl(method, control_lower))
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* --- failures ----------------------------------------------------------------------- */

static const char *reason_text(char *text, size_t size)
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
    error_set(error, "%s: %s", doing, reason_text(reason, sizeof reason));
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
        if (is_datagrams(secure))
            DTLSv1_handle_timeout(secure->ssl);
        return 1;
    case SSL_ERROR_ZERO_RETURN:
        error_set(error, "the peer closed the connection");
        return LINK_CLOSED;
    default: return failure(secure, doing, error);
    }
}

/* --- settings ----------------------------------------------------------------------- */

static unsigned give_key(SSL *ssl, const char *hint, char *identity,
                         unsigned identity_size, unsigned char *key, unsigned key_size)
{
    const struct secure *secure = SSL_get_app_data(ssl);

    (void)hint;
    if (secure->key_length > key_size)
        return 0;
    snprintf(identity, identity_size, "%s", secure->identity);
    memcpy(key, secure->key, secure->key_length);
    return (unsigned)secure->key_length;
}

static int read_shared_key(struct secure *secure, const struct yaml *map,
                           struct error *error)
{
    static const char *const known[] = {"identity", "key", NULL};
    const struct yaml *key;
    struct buffer bytes = buffer_make(sizeof secure->key);
    int status = 0;

    if (!map)
        return 0;
    if (yaml_check_keys(map, known, error) < 0 ||
        yaml_read_text(map, "identity", &secure->identity, error) < 0)
        return -1;
    key = yaml_need(map, "key", YAML_SCALAR, error);
    if (!key)
        return -1;
    if (bytes_from_hex(&bytes, key->text) < 0 || !bytes.length)
        status = yaml_complain(key, error, "1 to %zu bytes in hexadecimal",
                               sizeof secure->key);
    else
        memcpy(secure->key, bytes.data, secure->key_length = bytes.length);
    buffer_free(&bytes);
    if (!secure->identity)
        secure->identity = "";
    SSL_CTX_set_psk_client_callback(secure->context, give_key);
    return status;
}

/* A file of the settings that OpenSSL is to read; NULL in *path when it is not named. */
static int read_path(const struct yaml *settings, const char *key, const char **path,
                     struct error *error)
{
    *path = NULL;
    if (yaml_read_text(settings, key, path, error) < 0)
        return -1;
    if (*path && access(*path, R_OK) != 0)
        return yaml_refuse(yaml_get(settings, key), error, "%s: %s", *path,
                           strerror(errno));
    return 0;
}

static int refuse_file(const struct yaml *settings, const char *key, const char *path,
                       struct error *error)
{
    char reason[200];

    return yaml_refuse(yaml_get(settings, key), error, "%s: %s", path,
                       reason_text(reason, sizeof reason));
}

static int read_files(struct secure *secure, const struct yaml *settings,
                      struct error *error)
{
    const char *ca, *certificate, *key;

    if (read_path(settings, "ca", &ca, error) < 0 ||
        read_path(settings, "certificate", &certificate, error) < 0 ||
        read_path(settings, "private-key", &key, error) < 0)
        return -1;
    if (!certificate != !key)
        return yaml_refuse(
            yaml_get(settings, certificate ? "certificate" : "private-key"), error,
            "certificate and private-key: one needs the other");
    ERR_clear_error();
    if (ca && SSL_CTX_load_verify_locations(secure->context, ca, NULL) != 1)
        return refuse_file(settings, "ca", ca, error);
    if (certificate &&
        SSL_CTX_use_certificate_chain_file(secure->context, certificate) != 1)
        return refuse_file(settings, "certificate", certificate, error);
    if (key && SSL_CTX_use_PrivateKey_file(secure->context, key, SSL_FILETYPE_PEM) != 1)
        return refuse_file(settings, "private-key", key, error);
    SSL_CTX_set_verify(secure->context, ca ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    return 0;
}

/* Old devices speak old versions with weak ciphers: they are spoken to all the same. */
static int make_context(struct secure *secure, const SSL_METHOD *method,
                        struct error *error)
{
    secure->context = SSL_CTX_new(method);
    secure->method = make_method();
    if (!secure->context || !secure->method)
        return error_set(error, "out of memory");
    SSL_CTX_set_security_level(secure->context, 0);
    SSL_CTX_set_min_proto_version(secure->context, 0);
    SSL_CTX_set_session_cache_mode(secure->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(secure->context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                             SSL_OP_LEGACY_SERVER_CONNECT);
    return 0;
}

/* The lower link has the same address, and resets unless told otherwise. */
static int make_lower(struct link *link, const char *kind, struct error *error)
{
    struct secure *secure = link->state;
    const char *settings = secure->graceful && strcmp(kind, "tcp") == 0
                               ? "{kind: tcp, address: 'device:lower', close: graceful}"
                           : strcmp(kind, "tcp") == 0
                               ? "{kind: tcp, address: 'device:lower'}"
                               : "{kind: udp, address: 'device:lower'}";

    secure->lower_settings = yaml_parse("lower link", view_text(settings), error);
    secure->lower = secure->lower_settings
                        ? link_create(yaml_root(secure->lower_settings), error)
                        : NULL;
    secure->arrived = buffer_make(ARRIVED_LARGEST);
    return secure->lower ? 0 : -1;
}

int secure_configure(struct link *link, const char *kind, const SSL_METHOD *method,
                     const struct yaml *settings, struct error *error)
{
    static const char *const known[] = {"kind", "address",     "close",
                                        "ca",   "certificate", "private-key",
                                        "psk",  "server-name", NULL};
    static const char *const ways[] = {"reset", "graceful", NULL};
    struct secure *secure = link->state;
    char host[256], port[8];
    int way = 0;

    if (yaml_check_keys(settings, known, error) < 0 ||
        yaml_read_choice(settings, "close", ways, &way, error) < 0 ||
        yaml_read_text(settings, "server-name", &secure->server_name, error) < 0)
        return -1;
    secure->graceful = way == 1;
    if (strncmp(link->address, "device:", 7) != 0 &&
        address_split(link->address, host, sizeof host, port, sizeof port) < 0)
        return yaml_complain(yaml_get(settings, "address"), error,
                             "host:port, [IPv6]:port or device:NAME");
    if (make_lower(link, kind, error) < 0 || make_context(secure, method, error) < 0 ||
        read_files(secure, settings, error) < 0)
        return -1;
    return read_shared_key(secure, yaml_get(settings, "psk"), error);
}

void secure_free(struct link *link)
{
    struct secure *secure = link->state;

    SSL_free(secure->ssl);
    SSL_CTX_free(secure->context);
    BIO_meth_free(secure->method);
    link_free(secure->lower);
    yaml_close(secure->lower_settings);
    buffer_free(&secure->arrived);
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
    if (is_datagrams(secure))
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

static int shake_hands(struct secure *secure, struct error *error)
{
    int result, status;

    do {
        ERR_clear_error();
        result = SSL_connect(secure->ssl);
        if (result == 1)
            return 0;
        status = again(secure, result, "handshake", error);
    } while (status == 1);
    if (status != LINK_TIMEOUT)
        return status;
    error_set(error, "handshake: no answer before the deadline");
    return LINK_FAILED;
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
    status = make_session(secure, error) < 0 || name_peer(secure, address, error) < 0
                 ? LINK_FAILED
                 : shake_hands(secure, error);
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
