/* The serial link on ports that have a driver behind them: run by guest.py in its guest,
 * as guest-lines UART FTDI-SERIAL GADGET ACM What it cannot do itself it asks guest.py
 * for in lines that begin with "GUEST". */
#include "core/clock.h"
#include "link/link.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int failed;

static void check(bool condition, const char *what, const char *detail)
{
    printf("%s %s%s%s\n", condition ? "ok     " : "FAILED ", what, condition ? "" : ": ",
           condition ? "" : detail);
    fflush(stdout);
    failed += !condition;
}

struct port {
    struct yaml_document *document;
    struct link *link;
    struct error error;
};

static int64_t within(int64_t seconds)
{
    return clock_now_ns() + seconds * CLOCK_S;
}

/* 0, or -1 with port->error. */
static int port_open(struct port *port, const char *address, const char *more)
{
    char text[400];

    *port = (struct port){0};
    snprintf(text, sizeof text, "{kind: serial, address: '%s'%s%s}", address,
             more[0] ? ", " : "", more);
    port->document = yaml_parse("link", view_text(text), &port->error);
    port->link = link_create(yaml_root(port->document), &port->error);
    return port->link ? link_open(port->link, address, within(5), &port->error) : -1;
}

static void port_close(struct port *port)
{
    link_free(port->link);
    yaml_close(port->document);
}

/* --- settings ----------------------------------------------------------------------- */

static void settings_are_read_back(const char *path)
{
    static const struct {
        const char *text;
        tcflag_t flags;
        speed_t speed;
    } lines[] = {
        {"baud: 9600, bits: 7, parity: even, stop: 1", CS7 | PARENB, 9600},
        {"baud: 9600, bits: 8, parity: odd, stop: 2", CS8 | PARENB | PARODD | CSTOPB,
         9600},
        {"baud: 9600, parity: mark", CS8 | PARENB | PARODD | CMSPAR, 9600},
        {"baud: 9600, parity: space", CS8 | PARENB | CMSPAR, 9600},
        {"baud: 12345", CS8, 12345},
        {"baud: 12345, bits: 7, parity: mark, stop: 2",
         CS7 | PARENB | PARODD | CMSPAR | CSTOPB, 12345},
        {"baud: 9600, flow: rtscts", CS8 | CRTSCTS, 9600},
    };
    const tcflag_t looked = CSIZE | PARENB | PARODD | CMSPAR | CSTOPB | CRTSCTS;
    char what[200], detail[200];

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct port port;
        struct termios2 got = {0};
        int status = port_open(&port, path, lines[i].text);
        int other = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

        ioctl(other, TCGETS2, &got);
        snprintf(what, sizeof what, "%s: %s", path, lines[i].text);
        snprintf(detail, sizeof detail, "%.100s; flags %o speed %u", port.error.text,
                 got.c_cflag, got.c_ospeed);
        check(status == 0 && (got.c_cflag & looked) == lines[i].flags &&
                  got.c_ospeed == lines[i].speed,
              what, detail);
        close(other);
        port_close(&port);
    }
}

/* --- breaks ------------------------------------------------------------------------- */

static void a_break_is_seen(const char *path, const char *by)
{
    struct port port;
    struct buffer in = buffer_make(100);
    char what[100];
    int status = port_open(&port, path, "baud: 9600");

    printf("GUEST break %s\n", by);
    fflush(stdout);
    for (int64_t end = within(20);
         status >= 0 && port.link->breaks == 0 && clock_now_ns() < end;)
        status = link_receive(port.link, &in, clock_now_ns() + CLOCK_S / 10, &port.error);
    snprintf(what, sizeof what, "%s: a break that arrives is counted, and is no data",
             path);
    check(port.link && port.link->breaks >= 1 && in.length == 0, what, port.error.text);
    buffer_free(&in);
    port_close(&port);
}

static void a_break_reaches_a_peer(const char *from, const char *to)
{
    struct buffer in = buffer_make(100);
    struct port here, there = {0};
    int status = port_open(&here, from, "baud: 9600") < 0 /* a gadget has no other */ ||
                         port_open(&there, to, "baud: 9600") < 0
                     ? -1
                     : 0;

    if (status == 0)
        status = link_send(here.link, view_text("tap"), within(5), &here.error);
    while (status == 0 && in.length < 3 &&
           link_receive(there.link, &in, within(5), &there.error) > 0)
        ;
    check(status == 0 && in.length == 3 && memcmp(in.data, "tap", 3) == 0,
          "a gadget's line carries bytes", here.error.text);
    if (status == 0)
        status = link_disturb(here.link, LINK_BREAK, 50 * CLOCK_MS,
                              (struct view){NULL, 0}, within(5), &here.error);
    for (int64_t end = within(5);
         status == 0 && there.link->breaks == 0 && clock_now_ns() < end;)
        if (link_receive(there.link, &in, clock_now_ns() + CLOCK_S / 10, &there.error) <
            0)
            break;
    check(status == 0 && there.link && there.link->breaks >= 1,
          "a break that is sent is seen by the peer at the other end", here.error.text);
    buffer_free(&in);
    port_close(&here);
    port_close(&there);
}

/* --- RS-485 ------------------------------------------------------------------------- */

struct watcher {
    int fd;
    atomic_bool end;
    atomic_int up, down;
};

static void *watch_rts(void *argument)
{
    struct watcher *watcher = argument;
    int lines;

    while (!watcher->end) {
        if (ioctl(watcher->fd, TIOCMGET, &lines) == 0)
            atomic_fetch_add(lines & TIOCM_RTS ? &watcher->up : &watcher->down, 1);
        clock_sleep_until_ns(clock_now_ns() + CLOCK_MS);
    }
    return NULL;
}

static bool rts_is_up(int fd)
{
    int lines = 0;

    return ioctl(fd, TIOCMGET, &lines) == 0 && lines & TIOCM_RTS;
}

static void rts_is_held(const char *path)
{
    struct watcher watcher = {.fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK)};
    bool before, after;
    pthread_t thread;
    struct port port;
    int status = port_open(&port, path, "baud: 9600, rs485: rts, rts-before: 2ms");

    before = rts_is_up(watcher.fd);
    pthread_create(&thread, NULL, watch_rts, &watcher);
    if (status == 0)
        status = link_send(port.link,
                           view_text("a hundred bytes at 9600 baud take a tenth of a "
                                     "second, in which RTS is up and not down, as the "
                                     "line is"),
                           within(5), &port.error);
    after = rts_is_up(watcher.fd);
    watcher.end = true;
    pthread_join(thread, NULL);
    check(status == 0 && !before && !after && watcher.up > 0,
          "rs485: rts is up while it sends, down before and after", port.error.text);
    close(watcher.fd);
    port_close(&port);
    status = port_open(&port, path, "rs485: kernel");
    check(status < 0 && strstr(port.error.text, "does no RS-485"),
          "a driver without RS-485 is said to be one", port.error.text);
    port_close(&port);
}

/* --- disturbances ------------------------------------------------------------------- */

static void the_line_is_set_back(const char *path)
{
    static const struct {
        unsigned what;
        int64_t amount;
    } all[] = {{LINK_PARITY, 0},
               {LINK_PARITY, 2},
               {LINK_FRAMING, 0},
               {LINK_BAUD, 50},
               {LINK_BREAK, CLOCK_MS}};
    struct termios2 before, after;
    struct port port;
    int other = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
    int status = port_open(&port, path, "baud: 9600, bits: 7, parity: even");
    unsigned carries = port.link ? port.link->carries : 0;

    check((carries & (LINK_PARITY | LINK_FRAMING | LINK_BAUD | LINK_BREAK)) ==
              (LINK_PARITY | LINK_FRAMING | LINK_BAUD | LINK_BREAK),
          "a 7E1 line says that it carries break, parity, baud, framing",
          port.error.text);
    ioctl(other, TCGETS2, &before);
    for (size_t i = 0; i < sizeof all / sizeof all[0] && status == 0; i++)
        status = link_disturb(port.link, all[i].what, all[i].amount, view_text("tap"),
                              within(5), &port.error);
    ioctl(other, TCGETS2, &after);
    check(status == 0 && memcmp(&before, &after, sizeof before) == 0,
          "each is put on the line, which then is as it was", port.error.text);
    close(other);
    port_close(&port);
}

/* One of seven bytes: guest.py looks at what the emulated UART was told around it. */
static void one_byte_is_wrong(const char *path)
{
    static const uint8_t bytes[] = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7};
    struct port port;
    int status = port_open(&port, path, "baud: 9600, parity: even");

    if (status == 0)
        status = link_disturb(port.link, LINK_PARITY, 3,
                              (struct view){bytes, sizeof bytes}, within(5), &port.error);
    check(status == 0, "one byte of seven with a wrong parity bit", port.error.text);
    if (port.link && status == 0)
        check(link_disturb(port.link, LINK_PARITY, 8, (struct view){bytes, sizeof bytes},
                           within(5), &port.error) == LINK_FAILED,
              "of seven bytes there is no eighth", "it was sent");
    port_close(&port);
}

/* --- an adapter --------------------------------------------------------------------- */

static int latency_of(void)
{
    FILE *file = fopen("/sys/class/tty/ttyUSB0/device/latency_timer", "re");
    int value = 0;

    if (file && fscanf(file, "%d", &value) != 1)
        value = 0;
    if (file)
        fclose(file);
    return value;
}

static void an_adapter_is_found(const char *serial)
{
    struct buffer in = buffer_make(100);
    char address[100];
    struct port port;
    int status;

    snprintf(address, sizeof address, "usb:0403:6001:%s", serial);
    status = port_open(&port, address, "latency-timer: 3");
    check(status == 0 && latency_of() == 3,
          "an FTDI adapter by its identity, its latency "
          "timer set and read back",
          port.error.text);
    port_close(&port);
    status = port_open(&port, "usb:0403:6001:OTHER", "");
    check(status < 0 && strstr(port.error.text, address),
          "another serial number: an error "
          "that lists this one",
          port.error.text);
    printf("        %s\n", port.error.text);
    port_close(&port);
    status = port_open(&port, address, "");
    puts("GUEST unplug");
    fflush(stdout);
    if (status == 0)
        status = link_receive(port.link, &in, within(20), &port.error);
    check(status == LINK_CLOSED, "unplugged in mid-run: the line hung up",
          port.error.text);
    check(port.link &&
              link_open(port.link, address, within(1), &port.error) == LINK_FAILED,
          "and then there is no such port", port.error.text);
    printf("        %s\n", port.error.text);
    port_close(&port);
    buffer_free(&in);
}

int main(int count, char **arguments)
{
    if (count != 5)
        return 2;
    settings_are_read_back(arguments[1]);
    settings_are_read_back("/dev/ttyUSB0");
    a_break_is_seen(arguments[1], "uart");
    the_line_is_set_back(arguments[1]);
    one_byte_is_wrong(arguments[1]);
    rts_is_held(arguments[1]);
    a_break_reaches_a_peer(arguments[3], arguments[4]);
    an_adapter_is_found(arguments[2]);
    return failed != 0;
}
