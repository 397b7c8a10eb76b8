/* The device kind qemu: what its files share. qemu_settings.c reads the campaign and
 * makes QEMU's command line, qemu_network.c what of it is about the network; qemu.c runs
 * it. */
#ifndef PERCUSS_DEVICE_QEMU_H
#define PERCUSS_DEVICE_QEMU_H

#include "device/breakpoints.h"
#include "device/guest.h"
#include "device/guest_map.h"
#include "device/qmp.h"
#include "device/spawn.h"

#include "core/hash.h"

enum { QEMU_PORTS = 8, QEMU_PORT_NAME = 24 };
enum { QEMU_FD_QMP = SPAWN_FIRST, QEMU_FD_CONSOLE, QEMU_FD_MAP }; /* as QEMU sees them */

struct qemu_port {
    const char *name;
    char path[108 + QEMU_PORT_NAME + 1];
};

/* A port of the guest that is a port of loopback: "127.0.0.1:PORT". */
struct qemu_forward {
    const char *name, *protocol;
    int64_t port;
    char address[32];
};

struct qemu {
    const char *machine, *image, *binary, *clock;
    int64_t clock_rate;                  /* times the host's; 0: of its own (-icount) */
    char clock_part[4096], plugin[4096]; /* files: of a faster clock, of a map */
    int64_t start_timeout_ns;
    char **arguments; /* the campaign's own */
    struct qemu_port ports[QEMU_PORTS];
    size_t port_count;
    bool has_console, has_network;
    struct qemu_forward forwards[QEMU_PORTS];
    size_t forward_count;
    char image_hash[HASH_TEXT], version[64];

    struct child child;
    struct qmp qmp;
    struct guest guest;
    struct guest_map map;
    struct breakpoints *breakpoints; /* instead of the map; NULL: none */
    char gdb[128];                   /* their server: "unix:PATH" */
    int console;
    struct buffer heard, words; /* console and standard error, not yet looked at */
    bool end_told, paused, provoked;
};

/* The hooks configure and describe of device_ops. */
int qemu_configure(struct device *device, const struct yaml *settings,
                   struct error *error);
void qemu_describe(const struct device *device, char *text, size_t size);
/* Whether an endpoint may have this name. */
bool qemu_is_port_name(const char *name);
/* `network`, NULL: none. The serial ports and arguments are read already. */
int qemu_read_network(struct qemu *qemu, const struct yaml *map, struct error *error);
int qemu_add_network(char ***command, const struct qemu *qemu);
/* The command line; fills the ports' paths. NULL when memory is short. */
char **qemu_command(struct device *device);

#endif
