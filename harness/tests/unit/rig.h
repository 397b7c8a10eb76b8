/* A device that a test scripts: a thread that speaks Modbus behind a real link, right
 * unless the test says otherwise. Over UDP the frames are those of TCP. With RIG_MARKED
 * it echoes frames from STX to CR LF over TCP; the test brings model and session. */
#ifndef PERCUSS_TESTS_RIG_H
#define PERCUSS_TESTS_RIG_H

#include "engine/runner.h"
#include "model/checksum.h"
#include "models.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { RIG_REGISTERS = 64 };
enum rig_kind { RIG_TCP, RIG_RTU, RIG_UDP, RIG_MARKED };

struct rig;
/* Answers one frame; false closes the connection. NULL: rightly. Runs in the rig's
 * thread. */
typedef bool rig_answer(struct rig *rig, int connection, struct view frame);

struct rig {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct campaign *campaign;
    struct runner runner;
    struct error error;
    rig_answer *answer;
    pthread_mutex_t lock; /* guards what is below, and answer */
    uint16_t registers[RIG_REGISTERS];
    bool deaf;            /* answers nothing at all */
    unsigned frames;      /* that came */
    unsigned since_reset; /* frames again */
    unsigned lost;        /* frames that `answer` passed over, if it counts them */
    unsigned opened;      /* the connection that was opened, if `answer` minds */
    unsigned half_closed, connections, resets;
    struct checksum crc;
    enum rig_kind kind;
    bool rtu;
    int listener, stop[2];
    pthread_t thread;
    struct device_ops device;
};

/* --- answers
 * ---------------------------------------------------------------------------- */

static inline void rig_write(int connection, struct view bytes)
{
    if (bytes.length)
        (void)!send(connection, bytes.data, bytes.length, MSG_NOSIGNAL);
}

/* Wraps a PDU as the reply to `frame`. */
static inline size_t rig_wrap(struct rig *rig, struct view frame, const uint8_t *pdu,
                              size_t length, uint8_t out[300])
{
    if (!rig->rtu) {
        memcpy(out, frame.data, 4);
        bytes_write_be(out + 4, 2, length + 1);
        out[6] = frame.data[6];
        memcpy(out + 7, pdu, length);
        return length + 7;
    }
    out[0] = frame.data[0];
    memcpy(out + 1, pdu, length);
    bytes_write_le(out + length + 1, 2,
                   checksum_of(&rig->crc, (struct view){out, length + 1}));
    return length + 3;
}

static inline size_t rig_read_registers(struct rig *rig, const uint8_t *pdu, uint8_t *out)
{
    size_t start = bytes_read_be(pdu + 1, 2) & 0x1f, count = bytes_read_be(pdu + 3, 2);

    out[0] = pdu[0];
    out[1] = (uint8_t)(count * 2);
    for (size_t i = 0; i < count && i < 120; i++)
        bytes_write_be(out + 2 + i * 2, 2, rig->registers[(start + i) % RIG_REGISTERS]);
    return 2 + count * 2;
}

/* The right reply into `out`; 0: none is due. */
static inline size_t rig_reply(struct rig *rig, struct view frame, uint8_t out[300])
{
    const uint8_t *pdu = frame.data + (rig->rtu ? 1 : 7);
    size_t length = frame.length - (rig->rtu ? 3 : 7), made;
    uint8_t reply[300];

    if (rig->kind == RIG_MARKED) {
        memcpy(out, frame.data, frame.length < 300 ? frame.length : 300);
        return frame.data[0] == 2 && frame.length < 300 ? frame.length : 0;
    }
    if (frame.length < (rig->rtu ? 4u : 8u) || frame.length > sizeof reply ||
        (rig->rtu &&
         checksum_of(&rig->crc, (struct view){frame.data, frame.length - 2}) !=
             bytes_read_le(frame.data + frame.length - 2, 2)) ||
        (!rig->rtu && bytes_read_be(frame.data + 2, 2) != 0))
        return 0;
    memcpy(reply, pdu, length);
    made = length;
    switch (pdu[0]) {
    case 1:
    case 2:
        reply[1] = (uint8_t)((bytes_read_be(pdu + 3, 2) + 7) / 8);
        made = 2u + reply[1];
        memset(reply + 2, 0, reply[1]);
        break;
    case 3:
    case 4:
        if (length == 5 && bytes_read_be(pdu + 3, 2) - 1 < 125) {
            made = rig_read_registers(rig, pdu, reply);
            break;
        }
        reply[0] |= 0x80;
        reply[1] = 3;
        made = 2;
        break;
    case 6:
        rig->registers[bytes_read_be(pdu + 1, 2) % RIG_REGISTERS & 0x1f] =
            (uint16_t)bytes_read_be(pdu + 3, 2);
        break;
    case 5:
    case 8: break;
    default:
        reply[0] |= 0x80;
        reply[1] = 1;
        made = 2;
        break;
    }
    return rig_wrap(rig, frame, reply, made, out);
}

static inline bool rig_answer_rightly(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];

    rig_write(connection, (struct view){out, rig_reply(rig, frame, out)});
    return true;
}

/* --- the thread
 * ------------------------------------------------------------------------- */

/* The frame at the front; 0: not whole yet. Without a length what came at once is one,
 * but for a valid one behind it that came while this thread slept. */
static inline size_t rig_frame(struct rig *rig, struct view bytes)
{
    if (rig->kind == RIG_MARKED) {
        const uint8_t *end = memmem(bytes.data, bytes.length, "\r\n", 2);

        /* Bytes before a start are skipped one by one. */
        return bytes.data[0] != 2 ? 1 : end ? (size_t)(end - bytes.data) + 2 : 0;
    }
    if (!rig->rtu) {
        size_t whole = bytes.length < 6 ? 7 : 6 + bytes_read_be(bytes.data + 4, 2);

        return bytes.length < whole ? 0 : whole;
    }
    for (size_t i = 1; i + 4 <= bytes.length; i++)
        if (checksum_of(&rig->crc, (struct view){bytes.data + i, bytes.length - i - 2}) ==
            bytes_read_le(bytes.data + bytes.length - 2, 2))
            return i;
    return bytes.length;
}

static inline void rig_serve(struct rig *rig, int connection)
{
    uint8_t in[4096];
    size_t length = 0;
    bool open = true;

    while (open) {
        struct pollfd polled[] = {{connection, POLLIN, 0}, {rig->stop[0], POLLIN, 0}};
        ssize_t got;
        size_t frame;

        if (poll(polled, 2, -1) < 0 || polled[1].revents)
            return;
        got = recv(connection, in + length, sizeof in - length, 0);
        if (got <= 0) {
            pthread_mutex_lock(&rig->lock);
            rig->half_closed += got == 0 && length > 0;
            pthread_mutex_unlock(&rig->lock);
            return;
        }
        length += (size_t)got;
        while (open && length &&
               (frame = rig_frame(rig, (struct view){in, length})) > 0) {
            pthread_mutex_lock(&rig->lock);
            rig->frames++;
            rig->since_reset++;
            if (!rig->deaf)
                open = (rig->answer ? rig->answer : rig_answer_rightly)(
                    rig, connection, (struct view){in, frame});
            pthread_mutex_unlock(&rig->lock);
            memmove(in, in + frame, length - frame);
            length -= frame;
        }
    }
}

/* Answers go to whom the datagram came from: the socket is connected to it meanwhile. */
static inline void *rig_run_udp(void *argument)
{
    struct rig *rig = argument;
    uint8_t in[65536];

    for (;;) {
        struct pollfd polled[] = {{rig->listener, POLLIN, 0}, {rig->stop[0], POLLIN, 0}};
        struct sockaddr_in from, none = {.sin_family = AF_UNSPEC};
        socklen_t length = sizeof from;
        ssize_t got;

        if (poll(polled, 2, -1) < 0 || polled[1].revents)
            return NULL;
        got = recvfrom(rig->listener, in, sizeof in, MSG_DONTWAIT,
                       (struct sockaddr *)&from, &length);
        if (got <= 0)
            continue;
        connect(rig->listener, (struct sockaddr *)&from, length);
        pthread_mutex_lock(&rig->lock);
        rig->frames++;
        rig->since_reset++;
        if (!rig->deaf)
            (rig->answer ? rig->answer : rig_answer_rightly)(
                rig, rig->listener, (struct view){in, (size_t)got});
        pthread_mutex_unlock(&rig->lock);
        connect(rig->listener, (struct sockaddr *)&none, sizeof none);
    }
}

static inline void *rig_run(void *argument)
{
    struct rig *rig = argument;

    for (;;) {
        struct pollfd polled[] = {{rig->listener, POLLIN, 0}, {rig->stop[0], POLLIN, 0}};
        int connection;

        if (poll(polled, 2, -1) < 0 || polled[1].revents)
            return NULL;
        connection = accept(rig->listener, NULL, NULL);
        if (connection < 0)
            continue;
        pthread_mutex_lock(&rig->lock);
        rig->connections++;
        pthread_mutex_unlock(&rig->lock);
        rig_serve(rig, connection);
        close(connection);
    }
}

/* --- setting up
 * ------------------------------------------------------------------------- */

static inline unsigned rig_listen_tcp(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;

    rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(rig->listener, 8), 0);
    assert_int_equal(getsockname(rig->listener, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

/* Twice, as only a port that was asked for stays when the socket is disconnected. */
static inline unsigned rig_bind_udp(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;

    for (int i = 0; i < 2; i++) {
        if (i)
            close(rig->listener);
        rig->listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, length), 0);
        assert_int_equal(getsockname(rig->listener, (struct sockaddr *)&address, &length),
                         0);
    }
    return ntohs(address.sin_port);
}

static inline void rig_listen_unix(struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%.100s/s", rig->folder);
    rig->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(rig->listener, 8), 0);
}

/* A reset of the rig's device: registers as after the first start. */
static inline void rig_home(struct rig *rig)
{
    for (unsigned i = 0; i < RIG_REGISTERS; i++)
        rig->registers[i] = (uint16_t)(i * 3);
}

static inline struct rig *rig_of(struct device *device)
{
    return (struct rig *)((char *)(uintptr_t)device->ops - offsetof(struct rig, device));
}

static inline int rig_reset(struct device *device, enum reset_kind kind,
                            int64_t deadline_ns, struct error *error)
{
    struct rig *rig = rig_of(device);

    (void)kind;
    (void)deadline_ns;
    (void)error;
    pthread_mutex_lock(&rig->lock);
    rig_home(rig);
    rig->deaf = false;
    rig->since_reset = 0;
    rig->resets++;
    pthread_mutex_unlock(&rig->lock);
    return 0;
}

/* `more`: further campaign keys, each on its own line. A warm reset works. `model`: NULL
 * takes the Modbus target's. */
static inline struct rig *rig_make_with(enum rig_kind kind, const char *model,
                                        const char *session, const char *more)
{
    struct rig *rig = calloc(1, sizeof *rig);
    bool rtu = kind == RIG_RTU;
    char text[2000], link[300];

    assert_non_null(rig);
    rig->kind = kind;
    rig->rtu = rtu;
    scratch_make(rig->folder);
    pthread_mutex_init(&rig->lock, NULL);
    rig_home(rig);
    assert_int_equal(checksum_named("crc16-modbus", &rig->crc), 0);
    checksum_prepare(&rig->crc);
    if (rtu) {
        rig_listen_unix(rig);
        snprintf(link, sizeof link, "{kind: unix, address: %s/s}", rig->folder);
    } else {
        snprintf(link, sizeof link, "{kind: %s, address: '127.0.0.1:%u'}",
                 kind == RIG_UDP ? "udp" : "tcp",
                 kind == RIG_UDP ? rig_bind_udp(rig) : rig_listen_tcp(rig));
    }
    snprintf(text, sizeof text,
             "campaign: rig\ntarget: {model: %s, session: "
             "%s%s}\ndevice: {kind: external}\nlink: %s\nconfirm: {replays: 5}\n%s\n",
             model ? model
             : rtu ? PROJECT_FOLDER "/targets/modbus/modbus_rtu.ksy"
                   : PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy",
             session[0] == '/' ? "" : PROJECT_FOLDER "/targets/modbus/", session, link,
             more);
    scratch_write(rig->folder, "campaign.yaml", text, rig->path);
    rig->campaign = campaign_load(rig->path, "/none", NULL, &rig->error);
    if (!rig->campaign)
        fail_msg("%s", rig->error.text);
    if (runner_init(&rig->runner, rig->campaign, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    rig->device = *rig->runner.device->ops;
    rig->device.reset = rig_reset;
    rig->runner.device->ops = &rig->device;
    rig->runner.device->resets = 1u << RESET_WARM;
    assert_int_equal(pipe(rig->stop), 0);
    assert_int_equal(
        pthread_create(&rig->thread, NULL, kind == RIG_UDP ? rig_run_udp : rig_run, rig),
        0);
    return rig;
}

static inline struct rig *rig_make(bool rtu, const char *session, const char *more)
{
    return rig_make_with(rtu ? RIG_RTU : RIG_TCP, NULL, session, more);
}

static inline void rig_stop(struct rig *rig)
{
    if (rig->listener < 0)
        return;
    assert_int_equal(write(rig->stop[1], "", 1), 1);
    pthread_join(rig->thread, NULL);
    close(rig->listener);
    close(rig->stop[0]);
    close(rig->stop[1]);
    rig->listener = -1;
}

static inline void rig_free(struct rig *rig)
{
    rig_stop(rig);
    runner_free(&rig->runner);
    campaign_free(rig->campaign);
    pthread_mutex_destroy(&rig->lock);
    scratch_remove(rig->folder);
    free(rig);
}

/* Ends a test whose state is a rig. */
static inline int rig_tear_down(void **state)
{
    rig_free(*state);
    return 0;
}

static inline void rig_set(struct rig *rig, rig_answer *answer)
{
    pthread_mutex_lock(&rig->lock);
    rig->answer = answer;
    pthread_mutex_unlock(&rig->lock);
}

static inline unsigned rig_count(struct rig *rig, const unsigned *counter)
{
    unsigned count;

    pthread_mutex_lock(&rig->lock);
    count = *counter;
    pthread_mutex_unlock(&rig->lock);
    return count;
}

#endif
