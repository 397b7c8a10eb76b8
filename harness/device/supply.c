#include "device/supply.h"

#include "core/clock.h"

#include <stdio.h>

enum { STATES = 2, ATTEMPTS = 2 };

static const char *const safe_names[] = {
    [SUPPLY_OFF] = "off", [SUPPLY_ON] = "on", [SUPPLY_LEAVE] = "leave", NULL};

static bool can_leave(const struct supply *supply, enum supply_safe safe)
{
    return safe == SUPPLY_LEAVE ||
           power_can(&supply->power, safe == SUPPLY_ON ? POWER_ON : POWER_OFF);
}

int supply_read(struct supply *supply, const struct yaml *settings, int64_t limit_ns,
                struct error *error)
{
    static const char *const more[] = {"safe", "pause", NULL};
    const struct yaml *power = yaml_get(settings, "power");
    int safe;

    *supply = (struct supply){.limit_ns = limit_ns, .pause_ns = 2 * CLOCK_S};
    if (!power)
        return 0;
    if (power_read(&supply->power, "power", power, more, error) < 0 ||
        yaml_read_duration(power, "pause", &supply->pause_ns, error) < 0)
        return -1;
    safe = can_leave(supply, SUPPLY_OFF) ? SUPPLY_OFF : SUPPLY_LEAVE;
    if (yaml_read_choice(power, "safe", safe_names, &safe, error) < 0)
        return -1;
    supply->safe = (enum supply_safe)safe;
    return can_leave(supply, supply->safe)
               ? 0
               : yaml_complain(yaml_get(power, "safe"), error,
                               "a state that 'power' can switch to");
}

bool supply_can_cycle(const struct supply *supply)
{
    return supply->power.name && power_can(&supply->power, POWER_OFF) &&
           power_can(&supply->power, POWER_ON);
}

int64_t supply_cycle_limit_ns(const struct supply *supply)
{
    return supply->power.name ? STATES * ATTEMPTS * supply->limit_ns + supply->pause_ns
                              : 0;
}

/* A switch on a network may miss a word; one that is silent twice is broken. */
int supply_switch(struct supply *supply, enum power_state state, int64_t deadline_ns,
                  struct error *error)
{
    int status = supply->power.name ? -1 : 0;

    supply->used = true;
    for (int i = 0; status < 0 && i < ATTEMPTS; i++) {
        int64_t limit_ns = clock_now_ns() + supply->limit_ns;

        status = power_set(&supply->power, state,
                           limit_ns < deadline_ns ? limit_ns : deadline_ns, error);
    }
    return status;
}

int supply_cycle(struct supply *supply, int64_t deadline_ns, struct error *error)
{
    if (supply_switch(supply, POWER_OFF, deadline_ns, error) < 0)
        return -1;
    clock_sleep_until_ns(clock_now_ns() + supply->pause_ns);
    return supply_switch(supply, POWER_ON, deadline_ns, error);
}

void supply_leave(struct supply *supply, struct device *device)
{
    static const char *const doubts[] = {[SUPPLY_OFF] = "the device may still be on",
                                         [SUPPLY_ON] = "the device may be off"};
    struct error why = {.text = ""};
    bool due = supply->used && supply->safe != SUPPLY_LEAVE;

    if (due && supply_switch(supply, supply->safe == SUPPLY_ON ? POWER_ON : POWER_OFF,
                             INT64_MAX, &why) < 0)
        error_set(&device->unsafe, "%s: %.400s", doubts[supply->safe], why.text);
    supply->used = false;
}

const char *supply_text(const struct supply *supply, char *text, size_t size)
{
    text[0] = '\0';
    if (supply->power.name)
        snprintf(text, size, ", power by %s (when percuss ends: %s)",
                 supply->power.driver ? supply->power.driver->name : "command",
                 safe_names[supply->safe]);
    return text;
}

void supply_free(struct supply *supply)
{
    power_free(&supply->power);
}
