/* Files that are whole or not there. */
#include "report/part.h"
#include "scratch.h"

#include <sys/stat.h>

/* Writes the words as a writer does that ends so. */
static int write_words(const char *path, const char *words, int status,
                       struct error *error)
{
    struct part part;

    if (part_open(&part, path, error) < 0)
        return -1;
    fputs(words, part.out);
    return part_close(&part, status, error);
}

static void what_is_written_takes_the_place_of_what_was(void **state)
{
    struct error error = {""};
    char path[SCRATCH_PATH];

    scratch_write(*state, "file", "before", path);
    assert_int_equal(write_words(path, "after", 0, &error), 0);
    scratch_expect(*state, "file", "after");
    assert_int_equal(scratch_empty(*state), 1);
}

static void what_failed_leaves_what_was(void **state)
{
    struct error error = {"the writer's words"};
    char path[SCRATCH_PATH];

    scratch_write(*state, "file", "before", path);
    assert_int_equal(write_words(path, "half", -1, &error), -1);
    assert_string_equal(error.text, "the writer's words");
    scratch_expect(*state, "file", "before");
    assert_int_equal(scratch_empty(*state), 1);
}

static void what_cannot_be_written_is_said(void **state)
{
    char path[SCRATCH_PATH], *longer = calloc(1, 5000);
    struct error error = {""};

    scratch_path(*state, "absent/file", path);
    assert_int_equal(write_words(path, "words", 0, &error), -1);
    assert_non_null(strstr(error.text, "absent/file.part: No such file"));
    scratch_path(*state, "file", path);
    assert_int_equal(mkdir(path, 0700), 0); /* in its place */
    assert_int_equal(write_words(path, "words", 0, &error), -1);
    assert_non_null(strstr(error.text, "file: Is a directory"));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(scratch_empty(*state), 0);
    assert_non_null(longer);
    memset(longer, 'x', 4999);
    assert_int_equal(write_words(longer, "words", 0, &error), -1);
    assert_non_null(strstr(error.text, "path too long"));
    free(longer);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_set_up, scratch_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_takes_the_place_of_what_was),
        TEST(what_failed_leaves_what_was),
        TEST(what_cannot_be_written_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
