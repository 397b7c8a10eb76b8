/* What every link kind has, and what it says of wrong settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/link.h"

#include <string.h>

static void test_local_addresses(void **state)
{
    static const struct {
        const char *address;
        bool local;
    } known[] = {
        {"127.0.0.1:502", true}, {"127.9.9.9:502", true},      {"[::1]:502", true},
        {"localhost:502", true}, {"10.0.0.1:502", false},      {"[fe80::1]:502", false},
        {"0.0.0.0:502", false},  {"example.com:502", false},   {"127.0.0.1", false},
        {"::1:502", false},      {"127.0.0.1.x.org:1", false}, {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (int udp = 0; udp < 2; udp++)
            assert_int_equal(link_kind(udp ? "udp" : "tcp")->is_local(known[i].address),
                             known[i].local);
    assert_true(link_kind("unix")->is_local("/tmp/x"));
}

static void test_wrong_settings_are_named(void **state)
{
    static const struct {
        const char *settings, *complaint;
    } wrong[] = {
        {"{kind: smoke, address: x}", "tcp"},
        {"{kind: tpc, address: 'h:1'}", "did you mean 'tcp'?"},
        {"{address: 'h:1'}", "kind"},
        {"{kind: tcp}", "address"},
        {"{kind: tcp, address: nowhere}", "host:port"},
        {"{kind: tcp, address: 'h:70000'}", "host:port"},
        {"{kind: tcp, address: '::1:5'}", "host:port"},
        {"{kind: tcp, address: 'h:1', close: softly}", "close"},
        {"{kind: tcp, address: 'h:1', baud: 9600}", "baud"},
        {"{kind: udp, address: 'h:0'}", "host:port"},
        {"{kind: udp, address: 'h:1', close: reset}", "close"},
        {"{kind: serial, address: x, baud: fast}", "baud"},
        {"{kind: serial, address: x, parity: some}", "parity"},
        {"{kind: serial, address: x, bits: 9}", "bits"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {.text = ""};
        struct yaml_document *document =
            yaml_parse("link.yaml", view_text(wrong[i].settings), &error);

        assert_non_null(document);
        assert_null(link_create(yaml_root(document), &error));
        if (!strstr(error.text, wrong[i].complaint) ||
            strncmp(error.text, "link.yaml:1", 11) != 0)
            fail_msg("%s: %s", wrong[i].settings, error.text);
        yaml_close(document);
    }
}

static void test_carries_text(void **state)
{
    char text[100], small[8];

    (void)state;
    assert_string_equal(
        carries_text(LINK_STREAM | LINK_CONNECTIONS | LINK_HALF_CLOSE, text, sizeof text),
        "stream, connections, half-close");
    assert_string_equal(carries_text(0, text, sizeof text), "");
    assert_string_equal(carries_text(255, small, sizeof small), "stream,");
}

static void test_kinds_are_complete(void **state)
{
    (void)state;
    assert_null(link_kind("smoke"));
    for (size_t i = 0; link_kinds[i]; i++) {
        assert_ptr_equal(link_kind(link_kinds[i]->name), link_kinds[i]);
        assert_non_null(link_kinds[i]->summary);
        assert_non_null(link_kinds[i]->keys);
    }
    link_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local_addresses),
        cmocka_unit_test(test_wrong_settings_are_named),
        cmocka_unit_test(test_carries_text),
        cmocka_unit_test(test_kinds_are_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
