/* How a GDB server is reached. */
#include "core/clock.h"
#include "device/gdb_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int connect_socket(int family, const struct sockaddr *address, socklen_t length,
                          int64_t deadline_ns)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
    struct pollfd polled = {fd, POLLOUT, 0};
    int failure = 0;
    socklen_t size = sizeof failure;

    if (fd < 0)
        return -1;
    if (family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, address, length) == 0)
        return fd;
    if (errno == EINPROGRESS) {
        if (poll(&polled, 1, clock_poll_timeout_ms(deadline_ns)) == 1 &&
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0)
            return fd;
        errno = failure ? failure : ETIMEDOUT;
    }
    failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

static int connect_unix(const char *path, int64_t deadline_ns)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect_socket(AF_UNIX, (const struct sockaddr *)&address, sizeof address,
                          deadline_ns);
}

static int connect_tcp(const char *text, int64_t deadline_ns)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    const char *colon = strrchr(text, ':');
    char host[256];
    int fd = -1;

    errno = EINVAL;
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    if (getaddrinfo(host, colon + 1, &hints, &list) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    for (const struct addrinfo *one = list; one && fd < 0; one = one->ai_next)
        fd = connect_socket(one->ai_family, one->ai_addr, one->ai_addrlen, deadline_ns);
    freeaddrinfo(list);
    return fd;
}

/* A serial port, as the Black Magic Probe is one: raw; its speed is of no account. */
static int open_port(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios raw;

    if (fd < 0)
        return -1;
    if (tcgetattr(fd, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(fd, TCSANOW, &raw);
        tcflush(fd, TCIOFLUSH);
    }
    return fd;
}

int gdb_connect_socket(const char *address, int64_t deadline_ns, struct error *error)
{
    int fd = strncmp(address, "unix:", 5) == 0 ? connect_unix(address + 5, deadline_ns)
             : address[0] == '/'               ? open_port(address)
                                               : connect_tcp(address, deadline_ns);

    return fd >= 0 ? fd
                   : error_set(error,
                               "cannot connect to the GDB server at '%.200s' (unix:PATH, "
                               "HOST:PORT or a serial port): %s",
                               address, strerror(errno));
}
