/* ${build}, ${campaign} and ${port} in a campaign. */
#include "engine/campaign_parts.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct substitution {
    const char *build, *folder;
    char port[8];
};

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

/* A port that is free on loopback now, for TCP and for UDP: a device that is restarted
 * keeps it, so one capture follows it through the whole run. */
static void find_port(char *text, size_t size)
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

static const char *substitute(const char *name, size_t length, const void *context)
{
    const struct substitution *values = context;

    if (length == 5 && memcmp(name, "build", 5) == 0)
        return values->build;
    if (length == 8 && memcmp(name, "campaign", 8) == 0)
        return values->folder;
    if (length == 4 && memcmp(name, "port", 4) == 0)
        return values->port;
    return NULL;
}

void campaign_folder(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');

    snprintf(folder, size, "%.*s", slash ? (int)(slash + 1 - path) : 2,
             slash ? path : "./");
}

int campaign_substitute(struct yaml_document *document, const char *folder,
                        const char *build_folder, struct error *error)
{
    struct substitution values = {.build = build_folder, .folder = folder};

    find_port(values.port, sizeof values.port);
    return yaml_substitute(document, substitute, &values, error);
}
