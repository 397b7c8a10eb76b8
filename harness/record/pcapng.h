/* Blocks of a pcapng file (draft-ietf-opsawg-pcapng) written into memory and read again,
 * in this machine's byte order as the format wants it. Pure: no I/O, nothing allocated,
 * thread-safe. */
#ifndef PERCUSS_RECORD_PCAPNG_H
#define PERCUSS_RECORD_PCAPNG_H

#include "core/bytes.h"
#include "core/error.h"

enum pcapng_link { PCAPNG_ETHERNET = 1, PCAPNG_RAW_IP = 101, PCAPNG_USER0 = 147 };
enum pcapng_direction { PCAPNG_UNKNOWN = 0, PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 };
enum {
    PCAPNG_COMMENT = 4000, /* longer comments are cut here */
    PCAPNG_HEAD = 4096,    /* room that pcapng_head may need */
    PCAPNG_SNAP = 262144   /* larger than any packet written */
};

struct pcapng_head {
    enum pcapng_link link;
    const char *hardware, *system, *application, *comment; /* of the section */
    const char *interface;
};
/* Section header block and one interface block with nanosecond stamps; returns their
 * size, at most PCAPNG_HEAD (texts are cut at 500 bytes). */
size_t pcapng_head(uint8_t *out, const struct pcapng_head *head);

/* One enhanced packet block: size it, begin it, put `length` bytes where begin says, end
 * it. The block is whole, for pcapng_next, only after the end. */
struct pcapng_packet {
    int64_t wall_ns;
    enum pcapng_direction direction;
    size_t length;       /* of the packet, in bytes */
    struct view comment; /* at most PCAPNG_COMMENT bytes; empty: none */
};
size_t pcapng_packet_size(const struct pcapng_packet *packet);
uint8_t *pcapng_packet_begin(uint8_t *out, const struct pcapng_packet *packet);
void pcapng_packet_end(uint8_t *out, const struct pcapng_packet *packet);

/* The size of the whole block at the front of `bytes`, 0 when it is not whole.
 * *packet_bytes is the captured length of an enhanced packet block, else left alone with
 * *is_packet false. */
size_t pcapng_next(struct view bytes, bool *is_packet, size_t *packet_bytes);
/* The size that the block at the front says it has; `bytes` are at least 8. */
size_t pcapng_size(struct view bytes);
/* Reads a whole block of pcapng_next: the link type of an interface block (0 for other
 * blocks) and how many nanoseconds its stamps count in. -1: a resolution that is not a
 * power of ten from seconds to nanoseconds. */
int pcapng_interface_read(struct view block, unsigned *link, int64_t *unit_ns,
                          struct error *error);
/* Reads an enhanced packet block of pcapng_next: its bytes, its direction, and its stamp
 * in units of its interface in wall_ns. The comment is not read. */
struct view pcapng_packet_read(struct view block, struct pcapng_packet *packet);
/* 0 when `bytes` begin with a section header in this machine's byte order. */
int pcapng_check(struct view bytes, struct error *error);

#endif
