/* Who drives a two-wire line (RS-485): nobody in particular, the port's driver, or this
 * program, which holds RTS as long as it sends. */
#ifndef PERCUSS_LINK_SERIAL_DRIVE_H
#define PERCUSS_LINK_SERIAL_DRIVE_H

#include "core/yaml.h"

enum drive_mode { DRIVE_ALWAYS, DRIVE_KERNEL, DRIVE_RTS };

struct serial_drive {
    int mode;
    int64_t before_ns, after_ns; /* RTS is up so long before the first bit, and after the
                                    last one */
};

/* The keys rs485, rts-before, rts-after. */
int serial_drive_read(const struct yaml *settings, struct serial_drive *drive,
                      struct error *error);
/* Readies an open port. -1: it has no RTS, or its driver knows no RS-485. */
int serial_drive_open(int fd, const struct serial_drive *drive, struct error *error);
/* Around a send: the line is taken, and given back when the last bit is out (as the
 * UART says; where it cannot be asked, as the time that the bytes take says). -1: the
 * port is gone; errno says how. */
int serial_drive_begin(int fd, const struct serial_drive *drive);
int serial_drive_end(int fd, const struct serial_drive *drive, int64_t deadline_ns);
/* Until the last bit is out, where the UART says so, or the deadline. */
void serial_drive_wait(int fd, int64_t deadline_ns);

#endif
