/* TLS over TCP, as a client or a server. */
#include "link/address.h"
#include "link/secure.h"

static int tls_configure(struct link *link, const struct yaml *settings,
                         struct error *error)
{
    static const char *const known[] = {
        "kind",        "address",     "role",        "close", "ca",
        "certificate", "private-key", "server-name", "psk",   NULL};

    return secure_configure(link, "tcp", TLS_method(), known, settings, error);
}

const struct link_ops link_tls = {
    .name = "tls",
    .summary = "TLS 1.0 to 1.3 over TCP, to the device or made by it; the handshake is "
               "OpenSSL's",
    .carries = LINK_STREAM | LINK_CONNECTIONS | LINK_HALF_CLOSE | LINK_GAPS,
    .keys =
        "address: host:port or device:NAME; role: client (default), or server: the "
        "device connects, and certificate or psk is needed; close: reset (default) or graceful, with "
        "close_notify; " SECURE_KEYS,
    .state_size = sizeof(struct secure),
    .encrypts = true,
    .configure = tls_configure,
    .free = secure_free,
    .open = secure_open,
    .listen = secure_listen,
    .waits = secure_waits,
    .send = secure_send,
    .receive = secure_receive,
    .half_close = secure_half_close,
    .discard = secure_discard,
    .ends = secure_ends,
    .is_local = address_is_local,
    .close = secure_close,
};
