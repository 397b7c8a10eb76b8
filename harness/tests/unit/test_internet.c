/* The Internet checksum: by itself, and in a model, where it covers what stands behind it
 * and what a pseudo-header adds. */
#include "ksy.h"

#include "model/checksum.h"

static struct view view_of(const uint8_t *bytes, size_t length)
{
    return (struct view){bytes, length};
}

/* RFC 1071, 3: the words 0001 f203 f4f5 f6f7 sum up to ddf2. */
static void test_the_example_of_its_specification(void **state)
{
    static const uint8_t words[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    (void)state;
    assert_int_equal(checksum_internet(view_of(words, 8), 8, 0), 0x220d);
    /* Of an odd number of bytes the last one is the upper half of a word. */
    assert_int_equal(checksum_internet(view_of(words, 7), 8, 0),
                     checksum_internet(view_of(words, 6), 8, 0xf600));
    assert_int_equal(checksum_internet(view_of(words, 8), 2, 0xf203), 0x220d);
    assert_int_equal(checksum_internet(view_of(words, 0), 0, 0), 0xffff);
}

/* A 32-bit address is the sum of its halves, and so is every wider integer. */
static void test_integers_of_any_width_are_added(void **state)
{
    static const uint8_t halves[] = {0xc0, 0xa8, 0xff, 0xfe};

    (void)state;
    assert_int_equal(checksum_internet(view_of(NULL, 0), 0, 0xc0a8fffe),
                     checksum_internet(view_of(halves, 4), 4, 0));
    assert_int_equal(checksum_internet(view_of(halves, 4), 4, UINT64_MAX),
                     checksum_internet(view_of(halves, 4), 4, 0xffff));
}

static const char packet[] = "meta: {id: m, endian: be}\n"
                             "seq:\n"
                             "  - {id: address, type: u4}\n"
                             "  - {id: length, type: u1}\n"
                             "  - {id: body, type: body, size: length}\n"
                             "types:\n"
                             "  body:\n"
                             "    seq:\n"
                             "      - {id: port, type: u2}\n"
                             "      - id: sum\n"
                             "        type: u2\n"
                             "        -percuss-checksum: {algorithm: internet, plus: "
                             "_parent.address + _parent.length}\n"
                             "      - {id: data, size-eos: true}\n";

/* c0a8 + 0102 + 0007 + 1234 + 4142 + 4300 = 1 5827, folded 5828. */
static const char whole[] = "c0a80102 07 1234 a7d7 414243";

static void test_covers_what_stands_behind_it(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, packet);
    ksy_parse(&ksy, whole);
    ksy_assert_valid(&ksy);
    /* Each bit of what it covers, the pseudo-header among it, counts. */
    for (size_t bit = 0; bit < ksy.bytes.length * 8; bit++) {
        if (bit / 8 == 4)
            continue; /* the length: the message ends elsewhere */
        ksy.bytes.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        ksy_parse_view(&ksy, buffer_view(&ksy.bytes));
        assert_non_null(tree_worst(&ksy.tree));
        assert_int_equal(tree_worst(&ksy.tree)->kind, VIOLATION_CHECKSUM);
        ksy.bytes.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    ksy_close(&ksy);
}

static void test_follows_every_change(void **state)
{
    static const char *const fields[] = {"address", "body.port"};
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, packet);
    for (size_t i = 0; i < 2; i++) {
        ksy_parse(&ksy, whole);
        tree_set_integer(&ksy.tree, ksy_node(&ksy, fields[i]), 0x7071, true);
        buffer_clear(&ksy.out);
        assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
        ksy_parse_view(&ksy, buffer_view(&ksy.out));
        ksy_assert_valid(&ksy);
    }
    /* Pinned it stays wrong. */
    ksy_parse(&ksy, whole);
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "body.sum"), 1, true);
    buffer_clear(&ksy.out);
    assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
    ksy_parse_view(&ksy, buffer_view(&ksy.out));
    ksy_assert_invalid(&ksy, "body.sum: wrong checksum (value 1)");
    ksy_close(&ksy);
}

/* RFC 1624, 3: the arithmetic has two zeros, and a receiver tells no difference. */
static void test_both_zeros_are_right(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, packet);
    ksy_parse(&ksy, "00000000 04 fffb 0000");
    ksy_assert_valid(&ksy);
    ksy_parse(&ksy, "00000000 04 fffb ffff");
    ksy_assert_valid(&ksy);
    ksy_parse(&ksy, "00000000 04 fffb fffe");
    ksy_assert_invalid(&ksy, "body.sum: wrong checksum (value 65534)");
    ksy_close(&ksy);
}

static void test_every_prefix_is_read(void **state)
{
    struct buffer bytes = buffer_make(100);
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, packet);
    ksy_bytes(whole, &bytes);
    for (size_t length = 0; length < bytes.length; length++) {
        ksy_parse_view(&ksy, view_of(bytes.data, length));
        assert_non_null(tree_worst(&ksy.tree));
    }
    buffer_free(&bytes);
    ksy_close(&ksy);
}

static void test_what_mistaken_programs_compute(void **state)
{
    struct ksy ksy;
    uint32_t node;

    (void)state;
    ksy_open(&ksy, packet);
    ksy_parse(&ksy, whole);
    node = ksy_node(&ksy, "body.sum");
    for (int mistake = 0; mistake <= CHECKSUM_OTHER_START; mistake++)
        assert_int_not_equal(tree_mistaken_checksum(&ksy.tree, node,
                                                    buffer_view(&ksy.bytes),
                                                    (enum checksum_mistake)mistake),
                             0xa7d7);
    /* Without the pseudo-header: 1234 + 4142 + 4300 = 9676. */
    assert_int_equal(tree_mistaken_checksum(&ksy.tree, node, buffer_view(&ksy.bytes),
                                            CHECKSUM_OTHER_START),
                     0x6989);
    ksy_close(&ksy);
}

static void test_plus_is_of_this_checksum_only(void **state)
{
    struct error error = {""};
    struct model *model = ksy_load(
        "meta: {id: m, endian: be}\n"
        "seq:\n"
        "  - {id: a, type: u2}\n"
        "  - {id: sum, type: u2, -percuss-checksum: {algorithm: sum16, plus: a}}\n",
        &error);

    (void)state;
    assert_null(model);
    assert_non_null(strstr(error.text, "'plus'"));
    assert_non_null(strstr(error.text, "internet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_its_specification),
        cmocka_unit_test(test_integers_of_any_width_are_added),
        cmocka_unit_test(test_covers_what_stands_behind_it),
        cmocka_unit_test(test_follows_every_change),
        cmocka_unit_test(test_both_zeros_are_right),
        cmocka_unit_test(test_every_prefix_is_read),
        cmocka_unit_test(test_what_mistaken_programs_compute),
        cmocka_unit_test(test_plus_is_of_this_checksum_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
