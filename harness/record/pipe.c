#include "record/pipe.h"

#include "record/pcapng.h"

enum { BLOCK_MAXIMUM = 16 << 20, BLOCK_HEAD = 12 };

struct pipe {
    FILE *stream;
    struct buffer block;
    bool begun, cut;
    unsigned link;
    int64_t unit_ns;
};

/* Reads the next whole block; 0 at the end, -1 and *error when this is no file of ours.
 * What follows a kill, zeros or half a block, is the end too: the file is cut. */
static int next_block(struct pipe *pipe, bool *is_packet, struct error *error)
{
    size_t size, captured;

    buffer_clear(&pipe->block);
    if (buffer_reserve(&pipe->block, BLOCK_HEAD) < 0)
        return error_set(error, "out of memory");
    pipe->block.length = fread(pipe->block.data, 1, BLOCK_HEAD, pipe->stream);
    if (!pipe->begun && pcapng_check(buffer_view(&pipe->block), error))
        return -1;
    pipe->begun = true;
    pipe->cut = pipe->block.length > 0;
    if (pipe->block.length < BLOCK_HEAD)
        return 0;
    size = pcapng_size(buffer_view(&pipe->block));
    if (size < BLOCK_HEAD || size > BLOCK_MAXIMUM)
        return 0;
    if (buffer_reserve(&pipe->block, size - BLOCK_HEAD) < 0)
        return error_set(error, "out of memory");
    pipe->block.length +=
        fread(pipe->block.data + BLOCK_HEAD, 1, size - BLOCK_HEAD, pipe->stream);
    pipe->cut = pcapng_next(buffer_view(&pipe->block), is_packet, &captured) == 0;
    return !pipe->cut;
}

static void take_packet(const struct pipe *pipe, wire_taker *take, void *context,
                        struct wire_result *result)
{
    struct wire_packet packet = {.protocol = WIRE_PIPE, .number = ++result->packets};
    struct pcapng_packet read;

    packet.bytes = pcapng_packet_read(buffer_view(&pipe->block), &read);
    packet.wall_ns = (int64_t)((uint64_t)read.wall_ns * (uint64_t)pipe->unit_ns);
    packet.outbound = read.direction == PCAPNG_OUTBOUND;
    if (pipe->link != PCAPNG_USER0 || read.direction == PCAPNG_UNKNOWN)
        result->not_decoded++;
    else
        take(context, &packet);
}

int pipe_read(const char *path, FILE *stream, wire_taker *take, void *context,
              struct wire_result *result, struct error *error)
{
    struct pipe pipe = {
        .stream = stream, .block = buffer_make(BLOCK_MAXIMUM), .unit_ns = 1};
    bool is_packet = false;
    unsigned link;
    int got;

    while ((got = next_block(&pipe, &is_packet, error)) > 0) {
        if (is_packet) {
            take_packet(&pipe, take, context, result);
            continue;
        }
        got =
            pcapng_interface_read(buffer_view(&pipe.block), &link, &pipe.unit_ns, error);
        if (got < 0)
            break;
        pipe.link = link ? link : pipe.link;
    }
    result->cut = pipe.cut;
    if (got < 0)
        error_prefix(error, "%s: ", path);
    buffer_free(&pipe.block);
    return got < 0 ? -1 : 0;
}
