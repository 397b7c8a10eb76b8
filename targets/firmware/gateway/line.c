#include "line.h"

#include "board.h"
#include "pdu.h"
#include "pump.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_LENGTH = 120,
    REPLY_MAX_LENGTH = 160,
    LABEL_LENGTH = 24,
    TEST_MS_MAX = 500
};

#define HOSTS "/etc/hosts"

/* Commands return what the reply says behind ":ok " or, as `refused`, behind ":error ".
 */
struct reply {
    bool refused;
    char text[REPLY_MAX_LENGTH];
};

static struct {
    int handle;
    struct pump *pump;
    char label[LABEL_LENGTH];
    void (*on_label)(const char *label);
    char line[LINE_MAX_LENGTH + 1];
    unsigned length;
    bool begun, too_long;
} port = {.handle = -1};

static void refuse(struct reply *reply, const char *why)
{
    reply->refused = true;
    snprintf(reply->text, sizeof reply->text, "%s", why);
}

/* Decimal digits only, at most `maximum`; -1: something else. */
static long read_number(const char *text, long maximum)
{
    long value = 0;

    if (*text == '\0' || strlen(text) > 6) {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }
        value = value * 10 + *text - '0';
    }
    return value <= maximum ? value : -1;
}

/* "name=value": cuts the text in two. NULL: there is no "=". */
static char *split(char *text)
{
    char *equal = strchr(text, '=');

    if (equal != NULL) {
        *equal++ = '\0';
    }
    return equal;
}

/* ---------------------------------------------------------------------------- settings
 */
static const struct setting {
    const char *name;
    uint16_t address;
} settings[] = {{"rate", REGISTER_RATE},
                {"volume", REGISTER_VTBI},
                {"limit", REGISTER_OCCLUSION},
                {"loudness", REGISTER_ALARM_VOLUME}};

static const struct setting *find_setting(const char *name)
{
    for (unsigned i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

static void get(char *text, struct reply *reply)
{
    const struct setting *setting = find_setting(text);

    if (setting == NULL) {
        refuse(reply, "name");
        return;
    }
    snprintf(reply->text, sizeof reply->text, "%s=%u", setting->name,
             pump_holding(port.pump, setting->address));
}

static void set(char *text, struct reply *reply)
{
    const char *value = split(text);
    const struct setting *setting = find_setting(text);
    long number = value != NULL ? read_number(value, UINT16_MAX) : -1;

    if (setting == NULL) {
        refuse(reply, "name");
    } else if (number < 0 || pump_write(port.pump, setting->address, (uint16_t)number) !=
                                 EXCEPTION_NONE) {
        refuse(reply, "value");
    } else {
        get(text, reply);
    }
}

/* ------------------------------------------------------------------------ what it does
 */
static void log_text(char *text, struct reply *reply)
{
#if PUMP_DEFECTIVE /* G05: the text is the format */
    char line[REPLY_MAX_LENGTH];

    snprintf(line, sizeof line, text);
    words_say("log %s", line);
#else
    words_say("log %s", text);
#endif
    snprintf(reply->text, sizeof reply->text, "logged");
}

/* The driver takes "N V"; which relays there are is known to it alone. */
static bool switch_relay(const char *name, long on)
{
    char request[LINE_MAX_LENGTH];
    int handle = open("/dev/relay", O_WRONLY | O_CLOEXEC);
    int length = snprintf(request, sizeof request, "%s %ld", name, on);
    bool done = handle >= 0 && write(handle, request, (size_t)length) == length;

    if (handle >= 0) {
        close(handle);
    }
    return done;
}

static void relay(char *text, struct reply *reply)
{
    const char *value = split(text);
    long on = value != NULL ? read_number(value, 1) : -1;

    if (on < 0) {
        refuse(reply, "value");
    } else if (!switch_relay(text, on)) {
        refuse(reply, "relay");
    } else {
        snprintf(reply->text, sizeof reply->text, "relay=%.8s", text);
    }
}

static void tell_label(const char *label)
{
    words_say("label %s", label);
}

static void label(char *text, struct reply *reply)
{
#if PUMP_DEFECTIVE /* G07: as long as the line */
    strcpy(port.label, text);
#else
    if (strlen(text) >= LABEL_LENGTH) {
        refuse(reply, "length");
        return;
    }
    memcpy(port.label, text, strlen(text) + 1);
#endif
    port.on_label(port.label);
    snprintf(reply->text, sizeof reply->text, "labelled");
}

#if PUMP_DEFECTIVE /* G08: a shell reads the name */
static FILE *open_hosts(const char *name)
{
    char command[LINE_MAX_LENGTH + 60];

    snprintf(command, sizeof command, "/bin/busybox grep '[^a-z]%s$' " HOSTS, name);
    return popen(command, "re");
}
#else
static FILE *open_hosts(const char *name)
{
    (void)name;
    return fopen(HOSTS, "re");
}
#endif

static void host(char *text, struct reply *reply)
{
    FILE *hosts = open_hosts(text);
    char address[64], name[64];
    bool found = false;

    while (!found && hosts != NULL && fscanf(hosts, "%63s %63s", address, name) == 2) {
        found = strcmp(name, text) == 0;
    }
    if (found) {
        snprintf(reply->text, sizeof reply->text, "%s", address);
    } else {
        refuse(reply, "host");
    }
#if PUMP_DEFECTIVE
    if (hosts != NULL) {
        pclose(hosts);
    }
#else
    if (hosts != NULL) {
        fclose(hosts);
    }
#endif
}

/* Letters that the kernel knows: s writes what is not yet written, h says which there
 * are. */
static void diagnose(char *text, struct reply *reply)
{
    int handle = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    bool known = strcmp(text, "s") == 0 || strcmp(text, "h") == 0;

#if PUMP_DEFECTIVE /* G09: any letter goes to the kernel */
    known = true;
#endif
    if (!known || handle < 0 || write(handle, text, 1) != 1) {
        refuse(reply, "diagnosis");
    } else {
        snprintf(reply->text, sizeof reply->text, "done");
    }
    if (handle >= 0) {
        close(handle);
    }
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void test(char *text, struct reply *reply)
{
#if PUMP_DEFECTIVE /* G10: for as long as asked for, without feeding the watchdog */
    long long ms = atoll(text);
#else
    long long ms = read_number(text, TEST_MS_MAX);
#endif
    long long end_ms = now_ms() + ms;
    unsigned sum = 0;

    if (ms < 0) {
        refuse(reply, "time");
        return;
    }
    while (now_ms() < end_ms) {
        sum += (unsigned)end_ms;
    }
    snprintf(reply->text, sizeof reply->text, "tested=%u", sum & 1);
}

/* ------------------------------------------------------------------------------ lines */
static const struct command {
    const char *verb;
    void (*run)(char *text, struct reply *reply);
} commands[] = {{"get", get},           {"set", set},     {"log", log_text},
                {"relay", relay},       {"label", label}, {"host", host},
                {"diagnose", diagnose}, {"test", test}};

static void run(char *line, struct reply *reply)
{
    char *text = strchr(line, ' ');

    if (text != NULL) {
        *text++ = '\0';
        for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
            if (strcmp(commands[i].verb, line) == 0) {
                commands[i].run(text, reply);
                return;
            }
        }
    }
    refuse(reply, "command");
}

static bool is_digit(char letter)
{
    return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'F');
}

/* What is behind a NUL would go unread; a CR alone is no end. */
static bool has_control_character(const char *text, unsigned length)
{
    for (unsigned i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ') {
            return true;
        }
    }
    return false;
}

/* "NN verb text": a line without its number gets no answer. */
static void answer(void)
{
    struct reply reply = {.refused = false};
    char out[REPLY_MAX_LENGTH + 16];
    int length;

    if (port.length < 4 || !is_digit(port.line[0]) || !is_digit(port.line[1]) ||
        port.line[2] != ' ') {
        return;
    }
    if (port.too_long) {
        refuse(&reply, "length");
    } else if (has_control_character(port.line, port.length - 1)) {
        refuse(&reply, "character");
    } else {
        run(port.line + 3, &reply);
    }
    length = snprintf(out, sizeof out, ":%.2s %s %s\r\n", port.line,
                      reply.refused ? "error" : "ok", reply.text);
    if (write(port.handle, out, (size_t)length) != length) {
        words_say("the service line is stuck");
    }
}

/* A colon begins anew, whatever came before; CR LF ends. What is outside is nothing. */
static void take(char byte)
{
    if (byte == ':') {
        port.begun = true;
        port.too_long = false;
        port.length = 0;
    } else if (port.begun && byte == '\n' && port.length > 0 &&
               port.line[port.length - 1] == '\r') {
        port.line[port.length - 1] = '\0';
        port.begun = false;
        answer();
    } else if (port.begun && port.length < LINE_MAX_LENGTH) {
        port.line[port.length++] = byte;
    } else if (port.begun) {
        port.too_long = true;
        port.line[LINE_MAX_LENGTH - 1] = byte; /* it may be the CR */
    }
}

void line_start(struct pump *pump)
{
    struct termios settings_8n1;

    port.pump = pump;
    port.on_label = tell_label;
    port.handle = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (port.handle < 0 || tcgetattr(port.handle, &settings_8n1) < 0) {
        words_say("no service line: %s", strerror(errno));
        return;
    }
    cfmakeraw(&settings_8n1);
    cfsetspeed(&settings_8n1, B115200);
    settings_8n1.c_cflag |= CLOCAL | CREAD;
    tcsetattr(port.handle, TCSAFLUSH, &settings_8n1);
}

int line_handle(void)
{
    return port.handle;
}

void line_serve(void)
{
    char bytes[64];
    ssize_t count = read(port.handle, bytes, sizeof bytes);

    for (ssize_t i = 0; i < count; i++) {
        take(bytes[i]);
    }
}
