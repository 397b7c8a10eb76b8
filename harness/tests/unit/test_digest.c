#include "core/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The expected values were computed from the description in digest.h by other code. */
static void assert_hash(const struct hash *hash, const char *expected)
{
    char text[HASH_TEXT];

    hash_to_text(hash, text);
    assert_string_equal(text, expected);
}

/* Puts a simple case's hash into the block. */
static int add_case(struct digest_block *block, uint64_t number)
{
    struct buffer record = buffer_make(64);
    uint8_t byte = (uint8_t)number;
    struct hash hash;

    assert_int_equal(digest_begin(&record, number), 0);
    assert_int_equal(digest_add(&record, DIGEST_SENT, (struct view){&byte, 1}), 0);
    hash = hash_of(buffer_view(&record));
    buffer_free(&record);
    return digest_block_put(block, number, &hash);
}

static void test_record(void **state)
{
    struct buffer record = buffer_make(64);
    struct hash hash;

    (void)state;
    assert_int_equal(digest_begin(&record, 99), 0); /* begun again: starts over */
    assert_int_equal(digest_begin(&record, 7), 0);
    assert_int_equal(digest_add(&record, DIGEST_OPENED, (struct view){NULL, 0}), 0);
    assert_int_equal(digest_add(&record, DIGEST_SENT, view_text("abc")), 0);
    hash = hash_of(buffer_view(&record));
    assert_hash(&hash,
                "44524339a9ca7dff4806df342320f868fa19de8c1fce3de80d3dddc118f3d342");
    buffer_free(&record);
}

static void test_record_ceiling(void **state)
{
    struct buffer record = buffer_make(8 + 5 + 3);

    (void)state;
    assert_int_equal(digest_begin(&record, 7), 0);
    assert_int_equal(digest_add(&record, DIGEST_SENT, view_text("abcd")), -1);
    assert_int_equal(record.length, 8);
    assert_int_equal(digest_add(&record, DIGEST_SENT, view_text("abc")), 0);
    buffer_free(&record);
}

static void test_block_in_any_order(void **state)
{
    static const uint64_t orders[][4] = {
        {1, 2, 1023, 1}, {1023, 1, 2, 2}, {2, 1023, 1, 1023}};
    struct digest_block *block = malloc(sizeof *block);

    (void)state;
    assert_non_null(block);
    for (size_t i = 0; i < 3; i++) {
        struct hash hash;

        digest_block_start(block, 0);
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(add_case(block, orders[i][j]), 0);
        assert_int_equal(block->cases, 3); /* the repeated one replaced itself */
        hash = digest_block_hash(block);
        assert_hash(&hash,
                    "5cb4cfe06a1cb04a47631a903bd74772853a0a19f9781a681a565a174f59b730");
    }
    free(block);
}

static void test_block_refuses_others(void **state)
{
    struct digest_block *block = malloc(sizeof *block);

    (void)state;
    assert_non_null(block);
    digest_block_start(block, 0);
    assert_int_equal(add_case(block, 1024), -1);
    assert_int_equal(block->cases, 0);
    digest_block_start(block, digest_block_of(1024));
    assert_int_equal(add_case(block, 1024), 0);
    free(block);
}

static void test_root(void **state)
{
    static const struct {
        size_t count;
        const char *root;
    } expected[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "df4c56ee65ab8614d8f071223197b6c2e4586864f66ae6bb49e24e7da734fdd0"},
        {2, "3ed775ca3a5a36d22e71febf86033240f9a9956a191fda0020649550b6fd4f6d"},
        {3, "a2da0e875fd18eeeb6e3482d0afcde177bf281cb0bfaddc4cda973cf41fc9d72"},
        {5, "6ba56e61318f715d0dbd57c907b97417fa662ce73b846c9fcf874e0386dd21a9"},
        {7, "139c3dee6e7cd18d39b6f29245280b823a883fb7c7e132edbfbe4731786ebef7"},
    };
    struct digest_row rows[7];
    struct digest_tree tree;
    struct hash root;

    (void)state;
    for (uint8_t i = 0; i < 7; i++)
        rows[i] = (struct digest_row){i * 3u, hash_of((struct view){&i, 1})};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        digest_tree_start(&tree);
        for (size_t j = 0; j < expected[i].count; j++)
            assert_int_equal(digest_tree_add(&tree, &rows[j]), 0);
        root = digest_tree_root(&tree);
        assert_hash(&root, expected[i].root);
    }
    assert_int_equal(digest_tree_add(&tree, &rows[6]), -1);
    assert_int_equal(digest_tree_add(&tree, &rows[2]), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_record_ceiling),
        cmocka_unit_test(test_block_in_any_order),
        cmocka_unit_test(test_block_refuses_others),
        cmocka_unit_test(test_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
