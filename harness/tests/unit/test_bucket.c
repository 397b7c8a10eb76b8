/* Which findings are taken for one defect. */
#include "engine/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void findings_share_a_place_or_a_type(void **state)
{
    static const struct {
        const char *place, *guilty, *bucket;
    } findings[] = {
        {"", "write_coil", "B-01"},      /* a wrong answer */
        {"", "read_block", "B-02"},      /* about another message */
        {"", "write_coil", "B-01"},      /* silence, about the first */
        {"copy", "write_coil", "B-01"},  /* the crash behind it */
        {"copy", "read_label", "B-01"},  /* the same function, reached otherwise */
        {"store", "write_coil", "B-03"}, /* another crash of the same message */
        {"", "write_coil", "B-01"},
        {"store", "read_block", "B-03"},
        {"parse", "new_type", "B-04"},
        {"", "valid read_block", "B-02"}, /* whether it is valid does not matter here */
        {"send", "valid read_block", "B-05"},
        /* but here it does */ {"", "new_type", "B-04"},
    };
    static struct buckets buckets, again;

    (void)state;
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++) {
        const struct bucket *bucket =
            buckets_put(&buckets, findings[i].place, findings[i].guilty);

        assert_string_equal(bucket->id, findings[i].bucket);
        buckets_restore(&again, bucket->id, findings[i].place, findings[i].guilty);
    }
    /* What was read back puts new findings where the first would have. */
    assert_int_equal(again.count, buckets.count);
    assert_string_equal(buckets_put(&again, "parse", "x")->id, "B-04");
    assert_string_equal(buckets_put(&again, "", "read_block")->id, "B-02");
    assert_string_equal(buckets_put(&again, "", "newer")->id, "B-06");
}

/* More than there is room for go into the last one. */
static void the_last_bucket_takes_the_rest(void **state)
{
    static struct buckets buckets;
    char guilty[32];

    (void)state;
    for (int i = 0; i < BUCKETS + 3; i++) {
        snprintf(guilty, sizeof guilty, "type_%d", i);
        assert_non_null(buckets_put(&buckets, "", guilty));
    }
    assert_int_equal(buckets.count, BUCKETS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_share_a_place_or_a_type),
        cmocka_unit_test(the_last_bucket_takes_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
