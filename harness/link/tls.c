/* TLS over TCP, as a client. */
#include "link/address.h"
#include "link/secure.h"

static int tls_configure(struct link *link, const struct yaml *settings,
                         struct error *error)
{
    return secure_configure(link, "tcp", TLS_client_method(), settings, error);
}

const struct link_ops link_tls = {
    .name = "tls",
    .summary = "TLS 1.0 to 1.3 over TCP, as a client; the handshake is OpenSSL's",
    .carries = LINK_STREAM | LINK_CONNECTIONS | LINK_HALF_CLOSE | LINK_GAPS,
    .keys = "address: host:port or device:NAME; close: reset (default) or graceful, with "
            "close_notify; " SECURE_KEYS,
    .state_size = sizeof(struct secure),
    .encrypts = true,
    .configure = tls_configure,
    .free = secure_free,
    .open = secure_open,
    .send = secure_send,
    .receive = secure_receive,
    .half_close = secure_half_close,
    .discard = secure_discard,
    .ends = secure_ends,
    .is_local = address_is_local,
    .close = secure_close,
};
