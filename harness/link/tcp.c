/* TCP: a connection to host:port, or in the server role one that the device makes to it.
 * Closed with RST unless told otherwise. */
#include "link/address.h"
#include "link/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tcp {
    struct stream stream;
    int listener; /* -1: none */
    bool graceful, quick_ack;
    char address[300]; /* the text that `peer`, or where we listen, was resolved from */
    struct sockaddr_storage peer, here;
    socklen_t peer_length;
};

static int tcp_configure(struct link *link, const struct yaml *settings,
                         struct error *error)
{
    static const char *const known[] = {"kind",  "address",   "role",
                                        "close", "quick-ack", NULL};
    static const char *const ways[] = {"reset", "graceful", NULL};
    struct tcp *tcp = link->state;
    char host[256], port[8];
    int way = 0, role = 0;

    tcp->stream.fd = tcp->listener = -1;
    tcp->quick_ack = true;
    if (yaml_check_keys(settings, known, error) < 0 ||
        yaml_read_choice(settings, "close", ways, &way, error) < 0 ||
        yaml_read_choice(settings, "role", link_roles, &role, error) < 0 ||
        yaml_read_bool(settings, "quick-ack", &tcp->quick_ack, error) < 0)
        return -1;
    tcp->graceful = way == 1;
    link->is_server = role == 1;
    if ((link->is_server || strncmp(link->address, "device:", 7) != 0) &&
        address_split(link->address, host, sizeof host, port, sizeof port) < 0)
        return yaml_complain(yaml_get(settings, "address"), error,
                             link->is_server ? "host:port or [IPv6]:port of this machine"
                                             : "host:port, [IPv6]:port or device:NAME");
    return 0;
}

/* The options of a connection, whoever made it. */
static void set_options(struct tcp *tcp)
{
    setsockopt(tcp->stream.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (!tcp->graceful) /* RST: no TIME_WAIT, so connections can be made without end */
        setsockopt(tcp->stream.fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                   sizeof(struct linger));
    tcp->stream.quick_ack = tcp->quick_ack;
}

static int connect_peer(struct tcp *tcp, int64_t deadline_ns, struct error *error)
{
    socklen_t length = sizeof tcp->here;
    int status = stream_connect(&tcp->stream, (struct sockaddr *)&tcp->peer,
                                tcp->peer_length, deadline_ns, error);

    if (status < 0)
        return status;
    /* A dead server's port in the ephemeral range can be given to the very socket that
     * connects to it: TCP then connects to itself (RFC 9293, 3.5, simultaneous open). */
    if (getsockname(tcp->stream.fd, (struct sockaddr *)&tcp->here, &length) == 0 &&
        address_is_same(&tcp->here, &tcp->peer)) {
        stream_close(&tcp->stream);
        error_set(error, "cannot connect: nothing listens there");
        return LINK_CLOSED;
    }
    set_options(tcp);
    return 0;
}

/* An address of this machine, to listen at. */
static int listen_here(struct tcp *tcp, const struct addrinfo *one, struct error *error)
{
    tcp->listener = stream_listen(one->ai_addr, one->ai_addrlen, error);
    return tcp->listener < 0 ? LINK_FAILED : 0;
}

static int connect_there(struct tcp *tcp, const struct addrinfo *one, int64_t deadline_ns,
                         struct error *error)
{
    memcpy(&tcp->peer, one->ai_addr, one->ai_addrlen);
    tcp->peer_length = one->ai_addrlen;
    return connect_peer(tcp, deadline_ns, error);
}

/* Resolves, and connects or listens; the address that served is remembered for the next
 * open. */
static int resolve(struct tcp *tcp, bool is_server, const char *address,
                   int64_t deadline_ns, struct error *error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags =
                                       AI_NUMERICSERV | (is_server ? AI_PASSIVE : 0)};
    struct addrinfo *found = NULL;
    char host[256], port[8];
    int status = LINK_FAILED, number;

    if (address_split(address, host, sizeof host, port, sizeof port) < 0)
        return error_set(error, "address '%s': expected host:port", address);
    number = getaddrinfo(host, port, &hints, &found);
    if (number != 0)
        return error_set(error, "cannot resolve '%s': %s", host, gai_strerror(number));
    tcp->address[0] = '\0';
    for (const struct addrinfo *one = found; one && status < 0; one = one->ai_next)
        status = is_server ? listen_here(tcp, one, error)
                           : connect_there(tcp, one, deadline_ns, error);
    if (status == 0)
        snprintf(tcp->address, sizeof tcp->address, "%s", address);
    freeaddrinfo(found);
    return status;
}

/* --- the server role ---------------------------------------------------------------- */

static int listen_at(struct tcp *tcp, const char *address, struct error *error)
{
    return tcp->listener >= 0 ? 0 : resolve(tcp, true, address, 0, error);
}

static int tcp_listen(struct link *link, const char *address, bool anew,
                      struct error *error)
{
    struct tcp *tcp = link->state;
    struct error ignored;

    if (listen_at(tcp, address, error) < 0)
        return error_prefix(error, "%s: ", address);
    while (anew && stream_accept(&tcp->stream, tcp->listener, 0, &ignored) == 0)
        stream_close(&tcp->stream);
    return 0;
}

static bool tcp_waits(struct link *link, int64_t until_ns)
{
    const struct tcp *tcp = link->state;

    return tcp->listener >= 0 && stream_wait(tcp->listener, POLLIN, until_ns);
}

/* Waits for the device, and learns where it is. */
static int accept_device(struct link *link, const char *address, int64_t deadline_ns,
                         struct error *error)
{
    struct tcp *tcp = link->state;
    socklen_t length = sizeof tcp->here;
    int status = listen_at(tcp, address, error);

    if (status < 0)
        return status;
    status = stream_accept(&tcp->stream, tcp->listener, deadline_ns, error);
    if (status < 0)
        return status;
    tcp->peer_length = sizeof tcp->peer;
    if (getpeername(tcp->stream.fd, (struct sockaddr *)&tcp->peer, &tcp->peer_length) <
            0 ||
        getsockname(tcp->stream.fd, (struct sockaddr *)&tcp->here, &length) < 0) {
        error_set(error, "the device hung up at once");
        return LINK_CLOSED;
    }
    set_options(tcp);
    return 0;
}

/* --- links -------------------------------------------------------------------------- */

static int tcp_open(struct link *link, const char *address, int64_t deadline_ns,
                    struct error *error)
{
    struct tcp *tcp = link->state;
    int status = link->is_server ? accept_device(link, address, deadline_ns, error)
                 : strcmp(address, tcp->address) == 0
                     ? connect_peer(tcp, deadline_ns, error)
                     : resolve(tcp, false, address, deadline_ns, error);

    if (status < 0)
        error_prefix(error, "%s: ", address);
    return status;
}

static int tcp_send(struct link *link, struct view bytes, int64_t deadline_ns,
                    struct error *error)
{
    struct tcp *tcp = link->state;

    return stream_send(&tcp->stream, bytes, deadline_ns, error);
}

static int tcp_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                       struct error *error)
{
    struct tcp *tcp = link->state;
    int status = stream_receive(&tcp->stream, in, deadline_ns, error);

    link->was_reset = tcp->stream.was_reset;
    return status;
}

static void tcp_half_close(struct link *link)
{
    struct tcp *tcp = link->state;

    shutdown(tcp->stream.fd, SHUT_WR);
}

static void tcp_discard(struct link *link)
{
    struct tcp *tcp = link->state;

    stream_discard(&tcp->stream);
}

static void tcp_ends(const struct link *link, struct link_ends *ends)
{
    const struct tcp *tcp = link->state;

    *ends = (struct link_ends){.family = 0};
    if (!link->is_open)
        return;
    ends->family = tcp->peer.ss_family;
    ends->local_port = address_copy(&tcp->here, ends->local);
    ends->remote_port = address_copy(&tcp->peer, ends->remote);
}

static void tcp_close(struct link *link)
{
    struct tcp *tcp = link->state;

    stream_close(&tcp->stream);
}

static void tcp_free(struct link *link)
{
    struct tcp *tcp = link->state;

    if (tcp->listener >= 0)
        close(tcp->listener);
}

const struct link_ops link_tcp = {
    .name = "tcp",
    .summary = "a TCP connection, to the device or made by it",
    .carries = LINK_STREAM | LINK_CONNECTIONS | LINK_HALF_CLOSE | LINK_GAPS,
    .keys = "address: host:port or device:NAME; role: client (default), or server: the "
            "device connects to the address; close: reset (default) or graceful; "
            "quick-ack: true (default) or false",
    .state_size = sizeof(struct tcp),
    .configure = tcp_configure,
    .open = tcp_open,
    .listen = tcp_listen,
    .waits = tcp_waits,
    .send = tcp_send,
    .receive = tcp_receive,
    .half_close = tcp_half_close,
    .discard = tcp_discard,
    .ends = tcp_ends,
    .is_local = address_is_local,
    .close = tcp_close,
    .free = tcp_free,
};
