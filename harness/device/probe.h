/* The device kind gdb: a Cortex-M board behind a GDB server, an emulator's or a debug
 * probe's. probe_settings.c reads the campaign; probe.c runs it. */
#ifndef PERCUSS_DEVICE_PROBE_H
#define PERCUSS_DEVICE_PROBE_H

#include "device/cortex.h"
#include "device/spawn.h"
#include "device/supply.h"

#include "core/hash.h"

enum { PROBE_SOCKETS = 4, PROBE_STOPS = 6, PROBE_PATH = 160, PROBE_WORDS = 4 };

/* What a server wants to hear; from its own manual. */
struct probe_kind {
    const char *name;
    const char *attach[PROBE_WORDS]; /* monitor commands once it is connected */
    unsigned attach_to;              /* vAttach to this afterwards; 0: not needed */
    const char *prepare; /* a monitor command once it is attached; NULL: none */
    const char *reset;   /* a monitor command that leaves the processor halted, or resets
                          it some time after it goes on; NULL: vRun */
    int64_t settle_ns;   /* from a reset until the firmware runs */
    bool is_emulator;
};

struct probe_socket {
    const char *name;
    char path[PROBE_PATH];
};

struct probe {
    const struct probe_kind *kind;
    const char *image, *server;
    const struct yaml *command; /* with {name} for sockets; NULL: the server runs */
    const char *reset;          /* instead of the kind's */
    struct probe_socket sockets[PROBE_SOCKETS];
    size_t socket_count;
    uint32_t stops[PROBE_STOPS]; /* addresses of fault handlers */
    size_t stop_count;
    bool catch, compares;
    bool provokes; /* may be stopped and made to fail, to prove oracles */
    int64_t settle_ns, start_timeout_ns;
    char image_hash[HASH_TEXT];

    struct supply supply; /* of the board, not of the probe */
    struct child child;
    struct buffer words; /* what the command said, not yet looked at */
    struct gdb gdb;
    struct program program;
    struct symbols *symbols;
    struct unwind *unwind;
    struct cortex_stack stack;
    uint64_t compared_bytes; /* of the image, equal; 0: not compared */
    uint32_t stack_deepest;
    unsigned reconnects;
    bool started, end_told, held; /* `held`: by us, for a while */
};

/* The hooks configure and describe of device_ops. */
int probe_configure(struct device *device, const struct yaml *settings,
                    struct error *error);
void probe_describe(const struct device *device, char *text, size_t size);
/* A text of the campaign with paths in place of {name}; -1: it does not fit, or an
 * unknown name. */
int probe_expand(const struct probe *probe, const char *text, char *expanded,
                 size_t size);

#endif
