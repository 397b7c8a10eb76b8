/* CAN frames as bytes and as SocketCAN's structure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/can_frame.h"

#include <string.h>

/* A frame from hexadecimal text. */
static struct view bytes_of(const char *hex)
{
    static struct buffer buffer;

    buffer_free(&buffer);
    buffer = buffer_make(200);
    assert_int_equal(bytes_from_hex(&buffer, hex), 0);
    return buffer_view(&buffer);
}

static const struct {
    const char *hex;
    size_t size;
    canid_t id;
    uint8_t length, flags;
} frames[] = {
    {"00000601 08000000 4000100000000000", CAN_MTU, 0x601, 8, 0},
    {"00000080 00000000", CAN_MTU, 0x80, 0, 0},
    {"000007ff 01000000 aa", CAN_MTU, 0x7ff, 1, 0},
    {"98daf110 03000000 020100", CAN_MTU, 0x18daf110 | CAN_EFF_FLAG, 3, 0},
    {"40000701 01000000 00", CAN_MTU, 0x701 | CAN_RTR_FLAG, 1, 0},
    {"00000123 0c050000 000102030405060708090a0b", CANFD_MTU, 0x123, 12,
     CANFD_BRS | CANFD_FDF},
    {"80000123 00040000", CANFD_MTU, 0x123 | CAN_EFF_FLAG, 0, CANFD_FDF},
};
enum { FRAMES = sizeof frames / sizeof frames[0] };

static void a_frame_is_the_same_both_ways(void **state)
{
    uint8_t back[CAN_FRAME_LARGEST];
    struct canfd_frame frame;

    (void)state;
    for (size_t i = 0; i < FRAMES; i++) {
        struct view bytes = bytes_of(frames[i].hex);

        assert_int_equal(can_frame_from(bytes, true, &frame), frames[i].size);
        assert_int_equal(frame.can_id, frames[i].id);
        assert_int_equal(frame.len, frames[i].length);
        assert_int_equal(frame.flags, frames[i].flags);
        assert_int_equal(can_frame_to(&frame, frames[i].size, back), bytes.length);
        assert_memory_equal(back, bytes.data, bytes.length);
    }
}

static void without_fd_there_are_no_fd_frames(void **state)
{
    struct canfd_frame frame;

    (void)state;
    for (size_t i = 0; i < FRAMES; i++)
        assert_int_equal(can_frame_from(bytes_of(frames[i].hex), false, &frame),
                         frames[i].size == CAN_MTU ? CAN_MTU : 0);
}

static void what_no_controller_can_send_is_none(void **state)
{
    static const char *const wrong[] = {
        "000006010800000040001000000000",     /* says 8 bytes, has 7 */
        "0000060101000000aabb",               /* says 1, has 2 */
        "0000060109000000010203040506070809", /* 9 in a classical frame */
        "0000080000000000",                   /* 12 bits in a standard frame */
        "2000000400000000",                   /* an error frame */
        "0000060100000100",                   /* what is reserved */
        "0000060100000009",                   /* a raw data length code */
        "0000060100010000",                   /* FD flags in a classical frame */
        "4000070101000000aa",                 /* data in a remote frame */
        "4000012300040000",                   /* a remote FD frame */
        "00000123000c0000",                   /* a flag that FD does not have */
        "0000012309040000010203040506070809", /* 9 has no data length code */
    };
    struct canfd_frame frame;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (can_frame_from(bytes_of(wrong[i]), true, &frame))
            fail_msg("%s", wrong[i]);
}

/* Every prefix of a frame is none, as its length is another one. */
static void prefixes_are_none(void **state)
{
    struct canfd_frame frame;

    (void)state;
    for (size_t i = 0; i < FRAMES; i++) {
        struct view bytes = bytes_of(frames[i].hex);

        for (size_t length = 0; length < bytes.length; length++)
            assert_int_equal(
                can_frame_from((struct view){bytes.data, length}, true, &frame), 0);
    }
}

static void a_hostile_length_is_cut(void **state)
{
    struct canfd_frame frame = {.len = 255};
    uint8_t back[CAN_FRAME_LARGEST];

    (void)state;
    assert_int_equal(can_frame_to(&frame, CAN_MTU, back), CAN_FRAME_HEADER + 8);
    assert_int_equal(back[4], 8);
    assert_int_equal(can_frame_to(&frame, CANFD_MTU, back), CAN_FRAME_LARGEST);
    assert_int_equal(can_frame_to(&frame, 15, back), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_the_same_both_ways),
        cmocka_unit_test(without_fd_there_are_no_fd_frames),
        cmocka_unit_test(what_no_controller_can_send_is_none),
        cmocka_unit_test(prefixes_are_none),
        cmocka_unit_test(a_hostile_length_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
