/* The device kind qemu: what its files share. qemu_settings.c reads the campaign and
 * makes QEMU's command line, qemu_network.c what of it is about the network, and
 * qemu_snapshot.c about going back; qemu.c runs it. */
#ifndef PERCUSS_DEVICE_QEMU_H
#define PERCUSS_DEVICE_QEMU_H

#include "device/breakpoints.h"
#include "device/guest.h"
#include "device/guest_map.h"
#include "device/qmp.h"
#include "device/relay.h"
#include "device/spawn.h"
#include "device/tap.h"

#include "core/hash.h"

enum { QEMU_PORTS = 8, QEMU_PORT_NAME = 24 };
enum { QEMU_FD_QMP = SPAWN_FIRST, QEMU_FD_CONSOLE, QEMU_FD_MAP }; /* as QEMU sees them */

struct qemu_port {
    const char *name;
    char path[108 + QEMU_PORT_NAME + 1];
};

/* A port of the guest: "127.0.0.1:PORT", or its own address in a namespace. */
struct qemu_forward {
    const char *name, *protocol;
    int64_t port;
    char address[64];
};

enum qemu_way {
    QEMU_NETWORK_NONE,
    QEMU_NETWORK_USER,
    QEMU_NETWORK_FRAMES,
    QEMU_NETWORK_RELAY,
    QEMU_NETWORK_STREAM,
    QEMU_NETWORK_TAP
};

struct qemu_network {
    enum qemu_way way;
    struct qemu_forward forwards[QEMU_PORTS];
    size_t forward_count;
    const char *frames; /* the endpoint's name */
    char path[108 + QEMU_PORT_NAME + 1];
    uint32_t host, mask; /* of the tap, host order */
    const char *guest;
    struct tap tap;
    struct relay *relay;
};

/* What boots when it is not the image itself: an operating system, whose files come in
 * `initrd` and whose command line is `append`. The image is then the program in it whose
 * faults are explained. All NULL: none. */
struct qemu_kernel {
    const char *file, *initrd, *append;
    char file_hash[HASH_TEXT], initrd_hash[HASH_TEXT];
};

struct qemu {
    const char *machine, *image, *binary, *clock;
    int64_t clock_rate; /* times the host's; 0: of its own (-icount) */
    struct qemu_kernel kernel;
    char clock_part[4096], plugin[4096]; /* files: of a faster clock, of a map */
    int64_t start_timeout_ns;
    struct resource_use ready_holds; /* what it held when it was ready */
    int64_t boot_ns;                 /* how long the latest start took, to the banner */
    char **arguments;                /* the campaign's own */
    struct qemu_port ports[QEMU_PORTS];
    size_t port_count;
    bool has_console, has_snapshot;
    struct qemu_network network;
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
void qemu_network_init(struct qemu_network *network);
int qemu_read_network(struct qemu *qemu, const struct yaml *map, struct error *error);
int qemu_add_network(char ***command, const struct qemu *qemu);
/* Before the command line is made, and once the emulator has ended. */
int qemu_network_start(struct device *device, struct error *error);
void qemu_network_stop(struct qemu *qemu);
void qemu_network_release(struct qemu *qemu);
/* What QEMU gets as its last descriptor, -1: nothing. */
int qemu_network_tap(const struct qemu *qemu);
const char *qemu_network_endpoint(const struct qemu *qemu, const char *name);
/* The snapshot that the step `restore` puts back: its disk on the command line, made
 * afresh; and, of a board that is ready, the snapshot itself. These two are no-ops
 * without `snapshot`. */
int qemu_add_snapshot(char ***command, const struct device *device, struct error *error);
int qemu_take_snapshot(struct qemu *qemu, int64_t deadline_ns, struct error *error);
int qemu_put_back(struct qemu *qemu, int64_t deadline_ns, struct error *error);
/* The command line; fills the ports' paths. NULL: *error says why. */
char **qemu_command(struct device *device, struct error *error);

#endif
