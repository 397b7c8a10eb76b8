/* Which serial port an address means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/serial_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct serial_port bench[] = {
    {.path = "/dev/ttyUSB0",
     .label = "FT232R USB UART",
     .is_usb = true,
     .vendor = 0x0403,
     .product = 0x6001,
     .serial = "A50285BI"},
    {.path = "/dev/ttyUSB1",
     .label = "FT232R USB UART",
     .is_usb = true,
     .vendor = 0x0403,
     .product = 0x6001,
     .serial = "A50285BJ"},
    {.path = "/dev/ttyACM0",
     .label = "J-Link",
     .is_usb = true,
     .vendor = 0x1366,
     .product = 0x105},
    {.path = "/dev/ttyS0", .label = "ttyS0"},
};
enum { PORTS = sizeof bench / sizeof bench[0] };

static const char *chosen(const char *address)
{
    struct error error = {""};
    const struct serial_port *port = serial_port_choose(bench, PORTS, address, &error);

    return port ? port->path : "none";
}

static void an_identity_names_one_port(void **state)
{
    (void)state;
    assert_string_equal(chosen("usb:0403:6001:A50285BI"), "/dev/ttyUSB0");
    assert_string_equal(chosen("usb:403:6001:A50285BJ"), "/dev/ttyUSB1");
    assert_string_equal(chosen("usb:1366:0105"), "/dev/ttyACM0");
    assert_string_equal(chosen("label:J-Link"), "/dev/ttyACM0");
    assert_string_equal(chosen("label:ttyS0"), "/dev/ttyS0");
    assert_string_equal(chosen("usb:1366:0105:"), "none");
    assert_string_equal(chosen("usb:1366:0105:1"), "none");
    assert_string_equal(chosen("label:J-Lin"), "none");
}

static void an_ambiguous_one_lists_those_that_fit(void **state)
{
    static const char *const addresses[] = {"usb:0403:6001", "label:FT232R USB UART"};
    struct error error;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_null(serial_port_choose(bench, PORTS, addresses[i], &error));
        assert_non_null(strstr(error.text, "2 ports"));
        assert_non_null(strstr(error.text, "/dev/ttyUSB0 is usb:0403:6001:A50285BI "));
        assert_non_null(strstr(error.text, "/dev/ttyUSB1 is usb:0403:6001:A50285BJ "));
        assert_null(strstr(error.text, "ttyACM0"));
    }
}

static void an_absent_one_lists_what_there_is(void **state)
{
    struct error error;

    (void)state;
    assert_null(serial_port_choose(bench, PORTS, "usb:0403:6015", &error));
    for (size_t i = 0; i < PORTS; i++)
        assert_non_null(strstr(error.text, bench[i].path));
    assert_null(serial_port_choose(NULL, 0, "usb:0403:6015", &error));
    assert_non_null(strstr(error.text, "no serial port"));
}

/* However many ports a machine has, the words end within the error's text. */
static void a_long_list_is_cut(void **state)
{
    struct serial_port *many = calloc(500, sizeof *many);
    struct error error;

    (void)state;
    assert_non_null(many);
    for (size_t i = 0; i < 500; i++) {
        snprintf(many[i].path, sizeof many[i].path, "/dev/ttyUSB%zu", i);
        memset(many[i].label, 'x', sizeof many[i].label - 1);
    }
    assert_null(serial_port_choose(many, 500, "usb:1:1", &error));
    assert_true(strlen(error.text) < sizeof error.text);
    free(many);
}

static void what_cannot_be_an_identity_is_refused(void **state)
{
    static const char *const wrong[] = {
        "usb:",           "usb:0403",  "usb:0403:",      "usb:04033:600", "usb:xyz:6001",
        "usb:0403:6001x", "usb::6001", "usb:0403:6001:", "label:"};
    static const char *const right[] = {"/dev/ttyS0", "usb:0403:6001", "usb:403:1:A:B",
                                        "label:x", "COM1"};
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(serial_port_check(wrong[i], &error), -1);
        assert_non_null(strstr(error.text, wrong[i]));
        assert_null(serial_port_choose(bench, PORTS, wrong[i], &error));
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_int_equal(serial_port_check(right[i], &error), 0);
}

/* What this machine has, whatever that is: the ways of naming agree. */
static void the_machine_s_ports_can_be_listed(void **state)
{
    struct serial_port *ports;
    struct error error;
    char path[200];
    size_t count;

    (void)state;
    assert_int_equal(serial_port_list(&ports, &count, &error), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ports[i].path[0], '/');
        assert_int_equal(serial_port_resolve(ports[i].path, path, sizeof path, &error),
                         0);
        assert_string_equal(path, ports[i].path);
    }
    free(ports);
    assert_int_equal(serial_port_resolve("usb:ffff:ffff:none", path, sizeof path, &error),
                     -1);
    assert_non_null(strstr(error.text, count ? "there are: /" : "no serial port"));
    assert_int_equal(serial_port_set_latency_timer("/dev/null", 1, &error), -1);
    assert_non_null(strstr(error.text, "/dev/null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_names_one_port),
        cmocka_unit_test(an_ambiguous_one_lists_those_that_fit),
        cmocka_unit_test(an_absent_one_lists_what_there_is),
        cmocka_unit_test(a_long_list_is_cut),
        cmocka_unit_test(what_cannot_be_an_identity_is_refused),
        cmocka_unit_test(the_machine_s_ports_can_be_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
