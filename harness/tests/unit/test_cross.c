/* What a finding is that was replayed on another device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/cross.h"

static void benches_are_told_by_their_campaign(void **state)
{
    static const struct {
        const char *text;
        enum cross_bench bench;
    } campaigns[] = {
        {"device: {kind: qemu}\nlink: {kind: unix, address: 'device:uart0'}",
         CROSS_EMULATOR},
        {"device: {kind: gdb, probe: qemu, command: [x]}\nlink: {kind: unix, address: x}",
         CROSS_EMULATOR},
        {"device: {kind: gdb, probe: openocd, command: [x]}\n"
         "link: {kind: unix, address: x}",
         CROSS_HARDWARE},
        {"device: {kind: gdb, probe: jlink}\nlink: {kind: serial, address: /dev/ttyACM0}",
         CROSS_HARDWARE},
        {"device: {kind: external}\nlink: {kind: serial, address: 'usb:0403:6001'}",
         CROSS_HARDWARE},
        {"device: {kind: external}\nlink: {kind: tcp, address: '192.0.2.1:502'}",
         CROSS_HARDWARE},
        {"device: {kind: external}\nlink: {kind: tcp, address: '127.0.0.1:502'}",
         CROSS_SOFTWARE},
        {"device: {kind: process}\nlink: {kind: tcp, address: '127.0.0.1:502'}",
         CROSS_SOFTWARE},
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof campaigns / sizeof campaigns[0]; i++) {
        struct yaml_document *document =
            yaml_parse("c.yaml", view_text(campaigns[i].text), &error);
        const struct yaml *root;

        assert_non_null(document);
        root = yaml_root(document);
        assert_int_equal(cross_bench_of(yaml_get(root, "device"), yaml_get(root, "link")),
                         campaigns[i].bench);
        yaml_close(document);
    }
}

static void a_grade_needs_more_than_chance(void **state)
{
    static const struct {
        struct cross_count there, here;
        enum cross_grade grade;
    } cases[] = {
        {{5, 5, 0}, {5, 5, 0}, CROSS_BOTH},
        {{5, 5, 0}, {5, 1, 0}, CROSS_BOTH},
        {{0, 0, 0}, {5, 1, 0}, CROSS_BOTH},
        {{5, 5, 0}, {5, 3, 2}, CROSS_BOTH},
        {{5, 5, 0}, {5, 2, 2}, CROSS_DIFFERS},
        {{5, 5, 0}, {5, 0, 0}, CROSS_FIRST_ONLY},
        {{5, 5, 0}, {1, 0, 0}, CROSS_UNDECIDED}, /* 1 in 6 */
        {{5, 1, 0}, {5, 0, 0}, CROSS_UNDECIDED}, /* an intermittent one */
        {{20, 6, 0}, {20, 0, 0}, CROSS_FIRST_ONLY},
        {{0, 0, 0}, {5, 0, 0}, CROSS_UNDECIDED}, /* nobody knows how often there */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cross_grade(&cases[i].there, &cases[i].here), cases[i].grade);
}

static void a_grade_says_on_which(void **state)
{
    (void)state;
    assert_string_equal(
        cross_grade_name(CROSS_FIRST_ONLY, CROSS_EMULATOR, CROSS_HARDWARE),
        "emulator-only");
    assert_string_equal(
        cross_grade_name(CROSS_FIRST_ONLY, CROSS_HARDWARE, CROSS_EMULATOR),
        "hardware-only");
    assert_string_equal(
        cross_grade_name(CROSS_FIRST_ONLY, CROSS_EMULATOR, CROSS_EMULATOR), "first-only");
    assert_string_equal(cross_grade_name(CROSS_BOTH, CROSS_EMULATOR, CROSS_HARDWARE),
                        "both");
    assert_string_equal(cross_grade_name(CROSS_DIFFERS, CROSS_EMULATOR, CROSS_HARDWARE),
                        "differs");
    assert_string_equal(cross_grade_name(CROSS_UNDECIDED, CROSS_EMULATOR, CROSS_HARDWARE),
                        "undecided");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(benches_are_told_by_their_campaign),
        cmocka_unit_test(a_grade_needs_more_than_chance),
        cmocka_unit_test(a_grade_says_on_which),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
