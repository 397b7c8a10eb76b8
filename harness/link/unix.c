/* A Unix stream socket: an emulator's UART, or any local server. */
#include "link/stream.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

struct unix_link {
    struct stream stream;
};

static int unix_configure(struct link *link, const struct yaml *settings,
                          struct error *error)
{
    static const char *const known[] = {"kind", "address", NULL};
    struct unix_link *state = link->state;

    state->stream.fd = -1;
    if (yaml_check_keys(settings, known, error) < 0)
        return -1;
    if (strlen(link->address) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return yaml_complain(yaml_get(settings, "address"), error,
                             "a socket's path of at most 107 characters");
    return 0;
}

static int unix_open(struct link *link, const char *address, int64_t deadline_ns,
                     struct error *error)
{
    struct unix_link *state = link->state;
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    size_t length = strlen(address);
    int status;

    if (length >= sizeof peer.sun_path)
        return error_set(error, "%s: a socket's path has at most 107 characters",
                         address);
    memcpy(peer.sun_path, address, length);
    status = stream_connect(&state->stream, (struct sockaddr *)&peer, sizeof peer,
                            deadline_ns, error);
    if (status < 0)
        error_prefix(error, "%s: ", address);
    return status;
}

static int unix_send(struct link *link, struct view bytes, int64_t deadline_ns,
                     struct error *error)
{
    struct unix_link *state = link->state;

    return stream_send(&state->stream, bytes, deadline_ns, error);
}

static int unix_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                        struct error *error)
{
    struct unix_link *state = link->state;

    return stream_receive(&state->stream, in, deadline_ns, error);
}

static void unix_discard(struct link *link)
{
    struct unix_link *state = link->state;

    stream_discard(&state->stream);
}

static bool unix_is_local(const char *address)
{
    (void)address;
    return true;
}

static void unix_close(struct link *link)
{
    struct unix_link *state = link->state;

    stream_close(&state->stream);
}

const struct link_ops link_unix = {
    .name = "unix",
    .summary = "a Unix stream socket, such as an emulator's UART",
    .carries = LINK_STREAM | LINK_GAPS,
    .keys = "address: path of the socket or device:NAME",
    .state_size = sizeof(struct unix_link),
    .configure = unix_configure,
    .open = unix_open,
    .send = unix_send,
    .receive = unix_receive,
    .discard = unix_discard,
    .is_local = unix_is_local,
    .close = unix_close,
};
