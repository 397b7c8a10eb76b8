/* The network of a board in QEMU: its own Ethernet controller on QEMU's user network,
 * which is shut off from every other (restrict) and has the board at 10.0.2.15. Ports of
 * the board are ports of loopback. */
#include "device/loopback.h"
#include "device/qemu.h"

#include <stdio.h>
#include <string.h>

#define GUEST "10.0.2.15"

static bool is_taken(const struct qemu *qemu, const char *name)
{
    for (size_t i = 0; i < qemu->port_count; i++)
        if (strcmp(qemu->ports[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < qemu->forward_count; i++)
        if (strcmp(qemu->forwards[i].name, name) == 0)
            return true;
    return false;
}

static int read_forward(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    static const char *const known[] = {"name", "port", "protocol", NULL};
    static const char *const protocols[] = {"tcp", "udp", NULL};
    struct qemu_forward *forward = &qemu->forwards[qemu->forward_count];
    const struct yaml *name;
    char port[8];
    int protocol = 0;

    if (qemu->forward_count == QEMU_PORTS)
        return yaml_complain(map, error, "at most %d ports", QEMU_PORTS);
    if (yaml_check_keys(map, known, error) < 0 ||
        !(name = yaml_need(map, "name", YAML_SCALAR, error)) ||
        !yaml_need(map, "port", YAML_SCALAR, error) ||
        yaml_read_integer(map, "port", 1, 65535, &forward->port, error) < 0 ||
        yaml_read_choice(map, "protocol", protocols, &protocol, error) < 0)
        return -1;
    if (!qemu_is_port_name(name->text) || is_taken(qemu, name->text))
        return yaml_complain(name, error,
                             "a name (letters, digits, - and _) that no other port has");
    loopback_find_port(port, sizeof port);
    if (!port[0])
        return error_set(error, "no port of 127.0.0.1 is free");
    snprintf(forward->address, sizeof forward->address, "127.0.0.1:%s", port);
    forward->name = name->text;
    forward->protocol = protocols[protocol];
    qemu->forward_count++;
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

int qemu_read_network(struct qemu *qemu, const struct yaml *map, struct error *error)
{
    static const char *const known[] = {"kind", "forward", NULL};
    static const char *const kinds[] = {"user", NULL};
    const struct yaml *list;
    int kind;

    if (!map)
        return 0;
    if (yaml_check_keys(map, known, error) < 0 ||
        !yaml_need(map, "kind", YAML_SCALAR, error) ||
        yaml_read_choice(map, "kind", kinds, &kind, error) < 0 ||
        !(list = yaml_need(map, "forward", YAML_LIST, error)))
        return -1;
    if (is_argued(qemu))
        return yaml_complain(map, error, "no -nic, -net or -netdev among `arguments`");
    for (const struct yaml *one = list->child; one; one = one->next)
        if (read_forward(qemu, one, error) < 0)
            return -1;
    qemu->has_network = true;
    return 0;
}

int qemu_add_network(char ***command, const struct qemu *qemu)
{
    char text[QEMU_PORTS * 64 + 32] = "user,restrict=on,ipv6=off";
    size_t length = strlen(text);

    if (!qemu->has_network)
        return is_argued(qemu)
                   ? 0
                   : vector_add(command, "-nic") + vector_add(command, "none");
    for (size_t i = 0; i < qemu->forward_count; i++) {
        const struct qemu_forward *one = &qemu->forwards[i];

        length += (size_t)snprintf(text + length, sizeof text - length,
                                   ",hostfwd=%s:%s-" GUEST ":%lld", one->protocol,
                                   one->address, (long long)one->port);
    }
    return vector_add(command, "-nic") + vector_add(command, "%s", text);
}
