/* DTLS over UDP, as a client. */
#include "link/address.h"
#include "link/secure.h"

static int dtls_configure(struct link *link, const struct yaml *settings,
                          struct error *error)
{
    static const char *const known[] = {"kind", "address",     "close",
                                        "ca",   "certificate", "private-key",
                                        "psk",  "server-name", NULL};

    return secure_configure(link, "udp", DTLS_client_method(), known, settings, error);
}

const struct link_ops link_dtls = {
    .name = "dtls",
    .summary = "DTLS 1.0 and 1.2 over UDP, as a client; the handshake is OpenSSL's",
    .carries = LINK_DATAGRAMS | LINK_CONNECTIONS | LINK_GAPS,
    .keys = "address: host:port or device:NAME; close: reset (default) or graceful, with "
            "close_notify; " SECURE_KEYS,
    .state_size = sizeof(struct secure),
    .largest = SSL3_RT_MAX_PLAIN_LENGTH,
    .encrypts = true,
    .configure = dtls_configure,
    .free = secure_free,
    .open = secure_open,
    .send = secure_send,
    .receive = secure_receive,
    .discard = secure_discard,
    .ends = secure_ends,
    .is_local = address_is_local,
    .close = secure_close,
};
