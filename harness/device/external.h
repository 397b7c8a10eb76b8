/* What the files of the kind external share: hardware or a service that the harness
 * switches by commands, drivers and control lines, and hears by its console, if at all.
 * Owned by its device; one thread at a time. */
#ifndef PERCUSS_DEVICE_EXTERNAL_H
#define PERCUSS_DEVICE_EXTERNAL_H

#include "device/device.h"
#include "device/lines.h"
#include "device/spawn.h"
#include "device/supply.h"

enum external_command {
    EXTERNAL_RESET,
    EXTERNAL_RESTORE,
    EXTERNAL_RESTART,
    EXTERNAL_START,
    EXTERNAL_CONSOLE,
    EXTERNAL_READY,
    EXTERNAL_COMMANDS
};

struct external {
    struct supply supply;
    struct power button; /* `reset` by a driver */
    char **commands[EXTERNAL_COMMANDS];
    struct pattern banner;
    int64_t settle_ns, limit_ns; /* `limit_ns`: of one command */
    int64_t pulse_ns;            /* of the reset button */
    int64_t within_ns;           /* from a step's end to the first sign of readiness */
    struct child console;
    struct buffer heard;     /* of the console, not yet observed */
    unsigned console_starts; /* bounded: a console that keeps ending is a lost one */
    bool started;
};

extern const char *const external_command_names[EXTERNAL_COMMANDS];

/* external_settings.c */
int external_configure(struct device *device, const struct yaml *settings,
                       struct error *error);
void external_describe(const struct device *device, char *text, size_t size);
void external_release(struct device *device);

/* external_ready.c: the console, and whether the device is ready. */

/* Starts the console's command when it does not run; what it said before is dropped. */
int external_listen(struct external *external, struct error *error);
/* -1: it has ended, and why. Without a console nothing is to be heard. */
int external_hear(struct external *external, struct error *error);
/* After a step: lets the device settle, and waits for its banner where it boots, and for
 * the ready command to succeed. */
int external_await_ready(struct external *external, bool boots, int64_t deadline_ns,
                         struct error *error);

#endif
