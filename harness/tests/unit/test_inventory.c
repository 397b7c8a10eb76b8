/* What the enumerated plans of all shipped sessions touch, counted from the cases as they
 * are emitted: the same items, by the same code, that AC-04 counts after a run. */
#include "generate/inventory.h"
#include "models.h"
#include "shipped.h"

struct world {
    struct model *model;
    struct session *session;
    struct plan plan;
    struct generator generator;
    struct script script;
    struct tree tree;
    struct joiner joiner;
    uint64_t *sent;    /* cases by stream */
    uint64_t *changed; /* of them those whose message is not the exemplar */
    uint64_t limits;   /* cases of these that were read again */
};

static void open_world(struct world *world, size_t which)
{
    struct error error = {""};

    *world = (struct world){0};
    world->model = need_model(shipped[which].model);
    world->session = need_session(shipped[which].session, world->model);
    assert_int_equal(plan_build(&world->plan, world->session, 1, &error), 0);
    generator_init(&world->generator, &world->plan);
    script_init(&world->script);
    tree_init(&world->tree, world->model);
    joiner_init(&world->joiner, world->model, 1 << 16);
    world->sent = calloc(world->plan.stream_count, sizeof *world->sent);
    world->changed = calloc(world->plan.stream_count, sizeof *world->changed);
    assert_true(world->sent && world->changed);
}

static void close_world(struct world *world)
{
    free(world->sent);
    free(world->changed);
    joiner_free(&world->joiner);
    tree_free(&world->tree);
    script_free(&world->script);
    generator_free(&world->generator);
    plan_free(&world->plan);
    session_free(world->session);
    model_free(world->model);
}

/* --- one case ----------------------------------------------------------------------- */

/* The bytes without sequence numbers and checksums over them, where they are fields of
 * whole bytes at fixed places: of the same length as the exemplar's. */
static bool is_exemplar(const struct session_message *message, struct view bytes)
{
    struct view exemplar = buffer_view(&message->bytes);

    if (bytes.length != exemplar.length)
        return false;
    for (size_t i = 0; i < bytes.length; i++) {
        bool counts = true;

        for (uint32_t n = 1; counts && n < message->tree.count; n++) {
            const struct node *node = &message->tree.nodes[n];
            const struct field *field = tree_field(&message->tree, n);

            counts = !field || field->role != ROLE_SEQUENCE || i < node->offset ||
                     i >= node->offset + node->length;
        }
        if (counts && bytes.data[i] != exemplar.data[i])
            return false;
    }
    return true;
}

/* A sequence number that is not the one of its place. */
static bool is_out_of_sequence(const struct world *world, const struct stream *stream,
                               struct view bytes)
{
    const struct tree *tree = site_tree(&stream->site);
    const struct node *node = &tree->nodes[stream->site.node];
    const struct field *field = tree_field(tree, stream->site.node);
    uint64_t own =
        (world->script.number * SCRIPT_MESSAGES + world->script.messages - 1) * 2;
    uint64_t value;

    if (!field || field->role != ROLE_SEQUENCE)
        return false;
    assert_true(field->big_endian && node->offset + node->length <= bytes.length);
    value = bytes_read_be(bytes.data + node->offset, node->length);
    return value != (own & ((UINT64_C(1) << field->bits) - 1));
}

/* The limit's very value stands in the field that is parsed again. */
static void look_for_limit(struct world *world, const struct stream *stream,
                           struct view bytes)
{
    const struct session_message *message =
        &world->session->messages[stream->site.message];
    const struct field *field = tree_field(&message->tree, stream->site.node);
    struct limit limits[LIMITS];
    size_t length = bytes.length;
    char path[256];
    uint32_t node;

    assert_true(stream->first < field_limits(field, limits));
    world->tree.context = message->tree.context;
    joiner_reset(&world->joiner);
    if (joiner_read(&world->joiner, bytes, false, &world->tree, &length) < 0)
        fail_msg("%s: not read again", stream->name);
    tree_path(&message->tree, stream->site.node, path, sizeof path);
    node = tree_find(&world->tree, path);
    if (node == TREE_NONE ||
        world->tree.nodes[node].integer != (uint64_t)limits[stream->first].value)
        fail_msg("%s%s] does not say so", stream->name, limits[stream->first].label);
    world->limits++;
}

static bool comes_with_its_path(const struct world *world, const struct stream *stream)
{
    const struct session_state *state = &world->session->states[stream->site.state];
    const struct script *script = &world->script;

    /* Frames that are acknowledged are steps of their own. */
    if (model_acknowledges(world->model) || stream->anomaly->arrange)
        return script->count > 0;
    if (script->count != state->path_count + 1)
        return false;
    for (size_t i = 0; i < state->path_count; i++)
        if (script->steps[i].message != state->path[i])
            return false;
    return true;
}

static void take_case(struct world *world, uint64_t number)
{
    const struct stream *stream;
    const struct step *last;
    struct view bytes;
    size_t place;

    assert_int_equal(generator_case(&world->generator, number, &world->script), 0);
    stream = &world->plan.streams[world->script.stream];
    /* Valid messages may be joined behind it. */
    for (place = world->script.count - 1; place && !world->script.steps[place].fuzzed;)
        place--;
    last = &world->script.steps[place];
    assert_true(comes_with_its_path(world, stream));
    assert_true(last->fuzzed && last->length > 0);
    assert_int_equal(last->message, stream->site.message);
    bytes = script_bytes(&world->script, place);
    world->sent[world->script.stream]++;
    if (world->changed[world->script.stream] == 0)
        world->changed[world->script.stream] +=
            !is_exemplar(&world->session->messages[last->message], bytes) ||
            is_out_of_sequence(world, stream, bytes);
    /* What changes in a message of several frames is wrong in the last one only. */
    if (stream->anomaly == &anomaly_limit &&
        !world->session->messages[last->message].pieces)
        look_for_limit(world, stream, bytes);
}

/* --- the whole plan ----------------------------------------------------------------- */

static size_t bounded_fields(const struct session *session)
{
    size_t count = 0;

    for (size_t m = 0; m < session->message_count; m++) {
        const struct tree *tree = &session->messages[m].tree;

        for (uint32_t n = 1; session->messages[m].fuzz && n < tree->count; n++) {
            const struct field *field = tree_field(tree, n);

            count += field && tree->nodes[n].kind == FIELD_INTEGER && field->has_bounds &&
                     !tree->nodes[n].looked_up && !tree->nodes[n].rest;
        }
    }
    return count;
}

static unsigned kind_named(const char *name)
{
    for (unsigned kind = 0; item_kinds[kind]; kind++)
        if (strcmp(item_kinds[kind], name) == 0)
            return kind;
    fail_msg("no kind %s", name);
    return 0;
}

/* Against what the session says, not against what the lister makes of it. */
static void check_counts(const struct world *world, const struct inventory *inventory)
{
    const struct session *session = world->session;
    struct inventory_figure boundaries =
        inventory_figure(inventory, kind_named("boundary"));
    size_t messages = 0, at_home = 0;

    for (unsigned m = 0; m < session->message_count; m++) {
        messages += session->messages[m].fuzz;
        for (unsigned s = 0; session->messages[m].fuzz && s < session->state_count; s++)
            at_home += session_belongs(session, m, s);
    }
    assert_int_equal(inventory_figure(inventory, kind_named("message")).touched,
                     messages);
    assert_int_equal(inventory_figure(inventory, kind_named("message")).impossible,
                     session->message_count - messages);
    assert_int_equal(inventory_figure(inventory, kind_named("state")).touched,
                     session->state_count);
    assert_true(inventory_figure(inventory, kind_named("state-message")).touched >=
                at_home);
    assert_int_equal(boundaries.planned + boundaries.impossible,
                     LIMITS * bounded_fields(session));
}

static void check_rows(const struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_row *row = &inventory->rows[i];

        if (row->planned && row->sent != row->planned)
            fail_msg("%s %s: %llu of %llu cases", item_kinds[row->kind], row->name,
                     (unsigned long long)row->sent, (unsigned long long)row->planned);
        if ((row->planned == 0) != (row->why[0] != '\0'))
            fail_msg("%s %s: planned, and a reason why not: '%s'", item_kinds[row->kind],
                     row->name, row->why);
    }
}

/* Some case of every field changes the message. */
static void check_changes(const struct world *world)
{
    const struct plan *plan = &world->plan;
    struct inventory inventory;

    assert_int_equal(inventory_make(&inventory, plan, world->changed), 0);
    for (size_t i = 0; i < inventory.count; i++) {
        const struct inventory_row *row = &inventory.rows[i];

        if (row->kind == kind_named("field") && row->planned && row->sent == 0)
            fail_msg("%s: no case changes it", row->name);
    }
    inventory_free(&inventory);
}

static void enumerated_plans_touch_every_item(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        struct inventory inventory;
        struct world world;

        open_world(&world, i);
        for (uint64_t number = 1; number <= world.plan.total; number++)
            take_case(&world, number);
        assert_int_equal(inventory_make(&inventory, &world.plan, world.sent), 0);
        print_message("%s: %zu items, %llu limits read again\n",
                      shipped[i].session + strlen(SHIPPED_FILE("")), inventory.count,
                      (unsigned long long)world.limits);
        check_rows(&inventory);
        check_counts(&world, &inventory);
        check_changes(&world);
        inventory_free(&inventory);
        close_world(&world);
    }
}

/* --- a selection -------------------------------------------------------------------- */

static void a_selection_touches_what_it_takes(void **state)
{
    struct selection selection = {.only = "mask_*", .states = "ready"};
    struct inventory inventory;
    struct error error = {""};
    struct world world;

    (void)state;
    open_world(&world, 1);
    assert_int_equal(selection_bind(&selection, &world.plan, &error), 0);
    assert_int_equal(inventory_of_selection(&inventory, &world.plan, &selection), 0);
    for (size_t i = 0; i < inventory.count; i++) {
        const struct inventory_row *row = &inventory.rows[i];

        assert_true(row->sent <= row->planned);
        if (row->kind == kind_named("message") || row->kind == kind_named("field"))
            assert_int_equal(row->sent > 0,
                             strncmp(row->name, "mask_", 5) == 0 && row->planned > 0);
    }
    assert_int_equal(inventory_figure(&inventory, kind_named("transition")).planned, 2);
    inventory_free(&inventory);
    selection_free(&selection);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enumerated_plans_touch_every_item),
        cmocka_unit_test(a_selection_touches_what_it_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
