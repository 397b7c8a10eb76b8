/* The send log: everything that went over the link, as pcapng (draft-ietf-opsawg-pcapng),
 * written by the harness itself, loss-free. Every packet carries its case as a comment
 * and its direction in the packet flags. Segments rotate; closed ones are compressed
 * (zstd) by a thread of their own. Bytes survive SIGKILL: the current segment is a
 * memory-mapped file (longer than its content while open, the rest being zeros), repaired
 * when reopened. One thread uses a capture.
 *
 * - TCP is link type 101 (raw IP) with synthesised IP and TCP headers, sequence numbers,
 *   checksums, handshake and close. tshark reassembles and decodes it; on another port
 *   than the protocol's own it has to be told which protocol that is:
 *
 *   tshark -r capture.pcapng -d tcp.port==1502,mbtcp
 *
 * - UDP is link type 101, too, with synthesised IP and UDP headers: a packet is a
 *   datagram, opening and closing leave no packet.
 *
 *   tshark -r capture.pcapng -d udp.port==5683,coap
 *
 * - Frames of the link ethernet are link type 1, as they were given to the link (a wire
 *   fills short ones up to 60 bytes); opening and closing leave no packet.
 *
 * - Serial and unix links are link type 147 (USER0): one packet is what the link sent or
 *   received at once, with nothing added. tshark decodes it when told what USER0 is:
 *
 *   tshark -r capture.pcapng -o 'uat:user_dlts:"User 0 (DLT=147)","mbrtu","0","","0",""'
 *
 *   tshark takes an answer that repeats its request (Modbus function 6) for neither; the
 *   direction is in frame.p2p_dir. Link type 250 (RTAC serial) decodes no better and
 *   needs a made-up header. */
#ifndef PERCUSS_RECORD_CAPTURE_H
#define PERCUSS_RECORD_CAPTURE_H

#include "core/bytes.h"
#include "core/error.h"

enum capture_direction { CAPTURE_SENT, CAPTURE_RECEIVED };
enum capture_keep { CAPTURE_ALL, CAPTURE_AROUND_FINDINGS, CAPTURE_SAMPLE };

/* pipe: serial, unix */
enum capture_kind { CAPTURE_PIPE, CAPTURE_TCP, CAPTURE_UDP, CAPTURE_ETHERNET };

struct capture_options {
    enum capture_kind kind;
    enum capture_keep keep;  /* unit of keeping: a segment */
    unsigned sample_every;   /* CAPTURE_SAMPLE: keep one in so many, and marked ones */
    uint64_t segment_bytes;  /* rotate at; 0: 256 MiB */
    const char *application; /* "percuss 0.1.0" for the section header */
    const char *interface;   /* "tcp 127.0.0.1:1502" */
};

struct capture;
/* CAPTURE_AROUND_FINDINGS keeps marked segments and their neighbours. What cannot be
 * judged is kept: the last segment, and what an earlier process left. Writes
 * DIR/capture.pcapng (the current segment); closed segments become
 * capture-00001.pcapng.zst … An existing capture.pcapng (a resumed or killed run) is
 * repaired and rotated away first, never overwritten. The last segment stays uncompressed
 * as capture.pcapng. */
struct capture *capture_open(const char *directory, const struct capture_options *options,
                             struct error *error);
/* A connection was opened / closed. Ports in host order, addresses 4 or 16 bytes in
 * network order. For a pipe family is 0 and these only mark the fact: a packet of no
 * bytes with a comment. */
struct capture_ends {
    int family;
    uint8_t local[16], remote[16];
    uint16_t local_port, remote_port;
    bool accepted; /* TCP: the remote end opened it */
};
int capture_connected(struct capture *capture, const struct capture_ends *ends,
                      int64_t wall_ns, const char *comment, struct error *error);
enum capture_end {
    CAPTURE_LOCAL_CLOSE,
    CAPTURE_LOCAL_RESET,
    CAPTURE_LOCAL_HALF_CLOSE,
    CAPTURE_REMOTE_CLOSE,
    CAPTURE_REMOTE_RESET
};
/* CAPTURE_REMOTE_CLOSE and _LOCAL_HALF_CLOSE end one direction only: the local close may
 * follow. A connection that is not open, or closed already, is left alone. */
int capture_disconnected(struct capture *capture, enum capture_end how, int64_t wall_ns,
                         const char *comment, struct error *error);
/* `sent` packets are written before the link sends them; more than 65,000 bytes are
 * split, but for a datagram. After an error (a full disk) nothing of this packet's last
 * part was written and it can be tried again. */
int capture_packet(struct capture *capture, enum capture_direction direction,
                   struct view bytes, int64_t wall_ns, const char *comment,
                   struct error *error);
/* Marks the current segment as worth keeping (a finding is in it, or next to it). */
void capture_mark(struct capture *capture);
/* Of this process, with what the keep rule dropped: `bytes` are those of the link,
 * `segments` files that are there. */
struct capture_totals {
    uint64_t packets, bytes, segments, dropped_segments, dropped_packets;
};
void capture_totals(const struct capture *capture, struct capture_totals *totals);
int capture_close(struct capture *capture, struct error *error); /* accepts NULL */

#endif
