/* Evidence of several runs: names in it are plain and each is another; an index that
 * leads out of the folder, or names a run twice, is none. */
#include "bundle/assessed.h"
#include "scratch.h"

#include <sys/stat.h>

static char folder[SCRATCH_PATH];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void expect_name(const char *made, size_t count, char (*names)[EVIDENCE_NAME],
                        const char *wanted)
{
    char path[2 * SCRATCH_PATH];

    assert_true(snprintf(path, sizeof path, "%s/%s", folder, made) < (int)sizeof path);
    mkdir(path, 0777);
    assessed_name(path, names, count);
    assert_string_equal(names[count], wanted);
}

static void names_are_plain_and_differ(void **state)
{
    char names[8][EVIDENCE_NAME];

    (void)state;
    expect_name("night", 0, names, "night");
    expect_name("night/.", 1, names, "2-night");
    expect_name("other", 2, names, "other");
    expect_name("other/../night", 3, names, "3-night");
    expect_name("a b\n'ü'", 4, names, "a_b_____");
    expect_name("..hidden..db", 5, names, "_.hidden._db");
    expect_name("assessment", 6, names, "2-assessment");
    expect_name("a-name-that-is-much-longer-than-any-name-of-evidence-may-be", 7, names,
                "a-name-that-is-much-longer-than-any-name-of-evi");
}

static int read_index(const char *text)
{
    char path[SCRATCH_PATH];
    struct verification all = {0};
    struct evidence_index index;
    int status;

    scratch_write(folder, EVIDENCE_INDEX, text, path);
    status = evidence_index_read(&index, folder, &all);
    assert_int_equal(status == 0, all.count == 0);
    evidence_index_free(&index);
    verification_free(&all);
    return status;
}

#define HEAD "{\"percuss_evidence\": 2, \"made_by\": \"0\", \"name\": \"n\", "
#define RUN(name, model) \
    "{\"name\": \"" name \
    "\", \"campaign\": \"c\", \"session\": \"s\", \"model\": \"" model "\"}"

static void an_index_stays_inside(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        HEAD "\"runs\": []}",
        HEAD "\"runs\": {}}",
        HEAD "\"runs\": [1]}",
        HEAD "\"runs\": [" RUN("run", "/m") "]}",
        HEAD "\"runs\": [" RUN("run", "a/../../m") "]}",
        HEAD "\"runs\": [" RUN("..", "m") "]}",
        HEAD "\"runs\": [" RUN("a/b", "m") "]}",
        HEAD "\"runs\": [" RUN("", "m") "]}",
        HEAD "\"runs\": [" RUN("assessment", "m") "]}",
        HEAD "\"runs\": [" RUN("a", "m") ", " RUN("b", "m") "]}",
        HEAD "\"assessment\": \"assessment.yaml\", \"runs\": [" RUN("a", "m") ", " RUN(
            "a", "m") "]}",
        HEAD "\"assessment\": \"../assessment.yaml\", \"runs\": [" RUN("a", "m") "]}",
        "{\"percuss_evidence\": 1, \"made_by\": \"0\", \"name\": \"n\", "
        "\"runs\": [" RUN("run", "m") "]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (read_index(wrong[i]) == 0)
            fail_msg("%s", wrong[i]);
    assert_int_equal(read_index(HEAD "\"runs\": [" RUN("run", "a/m") "]}"), 0);
    assert_int_equal(
        read_index(HEAD "\"assessment\": \"assessment.yaml\", \"runs\": [" RUN(
            "a", "m") ", " RUN("b", "m") "]}"),
        0);
}

static void an_index_is_what_was_written(void **state)
{
    struct evidence_run runs[2] = {{"one", {"a", "b", "c"}}, {"two", {"d", "e", "f"}}};
    struct evidence_index index = {"0.1", "na\"me", true, runs, 2}, again;
    struct verification all = {0};
    struct error error;
    char path[SCRATCH_PATH], *text = evidence_index_text(&index, &error);

    (void)state;
    assert_non_null(text);
    scratch_write(folder, EVIDENCE_INDEX, text, path);
    assert_int_equal(evidence_index_read(&again, folder, &all), 0);
    assert_string_equal(again.name, index.name);
    assert_string_equal(again.version, index.version);
    assert_true(again.assessed);
    assert_int_equal(again.run_count, 2);
    assert_string_equal(again.runs[1].name, "two");
    assert_string_equal(again.runs[1].inputs.session, "f");
    evidence_index_free(&again);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_plain_and_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_index_stays_inside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_index_is_what_was_written, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
