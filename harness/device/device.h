/* A device: the thing under test as far as the harness can start, reset and observe it. A
 * kind is a const table (device_ops, one file a kind, listed in devices.def), an instance
 * a struct device with private state. One thread at a time. */
#ifndef PERCUSS_DEVICE_DEVICE_H
#define PERCUSS_DEVICE_DEVICE_H

#include "core/yaml.h"
#include "plugin/coverage_map.h"

enum device_can {
    DEVICE_SEES_EXIT = 1,      /* the process's end */
    DEVICE_SEES_SANITIZER = 2, /* a sanitizer's report on its standard error */
    DEVICE_SEES_FAULT = 4,     /* faults of the guest (console line, lockup) */
    DEVICE_SEES_RESET = 8,     /* resets that the harness did not ask for */
    DEVICE_SEES_CONSOLE = 16,
    DEVICE_IS_EMULATED = 32, /* software on this machine: needs no authorisation */
    DEVICE_CAN_PAUSE = 64,   /* can be stopped and continued, to prove liveness oracles */
    DEVICE_SEES_RESOURCES = 128, /* memory and handles of its process, or as it says */
    DEVICE_KEEPS_TIME = 256,     /* its clock keeps pace with the host's */
    DEVICE_SEES_COVERAGE = 512,  /* which code it runs: `coverage` below */
    DEVICE_DIALS = 1024          /* connects to the link when it is told to: `dial` */
};

/* The ladder, mildest first. */
enum reset_kind {
    RESET_NONE,
    RESET_WARM,    /* the board's reset line: QMP system_reset, a reset command */
    RESET_RESTORE, /* its configuration, firmware or state is put back */
    RESET_RESTART, /* a new process */
    RESET_POWER,   /* power off and on */
    RESET_KINDS
};

enum provocation {
    PROVOKE_DEATH, /* it ends without a word */
    PROVOKE_FAULT, /* it makes an invalid access */
    PROVOKE_PAUSE,
    PROVOKE_CONTINUE,
    PROVOKE_RESET
};

enum fault_kind {
    FAULT_NONE,
    FAULT_SANITIZER, /* ASan, UBSan … report */
    FAULT_GUEST,     /* the firmware's fault handler spoke */
    FAULT_LOCKUP,    /* the emulated CPU gave up */
    FAULT_RESET,     /* an unexpected reset (watchdog …) without a fault report */
    FAULT_EXIT,      /* the process ended */
    FAULT_CONSOLE,   /* a line that the campaign takes for trouble */
    FAULT_BANNER     /* a line that the campaign takes for a start */
};

/* One failure seen by the device itself. Texts are owned by the observation's buffer. */
struct fault {
    enum fault_kind kind;
    char title[160]; /* "heap-buffer-overflow WRITE in modbus_reply" */
    char cause[160]; /* stable over runs and addresses: what deduplication compares */
    char place[96];  /* the function of the device that failed, "": not known */
    size_t detail_offset, detail_length; /* the full report inside observation.text */
};

enum { OBSERVATION_FAULTS = 8 };

/* What a device's program holds. */
struct resource_use {
    int64_t memory_kib; /* each -1: it says nothing here */
    int64_t handles;
};

/* What was seen since the last observation. Reused: clear with observation_clear. */
struct observation {
    bool running;   /* the device (its process) is there */
    bool restarted; /* a reset that the harness did not ask for */
    struct fault faults[OBSERVATION_FAULTS];
    size_t fault_count;
    struct buffer text; /* reports and console output, in order of arrival */
    int64_t seen_ns;    /* when the first sign of a fault showed; 0: none did */
};
void observation_init(struct observation *observation);
void observation_clear(struct observation *observation);
void observation_free(struct observation *observation);
/* For device kinds. Appends as much as fits and returns the offset of the first byte. */
size_t observation_append(struct observation *observation, struct view bytes);
/* Adds what is in `from`, as far as there is room, and clears that. */
void observation_move(struct observation *from, struct observation *to);
/* A sign of a fault shows, which is still being read. */
void observation_see(struct observation *observation);
/* Adds a fault, unless one of its kind and cause is there or all places are taken. */
void observation_add(struct observation *observation, const struct fault *fault);

struct device;
struct device_ops {
    const char *name, *summary;
    const char *keys; /* its settings, for `percuss list devices` */
    unsigned resets;  /* those that a device of the kind may have, as device.resets */
    size_t state_size;
    /* Reads and checks its settings, sets device->can and device->resets. */
    int (*configure)(struct device *device, const struct yaml *settings,
                     struct error *error);
    /* Starts it and waits until it is ready (its own sign: banner, "listening" line). */
    int (*start)(struct device *device, int64_t deadline_ns, struct error *error);
    /* Done when it is ready again. Afterwards the caller drops what its links still hold
     * (link_discard); from RESET_RESTART on it asks for the endpoints again and opens its
     * links anew. Below that, a device whose process has ended is restarted. */
    int (*reset)(struct device *device, enum reset_kind kind, int64_t deadline_ns,
                 struct error *error);
    /* Collects what happened; waits until wait_until_ns (0: not at all) for something to
     * happen, and, once a failure has begun to show, a moment more until its report is
     * complete. -1: it can no longer be observed, until it is reset. */
    int (*observe)(struct device *device, int64_t wait_until_ns,
                   struct observation *observation, struct error *error);
    /* Makes it connect to a link that listens: called before each connection. It ends the
     * last one by itself; -1 when it has not done so by the deadline. Optional;
     * DEVICE_DIALS. */
    int (*dial)(struct device *device, int64_t deadline_ns, struct error *error);
    /* While it has not connected: 0 when it still may, or -1 and why it will not. */
    int (*dialled)(struct device *device, struct error *error);
    /* The address of one of its endpoints ("uart0", "port"), NULL when there is none. */
    const char *(*endpoint)(struct device *device, const char *name);
    /* Makes it fail on purpose, to prove oracles. Optional. */
    int (*provoke)(struct device *device, enum provocation what, struct error *error);
    /* Makes it put out a line of text, as if it had said it itself. Optional. */
    int (*speak)(struct device *device, const char *line, struct error *error);
    /* What it holds now. Optional; DEVICE_SEES_RESOURCES. */
    int (*resources)(struct device *device, struct resource_use *use,
                     struct error *error);
    /* Which code it has run: a map that it shares, lent until it stops. NULL: its
     * settings do not ask for one. Optional; DEVICE_SEES_COVERAGE. */
    struct coverage_map *(*coverage)(struct device *device);
    /* One line for the report. */
    void (*describe)(const struct device *device, char *text, size_t size);
    void (*stop)(struct device *device); /* also power-off; accepts half-started things */
    /* Optional: frees what configure made, even half; called last, after stop. */
    void (*release)(struct device *device);
};

struct device {
    const struct device_ops *ops;
    unsigned can;    /* enum device_can */
    unsigned resets; /* bit (1 << reset_kind) for each that works */
    /* What a start or a reset may take, and then the first valid answer, where that is
     * longer than the engine's own limits; 0: it is not. */
    int64_t step_limit_ns, answer_limit_ns;
    const struct yaml *settings;
    int64_t clock_rate; /* of an emulator: its seconds in one of the host's; 0: as the
                           host's */
    const char *image;  /* the ELF file that its coverage speaks of; NULL: not known */
    char scratch[108]; /* a private folder for sockets and logs; removed by device_free */
    struct error unsafe; /* why stop could not leave it as it should be; "": it could */
    void *state;
};

/* NULL-terminated, from devices.def. */
extern const struct device_ops *const device_kinds[];
const struct device_ops *device_kind(const char *name);
struct device *device_create(const struct yaml *settings, struct error *error);
void device_free(struct device *device); /* stops; accepts NULL */

/* `address`, or for "device:NAME" the address of that endpoint; NULL and *error when the
 * device has none of that name. */
const char *device_address(struct device *device, const char *address,
                           struct error *error);

/* How long the host takes for so many nanoseconds of the device's clock. */
int64_t device_time_ns(const struct device *device, int64_t ns);

const char *reset_kind_name(enum reset_kind kind);
/* "warm, restart" of the bits in `resets`, "" of none. Returns `text`. */
const char *reset_kinds_text(unsigned resets, char *text, size_t size);
const char *fault_kind_name(enum fault_kind kind);

#endif
