/* UDP: datagrams to and from one host:port. */
#include "link/address.h"
#include "link/stream.h"

#include "core/clock.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PEERS = 4,      /* addresses of one name that are tried */
    LARGEST = 65507 /* 65,535 less the headers of IPv4 and UDP */
};

struct udp {
    int fd;
    char address[300]; /* the text that `peers` were resolved from */
    struct sockaddr_storage peers[PEERS], here;
    socklen_t peer_length[PEERS];
    size_t peer_count, peer; /* `peer`: the one in use */
};

static int udp_configure(struct link *link, const struct yaml *settings,
                         struct error *error)
{
    static const char *const known[] = {"kind", "address", NULL};
    struct udp *udp = link->state;
    char host[256], port[8];

    udp->fd = -1;
    if (yaml_check_keys(settings, known, error) < 0)
        return -1;
    if (strncmp(link->address, "device:", 7) != 0 &&
        address_split(link->address, host, sizeof host, port, sizeof port) < 0)
        return yaml_complain(yaml_get(settings, "address"), error,
                             "host:port, [IPv6]:port or device:NAME");
    return 0;
}

static int resolve(struct udp *udp, const char *address, struct error *error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[256], port[8];
    int number;

    if (strcmp(address, udp->address) == 0)
        return 0;
    if (address_split(address, host, sizeof host, port, sizeof port) < 0)
        return error_set(error, "address '%s': expected host:port", address);
    number = getaddrinfo(host, port, &hints, &found);
    if (number != 0)
        return error_set(error, "cannot resolve '%s': %s", host, gai_strerror(number));
    udp->peer = udp->peer_count = 0;
    for (const struct addrinfo *one = found; one && udp->peer_count < PEERS;
         one = one->ai_next) {
        memcpy(&udp->peers[udp->peer_count], one->ai_addr, one->ai_addrlen);
        udp->peer_length[udp->peer_count++] = one->ai_addrlen;
    }
    freeaddrinfo(found);
    snprintf(udp->address, sizeof udp->address, "%s", address);
    return 0;
}

/* Of a name with several addresses the next open takes another one. */
static void take_next_peer(struct udp *udp)
{
    udp->peer = (udp->peer + 1) % udp->peer_count;
}

/* Connected: the kernel takes datagrams of this peer only, and says when it is told that
 * nobody listens there. */
static int udp_open(struct link *link, const char *address, int64_t deadline_ns,
                    struct error *error)
{
    struct udp *udp = link->state;
    const struct sockaddr *peer;
    socklen_t length = sizeof udp->here;

    (void)deadline_ns; /* nothing is sent: nothing to wait for */
    if (resolve(udp, address, error) < 0)
        return LINK_FAILED;
    peer = (const struct sockaddr *)&udp->peers[udp->peer];
    udp->fd = socket(peer->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (udp->fd < 0 || connect(udp->fd, peer, udp->peer_length[udp->peer]) < 0 ||
        getsockname(udp->fd, (struct sockaddr *)&udp->here, &length) < 0) {
        error_set(error, "%s: cannot make a socket for it: %s", address, strerror(errno));
        take_next_peer(udp);
        return LINK_FAILED;
    }
    /* The kernel may choose the peer's own port for this end. */
    if (address_is_same(&udp->here, &udp->peers[udp->peer])) {
        error_set(error, "%s: nothing listens there", address);
        return LINK_CLOSED;
    }
    return 0;
}

/* What an ICMP message about an earlier datagram says (RFC 1122, 4.1.3.3). */
static bool is_refusal(int number)
{
    return number == ECONNREFUSED || number == EHOSTUNREACH || number == ENETUNREACH ||
           number == EHOSTDOWN || number == ENOPROTOOPT;
}

static int transfer_failure(struct udp *udp, const char *what, int number,
                            struct error *error)
{
    if (!is_refusal(number)) {
        error_set(error, "cannot %s: %s", what, strerror(number));
        return LINK_FAILED;
    }
    error_set(error, number == ECONNREFUSED ? "the peer's port is closed"
                                            : "the peer cannot be reached");
    take_next_peer(udp);
    return LINK_CLOSED;
}

static int udp_send(struct link *link, struct view bytes, int64_t deadline_ns,
                    struct error *error)
{
    struct udp *udp = link->state;
    bool told = false;

    for (;;) {
        ssize_t count =
            send(udp->fd, bytes.data, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count >= 0)
            return 0;
        if (errno == EAGAIN && !stream_wait(udp->fd, POLLOUT, deadline_ns)) {
            error_set(error, "the datagram could not be sent before the deadline");
            return LINK_FAILED;
        }
        if (errno == EAGAIN || errno == EINTR)
            continue;
        /* The kernel tells the refusal of an earlier datagram in place of sending this
         * one. What is in the send log shall be on the wire, too. */
        if (!is_refusal(errno) || told)
            return transfer_failure(udp, "send", errno, error);
        told = true;
    }
}

static int udp_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                       struct error *error)
{
    struct udp *udp = link->state;
    size_t room = stream_make_room(in, error);

    if (!room)
        return LINK_FAILED;
    for (;;) {
        ssize_t count;

        if (clock_now_ns() < deadline_ns)
            stream_wait(udp->fd, POLLIN, deadline_ns);
        count = recv(udp->fd, in->data + in->length, room, MSG_DONTWAIT | MSG_TRUNC);
        if (count > 0 && (size_t)count > room) {
            error_set(error,
                      "the receive buffer has room for %zu of a datagram's %zd bytes",
                      room, count);
            return LINK_FAILED;
        }
        if (count > 0) {
            in->length += (size_t)count;
            return (int)count;
        }
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            return transfer_failure(udp, "receive", errno, error);
        /* A datagram without bytes carries nothing that could be an answer. */
        if (clock_now_ns() >= deadline_ns)
            return LINK_TIMEOUT;
    }
}

static void udp_discard(struct link *link)
{
    const struct udp *udp = link->state;
    char scrap;

    /* Not what a flooding peer adds meanwhile. */
    for (int i = 0; i < 1000 && recv(udp->fd, &scrap, 1, MSG_DONTWAIT) >= 0; i++)
        ;
}

static void udp_ends(const struct link *link, struct link_ends *ends)
{
    const struct udp *udp = link->state;

    *ends = (struct link_ends){.family = 0};
    if (!link->is_open)
        return;
    ends->family = udp->here.ss_family;
    ends->local_port = address_copy(&udp->here, ends->local);
    ends->remote_port = address_copy(&udp->peers[udp->peer], ends->remote);
}

static void udp_close(struct link *link)
{
    struct udp *udp = link->state;

    if (udp->fd >= 0)
        close(udp->fd);
    udp->fd = -1;
}

const struct link_ops link_udp = {
    .name = "udp",
    .summary = "UDP datagrams; a closed port is a peer that closed",
    .carries = LINK_DATAGRAMS | LINK_GAPS,
    .keys = "address: host:port or device:NAME",
    .state_size = sizeof(struct udp),
    .largest = LARGEST,
    .configure = udp_configure,
    .open = udp_open,
    .send = udp_send,
    .receive = udp_receive,
    .discard = udp_discard,
    .ends = udp_ends,
    .is_local = address_is_local,
    .close = udp_close,
};
