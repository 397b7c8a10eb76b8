#include "record/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_free_bytes(void **state)
{
    struct error error = {""};
    uint64_t bytes = 0;

    (void)state;
    assert_int_equal(disk_free_bytes(PROJECT_FOLDER, &bytes, &error), 0);
    assert_true(bytes > 0);
}

static void test_names_the_path(void **state)
{
    struct error error = {""};
    uint64_t bytes = 0;

    (void)state;
    assert_int_equal(disk_free_bytes("/no/such/folder", &bytes, &error), -1);
    assert_non_null(strstr(error.text, "/no/such/folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_bytes),
        cmocka_unit_test(test_names_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
