/* Corpora in and out of the folders of other engines. */
#include "scratch.h"

#include "engine/corpus.h"
#include "engine/pool.h"

#include <sys/stat.h>

struct place {
    char folder[SCRATCH_PATH], into[200];
};

static void place_open(struct place *place)
{
    scratch_make(place->folder);
    snprintf(place->into, sizeof place->into, "%s/corpus", place->folder);
}

static void put(const struct place *place, const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    for (char *slash = path + strlen(place->folder) + 1; (slash = strchr(slash, '/'));
         *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0777);
    }
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static bool has(const char *folder, const char *text)
{
    char path[400], name[POOL_NAME];

    snprintf(path, sizeof path, "%s/%s", folder, pool_name(view_text(text), name));
    return access(path, F_OK) == 0;
}

static void import_from(const struct place *place, const char *name,
                        struct corpus_import *import)
{
    char path[300];
    struct error error = {""};

    import->into = place->into;
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    if (corpus_import(import, path, &error) < 0)
        fail_msg("%s", error.text);
}

static void test_libfuzzers_folders_are_taken_to_any_depth(void **state)
{
    struct corpus_import import = {0};
    struct place place;

    (void)state;
    place_open(&place);
    put(&place, "lf/a", "one");
    put(&place, "lf/deeper/b", "two");
    put(&place, "lf/deeper/c", "one");
    put(&place, "lf/.hidden", "three");
    put(&place, "lf/empty", "");
    import_from(&place, "lf", &import);
    assert_int_equal(import.written, 2);
    assert_int_equal(import.known, 1);
    assert_int_equal(import.passed_over, 1);
    assert_true(has(place.into, "one") && has(place.into, "two"));
    assert_false(has(place.into, "three"));
    scratch_remove(place.folder);
}

static void test_of_afl_only_inputs_are_taken(void **state)
{
    struct corpus_import import = {0};
    struct place place;

    (void)state;
    place_open(&place);
    put(&place, "afl/main/fuzzer_stats", "stats");
    put(&place, "afl/main/plot_data", "plot");
    put(&place, "afl/main/queue/id:000000,orig:x", "queued");
    put(&place, "afl/main/queue/.state/id:000000", "state");
    put(&place, "afl/main/crashes/id:000000,sig:06", "crash");
    put(&place, "afl/main/crashes/README.txt", "words");
    import_from(&place, "afl", &import);
    assert_int_equal(import.written, 2);
    assert_true(has(place.into, "queued") && has(place.into, "crash"));
    scratch_remove(place.folder);
}

static void test_of_a_run_its_corpus_is_taken(void **state)
{
    struct corpus_import import = {0};
    struct place place;

    (void)state;
    place_open(&place);
    put(&place, "run/campaign.db", "store");
    put(&place, "run/report.html", "report");
    put(&place, "run/corpus/x", "kept");
    import_from(&place, "run", &import);
    assert_int_equal(import.written, 1);
    assert_true(has(place.into, "kept"));
    scratch_remove(place.folder);
}

static void test_messages_become_inputs_and_replies_stay_out(void **state)
{
    static const struct framing silence = {
        .kind = FRAMING_SILENCE, .minimum = 1, .maximum = 256};
    static const struct view input = {(const uint8_t *)"\0\4read", 6};
    struct corpus_import import = {.framing = &silence};
    char path[300], name[POOL_NAME];
    struct place place;

    (void)state;
    place_open(&place);
    put(&place, "seeds/read.bin", "read");
    put(&place, "seeds/reply-read.bin", "answer");
    put(&place, "seeds/001-reply-read.bin", "another");
    import_from(&place, "seeds", &import);
    assert_int_equal(import.written, 1);
    snprintf(path, sizeof path, "%s/%s", place.into, pool_name(input, name));
    assert_int_equal(access(path, F_OK), 0);
    scratch_remove(place.folder);
}

static void test_what_goes_out_comes_back(void **state)
{
    struct corpus_import import = {0}, again = {0};
    char out[300], queued[400], name[POOL_NAME];
    struct place place;
    struct error error = {""};
    uint64_t count = 0;

    (void)state;
    place_open(&place);
    put(&place, "lf/a", "one");
    put(&place, "lf/b", "two");
    import_from(&place, "lf", &import);
    snprintf(out, sizeof out, "%s/out", place.folder);
    assert_int_equal(corpus_export(place.into, out, CORPUS_AFL, &count, &error), 0);
    assert_int_equal(count, 2);
    /* "two" sorts first: its hash is the smaller one. */
    snprintf(queued, sizeof queued, "%s/queue/id:000000,orig:%s", out,
             pool_name(view_text("two"), name));
    assert_int_equal(access(queued, F_OK), 0);
    import_from(&place, "out", &again);
    assert_int_equal(again.known, 2);
    assert_int_equal(again.written, 0);
    scratch_remove(place.folder);
}

static void test_what_cannot_be_read_is_said(void **state)
{
    struct corpus_import import = {0};
    struct place place;
    struct error error = {""};
    uint64_t count = 0;

    (void)state;
    place_open(&place);
    import.into = place.into;
    assert_int_equal(corpus_import(&import, "/nowhere/at/all", &error), -1);
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
    assert_int_equal(
        corpus_export("/nowhere/at/all", place.into, CORPUS_SORTED, &count, &error), -1);
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
    scratch_remove(place.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_libfuzzers_folders_are_taken_to_any_depth),
        cmocka_unit_test(test_of_afl_only_inputs_are_taken),
        cmocka_unit_test(test_of_a_run_its_corpus_is_taken),
        cmocka_unit_test(test_messages_become_inputs_and_replies_stay_out),
        cmocka_unit_test(test_what_goes_out_comes_back),
        cmocka_unit_test(test_what_cannot_be_read_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
