#include "record/stream.h"

#include <stdlib.h>
#include <string.h>

struct stream_late {
    struct stream_late *next;
    struct stream_mark mark;
    uint32_t sequence;
    size_t length, missing;
    uint8_t bytes[];
};

/* A chain over blocks instead of one long SHA-256: its state is 130 bytes without an
 * allocation, and hundreds of thousands of streams are open at once. */
static struct hash hash_now(const struct stream *stream)
{
    uint8_t bytes[HASH_SIZE + STREAM_BLOCK];

    memcpy(bytes, stream->chain.bytes, HASH_SIZE);
    memcpy(bytes + HASH_SIZE, stream->tail, stream->fill);
    return hash_of((struct view){bytes, HASH_SIZE + (size_t)stream->fill});
}

static void absorb(struct stream *stream, struct view bytes)
{
    while (bytes.length) {
        size_t room = STREAM_BLOCK - (size_t)stream->fill;
        size_t part = bytes.length < room ? bytes.length : room;

        memcpy(stream->tail + stream->fill, bytes.data, part);
        stream->fill = (uint8_t)(stream->fill + part);
        stream->length += part;
        bytes = view_slice(bytes, part, bytes.length);
        if (stream->fill == STREAM_BLOCK) {
            stream->chain = hash_now(stream);
            stream->fill = 0;
        }
    }
}

static void append(struct stream *stream, struct view bytes)
{
    uint64_t before = stream->target - stream->length;

    if (stream->sink && bytes.length)
        stream->sink->take(stream->sink->context, stream->key, &stream->mark, bytes, 0);
    if (stream->collect)
        buffer_append(
            stream->collect,
            view_slice(bytes, 0, stream->collect->maximum - stream->collect->length));
    if (stream->length < stream->target && bytes.length >= before) {
        absorb(stream, view_slice(bytes, 0, before));
        stream->at_target = hash_now(stream);
        bytes = view_slice(bytes, before, bytes.length);
    }
    absorb(stream, bytes);
}

void stream_start(struct stream *stream, uint64_t target, struct buffer *collect)
{
    *stream = (struct stream){.target = target, .collect = collect};
    stream->at_target = hash_now(stream); /* right for a target of 0 */
}

void stream_synchronise(struct stream *stream, uint32_t next)
{
    stream->next = next;
    stream->synchronised = true;
}

static void hold(struct stream *stream, uint32_t sequence, struct view bytes,
                 size_t missing)
{
    struct stream_late *late, **at = &stream->late;

    if (stream->late_count >= STREAM_LATE) {
        stream->gap = true;
        return;
    }
    late = malloc(sizeof *late + bytes.length);
    if (!late) {
        stream->gap = true;
        return;
    }
    late->mark = stream->mark;
    late->sequence = sequence;
    late->length = bytes.length;
    late->missing = missing;
    memcpy(late->bytes, bytes.data, bytes.length);
    while (*at && (int32_t)((*at)->sequence - sequence) <= 0)
        at = &(*at)->next;
    late->next = *at;
    *at = late;
    stream->late_count++;
}

/* The next bytes are nowhere. */
static void lose(struct stream *stream, uint32_t count)
{
    if (!stream->sink) {
        stream->gap = true;
        return;
    }
    stream->sink->take(stream->sink->context, stream->key, &stream->mark,
                       (struct view){0}, count);
    stream->next += count;
}

/* What continues the stream, the front that is known already cut off. */
static void join(struct stream *stream, uint32_t sequence, struct view bytes,
                 size_t missing)
{
    uint32_t known = stream->next - sequence;
    size_t end = bytes.length + missing;

    if (known >= bytes.length && (missing == 0 || known >= end))
        return;
    bytes = view_slice(bytes, known, bytes.length);
    append(stream, bytes);
    stream->next += (uint32_t)bytes.length;
    if (missing)
        lose(stream, (uint32_t)(end - known - bytes.length));
}

/* What waited and is next now, because of this packet or (`own_marks`) of none. */
static void join_late(struct stream *stream, bool own_marks)
{
    while (stream->late && (int32_t)(stream->late->sequence - stream->next) <= 0 &&
           !stream->gap) {
        struct stream_late *late = stream->late;

        stream->late = late->next;
        stream->late_count--;
        if (own_marks)
            stream->mark = late->mark;
        join(stream, late->sequence, (struct view){late->bytes, late->length},
             late->missing);
        free(late);
    }
}

/* Gives up waiting for what is before the packets that are held. */
static void skip_gap(struct stream *stream)
{
    struct stream_mark now = stream->mark;

    stream->mark = stream->late->mark;
    lose(stream, stream->late->sequence - stream->next);
    join_late(stream, true);
    stream->mark = now;
}

void stream_add(struct stream *stream, uint32_t sequence, struct view bytes,
                size_t missing)
{
    if (bytes.length + missing == 0 || stream->gap)
        return;
    if (!stream->synchronised) {
        stream_synchronise(stream, sequence);
        stream->middle = true;
    }
    if ((int32_t)(sequence - stream->next) > 0 && stream->sink &&
        stream->late_count == STREAM_LATE)
        skip_gap(stream);
    if ((int32_t)(sequence - stream->next) > 0) {
        hold(stream, sequence, bytes, missing);
        return;
    }
    join(stream, sequence, bytes, missing);
    join_late(stream, false);
}

struct hash stream_end(struct stream *stream)
{
    while (stream->sink && stream->late && !stream->gap)
        skip_gap(stream);
    while (stream->late) {
        struct stream_late *late = stream->late;

        stream->late = late->next;
        stream->gap = true;
        free(late);
    }
    stream->late_count = 0;
    if (stream->sink)
        stream->sink->end(stream->sink->context, stream->key);
    return hash_now(stream);
}
