/* The emulated pump's Ethernet, by the ways that `network` of the device kind qemu has.
 * CMakeLists.txt leaves it out where no firmware with a network is built. */
#include "board.h"
#include "privilege.h"

#include <stdio.h>
#include <unistd.h>

#define NET_BOARD PUMP_BOARD "image: " FIRMWARE_FOLDER "/pump-net-fixed-an385.elf\n"

static void ask_over_network(struct link *link, const char *address)
{
    static const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1};
    static const uint8_t reply[] = {0, 1, 0, 0, 0, 5, 1, 3, 2, 0x01, 0xf4};
    struct buffer in = buffer_make(256);
    struct error error;

    assert_int_equal(link_open(link, address, soon(), &error), 0);
    assert_int_equal(
        link_send(link, (struct view){request, sizeof request}, soon(), &error), 0);
    while (in.length < sizeof reply && link_receive(link, &in, soon(), &error) > 0)
        ;
    assert_int_equal(in.length, sizeof reply);
    assert_memory_equal(in.data, reply, sizeof reply);
    buffer_free(&in);
    link_close(link);
}

static void answer_over_network(const char *settings)
{
    struct yaml_document *document;
    struct link *link;
    struct bench bench;
    const char *address;

    board_start(&bench, settings);
    document = yaml_parse("link.yaml", view_text("{kind: tcp, address: device:modbus}"),
                          &bench.error);
    link = link_create(yaml_root(document), &bench.error);
    assert_non_null(link);
    address = bench.device->ops->endpoint(bench.device, "modbus");
    assert_non_null(address);
    ask_over_network(link, address);
    board_reset(&bench, RESET_WARM);
    ask_over_network(link, address);
    board_reset(&bench, RESET_RESTART);
    ask_over_network(link, bench.device->ops->endpoint(bench.device, "modbus"));
    link_free(link);
    yaml_close(document);
    board_stop(&bench);
}

static void test_answers_over_its_network(void **state)
{
    (void)state;
    answer_over_network(NET_BOARD
                        "network: {kind: user, forward: [{name: modbus, port: 502}]}\n");
}

/* Where this machine gives no tap. */
static void says_what_it_lacks(void)
{
    struct error error;
    struct yaml_document *document = yaml_parse(
        "c.yaml",
        view_text(NET_BOARD
                  "network: {kind: tap, forward: [{name: modbus, port: 502}]}\n"),
        &error);
    struct device *device = device_create(yaml_root(document), &error);

    assert_non_null(device);
    assert_int_equal(device->ops->start(device, soon(), &error), -1);
    if (!strstr(error.text, "tap") && !strstr(error.text, "tun") &&
        !strstr(error.text, "namespace"))
        fail_msg("%s", error.text);
    device_free(device);
    yaml_close(document);
}

/* And nothing of the tap or its namespace, both of which descriptors keep, is left. */
static void test_answers_in_a_namespace(void **state)
{
    static const char *const kinds[] = {"tap", "dgram", "stream"};
    size_t before = board_descriptors();

    (void)state;
    if (!privilege_to_capture() || access("/dev/net/tun", R_OK | W_OK) != 0) {
        says_what_it_lacks();
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char settings[1024];

        snprintf(settings, sizeof settings,
                 "%snetwork: {kind: %s, forward: [{name: modbus, port: 502}]}\n",
                 NET_BOARD, kinds[i]);
        answer_over_network(settings);
    }
    assert_int_equal(board_descriptors(), before);
}

/* Who has 10.0.2.15? RFC 826 */
static void ask_for_address(struct link *link, const char *address)
{
    static const uint8_t who[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0, 0,
                                  1,    8,    6,    0,    1,    8,    0,  6, 4, 0, 1,
                                  2,    0,    0,    0,    0,    1,    10, 0, 2, 2, 0,
                                  0,    0,    0,    0,    0,    10,   0,  2, 15};
    static const uint8_t reply[] = {2, 0, 0, 0, 0, 1, 2, 0x49, 0x50, 0x35, 0x30, 1, 8, 6};
    struct buffer in = buffer_make(4096);
    struct error error;

    assert_non_null(address);
    assert_int_equal(link_open(link, address, soon(), &error), 0);
    assert_int_equal(link_send(link, (struct view){who, sizeof who}, soon(), &error), 0);
    assert_true(link_receive(link, &in, soon(), &error) >= 42);
    assert_memory_equal(in.data, reply, sizeof reply);
    assert_int_equal(in.data[21], 2); /* a reply */
    buffer_free(&in);
    link_close(link);
}

static void test_answers_frames(void **state)
{
    struct yaml_document *document;
    struct link *link;
    struct bench bench;

    (void)state;
    board_start(&bench, NET_BOARD "network: {kind: dgram, frames: wire}\n");
    document = yaml_parse("link.yaml",
                          view_text("{kind: ethernet, address: device:wire, filter: arp "
                                    "and ether dst 02:00:00:00:00:01}"),
                          &bench.error);
    link = link_create(yaml_root(document), &bench.error);
    assert_non_null(link);
    ask_for_address(link, bench.device->ops->endpoint(bench.device, "wire"));
    board_reset(&bench, RESET_WARM);
    ask_for_address(link, bench.device->ops->endpoint(bench.device, "wire"));
    board_reset(&bench, RESET_RESTART);
    ask_for_address(link, bench.device->ops->endpoint(bench.device, "wire"));
    link_free(link);
    yaml_close(document);
    board_stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_over_its_network),
        cmocka_unit_test(test_answers_frames),
        cmocka_unit_test(test_answers_in_a_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
