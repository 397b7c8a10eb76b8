#include "device/loopback.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket bound to a port of loopback, 0: one of the kernel's choice; -1 when it is not
 * free. */
static int bind_port(int type, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(*port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int handle = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (handle < 0)
        return -1;
    if (bind(handle, (struct sockaddr *)&address, sizeof address) < 0 ||
        getsockname(handle, (struct sockaddr *)&address, &length) < 0) {
        close(handle);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return handle;
}

void loopback_find_port(char *text, size_t size)
{
    text[0] = '\0';
    for (int tries = 0; !text[0] && tries < 100; tries++) {
        uint16_t port = 0;
        int stream = bind_port(SOCK_STREAM, &port), datagrams = -1;

        if (stream >= 0)
            datagrams = bind_port(SOCK_DGRAM, &port);
        if (datagrams >= 0) {
            snprintf(text, size, "%u", (unsigned)port);
            close(datagrams);
        }
        if (stream >= 0)
            close(stream);
    }
}
