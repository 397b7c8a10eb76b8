/* What the link ethernet stands on: frames through a network interface (libpcap) or
 * through a Unix datagram socket, one frame a datagram, as `-netdev dgram` of QEMU has
 * it. A port is owned by its link; one thread at a time. */
#ifndef PERCUSS_LINK_ETHERNET_H
#define PERCUSS_LINK_ETHERNET_H

#include "link/link.h"

enum {
    ETHERNET_SMALLEST = 60,  /* IEEE 802.3, 3.2.8, without the check sequence */
    ETHERNET_LARGEST = 1514, /* 3.2.7: 1500 bytes of data behind 14 of header */
    ETHERNET_ROOM = 65536    /* offloading hands over more than a frame at once */
};

/* Which frames are taken: a program of pcap-filter(7); `set` false: all. */
struct ethernet_filter {
    struct bpf_program *program;
    const char *text;
};

struct ethernet_port {
    int fd;           /* readable when frames have arrived; -1: closed */
    struct pcap *nic; /* NULL: fd is a datagram socket */
    char path[108];   /* of our own socket, to be removed; "": none */
    const struct ethernet_filter *filter;
};

/* Opens the interface of that name. 0 or LINK_FAILED: no such interface, without rights,
 * down, or not Ethernet. */
int ethernet_open_nic(struct ethernet_port *port, const char *name, struct error *error);
/* Opens PATH.peer and sends to PATH. 0, LINK_CLOSED: nobody is there, or LINK_FAILED. */
int ethernet_open_socket(struct ethernet_port *port, const char *path,
                         struct error *error);
/* As link_ops.send, of a whole frame. */
int ethernet_put(struct ethernet_port *port, struct view frame, int64_t deadline_ns,
                 struct error *error);
/* The next frame that has arrived and passes the filter, into ETHERNET_ROOM bytes: its
 * length, LINK_TIMEOUT when there is none now, LINK_CLOSED or LINK_FAILED. */
int ethernet_take(struct ethernet_port *port, uint8_t *frame, struct error *error);
void ethernet_close(struct ethernet_port *port); /* accepts a closed one */

#endif
