/*
 * The therapy: state machine, settings, delivery and alarms. A plain value without
 * pointers, so a write can be tried on a copy; owned by the main loop.
 */
#ifndef PUMP_PUMP_H
#define PUMP_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#define PUMP_COILS 16
#define PUMP_DISCRETES 16
#define PUMP_HOLDINGS 0x20
#define PUMP_INPUTS 16
#define PUMP_TEXT_START 0x10
#define PUMP_TEXT_COUNT 16

enum pump_state { PUMP_IDLE, PUMP_READY, PUMP_INFUSING, PUMP_ALARM, PUMP_STANDBY };

enum pump_alarm {
    ALARM_VTBI_COMPLETE = 0x01,
    ALARM_OCCLUSION = 0x02,
    ALARM_BATTERY_EMPTY = 0x04,
    ALARM_BATTERY_LOW = 0x08, /* a warning: does not stop the infusion */
};

enum pump_coil_number {
    COIL_INFUSE,
    COIL_BOLUS,
    COIL_SILENCE,
    COIL_ACKNOWLEDGE,
    COIL_STANDBY,
    COIL_KEYPAD_LOCK,
};

enum pump_register {
    REGISTER_CONTROL,
    REGISTER_RATE,
    REGISTER_VTBI,
    REGISTER_BOLUS,
    REGISTER_OCCLUSION,
    REGISTER_ALARM_VOLUME,
    REGISTER_KEEP_OPEN,
    REGISTER_BOLUS_RATE = 9,
};

enum pump_input { INPUT_RESET_CAUSE = 9, INPUT_SERVICE = 15 };

struct pump {
    enum pump_state state;
    uint16_t holding[PUMP_HOLDINGS]; /* settings and labels; [0] is unused */
    uint16_t latches;                /* coils without therapy function, by number */
    uint8_t alarms;                  /* enum pump_alarm */
    bool silenced;
    uint32_t delivered_dml; /* 0.1 ml, since power on */
    uint32_t remaining_dml; /* of the VTBI */
    uint32_t bolus_dml;     /* of the bolus */
    uint32_t fraction;      /* of 0.1 ml, in 0.1 ml/h times ticks */
    uint32_t battery_ticks; /* since the last percent */
    uint8_t battery_percent;
    uint32_t ticks;
};

void pump_start(struct pump *pump);

/* One tick of BOARD_TICK_MS: delivery, battery, alarms. */
void pump_tick(struct pump *pump);

bool pump_coil(const struct pump *pump, uint16_t number);
bool pump_discrete(const struct pump *pump, uint16_t number);
uint16_t pump_holding(const struct pump *pump, uint16_t address);
void pump_fill_inputs(const struct pump *pump, uint16_t inputs[PUMP_INPUTS]);

/* Writes return an enum exception, and change nothing unless it is EXCEPTION_NONE. */
int pump_write_coil(struct pump *pump, uint16_t number, bool on);
int pump_write(struct pump *pump, uint16_t address, uint16_t value);

/* Sets a setting, unchecked. */
void pump_store(struct pump *pump, uint16_t address, uint16_t value);

const char *pump_state_name(enum pump_state state);

#endif
