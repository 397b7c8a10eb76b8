#include "operation.h"

#include "bytes.h"

static void put_error(struct writer *writer, enum apdu_error error)
{
    mder_put_u2(writer, ROER);
    mder_put_u2(writer, 4);
    mder_put_u2(writer, error);
    mder_put_u2(writer, 0); /* no parameter */
}

static void put_rejection(struct writer *writer, enum apdu_reject problem)
{
    mder_put_u2(writer, RORJ);
    mder_put_u2(writer, 2);
    mder_put_u2(writer, problem);
}

/* The attributes of a list, or all if it is empty; returns how many. */
static uint16_t put_attributes(struct agent *agent, struct reader *reader, uint16_t asked,
                               struct writer *writer)
{
    uint16_t found = 0;

    if (asked == 0) {
        return mds_put_attributes(&agent->mds, agent->configuration, writer);
    }
    for (uint16_t i = 0; i < asked; i++) {
        uint16_t id = bytes_u2(reader->at + 2 * i);

        found = (uint16_t)(found + mds_put_attribute(&agent->mds, agent->configuration,
                                                     id, writer));
    }
    return found;
}

static void get(struct agent *agent, struct reader *reader, struct writer *writer)
{
    uint16_t start = writer->length, handle = mder_u2(reader), asked = mder_u2(reader);
    uint16_t operation, count, list, found;

    if (!mder_fits(reader) ||
        (!SENSOR_DEFECTIVE && reader->left != 2 * asked)) { /* S03 */
        put_rejection(writer, REJECT_BADLY_STRUCTURED);
        return;
    }
    if (handle != 0) {
        put_error(writer, ERROR_NO_OBJECT);
        return;
    }
    mder_put_u2(writer, RORS_GET);
    operation = mder_open(writer);
    mder_put_u2(writer, 0);
    count = mder_open(writer);
    list = mder_open(writer);
    found = put_attributes(agent, reader, asked, writer);
    mder_close(writer, list);
    mder_close(writer, operation);
    if (writer->is_full) {
        writer->length = start;
        writer->is_full = false;
        put_rejection(writer, REJECT_RESOURCES);
        return;
    }
    bytes_put_u2(writer->to + count, found);
}

static void act(struct agent *agent, struct reader *reader, struct writer *writer)
{
    uint16_t handle = mder_u2(reader), action = mder_u2(reader);
    const uint8_t *time;

    if (!mder_fits(reader)) {
        put_rejection(writer, REJECT_BADLY_STRUCTURED);
        return;
    }
    if (handle != 0 || action != MDC_ACT_SET_TIME) {
        put_error(writer, handle != 0 ? ERROR_NO_OBJECT : ERROR_NO_ACTION);
        return;
    }
    time = mder_bytes(reader, MDS_TIME_LENGTH);
    mder_u4(reader); /* accuracy */
    if (!mder_is_done(reader) || !mds_set_time(&agent->mds, time)) {
        put_rejection(writer, REJECT_BADLY_STRUCTURED);
        return;
    }
    mder_put_u2(writer, RORS_CONFIRMED_ACTION);
    mder_put_u2(writer, 6);
    mder_put_u2(writer, 0);
    mder_put_u2(writer, action);
    mder_put_u2(writer, 0); /* no information */
}

void operation_answer(struct agent *agent, uint16_t operation, struct reader *reader,
                      struct writer *writer)
{
    switch (operation) {
    case ROIV_GET: get(agent, reader, writer); break;
    case ROIV_CONFIRMED_ACTION: act(agent, reader, writer); break;
    case ROIV_SET:
    case ROIV_CONFIRMED_SET: put_error(writer, ERROR_NOT_ALLOWED); break;
    default: put_rejection(writer, REJECT_OPERATION); break;
    }
}
