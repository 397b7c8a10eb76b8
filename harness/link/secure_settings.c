/* What a link with TLS or DTLS is told by a campaign, and what is made of it. */
#include "link/secure_parts.h"

#include "link/address.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ARRIVED_LARGEST = 1 << 17 }; /* a record, or a datagram, has half of it at most */

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

/* The server's side: who has another identity has no key. */
static unsigned find_key(SSL *ssl, const char *identity, unsigned char *key,
                         unsigned key_size)
{
    const struct secure *secure = SSL_get_app_data(ssl);

    if (secure->key_length > key_size || strcmp(identity, secure->identity) != 0)
        return 0;
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
    SSL_CTX_set_psk_server_callback(secure->context, find_key);
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
                       secure_reason(reason, sizeof reason));
}

static int read_files(struct secure *secure, bool is_server, const struct yaml *settings,
                      struct error *error)
{
    const int required = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    const char *ca, *certificate, *key;

    if (read_path(settings, "ca", &ca, error) < 0 ||
        read_path(settings, "certificate", &certificate, error) < 0 ||
        read_path(settings, "private-key", &key, error) < 0)
        return -1;
    if (!certificate != !key)
        return yaml_refuse(
            yaml_get(settings, certificate ? "certificate" : "private-key"), error,
            "certificate and private-key: one needs the other");
    if (is_server && !certificate && !yaml_get(settings, "psk"))
        return yaml_refuse(settings, error,
                           "role: server needs certificate and private-key, or psk");
    ERR_clear_error();
    if (ca && SSL_CTX_load_verify_locations(secure->context, ca, NULL) != 1)
        return refuse_file(settings, "ca", ca, error);
    if (certificate &&
        SSL_CTX_use_certificate_chain_file(secure->context, certificate) != 1)
        return refuse_file(settings, "certificate", certificate, error);
    if (key && SSL_CTX_use_PrivateKey_file(secure->context, key, SSL_FILETYPE_PEM) != 1)
        return refuse_file(settings, "private-key", key, error);
    SSL_CTX_set_verify(secure->context, ca ? required : SSL_VERIFY_NONE, NULL);
    return 0;
}

/* Old devices speak old versions with weak ciphers: they are spoken to all the same. */
static int make_context(struct secure *secure, const SSL_METHOD *method,
                        struct error *error)
{
    secure->context = SSL_CTX_new(method);
    secure->method = secure_make_method();
    if (!secure->context || !secure->method)
        return error_set(error, "out of memory");
    SSL_CTX_set_security_level(secure->context, 0);
    SSL_CTX_set_min_proto_version(secure->context, 0);
    SSL_CTX_set_session_cache_mode(secure->context, SSL_SESS_CACHE_OFF);
    /* A device that comes back with a ticket of its last connection is let in. */
    SSL_CTX_set_session_id_context(secure->context, (const uint8_t *)"percuss", 7);
    SSL_CTX_set_options(secure->context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                             SSL_OP_LEGACY_SERVER_CONNECT);
    return 0;
}

/* The lower link has the same address and role, and resets unless told otherwise. */
static int make_lower(struct link *link, const char *kind, struct error *error)
{
    struct secure *secure = link->state;
    bool is_tcp = strcmp(kind, "tcp") == 0;
    char settings[600];

    snprintf(settings, sizeof settings, "{kind: %s, address: '%.400s'%s%s}", kind,
             link->is_server ? link->address : "device:lower",
             is_tcp && secure->graceful ? ", close: graceful" : "",
             link->is_server ? ", role: server" : "");

    secure->lower_settings = yaml_parse("lower link", view_text(settings), error);
    secure->lower = secure->lower_settings
                        ? link_create(yaml_root(secure->lower_settings), error)
                        : NULL;
    secure->arrived = buffer_make(ARRIVED_LARGEST);
    return secure->lower ? 0 : -1;
}

int secure_configure(struct link *link, const char *kind, const SSL_METHOD *method,
                     const char *const known[], const struct yaml *settings,
                     struct error *error)
{
    static const char *const ways[] = {"reset", "graceful", NULL};
    struct secure *secure = link->state;
    char host[256], port[8];
    int way = 0, role = 0;

    if (yaml_check_keys(settings, known, error) < 0 ||
        yaml_read_choice(settings, "close", ways, &way, error) < 0 ||
        yaml_read_choice(settings, "role", link_roles, &role, error) < 0 ||
        yaml_read_text(settings, "server-name", &secure->server_name, error) < 0)
        return -1;
    secure->graceful = way == 1;
    link->is_server = role == 1;
    if ((link->is_server || strncmp(link->address, "device:", 7) != 0) &&
        address_split(link->address, host, sizeof host, port, sizeof port) < 0)
        return yaml_complain(yaml_get(settings, "address"), error,
                             "host:port, [IPv6]:port or device:NAME");
    if (make_lower(link, kind, error) < 0 || make_context(secure, method, error) < 0 ||
        read_files(secure, link->is_server, settings, error) < 0)
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
