/* The network of a board in QEMU, by one of four ways to its Ethernet controller:
 *
 * - user: QEMU's user network, which is shut off from every other (restrict) and has the
 *   board at 10.0.2.15; ports of the board are ports of loopback;
 * - dgram: frames on a Unix datagram socket, one a datagram. A link of the kind ethernet
 *   holds its other end (`frames`), or a relay, which carries the frames to a tap;
 * - stream: frames on a Unix stream socket, a length before each, for the relay alone:
 * the board connects, as QEMU 7.2 that listens may crash when the board speaks too early;
 * - tap: the board has the tap itself.
 *
 * The tap is in a network namespace of its own: ports of the board are there. */
#include "device/loopback.h"
#include "device/qemu.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST "10.0.2.15"
#define HOST "10.0.2.2/24"

void qemu_network_init(struct qemu_network *network)
{
    *network = (struct qemu_network){.tap = {-1, -1}};
}

/* --- settings ----------------------------------------------------------------------- */

static bool has_endpoint(const struct qemu *qemu, const char *name)
{
    const struct qemu_network *network = &qemu->network;

    for (size_t i = 0; i < qemu->port_count; i++)
        if (strcmp(qemu->ports[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < network->forward_count; i++)
        if (strcmp(network->forwards[i].name, name) == 0)
            return true;
    return false;
}

static int check_name(const struct qemu *qemu, const struct yaml *name,
                      struct error *error)
{
    if (qemu_is_port_name(name->text) && !has_endpoint(qemu, name->text))
        return 0;
    return yaml_complain(name, error,
                         "a name (letters, digits, - and _) that no other port has");
}

static int read_forward(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    static const char *const known[] = {"name", "port", "protocol", NULL};
    static const char *const protocols[] = {"tcp", "udp", NULL};
    struct qemu_network *network = &qemu->network;
    struct qemu_forward *forward = &network->forwards[network->forward_count];
    const struct yaml *name;
    int protocol = 0;

    if (network->forward_count == QEMU_PORTS)
        return yaml_complain(map, error, "at most %d ports", QEMU_PORTS);
    if (yaml_check_keys(map, known, error) < 0 ||
        !(name = yaml_need(map, "name", YAML_SCALAR, error)) ||
        !yaml_need(map, "port", YAML_SCALAR, error) ||
        yaml_read_integer(map, "port", 1, 65535, &forward->port, error) < 0 ||
        yaml_read_choice(map, "protocol", protocols, &protocol, error) < 0 ||
        check_name(qemu, name, error) < 0)
        return -1;
    forward->name = name->text;
    forward->protocol = protocols[protocol];
    network->forward_count++;
    return 0;
}

static int read_forwards(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    const struct yaml *list = yaml_need(map, "forward", YAML_LIST, error);

    if (!list)
        return -1;
    for (const struct yaml *one = list->child; one; one = one->next)
        if (read_forward(qemu, one, error) < 0)
            return -1;
    return 0;
}

/* "10.0.2.2/24" */
static int read_host(struct qemu_network *network, const struct yaml *map,
                     struct error *error)
{
    const char *text = HOST;
    char address[20];
    struct in_addr host;
    unsigned bits = 0;
    int end = 0;

    if (yaml_read_text(map, "host", &text, error) < 0)
        return -1;
    if (sscanf(text, "%19[0-9.]/%2u%n", address, &bits, &end) != 2 || text[end] ||
        bits < 1 || bits > 30 || inet_pton(AF_INET, address, &host) != 1)
        return yaml_complain(yaml_get(map, "host"), error,
                             "our address on the wire, as in " HOST);
    network->host = ntohl(host.s_addr);
    network->mask = ~0u << (32 - bits);
    return 0;
}

static int read_guest(struct qemu_network *network, const struct yaml *map,
                      struct error *error)
{
    struct in_addr guest;

    network->guest = GUEST;
    if (yaml_read_text(map, "guest", &network->guest, error) < 0)
        return -1;
    if (inet_pton(AF_INET, network->guest, &guest) != 1 ||
        (ntohl(guest.s_addr) & network->mask) != (network->host & network->mask) ||
        ntohl(guest.s_addr) == network->host)
        return yaml_complain(yaml_get(map, "guest"), error,
                             "the board's address, another one of our network (%s)",
                             yaml_get(map, "host") ? yaml_get(map, "host")->text : HOST);
    return 0;
}

static int read_tap(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    return read_host(&qemu->network, map, error) < 0 ||
                   read_guest(&qemu->network, map, error) < 0
               ? -1
               : read_forwards(qemu, map, error);
}

static int read_user(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    char port[8];

    if (read_forwards(qemu, map, error) < 0)
        return -1;
    for (size_t i = 0; i < qemu->network.forward_count; i++) {
        struct qemu_forward *forward = &qemu->network.forwards[i];

        loopback_find_port(port, sizeof port);
        if (!port[0])
            return error_set(error, "no port of 127.0.0.1 is free");
        snprintf(forward->address, sizeof forward->address, "127.0.0.1:%s", port);
    }
    return 0;
}

static int read_frames(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    const struct yaml *name = yaml_need(map, "frames", YAML_SCALAR, error);

    if (!name || check_name(qemu, name, error) < 0)
        return -1;
    if (strcmp(name->text, "gdb") == 0) /* a socket of that name is there already */
        return yaml_complain(name, error, "another name than gdb");
    qemu->network.frames = name->text;
    return 0;
}

/* Does the campaign ask for a network of its own making? */
static bool is_argued(const struct qemu *qemu)
{
    for (size_t i = 0; qemu->arguments && qemu->arguments[i]; i++)
        if (strcmp(qemu->arguments[i], "-nic") == 0 ||
            strcmp(qemu->arguments[i], "-net") == 0 ||
            strcmp(qemu->arguments[i], "-netdev") == 0)
            return true;
    return false;
}

/* Which keys a way has, and what reads them. */
static const struct way {
    const char *keys[6];
    int (*read)(struct qemu *qemu, const struct yaml *map, struct error *error);
} ways[] = {
    [QEMU_NETWORK_USER] = {{"kind", "forward"}, read_user},
    [QEMU_NETWORK_FRAMES] = {{"kind", "frames"}, read_frames},
    [QEMU_NETWORK_RELAY] = {{"kind", "forward", "host", "guest"}, read_tap},
    [QEMU_NETWORK_STREAM] = {{"kind", "forward", "host", "guest"}, read_tap},
    [QEMU_NETWORK_TAP] = {{"kind", "forward", "host", "guest"}, read_tap},
};

static int read_way(enum qemu_way *way, const struct yaml *map, struct error *error)
{
    static const char *const kinds[] = {"user", "dgram", "stream", "tap", NULL};
    static const enum qemu_way of_kind[] = {QEMU_NETWORK_USER, QEMU_NETWORK_RELAY,
                                            QEMU_NETWORK_STREAM, QEMU_NETWORK_TAP};
    int kind;

    if (!yaml_need(map, "kind", YAML_SCALAR, error) ||
        yaml_read_choice(map, "kind", kinds, &kind, error) < 0)
        return -1;
    *way = of_kind[kind];
    if (*way == QEMU_NETWORK_RELAY && !yaml_get(map, "forward"))
        *way = QEMU_NETWORK_FRAMES;
    return 0;
}

int qemu_read_network(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    enum qemu_way way;

    if (!map)
        return 0;
    if (map->kind != YAML_MAP)
        return yaml_complain(map, error,
                             "a map: {kind: user, dgram, stream or tap, ...}");
    if (read_way(&way, map, error) < 0 ||
        yaml_check_keys(map, ways[way].keys, error) < 0 ||
        ways[way].read(qemu, map, error) < 0)
        return -1;
    if (is_argued(qemu))
        return yaml_complain(map, error, "no -nic, -net or -netdev among `arguments`");
    qemu->network.way = way;
    return 0;
}

/* --- the command line --------------------------------------------------------------- */

static int add_user(char ***command, const struct qemu_network *network)
{
    char text[QEMU_PORTS * 64 + 32] = "user,restrict=on,ipv6=off";
    size_t length = strlen(text);

    for (size_t i = 0; i < network->forward_count; i++) {
        const struct qemu_forward *one = &network->forwards[i];

        length += (size_t)snprintf(text + length, sizeof text - length,
                                   ",hostfwd=%s:%s-" GUEST ":%lld", one->protocol,
                                   one->address, (long long)one->port);
    }
    return vector_add(command, "-nic") + vector_add(command, "%s", text);
}

static int add_wire(char ***command)
{
    return vector_add(command, "-net") + vector_add(command, "nic,netdev=wire");
}

static int add_dgram(char ***command, const char *path)
{
    return vector_add(command, "-netdev") +
           vector_add(command,
                      "dgram,id=wire,local.type=unix,local.path=%s,remote.type=unix,"
                      "remote.path=%s.peer",
                      path, path) +
           add_wire(command);
}

static int add_stream(char ***command, const char *path)
{
    return vector_add(command, "-netdev") +
           vector_add(command, "stream,id=wire,addr.type=unix,addr.path=%s", path) +
           add_wire(command);
}

int qemu_add_network(char ***command, const struct qemu *qemu)
{
    switch (qemu->network.way) {
    case QEMU_NETWORK_USER: return add_user(command, &qemu->network);
    case QEMU_NETWORK_FRAMES:
    case QEMU_NETWORK_RELAY: return add_dgram(command, qemu->network.path);
    case QEMU_NETWORK_STREAM: return add_stream(command, qemu->network.path);
    case QEMU_NETWORK_TAP:
        return vector_add(command, "-netdev") +
               vector_add(command, "tap,id=wire,fd=%d",
                          qemu->map.map ? QEMU_FD_MAP + 1 : QEMU_FD_MAP) +
               add_wire(command);
    default:
        return is_argued(qemu)
                   ? 0
                   : vector_add(command, "-nic") + vector_add(command, "none");
    }
}

/* --- while it runs ------------------------------------------------------------------ */

static bool has_relay(const struct qemu_network *network)
{
    return network->way == QEMU_NETWORK_RELAY || network->way == QEMU_NETWORK_STREAM;
}

static bool has_tap(const struct qemu_network *network)
{
    return network->way == QEMU_NETWORK_TAP || has_relay(network);
}

/* The tap outlives the emulator: a connection of the host's sees a board that was
 * switched off and on, not a cable that was pulled. */
static int make_tap(struct qemu_network *network, struct error *error)
{
    if (network->tap.fd >= 0) {
        tap_drop_waiting(&network->tap);
        return 0;
    }
    if (tap_open(&network->tap, network->host, network->mask, error) < 0)
        return -1;
    for (size_t i = 0; i < network->forward_count; i++) {
        struct qemu_forward *forward = &network->forwards[i];

        snprintf(forward->address, sizeof forward->address, "%s:%lld@/proc/self/fd/%d",
                 network->guest, (long long)forward->port, network->tap.space);
    }
    return 0;
}

int qemu_network_start(struct device *device, struct error *error)
{
    struct qemu *qemu = device->state;
    struct qemu_network *network = &qemu->network;

    snprintf(network->path, sizeof network->path, "%s/%s", device->scratch,
             network->frames ? network->frames : "wire");
    if (!has_tap(network))
        return 0;
    if (make_tap(network, error) < 0)
        return -1;
    if (!has_relay(network))
        return 0;
    network->relay = relay_start(network->tap.fd, network->path,
                                 network->way == QEMU_NETWORK_STREAM, error);
    return network->relay ? 0 : -1;
}

int qemu_network_tap(const struct qemu *qemu)
{
    return qemu->network.way == QEMU_NETWORK_TAP ? qemu->network.tap.fd : -1;
}

const char *qemu_network_endpoint(const struct qemu *qemu, const char *name)
{
    const struct qemu_network *network = &qemu->network;

    if (network->frames && strcmp(network->frames, name) == 0)
        return network->path[0] ? network->path : NULL;
    for (size_t i = 0; i < network->forward_count; i++)
        if (strcmp(network->forwards[i].name, name) == 0)
            return network->forwards[i].address[0] ? network->forwards[i].address : NULL;
    return NULL;
}

void qemu_network_stop(struct qemu *qemu)
{
    relay_stop(qemu->network.relay);
    qemu->network.relay = NULL;
}

void qemu_network_release(struct qemu *qemu)
{
    tap_close(&qemu->network.tap);
}
