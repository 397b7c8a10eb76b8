#include "link/ethernet.h"

#include "link/stream.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { FETCHES = 1000 };

/* --- an interface ------------------------------------------------------------------- */

static int refuse(struct ethernet_port *port, const char *name, int status,
                  struct error *error)
{
    const char *words = pcap_geterr(port->nic);

    if (!*words)
        words = pcap_statustostr(status);
    if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
        error_set(
            error,
            "may not send and receive frames on %s: %s; run percuss as root or give "
            "it the right: setcap cap_net_raw+ep <path of percuss>",
            name, words);
    else
        error_set(error, "%s: %s", name, words);
    return LINK_FAILED;
}

int ethernet_open_nic(struct ethernet_port *port, const char *name, struct error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    int status;

    port->nic = pcap_create(name, text);
    if (!port->nic) {
        error_set(error, "%s: %s", name, text);
        return LINK_FAILED;
    }
    pcap_set_snaplen(port->nic, ETHERNET_ROOM);
    pcap_set_promisc(port->nic, 1);
    /* A frame is here when it has arrived, not when a block of them is full. */
    pcap_set_immediate_mode(port->nic, 1);
    status = pcap_activate(port->nic);
    if (status < 0)
        return refuse(port, name, status, error);
    if (pcap_datalink(port->nic) != DLT_EN10MB) {
        error_set(error, "%s: no Ethernet interface", name);
        return LINK_FAILED;
    }
    /* What we send passes here, too. */
    if (pcap_setnonblock(port->nic, 1, text) < 0 ||
        pcap_setdirection(port->nic, PCAP_D_IN) < 0 ||
        (port->filter->program && pcap_setfilter(port->nic, port->filter->program) < 0))
        return refuse(port, name, PCAP_ERROR, error);
    port->fd = pcap_get_selectable_fd(port->nic);
    return 0;
}

static int inject(struct ethernet_port *port, struct view frame, int64_t deadline_ns,
                  struct error *error)
{
    while (pcap_inject(port->nic, frame.data, frame.length) < 0) {
        if (errno == EINTR)
            continue;
        if ((errno == EAGAIN || errno == ENOBUFS) &&
            stream_wait(port->fd, POLLOUT, deadline_ns))
            continue;
        error_set(error, "cannot send a frame of %zu bytes: %s", frame.length,
                  pcap_geterr(port->nic));
        return LINK_FAILED;
    }
    return 0;
}

static int capture(struct ethernet_port *port, uint8_t *frame, struct error *error)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int status = pcap_next_ex(port->nic, &header, &bytes);

    if (status < 0) {
        error_set(error, "cannot receive frames: %s", pcap_geterr(port->nic));
        return LINK_FAILED;
    }
    if (status == 0)
        return LINK_TIMEOUT;
    memcpy(frame, bytes, header->caplen);
    return (int)header->caplen;
}

/* --- a socket ----------------------------------------------------------------------- */

int ethernet_open_socket(struct ethernet_port *port, const char *path,
                         struct error *error)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX}, there = {.sun_family = AF_UNIX};
    int length = snprintf(port->path, sizeof port->path, "%s.peer", path);

    if (length < 0 || (size_t)length >= sizeof port->path) {
        port->path[0] = '\0';
        error_set(error, "%s: a socket's path has at most 102 characters here", path);
        return LINK_FAILED;
    }
    snprintf(there.sun_path, sizeof there.sun_path, "%s", path);
    snprintf(here.sun_path, sizeof here.sun_path, "%s", port->path);
    unlink(port->path);
    port->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (port->fd < 0 || bind(port->fd, (struct sockaddr *)&here, sizeof here) < 0) {
        error_set(error, "%s: cannot make a socket: %s", port->path, strerror(errno));
        return LINK_FAILED;
    }
    if (connect(port->fd, (struct sockaddr *)&there, sizeof there) < 0) {
        error_set(error, "%s: nobody takes frames there: %s", path, strerror(errno));
        return LINK_CLOSED;
    }
    return 0;
}

static int end_of_socket(const char *what, struct error *error)
{
    bool gone = errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET ||
                errno == ENOENT;

    error_set(error, gone ? "the other end of the wire is gone" : "cannot %s a frame: %s",
              what, strerror(errno));
    return gone ? LINK_CLOSED : LINK_FAILED;
}

static int post(struct ethernet_port *port, struct view frame, int64_t deadline_ns,
                struct error *error)
{
    while (send(port->fd, frame.data, frame.length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return end_of_socket("send", error);
        if (!stream_wait(port->fd, POLLOUT, deadline_ns)) {
            error_set(error, "the frame could not be sent before the deadline");
            return LINK_FAILED;
        }
    }
    return 0;
}

/* The interface filters by itself. */
static bool passes(const struct ethernet_filter *filter, const uint8_t *frame, int length)
{
    struct pcap_pkthdr header = {.caplen = (unsigned)length, .len = (unsigned)length};

    return !filter->program || pcap_offline_filter(filter->program, &header, frame);
}

static int fetch(struct ethernet_port *port, uint8_t *frame, struct error *error)
{
    /* Not for ever, when who floods sends only what the filter holds back. */
    for (int i = 0; i < FETCHES; i++) {
        ssize_t count = recv(port->fd, frame, ETHERNET_ROOM, MSG_DONTWAIT);

        if (count > 0 && passes(port->filter, frame, (int)count))
            return (int)count;
        if (count >= 0 || errno == EINTR)
            continue;
        return errno == EAGAIN ? LINK_TIMEOUT : end_of_socket("receive", error);
    }
    return LINK_TIMEOUT;
}

/* --- both --------------------------------------------------------------------------- */

int ethernet_put(struct ethernet_port *port, struct view frame, int64_t deadline_ns,
                 struct error *error)
{
    return port->nic ? inject(port, frame, deadline_ns, error)
                     : post(port, frame, deadline_ns, error);
}

int ethernet_take(struct ethernet_port *port, uint8_t *frame, struct error *error)
{
    return port->nic ? capture(port, frame, error) : fetch(port, frame, error);
}

void ethernet_close(struct ethernet_port *port)
{
    if (port->nic)
        pcap_close(port->nic);
    else if (port->fd >= 0)
        close(port->fd);
    if (port->path[0])
        unlink(port->path);
    port->nic = NULL;
    port->fd = -1;
    port->path[0] = '\0';
}
