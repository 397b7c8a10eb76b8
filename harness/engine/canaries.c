/* Bytes that nobody else knows, brought into the device by valid traffic. */
#include "engine/exchange_parts.h"

#include "core/random.h"

/* A letter, so that text stays text. */
static uint8_t letter(struct random *random)
{
    return (uint8_t)('A' + random_next_below(random, 26));
}

static int fill_bytes(struct tree *tree, uint32_t node, struct random *random)
{
    uint8_t bytes[CANARY_LENGTH];
    size_t length = tree->nodes[node].bytes.length;

    if (length > sizeof bytes)
        length = sizeof bytes;
    for (size_t i = 0; i < length; i++)
        bytes[i] = letter(random);
    return tree_set_bytes(tree, node, (struct view){bytes, length});
}

static void fill_integers(struct tree *tree, uint32_t array, struct random *random)
{
    for (uint32_t child = tree->nodes[array].first_child; child != TREE_NONE;
         child = tree->nodes[child].next) {
        uint64_t value = 0;

        for (unsigned i = 0; i < (tree_field(tree, child)->bits + 7) / 8; i++)
            value = value << 8 | letter(random);
        tree_set_integer(tree, child, value, false);
    }
}

/* The exemplar with its field filled, in watch.bytes, and what stands there then. */
static int make_message(struct runner *runner, const struct session_canary *planted,
                        struct canary *canary)
{
    struct watch *watch = &runner->watch;
    struct random random = {random_key(runner->campaign->seed, 0x63616e617279),
                            runner->serial * 64};
    const struct node *node;
    size_t length;

    /* Emitted as every exemplar, so that it has a sequence number of its own. */
    buffer_clear(&runner->exemplar);
    if (generator_exemplar(&runner->generator, planted->message, runner->serial++,
                           &runner->exemplar) < 0 ||
        tree_copy(&watch->plant, &runner->generator.tree) < 0)
        return -1;
    if (watch->plant.nodes[planted->node].kind == FIELD_ARRAY)
        fill_integers(&watch->plant, planted->node, &random);
    else if (fill_bytes(&watch->plant, planted->node, &random) < 0)
        return -1;
    buffer_clear(&watch->bytes);
    if (tree_emit(&watch->plant, &watch->bytes) < 0)
        return -1;
    node = &watch->plant.nodes[planted->node];
    if (node->offset > watch->bytes.length ||
        node->length > watch->bytes.length - node->offset)
        return -1;
    canary->length = node->length < CANARY_LENGTH ? node->length : CANARY_LENGTH;
    for (size_t i = 0; i < canary->length; i++)
        canary->bytes[i] = watch->bytes.data[node->offset + i];
    return joiner_read(&runner->probe_joiner, buffer_view(&watch->bytes), false,
                       &runner->probe_request, &length);
}

/* Where there are connections it has its own, so that nothing of it belongs to another.
 */
static void plant(struct runner *runner, const struct session_canary *planted,
                  struct canary *canary, struct error *error)
{
    bool connections = runner->link->carries & LINK_CONNECTIONS;
    int64_t deadline_ns;

    canary->length = 0;
    if (connections)
        wire_disconnect(&runner->wire);
    if (!exchange_enter(runner, planted->message, error) ||
        exchange_ready(runner, error) < 0)
        return;
    runner->probe_request.context = wire_context(&runner->wire);
    if (make_message(runner, planted, canary) == 0 &&
        wire_send(&runner->wire, buffer_view(&runner->watch.bytes), error) == 0) {
        deadline_ns = exchange_deadline(runner);
        exchange_await_exemplar(runner, deadline_ns, NULL, deadline_ns, error);
    }
    if (connections)
        wire_disconnect(&runner->wire);
}

void canaries_plant(struct runner *runner, struct error *error)
{
    const struct session *session = runner->campaign->session;
    struct watch *watch = &runner->watch;

    for (size_t i = 0; i < session->canary_field_count; i++) {
        plant(runner, &session->canaries[i],
              &watch->canaries[watch->planted++ % CANARIES], error);
        watch->canary_count += watch->canary_count < CANARIES;
    }
}
