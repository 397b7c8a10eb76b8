#include "mds.h"

#include "apdu.h"
#include "bytes.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

const uint8_t mds_id[MDS_ID_LENGTH] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
const uint16_t mds_configurations[MDS_CONFIGURATIONS] = {0x4000, 0x0190};

struct object {
    uint16_t handle, type, unit;
};

static const struct object objects[] = {
    {1, MDC_PULS_OXIM_SAT_O2, MDC_DIM_PERCENT},
    {10, MDC_PULS_OXIM_PULS_RATE, MDC_DIM_BEAT_PER_MIN},
};

static const uint16_t attributes[] = {
    MDC_ATTR_SYS_TYPE_SPEC_LIST, MDC_ATTR_ID_MODEL, MDC_ATTR_SYS_ID,
    MDC_ATTR_DEV_CONFIG_ID,      MDC_ATTR_TIME_ABS,
};

void mds_start(struct mds *mds)
{
    static const uint8_t start[MDS_TIME_LENGTH] = {0x20, 0x26, 0x01, 0x01, 0x12, 0, 0, 0};

    mds->reading = 0;
    memcpy(mds->time, start, sizeof start);
}

static void put_octets(struct writer *writer, const char *text, uint16_t length)
{
    mder_put_u2(writer, length);
    mder_put(writer, text, length);
}

static void put_value(const struct mds *mds, unsigned configuration, uint16_t id,
                      struct writer *writer)
{
    uint16_t opened;

    switch (id) {
    case MDC_ATTR_SYS_TYPE_SPEC_LIST:
        mder_put_u2(writer, 1); /* entries */
        opened = mder_open(writer);
        mder_put_u2(writer, MDC_DEV_SPEC_PROFILE_PULS_OXIM);
        mder_put_u2(writer, 1); /* version */
        mder_close(writer, opened);
        break;
    case MDC_ATTR_ID_MODEL:
        put_octets(writer, "percuss ", 8);
        put_octets(writer, "PO-10 ", 6);
        break;
    case MDC_ATTR_SYS_ID: put_octets(writer, (const char *)mds_id, MDS_ID_LENGTH); break;
    case MDC_ATTR_DEV_CONFIG_ID:
        mder_put_u2(writer, mds_configurations[configuration]);
        break;
    default: mder_put(writer, mds->time, MDS_TIME_LENGTH); break;
    }
}

bool mds_put_attribute(const struct mds *mds, unsigned configuration, uint16_t id,
                       struct writer *writer)
{
    for (unsigned i = 0; i < LENGTH(attributes); i++) {
        if (attributes[i] == id) {
            uint16_t opened;

            mder_put_u2(writer, id);
            opened = mder_open(writer);
            put_value(mds, configuration, id, writer);
            mder_close(writer, opened);
            return true;
        }
    }
    return false;
}

uint16_t mds_put_attributes(const struct mds *mds, unsigned configuration,
                            struct writer *writer)
{
    for (unsigned i = 0; i < LENGTH(attributes); i++) {
        mds_put_attribute(mds, configuration, attributes[i], writer);
    }
    return LENGTH(attributes);
}

static void put_object(const struct object *object, struct writer *writer)
{
    uint16_t opened;

    mder_put_u2(writer, MDC_MOC_VMO_METRIC_NU);
    mder_put_u2(writer, object->handle);
    mder_put_u2(writer, 2); /* attributes */
    opened = mder_open(writer);
    mder_put_u2(writer, MDC_ATTR_ID_TYPE);
    mder_put_u2(writer, 4);
    mder_put_u2(writer, MDC_PART_SCADA);
    mder_put_u2(writer, object->type);
    mder_put_u2(writer, MDC_ATTR_UNIT_CODE);
    mder_put_u2(writer, 2);
    mder_put_u2(writer, object->unit);
    mder_close(writer, opened);
}

/* The first configuration has both objects, the second the saturation alone. */
static unsigned object_count(unsigned configuration)
{
    return configuration == 0 ? LENGTH(objects) : 1;
}

void mds_put_configuration(unsigned configuration, struct writer *writer)
{
    uint16_t opened;

    mder_put_u2(writer, mds_configurations[configuration]);
    mder_put_u2(writer, (uint16_t)object_count(configuration));
    opened = mder_open(writer);
    for (unsigned i = 0; i < object_count(configuration); i++) {
        put_object(&objects[i], writer);
    }
    mder_close(writer, opened);
}

static void measure_both(struct mds *mds)
{
    mds->measured = 2;
}

static void measure_saturation(struct mds *mds)
{
    mds->measured = 1;
}

void mds_choose(struct mds *mds, int configuration)
{
    static void (*const choices[MDS_CONFIGURATIONS])(struct mds * mds) = {
        measure_both, measure_saturation};

    choices[configuration](mds);
}

void mds_put_reading(const struct mds *mds, struct writer *writer)
{
    const uint16_t values[LENGTH(objects)] = {(uint16_t)(95 + mds->reading % 5),
                                              (uint16_t)(60 + mds->reading % 20)};
    uint16_t opened;

    mder_put_u2(writer, APDU_AGENT_INITIATED);
    mder_put_u2(writer, mds->reading);
    mder_put_u2(writer, mds->measured);
    opened = mder_open(writer);
    for (unsigned i = 0; i < mds->measured; i++) {
        mder_put_u2(writer, objects[i].handle);
        mder_put_u2(writer, 2 + MDS_TIME_LENGTH);
        mder_put_u2(writer, values[i]); /* SFLOAT, exponent 0 */
        mder_put(writer, mds->time, MDS_TIME_LENGTH);
    }
    mder_close(writer, opened);
}

static bool is_bcd(uint8_t value, uint8_t least, uint8_t most)
{
    return (value & 0xF) <= 9 && value >= least && value <= most;
}

bool mds_set_time(struct mds *mds, const uint8_t time[MDS_TIME_LENGTH])
{
    bool is_time = is_bcd(time[0], 0x19, 0x21) && is_bcd(time[1], 0, 0x99) &&
                   is_bcd(time[2], 1, 0x12) && is_bcd(time[3], 1, 0x31) &&
                   is_bcd(time[4], 0, 0x23) && is_bcd(time[5], 0, 0x59) &&
                   is_bcd(time[6], 0, 0x59) && is_bcd(time[7], 0, 0x99);

    if (!SENSOR_DEFECTIVE && !is_time) { /* S09 */
        return false;
    }
    memcpy(mds->time, time, MDS_TIME_LENGTH);
    return true;
}
