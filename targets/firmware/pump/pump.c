#include "pump.h"

#include "board.h"
#include "device.h"
#include "port.h"

#define TICKS_PER_HOUR (3600u * BOARD_TICKS_PER_SECOND)
#define TICKS_PER_PERCENT (600u * BOARD_TICKS_PER_SECOND)
#define BATTERY_LOW_PERCENT 20
#define PRESSURE_AT_REST_MMHG 30
#define CONTROL_BITS 6
#define STOPPING_ALARMS (ALARM_VTBI_COMPLETE | ALARM_OCCLUSION | ALARM_BATTERY_EMPTY)

struct range {
    uint16_t minimum, maximum, initial;
};

/* The register map of README.md; text registers are checked by character instead. */
static const struct range ranges[PUMP_TEXT_START] = {
    [REGISTER_RATE] = {1, 9999, 500},
    [REGISTER_VTBI] = {1, 9999, 500},
    [REGISTER_BOLUS] = {0, 500, 0},
    [REGISTER_OCCLUSION] = {50, 900, 400},
    [REGISTER_ALARM_VOLUME] = {1, 10, 5},
    [REGISTER_KEEP_OPEN] = {0, 50, 10},
    [7] = {20, 500, 100},
    [8] = {0, 100, 80},
    [REGISTER_BOLUS_RATE] = {10, 9999, 6000},
    [10] = {0, 255, 0},
    [11] = {0, 3000, 0},
    [12] = {0, 5999, 0},
    [13] = {0, 300, 10},
    [14] = {0, 9999, 1},
    [15] = {0, 65535, 0},
};

void pump_start(struct pump *pump)
{
    *pump = (struct pump){.state = PUMP_READY, .battery_percent = 100};
    for (uint16_t i = REGISTER_RATE; i < PUMP_TEXT_START; i++) {
        pump->holding[i] = ranges[i].initial;
    }
    pump->remaining_dml = 10u * pump->holding[REGISTER_VTBI];
}

const char *pump_state_name(enum pump_state state)
{
    static const char *const names[] = {
        [PUMP_IDLE] = "idle",   [PUMP_READY] = "ready",     [PUMP_INFUSING] = "infusing",
        [PUMP_ALARM] = "alarm", [PUMP_STANDBY] = "standby",
    };

    return names[state];
}

/* Idle means: nothing left to infuse until a new VTBI is set. */
static enum pump_state resting_state(const struct pump *pump)
{
    return pump->remaining_dml > 0 ? PUMP_READY : PUMP_IDLE;
}

static uint16_t flow_rate(const struct pump *pump)
{
    if (pump->state == PUMP_INFUSING) {
        return pump->holding[pump->bolus_dml > 0 ? REGISTER_BOLUS_RATE : REGISTER_RATE];
    }
    if (pump->state == PUMP_ALARM && pump->alarms == ALARM_VTBI_COMPLETE) {
        return pump->holding[REGISTER_KEEP_OPEN];
    }
    return 0;
}

static uint16_t pressure_mmhg(const struct pump *pump)
{
    return (uint16_t)(PRESSURE_AT_REST_MMHG + flow_rate(pump) / 40);
}

static void raise(struct pump *pump, enum pump_alarm alarm)
{
    pump->alarms |= (uint8_t)alarm;
    if (alarm & STOPPING_ALARMS) {
        pump->state = PUMP_ALARM;
        pump->bolus_dml = 0;
        pump->silenced = false;
    }
}

static void deliver(struct pump *pump)
{
    pump->fraction += flow_rate(pump);
    if (pump->fraction < TICKS_PER_HOUR) {
        return;
    }
    pump->fraction -= TICKS_PER_HOUR;
    pump->delivered_dml++;
    if (pump->bolus_dml > 0) {
        pump->bolus_dml--;
    }
    if (pump->remaining_dml > 0) {
        pump->remaining_dml--;
    }
}

static void drain_battery(struct pump *pump)
{
    if (++pump->battery_ticks < TICKS_PER_PERCENT || pump->battery_percent == 0) {
        return;
    }
    pump->battery_ticks = 0;
    pump->battery_percent--;
    if (pump->battery_percent == BATTERY_LOW_PERCENT) {
        raise(pump, ALARM_BATTERY_LOW);
    }
    if (pump->battery_percent == 0) {
        raise(pump, ALARM_BATTERY_EMPTY);
    }
}

void pump_tick(struct pump *pump)
{
    pump->ticks++;
    deliver(pump);
    drain_battery(pump);
    if (pump->state != PUMP_INFUSING) {
        return;
    }
    if (pump->remaining_dml == 0) {
        raise(pump, ALARM_VTBI_COMPLETE);
    } else if (pressure_mmhg(pump) > pump->holding[REGISTER_OCCLUSION]) {
        raise(pump, ALARM_OCCLUSION);
    }
}

bool pump_coil(const struct pump *pump, uint16_t number)
{
    switch (number) {
    case COIL_INFUSE: return pump->state == PUMP_INFUSING;
    case COIL_BOLUS: return pump->bolus_dml > 0;
    case COIL_SILENCE: return pump->silenced;
    case COIL_ACKNOWLEDGE: return false;
    case COIL_STANDBY: return pump->state == PUMP_STANDBY;
    default: return pump->latches >> number & 1;
    }
}

bool pump_discrete(const struct pump *pump, uint16_t number)
{
    const bool values[PUMP_DISCRETES] = {
        [0] = pump->state == PUMP_INFUSING,
        [1] = pump->state == PUMP_ALARM,
        [2] = false, /* door open: no such sensor on these boards, */
        [3] = false, /* nor air in line */
        [4] = pump->alarms & (ALARM_BATTERY_LOW | ALARM_BATTERY_EMPTY),
        [5] = pump->bolus_dml > 0,
        [6] = pump->silenced,
        [7] = pump->state == PUMP_STANDBY,
        [8] = pump->latches >> COIL_KEYPAD_LOCK & 1,
        [9] = pump->alarms & ALARM_VTBI_COMPLETE,
        [10] = pump->alarms & ALARM_OCCLUSION,
        [11] =
            pump->state == PUMP_ALARM && flow_rate(pump) > 0, /* keeping the vein open */
        [12] = pump->remaining_dml > 0,
    };

    return values[number];
}

static uint16_t control_word(const struct pump *pump)
{
    uint16_t word = 0;

    for (uint16_t i = 0; i < CONTROL_BITS; i++) {
        word |= (uint16_t)(pump_coil(pump, i) << i);
    }
    return word;
}

uint16_t pump_holding(const struct pump *pump, uint16_t address)
{
    if (address == REGISTER_CONTROL) {
        return control_word(pump);
    }
    return address < PUMP_HOLDINGS ? pump->holding[address] : 0;
}

void pump_fill_inputs(const struct pump *pump, uint16_t inputs[PUMP_INPUTS])
{
    uint32_t seconds = pump->ticks / BOARD_TICKS_PER_SECOND;

    inputs[0] = (uint16_t)(pump->delivered_dml >> 16);
    inputs[1] = (uint16_t)pump->delivered_dml;
    inputs[2] = pump->battery_percent;
    inputs[3] = pressure_mmhg(pump);
    inputs[4] = (uint16_t)pump->state;
    inputs[5] = pump->alarms;
    inputs[6] = (uint16_t)(seconds >> 16);
    inputs[7] = (uint16_t)seconds;
    inputs[8] = DEVICE_VERSION;
    inputs[10] = flow_rate(pump);
    inputs[11] = (uint16_t)((pump->remaining_dml + 9) / 10);
    inputs[12] = (uint16_t)(6000 + 24 * pump->battery_percent); /* mV */
    inputs[13] = (uint16_t)(250 + flow_rate(pump) / 100);       /* 0.1 degree C */
    inputs[14] = port_dropped();
}

static int start_or_stop(struct pump *pump, bool on)
{
    if (on && pump->state != PUMP_READY && pump->state != PUMP_INFUSING) {
        return EXCEPTION_FAILURE;
    }
    if (on) {
        pump->state = PUMP_INFUSING;
    } else if (pump->state == PUMP_INFUSING) {
        pump->bolus_dml = 0;
        pump->state = resting_state(pump);
    }
    return EXCEPTION_NONE;
}

static int request_bolus(struct pump *pump, bool on)
{
    if (on && pump->state != PUMP_INFUSING) {
        return EXCEPTION_FAILURE;
    }
    pump->bolus_dml = on ? pump->holding[REGISTER_BOLUS] : 0;
    return EXCEPTION_NONE;
}

static void acknowledge(struct pump *pump)
{
    if (pump->state == PUMP_ALARM) {
        pump->alarms &= (uint8_t)~STOPPING_ALARMS;
        pump->silenced = false;
        pump->state = resting_state(pump);
    }
}

static int stand_by(struct pump *pump, bool on)
{
    if (on && (pump->state == PUMP_INFUSING || pump->state == PUMP_ALARM)) {
        return EXCEPTION_FAILURE;
    }
    if (on) {
        pump->state = PUMP_STANDBY;
    } else if (pump->state == PUMP_STANDBY) {
        pump->state = resting_state(pump);
    }
    return EXCEPTION_NONE;
}

int pump_write_coil(struct pump *pump, uint16_t number, bool on)
{
    if (number >= PUMP_COILS) {
        return EXCEPTION_ADDRESS;
    }
    switch (number) {
    case COIL_INFUSE: return start_or_stop(pump, on);
    case COIL_BOLUS: return request_bolus(pump, on);
    case COIL_SILENCE:
        pump->silenced = on && pump->state == PUMP_ALARM;
        return EXCEPTION_NONE;
    case COIL_ACKNOWLEDGE:
        if (on) {
            acknowledge(pump);
        }
        return EXCEPTION_NONE;
    case COIL_STANDBY: return stand_by(pump, on);
    default:
        pump->latches =
            (uint16_t)((pump->latches & ~(1u << number)) | (unsigned)on << number);
        return EXCEPTION_NONE;
    }
}

/* Writes the coils whose bit differs from what the register reads. */
static int write_control(struct pump *pump, uint16_t word)
{
    struct pump trial = *pump;

    if (word >> CONTROL_BITS != 0) {
        return EXCEPTION_VALUE;
    }
    for (uint16_t i = 0; i < CONTROL_BITS; i++) {
        bool on = word >> i & 1;
        int status =
            on == pump_coil(&trial, i) ? EXCEPTION_NONE : pump_write_coil(&trial, i, on);

        if (status != EXCEPTION_NONE) {
            return status;
        }
    }
    *pump = trial;
    return EXCEPTION_NONE;
}

static bool is_text_byte(uint8_t byte)
{
    return byte == 0 || (byte >= 0x20 && byte <= 0x7E);
}

int pump_write(struct pump *pump, uint16_t address, uint16_t value)
{
    if (address >= PUMP_HOLDINGS) {
        return EXCEPTION_ADDRESS;
    }
    if (address == REGISTER_CONTROL) {
        return write_control(pump, value);
    }
    if (address >= PUMP_TEXT_START) {
        if (!is_text_byte((uint8_t)(value >> 8)) || !is_text_byte((uint8_t)value)) {
            return EXCEPTION_VALUE;
        }
    } else if (value < ranges[address].minimum || value > ranges[address].maximum) {
        return EXCEPTION_VALUE;
    }
    pump_store(pump, address, value);
    if (address == REGISTER_VTBI) {
        pump->remaining_dml = 10u * value;
        if (pump->state == PUMP_IDLE) {
            pump->state = PUMP_READY;
        }
    }
    return EXCEPTION_NONE;
}

void pump_store(struct pump *pump, uint16_t address, uint16_t value)
{
    pump->holding[address] = value;
}
