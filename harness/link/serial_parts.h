/* What the files of the serial link share: the port, and how bytes are put on it. */
#ifndef PERCUSS_LINK_SERIAL_PARTS_H
#define PERCUSS_LINK_SERIAL_PARTS_H

#include "link/link.h"
#include "link/serial_drive.h"
#include "link/serial_line.h"

struct serial {
    int fd;
    bool is_pty;
    struct serial_line line;
    struct serial_drive drive;
    int64_t latency_timer_ms; /* 0: as it is */
    struct serial_marks marks;
};

/* Waits for `events` of poll(2). 1: they are there, or the line hung up; 0: the deadline
 * passed. */
int serial_wait_for(int fd, short events, int64_t deadline_ns);
/* LINK_CLOSED when errno `number` (0: the end of the file) says that the line hung up,
 * else LINK_FAILED, and *error. */
int serial_failure(const char *what, int number, struct error *error);

/* As of link_ops. */
int serial_send(struct link *link, struct view bytes, int64_t deadline_ns,
                struct error *error);
int serial_disturb(struct link *link, unsigned what, int64_t amount, struct view bytes,
                   int64_t deadline_ns, struct error *error);

#endif
