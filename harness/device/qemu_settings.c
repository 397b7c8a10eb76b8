#include "device/qemu.h"

#include "core/clock.h"
#include "device/file.h"
#include "device/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEARD_MAXIMUM = 1 << 20, WORDS_MAXIMUM = 64 << 10, CLOCK_RATE_MAXIMUM = 64 };

bool qemu_is_port_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= QEMU_PORT_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_-") == length;
}

static int read_ports(struct qemu *qemu, const struct yaml *list, struct error *error)
{
    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list of port names, console or none");
    for (const struct yaml *one = list->child; one; one = one->next) {
        if (qemu->port_count == QEMU_PORTS)
            return yaml_complain(one, error, "at most %d serial ports", QEMU_PORTS);
        if (one->kind != YAML_SCALAR || !qemu_is_port_name(one->text) ||
            strcmp(one->text, "qmp") == 0 || strcmp(one->text, "gdb") == 0)
            return yaml_complain(
                one, error, "a port's name (letters, digits, - and _), console or none");
        for (size_t i = 0; i < qemu->port_count; i++)
            if (strcmp(one->text, "none") != 0 &&
                strcmp(qemu->ports[i].name, one->text) == 0)
                return yaml_complain(one, error, "each name once");
        qemu->has_console |= strcmp(one->text, "console") == 0;
        qemu->ports[qemu->port_count++].name = one->text;
    }
    return 0;
}

static int read_image(struct qemu *qemu, const struct yaml *settings, struct error *error)
{
    const struct yaml *node = yaml_need(settings, "image", YAML_SCALAR, error);
    struct error why;

    if (!node)
        return -1;
    qemu->image = node->text;
    qemu->guest.symbols = symbols_load(qemu->image, &why);
    if (!qemu->guest.symbols)
        return yaml_complain(node, error, "a firmware image, an ELF file (%s)", why.text);
    qemu->guest.program.path = qemu->image;
    file_hash_text(qemu->image, qemu->image_hash);
    return 0;
}

/* "realtime", "realtime*8", or the text of -icount. */
static int read_clock(struct qemu *qemu, const struct yaml *node, struct error *error)
{
    static const char realtime[] = "realtime";
    struct error why;
    const char *rest;
    char *end = NULL;

    qemu->clock = realtime;
    qemu->clock_rate = 1;
    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, error, "one line of text");
    qemu->clock = node->text;
    if (strncmp(node->text, realtime, sizeof realtime - 1) != 0) {
        qemu->clock_rate = 0;
        return 0;
    }
    rest = node->text + sizeof realtime - 1;
    if (!*rest)
        return 0;
    qemu->clock_rate = *rest == '*' ? strtol(rest + 1, &end, 10) : 0;
    if (qemu->clock_rate < 2 || qemu->clock_rate > CLOCK_RATE_MAXIMUM || (end && *end))
        return yaml_complain(node, error,
                             "realtime, realtime*N with N from 2 to %d, or the text of "
                             "-icount",
                             CLOCK_RATE_MAXIMUM);
    if (place_part("percuss-clock.so", qemu->clock_part, sizeof qemu->clock_part, &why) <
        0)
        return yaml_complain(node, error, "what makes a clock faster (%s)", why.text);
    return 0;
}

static int read_boot_file(const struct yaml *settings, const char *key, const char **path,
                          char hash[HASH_TEXT], struct error *error)
{
    const struct yaml *node = yaml_get(settings, key);

    if (yaml_read_text(settings, key, path, error) < 0)
        return -1;
    if (!*path)
        return 0;
    if (access(*path, R_OK) != 0)
        return yaml_complain(node, error, "a file that can be read (%s)",
                             strerror(errno));
    file_hash_text(*path, hash);
    return 0;
}

static int read_kernel(struct qemu *qemu, const struct yaml *settings,
                       struct error *error)
{
    struct qemu_kernel *kernel = &qemu->kernel;
    const struct yaml *more;

    if (read_boot_file(settings, "kernel", &kernel->file, kernel->file_hash, error) < 0 ||
        read_boot_file(settings, "initrd", &kernel->initrd, kernel->initrd_hash, error) <
            0 ||
        yaml_read_text(settings, "append", &kernel->append, error) < 0)
        return -1;
    more = kernel->initrd ? yaml_get(settings, "initrd") : yaml_get(settings, "append");
    if (more && !kernel->file)
        return yaml_complain(more, error, "'kernel' beside it");
    return 0;
}

static int read_texts(struct qemu *qemu, const struct yaml *settings, struct error *error)
{
    const struct yaml *machine = yaml_need(settings, "machine", YAML_SCALAR, error);
    const struct yaml *arguments = yaml_get(settings, "arguments");
    char path[4096];

    if (!machine)
        return -1;
    qemu->machine = machine->text;
    qemu->binary = "qemu-system-arm";
    qemu->start_timeout_ns = 10 * CLOCK_S;
    if (yaml_read_text(settings, "binary", &qemu->binary, error) < 0 ||
        read_clock(qemu, yaml_get(settings, "clock"), error) < 0 ||
        yaml_read_duration(settings, "start-timeout", &qemu->start_timeout_ns, error) < 0)
        return -1;
    if (arguments && arguments->count &&
        !(qemu->arguments = vector_read(arguments, error)))
        return -1;
    if (spawn_find(qemu->binary, path, sizeof path) < 0) {
        if (yaml_get(settings, "binary"))
            return yaml_complain(yaml_get(settings, "binary"), error,
                                 "a program that can be executed");
        return error_set(error, "%s is not installed", qemu->binary);
    }
    return 0;
}

/* {breakpoints: 6, rotate-after: 16} */
static int read_breakpoints(struct qemu *qemu, const struct yaml *node,
                            struct error *error)
{
    static const char *const known[] = {"breakpoints", "rotate-after", NULL};
    int64_t limit = 0, rotate_after = 16;
    struct blocks *blocks;
    struct error why;

    if (yaml_check_keys(node, known, error) < 0 ||
        !yaml_need(node, "breakpoints", YAML_SCALAR, error) ||
        yaml_read_integer(node, "breakpoints", 1, BREAKPOINTS_MAXIMUM, &limit, error) <
            0 ||
        yaml_read_integer(node, "rotate-after", 1, 1000000, &rotate_after, error) < 0)
        return -1;
    blocks = blocks_load(qemu->image, &why);
    if (!blocks)
        return yaml_complain(node, error, "an image whose code can be read (%s)",
                             why.text);
    qemu->breakpoints =
        breakpoints_create(blocks, (unsigned)limit, (unsigned)rotate_after, error);
    return qemu->breakpoints ? 0 : -1;
}

/* No map, a map, one whose edges stay as they are, or one by a few breakpoints. */
static int read_coverage(struct qemu *qemu, const struct yaml *node, struct error *error)
{
    struct error why;

    if (!node || (node->kind == YAML_SCALAR && strcmp(node->text, "false") == 0))
        return 0;
    if (node->kind == YAML_MAP)
        return read_breakpoints(qemu, node, error);
    if (node->kind != YAML_SCALAR ||
        (strcmp(node->text, "true") != 0 && strcmp(node->text, "constant") != 0))
        return yaml_complain(node, error,
                             "true, false, constant or {breakpoints: NUMBER}");
    qemu->map.constant = node->text[0] == 'c';
    if (place_part("percuss-coverage.so", qemu->plugin, sizeof qemu->plugin, &why) < 0)
        return yaml_complain(node, error, "the coverage plugin (%s)", why.text);
    return guest_map_make(&qemu->map, qemu->image, qemu->guest.symbols, error);
}

static bool sees_fault(const struct qemu *qemu)
{
    return qemu->guest.fault.set || (qemu->map.map && qemu->map.map->trap[0]);
}

int qemu_configure(struct device *device, const struct yaml *settings,
                   struct error *error)
{
    static const char *const known[] = {
        "kind",      "machine", "image",         "binary",   "serial",  "clock",
        "arguments", "console", "start-timeout", "coverage", "network", "kernel",
        "initrd",    "append",  "snapshot",      NULL};
    struct qemu *qemu = device->state;
    const struct yaml *console = yaml_get(settings, "console");

    child_init(&qemu->child);
    qemu_network_init(&qemu->network);
    qmp_init(&qemu->qmp);
    qemu->console = -1;
    qemu->heard = buffer_make(HEARD_MAXIMUM);
    qemu->words = buffer_make(WORDS_MAXIMUM);
    if (yaml_check_keys(settings, known, error) < 0 ||
        read_texts(qemu, settings, error) < 0 || read_image(qemu, settings, error) < 0 ||
        read_kernel(qemu, settings, error) < 0 ||
        yaml_read_bool(settings, "snapshot", &qemu->has_snapshot, error) < 0 ||
        read_ports(qemu, yaml_get(settings, "serial"), error) < 0 ||
        qemu_read_network(qemu, yaml_get(settings, "network"), error) < 0 ||
        guest_configure(&qemu->guest, console, error) < 0 ||
        read_coverage(qemu, yaml_get(settings, "coverage"), error) < 0)
        return -1;
    if (console && !qemu->has_console)
        return yaml_complain(console, error, "'console' among the ports of 'serial'");
    device->can =
        DEVICE_SEES_EXIT | DEVICE_SEES_RESET | DEVICE_IS_EMULATED | DEVICE_CAN_PAUSE |
        (qemu->has_console ? DEVICE_SEES_CONSOLE : 0) |
        (sees_fault(qemu) ? DEVICE_SEES_FAULT : 0) |
        (qemu->guest.memory.set || qemu->guest.handles.set ? DEVICE_SEES_RESOURCES : 0) |
        (qemu->map.map || qemu->breakpoints ? DEVICE_SEES_COVERAGE : 0) |
        (qemu->clock_rate == 1 ? DEVICE_KEEPS_TIME : 0);
    device->clock_rate = qemu->clock_rate;
    device->image = qemu->image;
    /* Putting it back is quicker than a warm reset, and leaves no trace of what was. */
    device->resets =
        device->ops->resets & ~(1u << (qemu->has_snapshot ? RESET_WARM : RESET_RESTORE));
    /* The campaign knows better than the engine how long its board needs. */
    if (yaml_get(settings, "start-timeout"))
        device->step_limit_ns = qemu->start_timeout_ns;
    return 0;
}

static int add_port(char ***command, struct qemu_port *port, const char *scratch)
{
    const char *name = port->name;

    if (strcmp(name, "none") == 0)
        return vector_add(command, "-serial") + vector_add(command, "null");
    if (vector_add(command, "-chardev") < 0)
        return -1;
    if (strcmp(name, "console") == 0) {
        if (vector_add(command, "file,id=console,path=/proc/self/fd/%d",
                       QEMU_FD_CONSOLE) < 0)
            return -1;
    } else {
        snprintf(port->path, sizeof port->path, "%s/%s", scratch, name);
        if (vector_add(command, "socket,id=%s,path=%s,server=on,wait=off", name,
                       port->path) < 0)
            return -1;
    }
    return vector_add(command, "-serial") + vector_add(command, "chardev:%s", name);
}

static int add_kernel(char ***command, const struct qemu *qemu)
{
    const struct qemu_kernel *kernel = &qemu->kernel;
    int status = vector_add(command, "-kernel") |
                 vector_add(command, "%s", kernel->file ? kernel->file : qemu->image);

    if (kernel->initrd)
        status |=
            vector_add(command, "-initrd") | vector_add(command, "%s", kernel->initrd);
    if (kernel->append)
        status |=
            vector_add(command, "-append") | vector_add(command, "%s", kernel->append);
    return status;
}

/* The board stands still (-S) until the console and QMP are connected. */
char **qemu_command(struct device *device, struct error *error)
{
    struct qemu *qemu = device->state;
    const char *const fixed[] = {qemu->binary, "-machine", qemu->machine, "-S",
                                 "-nodefaults", "-display", "none", "-mon",
                                 "chardev=qmp,mode=control",
                                 /* The default is an eighth of the host's memory, and
                                  * every reset fills some of it. */
                                 "-accel", "tcg,tb-size=32", NULL};
    char **command = NULL;
    int status = 0;

    if (qemu->clock_rate > 1)
        status |= vector_add(&command, "env") |
                  vector_add(&command, "LD_PRELOAD=%s", qemu->clock_part) |
                  vector_add(&command, "PERCUSS_CLOCK_RATE=%" PRId64, qemu->clock_rate);
    for (size_t i = 0; fixed[i]; i++)
        status |= vector_add(&command, "%s", fixed[i]);
    status |= add_kernel(&command, qemu);
    status |= vector_add(&command, "-chardev");
    status |= vector_add(&command, "socket,id=qmp,fd=%d", QEMU_FD_QMP);
    status |= qemu_add_network(&command, qemu);
    if (!qemu->clock_rate)
        status |=
            vector_add(&command, "-icount") | vector_add(&command, "%s", qemu->clock);
    if (qemu->map.map) {
        status |= vector_add(&command, "-plugin");
        status |= vector_add(&command, "%s,map=/proc/self/fd/%d%s", qemu->plugin,
                             QEMU_FD_MAP, qemu->map.constant ? ",constant=on" : "");
    }
    if (qemu->breakpoints) {
        snprintf(qemu->gdb, sizeof qemu->gdb, "unix:%s/gdb", device->scratch);
        status |= vector_add(&command, "-gdb");
        status |= vector_add(&command, "%s,server=on,wait=off", qemu->gdb);
    }
    for (size_t i = 0; i < qemu->port_count; i++)
        status |= add_port(&command, &qemu->ports[i], device->scratch);
    for (size_t i = 0; qemu->arguments && qemu->arguments[i]; i++)
        status |= vector_add(&command, "%s", qemu->arguments[i]);
    if (status != 0)
        error_set(error, "out of memory");
    if (status == 0 && qemu_add_snapshot(&command, device, error) == 0)
        return command;
    vector_free(command);
    return NULL;
}

void qemu_describe(const struct device *device, char *text, size_t size)
{
    const struct qemu *qemu = device->state;

    int length = snprintf(text, size, "QEMU %s%s%s, clock %s, image sha256 %s",
                          qemu->version, qemu->version[0] ? " " : "", qemu->machine,
                          qemu->clock, qemu->image_hash);

    if (qemu->kernel.file && length > 0 && (size_t)length < size)
        length += snprintf(text + length, size - (size_t)length, ", kernel sha256 %s%s%s",
                           qemu->kernel.file_hash,
                           qemu->kernel.initrd ? ", initrd sha256 " : "",
                           qemu->kernel.initrd_hash);
    if (qemu->breakpoints && length > 0 && (size_t)length < size)
        breakpoints_describe(qemu->breakpoints, text + length, size - (size_t)length);
}
