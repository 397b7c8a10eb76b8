/* The CAN link on virtual CAN (vcan), where this machine's kernel can make one: in a
 * network of its own, so that nothing on the machine changes. Where it cannot, the link
 * says so in words, and so does `percuss list links --probe`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "link/can_frame.h"
#include "link/link.h"
#include "privilege.h"
#include "soon.h"

#include <errno.h>
#include <linux/can/raw.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct bench {
    struct yaml_document *document;
    struct link *link;
    struct error error;
    struct buffer in;
    int peer; /* another node on the bus */
};

static bool has_vcan; /* decided once, in main */

static struct link *make(struct bench *bench, const char *settings)
{
    link_free(bench->link);
    yaml_close(bench->document);
    bench->document = yaml_parse("link.yaml", view_text(settings), &bench->error);
    assert_non_null(bench->document);
    bench->link = link_create(yaml_root(bench->document), &bench->error);
    return bench->link;
}

static int open_it(struct bench *bench)
{
    return link_open(bench->link, bench->link->address, soon(), &bench->error);
}

/* --- a virtual bus ------------------------------------------------------------------ */

/* One attribute of a rtnetlink message (rtnetlink(7)), behind what it has. */
static struct rtattr *add(struct nlmsghdr *message, unsigned short type, const void *data,
                          size_t length)
{
    struct rtattr *attribute =
        (struct rtattr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    if (length)
        memcpy(RTA_DATA(attribute), data, length);
    message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
    return attribute;
}

/* ip link add percuss0 type vcan. False: this kernel has none. */
static bool make_vcan(void)
{
    union {
        struct nlmsghdr header;
        char bytes[512];
    } message = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                   .nlmsg_type = RTM_NEWLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK}};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct nlmsgerr answer = {.error = -1};
    struct rtattr *info;
    bool sent;

    add(&message.header, IFLA_IFNAME, "percuss0", sizeof "percuss0");
    info = add(&message.header, IFLA_LINKINFO, NULL, 0);
    add(&message.header, IFLA_INFO_KIND, "vcan", sizeof "vcan");
    info->rta_len =
        (unsigned short)((char *)&message + message.header.nlmsg_len - (char *)info);
    sent = fd >= 0 && send(fd, &message, message.header.nlmsg_len, 0) ==
                          (ssize_t)message.header.nlmsg_len;
    if (sent && recv(fd, &message, sizeof message, 0) > 0 &&
        message.header.nlmsg_type == NLMSG_ERROR)
        memcpy(&answer, NLMSG_DATA(&message.header), sizeof answer);
    if (fd >= 0)
        close(fd);
    return answer.error == 0;
}

static void set_interface(int mtu, bool up)
{
    struct ifreq request = {.ifr_name = "percuss0"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0); /* down, to be changed */
    request.ifr_mtu = mtu;
    assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
    request.ifr_flags = up ? IFF_UP : 0;
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

static int join_bus(void)
{
    struct sockaddr_can here = {.can_family = AF_CAN,
                                .can_ifindex = (int)if_nametoindex("percuss0")};
    int on = 1, fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof on), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof here), 0);
    return fd;
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){.in = buffer_make(4096), .peer = -1};
    if (has_vcan) {
        set_interface(CANFD_MTU, true);
        bench.peer = join_bus();
    }
    assert_non_null(make(&bench, "{kind: can, address: percuss0, fd: true}"));
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    link_free(bench->link);
    yaml_close(bench->document);
    buffer_free(&bench->in);
    if (bench->peer >= 0)
        close(bench->peer);
    return 0;
}

/* --- with a bus --------------------------------------------------------------------- */

/* Classical, extended, remote and FD frames, sent and received by another node as it sees
 * them. */
static void test_frames_both_ways(void **state)
{
    static const char *const frames[] = {"00000601080000004000100000000000",
                                         "98daf11003000000020100", "400007010100000000",
                                         "000001230c050000000102030405060708090a0b"};
    struct bench *bench = *state;
    struct canfd_frame seen;

    assert_int_equal(open_it(bench), 0);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct buffer bytes = buffer_make(100);
        struct canfd_frame meant;
        size_t size;

        assert_int_equal(bytes_from_hex(&bytes, frames[i]), 0);
        size = can_frame_from(buffer_view(&bytes), true, &meant);
        assert_true(size > 0);
        assert_true(bench->link->ops->takes(bench->link, buffer_view(&bytes)));
        assert_int_equal(
            link_send(bench->link, buffer_view(&bytes), soon(), &bench->error), 0);
        assert_int_equal(read(bench->peer, &seen, sizeof seen), size);
        assert_int_equal(seen.can_id, meant.can_id);
        assert_int_equal(seen.len, meant.len);
        assert_memory_equal(seen.data, meant.data, meant.len);
        assert_int_equal(write(bench->peer, &meant, size), size);
        bench->in.length = 0;
        assert_int_equal(link_receive(bench->link, &bench->in, soon(), &bench->error),
                         bytes.length);
        assert_memory_equal(bench->in.data, bytes.data, bytes.length);
        buffer_free(&bytes);
    }
    assert_int_equal(
        link_receive(bench->link, &bench->in, clock_now_ns() + CLOCK_MS, &bench->error),
        LINK_TIMEOUT);
    assert_int_equal(link_send(bench->link, view_text("no frame"), soon(), &bench->error),
                     LINK_FAILED);
}

static void test_discarding(void **state)
{
    const struct can_frame frame = {.can_id = 0x181, .len = 2};
    struct bench *bench = *state;

    assert_int_equal(open_it(bench), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(write(bench->peer, &frame, CAN_MTU), CAN_MTU);
    link_discard(bench->link);
    assert_int_equal(link_receive(bench->link, &bench->in, 0, &bench->error),
                     LINK_TIMEOUT);
}

static void test_interface_that_cannot(void **state)
{
    struct bench *bench = *state;

    set_interface(CAN_MTU, true);
    assert_int_equal(open_it(bench), LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "no CAN FD"));
    set_interface(CANFD_MTU, false);
    assert_int_equal(open_it(bench), LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "is down"));
    assert_non_null(make(bench, "{kind: can, address: lo}"));
    assert_int_equal(open_it(bench), LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "no such CAN interface"));
}

static void test_interface_that_goes_down(void **state)
{
    struct bench *bench = *state;
    struct can_frame frame = {.can_id = 1};
    uint8_t bytes[CAN_FRAME_LARGEST];
    struct canfd_frame whole = {.can_id = frame.can_id};
    size_t length = can_frame_to(&whole, CAN_MTU, bytes);

    assert_int_equal(open_it(bench), 0);
    set_interface(CANFD_MTU, false);
    assert_int_equal(
        link_send(bench->link, (struct view){bytes, length}, soon(), &bench->error),
        LINK_CLOSED);
    assert_non_null(strstr(bench->error.text, "down"));
}

static void test_virtual_is_local(void **state)
{
    struct bench *bench = *state;

    assert_true(bench->link->ops->is_local("percuss0"));
    assert_false(bench->link->ops->is_local("lo"));
    assert_false(bench->link->ops->is_local("no-such"));
}

/* --- with or without ---------------------------------------------------------------- */

static void note(void *context, const char *address, const char *what,
                 const char *obstacle)
{
    if (strcmp(address, "percuss0") == 0)
        snprintf(context, 200, "%s: %s", what, obstacle ? obstacle : "ready");
}

static void test_probe(void **state)
{
    struct bench *bench = *state;
    char seen[200] = "";
    const struct link_finder finder = {.found = note, .context = seen};
    int status = bench->link->ops->probe(&finder, &bench->error);

    if (has_vcan) {
        assert_int_equal(status, 0);
        assert_string_equal(seen, "vcan, CAN and CAN FD: ready");
    } else if (status < 0) {
        assert_non_null(strstr(bench->error.text, "CAN"));
    }
    assert_string_equal(has_vcan ? "" : seen, "");
}

/* Whatever is missing here, opening says what. */
static void test_without_a_bus(void **state)
{
    struct bench *bench = *state;
    int fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, CAN_RAW), number = errno;

    assert_int_equal(open_it(bench), LINK_FAILED);
    if (fd >= 0)
        assert_non_null(strstr(bench->error.text, "no such CAN interface"));
    else if (number == EAFNOSUPPORT)
        assert_non_null(strstr(bench->error.text, "kernel has no CAN (CONFIG_CAN"));
    assert_non_null(strstr(bench->error.text, "percuss0: "));
    assert_false(bench->link->ops->is_local("percuss0"));
    if (fd >= 0)
        close(fd);
}

static void test_settings(void **state)
{
    static const char *const wrong[] = {"{kind: can, address: /dev/can0}",
                                        "{kind: can, address: a-name-that-is-too-long}",
                                        "{kind: can, address: can0, fd: perhaps}",
                                        "{kind: can, address: can0, bits: 8}"};
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(make(bench, wrong[i]));
        assert_non_null(strstr(bench->error.text, "link.yaml:1:"));
    }
}

int main(void)
{
#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest with_bus[] = {
        BENCH(test_frames_both_ways),
        BENCH(test_discarding),
        BENCH(test_interface_that_cannot),
        BENCH(test_interface_that_goes_down),
        BENCH(test_virtual_is_local),
        BENCH(test_probe),
        BENCH(test_settings),
    };
    const struct CMUnitTest without_bus[] = {
        BENCH(test_without_a_bus),
        BENCH(test_probe),
        BENCH(test_settings),
    };

    has_vcan = privilege_enter(CLONE_NEWNET) && make_vcan();
    printf("vcan: %s\n", has_vcan
                             ? "made in a network of its own"
                             : "this machine cannot make one: the link is UNTESTED on "
                               "a bus, its errors are tested");
    return has_vcan ? cmocka_run_group_tests(with_bus, NULL, NULL)
                    : cmocka_run_group_tests(without_bus, NULL, NULL);
}
