/* One direction of a TCP connection put together from its packets: length and hash of the
 * bytes, which are not held, or the bytes as they come into order. Packets out of order
 * are held within a small window. */
#ifndef PERCUSS_RECORD_STREAM_H
#define PERCUSS_RECORD_STREAM_H

#include "core/bytes.h"
#include "core/hash.h"

enum {
    STREAM_BLOCK = 96,        /* bytes hashed at once */
    STREAM_LATE = 64,         /* packets that may wait for an earlier one */
    STREAM_COLLECT = 16 << 20 /* bytes at most when they are wanted themselves */
};

/* The packet that bytes came with. */
struct stream_mark {
    uint64_t number;
    int64_t wall_ns;
};

/* Takes the bytes of streams, each known by its key. Without a sink a stream ends at the
 * first gap; with one it goes on behind it. */
struct stream_sink {
    /* Bytes in order, a segment's at a time; or `lost` bytes that are nowhere. The mark
     * is that of the packet that brought them into order: when a gap is given up, of
     * their own. */
    void (*take)(void *context, uint64_t key, const struct stream_mark *mark,
                 struct view bytes, uint64_t lost);
    void (*end)(void *context, uint64_t key);
    void *context;
};

struct stream_late;
struct stream {
    uint64_t length; /* bytes without a gap */
    uint64_t target; /* `at_target` is the hash of so many first bytes */
    struct hash chain, at_target;
    uint8_t tail[STREAM_BLOCK], fill;
    bool synchronised; /* `next` is known */
    bool middle;       /* seen from the middle: its start is not in the capture */
    bool gap;          /* bytes are missing after `length` */
    uint32_t next;     /* sequence number */
    unsigned late_count;
    struct stream_late *late;
    struct buffer *collect;         /* borrowed; NULL: only hashed */
    const struct stream_sink *sink; /* borrowed; NULL after stream_start */
    uint64_t key;                   /* for the sink */
    struct stream_mark mark;        /* of the packet that is added next, for the sink */
};

void stream_start(struct stream *stream, uint64_t target, struct buffer *collect);
void stream_synchronise(struct stream *stream, uint32_t next);
/* Payload at this sequence number; `missing` bytes after it were not captured. */
void stream_add(struct stream *stream, uint32_t sequence, struct view bytes,
                size_t missing);
/* The hash of all bytes; frees what waits, a wait that was in vain being a gap. */
struct hash stream_end(struct stream *stream);

#endif
