#include "device/probe.h"

#include "core/clock.h"
#include "device/file.h"

#include <stdio.h>
#include <string.h>

#define POWER_COMMAND_NS (30 * CLOCK_S)

enum { WORDS_MAXIMUM = 64 << 10 };

static const struct probe_kind kinds[] = {
    {.name = "qemu",
     .reset = "system_reset",
     .settle_ns = 20 * CLOCK_MS,
     .is_emulator = true},
    {.name = "openocd",
     .attach = {"halt"},
     .reset = "reset halt",
     .settle_ns = 500 * CLOCK_MS},
    {.name = "pyocd", .reset = "reset halt", .settle_ns = 500 * CLOCK_MS},
    {.name = "jlink", .attach = {"halt"}, .reset = "reset", .settle_ns = 500 * CLOCK_MS},
    /* Its vector catch takes the stacked frame back and clears the fault's status before
     * anybody can read it. */
    {.name = "blackmagic",
     .attach = {"swdp_scan"},
     .attach_to = 1,
     .prepare = "vector_catch disable hard",
     .settle_ns = 500 * CLOCK_MS},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* --- sockets of a command's own ----------------------------------------------------- */

static int read_sockets(struct probe *probe, const struct yaml *list, struct error *error)
{
    if (list && list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list of names");
    for (const struct yaml *one = list ? list->child : NULL; one; one = one->next) {
        if (probe->socket_count == PROBE_SOCKETS)
            return yaml_complain(one, error, "at most %d sockets", PROBE_SOCKETS);
        if (one->kind != YAML_SCALAR || !one->text[0] || strlen(one->text) > 24 ||
            strspn(one->text, "abcdefghijklmnopqrstuvwxyz0123456789-_") !=
                strlen(one->text))
            return yaml_complain(one, error, "a name (small letters, digits, - and _)");
        probe->sockets[probe->socket_count++].name = one->text;
    }
    return 0;
}

static const char *find_socket(const struct probe *probe, const char *name, size_t length)
{
    for (size_t i = 0; i < probe->socket_count; i++)
        if (strlen(probe->sockets[i].name) == length &&
            memcmp(probe->sockets[i].name, name, length) == 0)
            return probe->sockets[i].path;
    return NULL;
}

int probe_expand(const struct probe *probe, const char *text, char *expanded, size_t size)
{
    size_t used = 0;

    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *path =
            end ? find_socket(probe, text + 1, (size_t)(end - text - 1)) : NULL;
        int length = path ? snprintf(expanded + used, size - used, "%s", path)
                          : snprintf(expanded + used, size - used, "%c", *text);

        if (length < 0 || (size_t)length >= size - used)
            return -1;
        used += (size_t)length;
        text = path ? end + 1 : text + 1;
    }
    expanded[used] = '\0';
    return 0;
}

/* --- the firmware ------------------------------------------------------------------- */

static int read_image(struct probe *probe, const struct yaml *settings,
                      struct error *error)
{
    const struct yaml *node = yaml_need(settings, "image", YAML_SCALAR, error);
    struct error why;

    if (!node)
        return -1;
    probe->image = node->text;
    probe->symbols = symbols_load(probe->image, &why);
    if (!probe->symbols)
        return yaml_complain(node, error, "a firmware image, an ELF file (%s)", why.text);
    probe->program.symbols = probe->symbols;
    probe->program.path = probe->image;
    probe->unwind = unwind_open(probe->image, &why); /* none: a shorter backtrace */
    file_hash_text(probe->image, probe->image_hash);
    return 0;
}

static void add_stop(struct probe *probe, uint64_t address)
{
    uint32_t at = (uint32_t)address & ~1u; /* Thumb */

    for (size_t i = 0; i < probe->stop_count; i++)
        if (probe->stops[i] == at)
            return;
    if (probe->stop_count < PROBE_STOPS)
        probe->stops[probe->stop_count++] = at;
}

/* The handlers of HardFault, MemManage, BusFault and UsageFault, as the image's vectors
 * have them. */
static void add_vectors(struct probe *probe)
{
    char name[PROGRAM_NAME];
    uint64_t address;

    for (unsigned number = 3; number <= 6; number++)
        if (program_vector(&probe->program, number, name, &address))
            add_stop(probe, address);
}

/* {catch: vectors} or {handlers: [name, …]}; without it the image's vectors. */
static int read_faults(struct probe *probe, const struct yaml *map, struct error *error)
{
    static const char *const known[] = {"catch", "handlers", NULL};
    static const char *const ways[] = {"breakpoints", "vectors", NULL};
    const struct yaml *handlers = map ? yaml_get(map, "handlers") : NULL;
    int way = 0;

    if (map && (yaml_check_keys(map, known, error) < 0 ||
                yaml_read_choice(map, "catch", ways, &way, error) < 0))
        return -1;
    probe->catch = way == 1;
    if (handlers && handlers->kind != YAML_LIST)
        return yaml_complain(handlers, error, "a list of functions");
    for (const struct yaml *one = handlers ? handlers->child : NULL; one;
         one = one->next) {
        uint64_t address;

        if (one->kind != YAML_SCALAR ||
            !symbols_address(probe->symbols, one->text, &address))
            return yaml_complain(one, error, "a function of the image");
        add_stop(probe, address);
    }
    if (!handlers && !probe->catch)
        add_vectors(probe);
    if (!probe->stop_count && !probe->catch)
        return error_set(error,
                         "'%.200s' names no fault handlers: say which with faults: "
                         "{handlers: [...]}",
                         probe->image);
    return 0;
}

/* A number, or a name of the image's. */
static int read_address(struct probe *probe, const struct yaml *map, const char *key,
                        uint32_t *address, struct error *error)
{
    const struct yaml *node = yaml_need(map, key, YAML_SCALAR, error);
    int64_t number;
    uint64_t found;

    if (!node)
        return -1;
    if (yaml_is_integer(node, &number) && number >= 0 && number <= UINT32_MAX)
        *address = (uint32_t)number;
    else if (symbols_label(probe->symbols, node->text, &found) && found <= UINT32_MAX)
        *address = (uint32_t)found;
    else
        return yaml_complain(node, error, "an address, or a symbol of the image");
    return 0;
}

static int read_stack(struct probe *probe, const struct yaml *map, struct error *error)
{
    static const char *const known[] = {"bottom", "top", "fill", NULL};
    struct cortex_stack *stack = &probe->stack;
    int64_t fill = 0;

    if (!map)
        return 0;
    if (yaml_check_keys(map, known, error) < 0 ||
        read_address(probe, map, "bottom", &stack->bottom, error) < 0 ||
        read_address(probe, map, "top", &stack->top, error) < 0 ||
        !yaml_need(map, "fill", YAML_SCALAR, error) ||
        yaml_read_integer(map, "fill", 0, UINT32_MAX, &fill, error) < 0)
        return -1;
    stack->fill = (uint32_t)fill;
    return stack->top > stack->bottom && stack->top % 4 == 0 && stack->bottom % 4 == 0
               ? 0
               : yaml_complain(map, error, "whole words, the top above the bottom");
}

/* --- the probe ---------------------------------------------------------------------- */

static int read_kind(struct probe *probe, const struct yaml *settings,
                     struct error *error)
{
    const char *names[KINDS + 1] = {NULL};
    int which = 0;

    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    if (!yaml_need(settings, "probe", YAML_SCALAR, error) ||
        yaml_read_choice(settings, "probe", names, &which, error) < 0)
        return -1;
    probe->kind = &kinds[which];
    probe->provokes = probe->kind->is_emulator;
    probe->reset = probe->kind->reset;
    probe->settle_ns = probe->kind->settle_ns;
    return 0;
}

static int read_command(struct probe *probe, const struct yaml *command,
                        struct error *error)
{
    char path[4096];
    char **vector;

    if (!command)
        return 0;
    vector = vector_read(command, error);
    if (!vector)
        return -1;
    vector_free(vector);
    probe->command = command;
    return spawn_find(command->child->text, path, sizeof path) == 0
               ? 0
               : yaml_complain(command->child, error, "a program that can be executed");
}

static bool says(const struct yaml *command, const char *word)
{
    for (const struct yaml *one = command ? command->child : NULL; one; one = one->next)
        if (strcmp(one->text, word) == 0)
            return true;
    return false;
}

static int read_reset(struct probe *probe, const struct yaml *map, struct error *error)
{
    static const char *const known[] = {"warm", NULL};

    if (!map)
        return 0;
    return yaml_check_keys(map, known, error) < 0 ||
                   yaml_read_text(map, "warm", &probe->reset, error) < 0
               ? -1
               : 0;
}

int probe_configure(struct device *device, const struct yaml *settings,
                    struct error *error)
{
    static const char *const known[] = {"kind",          "probe",  "server",  "command",
                                        "sockets",       "image",  "faults",  "stack",
                                        "reset",         "settle", "compare", "provoke",
                                        "start-timeout", "power",  NULL};
    struct probe *probe = device->state;

    child_init(&probe->child);
    probe->words = buffer_make(WORDS_MAXIMUM);
    gdb_init(&probe->gdb, (struct gdb_pc){15, 60, 4}); /* ARM's, in every server */
    probe->start_timeout_ns = 10 * CLOCK_S;
    probe->compares = true;
    if (yaml_check_keys(settings, known, error) < 0 ||
        read_kind(probe, settings, error) < 0 ||
        !yaml_need(settings, "server", YAML_SCALAR, error) ||
        yaml_read_text(settings, "server", &probe->server, error) < 0 ||
        read_command(probe, yaml_get(settings, "command"), error) < 0 ||
        read_sockets(probe, yaml_get(settings, "sockets"), error) < 0 ||
        read_image(probe, settings, error) < 0 ||
        read_faults(probe, yaml_get(settings, "faults"), error) < 0 ||
        read_stack(probe, yaml_get(settings, "stack"), error) < 0 ||
        read_reset(probe, yaml_get(settings, "reset"), error) < 0 ||
        supply_read(&probe->supply, settings, POWER_COMMAND_NS, error) < 0 ||
        yaml_read_duration(settings, "settle", &probe->settle_ns, error) < 0 ||
        yaml_read_bool(settings, "compare", &probe->compares, error) < 0 ||
        yaml_read_bool(settings, "provoke", &probe->provokes, error) < 0 ||
        yaml_read_duration(settings, "start-timeout", &probe->start_timeout_ns, error) <
            0)
        return -1;
    device->can = DEVICE_SEES_FAULT | (probe->provokes ? DEVICE_CAN_PAUSE : 0) |
                  (probe->command ? DEVICE_SEES_EXIT : 0) |
                  (probe->kind->is_emulator ? DEVICE_IS_EMULATED : 0) |
                  (says(probe->command, "-icount") ? 0 : DEVICE_KEEPS_TIME);
    device->image = probe->image;
    device->resets = 1u << RESET_WARM | (probe->command ? 1u << RESET_RESTART : 0) |
                     (supply_can_cycle(&probe->supply) ? 1u << RESET_POWER : 0);
    if (probe->supply.power.name)
        device->step_limit_ns = supply_cycle_limit_ns(&probe->supply) +
                                2 * probe->settle_ns + probe->start_timeout_ns;
    return 0;
}

/* The hash at the end is what criteria take for the item that was tested: said of what
 * was compared only. */
void probe_describe(const struct device *device, char *text, size_t size)
{
    const struct probe *probe = device->state;
    char stack[64] = "", lost[64] = "", power[80];

    if (probe->stack_deepest)
        snprintf(stack, sizeof stack, ", stack %u of %u bytes used at most",
                 (unsigned)probe->stack_deepest,
                 (unsigned)(probe->stack.top - probe->stack.bottom));
    if (probe->reconnects)
        snprintf(lost, sizeof lost, ", connected again %u times", probe->reconnects);
    supply_text(&probe->supply, power, sizeof power);
    if (probe->compared_bytes)
        snprintf(
            text, size,
            "GDB server (%s)%s%s%s, %llu bytes of memory equal to the image, sha256 %s",
            probe->kind->name, power, stack, lost,
            (unsigned long long)probe->compared_bytes, probe->image_hash);
    else
        snprintf(text, size, "GDB server (%s)%s%s%s, memory not compared with the image",
                 probe->kind->name, power, stack, lost);
}
