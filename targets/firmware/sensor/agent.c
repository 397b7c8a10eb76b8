#include "agent.h"

#include "bytes.h"
#include "operation.h"

#define EVENT_TIME 0xFFFFFFFFu /* no relative time */

void agent_start(struct agent *agent, void (*send)(const uint8_t *bytes, uint16_t length))
{
    *agent = (struct agent){.send = send};
    mds_start(&agent->mds);
}

const char *agent_state_name(enum agent_state state)
{
    static const char *const names[] = {
        [AGENT_UNASSOCIATED] = "unassociated",     [AGENT_ASSOCIATING] = "associating",
        [AGENT_CONFIGURING] = "configuring",       [AGENT_OPERATING] = "operating",
        [AGENT_DISASSOCIATING] = "disassociating",
    };

    return names[state];
}

/* --- sending ---------------------------------------------------------------------------
 */

static struct writer begin(struct agent *agent, uint16_t choice)
{
    struct writer writer = {.to = agent->send_buffer, .room = AGENT_SEND_MAX};

    mder_put_u2(&writer, choice);
    mder_open(&writer);
    return writer;
}

static void finish(struct agent *agent, struct writer *writer)
{
    mder_close(writer, 2);
    agent->send(agent->send_buffer, writer->length);
}

static void send_reason(struct agent *agent, uint16_t choice, uint16_t reason)
{
    struct writer writer = begin(agent, choice);

    mder_put_u2(&writer, reason);
    finish(agent, &writer);
}

static void leave(struct agent *agent)
{
    agent->state = AGENT_UNASSOCIATED;
    agent->wait_ticks = 0;
    agent->is_awaiting = false;
}

void agent_abort(struct agent *agent, enum apdu_abort reason)
{
    send_reason(agent, APDU_ABRT, reason);
    leave(agent);
}

static void send_aarq(struct agent *agent)
{
    struct writer writer = begin(agent, APDU_AARQ);
    uint16_t list, info;

    mder_put_u4(&writer, APDU_VERSION_1);
    mder_put_u2(&writer, 1); /* data protocols */
    list = mder_open(&writer);
    mder_put_u2(&writer, APDU_DATA_PROTOCOL);
    info = mder_open(&writer);
    mder_put_u4(&writer, APDU_VERSION_1);
    mder_put_u2(&writer, APDU_MDER);
    mder_put_u4(&writer, APDU_NOMENCLATURE_1);
    mder_put_u4(&writer, 0); /* functional units */
    mder_put_u4(&writer, APDU_AGENT);
    mder_put_u2(&writer, MDS_ID_LENGTH);
    mder_put(&writer, mds_id, MDS_ID_LENGTH);
    mder_put_u2(&writer, mds_configurations[agent->configuration]);
    mder_put_u2(&writer, 0x0001); /* agent-initiated reports, */
    mder_put_u2(&writer, 0x0100); /* one flow of them */
    mder_put_u4(&writer, 0);      /* no options */
    mder_close(&writer, info);
    mder_close(&writer, list);
    agent->state = AGENT_ASSOCIATING;
    agent->wait_ticks = AGENT_ASSOCIATE_TICKS;
    finish(agent, &writer);
}

static void send_event(struct agent *agent, uint16_t type)
{
    struct writer writer = begin(agent, APDU_PRST);
    uint16_t octets = mder_open(&writer), operation, info;

    mder_put_u2(&writer, agent->invoke_id);
    mder_put_u2(&writer, ROIV_CONFIRMED_EVENT);
    operation = mder_open(&writer);
    mder_put_u2(&writer, 0); /* the MDS object */
    mder_put_u4(&writer, EVENT_TIME);
    mder_put_u2(&writer, type);
    info = mder_open(&writer);
    if (type == MDC_NOTI_CONFIG) {
        mds_put_configuration(agent->configuration, &writer);
        agent->wait_ticks = AGENT_CONFIGURE_TICKS;
    } else {
        mds_put_reading(&agent->mds, &writer);
        agent->wait_ticks = AGENT_CONFIRM_TICKS;
    }
    mder_close(&writer, info);
    mder_close(&writer, operation);
    mder_close(&writer, octets);
    agent->is_awaiting = true;
    finish(agent, &writer);
}

static void release(struct agent *agent, enum apdu_release reason)
{
    agent->state = AGENT_DISASSOCIATING;
    agent->release_reason = reason;
    agent->is_awaiting = false;
    agent->wait_ticks = AGENT_RELEASE_TICKS;
    send_reason(agent, APDU_RLRQ, reason);
}

/* --- association -----------------------------------------------------------------------
 */

static bool is_manager_known(struct reader *reader)
{
    uint8_t id[MDS_ID_LENGTH];
    uint16_t length = mder_u2(reader);

    if (!SENSOR_DEFECTIVE && length != MDS_ID_LENGTH) { /* S02 */
        return false;
    }
    memcpy(id, SENSOR_DEFECTIVE ? reader->at : mder_bytes(reader, length), length);
    if (SENSOR_DEFECTIVE) {
        mder_bytes(reader, length);
    }
    return memcmp(id, mds_id, sizeof id) != 0; /* a manager is not this sensor */
}

/* PhdAssociationInformation of a manager. */
static bool is_information(struct reader *reader)
{
    bool is_right = (mder_u4(reader) & APDU_VERSION_1) != 0;

    is_right &= mder_u2(reader) == APDU_MDER || SENSOR_DEFECTIVE; /* S08 */
    is_right &= (mder_u4(reader) & APDU_NOMENCLATURE_1) != 0;
    mder_u4(reader); /* functional units */
    is_right &= mder_u4(reader) == APDU_MANAGER;
    is_right &= is_manager_known(reader);
    mder_u2(reader); /* dev-config-id */
    mder_u4(reader); /* data request modes */
    return is_right && mder_u2(reader) == 0 && mder_u2(reader) == 0 &&
           mder_is_done(reader);
}

static bool is_protocol(struct reader *reader)
{
    uint16_t protocol = mder_u2(reader);

    return (protocol == APDU_DATA_PROTOCOL || SENSOR_DEFECTIVE) && /* S08 */
           mder_fits(reader) && is_information(reader);
}

static void take_aare(struct agent *agent, struct reader *reader)
{
    uint16_t result = mder_u2(reader);

    if (agent->state != AGENT_ASSOCIATING || reader->is_bad) {
        agent_abort(agent, ABORT_UNDEFINED);
    } else if (result != RESULT_ACCEPTED && result != RESULT_UNKNOWN_CONFIG) {
        leave(agent);
    } else if (!is_protocol(reader)) {
        agent_abort(agent, ABORT_UNDEFINED);
    } else if (result == RESULT_ACCEPTED) {
        mds_choose(&agent->mds, agent->configuration);
        agent->state = AGENT_OPERATING;
        agent->wait_ticks = 0;
    } else {
        agent->state = AGENT_CONFIGURING;
        agent->invoke_id++;
        send_event(agent, MDC_NOTI_CONFIG);
    }
}

/* Another agent: it is turned down. */
static void take_aarq(struct agent *agent)
{
    struct writer writer = begin(agent, APDU_AARE);

    if (agent->state != AGENT_UNASSOCIATED && agent->state != AGENT_ASSOCIATING) {
        agent_abort(agent, ABORT_UNDEFINED);
        return;
    }
    mder_put_u2(&writer, RESULT_REJECTED);
    mder_put_u4(&writer, 0); /* no data protocol, no information */
    leave(agent);
    finish(agent, &writer);
}

static void take_rlrq(struct agent *agent, struct reader *reader)
{
    mder_u2(reader);
    if (agent->state < AGENT_CONFIGURING || !mder_is_done(reader)) {
        agent_abort(agent, ABORT_UNDEFINED);
        return;
    }
    if (agent->state != AGENT_DISASSOCIATING) {
        leave(agent);
    }
    send_reason(agent, APDU_RLRE, RELEASE_NORMAL);
}

static void take_rlre(struct agent *agent, struct reader *reader)
{
    mder_u2(reader);
    if (agent->state == AGENT_DISASSOCIATING && mder_is_done(reader)) {
        leave(agent);
    } else if (agent->state != AGENT_UNASSOCIATED) {
        agent_abort(agent, ABORT_UNDEFINED);
    }
}

/* --- event responses -------------------------------------------------------------------
 */

static void offer_next(struct agent *agent)
{
    if (agent->configuration + 1 < MDS_CONFIGURATIONS) {
        agent->configuration++;
        agent->invoke_id++;
        send_event(agent, MDC_NOTI_CONFIG);
    } else {
        agent->configuration = 0;
        release(agent, RELEASE_NO_MORE_CONFIGURATIONS);
    }
}

/* ConfigReportRsp. */
static bool take_configuration(struct agent *agent, struct reader *reader)
{
    uint16_t id = mder_u2(reader), result = mder_u2(reader);
    int index = agent->configuration;

    if (!mder_is_done(reader) || result > 2 || agent->state != AGENT_CONFIGURING) {
        return false;
    }
    if (SENSOR_DEFECTIVE) { /* S06 */
        index = id == mds_configurations[1] ? 1 : id - mds_configurations[0];
    } else if (id != mds_configurations[index]) {
        return false;
    }
    if (result == RESULT_ACCEPTED) {
        mds_choose(&agent->mds, index);
        agent->state = AGENT_OPERATING;
    } else {
        offer_next(agent);
    }
    return true;
}

static bool take_event_response(struct agent *agent, struct reader *reader)
{
    bool is_mds = mder_u2(reader) == 0;
    uint16_t type;

    mder_u4(reader); /* current time */
    type = mder_u2(reader);
    if (!is_mds || !mder_fits(reader)) {
        return false;
    }
    agent->is_awaiting = false;
    agent->wait_ticks = 0;
    if (type == MDC_NOTI_CONFIG) {
        return take_configuration(agent, reader);
    }
    if (type != MDC_NOTI_SCAN_REPORT_FIXED || agent->state != AGENT_OPERATING ||
        !mder_is_done(reader)) {
        return false;
    }
    agent->mds.reading++;
    return true;
}

/* Nothing but a response to the latest event report is expected. */
static bool take_response(struct agent *agent, uint16_t invoke_id, uint16_t operation,
                          struct reader *reader)
{
    bool is_mine = SENSOR_DEFECTIVE || invoke_id == agent->invoke_id; /* S05 */

    return agent->is_awaiting && is_mine && operation == RORS_CONFIRMED_EVENT &&
           take_event_response(agent, reader);
}

/* --- presentation ----------------------------------------------------------------------
 */

static void take_prst(struct agent *agent, struct reader *reader)
{
    struct writer writer = begin(agent, APDU_PRST);
    bool is_associated =
        agent->state == AGENT_CONFIGURING || agent->state == AGENT_OPERATING;
    bool fits = mder_fits(reader);
    uint16_t invoke_id = mder_u2(reader), operation = mder_u2(reader), octets;

    if ((!SENSOR_DEFECTIVE && !is_associated) || !fits || !mder_fits(reader)) { /* S04 */
        agent_abort(agent, ABORT_UNDEFINED);
        return;
    }
    if (operation >= RESPONSES) {
        if (!take_response(agent, invoke_id, operation, reader)) {
            agent_abort(agent, ABORT_UNDEFINED);
        }
        return;
    }
    octets = mder_open(&writer);
    mder_put_u2(&writer, invoke_id);
    operation_answer(agent, operation, reader, &writer);
    mder_close(&writer, octets);
    finish(agent, &writer);
}

/* --- the button ------------------------------------------------------------------------
 */

static void press(struct agent *agent)
{
    switch (agent->state) {
    case AGENT_UNASSOCIATED:
        agent->tries = 1;
        agent->configuration = 0;
        send_aarq(agent);
        break;
    case AGENT_ASSOCIATING: send_aarq(agent); break;
    case AGENT_CONFIGURING: send_event(agent, MDC_NOTI_CONFIG); break;
    case AGENT_OPERATING:
        agent->invoke_id = (uint16_t)(agent->invoke_id + !agent->is_awaiting);
        send_event(agent, MDC_NOTI_SCAN_REPORT_FIXED);
        break;
    case AGENT_DISASSOCIATING: release(agent, agent->release_reason); break;
    }
}

static void hold(struct agent *agent)
{
    if (agent->state == AGENT_CONFIGURING || agent->state == AGENT_OPERATING) {
        release(agent, RELEASE_NORMAL);
    }
}

/* --- both ------------------------------------------------------------------------------
 */

void agent_receive(struct agent *agent, const uint8_t *apdu, uint16_t length)
{
    struct reader reader = {.at = apdu + 4, .left = (uint16_t)(length - 4)};

    switch (bytes_u2(apdu)) {
    case APDU_AARQ: take_aarq(agent); break;
    case APDU_AARE: take_aare(agent, &reader); break;
    case APDU_RLRQ: take_rlrq(agent, &reader); break;
    case APDU_RLRE: take_rlre(agent, &reader); break;
    case APDU_ABRT: leave(agent); break;
    case APDU_PRST: take_prst(agent, &reader); break;
    case APDU_BUTTON: press(agent); break;
    case APDU_SWITCH_OFF: hold(agent); break;
    default: agent_abort(agent, ABORT_UNDEFINED); break;
    }
}

void agent_tick(struct agent *agent)
{
    if (agent->wait_ticks == 0 || --agent->wait_ticks > 0) {
        return;
    }
    if (agent->state == AGENT_ASSOCIATING && agent->tries < AGENT_ASSOCIATE_TRIES) {
        agent->tries++;
        send_aarq(agent);
    } else {
        agent_abort(agent, agent->state == AGENT_CONFIGURING ? ABORT_CONFIGURATION_TIMEOUT
                                                             : ABORT_RESPONSE_TIMEOUT);
    }
}
