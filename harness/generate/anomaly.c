#include "generate/anomaly.h"

#include <limits.h>

#define ANOMALY(name) extern const struct anomaly_ops anomaly_##name;
#include "generate/anomalies.def"
#undef ANOMALY

const struct anomaly_ops *const anomaly_kinds[] = {
#define ANOMALY(name) &anomaly_##name,
#include "generate/anomalies.def"
#undef ANOMALY
    NULL,
};

const struct arrangement arrangement_plain = {.repeat = 1,
                                              .skip = UINT_MAX,
                                              .swap = UINT_MAX,
                                              .before = UINT_MAX,
                                              .behind = UINT_MAX,
                                              .state = UINT_MAX,
                                              .paths = 1};

const struct tree *site_tree(const struct site *site)
{
    return &site->session->messages[site->message].tree;
}

const struct node *site_node(const struct site *site)
{
    return &site_tree(site)->nodes[site->node];
}

size_t site_room(const struct site *site)
{
    const struct session_message *message = &site->session->messages[site->message];
    size_t length = message->bytes.length;
    size_t maximum = model_framing(site->session->model)->maximum;

    if (message->pieces)
        return message->room;
    return maximum > length ? maximum - length : 0;
}
