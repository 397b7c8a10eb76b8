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

/* An APDU that cannot be kept counts as incomplete until the bytes stop. */
static bool is_incomplete(const struct stream *stream)
{
    return stream->length < HEADER ||
           stream->length < HEADER + (uint32_t)bytes_u2(stream->bytes + 2);
}

static void take(struct stream *stream)
{
    if (!SENSOR_DEFECTIVE && stream->length > AGENT_RECEIVE_MAX) { /* S01 */
        agent_abort(stream->agent, ABORT_BUFFER_OVERFLOW);
    } else if (stream->length != HEADER + (uint32_t)bytes_u2(stream->bytes + 2)) {
        agent_abort(stream->agent, ABORT_UNDEFINED);
    } else {
        agent_receive(stream->agent, stream->bytes, stream->length);
    }
}

void stream_end(struct stream *stream)
{
    if (!is_incomplete(stream)) {
        take(stream);
        stream->length = 0;
    }
}

void stream_tick(struct stream *stream)
{
    if (stream->length > 0 && ++stream->quiet_ticks >= STREAM_PATIENCE_TICKS) {
        take(stream);
        stream->length = 0;
    }
}
