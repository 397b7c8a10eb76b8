/* ${build}, ${campaign} and ${port} in a campaign. */
#include "device/loopback.h"
#include "engine/campaign_parts.h"

#include <stdio.h>
#include <string.h>

struct substitution {
    const char *build, *folder;
    char port[8];
};

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

    loopback_find_port(values.port, sizeof values.port);
    return yaml_substitute(document, substitute, &values, error);
}
