/* Holds the independent captures against the send log. One thread; a run folder is read
 * only. */
#ifndef PERCUSS_RECORD_COMPARE_H
#define PERCUSS_RECORD_COMPARE_H

#include "core/bytes.h"
#include "core/error.h"

/* Compares the independent captures with the send log, connection by connection: puts
 * both directions together from both and compares the bytes. Calls `found` once a
 * connection. Several files of each kind (a resumed run, rotated and compressed segments)
 * count as one.
 *
 * `accepted`: the device opened the connections (TCP).
 *
 * - sent_equal: the same bytes; or fewer on the wire because the connection was reset or
 *   the harness killed before the kernel sent the rest, which the note says
 * - received_equal: the wire's bytes begin with those of the log; the rest, if any, was
 *   not read any more, which the note says
 * - a connection that the device opened and that was not taken is in no send log: equal,
 *   when nothing was sent over it, which the note says
 * - whole: false when a capture lacks a part (keep rule, packet loss, killed writer);
 * both flags are false then and say nothing about the bytes
 *
 * Of UDP the datagrams between two ends are one connection, compared one by one and in
 * order: received_equal lets those on the wire be more, as a socket's queue may run over.
 * A datagram in fragments cannot be compared: `whole` is false.
 *
 * -1 and *error when a file cannot be read or there is no independent capture. Memory:
 * about 1 KiB a connection and 8 bytes a datagram while it runs, no bytes held. */
struct capture_comparison {
    char connection[96]; /* "127.0.0.1:40000 - 127.0.0.1:1502 #1" */
    bool sent_equal, received_equal, whole;
    char note[160]; /* what differs and where, or "" */
};
int capture_compare(const char *directory, bool accepted,
                    void (*found)(void *context,
                                  const struct capture_comparison *comparison),
                    void *context, struct error *error);

#endif
