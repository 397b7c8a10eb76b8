/* The packets of a byte pipe (a serial or unix link) out of a pcapng file of link type
 * USER0, as record/capture.h writes it. libpcap does not tell a packet's direction, so
 * the blocks are read here. Files are hostile input. */
#ifndef PERCUSS_RECORD_PIPE_H
#define PERCUSS_RECORD_PIPE_H

#include "record/wire.h"

#include <stdio.h>

/* Calls `take` for each packet that has bytes and a direction. `path` is for *error. */
int pipe_read(const char *path, FILE *stream, wire_taker *take, void *context,
              struct wire_result *result, struct error *error);

#endif
