/* The QEMU Machine Protocol over a connected socket: commands that wait for their answer,
 * and counts of the events that matter here. The socket is owned. One thread at a time.
 */
#ifndef PERCUSS_DEVICE_QMP_H
#define PERCUSS_DEVICE_QMP_H

#include "core/bytes.h"
#include "core/error.h"

struct qmp_events {        /* seen since the caller last zeroed them */
    unsigned guest_resets, /* RESET with guest:true: the guest or its watchdog asked */
        host_resets,       /* RESET that a command asked for */
        watchdogs, shutdowns;
};

struct qmp {
    int fd; /* -1: none or lost */
    struct buffer in;
    char version[64]; /* "7.2.22", from the greeting */
    bool greeted;
    int result; /* of the command under way: 0 none yet, 1 done, -1 refused */
    char refusal[160];
    struct qmp_events events;
};

void qmp_init(struct qmp *qmp);
/* Takes over the socket, awaits the greeting and leaves negotiation mode. */
int qmp_open(struct qmp *qmp, int fd, int64_t deadline_ns, struct error *error);
int qmp_command(struct qmp *qmp, const char *name, int64_t deadline_ns,
                struct error *error);
/* A line of QEMU's own monitor, which needs no quoting in JSON, for what QMP lacks. What
 * it says is taken for a refusal: commands that say something on success are not for it.
 */
int qmp_monitor(struct qmp *qmp, const char *line, int64_t deadline_ns,
                struct error *error);
/* Reads what has arrived, without waiting, and counts the events. */
void qmp_read(struct qmp *qmp);
void qmp_close(struct qmp *qmp);

#endif
