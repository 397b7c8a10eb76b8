/*
 * mosquitto's broker as one function: the input is what clients send, one after another.
 * Each connection is a pair of sockets; what the broker has not read when it closes one
 * goes over the next, so that sessions, wills and retained messages of a client that was
 * there before are reached. Packets are read into blocks of their own size by the broker
 * itself. Behind each input the broker is shut down as by a signal. One thread.
 */
#include "../fuzz.h"

#include "mosquitto_broker_internal.h"
#include "packet_mosq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_MAXIMUM = 1 << 16, CONNECTIONS = 8 };

static struct mosquitto__config config;
static struct mosquitto__listener listener;

static void start(void)
{
    config__init(&config);
    config.log_dest = MQTT3_LOG_NONE;
    config.log_type = 0;
    config.security_options.allow_anonymous = true;
    db.config = &config;
    db.now_s = mosquitto_time();
    db.now_real_s = time(NULL);
    listener__set_defaults(&listener);
    listener.security_options.allow_anonymous = true;
    if (log__init(&config) || mosquitto_security_module_init() ||
        mosquitto_security_init(false) || mux__init(NULL, 0))
        abort();
}

static void shut_down(void)
{
    struct mosquitto *client, *next;

    HASH_ITER(hh_id, db.contexts_by_id, client, next) {
        context__send_will(client);
    }
    will_delay__send_all();
    session_expiry__remove_all();
    HASH_ITER(hh_id, db.contexts_by_id, client, next) {
        context__cleanup(client, true);
    }
    HASH_ITER(hh_sock, db.contexts_by_sock, client, next) {
        context__cleanup(client, true);
    }
    context__free_disused();
    db__close();
}

static void drain(int socket)
{
    char replies[4096];

    while (read(socket, replies, sizeof replies) > 0)
        ;
}

/* What the event loop does for one client, until one side closes. */
static void serve(struct mosquitto *client, int peer)
{
    while (client->sock != INVALID_SOCKET) {
        int status;

        errno = 0;
        status = packet__read(client);
        if (status)
            do_disconnect(client, status);
        drain(peer);
    }
}

static size_t unread(int socket)
{
    uint8_t rest[4096];
    size_t length = 0;

    for (ssize_t got; (got = read(socket, rest, sizeof rest)) > 0;)
        length += (size_t)got;
    return length;
}

/* One connection; returns how many bytes the broker has read. */
static size_t converse(const uint8_t *data, size_t size)
{
    struct mosquitto *client;
    int ends[2], kept;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0 ||
        (kept = dup(ends[0])) < 0 || write(ends[1], data, size) != (ssize_t)size ||
        shutdown(ends[1], SHUT_WR) < 0 || !(client = context__init(ends[0])))
        abort();
    client->listener = &listener;
    listener.client_count++;
    mux__add_in(client);
    serve(client, ends[1]);
    context__free_disused();
    size -= unread(kept);
    close(kept);
    close(ends[1]);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAXIMUM)
        return 0;
    if (!db.config)
        start();
    if (db__open(&config))
        abort();
    for (int i = 0; i < CONNECTIONS && size > 0; i++) {
        size_t taken = converse(data, size);

        data += taken;
        size -= taken;
    }
    shut_down();
    return 0;
}
