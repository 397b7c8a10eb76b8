#include "link/link.h"

#include "core/suggest.h"
#include "link/namespace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK(name) extern const struct link_ops link_##name;
#include "link/links.def"
#undef LINK

const struct link_ops *const link_kinds[] = {
#define LINK(name) &link_##name,
#include "link/links.def"
#undef LINK
    NULL,
};

const char *const link_roles[] = {"client", "server", NULL};

const struct link_ops *link_kind(const char *name)
{
    for (size_t i = 0; link_kinds[i]; i++)
        if (strcmp(link_kinds[i]->name, name) == 0)
            return link_kinds[i];
    return NULL;
}

static const struct link_ops *read_kind(const struct yaml *settings, struct error *error)
{
    const struct yaml *node = yaml_need(settings, "kind", YAML_SCALAR, error);
    const struct link_ops *ops = node ? link_kind(node->text) : NULL;
    struct suggestion suggestion;
    char known[256] = "";

    if (ops || !node)
        return ops;
    suggestion = suggest_for(node->text, strlen(node->text));
    for (size_t i = 0, used = 0; link_kinds[i] && used < sizeof known; i++) {
        suggest_offer(&suggestion, link_kinds[i]->name);
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 link_kinds[i]->name);
    }
    yaml_complain(node, error, "a kind of link: %s", known);
    suggest_append(&suggestion, error);
    return NULL;
}

struct link *link_create(const struct yaml *settings, struct error *error)
{
    const struct link_ops *ops = read_kind(settings, error);
    const struct yaml *address = NULL;
    struct link *link = NULL;

    if (!ops)
        return NULL;
    if (!ops->has_no_address &&
        !(address = yaml_need(settings, "address", YAML_SCALAR, error)))
        return NULL;
    link = calloc(1, sizeof *link);
    if (link)
        link->state = calloc(1, ops->state_size);
    if (!link || !link->state) {
        error_set(error, "out of memory");
        goto fail;
    }
    link->ops = ops;
    link->carries = ops->carries;
    link->address = address ? address->text : "";
    if (ops->configure(link, settings, error) < 0)
        goto fail;
    return link;
fail:
    link_free(link);
    return NULL;
}

void link_free(struct link *link)
{
    if (!link)
        return;
    link_close(link);
    if (link->ops && link->ops->free)
        link->ops->free(link);
    free(link->state);
    free(link);
}

int link_open(struct link *link, const char *address, int64_t deadline_ns,
              struct error *error)
{
    struct namespace_visit visit;
    struct error lost;
    char plain[512];
    int status;

    link_close(link);
    link->was_reset = false;
    if (namespace_enter(&visit, address, plain, sizeof plain, error) < 0)
        return LINK_FAILED;
    status = link->ops->open(link, plain, deadline_ns, error);
    if (namespace_leave(&visit, &lost) < 0)
        status = error_set(error, "%s", lost.text);
    if (status < 0)
        link->ops->close(link);
    link->is_open = status == 0;
    return status;
}

int link_listen(struct link *link, const char *address, bool anew, struct error *error)
{
    if (!link->is_server)
        return error_set(error, "%s: the link is not in the server role", address);
    return link->is_open ? 0 : link->ops->listen(link, address, anew, error);
}

bool link_waits(struct link *link, int64_t until_ns)
{
    return link->is_server && !link->is_open && link->ops->waits(link, until_ns);
}

int link_send(struct link *link, struct view bytes, int64_t deadline_ns,
              struct error *error)
{
    if (!link->is_open) {
        error_set(error, "the link is not open");
        return LINK_CLOSED;
    }
    return link->ops->send(link, bytes, deadline_ns, error);
}

struct view link_filled(const struct link_ops *ops, struct view bytes,
                        uint8_t room[LINK_SMALLEST])
{
    if (bytes.length >= ops->smallest)
        return bytes;
    memset(room, 0, ops->smallest);
    if (bytes.length)
        memcpy(room, bytes.data, bytes.length);
    return (struct view){room, ops->smallest};
}

int link_disturb(struct link *link, unsigned what, int64_t amount, struct view bytes,
                 int64_t deadline_ns, struct error *error)
{
    char text[100];

    if (!link->is_open) {
        error_set(error, "the link is not open");
        return LINK_CLOSED;
    }
    if (!link->ops->disturb || (link->carries & what) != what) {
        error_set(error, "the link cannot carry this: %s",
                  carries_text(what, text, sizeof text));
        return LINK_FAILED;
    }
    return link->ops->disturb(link, what, amount, bytes, deadline_ns, error);
}

int link_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                 struct error *error)
{
    if (!link->is_open) {
        error_set(error, "the link is not open");
        return LINK_CLOSED;
    }
    if (in->length >= in->maximum) {
        error_set(error, "the receive buffer is full (%zu bytes)", in->maximum);
        return LINK_FAILED;
    }
    return link->ops->receive(link, in, deadline_ns, error);
}

void link_half_close(struct link *link)
{
    if (link->is_open && link->ops->half_close)
        link->ops->half_close(link);
}

void link_discard(struct link *link)
{
    if (link->is_open && link->ops->discard)
        link->ops->discard(link);
}

void link_close(struct link *link)
{
    if (!link->is_open)
        return;
    link->is_open = false;
    link->ops->close(link);
}
