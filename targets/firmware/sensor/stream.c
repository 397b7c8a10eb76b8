#include "stream.h"

#include "bytes.h"

#define HEADER 4 /* choice, length */

void stream_start(struct stream *stream, struct agent *agent)
{
    *stream = (struct stream){.agent = agent};
}

void stream_receive(struct stream *stream, uint8_t byte)
{
    stream->quiet_ticks = 0;
    if (SENSOR_DEFECTIVE || stream->length < AGENT_RECEIVE_MAX) { /* S01 */
        stream->bytes[stream->length] = byte;
    }
    if (stream->length < UINT16_MAX) {
        stream->length++;
    }
}

/* Where the APDU at `at` ends by its own account; beyond all there can be if its header
 * is not there yet. */
static uint32_t end_of(const struct stream *stream, uint32_t at)
{
    if (at + HEADER > stream->length) {
        return UINT32_MAX;
    }
    return at + HEADER + bytes_u2(stream->bytes + at + 2);
}

/* One APDU or several, and nothing else. */
static bool is_whole(const struct stream *stream)
{
    uint32_t at = 0;

    while (at < stream->length && at + HEADER <= AGENT_RECEIVE_MAX) {
        at = end_of(stream, at);
    }
    return at == stream->length;
}

static void take(struct stream *stream)
{
    if (!SENSOR_DEFECTIVE && stream->length > AGENT_RECEIVE_MAX) { /* S01 */
        agent_abort(stream->agent, ABORT_BUFFER_OVERFLOW);
    } else if (!is_whole(stream)) {
        agent_abort(stream->agent, ABORT_UNDEFINED);
    } else {
        for (uint32_t at = 0, end; at < stream->length; at = end) {
            end = end_of(stream, at);
            agent_receive(stream->agent, stream->bytes + at, (uint16_t)(end - at));
        }
    }
    stream->length = 0;
}

void stream_end(struct stream *stream)
{
    if (stream->length > 0 && is_whole(stream)) {
        take(stream);
    }
}

void stream_tick(struct stream *stream)
{
    if (stream->length > 0 && ++stream->quiet_ticks >= STREAM_PATIENCE_TICKS) {
        take(stream);
    }
}
