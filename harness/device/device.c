#include "device/device.h"

#include "core/clock.h"
#include "core/suggest.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE(name) extern const struct device_ops device_##name;
#include "device/devices.def"
#undef DEVICE

const struct device_ops *const device_kinds[] = {
#define DEVICE(name) &device_##name,
#include "device/devices.def"
#undef DEVICE
    NULL,
};

enum { OBSERVATION_TEXT = 1 << 20 };

const struct device_ops *device_kind(const char *name)
{
    for (size_t i = 0; device_kinds[i]; i++)
        if (strcmp(device_kinds[i]->name, name) == 0)
            return device_kinds[i];
    return NULL;
}

static const struct device_ops *read_kind(const struct yaml *settings,
                                          struct error *error)
{
    const struct yaml *node = yaml_need(settings, "kind", YAML_SCALAR, error);
    const struct device_ops *ops = node ? device_kind(node->text) : NULL;
    struct suggestion suggestion;
    char known[256] = "";

    if (ops || !node)
        return ops;
    suggestion = suggest_for(node->text, strlen(node->text));
    for (size_t i = 0, used = 0; device_kinds[i] && used < sizeof known; i++) {
        suggest_offer(&suggestion, device_kinds[i]->name);
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 device_kinds[i]->name);
    }
    yaml_complain(node, error, "a kind of device: %s", known);
    suggest_append(&suggestion, error);
    return NULL;
}

/* Sockets live here, sun_path is short and QEMU reads a comma as the end of an option: a
 * long or odd TMPDIR is passed over. */
static int make_scratch(struct device *device, struct error *error)
{
    const char *folder = getenv("TMPDIR");

    if (!folder || folder[0] != '/' || strlen(folder) > 48 || strchr(folder, ','))
        folder = "/tmp";
    snprintf(device->scratch, sizeof device->scratch, "%s/percuss-XXXXXX", folder);
    if (mkdtemp(device->scratch))
        return 0;
    error_set(error, "cannot make a folder in %s: %s", folder, strerror(errno));
    device->scratch[0] = '\0';
    return -1;
}

static int remove_one(const char *path, const struct stat *file, int type,
                      struct FTW *position)
{
    (void)file;
    (void)type;
    (void)position;
    remove(path);
    return 0;
}

struct device *device_create(const struct yaml *settings, struct error *error)
{
    const struct device_ops *ops = read_kind(settings, error);
    struct device *device = NULL;

    if (!ops)
        return NULL;
    device = calloc(1, sizeof *device);
    if (!device) {
        error_set(error, "out of memory");
        return NULL;
    }
    device->settings = settings;
    device->state = calloc(1, ops->state_size);
    if (!device->state) {
        error_set(error, "out of memory");
        goto fail;
    }
    device->ops = ops;
    if (ops->configure(device, settings, error) < 0 || make_scratch(device, error) < 0)
        goto fail;
    return device;
fail:
    device_free(device);
    return NULL;
}

void device_free(struct device *device)
{
    if (!device)
        return;
    if (device->ops) {
        device->ops->stop(device);
        if (device->ops->release)
            device->ops->release(device);
    }
    if (device->scratch[0])
        nftw(device->scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(device->state);
    free(device);
}

const char *device_address(struct device *device, const char *address,
                           struct error *error)
{
    const char *resolved;

    if (strncmp(address, "device:", 7) != 0)
        return address;
    resolved = device->ops->endpoint ? device->ops->endpoint(device, address + 7) : NULL;
    if (!resolved)
        error_set(error, "the device has no endpoint '%s' (link address '%s')",
                  address + 7, address);
    return resolved;
}

int64_t device_time_ns(const struct device *device, int64_t ns)
{
    return device && device->clock_rate > 1 ? ns / device->clock_rate : ns;
}

const char *reset_kind_name(enum reset_kind kind)
{
    static const char *const names[] = {[RESET_NONE] = "none",
                                        [RESET_WARM] = "warm",
                                        [RESET_RESTORE] = "restore",
                                        [RESET_RESTART] = "restart",
                                        [RESET_POWER] = "power"};

    return kind < RESET_KINDS ? names[kind] : "unknown";
}

const char *reset_kinds_text(unsigned resets, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < RESET_KINDS && used < size; i++)
        if (resets & 1u << i)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     reset_kind_name((enum reset_kind)i));
    return text;
}

const char *fault_kind_name(enum fault_kind kind)
{
    static const char *const names[] = {
        [FAULT_NONE] = "none",       [FAULT_SANITIZER] = "sanitizer",
        [FAULT_GUEST] = "guest",     [FAULT_LOCKUP] = "lockup",
        [FAULT_RESET] = "reset",     [FAULT_EXIT] = "exit",
        [FAULT_CONSOLE] = "console", [FAULT_BANNER] = "banner",
    };

    return kind <= FAULT_BANNER ? names[kind] : "unknown";
}

void observation_init(struct observation *observation)
{
    *observation = (struct observation){.text = buffer_make(OBSERVATION_TEXT)};
}

void observation_clear(struct observation *observation)
{
    observation->running = observation->restarted = false;
    observation->fault_count = 0;
    observation->seen_ns = 0;
    buffer_clear(&observation->text);
}

void observation_free(struct observation *observation)
{
    buffer_free(&observation->text);
}

size_t observation_append(struct observation *observation, struct view bytes)
{
    struct buffer *text = &observation->text;
    size_t offset = text->length;

    buffer_append(text, view_slice(bytes, 0, text->maximum - text->length));
    return offset;
}

void observation_see(struct observation *observation)
{
    if (!observation->seen_ns)
        observation->seen_ns = clock_now_ns();
}

void observation_add(struct observation *observation, const struct fault *fault)
{
    observation_see(observation);
    for (size_t i = 0; i < observation->fault_count; i++)
        if (observation->faults[i].kind == fault->kind &&
            strcmp(observation->faults[i].cause, fault->cause) == 0)
            return;
    if (observation->fault_count < OBSERVATION_FAULTS)
        observation->faults[observation->fault_count++] = *fault;
}

void observation_move(struct observation *from, struct observation *to)
{
    size_t base = observation_append(to, buffer_view(&from->text));
    size_t kept = to->text.length - base;

    for (size_t i = 0; i < from->fault_count; i++) {
        struct fault fault = from->faults[i];

        if (fault.detail_offset > kept)
            fault.detail_offset = kept;
        if (fault.detail_length > kept - fault.detail_offset)
            fault.detail_length = kept - fault.detail_offset;
        fault.detail_offset += base;
        observation_add(to, &fault);
    }
    if (from->seen_ns && (!to->seen_ns || from->seen_ns < to->seen_ns))
        to->seen_ns = from->seen_ns;
    to->restarted |= from->restarted;
    observation_clear(from);
}
