/* The independent capture: libpcap on the real interface, beside the link, with the
 * kernel's timestamps and its own drop count. Runs in a thread of its own; needs the
 * right to capture. */
#ifndef PERCUSS_RECORD_LIVE_H
#define PERCUSS_RECORD_LIVE_H

#include "core/bytes.h"
#include "core/error.h"
#include "record/compare.h"

struct live;
struct live_totals {
    uint64_t packets, bytes, dropped;
};
/* Captures traffic of `protocol` ("tcp" or "udp") and remote_port on the interface that
 * owns `remote` ("lo" for loopback) into DIR/independent-NNN.pcap (nanosecond pcap; NNN:
 * the first number that is free). NULL and *error when the user may not capture: the
 * caller records that text and goes on. */
struct live *live_start(const char *directory, const char *protocol,
                        const char *remote_address, uint16_t remote_port,
                        struct error *error);
const char *live_file(const struct live *live);      /* its name inside the directory */
const char *live_interface(const struct live *live); /* "lo" */
/* Stops after everything already on the wire was read (about 0.1 s); closes and frees.
 * NULL is accepted for both. *error when not everything could be read or written. */
int live_stop(struct live *live, struct live_totals *totals, struct error *error);

#endif
