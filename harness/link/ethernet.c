/* Raw Ethernet frames, from their destination address to the end of their data: what a
 * frame holds is the model's, down to checksums and padding. */
#include "link/ethernet.h"
#include "link/stream.h"

#include "core/clock.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <string.h>

struct ethernet {
    struct ethernet_port port;
    struct ethernet_filter filter;
    struct bpf_program program;
    uint8_t frame[ETHERNET_ROOM]; /* received, not yet in the caller's buffer */
};

static int read_filter(struct ethernet *ethernet, const struct yaml *settings,
                       struct error *error)
{
    const struct yaml *node = yaml_get(settings, "filter");
    pcap_t *none;
    int status = 0;

    if (!node)
        return 0;
    if (yaml_read_text(settings, "filter", &ethernet->filter.text, error) < 0)
        return -1;
    none = pcap_open_dead(DLT_EN10MB, ETHERNET_ROOM);
    if (!none)
        return error_set(error, "out of memory");
    if (pcap_compile(none, &ethernet->program, ethernet->filter.text, 1,
                     PCAP_NETMASK_UNKNOWN) < 0)
        status = yaml_complain(node, error, "a filter as in pcap-filter(7) (%s)",
                               pcap_geterr(none));
    else
        ethernet->filter.program = &ethernet->program;
    pcap_close(none);
    return status;
}

static int ethernet_configure(struct link *link, const struct yaml *settings,
                              struct error *error)
{
    static const char *const known[] = {"kind", "address", "filter", NULL};
    struct ethernet *ethernet = link->state;

    ethernet->port.fd = -1;
    ethernet->port.filter = &ethernet->filter;
    if (yaml_check_keys(settings, known, error) < 0)
        return -1;
    return read_filter(ethernet, settings, error);
}

static int ethernet_open(struct link *link, const char *address, int64_t deadline_ns,
                         struct error *error)
{
    struct ethernet *ethernet = link->state;

    (void)deadline_ns; /* nothing is sent: nothing to wait for */
    return address[0] == '/' ? ethernet_open_socket(&ethernet->port, address, error)
                             : ethernet_open_nic(&ethernet->port, address, error);
}

/* A short frame is filled up with zeros, as every controller does it: a socket would let
 * through what no wire can carry. */
static int ethernet_send(struct link *link, struct view bytes, int64_t deadline_ns,
                         struct error *error)
{
    struct ethernet *ethernet = link->state;
    uint8_t room[LINK_SMALLEST];

    if (bytes.length > ETHERNET_LARGEST) {
        error_set(error, "%zu bytes are more than a frame can have (%d)", bytes.length,
                  ETHERNET_LARGEST);
        return LINK_FAILED;
    }
    return ethernet_put(&ethernet->port, link_filled(link->ops, bytes, room), deadline_ns,
                        error);
}

static int ethernet_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                            struct error *error)
{
    struct ethernet *ethernet = link->state;
    size_t room = in->maximum - in->length;

    for (;;) {
        int length = ethernet_take(&ethernet->port, ethernet->frame, error);

        if (length > 0 && (size_t)length > room) {
            error_set(error, "the receive buffer has room for %zu of a frame's %d bytes",
                      room, length);
            return LINK_FAILED;
        }
        if (length > 0)
            return buffer_append(in, (struct view){ethernet->frame, (size_t)length}) < 0
                       ? error_set(error, "out of memory")
                       : length;
        if (length < 0)
            return length;
        if (clock_now_ns() >= deadline_ns ||
            !stream_wait(ethernet->port.fd, POLLIN, deadline_ns))
            return LINK_TIMEOUT;
    }
}

static void ethernet_discard(struct link *link)
{
    struct ethernet *ethernet = link->state;

    /* Not what a flooding peer adds meanwhile. */
    for (int i = 0; i < 1000; i++)
        if (ethernet_take(&ethernet->port, ethernet->frame, NULL) <= 0)
            break;
}

static bool ethernet_is_local(const char *address)
{
    return address[0] == '/' || strcmp(address, "lo") == 0;
}

static void ethernet_end(struct link *link)
{
    struct ethernet *ethernet = link->state;

    ethernet_close(&ethernet->port);
}

static void ethernet_free(struct link *link)
{
    struct ethernet *ethernet = link->state;

    if (ethernet->filter.program)
        pcap_freecode(&ethernet->program);
}

const struct link_ops link_ethernet = {
    .name = "ethernet",
    .summary = "raw Ethernet frames on an interface, or on a board's emulated wire",
    .carries = LINK_DATAGRAMS | LINK_GAPS,
    .keys = "address: an interface, a socket's path or device:NAME; filter: which frames "
            "are received, as in pcap-filter(7)",
    .state_size = sizeof(struct ethernet),
    .largest = ETHERNET_LARGEST,
    .smallest = ETHERNET_SMALLEST,
    .configure = ethernet_configure,
    .open = ethernet_open,
    .send = ethernet_send,
    .receive = ethernet_receive,
    .discard = ethernet_discard,
    .is_local = ethernet_is_local,
    .close = ethernet_end,
    .free = ethernet_free,
};
