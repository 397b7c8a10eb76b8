/* The GDB client's parts: gdb.c holds the conversation, gdb_ask.c the questions,
 * gdb_connect.c how a server is reached. */
#ifndef PERCUSS_DEVICE_GDB_PARTS_H
#define PERCUSS_DEVICE_GDB_PARTS_H

#include "device/gdb_packet.h"

/* The answer is in gdb->reply; `stops`: it is a stop, and nothing else will do. -1: lost,
 * or nothing in time; 1: the server refuses. */
int gdb_ask(struct gdb *gdb, const char *text, bool stops, int64_t deadline_ns,
            struct error *error);
/* A connected descriptor, or -1 and *error. */
int gdb_connect_socket(const char *address, int64_t deadline_ns, struct error *error);

#endif
