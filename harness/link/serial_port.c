#include "link/serial_port.h"

#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what there is ------------------------------------------------------------------ */

/* Adapters choose their words: none of them reaches a terminal as a control character. */
static void copy(char *text, size_t size, const char *value)
{
    snprintf(text, size, "%s", value ? value : "");
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

/* The sysfs file of the port at `path`: /dev/ttyUSB0 may be reached by a link, as the
 * names in /dev/serial/by-id are. */
static int timer_file(const char *path, char *file, size_t size)
{
    char real[PATH_MAX];
    const char *name = realpath(path, real) ? strrchr(real, '/') : NULL;

    return name && (size_t)snprintf(file, size, "/sys/class/tty%s/device/latency_timer",
                                    name) < size
               ? 0
               : -1;
}

static int read_latency_timer(const char *path)
{
    char file[300];
    FILE *timer = timer_file(path, file, sizeof file) == 0 ? fopen(file, "re") : NULL;
    int milliseconds = 0;

    if (!timer)
        return 0;
    if (fscanf(timer, "%d", &milliseconds) != 1)
        milliseconds = 0;
    fclose(timer);
    return milliseconds;
}

static void describe(struct serial_port *port, const struct sp_port *found)
{
    *port = (struct serial_port){.path = ""};
    copy(port->path, sizeof port->path, sp_get_port_name(found));
    copy(port->label, sizeof port->label, sp_get_port_description(found));
    port->is_usb = sp_get_port_transport(found) == SP_TRANSPORT_USB &&
                   sp_get_port_usb_vid_pid(found, &port->vendor, &port->product) == SP_OK;
    if (port->is_usb)
        copy(port->serial, sizeof port->serial, sp_get_port_usb_serial(found));
    port->latency_timer_ms = read_latency_timer(port->path);
}

int serial_port_list(struct serial_port **ports, size_t *count, struct error *error)
{
    struct sp_port **found = NULL;

    *ports = NULL;
    *count = 0;
    if (sp_list_ports(&found) != SP_OK)
        return error_set(error, "the machine's serial ports cannot be listed");
    while (found[*count])
        ++*count;
    *ports = calloc(*count + 1, sizeof **ports);
    for (size_t i = 0; *ports && i < *count; i++)
        describe(&(*ports)[i], found[i]);
    sp_free_port_list(found);
    return *ports ? 0 : error_set(error, "out of memory");
}

const char *serial_port_identity(const struct serial_port *port, char *text, size_t size)
{
    int used = 0;

    if (size)
        text[0] = '\0';
    if (port->is_usb)
        used =
            snprintf(text, size, "usb:%04x:%04x%s%s", (unsigned)port->vendor,
                     (unsigned)port->product, port->serial[0] ? ":" : "", port->serial);
    if (port->label[0] && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, "%slabel:%s", used ? " " : "",
                 port->label);
    return text;
}

/* --- which one is meant ------------------------------------------------------------- */

struct wanted {
    bool is_usb;
    int vendor, product;
    const char *text; /* the serial number, NULL: any; or the label */
};

/* Four hexadecimal digits at most; *rest: behind them. */
static int read_id(const char *text, int *value, const char **rest)
{
    size_t length = strspn(text, "0123456789abcdefABCDEF");

    if (length < 1 || length > 4)
        return -1;
    *value = (int)strtol(text, NULL, 16);
    *rest = text + length;
    return 0;
}

static int read_usb(const char *text, struct wanted *wanted)
{
    if (read_id(text, &wanted->vendor, &text) < 0 || *text != ':' ||
        read_id(text + 1, &wanted->product, &text) < 0)
        return -1;
    wanted->is_usb = true;
    wanted->text = *text == ':' ? text + 1 : NULL;
    return *text == '\0' || (*text == ':' && text[1]) ? 0 : -1;
}

static int read_wanted(const char *address, struct wanted *wanted)
{
    *wanted = (struct wanted){.is_usb = false};
    if (strncmp(address, "usb:", 4) == 0)
        return read_usb(address + 4, wanted);
    wanted->text = address + strlen("label:");
    return *wanted->text ? 0 : -1;
}

bool serial_port_is_identity(const char *address)
{
    return strncmp(address, "usb:", 4) == 0 || strncmp(address, "label:", 6) == 0;
}

int serial_port_check(const char *address, struct error *error)
{
    struct wanted wanted;

    if (!serial_port_is_identity(address) || read_wanted(address, &wanted) == 0)
        return 0;
    return error_set(
        error,
        "'%s': expected usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL with "
        "up to four hexadecimal digits each, or label:TEXT",
        address);
}

static bool fits(const struct serial_port *port, const struct wanted *wanted)
{
    if (!wanted->is_usb)
        return strcmp(port->label, wanted->text) == 0;
    return port->is_usb && port->vendor == wanted->vendor &&
           port->product == wanted->product &&
           (!wanted->text || strcmp(port->serial, wanted->text) == 0);
}

static void append_port(const struct serial_port *port, struct error *error)
{
    char identity[320];
    size_t used = strlen(error->text);

    serial_port_identity(port, identity, sizeof identity);
    snprintf(error->text + used, sizeof error->text - used, "%s%s%s%s",
             error->text[used - 1] == ':' ? " " : "; ", port->path,
             identity[0] ? " is " : "", identity);
}

static void append_ports(const struct serial_port *ports, size_t count,
                         const struct wanted *only, struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!only || fits(&ports[i], only))
            append_port(&ports[i], error);
}

const struct serial_port *serial_port_choose(const struct serial_port *ports,
                                             size_t count, const char *address,
                                             struct error *error)
{
    const struct serial_port *chosen = NULL;
    struct wanted wanted;
    size_t fitting = 0;

    if (serial_port_check(address, error) < 0 || read_wanted(address, &wanted) < 0)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (fits(&ports[i], &wanted)) {
            chosen = &ports[i];
            fitting++;
        }
    if (fitting == 1)
        return chosen;
    if (fitting) {
        error_set(error, "%s: %zu ports are called so, name one by its path:", address,
                  fitting);
        append_ports(ports, count, &wanted, error);
    } else if (count) {
        error_set(error, "%s: no serial port is called so; there are:", address);
        append_ports(ports, count, NULL, error);
    } else {
        error_set(error, "%s: this machine shows no serial port", address);
    }
    return NULL;
}

int serial_port_resolve(const char *address, char *path, size_t size, struct error *error)
{
    const struct serial_port *chosen = NULL;
    struct serial_port *ports = NULL;
    size_t count;

    if (!serial_port_is_identity(address)) {
        snprintf(path, size, "%s", address);
        return 0;
    }
    if (serial_port_list(&ports, &count, error) == 0)
        chosen = serial_port_choose(ports, count, address, error);
    if (chosen)
        snprintf(path, size, "%s", chosen->path);
    free(ports);
    return chosen ? 0 : -1;
}

/* --- an FTDI adapter's latency timer ------------------------------------------------ */

int serial_port_set_latency_timer(const char *path, int milliseconds, struct error *error)
{
    char file[300];
    FILE *timer = timer_file(path, file, sizeof file) == 0 ? fopen(file, "r+e") : NULL;
    int status;

    if (!timer)
        return error_set(error,
                         "%s: its latency timer cannot be set: it is no FTDI adapter, or "
                         "there is no right to",
                         path);
    status = fprintf(timer, "%d\n", milliseconds) < 0 ? -1 : 0;
    if (fclose(timer) != 0 || status < 0 || read_latency_timer(path) != milliseconds)
        return error_set(error, "%s: the adapter does not take a latency timer of %d ms",
                         path, milliseconds);
    return 0;
}
