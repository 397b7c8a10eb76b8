#include "device/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* This program lies in the build folder, below harness/tests. */
static void finds_the_project_from_the_build_folder(void **state)
{
    char path[4096];

    (void)state;
    unsetenv("PERCUSS_SHARE");
    place_share(path, sizeof path, "targets");
    assert_string_equal(path, PROJECT_FOLDER "/targets");
    place_share(path, sizeof path, "criteria");
    assert_string_equal(path, PROJECT_FOLDER "/harness/criteria");
    place_build(path, sizeof path);
    assert_string_equal(path, BUILD_FOLDER);
}

static void goes_where_the_environment_says(void **state)
{
    char path[4096];

    (void)state;
    setenv("PERCUSS_SHARE", "/a b", 1);
    place_share(path, sizeof path, "criteria");
    assert_string_equal(path, "/a b/criteria");
    setenv("PERCUSS_SHARE", "", 1);
    place_share(path, sizeof path, "criteria");
    assert_string_equal(path, PROJECT_FOLDER "/harness/criteria");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_project_from_the_build_folder),
        cmocka_unit_test(goes_where_the_environment_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
