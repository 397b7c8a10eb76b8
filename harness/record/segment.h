/* A file that grows at its end through a sliding memory-mapped window: a store into it
 * costs no system call and survives SIGKILL. While open the file is longer than what was
 * written, the rest being zeros; close cuts it. Owned by its opener; one thread. */
#ifndef PERCUSS_RECORD_SEGMENT_H
#define PERCUSS_RECORD_SEGMENT_H

#include "core/bytes.h"
#include "core/error.h"

enum { SEGMENT_PATH = 4096, SEGMENT_WINDOW = 4 << 20 };

struct segment {
    int file;        /* -1: closed */
    uint8_t *window; /* SEGMENT_WINDOW bytes of the file from `base` */
    uint64_t base, used;
    char path[SEGMENT_PATH];
};

/* Makes the file; refuses an existing one. */
int segment_open(struct segment *segment, const char *path, struct error *error);
/* Where the next `bytes` (at most half a window) may be written; NULL when the disk is
 * full. */
uint8_t *segment_reserve(struct segment *segment, size_t bytes, struct error *error);
static inline void segment_advance(struct segment *segment, size_t bytes)
{
    segment->used += bytes;
}
int segment_close(struct segment *segment,
                  struct error *error); /* accepts a closed one */

/* Cuts a pcapng file after its last whole block and counts its packets; *error when it
 * does not start like one. An empty file, or one of zeros, counts as whole with *bytes 0
 * left. */
struct segment_content {
    uint64_t bytes, packets, packet_bytes;
};
int segment_repair(const char *path, struct segment_content *content,
                   struct error *error);

#endif
