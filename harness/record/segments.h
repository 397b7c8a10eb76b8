/* The closed segments of a send log: their names, what the keep rule does with them, and
 * their compression. Owned by the capture; one thread. */
#ifndef PERCUSS_RECORD_SEGMENTS_H
#define PERCUSS_RECORD_SEGMENTS_H

#include "record/capture.h"
#include "record/compress.h"
#include "record/segment.h"

#define SEGMENTS_CURRENT "capture.pcapng"

struct segments {
    enum capture_keep keep;
    unsigned sample_every;
    char directory[SEGMENT_PATH - 64];
    unsigned number;  /* of the last closed segment; its file may be gone */
    uint64_t ordinal; /* segments closed by this process */
    bool previous_marked;
    struct segment_content waiting; /* what the waiting segment holds */
    bool has_waiting;               /* `number` waits for its right neighbour */
    uint64_t kept, dropped, dropped_packets;
    struct compressor *compressor;
};

/* Finds the highest number in use, removes half-made compressions and finishes the
 * others. */
int segments_open(struct segments *segments, const char *directory,
                  const struct capture_options *options, struct error *error);
/* The current file is closed: gives it the next number, then keeps or drops by the rule.
 */
int segments_add(struct segments *segments, const struct segment_content *content,
                 bool marked, struct error *error);
/* The same without the rule: segments of an earlier process, whose marks are not known.
 */
int segments_adopt(struct segments *segments, struct error *error);
/* The run ends; the current file stays as it is, marked or not. */
void segments_close(struct segments *segments,
                    bool marked); /* waits for the compression */

/* The number of a closed segment's file, else 0: "capture-00001.pcapng", the same with
 * ".zst", or "capture-00001.dropped", which says what the keep rule dropped (*dropped is
 * set). */
unsigned segments_number(const char *name, bool *dropped);

#endif
