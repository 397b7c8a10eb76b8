#include "device/qmp.h"

#include "core/clock.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_MAXIMUM = 1 << 20 };

void qmp_init(struct qmp *qmp)
{
    *qmp = (struct qmp){.fd = -1, .in = buffer_make(MESSAGE_MAXIMUM)};
}

static void count_event(struct qmp *qmp, const char *name, const json_t *data)
{
    bool by_guest = json_is_true(json_object_get(data, "guest"));

    if (strcmp(name, "RESET") == 0 && by_guest)
        qmp->events.guest_resets++;
    else if (strcmp(name, "RESET") == 0)
        qmp->events.host_resets++;
    else if (strcmp(name, "WATCHDOG") == 0)
        qmp->events.watchdogs++;
    else if (strcmp(name, "SHUTDOWN") == 0)
        qmp->events.shutdowns++;
}

static void read_greeting(struct qmp *qmp, const json_t *greeting)
{
    const json_t *version = json_object_get(json_object_get(greeting, "version"), "qemu");

    qmp->greeted = true;
    snprintf(qmp->version, sizeof qmp->version, "%lld.%lld.%lld",
             (long long)json_integer_value(json_object_get(version, "major")),
             (long long)json_integer_value(json_object_get(version, "minor")),
             (long long)json_integer_value(json_object_get(version, "micro")));
}

static void take_message(struct qmp *qmp, const uint8_t *text, size_t length)
{
    json_t *message = json_loadb((const char *)text, length, 0, NULL);
    const char *event = json_string_value(json_object_get(message, "event"));
    const json_t *greeting = json_object_get(message, "QMP");
    const json_t *refusal = json_object_get(message, "error");

    if (event) {
        count_event(qmp, event, json_object_get(message, "data"));
    } else if (greeting) {
        read_greeting(qmp, greeting);
    } else if (refusal) {
        const char *why = json_string_value(json_object_get(refusal, "desc"));

        qmp->result = -1;
        snprintf(qmp->refusal, sizeof qmp->refusal, "%s", why ? why : "no reason given");
    } else if (json_object_get(message, "return")) {
        const char *words = json_string_value(json_object_get(message, "return"));

        /* A monitor command that does what it should has nothing to say. */
        qmp->result = words && *words ? -1 : 1;
        snprintf(qmp->refusal, sizeof qmp->refusal, "%.*s",
                 words ? (int)strcspn(words, "\r\n") : 0, words ? words : "");
    }
    json_decref(message);
}

static void take_messages(struct qmp *qmp)
{
    size_t start = 0;

    while (start < qmp->in.length) {
        const uint8_t *line = qmp->in.data + start;
        const uint8_t *end = memchr(line, '\n', qmp->in.length - start);

        if (!end)
            break;
        take_message(qmp, line, (size_t)(end - line));
        start += (size_t)(end - line) + 1;
    }
    buffer_drop_front(&qmp->in, start);
}

static void lose(struct qmp *qmp)
{
    if (qmp->fd >= 0)
        close(qmp->fd);
    qmp->fd = -1;
}

void qmp_read(struct qmp *qmp)
{
    uint8_t chunk[4096];

    while (qmp->fd >= 0) {
        ssize_t count = recv(qmp->fd, chunk, sizeof chunk, MSG_DONTWAIT);

        if (count > 0 &&
            buffer_append(&qmp->in, (struct view){chunk, (size_t)count}) == 0) {
            take_messages(qmp);
            if ((size_t)count < sizeof chunk)
                return;
        } else if (count >= 0 || (errno != EAGAIN && errno != EINTR)) {
            lose(qmp);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static int await(struct qmp *qmp, int64_t deadline_ns)
{
    struct pollfd polled = {qmp->fd, POLLIN, 0};
    int count;

    do {
        count = poll(&polled, 1, clock_poll_timeout_ms(deadline_ns));
    } while (count < 0 && errno == EINTR);
    if (count > 0)
        qmp_read(qmp);
    return count > 0 && qmp->fd >= 0 ? 0 : -1;
}

int qmp_open(struct qmp *qmp, int fd, int64_t deadline_ns, struct error *error)
{
    qmp_close(qmp);
    qmp->fd = fd;
    while (!qmp->greeted)
        if (await(qmp, deadline_ns) < 0)
            return error_set(error, "QEMU's control socket %s",
                             qmp->fd < 0 ? "closed at once" : "stays silent");
    return qmp_command(qmp, "qmp_capabilities", deadline_ns, error);
}

/* `text` is the whole message, `name` what it is called in errors. */
static int ask(struct qmp *qmp, const char *text, const char *name, int64_t deadline_ns,
               struct error *error)
{
    size_t length = strlen(text);

    qmp->result = 0;
    if (qmp->fd < 0 || send(qmp->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
        return error_set(error, "QEMU's control socket is closed");
    while (qmp->result == 0)
        if (await(qmp, deadline_ns) < 0 && qmp->result == 0)
            return error_set(error, "QEMU %s %s",
                             qmp->fd < 0 ? "ended during" : "did not answer", name);
    if (qmp->result < 0)
        return error_set(error, "QEMU refuses %s: %s", name, qmp->refusal);
    return 0;
}

int qmp_command(struct qmp *qmp, const char *name, int64_t deadline_ns,
                struct error *error)
{
    char text[96];

    snprintf(text, sizeof text, "{\"execute\":\"%s\"}\n", name);
    return ask(qmp, text, name, deadline_ns, error);
}

int qmp_monitor(struct qmp *qmp, const char *line, int64_t deadline_ns,
                struct error *error)
{
    char text[160];

    snprintf(text, sizeof text,
             "{\"execute\":\"human-monitor-command\","
             "\"arguments\":{\"command-line\":\"%s\"}}\n",
             line);
    return ask(qmp, text, line, deadline_ns, error);
}

void qmp_close(struct qmp *qmp)
{
    lose(qmp);
    buffer_free(&qmp->in);
    qmp_init(qmp);
}
