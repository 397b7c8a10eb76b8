/* The supply of a device on a bench: the switch of its power, and what that is left in.
 * Owned by its device; one thread at a time. All zero is none. */
#ifndef PERCUSS_DEVICE_SUPPLY_H
#define PERCUSS_DEVICE_SUPPLY_H

#include "device/device.h"
#include "device/power.h"

/* What it is left in when percuss ends. */
enum supply_safe { SUPPLY_OFF, SUPPLY_ON, SUPPLY_LEAVE };

struct supply {
    struct power power;
    enum supply_safe safe;
    int64_t pause_ns; /* without power, between off and on */
    int64_t limit_ns; /* of one command */
    bool used;        /* the safe state is due */
};

/* The keys of `power`, as they are listed. */
#define SUPPLY_KEYS                                                                 \
    "power: {driver: NAME, its settings} (percuss list power) or {on: [...], off: " \
    "[...]}, both with safe: off|on|leave (what it is left in), pause: 2s (without power)"

/* `power` of the settings; without it there is no supply. */
int supply_read(struct supply *supply, const struct yaml *settings, int64_t limit_ns,
                struct error *error);
/* Can it be switched off and on? */
bool supply_can_cycle(const struct supply *supply);
/* What switching it off and on may take. */
int64_t supply_cycle_limit_ns(const struct supply *supply);
/* Nothing without a supply. */
int supply_switch(struct supply *supply, enum power_state state, int64_t deadline_ns,
                  struct error *error);
int supply_cycle(struct supply *supply, int64_t deadline_ns, struct error *error);
/* Once it was used: leaves it in its safe state, and where that fails, device->unsafe
 * says so. */
void supply_leave(struct supply *supply, struct device *device);
/* ", power by uhubctl (when percuss ends: off)"; "" without a supply. Returns `text`. */
const char *supply_text(const struct supply *supply, char *text, size_t size);
void supply_free(struct supply *supply);

#endif
