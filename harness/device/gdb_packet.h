/* Packets of the GDB remote serial protocol: their form alone. Pure. */
#ifndef PERCUSS_DEVICE_GDB_PACKET_H
#define PERCUSS_DEVICE_GDB_PACKET_H

#include "device/gdb.h"

enum gdb_item {
    GDB_NOTHING, /* nothing whole has arrived */
    GDB_ACK,
    GDB_NAK,
    GDB_IS_PACKET, /* decoded into `packet` */
    GDB_NOTICE,    /* a notification, or noise between packets */
    GDB_DAMAGED    /* a packet with a wrong sum, or longer than `packet` may be */
};

/* Takes one item from the front of `in`. */
enum gdb_item gdb_packet_take(struct buffer *in, struct buffer *packet);
/* "$text#sum"; -1: longer than GDB_PACKET, or with bytes that need an escape. */
int gdb_packet_make(const char *text, char packet[GDB_PACKET + 1]);
/* Is it a stop reply (T, S, W, X and two digits)? Then what it says. */
bool gdb_packet_stop(struct view packet, const struct gdb_pc *pc, struct gdb_stop *stop);
/* Is it console output (O and hex digits)? Then its bytes, as far as `said` has room. */
bool gdb_packet_output(struct view packet, struct buffer *said);
/* A register's value from hex digits in the target's byte order, little endian; false:
 * not that many digits, or unknown ("xx"). */
bool gdb_packet_value(struct view digits, unsigned width_bytes, uint64_t *value);

/* What a target's descriptions say of one register, document by document. */
enum { GDB_INCLUDES = 8 };
struct gdb_description {
    const char *wanted; /* the register's name */
    bool found;
    unsigned number, next; /* `next`: of a register that does not say its own */
    int include_count;
    char includes[GDB_INCLUDES][80]; /* documents that one of these stands for */
};
/* Reads the <reg> and <xi:include> tags of a document (GDB manual, appendix G), by their
 * look: it may be damaged or hostile. */
void gdb_packet_describe(struct view text, struct gdb_description *description);

#endif
