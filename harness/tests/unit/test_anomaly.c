/* Every anomaly at every site of every message: counted, named and applied consistently.
 */
#include "anomalies.h"

/* Anomalies whose k-th case is cut to what a frame holds: two of them may be alike. */
static bool may_repeat_a_label(const struct anomaly_ops *anomaly)
{
    return strcmp(anomaly->name, "bytes-length") == 0 ||
           strcmp(anomaly->name, "element-count") == 0 ||
           strcmp(anomaly->name, "extend") == 0;
}

static bool is_made_by_emission(const struct field *field)
{
    return field->role == ROLE_CHECKSUM || field->role == ROLE_LENGTH ||
           field->role == ROLE_COUNT || field->role == ROLE_DERIVED;
}

typedef void site_check(const struct site *site, void *context);

static void at_every_site(site_check *check, void *context)
{
    for (int i = 0; i < TARGETS; i++) {
        struct model *model = need_model(targets[i].model);
        struct session *session = need_session(targets[i].session, model);

        for (unsigned s = 0; s < session->state_count; s++)
            for (unsigned m = 0; m < session->message_count; m++)
                for (uint32_t node = 0; node < session->messages[m].tree.count; node++)
                    check(&(struct site){session, s, m, node}, context);
        session_free(session);
        model_free(model);
    }
}

static void check_table(void **state)
{
    (void)state;
    for (size_t a = 0; anomaly_kinds[a]; a++) {
        const struct anomaly_ops *anomaly = anomaly_kinds[a];

        assert_true(anomaly->name[0] && anomaly->applies[0] && anomaly->summary[0] &&
                    anomaly->example[0]);
        assert_int_equal(strncmp(anomaly->cwe, "CWE-", 4), 0);
        assert_non_null(anomaly->count);
        assert_non_null(anomaly->label);
        assert_true(anomaly->change || anomaly->rewrite || anomaly->arrange);
        for (size_t b = 0; b < a; b++)
            assert_string_not_equal(anomaly->name, anomaly_kinds[b]->name);
    }
}

/* --- labels
 * ----------------------------------------------------------------------------- */

enum { LABELS = 400 };

static void check_labels(const struct site *site, void *context)
{
    char(*labels)[LABEL] = context;

    for (size_t a = 0; anomaly_kinds[a]; a++) {
        const struct anomaly_ops *anomaly = anomaly_kinds[a];
        uint64_t count = anomaly->count(site);

        assert_true(count <= LABELS);
        for (uint64_t k = 0; k < count; k++) {
            labels[k][0] = '\0';
            anomaly->label(site, k, labels[k], LABEL);
            assert_string_not_equal(labels[k], "");
            assert_string_not_equal(labels[k], "?");
            for (uint64_t other = 0; other < k && !may_repeat_a_label(anomaly); other++)
                assert_string_not_equal(labels[k], labels[other]);
        }
    }
}

static void labels_tell_cases_apart(void **state)
{
    char(*labels)[LABEL] = calloc(LABELS, LABEL);

    (void)state;
    assert_non_null(labels);
    at_every_site(check_labels, labels);
    free(labels);
}

/* --- changes
 * ---------------------------------------------------------------------------- */

struct work {
    struct tree tree;
    struct buffer bytes, again;
    uint64_t cases, unchanged;
};

static void apply(const struct site *site, const struct anomaly_ops *anomaly, uint64_t k,
                  struct work *work)
{
    make_message(site, anomaly, k, &work->bytes);
}

static void check_changes(const struct site *site, void *context)
{
    struct work *work = context;
    const struct session_message *message = &site->session->messages[site->message];

    if (site->state != 0)
        return; /* only sequence anomalies look at the state */
    for (size_t a = 0; anomaly_kinds[a]; a++) {
        const struct anomaly_ops *anomaly = anomaly_kinds[a];
        uint64_t count = anomaly->count(site);

        for (uint64_t k = 0; k < count && !anomaly->arrange; k++) {
            apply(site, anomaly, k, work);
            assert_true(work->bytes.length > 0);
            assert_true(work->bytes.length < 4096);
            buffer_clear(&work->again);
            assert_int_equal(buffer_append(&work->again, buffer_view(&work->bytes)), 0);
            apply(site, anomaly, k, work);
            assert_true(view_equal(buffer_view(&work->again), buffer_view(&work->bytes)));
            work->cases++;
            work->unchanged +=
                view_equal(buffer_view(&work->bytes), buffer_view(&message->bytes));
        }
    }
}

static void changes_are_made_and_repeat(void **state)
{
    struct work work = {.bytes = buffer_make(1 << 20), .again = buffer_make(1 << 20)};

    (void)state;
    at_every_site(check_changes, &work);
    assert_true(work.cases > 50000);
    /* A limit that is the exemplar's own value is a case all the same; few others are. */
    assert_true(work.unchanged * 100 < work.cases);
    buffer_free(&work.bytes);
    buffer_free(&work.again);
}

/* --- single anomalies
 * ------------------------------------------------------------------- */

static bool has_label(const struct site *site, const struct anomaly_ops *anomaly,
                      const char *label)
{
    for (uint64_t k = 0; k < anomaly->count(site); k++) {
        char text[LABEL];

        anomaly->label(site, k, text, sizeof text);
        if (strcmp(text, label) == 0)
            return true;
    }
    return false;
}

static void check_limits(const struct site *site, void *context)
{
    const struct field *field = tree_field(site_tree(site), site->node);
    uint64_t *bounded = context;
    uint64_t top;

    if (!field || site_node(site)->kind != FIELD_INTEGER || !field->has_bounds)
        return;
    ++*bounded;
    assert_false(field->is_signed); /* Modbus has no signed fields */
    top = field->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << field->bits) - 1;
    assert_true(has_label(site, &anomaly_limit, "min"));
    assert_true(has_label(site, &anomaly_limit, "max"));
    assert_int_equal(has_label(site, &anomaly_limit, "min-1"), field->minimum > 0);
    assert_int_equal(has_label(site, &anomaly_limit, "max+1"),
                     (uint64_t)field->maximum < top);
}

static void every_limit_has_its_neighbours(void **state)
{
    uint64_t bounded = 0;

    (void)state;
    at_every_site(check_limits, &bounded);
    assert_true(bounded > 20);
}

static void limits_are_the_field_s_own(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "read_registers", "pdu.body.quantity");
    static const uint64_t values[] = {0, 1, 125, 126};
    struct tree tree;

    (void)state;
    tree_init(&tree, model);
    assert_int_equal(anomaly_limit.count(&site), 4);
    for (uint64_t k = 0; k < 4; k++) {
        assert_int_equal(tree_copy(&tree, site_tree(&site)), 0);
        assert_int_equal(anomaly_limit.change(&site, k, &tree), 0);
        assert_int_equal(tree.nodes[site.node].integer, values[k]);
        assert_true(tree.nodes[site.node].pinned);
    }
    assert_int_equal(anomaly_limit.change(&site, 4, &tree), -1);
    assert_int_equal(anomaly_limit.change(&site, UINT64_MAX, &tree), -1);
    tree_free(&tree);
    session_free(session);
    model_free(model);
}

/* Dependent fields follow a change, except where the anomaly is that they do not. */
static void check_dependents(const struct site *site, void *context)
{
    struct work *work = context;
    const struct anomaly_ops *step = anomaly_named("small-step");
    const struct field *field = tree_field(site_tree(site), site->node);

    if (site->state || !field || field->type_name[0] == '\0' || step->count(site) == 0 ||
        is_made_by_emission(field) || field->role == ROLE_SWITCH ||
        strstr(field->name, "function") || strstr(field->name, "sub"))
        return;
    apply(site, step, 0, work);
    tree_init(&work->tree, site->session->model);
    assert_int_equal(tree_parse(&work->tree, buffer_view(&work->bytes), false), 0);
    for (size_t v = 0; v < work->tree.violation_count; v++)
        assert_int_not_equal(work->tree.violations[v].kind, VIOLATION_CHECKSUM);
    work->cases++;
    tree_free(&work->tree);
}

static void checksums_follow_changes(void **state)
{
    struct work work = {.bytes = buffer_make(1 << 20)};

    (void)state;
    at_every_site(check_dependents, &work);
    assert_true(work.cases > 100);
    buffer_free(&work.bytes);
}

static void alone_leaves_lengths_and_counts_as_they_were(void **state)
{
    struct model *model = need_model("modbus_rtu.ksy");
    struct session *session = need_session("pump.yaml", model);
    struct site site = site_at(session, "write_coils", "pdu.body.quantity");
    const struct anomaly_ops *alone = anomaly_named("alone");
    struct work work = {.bytes = buffer_make(1 << 20)};
    const struct buffer *before = &session->messages[site.message].bytes;

    (void)state;
    assert_true(alone->count(&site) > 0);
    for (uint64_t k = 0; k < alone->count(&site); k++) {
        const struct node *node = site_node(&site);

        apply(&site, alone, k, &work);
        assert_int_equal(work.bytes.length, before->length);
        /* Only the quantity and the checksum differ. */
        for (size_t i = 0; i < before->length - 2; i++)
            if (i < node->offset || i >= node->offset + node->length)
                assert_int_equal(work.bytes.data[i], before->data[i]);
    }
    buffer_free(&work.bytes);
    session_free(session);
    model_free(model);
}

static void a_message_is_cut_at_every_byte(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "write_register", "");
    const struct anomaly_ops *truncate = anomaly_named("truncate");
    struct work work = {.bytes = buffer_make(1 << 20)};
    const struct buffer *whole = &session->messages[site.message].bytes;

    (void)state;
    assert_int_equal(truncate->count(&site), whole->length - 1);
    for (uint64_t k = 0; k < whole->length - 1; k++) {
        apply(&site, truncate, k, &work);
        assert_int_equal(work.bytes.length, whole->length - 1 - k);
        assert_memory_equal(work.bytes.data, whole->data, work.bytes.length);
    }
    buffer_free(&work.bytes);
    session_free(session);
    model_free(model);
}

/* An inner group cut short: the lengths around it fit what is left. */
static void a_group_is_cut_inside_a_right_frame(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "write_registers", "pdu.body");
    const struct anomaly_ops *truncate = anomaly_named("truncate");
    struct work work = {.bytes = buffer_make(1 << 20)};

    (void)state;
    for (uint64_t k = 0; k < truncate->count(&site); k++) {
        apply(&site, truncate, k, &work);
        assert_int_equal(bytes_read_be(work.bytes.data + 4, 2), work.bytes.length - 6);
    }
    buffer_free(&work.bytes);
    session_free(session);
    model_free(model);
}

static size_t differences(struct view a, struct view b)
{
    size_t count = 0;

    assert_int_equal(a.length, b.length);
    for (size_t i = 0; i < a.length; i++)
        count += a.data[i] != b.data[i];
    return count;
}

static size_t occurrences(struct view bytes, uint8_t byte)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes.length; i++)
        count += bytes.data[i] == byte;
    return count;
}

#define HL7 PROJECT_FOLDER "/targets/hl7/"

/* A message that declares its own separators: # between fields, * between components. */
static void declared_separators_are_injected_and_lied_about(void **state)
{
    struct model *model = need_model(HL7 "hl7_mllp.ksy");
    struct session *session = need_session(HL7 "session.yaml", model);
    const char *const separators[] = {"separator 0x40", "separator 0x2a",
                                      "separator 0x21", "separator 0x23",
                                      "separator 0x0d", "separator 0x1c"};
    const struct anomaly_ops *content = anomaly_named("bytes-content");
    const struct anomaly_ops *lie = anomaly_named("lie");
    const struct anomaly_ops *step = anomaly_named("small-step");
    struct site text =
        site_at(session, "adt_other",
                "message.segments[1].body.fields[4].repetitions[0].components[1]"
                ".subcomponents[0]");
    struct site field = site_at(session, "adt_other", "message.header.field_separator");
    struct work work = {.bytes = buffer_make(1 << 20)};
    struct view whole = buffer_view(&session->messages[text.message].bytes);

    (void)state;
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        assert_true(has_label(&text, content, separators[i]));
    apply(&text, content, labelled(&text, content, "separator 0x2a"), &work);
    assert_int_equal(work.bytes.length, whole.length + 1);
    assert_non_null(
        memmem(work.bytes.data, work.bytes.length, "A|B&C*ON*E", strlen("A|B&C*ON*E")));
    apply(&field, lie, labelled(&field, lie, "one more"), &work);
    assert_int_equal(work.bytes.data[4], '$');
    assert_int_equal(differences(buffer_view(&work.bytes), whole), 1);
    apply(&field, step, labelled(&field, step, "0x24"), &work);
    assert_int_equal(work.bytes.data[4], '$');
    assert_null(memchr(work.bytes.data, '#', work.bytes.length));
    assert_int_equal(differences(buffer_view(&work.bytes), whole),
                     occurrences(whole, '#'));
    buffer_free(&work.bytes);
    session_free(session);
    model_free(model);
}

static void arrangements_stay_inside_the_session(void **state)
{
    struct model *model = need_model("modbus_rtu.ksy");
    struct session *session = need_session("pump.yaml", model);
    unsigned transferring = 2;

    (void)state;
    for (size_t a = 0; anomaly_kinds[a]; a++)
        for (unsigned m = 0; m < session->message_count; m++) {
            struct site site = {session, transferring, m, 0};
            const struct anomaly_ops *anomaly = anomaly_kinds[a];

            for (uint64_t k = 0; anomaly->arrange && k < anomaly->count(&site); k++) {
                struct arrangement made = arrangement_plain;

                anomaly->arrange(&site, k, &made);
                assert_in_range(made.repeat, 1, 48);
                assert_true(made.skip == UINT32_MAX ||
                            made.skip < session->states[transferring].path_count);
                assert_true(made.swap == UINT32_MAX ||
                            made.swap + 1 < session->states[transferring].path_count);
                assert_true(made.before == UINT32_MAX ||
                            made.before < session->message_count);
                assert_true(made.state == UINT32_MAX ||
                            made.state < session->state_count);
                assert_in_range(made.paths, 1, SCRIPT_MESSAGES);
                assert_in_range(made.walk, 0, SCRIPT_MESSAGES);
                /* Only `valid` leaves the message as it is. */
                assert_int_equal(memcmp(&made, &arrangement_plain, sizeof made) == 0,
                                 strcmp(anomaly->name, "valid") == 0 && k == 0);
                assert_true(made.behind_times == 0 ||
                            made.behind < session->message_count);
            }
        }
    session_free(session);
    model_free(model);
}

static void check_reemission(const struct site *site, void *context)
{
    struct work *work = context;
    const struct session_message *message = &site->session->messages[site->message];

    if (site->node || site->state)
        return;
    tree_init(&work->tree, site->session->model);
    assert_int_equal(tree_parse(&work->tree, buffer_view(&message->bytes), false), 0);
    assert_int_equal(work->tree.violation_count, 0);
    buffer_clear(&work->bytes);
    assert_int_equal(tree_emit(&work->tree, &work->bytes), 0);
    assert_true(view_equal(buffer_view(&work->bytes), buffer_view(&message->bytes)));
    tree_free(&work->tree);
    work->cases++;
}

static void unchanged_exemplars_are_emitted_as_they_were(void **state)
{
    struct work work = {.bytes = buffer_make(1 << 20)};

    (void)state;
    at_every_site(check_reemission, &work);
    assert_true(work.cases > 70);
    buffer_free(&work.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_table),
        cmocka_unit_test(labels_tell_cases_apart),
        cmocka_unit_test(changes_are_made_and_repeat),
        cmocka_unit_test(every_limit_has_its_neighbours),
        cmocka_unit_test(limits_are_the_field_s_own),
        cmocka_unit_test(checksums_follow_changes),
        cmocka_unit_test(alone_leaves_lengths_and_counts_as_they_were),
        cmocka_unit_test(a_message_is_cut_at_every_byte),
        cmocka_unit_test(a_group_is_cut_inside_a_right_frame),
        cmocka_unit_test(declared_separators_are_injected_and_lied_about),
        cmocka_unit_test(arrangements_stay_inside_the_session),
        cmocka_unit_test(unchanged_exemplars_are_emitted_as_they_were),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
