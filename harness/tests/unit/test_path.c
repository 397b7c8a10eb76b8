/* Paths seen from folders: there and back again. */
#include "core/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const char *folder, const char *to, const char *wanted)
{
    char text[64];

    assert_int_equal(path_relative(folder, to, text, sizeof text), 0);
    assert_string_equal(text, wanted);
}

static void one_is_seen_from_the_other(void **state)
{
    (void)state;
    expect("/a/b", "/a/b/c", "c");
    expect("/a/b", "/a/b", ".");
    expect("/a/b", "/a/bc", "../bc");
    expect("/a/bc", "/a/b", "../b");
    expect("/a/b", "/a", "..");
    expect("/a/b/c", "/a/d/e.yaml", "../../d/e.yaml");
    expect("/a/b", "/c", "../../c");
    expect("/", "/a/b", "a/b");
    expect("/a", "/", "..");
}

static void what_does_not_fit_is_refused(void **state)
{
    char text[8];

    (void)state;
    assert_int_equal(path_relative("/a/b", "/c", text, sizeof text), 0);
    assert_int_equal(path_relative("/a/b", "/cd", text, sizeof text), -1);
    assert_int_equal(path_relative("/a/b/c/d", "/x", text, sizeof text), -1);
    assert_int_equal(path_join("/a/b", "cde", text, sizeof text), -1);
}

static void a_name_is_found_in_its_folder(void **state)
{
    char text[32];

    (void)state;
    assert_int_equal(path_join("/a/b", "../c", text, sizeof text), 0);
    assert_string_equal(text, "/a/b/../c");
    assert_int_equal(path_join("/a/b", "/c", text, sizeof text), 0);
    assert_string_equal(text, "/c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_seen_from_the_other),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_name_is_found_in_its_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
