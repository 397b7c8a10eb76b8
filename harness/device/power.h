/* A switch between the bench and its device: what turns its power on and off, or holds
 * its reset button down. Commands of the campaign's own, or a driver, which is one line
 * of power.def. Owned by its device; one thread at a time. */
#ifndef PERCUSS_DEVICE_POWER_H
#define PERCUSS_DEVICE_POWER_H

#include "device/control_line.h"

enum power_state { POWER_OFF, POWER_ON, POWER_STATES };

struct power_driver {
    const char *name, *summary;
    const char *commands[POWER_STATES]; /* templates; NULL: a control line */
    const char *query;                  /* template; NULL: exit statuses tell */
    const char *said[POWER_STATES];     /* the line that it says then */
};
/* Ends with a row without a name. */
extern const struct power_driver power_drivers[];
/* Its settings, "hub, port": what has a default as "community=private". Returns `text`.
 */
const char *power_driver_keys(const struct power_driver *driver, char *text, size_t size);

struct power {
    const char *name;                  /* "power", for complaints; NULL: there is none */
    const struct power_driver *driver; /* NULL: the campaign's own commands */
    char **commands[POWER_STATES];
    char **query, **said[POWER_STATES]; /* the latter: one word each */
    struct control_line line;
};

/* {driver: NAME, its settings} or {on: [...], off: [...]}, and the keys in `more`, a
 * NULL-terminated list of at most eight, which the caller reads. */
int power_read(struct power *power, const char *name, const struct yaml *settings,
               const char *const *more, struct error *error);
/* Can it do that? A driver can do both. */
bool power_can(const struct power *power, enum power_state state);
/* 0 when it is so, as far as the driver can tell. */
int power_set(struct power *power, enum power_state state, int64_t deadline_ns,
              struct error *error);
void power_free(struct power *power); /* accepts what was read half, or never */

#endif
