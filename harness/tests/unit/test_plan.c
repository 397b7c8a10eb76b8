/* The plan and the generator: numbers, names and bytes of cases. */
#include "expect.h"
#include "generate/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shipped.h"

/* The golden plan: session and model as they are in git, seed 1. The same plan hash gives
 * the same bytes on every machine and in every version. */
static const char golden_path[] =
    PROJECT_FOLDER "/harness/tests/golden/plan_modbus_tcp.txt";
/* The same of every shipped session, as digests. */
static const char digests_path[] =
    PROJECT_FOLDER "/harness/tests/golden/plan_digests.txt";

struct world {
    struct model *models[2];
    struct session *sessions[2];
    struct plan plans[2];
};

static int setup(void **state)
{
    static const char *const files[2][2] = {
        {PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy",
         PROJECT_FOLDER "/targets/modbus/registers.yaml"},
        {PROJECT_FOLDER "/targets/modbus/modbus_rtu.ksy",
         PROJECT_FOLDER "/targets/modbus/pump.yaml"},
    };
    struct world *world = calloc(1, sizeof *world);
    struct error error = {""};

    assert_non_null(world);
    for (int i = 0; i < 2; i++) {
        world->models[i] = model_load(files[i][0], &error);
        assert_string_equal(error.text, "");
        world->sessions[i] = session_load(files[i][1], world->models[i], &error);
        assert_string_equal(error.text, "");
        assert_int_equal(plan_build(&world->plans[i], world->sessions[i], 1, &error), 0);
    }
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        plan_free(&world->plans[i]);
        session_free(world->sessions[i]);
        model_free(world->models[i]);
    }
    free(world);
    return 0;
}

static void every_case_has_one_number(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        const struct plan *plan = &world->plans[i];
        uint64_t *start = calloc(plan->stream_count + 1, sizeof *start);
        bool *seen = calloc(plan->total + 1, sizeof *seen);

        for (size_t s = 0; s < plan->stream_count; s++)
            start[s + 1] = start[s] + plan->streams[s].count;
        assert_int_equal(start[plan->stream_count], plan->total);
        for (uint64_t number = 1; number <= plan->total; number++) {
            uint32_t stream;
            uint64_t index;

            plan_locate(plan, number, &stream, &index);
            assert_true(stream < plan->stream_count);
            index -= plan->streams[stream].first;
            assert_true(index < plan->streams[stream].count);
            assert_false(seen[start[stream] + index]);
            seen[start[stream] + index] = true;
        }
        free(start);
        free(seen);
    }
}

static void the_first_round_touches_every_stream(void **state)
{
    struct world *world = *state;
    const struct plan *plan = &world->plans[1];
    bool *seen = calloc(plan->stream_count, sizeof *seen);
    size_t touched = 0;

    for (uint64_t number = 1; number <= plan->stream_count; number++) {
        uint32_t stream;
        uint64_t index;

        plan_locate(plan, number, &stream, &index);
        touched += !seen[stream];
        seen[stream] = true;
    }
    assert_int_equal(touched, plan->stream_count);
    free(seen);
}

static void early_numbers_are_mixed(void **state)
{
    struct world *world = *state;
    const struct plan *plan = &world->plans[1];
    unsigned messages = 0, anomalies = 0;
    bool message[64] = {false};
    const struct anomaly_ops *anomaly[128] = {NULL};

    for (uint64_t number = 1; number <= 200; number++) {
        const struct stream *stream;
        uint32_t id;
        uint64_t index;
        unsigned a = 0;

        plan_locate(plan, number, &id, &index);
        stream = &plan->streams[id];
        messages += !message[stream->site.message];
        message[stream->site.message] = true;
        while (a < anomalies && anomaly[a] != stream->anomaly)
            a++;
        if (a == anomalies)
            anomaly[anomalies++] = stream->anomaly;
    }
    assert_true(messages >= 20);
    assert_true(anomalies >= 8);
}

static void a_case_does_not_depend_on_the_one_before(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        const struct plan *plan = &world->plans[i];
        const uint64_t numbers[] = {1,
                                    2,
                                    77,
                                    1000,
                                    plan->total,
                                    plan->total + 1,
                                    plan->total + 500,
                                    1000000000,
                                    UINT64_MAX - 1};
        struct generator one, two;
        struct script first, second;

        generator_init(&one, plan);
        generator_init(&two, plan);
        script_init(&first);
        script_init(&second);
        for (uint64_t warm = 1; warm < 300; warm++)
            assert_int_equal(generator_case(&two, warm * 61, &second), 0);
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            assert_int_equal(generator_case(&one, numbers[k], &first), 0);
            assert_int_equal(generator_case(&two, numbers[k], &second), 0);
            assert_int_equal(first.count, second.count);
            assert_true(
                view_equal(buffer_view(&first.bytes), buffer_view(&second.bytes)));
        }
        script_free(&first);
        script_free(&second);
        generator_free(&one);
        generator_free(&two);
    }
}

/* Every enumerated case and many stacked ones: made, never empty, parsed again without
 * harm. */
static void every_case_can_be_made(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        const struct plan *plan = &world->plans[i];
        struct generator generator;
        struct script script;
        struct tree tree;

        generator_init(&generator, plan);
        script_init(&script);
        tree_init(&tree, world->models[i]);
        for (uint64_t number = 1; number <= plan->total + 50000; number++) {
            assert_int_equal(generator_case(&generator, number, &script), 0);
            assert_true(script.count > 0);
            for (size_t s = 0; s < script.count; s++) {
                struct expectation expectation;

                assert_true(script.steps[s].length > 0);
                expect_frame(world->sessions[i], script_bytes(&script, s), &tree,
                             &expectation);
                assert_true(expectation.outcomes != 0);
            }
        }
        tree_free(&tree);
        script_free(&script);
        generator_free(&generator);
    }
}

static bool is_inside(const struct tree *tree, uint32_t node, uint32_t around)
{
    while (node != TREE_NONE && node != around)
        node = tree->nodes[node].parent;
    return node == around;
}

/* Whether two changes of the case copy elements, one of them inside the other's. */
static bool multiplies(const struct plan *plan, uint64_t number)
{
    uint32_t streams[PLAN_CHANGES];
    size_t count = plan_streams(plan, number, streams);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            const struct stream *a = &plan->streams[streams[i]];
            const struct stream *b = &plan->streams[streams[j]];

            if (a->site.node != b->site.node && a->anomaly == b->anomaly &&
                strcmp(a->anomaly->name, "element-count") == 0 &&
                is_inside(site_tree(&a->site), a->site.node, b->site.node))
                return true;
        }
    return false;
}

/* Elements of elements, each of them long: two such changes would make a gigabyte. */
static void changes_that_multiply_a_message_can_be_made(void **state)
{
    struct error error = {""};
    struct model *model = model_load(PROJECT_FOLDER "/targets/hl7/hl7_mllp.ksy", &error);
    struct session *session =
        session_load(PROJECT_FOLDER "/targets/hl7/session.yaml", model, &error);
    struct generator generator;
    struct script script;
    struct plan plan;
    unsigned found = 0;

    (void)state;
    assert_int_equal(plan_build(&plan, session, 1, &error), 0);
    generator_init(&generator, &plan);
    script_init(&script);
    for (uint64_t number = plan.total + 1; found < 40; number++) {
        if (!multiplies(&plan, number))
            continue;
        found++;
        assert_int_equal(generator_case(&generator, number, &script), 0);
        assert_true(script.count > 0);
    }
    script_free(&script);
    generator_free(&generator);
    plan_free(&plan);
    session_free(session);
    model_free(model);
}

/* Names tell the cases of a stream apart. */
static void labels_are_distinct_within_a_stream(void **state)
{
    struct world *world = *state;
    const struct plan *plan = &world->plans[1];

    for (size_t s = 0; s < plan->stream_count; s++) {
        const struct stream *stream = &plan->streams[s];
        char before[64] = "", label[64];

        for (uint64_t k = 0; k < stream->count; k++) {
            stream->anomaly->label(&stream->site, stream->first + k, label, sizeof label);
            assert_true(label[0] != '\0');
            if (strcmp(stream->anomaly->name, "bytes-length") != 0 &&
                strcmp(stream->anomaly->name, "element-count") != 0)
                assert_string_not_equal(label, before);
            memcpy(before, label, sizeof before);
        }
    }
}

static void another_seed_is_another_plan(void **state)
{
    struct world *world = *state;
    struct error error;
    struct plan other;

    assert_int_equal(plan_build(&other, world->sessions[0], 2, &error), 0);
    assert_int_equal(other.total, world->plans[0].total);
    assert_string_not_equal(other.hash, world->plans[0].hash);
    plan_free(&other);
}

static const char golden_head[] =
    "# Cases of targets/modbus/registers.yaml over modbus_tcp.ksy, seed 1: number, name,\n"
    "# messages. harness/tests/unit/test_plan.c holds the generator against it. To be written\n"
    "# anew (PERCUSS_GOLDEN=write build/release/harness/tests/test_plan) only when the plan\n"
    "# hash is another one: because session or model changed, or with a raised\n"
    "# generator_version (harness/generate/plan.c) because the generator did.\n";

static void print_golden(const struct plan *plan, FILE *out)
{
    const uint64_t far[] = {plan->total, plan->total + 1, plan->total + 2, 1000000000,
                            UINT64_MAX - 1};
    struct generator generator;
    struct script script;

    generator_init(&generator, plan);
    script_init(&script);
    fprintf(out, "%splan %s\n", golden_head, plan->hash);
    for (uint64_t k = 1; k <= 245; k++) {
        uint64_t number = k <= 200 ? k : k <= 240 ? k * 997 : far[k - 241];
        char name[400], hex[2048];

        assert_int_equal(generator_case(&generator, number, &script), 0);
        fprintf(out, "%llu %s", (unsigned long long)number,
                plan_name(plan, number, name, sizeof name));
        for (size_t s = 0; s < script.count; s++) {
            bytes_to_hex(script_bytes(&script, s), hex, sizeof hex);
            fprintf(out, " %s", hex);
        }
        fputc('\n', out);
    }
    script_free(&script);
    generator_free(&generator);
}

static char *read_golden(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *file = fopen(path, "r");

    assert_non_null(text);
    if (file) {
        assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
        fclose(file);
    }
    return text;
}

static void write_golden(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* What was made against what is in git. `same_plan`: the plan hash that is stated there
 * is that of the plan at hand. */
static void compare_with_golden(const char *path, const char *made, bool same_plan)
{
    const char *mode = getenv("PERCUSS_GOLDEN");
    char *golden = read_golden(path);

    if (strcmp(made, golden) != 0 && same_plan)
        fail_msg(
            "the same plan hash gives other cases: raise generator_version in plan.c");
    if (strcmp(made, golden) != 0 && mode && strcmp(mode, "write") == 0)
        write_golden(path, made);
    else if (strcmp(made, golden) != 0)
        fail_msg("session, model or generator changed: see the head of %s", path);
    free(golden);
}

static void the_plan_is_the_golden_one(void **state)
{
    struct world *world = *state;
    char *made = NULL, *golden = read_golden(golden_path),
         *stated = strstr(golden, "\nplan ");
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);

    print_golden(&world->plans[0], out);
    fclose(out);
    compare_with_golden(
        golden_path, made,
        stated && strncmp(stated + 6, world->plans[0].hash, HASH_TEXT - 1) == 0);
    free(golden);
    free(made);
}

static const char digests_head[] =
    "# Cases of every shipped session, seed 1: session, plan hash, SHA-256 over the names and\n"
    "# messages of its cases 1-5000, of 500 stacked ones and of some far ones. Rules as in\n"
    "# plan_modbus_tcp.txt.\n";

static void add_case(struct hash_state *hash, const struct plan *plan,
                     struct generator *generator, uint64_t number, struct script *script)
{
    char name[600];

    assert_int_equal(generator_case(generator, number, script), 0);
    hash_add_text(hash, plan_name(plan, number, name, sizeof name));
    hash_add_integer(hash, script->count);
    for (size_t i = 0; i < script->count; i++) {
        struct view bytes = script_bytes(script, i);

        hash_add_integer(hash, script->steps[i].message);
        hash_add_integer(hash, bytes.length);
        hash_add(hash, bytes);
    }
}

static void digest_cases(const struct plan *plan, char text[HASH_TEXT])
{
    const uint64_t far[] = {1000000, 1000000000, UINT64_MAX / 3, UINT64_MAX - 1};
    struct hash_state *state = hash_begin();
    struct generator generator;
    struct script script;
    struct hash hash;

    generator_init(&generator, plan);
    script_init(&script);
    for (uint64_t number = 1; number <= 5000; number++)
        add_case(state, plan, &generator, number, &script);
    for (uint64_t number = 1; number <= 500; number++)
        add_case(state, plan, &generator, plan->total + number, &script);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        add_case(state, plan, &generator, far[i], &script);
    script_free(&script);
    generator_free(&generator);
    hash = hash_end(state);
    hash_to_text(&hash, text);
}

/* One line of the golden digests. Returns whether it states another digest for this very
 * plan. */
static bool print_digest(size_t which, const char *golden, FILE *out)
{
    struct error error = {""};
    struct model *model = model_load(shipped[which].model, &error);
    struct session *session = session_load(shipped[which].session, model, &error);
    char digest[HASH_TEXT], line[2 * HASH_TEXT];
    struct plan plan;
    bool contradicted;

    assert_string_equal(error.text, "");
    assert_int_equal(plan_build(&plan, session, 1, &error), 0);
    digest_cases(&plan, digest);
    snprintf(line, sizeof line, "%s %s", plan.hash, digest);
    fprintf(out, "%s %s\n", shipped[which].session + strlen(SHIPPED_FILE("")), line);
    contradicted = strstr(golden, plan.hash) && !strstr(golden, line);
    plan_free(&plan);
    session_free(session);
    model_free(model);
    return contradicted;
}

static void all_plans_have_the_golden_bytes(void **state)
{
    char *made = NULL, *golden = read_golden(digests_path);
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    bool contradicted = false;

    (void)state;
    fputs(digests_head, out);
    for (size_t i = 0; i < SHIPPED; i++)
        contradicted |= print_digest(i, golden, out);
    fclose(out);
    compare_with_golden(digests_path, made, contradicted);
    free(golden);
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_one_number),
        cmocka_unit_test(the_first_round_touches_every_stream),
        cmocka_unit_test(early_numbers_are_mixed),
        cmocka_unit_test(a_case_does_not_depend_on_the_one_before),
        cmocka_unit_test(every_case_can_be_made),
        cmocka_unit_test(changes_that_multiply_a_message_can_be_made),
        cmocka_unit_test(labels_are_distinct_within_a_stream),
        cmocka_unit_test(another_seed_is_another_plan),
        cmocka_unit_test(the_plan_is_the_golden_one),
        cmocka_unit_test(all_plans_have_the_golden_bytes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
