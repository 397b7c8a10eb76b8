/* The serial ports of this machine, and which of them an address means: a path, a USB
 * identity or a label. Nothing here opens a port: opening raises DTR, which resets some
 * boards. */
#ifndef PERCUSS_LINK_SERIAL_PORT_H
#define PERCUSS_LINK_SERIAL_PORT_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

struct serial_port {
    char path[108];       /* "/dev/ttyUSB0"; what is no printable ASCII here is '?' */
    char label[100];      /* what the driver or the adapter calls it; "": nothing */
    bool is_usb;          /* then also: */
    int vendor, product;  /* idVendor and idProduct of its device descriptor */
    char serial[100];     /* iSerialNumber; "": it has none */
    int latency_timer_ms; /* of an FTDI adapter; 0: it has none */
};

/* What the operating system knows. -1 and *error: it cannot be asked. *ports is the
 * caller's to free. */
int serial_port_list(struct serial_port **ports, size_t *count, struct error *error);

/* An address that is no path: usb:VENDOR:PRODUCT, usb:VENDOR:PRODUCT:SERIAL (hexadecimal,
 * as lsusb prints them) or label:TEXT. */
bool serial_port_is_identity(const char *address);
/* 0, or -1 when what follows usb: or label: cannot be one. Paths are taken as they are.
 */
int serial_port_check(const char *address, struct error *error);

/* The one port of `ports` that an identity means; NULL and *error, which lists what there
 * is, when none or several fit. */
const struct serial_port *serial_port_choose(const struct serial_port *ports,
                                             size_t count, const char *address,
                                             struct error *error);
/* The path that an address means now. 0 or -1. */
int serial_port_resolve(const char *address, char *path, size_t size,
                        struct error *error);

/* "usb:0403:6001:A50285BI 'FT232R USB UART'": what it can be named by beside its path. */
const char *serial_port_identity(const struct serial_port *port, char *text, size_t size);

/* An FTDI adapter keeps what it received for so long before it hands it to the host, 16
 * ms unless it is told: in the file latency_timer of the port in sysfs, from 1 to 255.
 * -1: the port has none, or it could not be set; until the adapter is unplugged it stays
 * so. */
int serial_port_set_latency_timer(const char *path, int milliseconds,
                                  struct error *error);

#endif
