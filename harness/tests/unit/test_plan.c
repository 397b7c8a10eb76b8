/* The plan and the generator: numbers, names and bytes of cases. */
#include "generate/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The golden plan: session and models as they are in git, seed 1. When they, or the
 * generator, change on purpose: raise generator_version in plan.c if the same inputs give
 * other cases, and write the file anew with PERCUSS_GOLDEN=write
 * build/release/harness/tests/test_plan. */
static const char golden_path[] =
    PROJECT_FOLDER "/harness/tests/golden/plan_modbus_tcp.txt";

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
    const struct anomaly_ops *anomaly[32] = {NULL};

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
        for (uint64_t number = 1; number <= plan->total + 20000; number++) {
            assert_int_equal(generator_case(&generator, number, &script), 0);
            assert_true(script.count > 0);
            for (size_t s = 0; s < script.count; s++) {
                struct expectation expectation;

                assert_true(script.steps[s].length > 0);
                session_expect(world->sessions[i], script_bytes(&script, s), &tree,
                               &expectation);
                assert_true(expectation.outcomes != 0);
            }
        }
        tree_free(&tree);
        script_free(&script);
        generator_free(&generator);
    }
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

static void print_golden(const struct plan *plan, FILE *out)
{
    struct generator generator;
    struct script script;

    generator_init(&generator, plan);
    script_init(&script);
    fprintf(out, "plan %s\n", plan->hash);
    for (uint64_t k = 1; k <= 240; k++) {
        uint64_t number = k <= 200 ? k : k * 997;
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

static void the_plan_is_the_golden_one(void **state)
{
    struct world *world = *state;
    const char *mode = getenv("PERCUSS_GOLDEN");
    char *text = NULL, line[16384], *place;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size), *file;

    print_golden(&world->plans[0], out);
    fclose(out);
    if (mode && strcmp(mode, "write") == 0) {
        file = fopen(golden_path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    file = fopen(golden_path, "r");
    assert_non_null(file);
    place = text;
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(strncmp(place, line, strlen(line)), 0);
        place += strlen(line);
    }
    assert_int_equal(*place, '\0');
    fclose(file);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_one_number),
        cmocka_unit_test(the_first_round_touches_every_stream),
        cmocka_unit_test(early_numbers_are_mixed),
        cmocka_unit_test(a_case_does_not_depend_on_the_one_before),
        cmocka_unit_test(every_case_can_be_made),
        cmocka_unit_test(labels_are_distinct_within_a_stream),
        cmocka_unit_test(another_seed_is_another_plan),
        cmocka_unit_test(the_plan_is_the_golden_one),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
